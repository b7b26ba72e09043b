"""What simpler predictions give, fitted on the other institutions of history."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from waico.agents import Setting
from waico.analysis.history.cases import CASES, accessions, scored
from waico.analysis.history.episodes import at_start
from waico.negotiation.terms import ALIGNMENT
from waico.scenarios.load import load_scenario

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BASELINES = ("base_rate", "alignment", "static_logit")
LOOSE = 10.0   # scale of the columns of cases, so that the ridge hardly holds their intercepts
RIDGE = 1.0   # scikit-learn's C: slopes are normal with mean 0 and this variance


class Sample(NamedTuple):
    """The scored states of a case, M of them.

    Attributes:
        alignment: with the sponsor, (M,). covariates: of the model, on the freeze date, (M, T). joined: who did, (M,).
    """

    alignment: Floats
    covariates: Floats
    joined: Flags


@lru_cache(maxsize=1)
def samples() -> Mapping[str, Sample]:
    """All cases of history by name, read once."""
    found = {}
    for case in CASES.values():
        scenario = load_scenario(case.scenario)
        setting = Setting.of(scenario)
        keep = scored(scenario, setting.codes, case.name)
        joined = np.isin(setting.codes, accessions(case).index)[keep]
        found[case.name] = sample(setting, case.name, keep, joined)
    return MappingProxyType(found)


def sample(setting: Setting, institution: str, keep: Flags, joined: Flags) -> Sample:
    """The states to keep, (N,), of an institution; `joined` is of those kept alone."""
    covariates = at_start(setting.scenario, institution)[keep]
    alignment = setting.standing[ALIGNMENT, keep, setting.bodies.index(institution)]
    for array in (joined, covariates, alignment):
        array.flags.writeable = False
    return Sample(alignment, covariates, joined)


def baselines(institution: str, told: Sample, history: Mapping[str, Sample]) -> dict[str, Floats]:
    """Probabilities of membership by three predictions that know nothing of the institution, (M,) each.

    base_rate: the share that joined, mean over cases. alignment: a logit on alignment with the sponsor. static_logit: a
    ridge logit (Hoerl & Kennard 1970; le Cessie & van Houwelingen 1992) on all covariates. Cases are pooled, each with
    the same weight and an intercept of its own; an institution not seen before has the mean of these.

    This leaves out institutions, not dates: history after the freeze date may be among what is fitted, so that these are
    yardsticks for the model and no forecasts that could have been made on that day.

    Args:
        institution: id; a case of that name is left out.
        told: the states to tell, M of them; who joined is not looked at.
        history: samples by name, of which at least one has another name.
    """
    others = [sample for name, sample in history.items() if name != institution]
    rate = float(np.mean([sample.joined.mean() for sample in others]))
    return {
        "base_rate": np.full(len(told.alignment), rate),
        "alignment": _logit(others, [sample.alignment[:, None] for sample in others], told.alignment[:, None]),
        "static_logit": _logit(others, [sample.covariates for sample in others], told.covariates),
    }


def _logit(others: list[Sample], known: list[Floats], wanted: Floats) -> Floats:
    """Probabilities by a ridge logit; weights have mean 1, so that the ridge is that of one pooled sample."""
    sizes = np.array([len(sample.joined) for sample in others])
    cases = np.repeat(np.eye(len(others)), sizes, axis=0) * LOOSE
    x = np.hstack([np.concatenate(known), cases])
    joined = np.concatenate([sample.joined for sample in others])
    weight = np.repeat(sizes.sum() / (len(sizes) * sizes), sizes)
    fitted = LogisticRegression(C=RIDGE, fit_intercept=False, max_iter=1000).fit(x, joined, sample_weight=weight)
    mean_case = np.full((len(wanted), len(others)), LOOSE / len(others))
    return np.asarray(fitted.predict_proba(np.hstack([wanted, mean_case]))[:, 1])

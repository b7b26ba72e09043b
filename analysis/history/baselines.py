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
from waico.scenarios.load import load_scenario

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BASELINES = ("base_rate", "alignment", "static_logit")
ALIGNMENT = 0   # its row among the covariates
RIDGE = 1.0   # scikit-learn's C: slopes are normal with mean 0 and this variance


class Sample(NamedTuple):
    """The scored states of a case, M of them: covariates (M, T), standardized over those at risk; who joined, (M,)."""

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
        covariates = setting.standing[:, keep, setting.bodies.index(case.name)].T
        joined.flags.writeable = covariates.flags.writeable = False
        found[case.name] = Sample(covariates, joined)
    return MappingProxyType(found)


def baselines(institution: str, covariates: Floats, history: Mapping[str, Sample]) -> dict[str, Floats]:
    """Probabilities of membership by three predictions that know nothing of the institution, (M,) each.

    base_rate: the share that joined, mean over cases. alignment: a logit on alignment with the sponsor. static_logit: a
    ridge logit (Hoerl & Kennard 1970; le Cessie & van Houwelingen 1992) on all covariates. Cases are pooled, each with
    the same weight, under one intercept, since an institution not seen before has none of its own.

    This leaves out institutions, not dates: history after the freeze date may be among what is fitted, so that these are
    yardsticks for the model and no forecasts that could have been made on that day.

    Args:
        institution: id; a case of that name is left out.
        covariates: those of the states to tell, (M, T), in the order of `Setting.standing`.
        history: samples by name, of which at least one has another name.
    """
    others = [sample for name, sample in history.items() if name != institution]
    rate = float(np.mean([sample.joined.mean() for sample in others]))
    return {
        "base_rate": np.full(len(covariates), rate),
        "alignment": _logit(others, covariates, [ALIGNMENT]),
        "static_logit": _logit(others, covariates, list(range(covariates.shape[1]))),
    }


def _logit(others: list[Sample], covariates: Floats, columns: list[int]) -> Floats:
    """Probabilities by a ridge logit on some columns; weights have mean 1, so that the ridge is that of one pooled sample."""
    x = np.concatenate([sample.covariates[:, columns] for sample in others])
    joined = np.concatenate([sample.joined for sample in others])
    sizes = np.array([len(sample.joined) for sample in others])
    weight = np.repeat(sizes.sum() / (len(sizes) * sizes), sizes)
    fitted = LogisticRegression(C=RIDGE, max_iter=1000).fit(x, joined, sample_weight=weight)
    return np.asarray(fitted.predict_proba(covariates[:, columns])[:, 1])

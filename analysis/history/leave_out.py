"""The model held against each case of history with coefficients fitted on the others: `python -m waico.analysis.history.leave_out`.

Three questions: does the forward simulation tell better than simpler predictions who joins a body it was not fitted to, which
terms does that owe to, and does it still hold for states that it was not fitted to either?
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace as replace_fields
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from waico.analysis.history.baselines import BASELINES
from waico.analysis.history.calibrate import Calibration, estimate, first_day, history, starting_priors
from waico.analysis.history.cases import CASES, Case, accessions
from waico.analysis.history.episodes import ASSUMED, ESTIMATED, PAYOFF, Episodes, episodes
from waico.analysis.history.hazard import Normal
from waico.analysis.history.hindcast import Hindcast, hindcast
from waico.analysis.history.observed import Observed
from waico.analysis.history.scores import scores
from waico.scenarios.load import load_scenario
from waico.scenarios.paths import replace
from waico.scenarios.schema import Decision, Scenario

SEED = 1
FOLDS = 5
DESIGNED = {   # priors of the first design, written before any case had been looked at: means, and the sds of the present ones
    "b_camp": 0.5, "b_trade": 0.5, "b_need": 0.5, "b_region": 0.0, "b_market": 0.5, "b_capacity": 0.5,
}   # fmt: skip


def with_coefficients(scenario: Scenario, found: Calibration) -> Scenario:
    """A scenario that draws its coefficients from a calibration."""
    priors = {f"decision.{name}": prior for name, prior in found.priors().items()}
    return replace(scenario, {**priors, "decision.correlation": found.correlation()})


def in_sample(case: Case) -> Scenario:
    """The scenario of a case with the coefficients of its own, from the fit on all cases."""
    own = {f"decision.{name}": value for name, value in on_all().of_case(case.name).items()}
    return replace(load_scenario(case.scenario), own)


def judge(case: Case, scenario: Scenario, replicates: int) -> Hindcast:
    """Simulate a case forward and score it against its history."""
    return hindcast(scenario, observed(case), until=case.until, replicates=replicates, seed=SEED)


def observed(case: Case) -> Observed:
    """The history of a case in the form in which a user's file is read."""
    table = accessions(case).apply(lambda column: column.dt.date).reset_index()
    members = table.assign(institution=case.name)[["institution", "iso3", "first", "last"]]
    return Observed("accessions.csv", members, frozenset([case.name]), case.until, ())


def held_out(replicates: int = 200) -> dict[str, Hindcast]:
    """Every case of history, simulated with coefficients fitted on the others, by the case's name."""
    return {case.name: judge(case, load_scenario(case.scenario), replicates) for case in CASES.values()}


def skill_table(found: Mapping[str, Hindcast]) -> pd.DataFrame:
    """One row per case: the forward simulation beside its baselines.

    Args:
        found: of `held_out`.

    Returns:
        Columns: case, n, observed, mean, q05, q95 (number of members, 90% interval); auc, auc_low, auc_high, brier, log_score of
        the simulation; auc_<baseline>, brier_<baseline>, log_score_<baseline>; gain_low, gain_high (90% interval of the
        difference in AUC to the static logit); concordance_members, last_days_observed, last_days_simulated (timing, where dates are known).
    """
    rows = []
    for name, one in found.items():
        told = _told(one, CASES[name])
        timing = (told["timing"] if CASES[name].timed else None) or {}
        ends, gain = told["intervals"]["auc"], told["baselines"]["static_logit"]["differences"]["auc"]["interval"]
        simpler = {
            f"{score}_{baseline}": told["baselines"][baseline][score] for baseline in BASELINES for score in ("auc", "brier", "log_score")
        }
        rows.append({
            "case": name, "n": told["n"], "observed": told["n_observed"], "mean": told["n_mean"],
            "q05": told["n_q05"], "q95": told["n_q95"], "auc": told["auc"], "auc_low": ends[0], "auc_high": ends[1],
            "brier": told["brier"], "log_score": told["log_score"], **simpler, "gain_low": gain[0], "gain_high": gain[1],
            **{of: timing.get(of) for of in ("concordance_members", "last_days_observed", "last_days_simulated")},
        })  # fmt: skip
    return pd.DataFrame(rows)


def table(replicates: int = 200) -> pd.DataFrame:
    """The same with what it owes to simulation left out.

    Two columns more: auc_first_day (the same coefficients, from what stood on the first day, without simulation) and auc_in_sample.
    """
    rows = skill_table(held_out(replicates))
    fitted = [_told(judge(case, in_sample(case), replicates), case)["auc"] for case in CASES.values()]
    return rows.assign(auc_first_day=[_first_day(case) for case in CASES.values()], auc_in_sample=fitted)


def _told(found: Hindcast, case: Case) -> dict[str, Any]:
    told = found.institutions[case.name]
    assert told is not None   # every case has a history
    return told


def _first_day(case: Case) -> float:
    """AUC of the payoff on the first day, by coefficients that do not know the case."""
    b = on_others(case, histories()).found.mean
    start = history(case).from_the_start()
    value = scores(1.0 / (1.0 + np.exp(-(start.covariates[0] @ b + start.offset[0]))), start.joined)["auc"]
    assert value is not None
    return value


def without_terms(replicates: int = 200) -> pd.DataFrame:
    """What the skill owes to each term: AUC and Brier score, means over cases, when it is left out.

    Estimated terms are left out of the fit on the other cases too, so that the others may take their place; assumed ones are
    set to 0. Columns: left_out ("-" is the model as it is), kind (estimated, assumed), auc, brier, and the AUC of each case.
    """
    rows = [_means("-", "", {case: load_scenario(case.scenario) for case in CASES.values()}, replicates)]
    for name in ESTIMATED:
        column = ESTIMATED.index(name)
        data = {case: _without(each, column) for case, each in histories().items()}
        fitted = {case: with_coefficients(load_scenario(case.scenario), on_others(case, data)) for case in CASES.values()}
        rows.append(_means(name, "estimated", {case: _zero(scenario, name) for case, scenario in fitted.items()}, replicates))
    rows += [
        _means(name, "assumed", {case: _zero(load_scenario(case.scenario), name) for case in CASES.values()}, replicates)
        for name in ASSUMED
        if getattr(Decision(), name) != 0.0
    ]
    return pd.DataFrame(rows)


def other_codings(replicates: int = 200) -> pd.DataFrame:
    """How much hangs on traits of bodies coded by judgement: the same, with one of them made the same for all bodies.

    Fitted anew on the other cases each time. Columns as of `without_terms`, with the coding in place of the term.
    """
    rows = []
    for trait, value in {"partisanship": 1.0, "market_benefit": 0.5, "capacity_benefit": 0.5, "region": None}.items():
        changes = {case: {f"institutions.{case.name}.{trait}": value} for case in CASES.values()}
        data = {
            case: episodes(case, load_scenario(case.scenario, {**change, "coefficients": ""}))
            for case, change in changes.items()
        }
        scenarios = {
            case: with_coefficients(load_scenario(case.scenario, change), on_others(case, data))
            for case, change in changes.items()
        }
        label = f"{trait} {'none' if value is None else value} for all"
        rows.append(_means(label, "coding", scenarios, replicates))
    return pd.DataFrame(rows)


def other_priors(replicates: int = 200) -> pd.DataFrame:
    """How much hangs on what was assumed before the fit, some of it after the cases had been looked at.

    Columns as of `without_terms`, with the priors in place of the term: means of the first design; and no opinion at all on
    terms of the payoff, mean 0 and sd 1.
    """
    now = starting_priors()
    designed, none = now.mean.copy(), now.mean.copy()
    for name, mean in DESIGNED.items():
        designed[ESTIMATED.index(name)] = mean
    none[: len(PAYOFF)] = 0.0
    wide = np.where(np.arange(len(none)) < len(PAYOFF), 1.0, now.sd)
    rows = []
    for label, prior in {"means of the first design": now._replace(mean=designed), "no opinion": now._replace(mean=none, sd=wide)}.items():
        fitted = {case: on_others(case, histories(), prior) for case in CASES.values()}
        scenarios = {case: with_coefficients(load_scenario(case.scenario), found) for case, found in fitted.items()}
        rows.append(_means(label, "priors", scenarios, replicates))
    return pd.DataFrame(rows)


def other_states(replicates: int = 100) -> pd.DataFrame:
    """AUC of each case for states that the coefficients do not know either: cross-validated by body and by state.

    The same states recur in the cases, so that coefficients could have learned states in place of what moves them. States
    are dealt into five folds; each fold is told with coefficients fitted on the other cases without its states.
    """
    codes = sorted({code for each in histories().values() for code in each.codes})
    dealt = dict(zip(codes, np.random.default_rng(SEED).permutation(len(codes)) % FOLDS, strict=True))
    rows = []
    for case in CASES.values():
        told = []
        for fold in range(FOLDS):
            data = {other: _only(each, [dealt[code] != fold for code in each.codes]) for other, each in histories().items()}
            states = judge(case, with_coefficients(load_scenario(case.scenario), on_others(case, data)), replicates).states
            told.append(states[[dealt[code] == fold for code in states["iso3"]]])
        states = pd.concat(told)
        rows.append({"case": case.name, **scores(states["probability"].to_numpy(), states["observed"].to_numpy())})
    return pd.DataFrame(rows)


def residual_correlations() -> pd.DataFrame:
    """How alike the same state is in two cases beyond what the fit on all of them explains; columns: one, other, states, correlation.

    Residuals are (joined - p) / sqrt(p (1 - p)), p from what stood on the first day and the case's own coefficients, within 3.
    States that join whatever is on offer would make them positive.
    """
    told = {}
    for data, own in zip(histories().values(), on_all().found.bodies, strict=True):
        p = first_day(data, own)
        told[data.case.name] = pd.Series(np.clip((data.joined - p) / np.sqrt(p * (1.0 - p)), -3.0, 3.0), index=data.codes)
    rows = []
    for one, other in combinations(told, 2):
        both = pd.concat([told[one], told[other]], axis=1, join="inner")
        rows.append({"one": one, "other": other, "states": len(both), "correlation": both.corr().iloc[0, 1]})
    return pd.DataFrame(rows)


def histories() -> dict[Case, Episodes]:
    """All cases as they were."""
    return {case: history(case) for case in CASES.values()}


@cache
def on_all() -> Calibration:
    """Coefficients fitted on all cases, once."""
    return estimate(list(histories().values()))


def on_others(case: Case, data: Mapping[Case, Episodes], prior: Normal | None = None) -> Calibration:
    """Coefficients fitted on all cases but one, from the schema's priors if none are given."""
    return estimate([each for other, each in data.items() if other != case], prior)


def _without(data: Episodes, column: int) -> Episodes:
    covariates = data.covariates.copy()
    covariates[:, :, column] = 0.0
    return replace_fields(data, covariates=covariates)


def _only(data: Episodes, keep: list[bool]) -> Episodes:
    """Some of the states of a case."""
    rows = np.flatnonzero(keep)
    return replace_fields(
        data, codes=tuple(data.codes[i] for i in rows), covariates=data.covariates[:, rows], offset=data.offset[:, rows],
        first=data.first[rows], last=data.last[rows],
    )  # fmt: skip


def _zero(scenario: Scenario, name: str) -> Scenario:
    return replace(scenario, {f"decision.{name}": 0.0})


def _means(left_out: str, kind: str, scenarios: Mapping[Case, Scenario], replicates: int) -> dict[str, Any]:
    told = {case.name: _told(judge(case, scenario, replicates), case) for case, scenario in scenarios.items()}
    mean = {score: float(np.mean([row[score] for row in told.values()])) for score in ("auc", "brier")}
    return {"left_out": left_out, "kind": kind, **mean, **{name: row["auc"] for name, row in told.items()}}


def main() -> None:
    """Print all tables."""
    for question in (table, without_terms, other_codings, other_priors, other_states):
        title = (question.__doc__ or "").splitlines()[0]
        sys.stdout.write(f"{title}\n{question().round(3).to_string(index=False)}\n\n")


if __name__ == "__main__":
    main()

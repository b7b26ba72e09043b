"""A forecast: who will be a member of each institution of a scenario on a day, how many, and what that rests on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta

from waico.agents import Setting
from waico.analysis.history.attribution import Arm, arms, counted, owed, share_of_variance
from waico.analysis.history.baselines import BASELINES, baselines, sample, samples
from waico.analysis.history.cases import CASES, scored
from waico.analysis.history.membership import end_of, joined_in
from waico.analysis.history.observed import check_day
from waico.analysis.history.scores import MEASURES, TAILS, scores, smoothed
from waico.runs.run import run
from waico.scenarios.coefficients import find_coefficients, read_coefficients
from waico.scenarios.errors import InputError
from waico.scenarios.facts import load_facts
from waico.scenarios.schema import Scenario

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

DIGITS = 6   # of probabilities in tables, so that the last bits of a machine's arithmetic do not show
LIKELIEST = 20
COLUMNS = ["institution", "iso3", "name", "probability", "low", "high", *BASELINES]


@dataclass(frozen=True)
class Source:
    """Where the estimated coefficients come from: name of the set, SHA-256 of its file, last day of its history."""

    name: str
    sha256: str
    until: date


@dataclass(frozen=True)
class Forecast:
    """Members of a scenario's institutions on a day to come.

    Attributes:
        scenario, seed, replicates, term_replicates, until: what was run; the day forecast is `until`.
        source: of the estimated coefficients; None if the scenario has only the priors of the model.
        institutions: by id: `status` that makes a member; `states`, how many could; of the number of members `mean`,
            `median`, `q05`, `q95`, `none` (share of replicates without any) and `distribution` (replicates by number);
            `expected`, how the probabilities would score against each of the runs (`auc`, `brier`, `log_score`), and how
            many of the twenty `likeliest` states are members, each as median and 90% interval; of term_replicates: `fixed`,
            the same with all coefficients at their means, which leaves noise alone; `coefficients`, the share of the variance
            that they make (see `attribution.share_of_variance`); and `terms`, what the mean owes to each (see
            `attribution.owed`).
        states: a row per institution and state, likeliest first: `probability` (k + 1/2) / (R + 1), member in k of R
            replicates; `low` and `high`, Jeffreys' interval of 90% for the error of simulation; and the baselines of
            hindcasts (see `baselines`), fitted on cases that were over on the freeze date.

    Sponsor, rival and states whose accession the scenario forces are left out. Probabilities and numbers are over the
    draws of coefficients as well as over noise.
    """

    scenario: Scenario
    seed: int
    replicates: int
    term_replicates: int
    until: date
    source: Source | None
    institutions: Mapping[str, dict[str, Any]]
    states: pd.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """Plain data, with None for what is not defined."""
        rows: dict[str, list[dict[str, Any]]] = {body: [] for body in self.institutions}
        for row in self.states.to_dict("records"):
            rows[row.pop("institution")].append({str(name): None if pd.isna(value) else value for name, value in row.items()})
        return {
            "scenario": self.scenario.name,
            "freeze_date": self.scenario.freeze_date.isoformat(),
            "until": self.until.isoformat(),
            "seed": self.seed,
            "replicates": self.replicates,
            "term_replicates": self.term_replicates,
            "coefficients": self.source.name if self.source else None,
            "institutions": {body: found | {"probabilities": rows[body]} for body, found in self.institutions.items()},
        }


def forecast(
    scenario: Scenario,
    *,
    until: date,
    seed: int = 0,
    replicates: int = 200,
    term_replicates: int | None = None,
    workers: int = 1,
    on_progress: Callable[[int], None] | None = None,
) -> Forecast:
    """Simulate from the freeze date to a day and tell who is a member then.

    Args:
        scenario: what to run, from `waico.load_scenario`.
        until: the day, which counts to its end.
        seed: of all draws.
        replicates: runs behind probabilities and numbers.
        term_replicates: runs behind each change of a coefficient, at most as many as `replicates`; a fifth of them if not given.
        workers: processes.
        on_progress: called with the number of runs finished since the last call; there are `runs_of` in all.

    Raises:
        InputError: the coefficients were fitted on history after the freeze date, the day is not after it or is after the
            horizon, or the scenario cannot be carried out.
        KeyboardInterrupt: the user stopped it; a forecast of fewer replicates than asked for is not given.
    """
    return simulated(
        scenario, source_of(scenario), until=until, seed=seed, replicates=replicates,
        term_replicates=_fewer(replicates, term_replicates), workers=workers, on_progress=on_progress,
    )  # fmt: skip


def runs_of(scenario: Scenario, replicates: int, term_replicates: int | None = None) -> int:
    """How many runs a forecast takes."""
    return replicates + len(arms(scenario)) * _fewer(replicates, term_replicates)


def _fewer(replicates: int, wanted: int | None) -> int:
    """Runs behind each change of a coefficient; two where there are so many, since one has no standard error."""
    return min(replicates, max(2, replicates // 5 if wanted is None else wanted))


def source_of(scenario: Scenario) -> Source | None:
    """The set of coefficients that a scenario names, None if it names none.

    Raises:
        InputError: the set was fitted on history after the freeze date. A hindcast may use it, if the scenario owns up to
            it under [assumptions]; a forecast may not.
    """
    name = scenario.coefficients
    if not name:
        return None
    _, fitted_until = read_coefficients(name, scenario.name)
    if fitted_until > scenario.freeze_date:
        what = f"'{name}' was fitted on history up to {fitted_until}, after freeze_date {scenario.freeze_date}: that is hindsight"
        raise InputError(scenario.name, "coefficients", what, "give a set fitted on earlier cases")
    digest = hashlib.sha256(find_coefficients(name, scenario.name).read_bytes()).hexdigest()
    return Source(name, digest, fitted_until)


def simulated(
    scenario: Scenario, source: Source | None, *, until: date, seed: int, replicates: int, term_replicates: int,
    workers: int = 1, on_progress: Callable[[int], None] | None = None,
) -> Forecast:  # fmt: skip
    """A forecast by a scenario whose coefficients are known to come from `source`."""
    check_day(scenario, until)
    setting = Setting.of(scenario)
    end = end_of(scenario, until)
    result = run(scenario, seed=seed, replicates=replicates, workers=workers, until=end, on_progress=on_progress)
    if result.interrupted:
        raise KeyboardInterrupt
    told = [scored(scenario, setting.codes, body) for body in scenario.institution_ids]
    members = [
        np.isfinite(joined_in(result, body)[1])[:, keep]
        for body, keep in zip(scenario.institution_ids, told, strict=True)
    ]  # fmt: skip
    changed = arms(scenario)
    counts = counted(changed, seed, term_replicates, end, workers, on_progress)
    base = np.stack([each.sum(axis=1) for each in members], axis=1)
    tables = [_states(setting, j, told[j], members[j]) for j in range(len(members))]
    institutions = {
        body.id: {"status": body.scored_status, "states": int(told[j].sum())} | _number(base[:, j])
        | {"expected": _expected(tables[j], members[j])} | _attributed(changed, counts, base[:term_replicates], j, seed)
        for j, body in enumerate(scenario.institutions)
    }  # fmt: skip
    states = pd.concat(tables, ignore_index=True)[COLUMNS]
    return Forecast(scenario, seed, replicates, term_replicates, until, source, institutions, states)


def _number(counts: Counts) -> dict[str, Any]:
    """The number of members over replicates, (R,)."""
    values, times = np.unique(counts, return_counts=True)
    return {
        "mean": float(counts.mean()), **_spread(counts), "none": float((counts == 0).mean()),
        "distribution": {str(value): int(often) for value, often in zip(values, times, strict=True)},
    }  # fmt: skip


def _expected(table: pd.DataFrame, member: Flags) -> dict[str, Any]:
    """How the forecast would score if its own runs were history: what falls outside speaks against it.

    `table` has the states likeliest first, its index their columns in `member`, (R, M).
    """
    first = table.index[:LIKELIEST].to_numpy()
    p = table["probability"].sort_index().to_numpy()
    told = [scores(p, joined) for joined in member] if len(p) else []
    of_scores = {name: np.array([row[name] for row in told], dtype=float) for name in MEASURES}
    return {
        "likeliest": {"states": table["iso3"].loc[first].tolist(), "members": _spread(member[:, first].sum(axis=1).astype(float))},
        **{name: _spread(known) if len(known := values[~np.isnan(values)]) else None for name, values in of_scores.items()},
    }


def _spread(values: Floats | Counts) -> dict[str, float]:
    """Median and the ends of the middle 90%."""
    low, median, high = np.quantile(values, [TAILS[0], 0.5, TAILS[1]])
    return {"median": float(median), "q05": float(low), "q95": float(high)}


def _attributed(changed: list[Arm], counts: list[Counts], base: Counts, j: int, seed: int) -> dict[str, Any]:
    """What the number of members owes to coefficients."""
    by_change = {arm.change: each[:, j] for arm, each in zip(changed, counts, strict=True) if not arm.coefficient}
    return {
        "fixed": _number(by_change["fixed"]),
        "coefficients": share_of_variance(base[:, j], by_change["other_noise"], seed),
        "terms": list(owed(changed, counts, base, j)),
    }


def _states(setting: Setting, j: int, keep: Flags, member: Flags) -> pd.DataFrame:
    """Probabilities of the states of an institution, likeliest first; `member` is (R, M)."""
    scenario, body = setting.scenario, setting.bodies[j]
    k, trials = member.sum(axis=0), len(member)
    low, high = jeffreys(k, trials)
    codes = np.array(setting.codes)[keep]
    names = load_facts(scenario).nations["name"]
    over = [case.name for case in CASES.values() if case.until <= scenario.freeze_date and case.name != body]
    simpler = dict.fromkeys(BASELINES, np.full(len(codes), np.nan))
    if over and len(codes):
        told = sample(setting, body, keep, np.zeros(len(codes), dtype=bool))
        simpler = baselines(body, told, {name: samples()[name] for name in over})
    columns = {"probability": smoothed(k, trials), "low": low, "high": high, **simpler}
    table = pd.DataFrame({name: np.round(values, DIGITS) for name, values in columns.items()})
    table = table.assign(institution=body, iso3=codes, name=names.loc[codes].to_numpy())
    return table.sort_values(["probability", "iso3"], ascending=[False, True])


def jeffreys(successes: Counts, trials: int) -> tuple[Floats, Floats]:
    """Jeffreys' interval of 90% of a share, from 0 where it is 0 and to 1 where it is 1 (Brown, Cai & DasGupta 2001)."""
    low, high = (beta.ppf(tail, successes + 0.5, trials - successes + 0.5) for tail in TAILS)
    return np.where(successes == 0, 0.0, low), np.where(successes == trials, 1.0, high)

"""Simulate forward from a scenario's freeze date and score who is a member on a later day against who was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.agents import Setting
from waico.analysis.history.baselines import BASELINES, Sample, baselines, sample, samples
from waico.analysis.history.cases import scored
from waico.analysis.history.membership import end_of, joined_in, launching
from waico.analysis.history.observed import Observed, day_scored, remark
from waico.analysis.history.scores import calibration, differences, judged, level, resamples, smoothed
from waico.analysis.history.timing import timing
from waico.negotiation.clock import LAUNCH_DAYS
from waico.runs.run import RunResult, run
from waico.scenarios.schema import Scenario

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

COLUMNS = ["institution", "iso3", "probability", "observed", *BASELINES]


@dataclass(frozen=True)
class Hindcast:
    """How a scenario's simulated members compare with the observed ones.

    Attributes:
        scenario, seed, replicates, until: what was run; `until` is the day on which members are compared.
        institutions: scores by institution id; None for one of which the file says nothing. `n`, states scored; n_observed,
            n_mean, n_q05, n_q95, crps (see `scores.level`); auc, brier, log_score and their `intervals` of 90% (see
            `scores.judged`); `calibration`; `baselines`, each with the same scores and with `differences` of the model
            less the baseline; `timing` (see `timing.timing`; days are dates in it).
        states: a row per institution and scored state: `institution`, `iso3`, `probability` of the model, `observed`, and
            `base_rate`, `alignment` and `static_logit`. The probability is (k + 1/2) / (R + 1), member in k of R replicates.
        notes: what the user should know of the file and of the day, a line each.

    Sponsor, rival and states whose accession the scenario forces are left out of all scores and counts.
    """

    scenario: Scenario
    seed: int
    replicates: int
    until: date
    institutions: Mapping[str, dict[str, Any] | None]
    states: pd.DataFrame
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, with None for what is not defined."""
        return {
            "scenario": self.scenario.name,
            "seed": self.seed,
            "replicates": self.replicates,
            "until": self.until.isoformat(),
            "institutions": dict(self.institutions),
        }


class _Case(NamedTuple):
    """The scored states of an institution, M of them, R replicates; days are counted from the freeze date.

    `first`, `last` hold the span of days in which a state was observed to join, NaN for those that never did, (M,).
    `simulated` holds start and end of the rounds in which states became members, infinite for those that are none at the
    end, (2, R, M).
    """

    codes: tuple[str, ...]
    first: Floats
    last: Floats
    joined: Flags
    simulated: Floats
    facts: Sample


def hindcast(
    scenario: Scenario,
    observed: Observed,
    *,
    until: date | None = None,
    replicates: int = 200,
    seed: int = 0,
    workers: int = 1,
    on_progress: Callable[[int], None] | None = None,
) -> Hindcast:
    """Run a scenario through a day and score who is a member when it ends.

    A member has the institution's `scored_status` or more, and has not withdrawn. An observed one joined by that day for
    sure: where its date is a month or a year, by the last day of it.

    Args:
        scenario: what to run, from `waico.load_scenario`.
        observed: members, from `read_observed`.
        until: the day; the last date in the file if not given.
        replicates: runs.
        seed: of the runs, and of the samples of states behind intervals.
        workers: processes.
        on_progress: called with the number of replicates finished since the last call.

    Raises:
        InputError: the day is not after the freeze date or after the horizon, or the scenario cannot be carried out.
        KeyboardInterrupt: the user stopped it; scores of fewer replicates than asked for are not given.
    """
    day = day_scored(scenario, observed, until)
    setting = Setting.of(scenario)
    result = run(
        scenario, seed=seed, replicates=replicates, workers=workers, until=end_of(scenario, day), on_progress=on_progress
    )
    if result.interrupted:
        raise KeyboardInterrupt
    institutions: dict[str, dict[str, Any] | None] = {}
    tables = []
    for body in scenario.institution_ids:
        members = observed.of(body)
        case = None if members is None else _case(body, setting, members, result, day)
        institutions[body] = None
        if case is not None and case.codes:
            institutions[body], table = _scored(body, case, scenario, day, seed)
            tables.append(table)
    states = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    notes = (*remark(observed, until), *_of_launches(scenario, institutions, day), *_of_nobody(scenario, institutions, day))
    return Hindcast(scenario, seed, replicates, day, institutions, states, notes)


def _of_launches(scenario: Scenario, institutions: Mapping[str, Any], day: date) -> Iterator[str]:
    """A line for each institution of which the day scored leaves out part of a launch."""
    for body, found in institutions.items():
        opens = launching(scenario, body, day)
        if found is not None and opens is not None:
            yield (
                f"{day} lies in the week of the ceremony of {body}, over which its signatures are spread: "
                f"give --until {opens + timedelta(days=LAUNCH_DAYS)} to score them all"
            )


def _of_nobody(scenario: Scenario, institutions: Mapping[str, Any], day: date) -> Iterator[str]:
    """A line for each institution that nobody has joined in any run: its ranking is that of ties."""
    for body, found in institutions.items():
        if found is not None and found["n_mean"] == 0:
            status = scenario.institution(body).scored_status
            yield (
                f"nobody has {status} {body} by {day} in any of the runs, so that all states are told alike (AUC 0.5): "
                "give a later --until if nothing is open by then"
            )


def _case(body: str, setting: Setting, members: pd.DataFrame, result: RunResult, day: date) -> _Case:
    """What was observed of an institution, and what was simulated."""
    scenario, codes = setting.scenario, setting.codes
    keep = scored(scenario, codes, body)
    rows = members.reindex(np.array(codes)[keep])
    first, last = (np.array([np.nan if pd.isna(d) else scenario.day(d) for d in rows[name]]) for name in ("first", "last"))
    joined = last <= scenario.day(day)
    simulated = joined_in(result, body)[:, :, keep]
    return _Case(tuple(rows.index), first, last, joined, simulated, sample(setting, body, keep, joined))


def _scored(
    body: str, case: _Case, scenario: Scenario, day: date, seed: int
) -> tuple[dict[str, Any], pd.DataFrame]:
    """All scores of an institution, and the probabilities behind them."""
    member = np.isfinite(case.simulated[1])
    p = smoothed(member.sum(axis=0), len(member))
    simpler = baselines(body, case.facts, samples())
    times = resamples(len(p), seed)
    found = {
        "n": len(p),
        **level(member.sum(axis=1), int(case.joined.sum())),
        **judged(p, case.joined, times),
        "calibration": calibration(p, case.joined),
        "baselines": {
            name: judged(q, case.joined, times) | {"differences": differences(p, q, case.joined, times)}
            for name, q in simpler.items()
        },
        "timing": _dated(timing(case.first, case.last, case.joined, case.simulated, scenario.day(day)), scenario),
    }
    table = pd.DataFrame({"institution": body, "iso3": case.codes, "probability": p, "observed": case.joined, **simpler})
    return found, table[COLUMNS]


def _dated(found: dict[str, Any] | None, scenario: Scenario) -> dict[str, Any] | None:
    """Timing with its median days as dates."""
    if found is None:
        return None
    days = {name: found[name] for name in ("median_observed", "median_simulated")}
    dates = {
        name: None if day is None else (scenario.freeze_date + timedelta(days=int(day))).isoformat()
        for name, day in days.items()
    }
    return found | dates

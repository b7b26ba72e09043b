"""How the time of a run grows with its states, firms, issues and rounds, and that of many with their number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import waico
from benchmarks.measure import Row, growth, in_turns, seconds
from benchmarks.speed import ROUNDS, mean_rounds, per_rounds, per_run
from waico.scenarios.facts import load_facts
from waico.scenarios.schema import Scenario

NAME = "waic2025"
STATES, FIRMS, ISSUES, MONTHS = (24, 48, 96, 191), (4, 8, 16, 32), range(1, 9), (12, 24, 36, 72)
RUNS = (25, 50, 100)
TURNS = 5
Changes = dict[str, Any]


def fewer_states(base: Scenario) -> Iterator[tuple[int, Changes]]:
    """The states that the scenario names, and others spread over the table."""
    bodies = base.institutions
    controlled = base.firms.controls if base.firms else []
    named = {*(code for body in bodies for code in (body.sponsor, body.rival, *body.named)), *(code for control in controlled for code in control.on)}
    others = [code for code in load_facts(base).codes if code not in named]
    for number in STATES:
        wanted = number - len(named)
        yield number, {"nations.subset": [*sorted(named), *(others[place * len(others) // wanted] for place in range(wanted))]}


def fewer_firms(base: Scenario) -> Iterator[tuple[int, Changes]]:
    """The first firms of the table; without the alliances of the scenario, some of whose members would be missing."""
    firms = list(load_facts(base).firms.index)
    for number in FIRMS:
        yield number, {"firms.exclude": firms[number:], "firms.alliances": [], "shocks": []}


def fewer_issues(base: Scenario) -> Iterator[tuple[int, Changes]]:
    """The first issues of the scenario."""
    for number in ISSUES:
        kept = base.issue_ids[:number]
        texts = {
            f"institutions.{body.id}.{name}": {issue: getattr(body, name)[issue] for issue in kept}
            for body in base.institutions
            for name in ("opening", "status_quo")
        }
        yield number, {"issues": [issue.model_dump() for issue in base.issues[:number]], **texts}


def by_rounds(base: Scenario) -> list[Row]:
    """Whole runs up to a nearer and a farther horizon; sizes are the rounds that were played."""
    horizons = [base.freeze_date + timedelta(days=months * base.rounds.days) for months in MONTHS]
    scenarios = [waico.load_scenario(NAME, {"rounds.horizon": horizon}) for horizon in horizons]
    taken = in_turns({round(mean_rounds(scenario), 1): partial(per_run, scenario) for scenario in scenarios}, TURNS)
    return growth("scaling: rounds", "rounds", taken, per=", a run")


def by_runs(base: Scenario, workers: int) -> list[Row]:
    """Runs of one call of `waico.run`, start-up of its workers included."""
    tasks = {number: partial(waico.run, base, seed=1, replicates=number, workers=workers) for number in RUNS}
    taken = in_turns({number: partial(seconds, task) for number, task in tasks.items()}, 3)
    group = f"scaling: runs, {workers} worker{'s' if workers > 1 else ''}"
    return growth(group, "runs", taken, per=" in one call")


def measure() -> list[Row]:
    """Rows by states, firms, issues, rounds and runs."""
    base = waico.load_scenario(NAME)
    rows = []
    for noun, made in (("states", fewer_states), ("firms", fewer_firms), ("issues", fewer_issues)):
        scenarios = {number: waico.load_scenario(NAME, changes) for number, changes in made(base)}
        taken = in_turns({number: per_rounds(scenario) for number, scenario in scenarios.items()}, TURNS)
        rows += growth(f"scaling: {noun}", noun, taken, per=f", {ROUNDS} rounds")
    return [*rows, *by_rounds(base), *by_runs(base, 1), *by_runs(base, 2)]

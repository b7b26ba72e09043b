"""How the time of a run of waic2025 grows with its states, firms, issues and rounds, and that of many with their number.

Runs of more states take other courses, so that times are given per 36 rounds, except where rounds are what grows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

import waico
from benchmarks.rows import Row, growth
from benchmarks.speed import ROUNDS, rounds_of
from benchmarks.timing import in_turns
from waico.scenarios.facts import load_facts
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario
from waico.scenarios.tables import read_table

STATES, FIRMS, ISSUES, MONTHS, RUNS = (24, 48, 96, 193), (0, 10, 40, 160), (1, 2, 4, 8), (12, 24, 48, 96), (1, 16, 64, 256)
REPLICATES, TURNS = 10, 5
BASE, WITHOUT_FIRMS = "waic2025", "firms_sit_out"


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        return [
            *per_rounds("states", {size: of_states(size) for size in STATES}),
            *per_rounds("firms", {size: of_firms(size, Path(folder)) for size in FIRMS}),
            *per_rounds("issues", {size: of_issues(size) for size in ISSUES}),
            *horizons(),
            *many(),
        ]


def of_states(number: int) -> Scenario:
    """Some of the states: those that the scenario names, then others drawn by lot, of which larger sets hold the smaller."""
    scenario = waico.load_scenario(BASE)
    codes = load_facts(scenario).codes
    needed = sorted({code for body in scenario.institutions for code in (*body.principals, *body.named)})
    others = np.random.default_rng(1).permutation([code for code in codes if code not in needed]).tolist()
    return waico.load_scenario(BASE, {"nations.subset": sorted([*needed, *others][:number])})


def of_firms(number: int, folder: Path) -> Scenario:
    """The scenario without alliances, with some of the bundled firms, or with copies of them where that is not enough."""
    scenario = waico.load_scenario(WITHOUT_FIRMS)
    if number == 0:
        return scenario
    bundled = read_table("firms", BASE, "firms.table", "firm").sample(frac=1, random_state=1)
    copies = [bundled.rename(index=lambda firm, copy=copy: f"{firm}_{copy}") for copy in range(-(-number // len(bundled)))]
    path = folder / f"firms_{number}.csv"
    pd.concat(copies).head(number).to_csv(path)
    return replace(scenario, {"firms.table": str(path), "firms.exclude": []})


def of_issues(number: int) -> Scenario:
    """The scenario with its first issues only."""
    tree = waico.load_scenario(BASE).model_dump(exclude_unset=True)
    tree["issues"] = tree["issues"][:number]
    for body in tree["institutions"]:
        for text in ("opening", "status_quo"):
            body[text] = {issue["id"]: body[text][issue["id"]] for issue in tree["issues"]}
    return Scenario.model_validate(tree)


def per_rounds(axis: str, scenarios: Mapping[int, Scenario]) -> list[Row]:
    """Milliseconds of 36 rounds, by what the scenarios have more of."""
    tasks = {size: partial(waico.run, scenario, seed=1, replicates=REPLICATES) for size, scenario in scenarios.items()}
    rounds = {size: rounds_of(scenario, REPLICATES) for size, scenario in scenarios.items()}
    times = {float(size): 1000 * seconds / REPLICATES * ROUNDS / rounds[size] for size, seconds in in_turns(tasks, TURNS).items()}
    return growth(axis, times, "ms", of=f"{ROUNDS} rounds")


def horizons() -> list[Row]:
    """Milliseconds of a run, by its number of rounds, which follows from the horizon."""
    start = waico.load_scenario(BASE).freeze_date
    scenarios = [waico.load_scenario(BASE, {"rounds.horizon": start + timedelta(30 * months)}) for months in MONTHS]
    tasks = {rounds_of(scenario, REPLICATES): partial(waico.run, scenario, seed=1, replicates=REPLICATES) for scenario in scenarios}
    return growth("rounds", {size: 1000 * seconds / REPLICATES for size, seconds in in_turns(tasks, TURNS).items()}, "ms", of="a run")


def many() -> list[Row]:
    """Milliseconds per run, by the number of runs: set-up, and the start of workers, are shared by more of them."""
    scenario = waico.load_scenario(BASE)
    lines = {1: "1 worker", 2: "2 workers"}
    tasks = {
        (workers, runs): partial(waico.run, scenario, seed=1, replicates=runs, workers=workers) for runs in RUNS for workers in lines
    }  # fmt: skip
    times = in_turns(tasks, 3, warm=False)   # the benchmarks before have warmed what there is
    return [
        row
        for workers, line in lines.items()
        for row in growth("runs", {float(runs): 1000 * times[workers, runs] / runs for runs in RUNS}, "ms", line=line, of="a run")
    ]

"""How fast one run of the model is.

A run covers everything that `waico.run` does for it, tables included. Replicates differ in their number of rounds, so that
times are given per 36 rounds. The reference implementation in tests/ follows the same rules in plain loops, alone and
under `mesa.batch_run`.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import mesa

import waico
from benchmarks.rows import Goal, Row, Spread
from benchmarks.timing import in_turns
from tests.reference.oracle import Oracle
from waico.scenarios.schema import Scenario

ROUNDS = 36
REPLICATES = 20
BASE, OTHER, PLAIN, BATCH = "waic2025", "aiib2014", "reference implementation", "mesa.batch_run of the reference implementation"
FIRST_RESULT = [sys.executable, "-c", "from waico.cli import main; main()", "run", BASE]


class OracleModel(mesa.Model):
    """The reference implementation as a Mesa model, for `mesa.batch_run`."""

    def __init__(self, **_: object) -> None:
        super().__init__(rng=1)
        self.datacollector = mesa.DataCollector({"rounds": lambda model: len(model.oracle.history)})
        self.oracle = Oracle(waico.load_scenario(BASE), 1)

    def step(self) -> None:
        self.oracle.step()
        self.datacollector.collect(self)


def batch_run() -> None:
    """One run of `ROUNDS` rounds."""
    mesa.batch_run(OracleModel, {}, iterations=1, max_steps=ROUNDS, display_progress=False)


def rounds_of(scenario: Scenario, replicates: int) -> float:
    """Rounds of a run, on average over replicates."""
    return float(waico.run(scenario, seed=1, replicates=replicates).outcomes["rounds"].mean())


def rows() -> list[Row]:
    scenarios = {name: waico.load_scenario(name) for name in (BASE, OTHER)}
    runs = {name: partial(waico.run, scenario, seed=1, replicates=REPLICATES) for name, scenario in scenarios.items()}
    found = []
    for name, seconds in in_turns(runs, 9).items():
        rounds = rounds_of(scenarios[name], REPLICATES)
        run = 1000 * seconds / REPLICATES
        goal = Goal(10, aim=4) if name == BASE else None
        found += [
            Row("speed", f"{name}, a run of {rounds:.0f} rounds, tables included", Spread.of(run), "ms"),
            Row("speed", f"{name}, {ROUNDS} rounds", Spread.of(run * ROUNDS / rounds), "ms", goal=goal),
        ]
    start_up = in_turns({"": partial(subprocess.run, FIRST_RESULT, capture_output=True, check=True)}, 5)[""]
    found.append(Row("speed", f"start-up to the first result of `waico run {BASE}`", Spread.of(start_up), "s"))
    return found + against_plain(scenarios[BASE])


def against_plain(scenario: Scenario) -> list[Row]:
    """The reference implementation, and `mesa.batch_run` of it, against the model: all per 36 rounds."""
    oracle_rounds = len(Oracle(scenario, 1).run().history)
    tasks = {
        BASE: partial(waico.run, scenario, seed=1, replicates=REPLICATES),
        PLAIN: lambda: Oracle(scenario, 1).run(),
        BATCH: batch_run,
    }
    times = in_turns(tasks, 3)
    model = times[BASE] / REPLICATES * ROUNDS / rounds_of(scenario, REPLICATES)
    plain = times[PLAIN] * ROUNDS / oracle_rounds
    return [
        Row("speed", f"{name}, {ROUNDS} rounds", Spread.of(seconds), "s", Spread.of(seconds / model), f"{BASE}, {ROUNDS} rounds")
        for name, seconds in ((PLAIN, plain), (BATCH, times[BATCH]))
    ]

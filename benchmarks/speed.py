"""How fast the model runs.

A figure of one run covers everything that `waico.run` does for it, tables included. It is also given per 36 rounds, since
replicates differ in their number of rounds. The reference implementation in tests/ follows the same rules in plain loops,
alone and under `mesa.batch_run`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial

import mesa

import waico
from benchmarks.measure import Row, in_turns, seconds
from tests.reference.oracle import Oracle
from waico.negotiation.course import Course
from waico.runs.run import simulate_endings
from waico.scenarios.schema import Scenario

ROUNDS, REPLICATES, TURNS = 36, 10, 7
GOAL = 10.0   # milliseconds of 36 rounds of waic2025
START_UP = [sys.executable, "-m", "waico", "run", "waic2025"]


def per_run(scenario: Scenario, replicates: int = REPLICATES) -> float:
    """Seconds of a run, tables included: mean of some replicates."""
    return seconds(partial(waico.run, scenario, seed=1, replicates=replicates)) / replicates


def mean_rounds(scenario: Scenario, replicates: int = REPLICATES) -> float:
    """Rounds of the replicates that `per_run` times."""
    return float(waico.run(scenario, seed=1, replicates=replicates).outcomes["rounds"].mean())


def per_rounds(scenario: Scenario) -> Callable[[], float]:
    """A measurement of the seconds of 36 rounds of a run, tables included."""
    share = ROUNDS / mean_rounds(scenario)
    return lambda: share * per_run(scenario)


def ends_alone(scenario: Scenario) -> Callable[[], float]:
    """The same where nothing is kept but the ends, as in sweeps."""
    course, share = Course(scenario), ROUNDS / mean_rounds(scenario)
    runs = [(course, replicate) for replicate in range(REPLICATES)]
    return lambda: share * seconds(partial(simulate_endings, 1, runs)) / REPLICATES


class OracleModel(mesa.Model):
    """The reference implementation as a Mesa model, for `mesa.batch_run`."""

    def __init__(self, **_: object) -> None:
        super().__init__(rng=1)
        self.datacollector = mesa.DataCollector({"rounds": lambda model: len(model.oracle.history)})
        self.oracle = Oracle(waico.load_scenario("waic2025"), 1)

    def step(self) -> None:
        self.oracle.step()
        self.datacollector.collect(self)


def batch() -> float:
    """Seconds of `mesa.batch_run` of one run of the reference implementation, 36 steps."""
    return seconds(partial(mesa.batch_run, OracleModel, {}, iterations=1, max_steps=ROUNDS, display_progress=False))


def against_reference(scenario: Scenario) -> list[Row]:
    """One run, the same replicate in both implementations, and `mesa.batch_run` of the slow one."""
    taken = in_turns({
        "array": partial(per_run, scenario, 1), "plain": lambda: seconds(Oracle(scenario, 1).run), "batch": batch,
    }, 1, warm=True)  # fmt: skip
    array = ("one run of waic2025", taken["array"])
    return [
        Row.of("reference", "one run of waic2025", taken["array"]),
        Row.of("reference", "reference implementation in plain loops", taken["plain"], times=array),
        Row.of("reference", f"mesa.batch_run of it, {ROUNDS} steps", taken["batch"], times=array),
    ]


def measure() -> list[Row]:
    """Rows of single runs, of the start-up, and of the reference implementation."""
    waic, aiib = map(waico.load_scenario, ("waic2025", "aiib2014"))
    taken = in_turns({
        "run": partial(per_run, waic), "rounds": per_rounds(waic), "ends": ends_alone(waic),
        "aiib run": partial(per_run, aiib), "aiib rounds": per_rounds(aiib),
    }, TURNS)  # fmt: skip
    start_up = in_turns({"start-up": lambda: seconds(partial(subprocess.run, START_UP, capture_output=True, check=True))}, 5)
    usual = ("waic2025 with tables", taken["rounds"])
    return [
        Row.of("speed", "waic2025, a run, tables included", taken["run"]),
        Row.of("speed", f"waic2025, {ROUNDS} rounds, tables included", taken["rounds"], goal=GOAL),
        Row.of("speed", f"waic2025, {ROUNDS} rounds, ends alone, as in sweeps", taken["ends"], times=usual, goal=GOAL),
        Row.of("speed", "aiib2014, a run, tables included", taken["aiib run"]),
        Row.of("speed", f"aiib2014, {ROUNDS} rounds, tables included", taken["aiib rounds"], times=usual),
        Row.of("speed", "`waico run waic2025`, start-up to first result", start_up["start-up"], "s"),
        *against_reference(waic),
    ]

"""How fast the model runs: medians, and ratios measured in one go. `python benchmarks/speed.py [--oracle]`.

A figure of one run of waic2025 covers everything that `waico.run` does for it, tables included; it is given per 36 rounds,
since replicates differ in their number of rounds. The reference implementation in tests/ follows the same rules in plain
loops, alone and under `mesa.batch_run`.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import mesa
import numpy as np

import waico

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.reference.oracle import Oracle

ROUNDS = 36


def median_seconds(task: Callable[[], object], repeats: int) -> float:
    task()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def per_run(name: str, replicates: int = 100, repeats: int = 5) -> tuple[float, float]:
    """Milliseconds per run and per 36 rounds, tables included."""
    scenario = waico.load_scenario(name)
    rounds = waico.run(scenario, seed=1, replicates=replicates).outcomes["rounds"].mean()
    seconds = median_seconds(lambda: waico.run(scenario, seed=1, replicates=replicates), repeats)
    milliseconds = 1000 * seconds / replicates
    return milliseconds, milliseconds * ROUNDS / rounds


class OracleModel(mesa.Model):
    """The reference implementation as a Mesa model, for `mesa.batch_run`."""

    def __init__(self, **_: object) -> None:
        super().__init__(rng=1)
        self.datacollector = mesa.DataCollector({"rounds": lambda model: len(model.oracle.history)})
        self.oracle = Oracle(waico.load_scenario("waic2025"), 1)

    def step(self) -> None:
        self.oracle.step()
        self.datacollector.collect(self)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--oracle", action="store_true", help="time the reference implementation too (a minute)")
    arguments = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}, Mesa {mesa.__version__}, one core")
    for name in ("waic2025", "aiib2014"):
        run, rounds = per_run(name)
        print(f"{name:10s} {run:8.1f} ms a run, {rounds:6.1f} ms per {ROUNDS} rounds, tables included")
    command = [sys.executable, "-m", "waico", "run", "waic2025"]
    start_up = median_seconds(lambda: subprocess.run(command, capture_output=True, check=True), 5)
    print(f"start-up to first result of `waico run waic2025`: {start_up:.2f} s")
    if arguments.oracle:
        scenario = waico.load_scenario("waic2025")
        array = per_run("waic2025")[0] / 1000
        plain = median_seconds(lambda: Oracle(scenario, 1).run(), 1)
        print(f"reference implementation: {plain:.2f} s a run, {plain / array:.0f} times the array model")
        start = time.perf_counter()
        mesa.batch_run(OracleModel, {}, iterations=1, max_steps=ROUNDS, display_progress=False)
        batch = time.perf_counter() - start
        print(f"mesa.batch_run of it, {ROUNDS} steps: {batch:.2f} s, {batch / array:.0f} times the array model")


if __name__ == "__main__":
    main()

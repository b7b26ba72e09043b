"""How fast sweeps are: `python benchmarks/sweep.py [--full] [--oracle]`. Ratios are measured in one go.

Bare runs are those of a loop that changes the scenario, simulates, and keeps nothing. A sweep does the same and writes its
parts. `--full` sweeps 100,000 runs on two processes; `--oracle` times `mesa.batch_run` over the reference implementation.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time

import mesa
import numpy as np
from speed import ROUNDS, OracleModel

from waico.runs.plan import possible, read_plan
from waico.runs.run import simulate_endings

REPLICATES = 10
FACTORS = {
    "institutions.waico.opening.enforcement": [0.0, 0.8],
    "institutions.waico.rival_pressure": [0.0, 1.0],
    "institutions.waico.capacity_benefit": [0.0, 1.0],
    "decision.b_pressure": [0.0, 2.0],
}
COMMAND = """
import json, resource, sys, time
import waico
start = time.perf_counter()
waico.sweep(json.loads(sys.argv[1]), sys.argv[2], workers=int(sys.argv[3]))
seconds = time.perf_counter() - start
peak = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps([seconds, *peak]))
"""


def design(runs: int) -> dict[str, object]:
    return {
        "scenario": "waic2025", "seed": 1, "replicates": REPLICATES, "sampler": "latin_hypercube", "samples": runs // REPLICATES,
        "factors": FACTORS,
    }  # fmt: skip


def bare(runs: int) -> float:
    """Seconds of a loop over the same runs, in this process."""
    plan = read_plan(design(runs))
    simulate_endings(1, [(possible(plan.scenario, {}), 0)])   # compiles, or loads what was compiled
    start = time.perf_counter()
    for changes in plan.changes(0, len(plan.samples)):
        course = possible(plan.scenario, changes)
        simulate_endings(1, [(course, replicate) for replicate in range(REPLICATES)])
    return time.perf_counter() - start


def swept(runs: int, workers: int) -> tuple[float, float, float]:
    """Seconds of a sweep, start-up of its workers included; peak memory in MB of its process, and of the largest worker."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [sys.executable, "-c", COMMAND, json.dumps(design(runs)), f"{folder}/out", str(workers)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    seconds, own, worker = json.loads(done.stdout)
    return seconds, own, worker


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true", help="sweep 100,000 runs on two processes, too")
    parser.add_argument("--oracle", action="store_true", help="time mesa.batch_run on the reference implementation, too")
    arguments = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}, Mesa {mesa.__version__}; waic2025, {len(FACTORS)} factors, {REPLICATES} replicates")
    ratios, rates = [], []
    for _ in range(3):   # taken in turn: a machine that is shared changes its speed
        alone, (one, _, _) = bare(1000), swept(1000, 1)
        ratios.append(one / alone)
        rates.append((1000 / alone, 1000 / one))
    loop, single = np.median(rates, axis=0)
    print(f"bare runs {loop:.0f} a second; sweep on 1 process {single:.0f}; overhead {statistics.median(ratios) - 1:+.0%} (1,000 runs, start-up of 1 s included)")
    seconds, own, worker = swept(4000, 2)
    print(f"sweep on 2 processes {4000 / seconds:.0f} a second, {4000 / seconds / single:.2f} times that on one")
    for runs in (1000, 100_000) if arguments.full else (1000, 10_000):
        seconds, own, worker = swept(runs, 2)
        print(f"{runs:7,d} runs on 2 processes: {seconds / 60:5.1f} min, {runs / seconds:4.0f} a second; peak memory {own:.0f} MB, of a worker {worker:.0f} MB")
    if arguments.oracle:
        start = time.perf_counter()
        mesa.batch_run(OracleModel, {}, iterations=1, max_steps=ROUNDS, display_progress=False)
        batch = time.perf_counter() - start
        print(f"mesa.batch_run on the reference implementation: {1 / batch:.2f} a second; a sweep on 1 process does {single * batch:.0f} times as many")


if __name__ == "__main__":
    main()

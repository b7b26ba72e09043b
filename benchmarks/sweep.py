"""How fast sweeps are, start-up of their workers included.

Bare runs are those of a loop that changes the scenario, simulates, and keeps nothing. A sweep does the same and writes its
parts.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import numpy as np

from benchmarks.rows import Floats, Row, Spread
from benchmarks.speed import batch_run
from benchmarks.timing import seconds_of
from waico.runs.plan import possible, read_plan
from waico.runs.run import simulate_endings

REPLICATES = 10
RUNS, MANY, TURNS = 200, 1000, 3
LOOP, ONE, TWO, BATCH = "bare runs in a loop", "a sweep, 1 worker", "a sweep, 2 workers", "mesa.batch_run of the reference implementation"
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


@dataclass(frozen=True)
class Swept:
    """Seconds of a sweep without the imports before it; peak memory in MB of its process, and of its largest worker."""

    seconds: float
    own: float
    worker: float


def design(runs: int) -> dict[str, object]:
    return {
        "scenario": "waic2025", "seed": 1, "replicates": REPLICATES, "sampler": "latin_hypercube", "samples": runs // REPLICATES,
        "factors": FACTORS,
    }  # fmt: skip


def loop(runs: int) -> None:
    """The same runs, in this process."""
    plan = read_plan(design(runs))
    for changes in plan.changes(0, len(plan.samples)):
        course = possible(plan.scenario, changes)
        simulate_endings(1, [(course, replicate) for replicate in range(REPLICATES)])


def swept(runs: int, workers: int) -> Swept:
    """A sweep in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [sys.executable, "-c", COMMAND, json.dumps(design(runs)), f"{folder}/out", str(workers)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    return Swept(*json.loads(done.stdout))


def rows() -> list[Row]:
    loop(REPLICATES)   # compiles, or loads what was compiled
    few: list[Swept] = []
    turns = []
    for _ in range(TURNS):   # a sweep times itself, so that its turns are taken here
        one, two = swept(RUNS, 1), swept(RUNS, 2)
        few.append(two)
        turns.append((seconds_of(lambda: loop(RUNS)) / RUNS, one.seconds / RUNS, two.seconds / RUNS, seconds_of(batch_run)))
    bare, single, double, batch = 1 / np.array(turns).T
    many = swept(MANY, 2)
    return [
        rate(BATCH, batch),
        rate(f"{ONE}, {RUNS} runs", single, batch, "mesa.batch_run"),
        rate(LOOP, bare, single, ONE),
        rate(f"{TWO}, {RUNS} runs", double, single, ONE),
        rate(f"{TWO}, {MANY:,} runs", np.array([MANY / many.seconds])),
        *memory(RUNS, few),
        *memory(MANY, [many]),
    ]


def rate(what: str, runs: Floats, against: Floats | None = None, yardstick: str = "") -> Row:
    """Runs a second: more is better."""
    return Row("sweep", what, Spread.of(runs), "runs/s", None if against is None else Spread.of(runs / against), yardstick)


def memory(runs: int, sweeps: list[Swept]) -> list[Row]:
    peaks = {"of the sweep": [one.own for one in sweeps], "of its largest worker": [one.worker for one in sweeps]}
    return [Row("sweep", f"peak memory {whose}, {runs:,} runs on 2 workers", Spread.of(peak), "MB") for whose, peak in peaks.items()]

"""How fast sweeps are.

Bare runs are those of a loop that changes the scenario, simulates, and keeps nothing. A sweep does the same and writes its
parts; its start-up, about a second, is included.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.measure import Row, in_turns, seconds
from benchmarks.speed import batch
from waico.runs.plan import possible, read_plan
from waico.runs.run import simulate_endings

ROOT = Path(__file__).resolve().parents[1]
REPLICATES, RUNS, MANY = 10, 500, 4000
FACTORS = {
    "institutions.waico.opening.enforcement": [0.0, 0.8],
    "institutions.waico.rival_pressure": [0.0, 1.0],
    "institutions.waico.capacity_benefit": [0.0, 1.0],
    "decision.b_pressure": [0.0, 2.0],
}
COMMAND = """
import json, resource, sys
from benchmarks.measure import seconds
import waico
taken = seconds(lambda: waico.sweep(json.loads(sys.argv[1]), sys.argv[2], workers=int(sys.argv[3])))
peak = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps([taken, *peak]))
"""


def design(runs: int) -> dict[str, object]:
    return {
        "scenario": "waic2025", "seed": 1, "replicates": REPLICATES, "sampler": "latin_hypercube", "samples": runs // REPLICATES,
        "factors": FACTORS,
    }  # fmt: skip


def bare(runs: int) -> None:
    """A loop over the same runs, in this process."""
    plan = read_plan(design(runs))
    for changes in plan.changes(0, len(plan.samples)):
        course = possible(plan.scenario, changes)
        simulate_endings(1, [(course, replicate) for replicate in range(REPLICATES)])


def swept(runs: int, workers: int) -> tuple[float, float, float]:
    """Seconds of a sweep, start-up of its workers included; peak memory in MB of its process, and of the largest worker."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [sys.executable, "-c", COMMAND, json.dumps(design(runs)), f"{folder}/out", str(workers)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=ROOT)
    taken, own, worker = json.loads(done.stdout)
    return taken, own, worker


def of_size(runs: int) -> list[Row]:
    """Time and peak memory of one sweep on two processes."""
    taken, own, worker = swept(runs, 2)
    what = f"{runs:,} runs on 2 processes"
    return [
        Row.of("sweep: size", what, [taken], "s"),
        Row.of("sweep: size", what, [runs / taken], "runs a second"),
        Row.of("sweep: size", f"{what}, peak memory", [own], "MB"),
        Row.of("sweep: size", f"{what}, peak memory of a worker", [worker], "MB"),
    ]


def measure() -> list[Row]:
    """Rows of a sweep beside bare runs and `mesa.batch_run`, on one process and on two, small and large."""
    bare(REPLICATES)   # compiles, or loads what was compiled
    taken = in_turns({
        "bare": lambda: seconds(partial(bare, RUNS)), "one": lambda: swept(RUNS, 1)[0], "two": lambda: swept(RUNS, 2)[0],
    }, 3, warm=True)  # fmt: skip
    rates = {name: [RUNS / figure for figure in figures] for name, figures in taken.items()}
    single = ("sweep on 1 process", rates["one"])
    slow = Row.of("sweep", "mesa.batch_run on the reference implementation", [1 / batch()], "runs a second", times=(single[0], [median(rates["one"])]))
    return [
        Row.of("sweep", f"bare runs, {RUNS}", rates["bare"], "runs a second"),
        Row.of("sweep", f"sweep on 1 process, {RUNS} runs", rates["one"], "runs a second", times=("bare runs", rates["bare"])),
        Row.of("sweep", f"sweep on 2 processes, {RUNS} runs", rates["two"], "runs a second", times=single),
        slow,
        *of_size(RUNS),
        *of_size(MANY),
    ]

"""Sweeps: many samples of a scenario's factors, run on one machine or a cluster; stoppable and resumable at any moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from waico.negotiation.measure import OUTCOMES
from waico.runs.engines import Crew, crew
from waico.runs.folders import check_free, lock
from waico.runs.parts import NOT_OF_A_RUN, SCHEMA, Outcomes, Part, Row, Task, make_part
from waico.runs.plan import Plan, read_plan
from waico.runs.store import Manifest, Store, create, first_difference, open_store, plan_of
from waico.runs.store import resume as resume_store
from waico.scenarios.errors import InputError, Stopped

KEYS = ("sample", "replicate", "seed")
RUNS_PER_PART = 256   # a few seconds of work: little is lost, and handing it out costs nothing beside it
LEAST_PARTS = 64   # of small sweeps, so that all workers have something to do

OnProgress = Callable[[int, Outcomes], None]


@dataclass(frozen=True)
class SweepSummary:
    """What a sweep has done.

    Attributes:
        folder: where it is.
        runs: runs in the folder. planned: runs when it is complete. before: runs that were there at the start.
        outcomes: share of each outcome class among the runs in the folder.
        failed: runs that could not be carried out; their column `error` says why.
        seconds: wall-clock time. interrupted: whether the user stopped it.
    """

    folder: Path
    runs: int
    planned: int
    before: int
    outcomes: dict[str, float]
    failed: int
    seconds: float
    interrupted: bool

    @property
    def kept(self) -> str:
        """What a sweep that was stopped leaves behind, and how to go on."""
        return f"{self.runs:,} of {self.planned:,} runs are kept in {self.folder}; go on with --resume"


def sweep(
    design: str | Path | Mapping[str, Any] | Plan,
    out: str | Path,
    *,
    workers: int = 1,
    dask: str | None = None,
    resume: bool = False,
    on_progress: OnProgress | None = None,
) -> SweepSummary:
    """Run a design into a folder.

    All samples share their replicates' random draws, so that samples differ by their factors alone. The same design gives the
    same bytes on any number of workers, with or without Dask, and after any interruption.

    Args:
        design: path of a .toml file, the same as nested dictionaries, or a plan that was read before.
        out: the folder.
        workers: processes; 1 runs in this one.
        dask: address of a Dask scheduler, or "local" for a cluster of `workers` processes on this machine.
        resume: go on with what is in the folder, if anything is.
        on_progress: called with the runs in the folder and how often each outcome is among them (None: failed).

    Returns:
        What was done. After Ctrl-C what was done by then, and `interrupted` is set.

    Raises:
        InputError: the design is wrong; the folder is not empty, or is that of another sweep; there is no such cluster.
        Stopped: the disk is full or a worker died; what was finished is kept.
    """
    if workers < 1:
        raise InputError("workers", str(workers), "is no number of processes", "give 1 or more")
    started, folder = time.monotonic(), Path(out)
    plan = design if isinstance(design, Plan) else read_plan(design)
    if not resume:
        check_free(folder)
    with crew(workers, dask) as work, lock(folder):   # a cluster that is not there leaves no folder behind
        size = part_size(plan.runs, plan.design.replicates)
        store = resume_store(folder, plan, size) if resume else create(folder, plan, size)
        before, outcomes = store.runs, store.outcomes()
        interrupted, stopped = False, ""
        try:
            _fill(store, plan, outcomes, work, on_progress)
        except KeyboardInterrupt:
            interrupted = True
        except Stopped as error:
            stopped = str(error)
    done = outcomes.total()
    summary = SweepSummary(
        folder=folder, runs=done, planned=plan.runs, before=before,
        outcomes={name: outcomes[name] / max(1, done - outcomes[None]) for name in OUTCOMES},
        failed=outcomes[None], seconds=time.monotonic() - started, interrupted=interrupted,
    )  # fmt: skip
    if stopped:
        raise Stopped(f"{stopped}; {summary.kept}")
    return summary


@dataclass(frozen=True)
class Sweep:
    """A sweep read from its folder, complete or not.

    Attributes:
        folder: where it is. plan: its design, scenario and samples.
        runs: a row per run, sorted by sample and replicate. Columns: sample, replicate, seed, the factors under their paths, the
            columns of outcomes.parquet, and error, which says why a run could not be carried out and is missing otherwise.
    """

    folder: Path
    plan: Plan
    runs: pd.DataFrame

    @property
    def complete(self) -> bool:
        """Whether all runs of the design are there."""
        return len(self.runs) == self.plan.runs


def open_sweep(folder: str | Path) -> Sweep:
    """Read a sweep.

    Raises:
        InputError: the folder holds no sweep, or a file of it is damaged.
    """
    store = open_store(Path(folder))
    plan = plan_of(store)
    parts = [pq.read_table(path) for _, path in sorted(store.parts.items())]
    runs = pa.concat_tables([SCHEMA.empty_table(), *parts]).to_pandas(types_mapper={pa.int16(): pd.Int16Dtype()}.get)
    factors = plan.samples.iloc[runs["sample"].to_numpy(dtype=int)].reset_index(drop=True)
    return Sweep(store.folder, plan, pd.concat([runs[list(KEYS)], factors, runs.drop(columns=list(KEYS))], axis=1))


def read_sweep(folder: str | Path) -> pd.DataFrame:
    """The runs of a sweep as one table; see `Sweep.runs`.

    Raises:
        InputError: the folder holds no sweep, or a file of it is damaged.
    """
    return open_sweep(folder).runs


def part_size(runs: int, replicates: int) -> int:
    """Runs of a part: the same for every number of workers, and whole samples where they fit."""
    size = max(1, min(RUNS_PER_PART, runs // LEAST_PARTS))
    return size if replicates > size else size - size % replicates


def _fill(store: Store, plan: Plan, outcomes: Outcomes, work: Crew, on_progress: OnProgress | None) -> None:
    """Make the parts that are missing."""
    numbers = list(store.missing())
    if on_progress is not None:
        on_progress(outcomes.total(), outcomes)
    if not numbers:
        return
    try:
        for place, part in work(make_part, _tasks(store, plan, numbers)):
            _refuse_strangers(store.manifest, part)
            _keep(store, numbers[place], part)
            outcomes.update(part.outcomes)
            if on_progress is not None:
                on_progress(outcomes.total(), outcomes)
    except NOT_OF_A_RUN as error:
        raise Stopped(f"a run could not go on: {str(error) or type(error).__name__}") from None


def _keep(store: Store, number: int, part: Part) -> None:
    try:
        store.add(number, part.data)
    except OSError as error:
        raise Stopped(f"{store.folder} cannot be written: {error.strerror or error}") from None


def _refuse_strangers(manifest: Manifest, part: Part) -> None:
    """Refuse a part that was made with other versions or tables: its numbers may differ in their last bits, or wholly."""
    difference = first_difference(manifest.environment, part.environment)
    if difference is not None:
        name, here, there = difference
        raise Stopped(f"a worker has {name} {there}, this machine has {here}: install the same versions on both")
    for table, found in part.tables.items():
        if manifest.hashes.get(table) != found:
            raise Stopped(f"{table} is not what it was when the sweep began: bring that back")


def _tasks(store: Store, plan: Plan, numbers: list[int]) -> Iterator[Task]:
    """The task of each part, made when a worker will soon be free for it."""
    scenario, size = plan.scenario.model_dump_json(), store.manifest.runs_per_part
    for number in numbers:
        yield Task(scenario, plan.design.seed, _rows(plan, number * size, min((number + 1) * size, plan.runs)))


def _rows(plan: Plan, start: int, stop: int) -> list[Row]:
    """The runs from `start` to `stop`, of all counted sample by sample, as rows of samples."""
    replicates = plan.design.replicates
    first, last = start // replicates, -(-stop // replicates)
    return [
        Row(sample, changes, max(0, start - sample * replicates), min(replicates, stop - sample * replicates))
        for sample, changes in enumerate(plan.changes(first, last), first)
    ]

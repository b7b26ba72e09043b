"""A part of a sweep as a worker makes it: some runs of some samples, and the Parquet file of how they ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from itertools import islice
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from waico.negotiation.course import Course
from waico.runs.interrupts import interrupts_held
from waico.runs.plan import Changes, hash_tables, own_tables, possible
from waico.runs.record import environment
from waico.runs.run import simulate_endings
from waico.runs.tables import OUTCOME_FIELDS, Ending, outcome_table
from waico.scenarios.errors import InputError
from waico.scenarios.schema import Scenario

SCHEMA = pa.schema([("sample", pa.int64()), *OUTCOME_FIELDS, ("error", pa.string())])

ABREAST = 16   # runs at a time: most of what there is to gain, and little memory

NOT_OF_A_RUN = (OSError, ImportError, MemoryError)   # but of the machine: another attempt may fare better

Outcomes = Counter[str | None]   # how often each outcome came; None for runs that failed


class Row(NamedTuple):
    """The replicates from `start` to `stop` of a sample."""

    sample: int
    changes: Changes
    start: int
    stop: int


class Task(NamedTuple):
    """What a worker needs to make a part: the base scenario as JSON, the seed, and rows of the design."""

    scenario: str
    seed: int
    rows: list[Row]


class Run(NamedTuple):
    """A replicate of a sample, with the sample's course."""

    sample: int
    replicate: int
    course: Course


class Part(NamedTuple):
    """What a worker has made: a Parquet file, and how often each outcome is in it.

    `environment` and `tables` tell the versions and the user's tables that it was made with, as the worker found them.
    """

    data: bytes
    outcomes: Outcomes
    environment: dict[str, str]
    tables: dict[str, str]


def make_part(task: Task) -> Part:
    """Carry out the runs of a task. One that fails has no outcome but an error, and stops no other."""
    scenario = _scenario(task.scenario)
    made: list[tuple[int, Ending]] = []
    failed: list[tuple[int, int, str]] = []
    runs = _runs(scenario, task.rows, failed)
    while batch := list(islice(runs, ABREAST)):
        for run, ending in zip(batch, _endings(task.seed, batch), strict=True):
            if isinstance(ending, Ending):
                made.append((run.sample, ending))
            else:
                failed.append((run.sample, run.replicate, ending))
    table = _table(task.seed, made, failed)
    buffer = BytesIO()
    pq.write_table(table, buffer)
    tables = hash_tables(own_tables(scenario, (row.changes for row in task.rows)))
    return Part(buffer.getvalue(), Counter(table["outcome"].to_pylist()), environment(), tables)


def _runs(scenario: Scenario, rows: list[Row], failed: list[tuple[int, int, str]]) -> Iterator[Run]:
    """The runs of all samples in turn; those of a sample that is not possible go to `failed`, with the reason."""
    for row in rows:
        replicates = range(row.start, row.stop)
        try:
            with interrupts_held():
                course = possible(scenario, row.changes)
        except NOT_OF_A_RUN:
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, it belongs to this sample and is told there)
            failed += [(row.sample, replicate, _reason(error)) for replicate in replicates]
        else:
            yield from (Run(row.sample, replicate, course) for replicate in replicates)


def _endings(seed: int, batch: list[Run]) -> list[Ending | str]:
    """How each run ended, or why it could not be carried out."""
    try:
        return [*simulate_endings(seed, [(run.course, run.replicate) for run in batch])]
    except NOT_OF_A_RUN:
        raise
    except Exception as error:  # noqa: BLE001 (whatever it is, it belongs to one run, which is found alone)
        if len(batch) == 1:
            return [_reason(error)]
        return [ending for run in batch for ending in _endings(seed, [run])]


def _table(seed: int, made: list[tuple[int, Ending]], failed: list[tuple[int, int, str]]) -> pa.Table:
    """Runs that ended and runs that failed, sorted by sample and replicate."""
    keys = ("sample", "replicate", "error")
    tables = [pa.Table.from_pylist([{**dict(zip(keys, run, strict=True)), "seed": seed} for run in failed], SCHEMA)]
    if made:
        samples, endings = zip(*made, strict=True)
        table = outcome_table(seed, list(endings)).assign(sample=samples, error=None)
        tables.append(pa.Table.from_pandas(table, SCHEMA, preserve_index=False).replace_schema_metadata(None))
    return pa.concat_tables(tables).sort_by([("sample", "ascending"), ("replicate", "ascending")])


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"


@lru_cache(maxsize=1)
def _scenario(json: str) -> Scenario:
    """A worker reads the scenario once."""
    return Scenario.model_validate_json(json)

"""A part of a sweep as a worker makes it: some runs of some samples, and the Parquet file of how they ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from waico.runs.plan import Changes, possible
from waico.runs.record import environment
from waico.runs.run import simulate
from waico.runs.tables import OUTCOME_FIELDS, Trace, outcome_table
from waico.scenarios.errors import InputError
from waico.scenarios.schema import Scenario

SCHEMA = pa.schema([("sample", pa.int64()), *OUTCOME_FIELDS, ("error", pa.string())])

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


class Part(NamedTuple):
    """What a worker has made: a Parquet file, how often each outcome is in it, and the versions that it was made with."""

    data: bytes
    outcomes: Outcomes
    environment: dict[str, str]


def make_part(task: Task) -> Part:
    """Carry out the runs of a task. One that fails has no outcome but an error, and stops no other."""
    scenario = _scenario(task.scenario)
    samples: list[int] = []
    traces: list[Trace] = []
    failed: list[dict[str, Any]] = []
    for row in task.rows:
        for replicate, made in _replicates(scenario, task.seed, row):
            if isinstance(made, Trace):
                samples.append(row.sample)
                traces.append(made)
            else:
                failed.append({"sample": row.sample, "replicate": replicate, "seed": task.seed, "error": made})
    parts = [pa.Table.from_pylist(failed, SCHEMA)]
    if traces:
        table = outcome_table(task.seed, traces).assign(sample=samples, error=None)
        parts.append(pa.Table.from_pandas(table, SCHEMA, preserve_index=False).replace_schema_metadata(None))
    whole = pa.concat_tables(parts).sort_by([("sample", "ascending"), ("replicate", "ascending")])
    buffer = BytesIO()
    pq.write_table(whole, buffer)
    return Part(buffer.getvalue(), Counter(whole["outcome"].to_pylist()), environment())


def _replicates(scenario: Scenario, seed: int, row: Row) -> Iterator[tuple[int, Trace | str]]:
    """Each replicate of a sample, or why it could not be carried out."""
    replicates = range(row.start, row.stop)
    try:
        course = possible(scenario, row.changes)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever it is, it belongs to this sample and is told there)
        yield from ((replicate, _reason(error)) for replicate in replicates)
        return
    for replicate in replicates:
        try:
            yield replicate, simulate(course.scenario, seed, replicate, course=course)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 (and this to its run)
            yield replicate, _reason(error)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"


@lru_cache(maxsize=1)
def _scenario(json: str) -> Scenario:
    """A worker reads the scenario once."""
    return Scenario.model_validate_json(json)

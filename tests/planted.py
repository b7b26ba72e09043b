"""Sweeps whose truth is known: on disk and read as any other, with a function of the factors in place of the runs."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from waico.runs.plan import read_plan
from waico.runs.store import create
from waico.runs.sweep import Sweep, open_sweep, part_size
from waico.runs.tables import OUTCOME_FIELDS

SCHEMA = pa.schema([("sample", pa.int64()), *OUTCOME_FIELDS, ("error", pa.string())])
Columns = dict[str, Any]
A, B, C = "decision.b_need", "decision.b_size", "decision.b_camp"   # take any number
WORDS = "bargaining.protocol"


def planted(
    folder: Path, design: dict[str, Any], run: Callable[[Columns, int], Columns], parts: int | None = None
) -> Sweep:
    """A sweep in which `run` of factors by path and replicate gives the columns of outcomes; whole or in part."""
    plan = read_plan({"scenario": "waic2025", "seed": 7, **design})
    replicates = plan.design.replicates
    size = part_size(plan.runs, replicates)
    store = create(folder, plan, size)
    rows = [
        {"sample": sample, "replicate": replicate, "seed": plan.design.seed, **run(changes, replicate)}
        for sample, changes in enumerate(plan.changes(0, len(plan.samples))) for replicate in range(replicates)
    ]  # fmt: skip
    for number in list(store.missing())[:parts]:
        buffer = BytesIO()
        pq.write_table(pa.Table.from_pylist(rows[number * size : (number + 1) * size], SCHEMA), buffer)
        store.add(number, buffer.getvalue())
    return open_sweep(folder)

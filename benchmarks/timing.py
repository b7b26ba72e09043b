"""The one way in which things are timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

from benchmarks.rows import Floats

Task = Callable[[], object]
Name = TypeVar("Name")


def seconds_of(task: Task) -> float:
    """Seconds that a task takes, once."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def in_turns(tasks: Mapping[Name, Task], turns: int, *, warm: bool = True) -> dict[Name, Floats]:
    """Seconds of every task in every turn.

    A machine that others use changes its speed, so that all tasks are run once before any is run again: what is divided
    by each other was measured side by side.

    Args:
        tasks: what to time, by name.
        turns: how often.
        warm: whether every task is run once before, untimed, so that compiling and reading of tables is done.
    """
    if warm:
        for task in tasks.values():
            task()
    taken = np.array([[seconds_of(task) for task in tasks.values()] for _ in range(turns)])
    return dict(zip(tasks, taken.T, strict=True))

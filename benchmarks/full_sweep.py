"""A sweep of 100,000 runs on two processes: too long to be among those that are run together."""

from __future__ import annotations

from benchmarks.measure import Row
from benchmarks.sweep import of_size


def measure() -> list[Row]:
    """Its time and peak memory."""
    return of_size(100_000)

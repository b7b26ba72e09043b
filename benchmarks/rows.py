"""What a benchmark found, as rows of one table, and how a time grows with a size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
HEAD = ("group", "what", "median", "min to max", "unit", "times the yardstick", "yardstick", "goal", "")
NUMBERS = (2, 5)   # columns that stand to the right


@dataclass(frozen=True)
class Spread:
    """Median, smallest and largest of what was measured several times."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: ArrayLike) -> Spread:
        """Of repeated measurements."""
        array = np.asarray(values, dtype=float)
        return cls(float(np.median(array)), float(array.min()), float(array.max()))


@dataclass(frozen=True)
class Goal:
    """What a median should stay below, in the unit of its row, and what it is aimed at."""

    limit: float
    aim: float | None = None

    def text(self) -> str:
        """As the table gives it."""
        return f"< {self.limit:g}" + (f", aim {self.aim:g}" if self.aim is not None else "")

    def verdict(self, median: float) -> str:
        """Whether it is met."""
        if median >= self.limit:
            return "missed"
        return "met" if self.aim is None or median <= self.aim else "met, aim missed"


@dataclass(frozen=True)
class Point:
    """Where a row lies on a chart of growth: the size of what, on which line. Without a size it is the exponent of the line."""

    axis: str
    size: float | None
    line: str = ""


@dataclass(frozen=True)
class Row:
    """One thing measured.

    Attributes:
        group: the benchmark.
        what: what was measured.
        value: in `unit`; its extremes are the spread.
        unit: of the value.
        ratio: the value over that of the yardstick, measured in the same turns.
        yardstick: what it is held against.
        goal: what the value should be, if that was ever said.
        point: its place on a chart of growth, if it belongs to one.
    """

    group: str
    what: str
    value: Spread
    unit: str
    ratio: Spread | None = None
    yardstick: str = ""
    goal: Goal | None = None
    point: Point | None = None

    def cells(self) -> tuple[str, ...]:
        """Its cells, in the order of `HEAD`."""
        value, ratio, goal = self.value, self.ratio, self.goal
        return (
            self.group, self.what, number(value.median), "" if value.low == value.high else f"{number(value.low)} to {number(value.high)}", self.unit,
            "" if ratio is None else f"{number(ratio.median)} ({number(ratio.low)} to {number(ratio.high)})", self.yardstick,
            "" if goal is None else goal.text(), "" if goal is None else goal.verdict(value.median),
        )  # fmt: skip


def number(value: float) -> str:
    """Three digits that count, without powers of ten where they can be spared."""
    if 0.001 <= abs(value) < 100:
        return f"{value:#.3g}"
    return f"{value:.1e}" if 0 < abs(value) < 0.001 else f"{value:,.0f}"


def table(rows: Sequence[Row]) -> str:
    """Rows as a Markdown table whose columns are aligned, so that it reads well on a terminal, too."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * (width - 1) + ":" if column in NUMBERS else "-" * width for column, width in enumerate(widths)]
    padded = [
        [cell.rjust(width) if column in NUMBERS else cell.ljust(width) for column, (cell, width) in enumerate(zip(line, widths, strict=True))]
        for line in lines
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in (padded[0], rule, *padded[1:]))


def exponent(sizes: ArrayLike, values: ArrayLike) -> float:
    """The power with which values grow with sizes: slope of a straight line through both logarithms, by least squares.

    Sizes of 0 have no logarithm and are left out.
    """
    size, value = np.asarray(sizes, dtype=float), np.asarray(values, dtype=float)
    there = size > 0
    return float(np.polyfit(np.log(size[there]), np.log(value[there]), 1)[0])


def growth(axis: str, values: Mapping[float, Floats], unit: str, *, line: str = "", of: str) -> list[Row]:
    """A row per size, each also as a multiple of the smallest, and one with the exponent.

    Args:
        axis: what has the size.
        values: by size, in turns that were taken side by side, so that every turn has an exponent.
        unit: of the values.
        line: which of several lines on one axis.
        of: what was measured.
    """
    group, named = f"growth: {axis}", f", {line}" if line else ""
    smallest = next(iter(values))
    rows = [
        Row(group, f"{of}, {axis} = {size:.0f}{named}", Spread.of(taken), unit, Spread.of(taken / values[smallest]), f"{axis} = {smallest:.0f}",
            point=Point(axis, size, line))
        for size, taken in values.items()
    ]  # fmt: skip
    fits = [exponent(list(values), turn) for turn in np.array(list(values.values())).T]
    return [*rows, Row(group, f"{of}: exponent{named}", Spread.of(fits), "exponent", point=Point(axis, None, line))]

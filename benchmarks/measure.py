"""What all benchmarks share: one stopwatch, measurements taken in turn, rows, and the table they make."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

import numpy as np

Name = TypeVar("Name")
PER_SECOND = {"s": 1.0, "ms": 1000.0}   # of units of time; figures in other units are taken as they are
HEAD = ("group", "what", "median", "least", "most", "unit", "times", "what of", "goal", "met")
NUMBERS = range(2, 5)   # columns to the right
RATIO = 6


@dataclass(frozen=True)
class Row:
    """One figure, measured several times.

    Attributes:
        group, what: what was measured.
        median, least, most: of all measurements, in `unit`.
        ratio: how many times the yardstick it is: median over the turns in which both were measured; None without one.
        yardstick: name of what it is compared with.
        goal: what the median must stay below, in `unit`; None where nothing was promised.
    """

    group: str
    what: str
    median: float
    least: float
    most: float
    unit: str
    ratio: float | None = None
    yardstick: str = ""
    goal: float | None = None

    @classmethod
    def of(
        cls, group: str, what: str, figures: Sequence[float], unit: str = "ms", *,
        times: tuple[str, Sequence[float]] | None = None, goal: float | None = None,
    ) -> Row:  # fmt: skip
        """Summarize measurements.

        Args:
            group, what: what was measured.
            figures: one per turn; seconds where `unit` is one of time, which they are then converted to.
            unit: of the row.
            times: name and figures of the yardstick, turn by turn.
            goal: in `unit`.
        """
        name, yardstick = times or ("", ())
        ratio = median(a / b for a, b in zip(figures, yardstick, strict=True)) if times else None
        scale = PER_SECOND.get(unit, 1.0)
        middle, least, most = (scale * float(pick(figures)) for pick in (median, min, max))
        return cls(group, what, middle, least, most, unit, ratio, name, goal)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        return None if self.goal is None else self.median < self.goal

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as text, under the columns of `HEAD`."""
        return (
            self.group, self.what, *map(_short, (self.median, self.least, self.most)), self.unit,
            "" if self.ratio is None else _short(self.ratio), self.yardstick,
            "" if self.goal is None else f"< {_short(self.goal)}", {None: "", True: "yes", False: "**no**"}[self.met],
        )  # fmt: skip


def seconds(task: Callable[[], object]) -> float:
    """Wall-clock seconds of one call."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def in_turns(measures: Mapping[Name, Callable[[], float]], turns: int, *, warm: bool = False) -> dict[Name, list[float]]:
    """Take every measurement once per turn, after one turn that warms up and is thrown away, unless all is `warm`.

    A machine that is shared changes its speed within seconds; what is measured in one turn is changed alike.

    Returns:
        The figures by name, a list of `turns` for each.
    """
    taken = [{name: measure() for name, measure in measures.items()} for _ in range(turns + (not warm))]
    return {name: [turn[name] for turn in taken[-turns:]] for name in measures}


def exponent(sizes: Sequence[float], figures: Sequence[float]) -> float:
    """Slope on log-log axes: figures grow with sizes to this power."""
    return float(np.polyfit(np.log(sizes), np.log(figures), 1)[0])


def growth(group: str, noun: str, taken: Mapping[float, Sequence[float]], *, per: str = "") -> list[Row]:
    """Rows of the same task at growing sizes, each beside the smallest, and of the exponent fitted in every turn.

    Args:
        group: of the rows.
        noun: what the sizes count.
        taken: seconds per turn, by size from small to large.
        per: what the seconds are of.
    """
    sizes = list(taken)
    smallest = (f"{sizes[0]:g} {noun}", taken[sizes[0]])
    rows = [Row.of(group, f"{size:g} {noun}{per}", taken[size], times=smallest) for size in sizes]
    slopes = [exponent(sizes, turn) for turn in zip(*taken.values(), strict=True)]
    return [*rows, Row.of(group, f"grows with {noun} to the power of", slopes, "")]


def table(rows: Sequence[Row]) -> str:
    """A table in Markdown that is as readable without rendering: columns padded, numbers to the right."""
    lines = [HEAD, *(row.cells for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    right = {*NUMBERS, RATIO}
    rule = [("-" * (width - 1) + ":") if place in right else "-" * width for place, width in enumerate(widths)]
    padded = [
        [cell.rjust(width) if place in right else cell.ljust(width) for place, (cell, width) in enumerate(zip(line, widths, strict=True))]
        for line in lines
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in (padded[0], rule, *padded[1:]))


def _short(value: float) -> str:
    """Three significant digits; thousands are whole."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0e}" if 0 < abs(value) < 1e-4 else f"{float(f'{value:.3g}'):g}"

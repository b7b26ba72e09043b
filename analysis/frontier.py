"""The consensus frontier: where in the plane of two factors the probability of an outcome crosses a level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import pandas as pd

from waico.runs.design import Range
from waico.scenarios.schema import Scenario

IN_FORCE = "in_force"


class Axis(NamedTuple):
    """A factor of the plane: its path in the scenario, and the range that is looked at."""

    path: str
    range: Range


@dataclass(frozen=True)
class Frontier:
    """Where the probability of an outcome crosses a level, and how well that is known.

    Distances are in units of the ranges: 0.1 is a tenth of the plane's width or height (of their logarithms on log scales).

    Attributes:
        scenario: its name. x, y: the factors. outcome, level, seed, replicates: what was asked for.
        points: a row per point run, in the order of running: x, y, probability (share of its replicates with the outcome), runs,
            low and high (Wilson's 95% interval of the probability), error. A combination that the scenario refuses has no
            runs, no probability, and the refusal as its error; the curve ends before it.
        curve: the level set, by linear interpolation between points: line (number of a connected line, from 0), x, y, in order
            along each line. A closed line ends where it starts. Empty where the level is not crossed.
        band: the edges of the 95% confidence band of the whole curve: side ("below", "above"), line, x, y. An edge that lies
            outside the plane has no rows.
        margin: half the height of the band: its edges are where the probability is `level` - and + this.
        everywhere: "above" (probability at or above the level at all points) or "below" if it is not crossed, else None.
        resolution: no point of the curve is farther than this from where the sampled probability crosses the level, because
            points on both sides were run so near to it; NaN without a curve. Nothing is known of an island that is smaller
            than the spacing of the starting points (a fourth of each range) and fell between them.
        sampling: the largest distance from a point of the curve to an edge of the band; infinite where an edge lies outside
            the plane, NaN without a curve.
        runs: number of runs carried out.
    """

    scenario: str
    x: Axis
    y: Axis
    outcome: str
    level: float
    seed: int
    replicates: int
    points: pd.DataFrame
    curve: pd.DataFrame
    band: pd.DataFrame
    margin: float
    everywhere: Literal["above", "below"] | None
    resolution: float
    sampling: float
    runs: int


def frontier(
    scenario: Scenario,
    x: tuple[str, Range],
    y: tuple[str, Range],
    *,
    outcome: str = IN_FORCE,
    level: float = 0.5,
    seed: int = 0,
    replicates: int = 20,
    tolerance: float = 0.03,
    points: int = 200,
    workers: int = 1,
    cluster: str | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Frontier:
    """Find the curve on which the probability of an outcome crosses a level, with runs only where it changes.

    Starts from a grid of 5 x 5 points and refines the triangles between points through which the level passes. All points
    have the same replicates and so the same random draws. The result is the same on any number of workers.

    Args:
        scenario: what to run, from `waico.load_scenario`; all other factors stay at its values.
        x: path and range of one factor, a number that need not be whole.
        y: the same of the other.
        outcome: "in_force" (the first institution is in force at the end), or an outcome class of it.
        level: probability that the curve is drawn for, above 0 and below 1.
        seed: of all runs.
        replicates: runs of each point.
        tolerance: resolution at which to stop, in units of the ranges.
        points: most points that are run, from 25; `resolution` tells what they reached.
        workers: processes; 1 runs in this one. With `cluster` = "local" their number there.
        cluster: address of a Dask scheduler, or "local" for a cluster on this machine.
        on_progress: called with the number of runs finished since the last call.

    Raises:
        InputError: a path does not exist, both are the same, a factor counts whole numbers or refuses an end of its range,
            there is no such outcome, a number is out of bounds, or no combination of the factors is possible.
        NeedsExtra: the library adaptive is not installed.
    """
    raise NotImplementedError

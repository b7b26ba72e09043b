"""The consensus frontier: where in the plane of two factors the probability of an outcome crosses a level.

Points are chosen by `adaptive` (Nijholt et al. 2019), in rounds of a fixed size, so that workers change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import Delaunay
from scipy.stats import binomtest

from waico.agents.institution import NEVER
from waico.analysis.frontier_errors import CONFIDENCE, band_margin, bootstrap, shift
from waico.analysis.level_set import LevelSet, bracket, level_set, lines
from waico.negotiation.measure import OUTCOMES
from waico.runs.design import Range
from waico.runs.engines import Crew, crew, in_order
from waico.runs.plan import possible
from waico.runs.run import resolved, simulate_endings
from waico.runs.tables import MILESTONES, Ending
from waico.scenarios.errors import InputError, extra, nearest
from waico.scenarios.schema import Scenario

Floats = NDArray[np.float64]
Place = tuple[float, float]   # in the unit square
Hits = Sequence[bool] | str   # whether the outcome came, by replicate; or why the combination is impossible
OnProgress = Callable[[int], None]
Evaluate = Callable[[list[Place]], list[Hits]]   # from values of the factors

FORCE = "in_force"
START = 5   # points on each axis of the grid from which the search starts
ROUND = 8   # points chosen at a time: enough for a few workers, few enough to follow what was learnt


class Axis(NamedTuple):
    """A factor of the plane: its path in the scenario, and the range that is looked at."""

    path: str
    range: Range


@dataclass(frozen=True)
class Frontier:
    """Where the probability of an outcome crosses a level, and how well that is known.

    Distances are in units of the ranges: 0.1 is a tenth of the plane's width or height (of their logarithms on log scales).

    Attributes:
        scenario: its name. x, y: the factors. outcome, level, seed, replicates, tolerance: what was asked for.
        points: a row per point run, in the order of running: x, y, probability (share of its replicates with the outcome), runs,
            low and high (Wilson's 95% interval of the probability), error. A combination that the scenario refuses has no
            runs, no probability, and the refusal as its error; the curve ends before it.
        curve: the border of where the probability is at or above the level, half-way between the shares of replicates next to
            it, by linear interpolation between points: line (number of a connected line, from 0), x, y, in order
            along each line. A closed line ends where it starts. Empty where the level is not crossed.
        band: the edges of the 95% confidence band of the whole curve: side ("below", "above"), line, x, y. An edge that lies
            outside the plane has no rows.
        margin: half the height of the band: its edges are where the probability is `level` - and + this.
        everywhere: "above" (probability at or above the level at all points) or "below" if it is not crossed, else None.
        resolution: no point of the curve is farther than this from where the sampled probability crosses the level, because
            points on both sides were run so near to it; NaN without a curve, and above the tolerance where points ran out. Nothing is known of an island that is smaller
            than the spacing of the starting points (a fourth of each range) and fell between them.
        sampling: how far another sample of replicates would move the curve: 95% of curves bootstrapped from the replicates
            are not farther than this from it, on the mean along it. Infinite where more than 5% of them do not exist, NaN
            without a curve.
        runs: number of runs carried out.
    """

    scenario: str
    x: Axis
    y: Axis
    outcome: str
    level: float
    seed: int
    replicates: int
    tolerance: float
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
    outcome: str = FORCE,
    level: float = 0.5,
    seed: int = 0,
    replicates: int = 20,
    tolerance: float = 0.03,
    points: int = 200,
    workers: int = 1,
    cluster: str | None = None,
    on_progress: OnProgress | None = None,
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
    asked = Asked(scenario.name, Axis(*x), Axis(*y), outcome, level, seed, replicates, tolerance, points)
    _check(scenario, asked)
    with crew(workers, cluster) as work:
        return locate(asked, partial(_run, work, scenario.model_dump_json(), asked, on_progress))


class Asked(NamedTuple):
    """What is looked for; see `frontier`."""

    scenario: str
    x: Axis
    y: Axis
    outcome: str
    level: float
    seed: int
    replicates: int
    tolerance: float
    points: int

    @property
    def cut(self) -> float:
        """The middle between the largest share below the level and the next: it parts points as the level does, and none is on it."""
        return float(np.ceil(self.level * self.replicates - 1e-9) - 0.5) / self.replicates

    def values(self, places: Sequence[Place] | Floats) -> Floats:
        """Values of the factors at places in the unit square, (n, 2)."""
        unit = np.asarray(places, dtype=float).reshape(-1, 2)
        return np.column_stack([axis.range.at(unit[:, k]) for k, axis in enumerate((self.x, self.y))])


def _check(scenario: Scenario, asked: Asked) -> None:
    """Refuse what cannot be asked, before any time is spent on runs."""
    if asked.outcome not in (FORCE, *OUTCOMES):
        raise InputError(scenario.name, "outcome", f"there is no '{asked.outcome}'", nearest(asked.outcome, (FORCE, *OUTCOMES)))
    if asked.x.path == asked.y.path:
        raise InputError(scenario.name, asked.x.path, "is both x and y", "give two factors")
    for name, value, fits, instead in (
        ("level", asked.level, 0.0 < asked.level < 1.0, "give a probability above 0 and below 1"),
        ("tolerance", asked.tolerance, 0.0 < asked.tolerance < 1.0, "give a part of the ranges, above 0 and below 1"),
        ("replicates", asked.replicates, asked.replicates >= 1, "give 1 or more"),
        ("points", asked.points, asked.points >= START**2, f"give {START**2} or more, of which the search starts"),
    ):
        if not fits:
            raise InputError(scenario.name, name, f"is {value:g}", instead)
    for path, span in (asked.x, asked.y):
        _check_ends(scenario, path, span)


def _check_ends(scenario: Scenario, path: str, span: Range) -> None:
    """Refuse a factor that counts, and one that the scenario refuses at an end of its range."""
    for end in (span.low, span.high):
        try:
            possible(scenario, {path: end})
        except InputError:
            if _counts(scenario, path, end):
                what = "counts something, so that a curve cannot be drawn between its values"
                raise InputError(scenario.name, path, what, "sweep it over a grid instead") from None
            raise


def _counts(scenario: Scenario, path: str, end: float) -> bool:
    """Whether a factor that refuses a number takes its whole part."""
    try:
        possible(scenario, {path: round(end)})
    except InputError:
        return False
    return True


# --- runs


class Task(NamedTuple):
    """What a worker needs to run a point."""

    scenario: str
    changes: dict[str, float]
    outcome: str
    seed: int
    replicates: int


def _run(work: Crew, json: str, asked: Asked, on_progress: OnProgress | None, values: list[Place]) -> list[Hits]:
    """Run points on the workers there are."""
    changes = [{asked.x.path: x, asked.y.path: y} for x, y in values]
    tasks = [Task(json, change, asked.outcome, asked.seed, asked.replicates) for change in changes]
    found = []
    for hits in in_order(work(run_point, tasks)):
        if on_progress is not None and not isinstance(hits, str):
            on_progress(len(hits))
        found.append(hits)
    return found


def run_point(task: Task) -> Hits:
    """Whether the outcome came in each replicate, or why the scenario refuses these values."""
    scenario, _ = resolved(task.scenario)
    try:
        course = possible(scenario, task.changes)
    except InputError as error:
        return str(error)
    endings = simulate_endings(task.seed, [(course, replicate) for replicate in range(task.replicates)])
    return [_came(ending, task.outcome) for ending in endings]


def _came(ending: Ending, outcome: str) -> bool:
    return ending.milestones[MILESTONES.index(FORCE)] != NEVER if outcome == FORCE else ending.outcome == outcome


# --- search


def locate(asked: Asked, evaluate: Evaluate) -> Frontier:
    """Find the frontier of a function.

    Args:
        asked: what is looked for.
        evaluate: hits at values of the factors, in their order.

    Raises:
        InputError: the function is defined at no point of the starting grid.
        NeedsExtra: the library adaptive is not installed.
    """
    places, hits = _search(asked, evaluate)
    values = np.array([_share(each) for each in hits])
    came = np.array([[np.nan] * asked.replicates if isinstance(each, str) else each for each in hits], dtype=float)
    redrawn = bootstrap(came, asked.seed)
    margin = band_margin(values, redrawn, asked.level, asked.replicates)
    mesh = places, Delaunay(places).simplices
    found, below, above = (level_set(*mesh, values, at) for at in (asked.cut, asked.level - margin, asked.level + margin))
    curve, *edges = (_table(asked, each) for each in (found, below, above))
    band = [edge.assign(side=side) for side, edge in zip(("below", "above"), edges, strict=True)]
    return Frontier(
        *asked[:8],
        points=_points(asked, places, hits),
        curve=curve,
        band=pd.concat(band, ignore_index=True)[["side", *curve]],
        margin=margin,
        everywhere=_everywhere(values, asked.level),
        resolution=float(bracket(found, places, values, asked.cut).max()) if len(curve) else np.nan,
        sampling=shift(found, (level_set(*mesh, each, asked.cut) for each in redrawn)) if len(curve) else np.nan,
        runs=sum(len(each) for each in hits if not isinstance(each, str)),
    )


def _search(asked: Asked, evaluate: Evaluate) -> tuple[Floats, list[Hits]]:
    """Run points in rounds until the level is bracketed well enough: their places in the unit square, (n, 2), and hits."""
    with extra("frontier"):
        from adaptive import Learner2D
        from threadpoolctl import threadpool_limits
    learner = Learner2D(None, ((0.0, 1.0), (0.0, 1.0)), _loss(asked.cut, asked.tolerance))
    learner.stack_size = 1   # no stock of candidates, which would not follow what is learnt
    even = np.linspace(0.0, 1.0, START).tolist()
    places: list[Place] = []
    hits: list[Hits] = []
    batch: list[Place] = list(product(even, even))
    while batch:
        found = evaluate([(x, y) for x, y in asked.values(batch).tolist()])
        for place, each in zip(batch, found, strict=True):
            learner.tell(place, _share(each))
        places, hits = places + batch, hits + found
        if all(isinstance(each, str) for each in hits):
            factors = f"{asked.x.path}, {asked.y.path}"
            raise InputError(asked.scenario, factors, f"no combination is possible: {hits[0]}", "change the ranges")
        with threadpool_limits(1):   # many tiny systems of equations: threads would only wait for each other
            batch = _next(learner, min(ROUND, asked.points - len(places)))
    return np.array(places), hits


def _loss(level: float, tolerance: float) -> Callable[[Any], Floats]:
    """What a triangle promises: how badly it brackets the level, if that passes through it and more than is tolerated."""

    def loss(interpolator: Any) -> Floats:
        places, triangles, values = interpolator.tri.points, interpolator.tri.simplices, interpolator.values[:, 0]
        found = level_set(places, triangles, values, level)
        losses = np.zeros(len(triangles))
        losses[found.triangles] = bracket(found, places, values, level)
        return np.where(losses > tolerance, losses, 0.0)

    return loss


def _next(learner: Any, count: int) -> list[Place]:
    """The points that promise most, at most `count`; those chosen count as known, by interpolation, in choosing the next."""
    batch: list[Place] = []
    while len(batch) < count:
        (place,), (loss,) = learner.ask(1)
        if loss == 0.0:
            learner.pending_points.discard(place)
            break
        batch.append((float(place[0]), float(place[1])))
    return batch


# --- results


def _share(hits: Hits) -> float:
    return np.nan if isinstance(hits, str) else float(np.mean(hits))


def _points(asked: Asked, places: Floats, hits: list[Hits]) -> pd.DataFrame:
    """The table of points."""
    return pd.DataFrame(
        [_row(x, y, each) for (x, y), each in zip(asked.values(places).tolist(), hits, strict=True)],
        columns=["x", "y", "probability", "runs", "low", "high", "error"],
    )


def _row(x: float, y: float, hits: Hits) -> tuple[Any, ...]:
    if isinstance(hits, str):
        return x, y, np.nan, 0, np.nan, np.nan, hits
    interval = binomtest(sum(hits), len(hits)).proportion_ci(CONFIDENCE, "wilson")
    return x, y, _share(hits), len(hits), float(interval.low), float(interval.high), None


def _table(asked: Asked, found: LevelSet) -> pd.DataFrame:
    """A level set as a table of lines, in values of the factors."""
    joined = lines(found)
    places = np.concatenate([np.empty((0, 2)), *joined])
    number = np.repeat(np.arange(len(joined)), [len(line) for line in joined])
    x, y = asked.values(places).T
    return pd.DataFrame({"line": number, "x": x, "y": y})


def _everywhere(values: Floats, level: float) -> Literal["above", "below"] | None:
    """On which side of the level all points are; None if on both."""
    above = values[~np.isnan(values)] >= level
    if above.all():
        return "above"
    return None if above.any() else "below"

"""The frontier of known functions is found, with fewer points than a grid; its errors are what they say."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.spatial import Delaunay

pytest.importorskip("adaptive", reason="needs the extra `analysis`")

import waico
from waico.analysis.frontier import Asked, Axis, Frontier, Hits, Place, frontier, locate
from waico.analysis.frontier_errors import band_margin, bootstrap, shift
from waico.analysis.level_set import LevelSet, bracket, distances, level_set, lines
from waico.runs.design import Range
from waico.runs.run import run
from waico.scenarios.errors import InputError, NeedsExtra
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario

pytestmark = pytest.mark.extra

Floats = NDArray[np.float64]
Distance = Callable[[Floats], Floats]   # from the true frontier, with a sign: above the level where positive

REPLICATES = 20
STEEP = 0.003   # width of the change, in units of the ranges
UNIT = Range(low=0.0, high=1.0)
DECADES = Range(low=0.1, high=10.0, scale="log")
STATES = ["ARE", "BRA", "CHN", "DEU", "FRA", "IND", "ITA", "KEN", "PAK", "POL", "RUS", "USA"]
INTERCEPT = ("decision.b0", Range(low=-7.0, high=0.0))
LAG = ("decision.ratify.median_days", Range(low=60.0, high=2000.0, scale="log"))


def circle(places: Floats) -> Floats:
    return 0.35 - np.hypot(places[:, 0] - 0.47, places[:, 1] - 0.52)


def diagonal(places: Floats) -> Floats:
    return (places[:, 1] + 0.6 * places[:, 0] - 0.8) / np.hypot(1.0, 0.6)


def asked(x: Range = UNIT, y: Range = UNIT, tolerance: float = 0.05, points: int = 400) -> Asked:
    return Asked("known", Axis("x", x), Axis("y", y), "in_force", 0.5, 0, REPLICATES, tolerance, points)


def hits_of(distance: Distance, width: float = STEEP) -> Callable[[list[Place]], list[Hits]]:
    """Replicates with common draws, spread evenly, of a probability that rises with the distance."""
    draws = (np.arange(REPLICATES) + 0.5) / REPLICATES

    def evaluate(values: list[Place]) -> list[Hits]:
        chances = 1.0 / (1.0 + np.exp(-np.clip(distance(np.array(values)) / width, -50.0, 50.0)))
        return [(chance > draws).tolist() for chance in chances]

    return evaluate


def on_grid(distance: Distance, side: int) -> tuple[LevelSet, Floats, Floats]:
    """The level set on a regular grid, its places, and the shares there."""
    even = np.linspace(0.0, 1.0, side)
    places = np.array([(x, y) for x in even for y in even])
    values = np.array([np.mean(np.array(hits)) for hits in hits_of(distance)(list(map(tuple, places)))])
    return level_set(places, Delaunay(places).simplices, values, asked().cut), places, values


def ends_of(curve: pd.DataFrame) -> Floats:
    """The points of a curve, and those between: 4 more on each piece."""
    pieces = [np.stack([line[:-1], line[1:]], axis=1) for _, part in curve.groupby("line") for line in [part[["x", "y"]].to_numpy()]]
    start, stop = np.concatenate(pieces).transpose(1, 0, 2)
    return np.concatenate([start + share * (stop - start) for share in np.linspace(0.0, 1.0, 6)])


@pytest.mark.parametrize("distance", [circle, diagonal])
@pytest.mark.parametrize("tolerance", [0.05, 0.03])
def test_known_frontiers_are_found_within_the_resolution(distance: Distance, tolerance: float) -> None:
    found = locate(asked(tolerance=tolerance), hits_of(distance))
    assert found.resolution <= tolerance
    assert np.abs(distance(ends_of(found.curve))).max() <= found.resolution
    assert found.curve["line"].nunique() == 1
    assert found.everywhere is None


@pytest.mark.parametrize(("distance", "gain"), [(circle, 5.0), (diagonal, 8.0)])
def test_a_grid_of_equal_resolution_takes_several_times_the_points(distance: Distance, gain: float) -> None:
    found = locate(asked(), hits_of(distance))
    side = int(np.sqrt(gain * len(found.points)))
    for fewer in range(5, side + 1):   # a finer grid is not better in all cases: it may just miss the curve
        level, places, values = on_grid(distance, fewer)
        assert bracket(level, places, values, asked().cut).max() > found.resolution


@pytest.mark.parametrize("distance", [circle, diagonal])
def test_a_grid_of_equal_accuracy_takes_three_times_the_points(distance: Distance) -> None:
    found = locate(asked(), hits_of(distance))
    error = np.abs(distance(ends_of(found.curve))).max()
    for side in range(5, int(np.sqrt(3 * len(found.points))) + 1):
        level, _, _ = on_grid(distance, side)
        assert np.abs(distance(level.ends.reshape(-1, 2))).max() > error


def test_all_of_the_circle_is_found_and_closed() -> None:
    found = locate(asked(), hits_of(circle))
    angle = np.linspace(0.0, 2.0 * np.pi, 200)
    truth = np.column_stack([0.47 + 0.35 * np.cos(angle), 0.52 + 0.35 * np.sin(angle)])
    curve = found.curve[["x", "y"]].to_numpy()
    pieces = LevelSet(np.arange(len(curve) - 1), np.zeros((len(curve) - 1, 2, 2), dtype=int), np.stack([curve[:-1], curve[1:]], axis=1))
    assert distances(truth, pieces).max() <= found.resolution
    assert (curve[0] == curve[-1]).all()


def test_points_stand_where_the_level_is() -> None:
    found = locate(asked(), hits_of(diagonal))
    refined = found.points.iloc[25:]
    assert np.abs(diagonal(refined[["x", "y"]].to_numpy())).max() < 0.25   # the spacing of the starting points
    assert (found.points["low"] <= found.points["probability"]).all()
    assert (found.points["probability"] <= found.points["high"]).all()
    assert found.runs == found.points["runs"].sum() == REPLICATES * len(found.points)


def test_logarithmic_ranges() -> None:
    found = locate(asked(DECADES, DECADES), hits_of(lambda values: np.log10(values).sum(axis=1) / 2.0 / np.sqrt(2.0)))
    assert np.abs(np.log10(found.curve[["x", "y"]]).sum(axis=1)).max() / 2.0 / np.sqrt(2.0) <= found.resolution <= 0.05
    assert found.points["x"].min() == pytest.approx(0.1)
    assert found.points["x"].max() == pytest.approx(10.0)


@pytest.mark.parametrize(("sign", "word"), [(1.0, "above"), (-1.0, "below")])
def test_a_level_that_is_not_crossed(sign: float, word: str) -> None:
    found = locate(asked(), hits_of(lambda values: sign * (1.0 + values[:, 0])))
    assert found.everywhere == word
    assert found.curve.empty
    assert found.band.empty
    assert np.isnan([found.resolution, found.sampling]).all()
    assert len(found.points) == 25


def test_points_are_the_limit() -> None:
    found = locate(asked(tolerance=0.01, points=50), hits_of(circle))
    assert len(found.points) == 50
    assert found.resolution > 0.01


def test_the_curve_ends_before_what_is_impossible() -> None:
    inside = hits_of(diagonal)

    def evaluate(places: list[Place]) -> list[Hits]:
        return ["refused" if x > 0.6 else hits for (x, _), hits in zip(places, inside(places), strict=True)]

    found = locate(asked(), evaluate)
    refused = found.points["x"] > 0.6
    assert (found.points.loc[refused, "error"] == "refused").all()
    assert found.points.loc[refused, ["probability", "low", "high"]].isna().all(axis=None)
    assert (found.points.loc[refused, "runs"] == 0).all()
    assert found.runs == REPLICATES * (~refused).sum()
    assert 0.5 <= found.curve["x"].max() <= 0.6   # the last column of starting points that are possible, and the border
    assert np.abs(diagonal(ends_of(found.curve))).max() <= found.resolution


def test_nothing_possible_is_an_error() -> None:
    with pytest.raises(InputError, match="no combination is possible: refused"):
        locate(asked(), lambda places: ["refused"] * len(places))


def test_shares_at_the_level_are_above_it_and_the_curve_is_drawn_beside_them() -> None:
    """Even numbers of replicates can be split into halves: such points are no part of the curve."""
    found = locate(asked(), hits_of(diagonal, width=0.2))
    halves = found.points.loc[found.points["probability"] == 0.5, ["x", "y"]].to_numpy()
    assert len(halves) > 5
    curve = ends_of(found.curve)
    assert all(np.linalg.norm(curve - place, axis=1).min() > 1e-6 for place in halves)
    assert asked().cut == 0.475


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adaptive", None)
    with pytest.raises(NeedsExtra, match=r"adaptive"):
        locate(asked(), hits_of(circle))


# --- errors from the replicates


def drawn(rng: np.random.Generator, places: Floats) -> list[Hits]:
    """Replicates with straight frontiers of their own, whose median goes through x = 0.5."""
    middle, tilt = rng.normal(0.5, 0.1, REPLICATES), rng.normal(0.0, 0.2, REPLICATES)
    return [(x > middle + tilt * (y - 0.5)).tolist() for x, y in places]


def test_band_and_shift_hold_the_truth_as_often_as_they_say() -> None:
    """Of 300 samples 95% should hold it; 20 replicates of yes and no are coarse, so that 90% are asked for."""
    places = np.array([(x, y) for x in np.linspace(0.0, 1.0, 21) for y in np.linspace(0.0, 1.0, 5)])
    triangles, rng = Delaunay(places).simplices, np.random.default_rng(1)
    true = np.abs(places[:, 0] - 0.5) < 1e-9
    in_band, near = [], []
    for seed in range(300):
        hits = drawn(rng, places)
        values, redrawn = np.mean(np.array(hits, dtype=float), axis=1), bootstrap(np.array(hits, dtype=float), seed)[:80]
        in_band.append(np.abs(values[true] - 0.5).max() <= band_margin(values, redrawn, 0.5, REPLICATES))
        found = level_set(places, triangles, values, 0.5)
        if seed < 80:
            moved = shift(found, (level_set(places, triangles, each, 0.5) for each in redrawn))
            length = np.linalg.norm(found.ends[:, 1] - found.ends[:, 0], axis=1)
            near.append(np.average(np.abs(found.ends.mean(axis=1)[:, 0] - 0.5), weights=length) <= moved)
    assert 0.9 <= np.mean(in_band) <= 0.995
    assert np.mean(near) >= 0.85


def test_more_replicates_make_a_narrower_band() -> None:
    few, many = (band_margin(np.array([0.5]), np.array([[0.5]]), 0.5, replicates) for replicates in (20, 80))
    assert few == pytest.approx(1.959964 * 0.5 / np.sqrt(20))   # of a single point: Wald's interval at the level
    assert many == pytest.approx(few / 2)


# --- level sets


def test_a_plane_is_cut_straight() -> None:
    rng = np.random.default_rng(0)
    places = np.vstack([rng.random((60, 2)), [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]])
    found = level_set(places, Delaunay(places).simplices, places @ [1.0, 2.0], 1.3)
    (line,) = lines(found)
    np.testing.assert_allclose(line @ [1.0, 2.0], 1.3, atol=1e-12)
    assert (np.diff(line[:, 0]) > 0).all() or (np.diff(line[:, 0]) < 0).all()   # in order from end to end
    assert sorted(line[[0, -1], 0]) == pytest.approx([0.0, 1.0], abs=1e-9)


def test_values_at_the_level_are_above_it() -> None:
    places = np.array([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
    triangles = np.array([[0, 1, 2], [1, 2, 3]])
    found = level_set(places, triangles, np.array([0.0, 0.5, 0.5, 1.0]), 0.5)
    assert found.triangles.tolist() == [0]
    (line,) = lines(found)
    assert sorted(map(tuple, line)) == [(0.0, 1.0), (1.0, 0.0)]


# --- a scenario


def small() -> Scenario:
    return waico.load_scenario("waic2025", {"nations.subset": STATES, "institutions.waico.named": []})


@pytest.fixture(scope="module")
def found() -> Frontier:
    return frontier(small(), INTERCEPT, LAG, outcome="in_force", seed=3, replicates=4, tolerance=0.12, points=41)


def test_workers_change_nothing(found: Frontier) -> None:
    told: list[int] = []
    options: dict[str, Any] = {"seed": 3, "replicates": 4, "tolerance": 0.12, "points": 41}
    again = frontier(small(), INTERCEPT, LAG, **options, workers=2, on_progress=told.append)
    for table in ("points", "curve", "band"):
        pd.testing.assert_frame_equal(getattr(again, table), getattr(found, table), check_exact=True)
    assert (again.resolution, again.sampling, again.margin) == (found.resolution, found.sampling, found.margin)
    assert sum(told) == again.runs == found.runs


def test_points_are_what_a_run_of_them_gives(found: Frontier) -> None:
    assert not found.curve.empty
    row = found.points.iloc[(found.points["probability"] - 0.5).abs().argmin()]
    changed = replace(small(), {INTERCEPT[0]: row["x"], LAG[0]: row["y"]})
    result = run(changed, seed=3, replicates=4)
    assert 0.0 < row["probability"] < 1.0
    assert result.summary()["institutions"]["waico"]["in_force_share"] == row["probability"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y": INTERCEPT}, "decision.b0: is both x and y"),
        ({"outcome": "binding"}, "did you mean 'binding_regime'"),
        ({"level": 1.0}, "level: is 1"),
        ({"tolerance": 0.0}, "tolerance: is 0"),
        ({"replicates": 0}, "replicates: is 0"),
        ({"points": 24}, "points: is 24; give 25 or more"),
        ({"x": ("decision.b_nothing", UNIT)}, "b_nothing"),
        ({"x": ("decision.s_u", Range(low=0.0, high=11.0))}, "decision.s_u"),
        ({"x": ("institutions.waico.entry_into_force.ratifications", Range(low=2.0, high=20.0))}, "counts something"),
    ],
)
def test_what_cannot_be_asked_is_refused(changes: dict[str, Any], message: str) -> None:
    options: dict[str, Any] = {"x": INTERCEPT, "y": LAG, **changes}
    with pytest.raises(InputError, match=message):
        frontier(small(), **options)

"""The figure of a frontier draws what its tables say."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

pytest.importorskip("altair", reason="needs the extra `analysis`")
pytest.importorskip("adaptive", reason="needs the extra `analysis`")

from waico.analysis.frontier import Asked, Axis, Frontier, Hits, Place, locate
from waico.analysis.frontier_plots import frontier_map
from waico.runs.design import Range

pytestmark = pytest.mark.extra

X = Axis("institutions.waico.opening.enforcement", Range(low=0.0, high=1.0))
Y = Axis("decision.ratify.median_days", Range(low=10.0, high=1000.0, scale="log"))


def found(above: float) -> Frontier:
    """All replicates come where the factors pass a line; none if it lies high."""

    def evaluate(values: list[Place]) -> list[Hits]:
        return [[x + y / 1000.0 > above] * 8 for x, y in values]

    return locate(Asked("known", X, Y, "in_force", 0.5, 0, 8, 0.1, 80), evaluate)


def words(chart: Any) -> str:
    return " ".join(chart.to_dict()["title"]["text"])


def test_it_draws_points_and_lines() -> None:
    frontier = found(0.8)
    data = list(frontier_map(frontier).to_dict()["datasets"].values())
    dots, joined = (next(rows for rows in data if column in rows[0]) for column in ("probability", "kind"))
    assert len(dots) == len(frontier.points)
    assert len(joined) == len(frontier.curve) + len(frontier.band)
    assert {row["kind"] for row in joined} == {"frontier", "edge of its 95% band"}


def test_axes_are_in_words_with_units_and_logarithmic_where_the_range_is() -> None:
    x, y = (frontier_map(found(0.8)).to_dict()["layer"][0]["encoding"][axis] for axis in ("x", "y"))
    assert (x["title"], y["title"]) == ("waico opening enforcement", "decision ratify median days (days)")
    assert (x["scale"]["type"], y["scale"]["type"]) == ("linear", "log")


def test_the_title_says_where_the_frontier_is_or_that_there_is_none() -> None:
    assert "'In force' comes in 50% of the runs on a line from decision ratify median days" in words(frontier_map(found(0.8)))
    curve = pd.DataFrame({"line": [0, 0, 0, 1, 1], "x": [0.2, 0.5, 0.2, 0.9, 1.0], "y": [50.0, 60.0, 50.0, 900.0, 1000.0]})
    closed = words(frontier_map(replace(found(0.8), curve=curve)))
    assert "on a line between waico opening enforcement 0.2 and 0.5, and on 1 shorter" in closed
    none = found(3.0)
    assert "stays below 50% of the runs all over the plane: at most 0%" in words(frontier_map(none))
    assert len(frontier_map(none).to_dict()["layer"]) == 1
    certain = replace(none, everywhere="above", points=none.points.assign(probability=1.0))
    assert "stays at or above 50% of the runs all over the plane: at least 100%" in words(frontier_map(certain))


def footing(chart: Any) -> str:
    return " ".join(chart.to_dict()["title"]["subtitle"])


def test_a_line_that_other_draws_may_not_have_is_not_placed() -> None:
    unsure = frontier_map(replace(found(0.8), sampling=float("inf")))
    assert words(unsure) == "Where 'in force' comes in 50% of the runs cannot be told with 8 replicates: shares go from 0% to 100%"
    assert "might have no such line" in footing(unsure)


def test_a_tolerance_that_was_not_reached_is_told() -> None:
    known = found(0.8)
    assert "asked for" not in footing(frontier_map(known))
    coarse = footing(frontier_map(replace(known, resolution=0.2)))
    assert "bracketed to 20.0% of the ranges, not to the 10.0% asked for: points ran out" in coarse


def test_the_legend_names_what_is_drawn() -> None:
    known = found(0.8)
    bare = frontier_map(replace(known, band=known.band.head(0)))
    assert bare.to_dict()["layer"][1]["encoding"]["strokeDash"]["legend"]["values"] == ["frontier"]
    assert "the 95% band of the line covers the whole plane" in footing(bare)
    assert "covers" not in footing(frontier_map(known))


def test_colours_span_the_shares_there_are() -> None:
    known = found(0.8)
    low = replace(known, points=known.points.assign(probability=0.31 * known.points["probability"]))
    assert frontier_map(low).to_dict()["layer"][0]["encoding"]["color"]["scale"]["domain"] == [0.0, 0.4]

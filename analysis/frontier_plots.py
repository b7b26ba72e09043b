"""The figure of a consensus frontier: probabilities at the points run, the curve, and its band.

The look, and what a figure owes its reader, are those of `waico.analysis.plots`. Needs the extra `analysis`.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from waico.analysis.frontier import Axis, Frontier
from waico.analysis.plots import COLOURS, Chart, themed, title_of, words_of
from waico.analysis.wording import count
from waico.scenarios.reference import parameters
from waico.scenarios.schema import NATION_CODE, Scenario

SIZE = 430   # pixels of both sides of the plane
COLOUR = COLOURS[1]
KINDS = ("frontier", "edge of its 95% band")


def frontier_map(frontier: Frontier) -> Chart:
    """The plane of the two factors: points coloured by the probability of the outcome, the frontier and its 95% band.

    Where the level is not crossed only the points are drawn, and the title says on which side of it they are.
    """
    layers = [_dots(frontier)]
    if len(frontier.curve):
        layers.append(_lines(frontier))
    title = title_of(_finding(frontier), _footing(frontier), SIZE + 150)
    return themed(alt.layer(*layers).resolve_scale(color="independent").properties(width=SIZE, height=SIZE, title=title))


def _dots(frontier: Frontier) -> Any:
    table = frontier.points.dropna(subset="probability")[["x", "y", "probability", "low", "high"]]
    top = max(0.1, float(np.ceil(10.0 * table["probability"].max() - 1e-9) / 10.0))   # to the next tenth, so that shares differ to the eye
    colour = alt.Color(
        "probability:Q", scale=alt.Scale(domain=[0.0, top], scheme="viridis"),
        legend=alt.Legend(title=f"share of runs: {words_of(frontier.outcome)}", format="%", titleLimit=200, gradientLength=150),
    )  # fmt: skip
    return alt.Chart(table).mark_circle(size=46, opacity=1.0, stroke="#555555", strokeWidth=0.5).encode(
        x=_scaled("x", frontier.x), y=_scaled("y", frontier.y), color=colour, tooltip=list(table)
    )  # fmt: skip


def _lines(frontier: Frontier) -> Any:
    """The curve and the edges of its band, each line by itself."""
    curve, band = frontier.curve.assign(side="", kind=KINDS[0]), frontier.band.assign(kind=KINDS[1])
    table = pd.concat([curve, band], ignore_index=True).reset_index(names="order")
    kinds = list(KINDS[: table["kind"].nunique()])   # an edge outside the plane is not drawn, and no legend's
    dash = alt.StrokeDash(
        "kind:N", scale=alt.Scale(domain=list(KINDS), range=[[1, 0], [3, 3]]), legend=alt.Legend(title=None, symbolStrokeColor=COLOUR, values=kinds)
    )
    width = alt.StrokeWidth("kind:N", scale=alt.Scale(domain=list(KINDS), range=[3.0, 1.5]), legend=None)
    return alt.Chart(table).mark_line(color=COLOUR).encode(
        x=_scaled("x", frontier.x), y=_scaled("y", frontier.y), order="order:Q", detail=["side:N", "line:N"],
        strokeDash=dash, strokeWidth=width,
    )  # fmt: skip


def _scaled(channel: str, axis: Axis) -> Any:
    """An axis over the whole range, logarithmic where the range is."""
    scale = alt.Scale(type=axis.range.scale, domain=[axis.range.low, axis.range.high], nice=False)
    make = alt.X if channel == "x" else alt.Y
    return make(f"{channel}:Q", scale=scale, title=_label(axis.path), axis=alt.Axis(tickCount=6, format="~g", labelOverlap=True))


def _label(path: str) -> str:
    """A factor in words, with its unit if it has one."""
    unit = _unit(path)
    return _named(path) if unit in ("", "1", "-") else f"{_named(path)} ({unit})"


def _named(path: str) -> str:
    return words_of(path.removeprefix("institutions.").replace(".", " "))


def _unit(path: str) -> str:
    """The unit of a factor in the schema, where lists and states are not told by name."""
    steps = path.split(".")
    for parameter in parameters(Scenario):
        known = parameter.path.split(".")
        below = len(steps) - len(known)   # a table of numbers by issue, or a part of a prior, has the unit of the whole
        if below in (0, 1) and all(map(_fits, steps, known)):
            return parameter.unit
    return ""


def _fits(step: str, known: str) -> bool:
    return known in (step, "*") or (known == "ISO3" and bool(NATION_CODE.fullmatch(step)))


def _finding(frontier: Frontier) -> str:
    """What the figure shows, in a sentence."""
    what, level = words_of(frontier.outcome).capitalize(), f"{frontier.level:.0%}"
    shares = frontier.points["probability"]
    if frontier.everywhere is not None:
        word, most = ("stays at or above", shares.min()) if frontier.everywhere == "above" else ("stays below", shares.max())
        bound = "least" if frontier.everywhere == "above" else "most"
        return f"'{what}' {word} {level} of the runs all over the plane: at {bound} {most:.0%}"
    if not np.isfinite(frontier.sampling):
        told = f"Where '{what.lower()}' comes in {level} of the runs cannot be told with {count(frontier.replicates, 'replicate')}"
        return f"{told}: shares go from {shares.min():.0%} to {shares.max():.0%}"
    x, y = _named(frontier.x.path), _named(frontier.y.path)
    sizes = frontier.curve["line"].value_counts()
    longest = frontier.curve[frontier.curve["line"] == sizes.index[0]]
    rest = f", and on {len(sizes) - 1} shorter" if len(sizes) > 1 else ""
    (x0, x1), (y0, y1) = (longest.iloc[[0, -1]].sort_values("x")[name] for name in ("x", "y"))
    if x0 == x1:   # closed, or from bottom to top
        low, high = _digits(longest["x"].min()), _digits(longest["x"].max())
        return f"'{what}' comes in {level} of the runs on a line between {x} {low} and {high}{rest}"
    start, stop = f"{y} {_digits(y0)} (at {x} {_digits(x0)})", f"{_digits(y1)} (at {_digits(x1)})"
    return f"'{what}' comes in {level} of the runs on a line from {start} to {stop}{rest}"


def _digits(value: float) -> str:
    """A number to two digits, without an exponent where it is of common size."""
    return f"{float(f'{value:.2g}'):,g}"


def _footing(frontier: Frontier) -> str:
    """On what the figure stands."""
    runs = f"{frontier.scenario}: {frontier.runs:,} runs at {len(frontier.points)} points, seed {frontier.seed}"
    if not len(frontier.curve):
        return runs
    reached = "" if frontier.resolution <= frontier.tolerance else f", not to the {frontier.tolerance:.1%} asked for: points ran out"
    moved = f"would move the line by up to {frontier.sampling:.1%}" if np.isfinite(frontier.sampling) else "might have no such line"
    band = "; the 95% band of the line covers the whole plane" if frontier.band.empty else ""
    return f"{runs}; the line is bracketed to {frontier.resolution:.1%} of the ranges{reached}, and other replicates {moved} (95%){band}"

"""How factors of a sweep work together, as figures: parts of the variance that no factor explains alone, and pairs of factors.

Needs the extra `analysis`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from waico.analysis.plots import COLOURS, Chart, themed, title_of

WIDTH = 460   # pixels
CELL = 110


def interactions(indices: pd.DataFrame) -> pd.DataFrame:
    """What each factor does together with others: total less first-order index of Sobol', of one measure.

    Args:
        indices: of one measure, by sampler sobol, from `waico.analysis.sensitivity.indices`.

    Returns:
        One row per factor, the largest total first. Columns: factor, alone (S1), total (ST), together (ST - S1), low, high: 95% limits of `together` from those
        of the two indices, as if they erred in opposite ways, so that they are too wide rather than too narrow.
    """
    wide = indices.pivot(index="factor", columns="index", values=["value", "low", "high"])
    table = pd.DataFrame({
        "alone": wide["value", "S1"], "total": wide["value", "ST"], "together": wide["value", "ST"] - wide["value", "S1"],
        "low": wide["low", "ST"] - wide["high", "S1"], "high": wide["high", "ST"] - wide["low", "S1"],
    })  # fmt: skip
    return table.sort_values("total", ascending=False, kind="stable").reset_index()


def interaction_bars(table: pd.DataFrame, labels: Mapping[str, str], what: str) -> Chart:
    """The part of the variance that each factor explains only together with others, with limits; see `interactions`.

    Args:
        table: from `interactions`.
        labels: label by path.
        what: the measure in words.
    """
    rows = table.assign(label=[labels[str(path)] for path in table["factor"]])
    x: dict[str, Any] = {"title": "share of the variance: total less first-order index"}
    base = alt.Chart(rows).encode(y=alt.Y("label:N", sort=list(rows["label"]), title=None, axis=alt.Axis(labelLimit=280)))
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color="#666666", strokeDash=[4, 3]).encode(x=alt.X("at:Q", **x))
    bars = base.mark_rule(color=COLOURS[0], strokeWidth=2, opacity=0.55).encode(x=alt.X("low:Q", **x), x2="high:Q")
    dots = base.mark_point(filled=True, size=75, color=COLOURS[0], opacity=1).encode(x=alt.X("together:Q", **x))
    sure = rows[rows["low"] > 0.0]
    title = (
        f"Only together with others: {sure['label'].iloc[0]} explains {sure['together'].iloc[0]:.2f} of the variance of {what} in that way"
        if len(sure) else f"No interaction can be told from noise for {what}"
    )  # fmt: skip
    subtitle = "an interaction is what a factor explains in total (ST) beyond what it explains alone (S1); cautious 95% limits"
    return themed(alt.layer(zero, bars, dots).properties(width=WIDTH, height=alt.Step(26), title=title_of(title, subtitle, WIDTH + 150)))


def interaction_map(cells: pd.DataFrame, x: str, y: str, what: str) -> Chart:
    """Means over classes of two factors, with their intervals in the cells.

    Args:
        cells: from `waico.analysis.binned.binned_pairs`.
        x: label of the one factor.
        y: label of the other.
        what: the measure in words.
    """
    share = bool(cells["mean"].between(0.0, 1.0).all())
    form = "{:.0%}" if share else "{:.2f}"
    cells = cells.assign(low=cells["low"].clip(0.0, 1.0), high=cells["high"].clip(0.0, 1.0)) if share else cells
    table = cells.assign(
        text=[form.format(value) for value in cells["mean"]],
        ends=[f"{form.format(low)} to {form.format(high)}" if pd.notna(low) else "" for low, high in zip(cells["low"], cells["high"], strict=True)],
        dark=cells["mean"] > cells["mean"].min() + 0.6 * (cells["mean"].max() - cells["mean"].min()),
    )
    base = alt.Chart(table).encode(
        x=alt.X("x:N", sort=list(dict.fromkeys(table["x"])), title=x, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("y:N", sort=list(dict.fromkeys(table["y"]))[::-1], title=y),
    )
    ink = alt.condition("datum.dark", alt.value("white"), alt.value("black"))
    boxes = base.mark_rect().encode(color=alt.Color("mean:Q", scale=alt.Scale(scheme="blues"), legend=None), tooltip=["x", "y", "mean", "low", "high", "runs"])
    means = base.mark_text(dy=-7, fontWeight="bold", fontSize=13).encode(text="text:N", color=ink)
    ends = base.mark_text(dy=9, fontSize=11).encode(text="ends:N", color=ink)
    most, least = table.loc[table["mean"].idxmax()], table.loc[table["mean"].idxmin()]
    title = f"{what.capitalize()}: {most['text']} where {x} is {most['x']} and {y} {most['y']}, {least['text']} where they are {least['x']} and {least['y']}"
    subtitle = f"{what}: mean and 95% interval in classes of both factors, all others varying"
    return themed(alt.layer(boxes, means, ends).properties(width=3 * CELL + 60, height=2 * CELL, title=title_of(title, subtitle, 3 * CELL + 200)))

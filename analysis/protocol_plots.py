"""Bargaining protocols on their published case, and how far the texts they end with are from what theory singles out.

Needs the extra `analysis`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from waico.analysis.efficiency import text_distances
from waico.analysis.intervals import mean_interval
from waico.analysis.plots import COLOURS, Chart, themed, title_of
from waico.model import NegotiationModel
from waico.scenarios.schema import Scenario

DRAWN = ("published", "challenge")   # their positions move from round to round
DISTANCES = {"nash": "to the Nash solution", "kalai_smorodinsky": "to the Kalai-Smorodinsky solution", "pareto": "to the nearest efficient text"}


def published_case(table: pd.DataFrame) -> Chart:
    """Medians by round as published and by the protocol they were published for, and what every protocol predicts.

    Args:
        table: of `waico.analysis.published_case.medians_by_protocol`.
    """
    moving = table[table["source"].isin(DRAWN)]
    sources = list(DRAWN)
    colour = alt.Color("source:N", sort=sources, title=None, scale=alt.Scale(domain=sources, range=["#000000", COLOURS[0]]),
                       legend=alt.Legend(orient="top", symbolOpacity=1))  # fmt: skip
    years: dict[str, Any] = {"scale": alt.Scale(domain=[4.0, 10.0])}
    base = alt.Chart(moving).encode(x=alt.X("round:Q", title="round", axis=alt.Axis(tickMinStep=1)), color=colour)
    lines = base.mark_line(strokeWidth=2.5).encode(y=alt.Y("median:Q", title="median position (years)", **years))
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=alt.Y("median:Q", title="median position (years)", **years),
        shape=alt.Shape("source:N", sort=sources, title=None, scale=alt.Scale(domain=sources, range=["square", "circle"])),
    )  # fmt: skip
    last = table.groupby("source", sort=False)[["outcome", "remark"]].first().reset_index()
    last["label"] = [f"{value:.2f}" if np.isfinite(value) else "no outcome" for value in last["outcome"]]
    y = alt.Y("source:N", sort=list(last["source"]), title=None)
    ends = alt.Chart(last).encode(y=y, x=alt.X("outcome:Q", title="predicted (years)", **years))
    points = ends.mark_point(filled=True, size=70, color=COLOURS[0], opacity=1)
    labels = alt.Chart(last.fillna({"outcome": 4.0})).mark_text(align="left", dx=8).encode(
        y=y, x=alt.X("outcome:Q", title="predicted (years)", **years), text="label:N"
    )  # fmt: skip
    gaps = moving.pivot(index="round", columns="source", values="median").dropna()
    gap = (gaps["challenge"] - gaps["published"]).abs()
    title = title_of(
        f"Challenge misses the published rounds by {gap.mean():.2f} years in the mean, by {gap.max():.2f} at most",
        "emission standards of the European Community, ten states (Bueno de Mesquita 1994): left by round, right at the end", 640,
    )  # fmt: skip
    left = alt.layer(lines, dots).properties(width=360, height=230)
    right = alt.layer(points, labels).properties(width=230, height=alt.Step(32))
    return themed(alt.hconcat(left, right, spacing=30, title=title).resolve_scale(y="independent"))


def solution_distances(scenarios: Mapping[str, Scenario], *, seed: int = 0, replicates: int = 5) -> pd.DataFrame:
    """Distance of the last text of the first institution to the solutions of bargaining theory, a row per scenario and solution.

    See `waico.analysis.efficiency.text_distances`; about half a second per run with all states.

    Args:
        scenarios: by the name that each goes by.
        seed: of all runs.
        replicates: runs of each.

    Returns:
        Columns: scenario, solution (in words), distance (Euclidean, scales from 0 to 1; mean over the runs), low, high (95% t interval), runs (in which the
        solution exists).
    """
    rows = []
    for name, scenario in scenarios.items():
        found = []
        for replicate in range(replicates):
            model = NegotiationModel(scenario, rng=seed, replicate=replicate)
            model.run_model()
            found.append(text_distances(model)._asdict())
        for solution, words in DISTANCES.items():
            values = np.array([one[solution] for one in found])
            values = values[np.isfinite(values)]
            low, high = mean_interval(values)
            mean = float(values.mean()) if len(values) else np.nan
            rows.append({"scenario": name, "solution": words, "distance": mean, "low": max(0.0, low), "high": high, "runs": len(values)})
    return pd.DataFrame(rows)


def distances_by_solution(table: pd.DataFrame) -> Chart:
    """A panel per solution, a row per scenario; see `solution_distances`."""
    order = list(dict.fromkeys(table["scenario"]))
    reach: dict[str, Any] = {"scale": alt.Scale(domain=[0.0, max(0.1, 1.05 * float(np.nanmax(table[["distance", "high"]].to_numpy())))]), "axis": alt.Axis(tickCount=4)}
    panels = []
    for number, (solution, rows) in enumerate(table.groupby("solution", sort=False)):
        y = alt.Y("scenario:N", sort=order, title=None, axis=alt.Axis() if number == 0 else None)
        base = alt.Chart(rows).encode(y=y)
        bars = base.mark_rule(color=COLOURS[0], strokeWidth=2, opacity=0.55).encode(x=alt.X("low:Q", title="distance", **reach), x2="high:Q")
        dots = base.mark_point(filled=True, size=75, color=COLOURS[0], opacity=1).encode(x=alt.X("distance:Q", title="distance", **reach))
        caption: Any = alt.TitleParams(str(solution), fontSize=12, offset=4)
        panels.append(alt.layer(bars, dots).properties(width=200, height=alt.Step(28), title=caption))
    efficient = table[table["solution"] == DISTANCES["pareto"]].dropna(subset=["distance"])
    text = "No text to compare" if efficient.empty else (
        f"Nearest to an efficient text: {efficient.loc[efficient['distance'].idxmin(), 'scenario']} ({efficient['distance'].min():.3f}); "
        f"farthest: {efficient.loc[efficient['distance'].idxmax(), 'scenario']} ({efficient['distance'].max():.3f})"
    )  # fmt: skip
    subtitle = f"distance of the last text, on scales from 0 to 1; means over {table['runs'].max()} runs at most, 95% intervals"
    return themed(alt.hconcat(*panels, spacing=16, title=title_of(text, subtitle, 640)))

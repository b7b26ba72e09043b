"""Bargaining protocols on their published case, and how far the texts they end with are from what theory singles out.

Needs the extra `analysis`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from waico.analysis.difference_plots import stands_out
from waico.analysis.efficiency import text_distances
from waico.analysis.intervals import mean_interval, paired
from waico.analysis.plots import COLOURS, GREY, Chart, themed, title_of
from waico.analysis.published_case import PUBLISHED, STATUS_QUO
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
    years: dict[str, Any] = {"scale": alt.Scale(domain=[4.0, 10.5])}
    base = alt.Chart(moving).encode(x=alt.X("round:Q", title="round", axis=alt.Axis(tickMinStep=1)), color=colour)
    lines = base.mark_line(strokeWidth=2.5).encode(y=alt.Y("median:Q", title="median position (years)", **years))
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=alt.Y("median:Q", title="median position (years)", **years),
        shape=alt.Shape("source:N", sort=sources, title=None, scale=alt.Scale(domain=sources, range=["square", "circle"])),
    )  # fmt: skip
    start, miss = [int(moving["round"].min()), int(moving["round"].max())], float(np.abs(np.array(PUBLISHED) - STATUS_QUO).mean())
    standing = pd.DataFrame({"round": start, "median": STATUS_QUO, "text": ["", f"always {STATUS_QUO:g}"]})
    constant = alt.Chart(standing).encode(x="round:Q", y=alt.Y("median:Q", title="median position (years)", **years))
    lines = alt.layer(lines, constant.mark_line(color=GREY, strokeDash=[4, 3]), constant.mark_text(align="right", dy=-8, color=GREY, fontSize=11).encode(text="text:N"))
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
        f"Challenge misses the published rounds by {gap.mean():.2f} years in the mean, by {gap.max():.2f} at most; a constant {STATUS_QUO:g} by {miss:.2f}",
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
        solution exists), most (distance that there can be), each (distances by replicate, NaN without a solution).
    """
    rows = []
    for name, scenario in scenarios.items():
        found, most = [], len(scenario.issues) ** 0.5   # from one corner to the opposite
        for replicate in range(replicates):
            model = NegotiationModel(scenario, rng=seed, replicate=replicate)
            model.run_model()
            found.append(text_distances(model)._asdict())
        for solution, words in DISTANCES.items():
            each = np.array([one[solution] for one in found], dtype=float)
            values = each[np.isfinite(each)]
            low, high = mean_interval(values)
            mean = float(values.mean()) if len(values) else np.nan
            rows.append({"scenario": name, "solution": words, "distance": mean, "low": max(0.0, low), "high": high, "runs": len(values), "most": most, "each": each})
    return pd.DataFrame(rows)


def distances_by_solution(table: pd.DataFrame) -> Chart:
    """A panel per solution, a row per scenario; see `solution_distances`."""
    order = list(dict.fromkeys(table["scenario"]))
    reach: dict[str, Any] = {"scale": alt.Scale(domain=[0.0, max(0.1, 1.05 * float(np.nanmax(table[["distance", "high"]].to_numpy())))]), "axis": alt.Axis(tickCount=4)}
    panels = []
    for number, (solution, rows) in enumerate(table.groupby("solution", sort=False)):
        y = alt.Y("scenario:N", sort=order, title=None, axis=alt.Axis() if number == 0 else None)
        base = alt.Chart(rows.drop(columns="each")).encode(y=y)
        bars = base.mark_rule(color=COLOURS[0], strokeWidth=2, opacity=0.55).encode(x=alt.X("low:Q", title="distance", **reach), x2="high:Q")
        dots = base.mark_point(filled=True, size=75, color=COLOURS[0], opacity=1).encode(x=alt.X("distance:Q", title="distance", **reach))
        caption: Any = alt.TitleParams(str(solution), fontSize=12, offset=4)
        panels.append(alt.layer(bars, dots).properties(width=200, height=alt.Step(28), title=caption))
    fewest, runs, most = table["runs"].min(), f"{table['runs'].max()} runs", f"{table['most'].max():.2f}"
    runs = runs if runs.startswith(f"{fewest} ") else f"{fewest} to {runs}"
    subtitle = f"Euclidean distance of the last text over all issues, at most {most}; means over {runs}, 95% intervals; the title compares run by run"
    return themed(alt.hconcat(*panels, spacing=16, title=title_of(_nearest(table[table["solution"] == DISTANCES["pareto"]]), subtitle, 640)))


def _nearest(efficient: pd.DataFrame) -> str:
    """Which scenario's texts are nearest to an efficient one and which farthest, if the pair can be told apart among all pairs."""
    known = efficient.dropna(subset=["distance"])
    if known.empty:
        return "No text to compare"
    near, far = known.loc[known["distance"].idxmin()], known.loc[known["distance"].idxmax()]
    if len(known) > 1:
        apart = pd.DataFrame([paired(near["each"], far["each"])._asdict()])
        if not stands_out(apart, len(known) * (len(known) - 1) // 2)[0]:
            return f"Mean distances to an efficient text go from {near['distance']:.3f} to {far['distance']:.3f}; no two can be told apart by {near['runs']} runs"
    return f"Nearest to an efficient text: {near['scenario']} ({near['distance']:.3f}); farthest: {far['scenario']} ({far['distance']:.3f})"

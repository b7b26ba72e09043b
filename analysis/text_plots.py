"""What the text says, issue by issue: of one run, of several scenarios side by side, and what its depth costs in members.

Needs the extra `analysis`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from waico.analysis.intervals import mean_interval, paired
from waico.analysis.plots import COLOURS, GREY, Chart, themed, title_of
from waico.runs.run import RunResult

WIDTH = 560   # pixels
BAND = (0.05, 0.5, 0.95)
STILL = 0.005   # a text that moves less has not moved, in the figure's digits
MARKS = ("status quo", "opening text", "final text, median")
SHAPES = ("circle", "triangle-up", "square", "diamond", "cross", "triangle-down")
AXIS = "text, from the low end of the issue (0) to its high end (1)"


def text_table(result: RunResult, institution: str | None = None) -> pd.DataFrame:
    """Where the text of an institution began and ended, a row per issue, on the issue's scale from its low end (0) to its high end (1).

    Columns: issue, low_end, high_end (in words), status_quo, opening, low, median, high (of the last text over the runs in which
    one was tabled; the band holds 90% of them), runs (in which one was).
    """
    scenario = result.scenario
    body = scenario.institution(institution or scenario.institution_ids[0])
    last = result.rounds[result.rounds["institution"] == body.id].groupby("replicate").tail(1)
    tabled = last.loc[last["stage"] != "idea", "replicate"]
    texts = result.texts[(result.texts["institution"] == body.id) & result.texts["replicate"].isin(tabled)]
    final = texts.groupby(["issue", "replicate"], sort=False)["value"].last().unstack("replicate")
    rows = []
    for issue in scenario.issues:
        values = final.loc[issue.id].to_numpy(dtype=float) if len(tabled) else np.full(1, np.nan)
        low, median, high = np.quantile(values, BAND)
        rows.append({
            "issue": issue.id, "low_end": issue.low, "high_end": issue.high, "status_quo": body.status_quo[issue.id],
            "opening": body.opening[issue.id], "low": low, "median": median, "high": high, "runs": len(tabled),
        })  # fmt: skip
    return pd.DataFrame(rows)


def charter(result: RunResult, institution: str | None = None) -> Chart:
    """The text by issue: status quo, opening, and where it ends; see `text_table`."""
    table = text_table(result, institution)
    body = institution or result.scenario.institution_ids[0]
    order = list(table["issue"])
    y = alt.Y("issue:N", sort=order, title=None, axis=alt.Axis(domain=False, ticks=False, offset=6, labelFontWeight="bold"))
    scale = alt.Scale(domain=[0.0, 1.0])
    base = alt.Chart(table).encode(y=y)
    band = base.mark_bar(color=COLOURS[0], opacity=0.3, height=9).encode(x=alt.X("low:Q", scale=scale, title=AXIS), x2="high:Q")
    long = table.melt("issue", ["status_quo", "opening", "median"], "mark", "value").replace(
        {"mark": dict(zip(["status_quo", "opening", "median"], MARKS, strict=True))}
    )
    marks = alt.Chart(long.dropna(subset=["value"])).mark_point(filled=True, size=85, opacity=1).encode(
        y=y, x=alt.X("value:Q", scale=scale, title=AXIS),
        shape=alt.Shape("mark:N", sort=MARKS, scale=alt.Scale(domain=MARKS, range=["square", "diamond", "circle"]), title=None,
                        legend=alt.Legend(orient="top", symbolSize=90)),
        color=alt.Color("mark:N", sort=MARKS, scale=alt.Scale(domain=MARKS, range=[GREY, COLOURS[1], COLOURS[0]]), title=None),
    )  # fmt: skip
    lows = base.mark_text(align="left", dy=-13, fontSize=10, color=GREY).encode(x=alt.value(0), text="low_end:N")
    highs = base.mark_text(align="right", dy=-13, fontSize=10, color=GREY).encode(x=alt.value(WIDTH), text="high_end:N")
    runs = int(table["runs"].iloc[0])
    subtitle = f"{body}; bars hold 90% of the {runs} runs in which a text was tabled; seed {result.seed}"
    chart = alt.layer(band, marks, lows, highs).properties(width=WIDTH, height=alt.Step(40), title=title_of(_moved(table), subtitle, WIDTH))
    return themed(chart)


def text_comparison(results: Mapping[str, RunResult]) -> Chart:
    """The last text of the first institution by issue, one mark per scenario: median and the band that holds 90% of the runs.

    Args:
        results: by the name that the scenario goes by; all with the issues of the first, and at most six.
    """
    names = list(results)
    table = pd.concat([text_table(result).assign(scenario=name) for name, result in results.items()], ignore_index=True)
    order = list(dict.fromkeys(table["issue"]))
    y = alt.Y("issue:N", sort=order, title=None, axis=alt.Axis(ticks=False, labelFontWeight="bold"))
    offset = alt.YOffset("scenario:N", sort=names)
    x: dict[str, Any] = {"scale": alt.Scale(domain=[0.0, 1.0]), "title": AXIS}
    colour = alt.Color("scenario:N", sort=names, title=None, scale=alt.Scale(domain=names, range=list(COLOURS[: len(names)])),
                       legend=alt.Legend(orient="top", symbolSize=90, symbolOpacity=1, labelLimit=260))  # fmt: skip
    shape = alt.Shape("scenario:N", sort=names, title=None, scale=alt.Scale(domain=names, range=list(SHAPES[: len(names)])))
    base = alt.Chart(table.dropna(subset=["median"])).encode(y=y, yOffset=offset, color=colour)
    bars = base.mark_rule(strokeWidth=2, opacity=0.55).encode(x=alt.X("low:Q", **x), x2="high:Q")
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(x=alt.X("median:Q", **x), shape=shape)
    seeds = sorted({(result.replicates, result.seed) for result in results.values()})
    subtitle = f"median and 90% of the runs in which a text was tabled; {', '.join(f'{runs} runs each, seed {seed}' for runs, seed in seeds)}"
    height: Any = {"step": max(11, 44 // len(names)), "for": "offset"}
    chart = alt.layer(bars, dots).properties(width=WIDTH, height=height, title=title_of(_apart(table), subtitle, WIDTH))
    return themed(chart)


def tradeoff(results: Mapping[str, RunResult]) -> pd.DataFrame:
    """Depth of the last text and breadth of membership at the end, a row per scenario.

    Columns: scenario, depth, depth_low, depth_high, breadth, breadth_low, breadth_high (means over the runs with a text, and their
    95% t intervals; breadth is the share of states at risk that signed), runs (those with a text).
    """
    rows = []
    for name, result in results.items():
        ends = result.outcomes.dropna(subset=["depth"])
        row: dict[str, Any] = {"scenario": name}
        for column, source in (("depth", "depth"), ("breadth", "breadth_states")):
            values = ends[source].to_numpy(dtype=float)
            low, high = mean_interval(values)
            row |= {column: values.mean() if len(values) else np.nan, f"{column}_low": low, f"{column}_high": high}
        rows.append(row | {"runs": len(ends)})
    return pd.DataFrame(rows)


def depth_against_breadth(results: Mapping[str, RunResult], what: str) -> Chart:
    """What depth costs in members, a point per scenario, joined in the order given; see `tradeoff`.

    Args:
        results: by the name that the scenario goes by.
        what: in what the scenarios differ, for the subtitle.
    """
    table = tradeoff(results)
    x: dict[str, Any] = {"scale": alt.Scale(zero=False, padding=20), "title": "depth of the text (mean of the binding issues, 0 to 1)",
                         "axis": alt.Axis(labelOverlap=True, tickCount=7)}  # fmt: skip
    y: dict[str, Any] = {"scale": alt.Scale(zero=False, padding=20), "title": "breadth: share of states that sign", "axis": alt.Axis(format="%")}
    base = alt.Chart(table.assign(place=range(len(table)), turn=table["depth"].rank(method="first") % 2))
    line = base.mark_line(color=GREY, strokeDash=[4, 3]).encode(x=alt.X("depth:Q", **x), y=alt.Y("breadth:Q", **y), order="place:Q")
    wide = base.mark_rule(color=COLOURS[0], strokeWidth=2, opacity=0.55).encode(x=alt.X("depth_low:Q", **x), x2="depth_high:Q", y=alt.Y("breadth:Q", **y))
    tall = base.mark_rule(color=COLOURS[0], strokeWidth=2, opacity=0.55).encode(y=alt.Y("breadth_low:Q", **y), y2="breadth_high:Q", x=alt.X("depth:Q", **x))
    dots = base.mark_point(filled=True, size=80, color=COLOURS[0], opacity=1).encode(x=alt.X("depth:Q", **x), y=alt.Y("breadth:Q", **y))
    labels = [   # by turns above and below, since neighbours lie close
        base.transform_filter(f"datum.turn == {turn}").mark_text(align="left", dx=8, dy=dy).encode(
            x=alt.X("depth:Q", **x), y=alt.Y("breadth:Q", **y), text="scenario:N"
        )
        for turn, dy in ((0, -9), (1, 12))
    ]
    subtitle = f"by {what}; means over the runs with a text, with 95% intervals; the title compares run by run, which is sharper"
    chart = alt.layer(line, wide, tall, dots, *labels).properties(width=WIDTH - 80, height=320, title=title_of(_cost(table, results), subtitle, WIDTH))
    return themed(chart)


def _moved(table: pd.DataFrame) -> str:
    """Which issue the talks moved most, and which way."""
    moves = (table["median"] - table["opening"]).set_axis(table["issue"])
    if moves.isna().all():
        return "No text is ever tabled"
    issue = str(moves.abs().round(12).idxmax())
    if abs(moves[issue]) < STILL:
        return "Talks leave the opening text as it is"
    end = table.set_index("issue").loc[issue, "high_end" if moves[issue] > 0 else "low_end"]
    return f"Talks move {issue} most: by {abs(moves[issue]):.2f} in the median run, towards '{end}'"


def _apart(table: pd.DataFrame) -> str:
    """On which issue the scenarios end furthest apart."""
    medians = table.pivot(index="issue", columns="scenario", values="median")
    if medians.isna().all(axis=None):
        return "No text is ever tabled"
    spread = (medians.max(axis=1) - medians.min(axis=1)).round(12)
    issue = str(spread.idxmax())
    if spread[issue] < STILL:
        return "The median text is the same in all of them"
    row = medians.loc[issue]
    return f"The texts end furthest apart on {issue}: {row.max():.2f} ({row.idxmax()}) against {row.min():.2f} ({row.idxmin()})"


def _cost(table: pd.DataFrame, results: Mapping[str, RunResult]) -> str:
    """Whether the deepest text has fewer members than the shallowest, run by run, and by how much."""
    known = table.dropna(subset=["depth"])
    if len(known) < 2:
        return "Too few scenarios have a text to compare"
    ends = [known.loc[known["depth"].idxmin()], known.loc[known["depth"].idxmax()]]
    breadth = [results[str(end["scenario"])].outcomes.set_index("replicate") for end in ends]
    moved = paired(*(of["breadth_states"].where(of["depth"].notna()) for of in breadth))
    span = f"{ends[0]['breadth']:.0%} of the states sign at depth {ends[0]['depth']:.2f}, {ends[1]['breadth']:.0%} at {ends[1]['depth']:.2f}"
    if not (moved.low > 0 or moved.high < 0):
        return f"Depth costs no members that could be told from chance: {span}"
    return f"{'Depth costs members' if moved.difference < 0 else 'Deeper texts have more members'}: {span}"

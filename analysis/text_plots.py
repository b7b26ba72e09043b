"""What the text says, issue by issue: of one run, of several scenarios side by side, and what its depth costs in members.

Needs the extra `analysis`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import spearmanr

from waico.analysis.intervals import mean_interval
from waico.analysis.plots import COLOURS, GREY, Chart, themed, title_of
from waico.runs.run import RunResult

WIDTH = 560   # pixels
SQUARE = 190   # of one panel of several
CLOSE = 1.0 - 1e-12   # a correlation of 1 has no finite z
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


def within_scenarios(results: Mapping[str, RunResult]) -> pd.DataFrame:
    """Whether the runs of a scenario with deeper texts have more members, a row per scenario.

    Scenarios differ in more than depth, so that only runs of the same one are compared. Columns: scenario, correlation (Spearman's, of depth
    and breadth over the runs with a text; missing where either is the same in all), low, high (interval that holds at 95% for all scenarios
    together: Fisher's z with the variance of Fieller, Hartley & Pearson 1957, 1.06/(n - 3), by Bonferroni), runs.
    """
    rows = []
    for name, result in results.items():
        ends = result.outcomes.dropna(subset=["depth"])
        depth, breadth = (ends[column].to_numpy(dtype=float) for column in ("depth", "breadth_states"))
        known = len(ends) > 3 and min(np.ptp(depth), np.ptp(breadth)) > 0.0
        found = float(spearmanr(depth, breadth).statistic) if known else np.nan
        half = float(ndtri(1.0 - 0.025 / len(results))) * np.sqrt(1.06 / (len(ends) - 3)) if known else np.nan
        z = np.arctanh(np.clip(found, -CLOSE, CLOSE))
        rows.append({"scenario": name, "correlation": found, "low": np.tanh(z - half), "high": np.tanh(z + half), "runs": len(ends)})
    return pd.DataFrame(rows)


def depth_against_breadth(results: Mapping[str, RunResult], what: str) -> Chart:
    """Depth of the text and breadth of membership, a panel per scenario and a point per run; the mean of each with its intervals.

    Args:
        results: by the name that the scenario goes by.
        what: in what the scenarios differ.
    """
    runs = pd.concat([result.outcomes.dropna(subset=["depth"])[["depth", "breadth_states"]].assign(scenario=name) for name, result in results.items()])
    means = tradeoff(results)
    x: dict[str, Any] = {"scale": alt.Scale(zero=False, padding=8), "title": "depth of the text", "axis": alt.Axis(labelOverlap=True, tickCount=5)}
    y: dict[str, Any] = {"scale": alt.Scale(domain=[0.0, 1.0]), "axis": alt.Axis(format="%", tickCount=5)}
    panels = []
    for number, name in enumerate(results):
        breadth = "share of states that sign" if number == 0 else None
        base = alt.Chart(means[means["scenario"] == name])
        dots = alt.Chart(runs[runs["scenario"] == name]).mark_point(filled=True, size=45, color=COLOURS[0], opacity=0.45).encode(
            x=alt.X("depth:Q", **x), y=alt.Y("breadth_states:Q", title=breadth, **y)
        )  # fmt: skip
        wide = base.mark_rule(color=COLOURS[1], strokeWidth=2).encode(x=alt.X("depth_low:Q", **x), x2="depth_high:Q", y=alt.Y("breadth:Q", title=breadth, **y))
        tall = base.mark_rule(color=COLOURS[1], strokeWidth=2).encode(y=alt.Y("breadth_low:Q", title=breadth, **y), y2="breadth_high:Q", x=alt.X("depth:Q", **x))
        caption: Any = alt.TitleParams(name, fontSize=12, offset=4)
        panels.append(alt.layer(dots, wide, tall).properties(width=SQUARE, height=SQUARE, title=caption))
    subtitle = f"a point per run with a text, a panel per {what}; crosses: means with 95% intervals; the title compares runs of the same {what}"
    title = title_of(_cost(within_scenarios(results), what), subtitle, SQUARE * len(results))
    return themed(alt.hconcat(*panels, spacing=16, title=title).resolve_scale(x="shared"))


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


def _cost(found: pd.DataFrame, what: str) -> str:
    """Under which scenarios runs with deeper texts have more members, or fewer, beyond chance."""
    known = found.dropna(subset=["correlation"])
    if known.empty:
        return "Too few runs have a text to compare"
    told = [
        f"{how} members under {', '.join(f'{name} (correlation {value:+.2f})' for name, value in zip(rows['scenario'], rows['correlation'], strict=True))}"
        for how, rows in (("more", known[known["low"] > 0.0]), ("fewer", known[known["high"] < 0.0])) if len(rows)
    ]
    if not told:
        low, high = known["correlation"].min(), known["correlation"].max()
        return f"Under no {what} can it be told from chance whether deeper texts have more members (correlations {low:+.2f} to {high:+.2f})"
    rest = "; elsewhere it cannot be told from chance" if ((known["low"] <= 0.0) & (known["high"] >= 0.0)).any() else ""
    return f"Runs with deeper texts have {', '.join(told)}{rest}"

"""Figures that set scenarios side by side: how each ends, how many states sign. Built from the tables of their runs.

The look, and what a figure owes its reader, are those of `waico.analysis.plots`. Needs the extra `analysis`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import altair as alt
import pandas as pd

from waico.analysis.endings import possible_outcomes
from waico.analysis.plots import COLOURS, GREY, Chart, themed, title_of, words_of
from waico.negotiation.measure import OUTCOMES
from waico.runs.run import RunResult

LABELLED = 0.08   # smaller shares have no room for their number
OUTCOME_COLOURS = ("#444444", "#CC79A7", "#D55E00", "#E69F00", "#F0E442", "#56B4E9", "#0072B2")   # Okabe & Ito 2008
ON_DARK = ("no_text", "unratified", "binding_regime")   # classes whose colour takes white numbers
INTERVAL = (0.05, 0.95)


def share_table(results: Mapping[str, RunResult]) -> pd.DataFrame:
    """Share of replicates by outcome class, a row per scenario in the order given, a column per class."""
    shares = {name: result.outcomes["outcome"].value_counts(normalize=True) for name, result in results.items()}
    return pd.DataFrame(shares).T.reindex(columns=list(OUTCOMES)).fillna(0.0)


def by_outcome(results: Mapping[str, RunResult]) -> list[str]:
    """Names of scenarios from the most binding regimes to the fewest; among equals from the fewest runs without text."""
    shares = share_table(results).round(12)
    ranked = shares.assign(name=shares.index).sort_values(["binding_regime", "no_text", "name"], ascending=[False, True, True])
    return list(ranked.index)


def outcome_comparison(results: Mapping[str, RunResult], past: Collection[str] = ()) -> Chart:
    """Outcome shares of several scenarios as stacked bars, from no text to a binding regime.

    Args:
        results: runs by scenario.
        past: those of them that are cases of the past, shown apart and not counted in the title.
    """
    present = {name: result for name, result in results.items() if name not in past}
    shares = share_table(present)
    binding, none = (int((shares[name] > 0.5).sum()) for name in ("binding_regime", "no_text"))
    seen = list(shares.columns[shares.any()])
    fails = "no_text" in possible_outcomes([result.scenario for result in present.values()], seen)
    text = f"In {binding} of {len(present)} scenarios most runs end in a binding regime" + (f", in {none} without any text" if fails else "")
    title = title_of(text, f"share of runs by outcome; {_runs(results)}", 640)
    groups = [group for group in (present, {name: results[name] for name in past}) if group]
    panels = [_stacked(group, first=group is groups[0], last=group is groups[-1]) for group in groups]
    if past:
        panels[-1] = panels[-1].properties(title=alt.Title("cases of history", fontSize=12, fontWeight="normal", color=GREY, offset=4))
    return themed(alt.vconcat(*panels, spacing=12, title=title))


def members_comparison(results: Mapping[str, RunResult], base: str) -> Chart:
    """States that sign the first institution at the end, by scenario: median and the interval that holds 90% of the runs."""
    table = signed_table(results).loc[by_outcome(results)].rename_axis("scenario").reset_index()
    table["scenario"] = table["scenario"].map(words_of)
    table["label"] = [f"{median:.0f}" for median in table["median"]]
    usual = float(table.loc[table["scenario"] == words_of(base), "median"].iloc[0])
    most = table.loc[table["median"].idxmax()]
    text = (
        f"Most states join in '{most['scenario']}', {most['median']:.0f} in the median against {usual:.0f} in the base scenario, "
        f"but its runs spread over {most['high'] - most['low']:.0f} states"
    )
    y = alt.Y("scenario:N", sort=list(table["scenario"]), title=None, axis=alt.Axis(labelLimit=260))
    axis = "states signed at the end: median, and interval that holds 90% of the runs"
    drawn = alt.Chart(table).encode(y=y)
    middle = alt.X("median:Q", title=axis)
    intervals = drawn.mark_rule(color=COLOURS[0], opacity=0.45, strokeWidth=4).encode(
        x=alt.X("low:Q", title=axis), x2="high:Q"
    )  # fmt: skip
    dots = drawn.mark_point(color=COLOURS[0], filled=True, size=80, opacity=1).encode(x=middle)
    labels = drawn.mark_text(align="left", dx=7, dy=-8, fontSize=11).encode(x=middle, text="label:N")
    line = alt.Chart(pd.DataFrame({"base": [usual]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(
        x=alt.X("base:Q", title=axis)
    )  # fmt: skip
    title = title_of(text, f"{_runs(results)}; the dashed line is the median of the base scenario", 640)
    return themed(alt.layer(line, intervals, dots, labels).properties(width=470, height=alt.Step(26), title=title))


def signed_table(results: Mapping[str, RunResult]) -> pd.DataFrame:
    """States that have signed the first institution at the end, principals left out: low, median, high by scenario."""
    signed = pd.DataFrame({name: result.outcomes["signed"].quantile([INTERVAL[0], 0.5, INTERVAL[1]]) for name, result in results.items()})
    return signed.T.set_axis(["low", "median", "high"], axis="columns").astype(float)


def _stacked(results: Mapping[str, RunResult], *, first: bool, last: bool) -> Any:
    """One group of bars; the first one carries the legend, the last one the axis."""
    table, names = _segments(results), [words_of(name) for name in OUTCOMES]
    colours = alt.Color(
        "outcome:N", sort=names, scale=alt.Scale(domain=names, range=list(OUTCOME_COLOURS)),
        legend=alt.Legend(orient="top", title=None, columns=7, columnPadding=6, symbolType="square", labelFontSize=11) if first else None,
    )  # fmt: skip
    y = alt.Y("scenario:N", sort=list(table["scenario"].unique()), title=None, axis=alt.Axis(labelLimit=260))
    scale = alt.Scale(domain=[0.0, 1.0])
    axis = alt.Axis(format="%", tickCount=5, labels=last, ticks=last, title="share of runs" if last else None)
    bars = alt.Chart(table).mark_bar(height={"band": 0.78}).encode(
        y=y, x=alt.X("start:Q", scale=scale, axis=axis), x2="end:Q", color=colours
    )  # fmt: skip
    numbers = alt.Chart(table).mark_text(fontSize=11).encode(
        y=y, x=alt.X("middle:Q", scale=scale, axis=axis), text="label:N", color=alt.Color("ink:N", scale=None)
    )  # fmt: skip
    return alt.layer(bars, numbers).resolve_scale(color="independent").properties(width=520, height=alt.Step(25))


def _segments(results: Mapping[str, RunResult]) -> pd.DataFrame:
    """Where the segment of each outcome starts and ends, and its number; scenarios in their order, classes in theirs."""
    shares = share_table(results).loc[by_outcome(results)]
    end = shares.cumsum(axis="columns").stack()
    table = pd.DataFrame({"share": shares.stack(), "end": end})
    table = table.rename_axis(["scenario", "outcome"]).reset_index()
    table["start"] = table["end"] - table["share"]
    table["middle"] = (table["start"] + table["end"]) / 2
    table["label"] = [f"{share:.0%}" if share >= LABELLED else "" for share in table["share"]]
    table["ink"] = ["white" if name in ON_DARK else "black" for name in table["outcome"]]
    table["scenario"], table["outcome"] = table["scenario"].map(words_of), table["outcome"].map(words_of)
    return table


def _runs(results: Mapping[str, RunResult]) -> str:
    """How many runs, of which seed."""
    counts = sorted({result.replicates for result in results.values()})
    seeds = sorted({result.seed for result in results.values()})
    return f"{' to '.join(map(str, counts))} runs each, seed {', '.join(map(str, seeds))}"

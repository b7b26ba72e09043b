"""How agreement, fault line, depth and display move while a text is negotiated, for one scenario or several side by side.

Needs the extra `analysis`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from waico.analysis.plots import COLOURS, Chart, in_utc, themed, title_of
from waico.analysis.sweep_plots import DASHES
from waico.runs.run import RunResult

MEASURES = {   # by name in `rounds`: a caption, and what it is, in words
    "agreement": ("agreement", "1: all positions at the table are in the text"),
    "fault_line": ("fault line", "share of the variance of positions between the camps"),
    "depth": ("depth", "mean of the text over binding issues"),
    "display_gap": ("display gap", "share of states: endorsed, less depth times ratified"),
}
PANEL = 330   # pixels
BAND = (0.05, 0.5, 0.95)


def measure_courses(results: Mapping[str, RunResult], institution: str | None = None) -> pd.DataFrame:
    """Measures over time: median and the band that holds 90% of the runs, a row per scenario, measure and day on which a round ended.

    A run that has ended keeps its last values. Measures are missing before a text is tabled and where a camp has fewer than two
    states; a day of which fewer than half of the runs have a value is left out.

    Args:
        results: by the name that the scenario goes by.
        institution: its id; the first one of each scenario if not given.

    Returns:
        Columns scenario, measure, date, low, median, high, and runs: how many have a value.
    """
    return pd.concat(
        [
            _course(result, institution or result.scenario.institution_ids[0], measure).assign(scenario=name, measure=measure)
            for name, result in results.items()
            for measure in MEASURES
        ],
        ignore_index=True,
    )[["scenario", "measure", "date", "low", "median", "high", "runs"]]


def measures_over_time(results: Mapping[str, RunResult], institution: str | None = None) -> Chart:
    """A panel per measure: median and 90% band of each scenario over time; see `measure_courses`."""
    table = in_utc(measure_courses(results, institution))
    names = list(results)
    colours = alt.Color("scenario:N", sort=names, scale=alt.Scale(domain=names, range=list(COLOURS[: len(names)])), title=None,
                        legend=alt.Legend(orient="top", labelLimit=300, symbolType="stroke", symbolSize=400, symbolOpacity=1) if len(names) > 1 else None)  # fmt: skip
    dashes = alt.StrokeDash("scenario:N", sort=names, scale=alt.Scale(domain=names, range=list(DASHES[: len(names)])), title=None)
    days = alt.Scale(type="utc", domain=[table["date"].min(), table["date"].max()])
    panels = [_panel(table[table["measure"] == measure], measure, colours, dashes, days) for measure in MEASURES]
    runs = sorted({result.replicates for result in results.values()})
    subtitle = f"median, and band that holds 90% of the runs; {' or '.join(map(str, runs))} runs each, seed {next(iter(results.values())).seed}"
    title = title_of(_finding(table), subtitle, 2 * PANEL)
    return themed(alt.concat(*panels, columns=2, spacing=24, title=title).resolve_scale(y="independent"))


def _course(result: RunResult, body: str, measure: str) -> pd.DataFrame:
    """One measure of one scenario."""
    rounds = result.rounds[result.rounds["institution"] == body]
    values = rounds.pivot(index="date", columns="replicate", values=measure).sort_index().ffill()
    known = values.notna().sum(axis=1)
    enough = values[2 * known >= result.replicates]
    low, median, high = (enough.quantile(level, axis=1).to_numpy() for level in BAND)
    return pd.DataFrame({"date": enough.index, "low": low, "median": median, "high": high, "runs": known[enough.index].to_numpy()})


def _panel(rows: pd.DataFrame, measure: str, colours: alt.Color, dashes: alt.StrokeDash, days: alt.Scale) -> Any:
    """Bands and medians of one measure."""
    name, meaning = MEASURES[measure]
    base = alt.Chart(rows).encode(
        x=alt.X("date:T", title=None, scale=days, axis=alt.Axis(format="%b %Y", tickCount=5, grid=False)), color=colours
    )  # fmt: skip
    scale = alt.Scale(zero=False, nice=True, padding=4)
    band = base.mark_area(opacity=0.18, interpolate="step-after").encode(y=alt.Y("low:Q", title=None, scale=scale), y2="high:Q")
    line = base.mark_line(strokeWidth=2.5, interpolate="step-after").encode(y=alt.Y("median:Q", title=None, scale=scale), strokeDash=dashes)
    caption = alt.TitleParams(name, subtitle=meaning, fontSize=12, subtitleFontSize=11, offset=4)
    return alt.layer(band, line).properties(width=PANEL, height=150, title=caption)


def _finding(table: pd.DataFrame) -> str:
    """What agreement and fault line did, in the medians of the first scenario, or where scenarios end furthest apart."""
    ends = table.groupby(["measure", "scenario"], sort=False)["median"].agg(["first", "last"])
    if table.empty:
        return "In most runs no text is ever tabled"
    if table["scenario"].nunique() == 1:
        moves = ends.droplevel("scenario")
        told = [_told(name, *moves.loc[name]) for name in ("agreement", "fault_line", "depth") if name in moves.index]
        return f"In the median run {', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else f"In the median run {told[0]}"
    last = ends["last"].unstack("scenario")
    reach = table.groupby("measure")[["low", "high"]].agg({"low": "min", "high": "max"})
    measure = str(((last.max(axis=1) - last.min(axis=1)) / (reach["high"] - reach["low"])).idxmax())
    row = last.loc[measure]
    return f"Scenarios end furthest apart in {MEASURES[measure][0]}: {row.max():.2f} under {row.idxmax()}, {row.min():.2f} under {row.idxmin()}"


def _told(measure: str, first: float, last: float) -> str:
    """How a measure moved, to two digits."""
    name, before, after = MEASURES[measure][0], f"{first:.2f}", f"{last:.2f}"
    return f"{name} stays at {after}" if before == after else f"{name} goes from {before} to {after}"

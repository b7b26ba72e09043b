"""Figures of a sweep: how its runs end, when, and how that changes along its factors. Built from the report's tables.

The look, and what a figure owes its reader, are those of `waico.analysis.plots`. Needs the extra `analysis`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from waico.analysis.plots import COLOURS, Chart, share_bars, themed, title_of, words_of
from waico.analysis.scenario_plots import OUTCOME_COLOURS
from waico.analysis.survival import Gap
from waico.negotiation.measure import OUTCOMES

WIDTH = 560   # pixels of a figure with one panel
PANEL = 205   # of each of several
ROW = 3   # panels side by side
WIDE = 820   # pixels that titles over a row of panels take
MONTH = 365.25 / 12   # days
EVENTS = {
    "adopted": "text adopted",
    "in_force": "in force",
    "failed": "talks failed",
    "not_in_force": "never in force",
}
DRAWN = ("adopted", "in_force", "failed")   # the rest is what they leave, and is only known on the last day
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [14, 4], [4, 4], [1, 4])   # of classes, so that colour does not tell them alone
APART = 0.055   # least distance of labels at the ends of curves, as a share of the height


def outcome_shares(shares: pd.DataFrame, runs: str) -> Chart:
    """Share of runs in each outcome class, with 95% intervals.

    Args:
        shares: of `waico.analysis.survival.outcome_shares`.
        runs: of which runs, for the subtitle.
    """
    return themed(share_bars(shares, runs, 460))


def incidence_curves(curves: pd.DataFrame, freeze: date, runs: str) -> Chart:
    """Probability that each event has happened by a day, in months after the freeze date, with 95% bands.

    Events that never happen are left out, and those that only end the hope of others.

    Args:
        curves: of `waico.analysis.survival.incidence`, without a factor.
        freeze: the freeze date.
        runs: of which runs, for the subtitle.
    """
    table = _to_the_end(curves, ["event"]).assign(what=lambda rows: rows["event"].map(EVENTS))
    ends = table.groupby("event", sort=False).tail(1).set_index("event")
    last = ends["probability"].to_dict()
    text = (
        f"By the end {last['adopted']:.0%} of the runs have adopted a text and {last['in_force']:.0%} have it in force"
    )
    ends = ends.loc[_happened(table)]
    colours = alt.Color(
        "what:N",
        scale=alt.Scale(domain=[EVENTS[event] for event in DRAWN], range=[COLOURS[0], COLOURS[2], COLOURS[1]]),
        legend=None,
    )
    panel = _curves(table[table["event"].isin(ends.index)], colours, freeze, WIDTH, 0.18)
    labels = alt.Chart(_spread(ends)).mark_text(align="left", dx=6, fontSize=12).encode(
        x="month:Q", y=alt.Y("place:Q"), text="label:N", color=colours
    )  # fmt: skip
    subtitle = f"share of runs in which it has happened, with 95% band; adopting and failing exclude each other; {runs}"
    chart = alt.layer(panel, labels).properties(width=WIDTH, height=300, title=title_of(text, subtitle, WIDTH + 180))
    return themed(chart.properties(padding={"left": 10, "top": 10, "bottom": 10, "right": 150}))


def incidence_by_factor(curves: pd.DataFrame, factor: str, freeze: date, gap: Gap) -> Chart:
    """The same for classes of a factor, a panel per event.

    Args:
        curves: of `waico.analysis.survival.incidence` by one factor, with its column renamed `class`, in order of classes.
        factor: its label.
        freeze: the freeze date.
        gap: of `waico.analysis.survival.widest_gap`, which settles what the title may say.
    """
    table = _to_the_end(curves, ["event", "class"]).assign(part=lambda rows: rows["class"].astype(str))
    parts = list(dict.fromkeys(table["part"]))
    colours = alt.Color(
        "part:N", sort=parts, title=factor, scale=alt.Scale(domain=parts, range=class_colours(len(parts))),
        legend=alt.Legend(
            orient="top", titleFontSize=12, labelFontSize=12, labelLimit=260, symbolType="stroke", symbolStrokeWidth=3, symbolOpacity=1
        ),
    )  # fmt: skip
    dashes = alt.StrokeDash("part:N", sort=parts, title=factor, scale=alt.Scale(domain=parts, range=list(DASHES[: len(parts)])))
    panels = [
        _curves(
            table[table["event"] == event], colours, freeze, PANEL, 0.1, "share of runs" if place % ROW == 0 else None, dashes
        ).properties(width=PANEL, height=210, title=caption(EVENTS[event]))
        for place, event in enumerate(_happened(table) or ["in_force"])
    ]
    text = f"In force by the end: {gap.most:.0%} of the runs where {factor} is {gap.at_most}, {gap.least:.0%} where {gap.at_least}"
    if gap.most == gap.least:
        text = f"In force by the end: {gap.most:.0%} of the runs in every class of {factor}"
    elif not gap.sure:
        text = f"In force by the end: {gap.least:.0%} to {gap.most:.0%} of the runs; no difference by {factor} can be told from chance"
    subtitle = "share of runs in which it has happened, by class of the factor, with 95% bands; the title compares classes under the same draws"
    title = title_of(text, subtitle, WIDE)
    return themed(alt.concat(*panels, columns=ROW, spacing=18, title=title))


def along_factors(means: pd.DataFrame, labels: Mapping[str, str], what: str, title: str, axis: str) -> Chart:
    """Means of a measure along each factor, a panel per factor.

    Args:
        means: of `waico.analysis.binned.binned_means`, of one measure, with the scale of each factor.
        labels: label by path.
        what: the measure in words.
        title: what the panels say.
        axis: title of the upright axes, short; a share is written in percent.
    """
    reach = float(means["high"].fillna(means["mean"]).max())
    scale = alt.Scale(domain=[0.0, max(0.02, min(1.0, 1.08 * reach) if reach <= 1.0 else 1.08 * reach)], nice=True)
    number = alt.Axis(format="%" if axis.startswith("share") else ".2~f", tickCount=5)
    panels = [
        _along(rows, str(labels[str(path)]), number, scale, axis if place % ROW == 0 else None)
        for place, (path, rows) in enumerate(means.groupby("factor", sort=False))
    ]
    subtitle = f"{what}: mean over the samples of each class, with 95% interval"
    return themed(alt.concat(*panels, columns=ROW, spacing=22, title=title_of(title, subtitle, WIDE)))


def outcomes_along_factors(shares: pd.DataFrame, labels: Mapping[str, str]) -> Chart:
    """Stacked shares of the outcome classes for the classes of each factor, a panel per factor.

    Args:
        shares: of `waico.analysis.survival.outcome_shares` by each factor, one under the other, with columns factor and class.
        labels: label by path.
    """
    names = [words_of(name) for name in OUTCOMES]
    colours = alt.Color(
        "what:N", sort=names, scale=alt.Scale(domain=names, range=list(OUTCOME_COLOURS)), title=None,
        legend=alt.Legend(orient="top", columns=7, symbolType="square", labelFontSize=12, columnPadding=10),
    )  # fmt: skip
    table = shares.assign(what=shares["outcome"].map(words_of), rank=shares["outcome"].map(list(OUTCOMES).index))
    table["class"] = table["class"].astype(str)
    panels = [
        _stacked(rows, str(labels[str(path)]), colours, first=number % ROW == 0)
        for number, (path, rows) in enumerate(table.groupby("factor", sort=False))
    ]
    spread = shares.groupby(["factor", "outcome"], sort=False)["share"].agg(np.ptp).reset_index()
    path, outcome, most = max(spread.itertuples(index=False, name=None), key=lambda row: row[2])
    text = (
        f"'{words_of(outcome).capitalize()}' changes most, by {100 * most:.0f} percentage points between classes of {labels[path]}"
    )
    if most == 0.0:
        text = "All classes of all factors have the same shares"
    subtitle = "share of runs by outcome, for classes of each factor; all other factors vary"
    return themed(alt.concat(*panels, columns=ROW, spacing=22, title=title_of(text, subtitle, WIDE)))


def class_colours(count: int) -> list[str]:
    """Colours of ordered classes, from light to dark, so that their order shows also in grey."""
    ramp = ["#56B4E9", "#009E73", "#0072B2", "#000000"] if count <= 4 else list(COLOURS[:7])
    return [ramp[place % len(ramp)] for place in range(count)]


def caption(text: str) -> alt.TitleParams:
    """A small title over a panel."""
    return alt.TitleParams(text, fontSize=12, fontWeight="bold", color="#333333", offset=4)


def _happened(table: pd.DataFrame) -> list[str]:
    """The events that are drawn: what never happens needs no curve."""
    return [event for event in DRAWN if table.loc[table["event"] == event, "probability"].any()]


def _to_the_end(curves: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Curves drawn on, level, to the last day of all; with months."""
    ends = curves.groupby(keys, sort=False, observed=True).tail(1).assign(day=curves["day"].max())
    table = pd.concat([curves, ends], ignore_index=True).drop_duplicates([*keys, "day"], keep="first")
    return table.assign(month=table["day"] / MONTH)


def _curves(
    table: pd.DataFrame, colours: alt.Color, freeze: date, width: int, shade: float, title: str | None = "share of runs",
    dashes: alt.StrokeDash | None = None,
) -> Any:  # fmt: skip
    """Bands, steps, and unseen points that answer to the pointer."""
    text = f"months after {freeze.day} {freeze:%B %Y}"
    scale = alt.Scale(domain=[0.0, max(1.0, float(table["month"].max()))], nice=False)
    x = alt.X("month:Q", title=text, scale=scale, axis=alt.Axis(tickCount=max(4, width // 70), grid=False))
    base = alt.Chart(table).encode(x=x, color=colours)
    band = base.mark_area(interpolate="step-after", opacity=shade).encode(y=_share("low:Q", title), y2="high:Q")
    line = base.mark_line(interpolate="step-after", strokeWidth=2.5).encode(y=_share("probability:Q", title))
    line = line if dashes is None else line.encode(strokeDash=dashes)
    tip = [alt.Tooltip("month:Q", format=".1f"), alt.Tooltip("day:Q", format=".0f")]
    tip += [alt.Tooltip(f"{name}:Q", format=".1%") for name in ("probability", "low", "high")]
    points = base.mark_point(opacity=0, size=90).encode(y=_share("probability:Q", title), tooltip=tip)
    return alt.layer(band, line, points)


def _share(field: str, title: str | None = "share of runs") -> alt.Y:
    """An upright axis for shares."""
    return alt.Y(field, scale=alt.Scale(domain=[0.0, 1.0]), axis=alt.Axis(format="%", tickCount=5), title=title)


def _spread(ends: pd.DataFrame) -> pd.DataFrame:
    """Labels at the ends of curves, moved apart where they would lie on each other."""
    table = ends.sort_values("probability").reset_index()
    table["label"] = [f"{what} {value:.0%}" for what, value in zip(table["what"], table["probability"], strict=True)]
    places = table["probability"].to_numpy(dtype=float).copy()
    for number in range(1, len(places)):
        places[number] = max(places[number], places[number - 1] + APART)
    for number in range(1, len(places) + 1):   # and back from the top, above which there is no room
        places[-number] = min(places[-number], 1.0 - APART * (number - 1))
    return table.assign(place=places)


def _along(rows: pd.DataFrame, label: str, axis: alt.Axis, scale: alt.Scale, title: str | None) -> Any:
    """One panel: means and intervals at the middles of classes, joined where the factor is a number."""
    numeric = bool(rows["at"].notna().all())
    if numeric:
        logarithmic = rows["scale"].iloc[0] == "log"
        x: Any = alt.X("at:Q", title=label, scale=alt.Scale(zero=False, padding=8, type="log" if logarithmic else "linear"),
                       axis=alt.Axis(tickCount=5, grid=False))  # fmt: skip
    else:
        x = alt.X(
            "class:N",
            title=label,
            sort=list(rows["class"]),
            axis=alt.Axis(labelAngle=0, labelLimit=PANEL // max(1, len(rows))),
        )
    tip = [
        "class:N",
        alt.Tooltip("mean:Q", format=".3f"),
        alt.Tooltip("low:Q", format=".3f"),
        alt.Tooltip("high:Q", format=".3f"),
        "samples:Q",
    ]
    base = alt.Chart(rows).encode(x=x)
    intervals = base.mark_rule(color=COLOURS[0], opacity=0.55, strokeWidth=2).encode(
        y=alt.Y("low:Q", scale=scale, axis=axis, title=title), y2="high:Q"
    )  # fmt: skip
    y = alt.Y("mean:Q", scale=scale, axis=axis, title=title)
    dots = base.mark_point(color=COLOURS[0], filled=True, size=50, opacity=1).encode(y=y, tooltip=tip)
    lines = [base.mark_line(color=COLOURS[0], opacity=0.5).encode(y=y)] if numeric else []
    return alt.layer(intervals, *lines, dots).properties(width=PANEL, height=150)


def _stacked(rows: pd.DataFrame, label: str, colours: alt.Color, *, first: bool) -> Any:
    parts = list(dict.fromkeys(rows["class"]))
    return alt.Chart(rows).mark_bar().encode(
        x=alt.X("class:N", sort=parts, title=label, axis=alt.Axis(labelAngle=-30, labelLimit=120)),
        y=_share("share:Q", "share of runs" if first else None),
        color=colours,
        order=alt.Order("rank:Q"),
        tooltip=["class:N", "what:N", *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("share", "low", "high"))],
    ).properties(width=PANEL, height=170)  # fmt: skip

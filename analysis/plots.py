"""Figures of a run: who joins and when, how it ends. Built from the tables of a `RunResult`.

Every figure carries a title that states what the tables say, in one look (Okabe & Ito's colours, which the colour-blind
can tell apart). Needs the extra `analysis`; only this module and `comparison` import Altair.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.analysis.endings import possible_outcomes
from waico.analysis.intervals import wilson
from waico.negotiation.measure import OUTCOMES
from waico.runs.run import RunResult
from waico.scenarios.errors import InputError
from waico.scenarios.facts import load_facts
from waico.scenarios.schema import Institution

Floats = NDArray[np.float64]
Chart = alt.TopLevelMixin

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")   # Okabe & Ito 2008
GREY = "#666666"
VL_VERSION = alt.SCHEMA_VERSION.removeprefix("v").rpartition(".")[0]   # of Vega-Lite, as vl_convert names them
AFTER_OPENING = ("open_for_signature", "in_force")
THEME: dict[str, Any] = {
    "background": "white",
    "font": "Helvetica, Arial, 'Liberation Sans', sans-serif",
    "padding": 10,
    "view": {"stroke": None},
    "range": {"category": list(COLOURS)},
    "title": {
        "anchor": "start", "frame": "group", "fontSize": 15, "fontWeight": "bold", "offset": 10,
        "subtitleFontSize": 12, "subtitleColor": GREY, "subtitlePadding": 4,
    },
    "axis": {
        "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelColor": "#333333",
        "titleColor": "#333333", "gridColor": "#E5E5E5", "domainColor": "#999999", "tickColor": "#999999",
    },
    "text": {"fontSize": 12, "color": "#333333"},
}  # fmt: skip


def membership_curves(result: RunResult) -> Chart:
    """States signed over time, one panel per institution: median over replicates, and the band that holds 90%.

    Reads `rounds` (date, stage, signed) and the windows of the scenario. Marks the day on which signature opens (its
    median, where replicates differ) by a line, the first window by a shade.
    """
    return themed(_membership_curves(result))


def outcome_shares(result: RunResult) -> Chart:
    """Share of replicates that ended in each outcome class, with 95% Wilson intervals.

    Reads `outcomes` (outcome). Classes stand from no text to a binding regime, also those that never came out, but for those that cannot.
    """
    return themed(_outcome_shares(result))


def shares_by_outcome(result: RunResult) -> pd.DataFrame:
    """What `outcome_shares` draws: a row per class that the scenario leaves open, with columns outcome, share, low, high."""
    seen = result.outcomes["outcome"].value_counts()
    counts = seen.reindex(possible_outcomes([result.scenario], list(seen.index)), fill_value=0)
    low, high = wilson(counts.to_numpy(), result.replicates)
    return pd.DataFrame({"outcome": counts.index, "share": counts.to_numpy() / result.replicates, "low": low, "high": high})


def likely_members(result: RunResult, institution: str, n: int = 30) -> Chart:
    """The `n` states that sign most often: share of replicates in which they did, with 95% Wilson intervals.

    Reads `nations` (status at the end). Sponsor and rival are left out.

    Raises:
        InputError: there is no such institution.
    """
    return themed(_likely_members(result, institution, n))


def overview(result: RunResult) -> Chart:
    """Outcome shares beside membership curves: a run at a glance."""
    shares = _outcome_shares(result, width=230)
    title, shares.title = shares.title, _caption(f"outcome of {result.scenario.institution_ids[0]}", GREY)   # level with panels
    left = alt.vconcat(shares, title=title)
    return themed(alt.hconcat(left, _membership_curves(result, width=430), spacing=30))


def save(chart: Chart, path: str | Path) -> None:
    """Write a chart as PNG (twice the nominal size) or SVG, as the ending of `path` says. Needs no network.

    Raises:
        InputError: the ending is another one.
    """
    path = Path(path)
    if path.suffix not in (".png", ".svg"):
        raise InputError(str(path), "", f"ends in '{path.suffix}'", "give a name that ends in .png or .svg")
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.save(str(path), scale_factor=2 if path.suffix == ".png" else 1)


def themed(chart: Any) -> Chart:
    """The one look. Charts get it when they are done, since those that carry a look cannot be joined any more."""
    chart.config = alt.Config.from_dict(THEME)
    return chart


def title_of(text: str, subtitle: str, width: int) -> alt.TitleParams:
    """A title broken into lines that fit a chart of `width` pixels."""
    lines = textwrap.wrap(text, max(24, width // 8))
    return alt.TitleParams(lines, subtitle=textwrap.wrap(subtitle, max(30, width // 6)))


def title_in_words(spec: Mapping[str, Any]) -> str:
    """The title of a chart's specification as one line, which says in words what it shows; empty if it has none."""
    title = spec.get("title", "")
    text = title.get("text", "") if isinstance(title, Mapping) else title
    return text if isinstance(text, str) else " ".join(text)


def _caption(text: str, colour: str) -> alt.TitleParams:
    """A small title over a panel."""
    return alt.TitleParams(text, fontSize=12, fontWeight="normal", color=colour, offset=4)


# --- outcome shares


def _outcome_shares(result: RunResult, width: int = 260) -> Any:
    return share_bars(shares_by_outcome(result), f"{result.replicates} runs, seed {result.seed}", width)


def share_bars(shares: pd.DataFrame, subtitle: str, width: int = 260) -> Any:
    """Bars of outcome shares with their intervals, not yet in the one look.

    Args:
        shares: a row per outcome, in order: outcome, share, low, high.
        subtitle: of which runs.
        width: of the bars, in pixels.
    """
    table = shares.assign(outcome=[words_of(name) for name in shares["outcome"]])
    table["label"] = [f"{share:.0%}" for share in table["share"]]
    table["reach"] = table["high"].fillna(table["share"])   # too few runs have no interval
    top = min(1.0, 1.15 * float(table["reach"].max()) + 0.08)   # room for the labels
    scale, text = alt.Scale(domain=[0.0, top], nice=False), "share of runs, with 95% interval"
    base = alt.Chart(table).encode(y=alt.Y("outcome:N", sort=list(table["outcome"]), title=None))
    bars = base.mark_bar(color=COLOURS[0], height={"band": 0.62}).encode(
        x=alt.X("share:Q", scale=scale, axis=alt.Axis(format="%", tickCount=5), title=text)
    )
    intervals = base.mark_rule(color="#333333", strokeWidth=1.5).encode(x=alt.X("low:Q", title=text), x2="high:Q")
    labels = base.mark_text(align="left", dx=6).encode(x=alt.X("reach:Q", title=text), text="label:N")
    return alt.layer(bars, intervals, labels).properties(
        width=width, height=alt.Step(34), title=title_of(_leader(table), subtitle, width + 110)
    )


def _leader(table: pd.DataFrame) -> str:
    """Says which outcome leads, or that the intervals of the first two overlap."""
    first, second = (row for _, row in table.sort_values("share", ascending=False, kind="stable").head(2).iterrows())
    if first["low"] > second["high"]:
        return f"The most frequent outcome is {first['outcome']} ({first['label']})"
    return f"No outcome stands out: {first['outcome']} ({first['label']}), {second['outcome']} ({second['label']})"


# --- membership over time


@dataclass(frozen=True)
class _Course:
    """Membership of one institution over time.

    Attributes:
        band: a row per day on which any replicate ended a round: date, low, median, high.
        opening: a row with the opening of signature and the end of its first window, empty if it never opened.
    """

    body: Institution
    band: pd.DataFrame
    opening: pd.DataFrame

    @property
    def end(self) -> Any:
        """Last row of the band."""
        return self.band.iloc[-1]


def _membership_curves(result: RunResult, width: int = 450) -> Any:
    courses = [_course(result, body) for body in result.scenario.institutions]
    states = max(_at_risk(result, course.body) for course in courses)
    highest = max(course.band["high"].max() for course in courses)
    frame = _Frame(
        alt.Scale(type="utc", domain=[_midnight(result.scenario.freeze_date), courses[0].end["date"]]),
        alt.Scale(domain=[0, max(10, float(min(states, 10 * np.ceil(highest / 10))))], nice=False),
        width,
        height=max(110, (34 * len(OUTCOMES) - 60 * (len(courses) - 1)) // len(courses)),
    )
    last = courses[0].end["date"]
    first, *others = [f"{course.end['median']:.0f}" for course in courses]
    signed = [f"{first} of {states} states have signed {courses[0].body.id}"]
    signed += [f"{number} {course.body.id}" for number, course in zip(others, courses[1:], strict=True)]
    title = title_of(
        f"In the median run {_listing(signed)} by {last:%B %Y}",
        "states signed over time: median, and band that holds 90% of the runs",
        width,
    )
    panels = [_panel(course, frame, COLOURS[j % len(COLOURS)]) for j, course in enumerate(courses)]
    return alt.vconcat(*panels, spacing=14, title=title)


@dataclass(frozen=True)
class _Frame:
    """What the panels share."""

    time: alt.Scale
    states: alt.Scale
    width: int
    height: int


def _panel(course: _Course, frame: _Frame, colour: str) -> Any:
    """One institution: shade and line of the window, band and median of its members."""
    time = alt.X("date:T", scale=frame.time, title=None, axis=alt.Axis(format="%b %Y", tickCount=6))
    number = alt.Axis(tickCount=4)
    band = alt.Chart(course.band).mark_area(interpolate="step-after", opacity=0.25, color=colour).encode(
        x=time, y=alt.Y("low:Q", scale=frame.states, title="states signed", axis=number), y2="high:Q"
    )  # fmt: skip
    median = alt.Chart(course.band).mark_line(interpolate="step-after", color=colour, strokeWidth=2.5).encode(
        x=time, y=alt.Y("median:Q", scale=frame.states, title="states signed", axis=number)
    )  # fmt: skip
    window = alt.Chart(course.opening).mark_rect(color=GREY, opacity=0.18).encode(
        x=alt.X("opens:T", scale=frame.time), x2="closes:T", description="label:N"   # the one made for x2 is not in UTC
    )  # fmt: skip
    ceremony = alt.Chart(course.opening).mark_rule(color=GREY, strokeDash=[4, 3]).encode(
        x=alt.X("opens:T", scale=frame.time)
    )  # fmt: skip
    label = alt.Chart(course.opening).mark_text(align="left", baseline="top", dx=0, dy=2, color=GREY, fontSize=10).encode(
        x=alt.X("labelled:T", scale=frame.time), y=alt.value(0), text="label:N"
    )  # fmt: skip
    name = course.body.id + (f": {course.body.name}" if course.body.name else "")
    title = _caption(name, colour)
    layers = alt.layer(window, band, median, ceremony, label)
    return layers.properties(width=frame.width, height=frame.height, title=title)


def _course(result: RunResult, body: Institution) -> _Course:
    rounds = in_utc(result.rounds[result.rounds["institution"] == body.id])
    signed = rounds.pivot(index="date", columns="replicate", values="signed")
    signed.loc[_midnight(result.scenario.freeze_date)] = 0
    values = signed.sort_index().ffill().to_numpy(dtype=float)   # a run that has ended keeps its members
    low, median, high = np.quantile(values, [0.05, 0.5, 0.95], axis=1)
    band = pd.DataFrame({"date": np.sort(signed.index), "low": low, "median": median, "high": high})
    opens = rounds[rounds["stage"].isin(AFTER_OPENING)].groupby("replicate")["date"].min()
    return _Course(body, band, _opening(opens, body))


def _opening(opens: pd.Series[Any], body: Institution) -> pd.DataFrame:
    """When signature opens, how long its first window lasts, and in how many runs."""
    if opens.empty:
        return pd.DataFrame({"opens": [], "closes": [], "labelled": [], "label": []})
    day: Any = opens.sort_values().iloc[(len(opens) - 1) // 2]
    window = timedelta(days=body.signature.window_days)
    what = "signature opens" if opens.nunique() == 1 else "signature opens (median)"
    return pd.DataFrame({
        "opens": [day],
        "closes": [day + window],
        "labelled": [day + window + timedelta(days=8)],
        "label": [f"{what} {day.day} {day:%b %Y}, for {body.signature.window_days} days"],
    })


# --- likely members


def _likely_members(result: RunResult, institution: str, n: int, width: int = 420) -> Any:
    table = _members(result, institution)
    half = int((table["share"] >= 0.5).sum())
    shown = table.head(n)
    base = alt.Chart(shown).encode(y=alt.Y("state:N", sort=list(shown["state"]), title=None, axis=alt.Axis(labelLimit=260)))
    scale = alt.Scale(domain=[0.0, 1.0])
    text = f"share of runs in which the state signs {institution}, 95% interval"
    intervals = base.mark_rule(color=COLOURS[0], opacity=0.5, strokeWidth=2).encode(
        x=alt.X("low:Q", scale=scale, title=text, axis=alt.Axis(format="%")), x2="high:Q"
    )  # fmt: skip
    dots = base.mark_point(color=COLOURS[0], filled=True, size=55, opacity=1).encode(
        x=alt.X("share:Q", scale=scale, title=text), tooltip=["state", "share", "low", "high"]
    )  # fmt: skip
    title = title_of(
        f"{half} of {len(table)} states sign {institution} in half of the runs or more; {shown['state'].iloc[0]} most often",
        f"the {len(shown)} states that sign most often; {result.replicates} runs, seed {result.seed}",
        width + 120,
    )
    return alt.layer(intervals, dots).properties(width=width, height=alt.Step(17), title=title)


def _members(result: RunResult, institution: str) -> pd.DataFrame:
    """A row per state at risk, most frequent signatory first: name, share of runs, interval."""
    body = next((body for body in result.scenario.institutions if body.id == institution), None)
    if body is None:
        known = ", ".join(result.scenario.institution_ids)
        raise InputError(result.scenario.name, "institution", f"there is no '{institution}'", f"one of {known}")
    members = result.members
    members = members[(members["institution"] == institution) & ~members["iso3"].isin([body.sponsor, body.rival])]
    members = members.sort_values(["p_signed", "iso3"], ascending=[False, True])
    low, high = wilson(np.round(members["p_signed"] * result.replicates), result.replicates)
    names = load_facts(result.scenario).nations["name"]
    return pd.DataFrame({
        "state": names.loc[members["iso3"]].to_numpy(), "share": members["p_signed"].to_numpy(), "low": low, "high": high
    })  # fmt: skip


def _at_risk(result: RunResult, body: Institution) -> int:
    """Number of states that can join: all but sponsor and rival."""
    return int((~result.nations["iso3"].drop_duplicates().isin([body.sponsor, body.rival])).sum())


def _listing(items: Sequence[str]) -> str:
    """The items as in "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def words_of(name: str) -> str:
    """A name as a reader sees it."""
    return name.replace("_", " ")


def _midnight(day: Any) -> pd.Timestamp:
    return pd.Timestamp(day, tz="UTC")


def in_utc(table: pd.DataFrame) -> pd.DataFrame:
    """A table with its days as midnights in UTC: else a chart would put them where the reader's time zone and summer time do."""
    return table.assign(date=table["date"].dt.tz_localize("UTC"))

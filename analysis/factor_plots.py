"""Figures of what a sweep's factors do: how much each matters, and the box in which an outcome is common.

The look, and what a figure owes its reader, are those of `waico.analysis.plots`. Needs the extra `analysis`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from waico.analysis.discovery import Box
from waico.analysis.plots import COLOURS, GREY, Chart, themed, title_of
from waico.runs.design import Range, Values

WIDTH = 520
NAMES = {
    "ST": "total (with what it does together with others)", "S1": "first order (alone)",
    "delta": "delta (on the whole distribution)", "mu_star": "mu* (size of effects)",
}  # fmt: skip
PLAIN = {"ST": "total index", "S1": "first-order index", "delta": "delta", "mu_star": "mu*"}   # in sentences
MAIN = ("ST", "mu_star", "delta", "S1")   # indices that rank factors, the best first
ORDER = (*MAIN, "sigma", "mu")   # in which they are told
LABEL_LIMIT = 240
LEGEND = alt.Legend(orient="top", labelFontSize=12, labelLimit=320)
NOISY = 0.9
PALE = 0.5   # opacity of what cannot be told from noise
STEP = 92   # pixels of a column


def main_index(indices: pd.DataFrame) -> str:
    """The index by which factors are ranked: total (Sobol'), mu* (Morris), else delta or first order, as most measures have it."""
    known = indices[indices["value"].notna()]
    measures = known.groupby("index")["measure"].nunique()
    return max((name for name in MAIN if name in measures), key=lambda name: (measures[name], -MAIN.index(name)))


def ranked(indices: pd.DataFrame) -> pd.DataFrame:
    """The main index of one measure, its largest factor first; without numbers that are missing."""
    rows = indices[(indices["index"] == main_index(indices)) & indices["value"].notna()]
    return rows.sort_values(["value", "factor"], ascending=[False, True])


def stands_out(indices: pd.DataFrame) -> bool:
    """Whether the largest factor of one measure can be told from noise.

    It cannot where its interval reaches 0, or where more than nine tenths of the variation between samples would be other
    with other replicates.
    """
    first = ranked(indices).iloc[0]
    return not (first["low"] <= 0.0 or first["noise"] > NOISY)


class Lead(NamedTuple):
    """By how much the largest factor of a measure exceeds the others.

    Attributes:
        first: path of the largest factor. second: of the one that comes nearest, given how well both are known; empty if there is none.
        difference: of their main indices. low, high: its 95% interval; missing where theirs are.
        sure: whether the first stands out from noise, and before every other.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    sure: bool


def lead(indices: pd.DataFrame) -> Lead:
    """Whether a factor leads for one measure: its index less that of each other, with intervals as of independent estimates.

    Half the interval of a difference is the root of the sum of both halves squared. Estimates from one sample tend to err together,
    so that it is rather too wide. One factor must lead before all others at once, which needs no correction for their number.
    """
    order = ranked(indices)
    first, rest = order.iloc[0], order.iloc[1:]
    if rest.empty:
        return Lead(first["factor"], "", math.nan, math.nan, math.nan, stands_out(indices))
    half = (rest["high"] - rest["value"]).pow(2).add((first["high"] - first["value"]) ** 2).pow(0.5)
    gaps = (first["value"] - rest["value"]).rename("gap").to_frame().assign(half=half, low=lambda table: table["gap"] - table["half"])
    nearest = gaps["low"].fillna(-math.inf).idxmin()
    gap, half_of = float(gaps.loc[nearest, "gap"]), float(gaps.loc[nearest, "half"])
    sure = bool((gaps["low"] > 0.0).all()) and stands_out(indices)
    return Lead(first["factor"], str(rest.loc[nearest, "factor"]), gap, gap - half_of, gap + half_of, sure)


def leading(indices: pd.DataFrame, labels: Mapping[str, str], what: str) -> str:
    """Which factor matters most for one measure, in a sentence, and whether that can be told from noise."""
    if not stands_out(indices):
        return f"No factor can be told from noise for {what}"
    order, found, index = ranked(indices), lead(indices), PLAIN[main_index(indices)]
    text = f"{labels[found.first]} {'leads' if found.sure else 'has the largest index'} for {what}: {index} {order['value'].iloc[0]:.2f}"
    if not found.second:
        return text
    second = order.set_index("factor").loc[found.second, "value"]
    return f"{text}, against {second:.2f} of {labels[found.second]}{'' if found.sure else ', a lead within noise'}"


def lead_in_words(indices: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """The interval of the lead, for a subtitle; empty where there is none."""
    found = lead(indices)
    if math.isnan(found.low):
        return ""
    return f"; lead over {labels[found.second]} {found.difference:.2f} (95% interval {found.low:.2f} to {found.high:.2f})"


def sensitivity(indices: pd.DataFrame, labels: Mapping[str, str], what: str) -> Chart:
    """How much each factor matters for one measure: Sobol' or delta indices as bars, or Morris' mu* against sigma.

    Args:
        indices: of `waico.analysis.sensitivity.indices`, of one measure, with some number of its main index.
        labels: label by path.
        what: the measure in words.
    """
    order, text, known = ranked(indices), leading(indices, labels, what), lead_in_words(indices, labels)
    table = indices[indices["value"].notna()].assign(label=indices["factor"].map(labels))
    names = [labels[path] for path in order["factor"]]
    return themed(_morris(table, text, known) if main_index(indices) == "mu_star" else _bars(table, names, text, known))


def sensitivity_map(indices: pd.DataFrame, labels: Mapping[str, str], measures: Mapping[str, str]) -> Chart:
    """The main index of every factor for every measure, as a table in colour; pale where no lead can be told from noise.

    Args:
        indices: of `waico.analysis.sensitivity.indices`; measures without any number of the main index are left out.
        labels: label by path.
        measures: measures in words, in order.
    """
    index = main_index(indices)
    table = indices[(indices["index"] == index) & indices["value"].notna()].reset_index(drop=True)
    leads = {measure: lead(rows) for measure, rows in table.groupby("measure", sort=False)}
    noise = table.groupby("measure", sort=False)["noise"].first()
    columns = {measure: _column(words, leads[measure], noise[measure]) for measure, words in measures.items() if measure in leads}
    table = table.assign(label=table["factor"].map(labels), what=table["measure"].map(columns))
    table["opacity"] = [1.0 if leads[measure].sure else PALE for measure in table["measure"]]
    dark = table["opacity"] * table["value"] > 0.55 * table["value"].max()
    table["ink"] = dark.map({True: "white", False: "#222222"})
    sums = table.groupby("label", sort=False)["value"].sum().sort_values(ascending=False)
    x = alt.X("what:N", sort=list(columns.values()), title=None,
              axis=alt.Axis(labelAngle=0, labelExpr="split(datum.label, '|')", labelLimit=STEP, domain=False, ticks=False))  # fmt: skip
    y = alt.Y(
        "label:N", sort=list(sums.index), title=None, axis=alt.Axis(labelLimit=LABEL_LIMIT, domain=False, ticks=False)
    )
    base, top = alt.Chart(table).encode(x=x, y=y), max(0.05, float(table["value"].max()))
    tiles = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color("value:Q", scale=alt.Scale(scheme="blues", domain=[0.0, top]), legend=None), opacity=alt.Opacity("opacity:Q", scale=None),
        tooltip=["label:N", "what:N", *(alt.Tooltip(f"{name}:Q", format=".3f") for name in ("value", "low", "high"))],
    )  # fmt: skip
    numbers = base.mark_text(fontSize=12).encode(
        text=alt.Text("value:Q", format=".2f"), color=alt.Color("ink:N", scale=None)
    )
    subtitle = (
        f"index: {NAMES[index]}; darker matters more, pale: the lead over the next factor is within noise; below: 95% interval of that lead, "
        "and the share of the variation between samples that is noise of replicates"
    )
    title = title_of(_leaders([found for found in leads.values() if found.sure], len(leads), labels), subtitle, 700)
    chart = alt.layer(tiles, numbers).resolve_scale(color="independent")
    return themed(chart.properties(width=alt.Step(STEP), height=alt.Step(32), title=title))


def _column(words: str, found: Lead, noise: float) -> str:
    """What stands under a column: the measure, the interval of the lead, and the noise; lines are parted by bars."""
    lines = words.split(" ")
    if not math.isnan(found.low):
        lines += ["lead", f"{found.low:.2f} to {found.high:.2f}"]
    if not math.isnan(noise):
        lines += [f"noise {noise:.0%}"]
    return "|".join(lines)


def _leaders(sure: list[Lead], measures: int, labels: Mapping[str, str]) -> str:
    """Which factors lead, for how many measures, of those where a lead can be told from noise."""
    if not sure:
        return f"For none of {measures} measures does a factor lead beyond noise"
    count = Counter(labels[found.first] for found in sure)
    most = max(count.values())
    first = [name for name, number in count.items() if number == most]
    rest = f"; for {measures - len(sure)} no lead can be told from noise" if len(sure) < measures else ""
    return f"{' and '.join(first)} {'leads' if len(first) == 1 else 'each lead'} for {most} of {measures} measures{rest}"


def peeling(box: Box, happens: str) -> Chart:
    """The way to the box: coverage and density of each box on it, and of the one chosen on samples held out.

    Args:
        box: with a trajectory.
        happens: what the runs do that are looked for, such as "end as 'no text'".
    """
    way = box.trajectory
    share = alt.Axis(format="%", tickCount=6)
    x = alt.X(
        "coverage:Q",
        title=f"coverage: share of the runs that {happens} which lie inside",
        axis=share,
        scale=alt.Scale(domain=[0.0, 1.0]),
    )
    y = alt.Y(
        "density:Q", title="density: share of the runs inside that do", axis=share, scale=alt.Scale(domain=[0.0, 1.0])
    )
    tip = [
        "box:Q",
        "dimensions:Q",
        *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("coverage", "density", "mass")),
    ]
    base = alt.Chart(way).encode(x=x, y=y)
    path = base.mark_line(color=GREY, opacity=0.5, strokeWidth=1.5)
    dots = base.mark_point(filled=True, size=45, opacity=0.9, color=COLOURS[5]).encode(tooltip=tip)
    marks = pd.DataFrame({
        "coverage": [box.coverage, box.held_out_coverage], "density": [box.density, box.held_out_density],
        "what": ["chosen box", "the same box on samples held out"],
    }).dropna()  # fmt: skip
    names = ["chosen box", "the same box on samples held out"]
    ends = alt.Chart(marks).mark_point(size=150, strokeWidth=3, opacity=1).encode(
        x=x, y=y, tooltip=["what:N", alt.Tooltip("coverage:Q", format=".1%"), alt.Tooltip("density:Q", format=".1%")],
        color=alt.Color("what:N", scale=alt.Scale(domain=names, range=[COLOURS[1], COLOURS[0]]), title=None, legend=LEGEND),
        shape=alt.Shape("what:N", scale=alt.Scale(domain=names, range=["circle", "diamond"]), title=None),
    )  # fmt: skip
    shares = pd.DataFrame({"density": [way["density"].iloc[0], box.held_out_share], "half": ["searched", "held out"]}).sort_values("density")
    shares["text"] = [f"all runs {half}: {share:.0%}" for half, share in zip(shares["half"], shares["density"], strict=True)]
    base_rates = alt.Chart(shares.assign(above=[False, True]))
    line = base_rates.mark_rule(color=GREY, strokeDash=[4, 3]).encode(y=y)
    labels = [   # apart, however close they lie
        base_rates.transform_filter(f"datum.above == {str(above).lower()}").mark_text(align="left", dx=4, dy=dy, color=GREY, fontSize=11).encode(
            y=y, x=alt.value(0), text="text:N"
        )
        for above, dy in ((True, -7), (False, 9))
    ]
    text = (
        f"Inside the box {box.held_out_density:.0%} of the runs held out {happens}, "
        f"against {box.held_out_share:.0%} of all; it holds {box.held_out_coverage:.0%} of those that do"
    )
    title = title_of(
        text, "a point per box, each a little smaller than the one before, from all runs (right) on", WIDTH + 60
    )
    return themed(alt.layer(line, *labels, path, dots, ends).properties(width=WIDTH, height=290, title=title))


def box_ranges(box: Box, factors: Mapping[str, Range | Values], labels: Mapping[str, str]) -> Chart:
    """The limits of a box on the whole range of each factor that it restricts.

    Args:
        box: with some limits.
        factors: ranges of the sweep, by path.
        labels: label by path.
    """
    limits = box.limits.replace([math.inf, -math.inf], math.nan)
    table = pd.DataFrame(
        [piece for _, limit in limits.iterrows() for piece in _pieces(limit, factors[limit["factor"]])]
    )
    table["label"] = table["factor"].map(labels)
    order = [labels[path] for path in box.limits["factor"]]
    y = alt.Y(
        "label:N", sort=order, title=None, axis=alt.Axis(labelLimit=LABEL_LIMIT, domain=False, ticks=False, grid=False)
    )
    x = alt.X("start:Q", scale=alt.Scale(domain=[0.0, 1.0]), axis=None)
    bars = alt.Chart(table).mark_bar(height=20, stroke="white", strokeWidth=1).encode(
        y=y, x=x, x2="end:Q", tooltip=["label:N", "text:N"],
        color=alt.Color("inside:N", scale=alt.Scale(domain=[True, False], range=[COLOURS[0], "#E0E0E0"]), legend=None),
    )  # fmt: skip
    words = (
        alt.Chart(table)
        .mark_text(fontSize=12)
        .encode(
            y=y,
            x=alt.X("middle:Q", axis=None),
            text="text:N",
            color=alt.condition("datum.inside", alt.value("white"), alt.value("#555555")),
        )
    )
    ends = alt.Chart(table[table["end_text"] != ""]).mark_text(fontSize=11, color=GREY, dy=18).encode(
        y=y, x=alt.X("end_at:Q", axis=None), text="end_text:N"
    )  # fmt: skip
    text = f"The box restricts {len(order)} of {len(factors)} factors"
    title = title_of(text, "blue: inside the box; grey: the rest of what was swept", WIDTH + 120)
    return themed(alt.layer(bars, words, ends).properties(width=WIDTH, height=alt.Step(54), title=title))


def _bars(table: pd.DataFrame, names: list[str], text: str, known: str) -> Any:
    kinds = [name for name in ("ST", "delta", "S1") if name in set(table["index"])]
    words = [NAMES[name] for name in kinds]
    drawn = table[table["index"].isin(kinds)].assign(kind=lambda rows: rows["index"].map(NAMES))
    y = alt.Y("label:N", sort=names, title=None, axis=alt.Axis(labelLimit=LABEL_LIMIT))
    offset = alt.YOffset("kind:N", sort=words)
    colour = alt.Color(
        "kind:N",
        sort=words,
        scale=alt.Scale(domain=words, range=[COLOURS[0], COLOURS[4]][: len(kinds)]),
        title=None,
        legend=LEGEND,
    )
    axis = "index, with 95% interval"
    base = alt.Chart(drawn).encode(y=y, yOffset=offset)
    tip = ["label:N", "kind:N", *(alt.Tooltip(f"{name}:Q", format=".3f") for name in ("value", "low", "high"))]
    bars = base.mark_bar().encode(x=alt.X("value:Q", title=axis), color=colour, tooltip=tip)
    intervals = base.mark_rule(color="#333333", strokeWidth=1.5).encode(x=alt.X("low:Q", title=axis), x2="high:Q")
    title = title_of(text, f"share of the variation that goes back to the factor; 0 is nothing, 1 is all{known}", WIDTH + 120)
    return alt.layer(bars, intervals).properties(width=WIDTH, height=alt.Step(20), title=title)


def _morris(table: pd.DataFrame, text: str, known: str) -> Any:
    """Mean size of elementary effects against their spread: effects off the line do not simply add up (Morris 1991)."""
    wide = table.pivot(index="label", columns="index", values="value").reset_index()
    bounds = table[table["index"] == "mu_star"].set_index("label")[["low", "high"]]
    wide = wide.join(bounds, on="label")
    axis = "mu*: mean size of the effect of the factor, with 95% interval"
    x, y = alt.X("mu_star:Q", title=axis), alt.Y("sigma:Q", title="sigma: spread of its effects")
    base = alt.Chart(wide)
    intervals = base.mark_rule(color=COLOURS[0], opacity=0.5, strokeWidth=2).encode(
        x=alt.X("low:Q", title=axis), x2="high:Q", y=y
    )
    dots = base.mark_point(filled=True, size=90, color=COLOURS[0], opacity=1).encode(
        x=x,
        y=y,
        tooltip=["label:N", *(alt.Tooltip(f"{name}:Q", format=".3f") for name in ("mu_star", "low", "high", "sigma"))],
    )
    labels = base.mark_text(align="left", dx=8, dy=-10, fontSize=12).encode(x=x, y=y, text="label:N")
    title = title_of(
        text, f"right: matters more; high: its effect depends on the other factors, or is bent{known}", WIDTH + 120
    )
    return alt.layer(intervals, dots, labels).properties(width=WIDTH, height=300, title=title)


def _pieces(limit: pd.Series[Any], factor: Range | Values) -> Iterator[dict[str, Any]]:
    """The stretches of a factor inside and outside of the box, on [0, 1]."""
    if isinstance(factor, Values):
        count = len(factor.values)
        for number, value in enumerate(factor.values):
            yield _piece(limit, number / count, (number + 1) / count, _holds(limit, value), str(value))
        return
    low, high = (
        end if pd.isna(limit[name]) else float(limit[name])
        for name, end in (("low", factor.low), ("high", factor.high))
    )
    start, end = _place(low, factor), _place(high, factor)
    yield _piece(limit, 0.0, start, False, "", 0.0, f"{factor.low:g}")
    yield _piece(limit, start, end, True, f"{low:.3g} to {high:.3g}")
    yield _piece(limit, end, 1.0, False, "", 1.0, f"{factor.high:g}")


def _holds(limit: pd.Series[Any], value: Any) -> bool:
    """Whether a box holds one of the values of a factor; numbers have limits, all else is named."""
    if limit["values"] is not None:
        return str(value) in map(str, limit["values"])
    return not (value < limit["low"] or value > limit["high"])   # open ends are missing, and refuse nothing


def _piece(
    limit: pd.Series[Any],
    start: float,
    end: float,
    inside: bool,
    text: str,
    end_at: float = math.nan,
    end_text: str = "",
) -> dict[str, Any]:
    return {
        "factor": limit["factor"], "start": start, "end": end, "middle": (start + end) / 2, "inside": inside,
        "text": text, "end_at": end_at, "end_text": end_text,
    }  # fmt: skip


def _place(value: float, factor: Range) -> float:
    """Where on its range a value lies, from 0 to 1."""
    if factor.scale == "log":
        found = math.log(value / factor.low) / math.log(factor.high / factor.low)
    else:
        found = (value - factor.low) / (factor.high - factor.low)
    return min(1.0, max(0.0, found))

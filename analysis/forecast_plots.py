"""Figure of a forecast: how many states join each body, and which are likeliest to. Built from the files of a forecast.

The look, and what a figure owes its reader, are those of `waico.analysis.plots`. Needs the extra `analysis`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import altair as alt
import pandas as pd

from waico.analysis.plots import COLOURS, GREY, Chart, themed, title_of

WIDTH = 350
LIKELIEST = 40
BIN = 10   # states
MARGIN = 150   # pixels that the names of states take


def forecast_figure(record: Mapping[str, Any], states: pd.DataFrame, n: int = LIKELIEST) -> Chart:
    """A column per institution: the number of members over the runs, and the `n` likeliest states.

    Args:
        record: forecast.json.
        states: states.csv.
        n: states shown.
    """
    columns = [
        _column(record, body, told, states[states["institution"] == body].head(n), COLOURS[j % len(COLOURS)])
        for j, (body, told) in enumerate(record["institutions"].items())
    ]
    body, told = next(iter(record["institutions"].items()))
    title = title_of(
        f"By {_day(record['until'])}, {told['median']:.0f} of {told['states']} states have {told['status']} {body} in the median run; "
        f"90% of the runs lie between {told['q05']:.0f} and {told['q95']:.0f}",
        f"forecast from what was known on {_day(record['freeze_date'])}; {record['replicates']} runs, seed {record['seed']}",
        (WIDTH + MARGIN) * len(columns),
    )
    return themed(alt.hconcat(*columns, spacing=34, title=title))


def _column(record: Mapping[str, Any], body: str, told: Mapping[str, Any], states: pd.DataFrame, colour: str) -> Any:
    names = {each["id"]: each["name"] for each in record["scenario"]["institutions"]}
    head = alt.TitleParams(f"{body}: {names[body]}", fontSize=12, color=colour, anchor="start", frame="group", offset=8)
    return alt.vconcat(_histogram(record, told, colour), _ranking(states, told, colour), spacing=16, title=head)


def _histogram(record: Mapping[str, Any], told: Mapping[str, Any], colour: str) -> Any:
    """Share of runs by number of members, in classes of ten; none at all stands by itself."""
    counts = pd.Series({int(number): times for number, times in told["distribution"].items()})
    highest = max(int(max(each["distribution"], key=int)) for each in record["institutions"].values())
    classes = [(0, 0), *((low, min(low + BIN - 1, told["states"])) for low in range(1, highest + 1, BIN))]
    table = pd.DataFrame({
        "states": [f"{low}-{high}" if low < high else str(high) for low, high in classes],
        "share": [counts[(counts.index >= low) & (counts.index <= high)].sum() / record["replicates"] for low, high in classes],
    })
    scale = alt.Scale(domain=[0.0, 1.12 * float(table["share"].max())], nice=False)   # no label at the top, so that heads are level
    return alt.Chart(table).mark_bar(color=colour, opacity=0.85).encode(
        x=alt.X("states:O", sort=list(table["states"]), title=f"states that have {told['status']}", axis=alt.Axis(labelAngle=-60)),
        y=alt.Y("share:Q", scale=scale, title="share of runs", axis=alt.Axis(format="%", tickCount=4)),
    ).properties(width=WIDTH, height=120)  # fmt: skip


def _ranking(states: pd.DataFrame, told: Mapping[str, Any], colour: str) -> Any:
    """Probability of the likeliest states with its interval; the static logit's as a tick beside it."""
    title = f"probability of having {told['status']}, interval of simulation"
    x = alt.X("probability:Q", scale=alt.Scale(domain=[0.0, 1.0]), title=title, axis=alt.Axis(format="%", tickCount=5))
    base = alt.Chart(states).encode(y=alt.Y("name:N", sort=list(states["name"]), title=None, axis=alt.Axis(labelLimit=MARGIN)))
    intervals = base.mark_rule(color=colour, opacity=0.45, strokeWidth=3).encode(x=alt.X("low:Q", title=title), x2="high:Q")
    dots = base.mark_point(color=colour, filled=True, size=42, opacity=1).encode(x=x)
    logit = base.mark_tick(color=GREY, thickness=1.5, size=10, opacity=0.7).encode(x=alt.X("static_logit:Q", title=title))
    return alt.layer(logit, intervals, dots).properties(
        width=WIDTH, height=alt.Step(15),
        title=alt.TitleParams("dots: the model; grey ticks: a static logit", fontSize=11, fontWeight="normal", color=GREY, offset=4),
    )  # fmt: skip


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B %Y}"

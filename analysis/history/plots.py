"""Figures of how the model stands against history. The look is that of `waico.analysis.plots`; needs the extra `analysis`."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from waico.analysis.history.reliability import ALL
from waico.analysis.plots import COLOURS, GREY, Chart, themed, title_of, words_of

PREDICTIONS = {"auc": "simulation", "auc_static_logit": "static logit", "auc_alignment": "alignment alone"}
SHAPES = ("circle", "diamond", "triangle-up")


def skill(table: pd.DataFrame) -> Chart:
    """AUC of each case left out, simulated and by simpler predictions, beside the number of members.

    Args:
        table: from `waico.analysis.history.leave_out.table`.
    """
    mean = {name: table[column].mean() for column, name in PREDICTIONS.items()}
    title = title_of(
        f"Who joins a body the model was not fitted to, ranked beside a static logit: {_verdict(table)}",
        f"mean AUC {mean['simulation']:.2f}, {mean['static logit']:.2f} by a static logit, {mean['alignment alone']:.2f} by alignment; better or worse "
        "where the 90% interval of the difference leaves out 0; left: ranking, bars hold 90% of samples of the states; right: members, bars hold 90% of "
        "the runs", 760,
    )  # fmt: skip
    cases = table.assign(case=[words_of(name) for name in table["case"]])
    panels = alt.hconcat(_ranking(cases), _numbers(cases), spacing=30, title=title)
    return themed(panels.resolve_scale(color="independent", shape="independent"))


def _verdict(table: pd.DataFrame) -> str:
    """In which cases the interval of the gain over the static logit lies on one side of 0."""
    better, worse = table["gain_low"] > 0.0, table["gain_high"] < 0.0
    told = [
        f"{side} in {where.sum()}" + f" ({', '.join(map(words_of, table['case'][where]))})" * bool(where.any())
        for side, where in (("better", better), ("worse", worse))
    ]
    return f"of {len(table)} cases {told[0]}, {told[1]}, neither in {(~better & ~worse).sum()}"


def _ranking(table: pd.DataFrame) -> Any:
    long = table.melt("case", list(PREDICTIONS), "prediction", "value").replace({"prediction": PREDICTIONS})
    scale = alt.Scale(domain=[0.4, 1.0])
    x = alt.X("value:Q", scale=scale, title="AUC (0.5 is chance)", axis=alt.Axis(tickCount=6))
    y = alt.Y("case:N", sort=list(table["case"]), title=None, axis=alt.Axis(labelLimit=220))
    names = list(PREDICTIONS.values())
    dots = alt.Chart(long).mark_point(filled=True, size=110, opacity=1).encode(
        x=x, y=y,
        color=alt.Color("prediction:N", scale=alt.Scale(domain=names, range=[COLOURS[0], COLOURS[4], GREY]), title=None,
                        legend=alt.Legend(orient="bottom", labelFontSize=12, direction="horizontal")),
        shape=alt.Shape("prediction:N", scale=alt.Scale(domain=names, range=list(SHAPES)), title=None),
    )  # fmt: skip
    bars = alt.Chart(table).mark_rule(color=COLOURS[0], strokeWidth=2, opacity=0.5).encode(
        x=alt.X("auc_low:Q", scale=scale, title="AUC (0.5 is chance)"), x2="auc_high:Q", y=y
    )  # fmt: skip
    chance = alt.Chart(pd.DataFrame({"value": [0.5]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x=x)
    return alt.layer(chance, bars, dots).properties(width=380, height=alt.Step(38))


def _numbers(table: pd.DataFrame) -> Any:
    y = alt.Y("case:N", sort=list(table["case"]), title=None, axis=None)
    long = table.melt("case", ["observed", "mean"], "kind", "value").replace({"kind": {"mean": "simulated, mean"}})
    kinds = ["observed", "simulated, mean"]
    bars = alt.Chart(table).mark_rule(color=COLOURS[0], strokeWidth=2, opacity=0.5).encode(
        x=alt.X("q05:Q", title="states that joined"), x2="q95:Q", y=y
    )  # fmt: skip
    dots = alt.Chart(long).mark_point(filled=True, size=110, opacity=1).encode(
        x=alt.X("value:Q", title="states that joined"), y=y,
        color=alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=["#000000", COLOURS[0]]), title=None,
                        legend=alt.Legend(orient="bottom", labelFontSize=12, direction="horizontal")),
        shape=alt.Shape("kind:N", scale=alt.Scale(domain=kinds, range=["square", "circle"]), title=None),
    )  # fmt: skip
    return alt.layer(bars, dots).properties(width=300, height=alt.Step(38))


def calibration(bins: pd.DataFrame, fits: pd.DataFrame) -> Chart:
    """Predicted probability of joining against the share that joined, all cases together and each by itself.

    Args:
        bins: from `waico.analysis.history.reliability.reliability`.
        fits: from `waico.analysis.history.reliability.recalibration`.
    """
    panels = [
        _calibrated(rows, words_of(str(case)), 330 if case == ALL else 165, first=case == ALL)
        for case, rows in sorted(bins.groupby("case", sort=False), key=lambda pair: pair[0] != ALL)
    ]
    subtitle = (
        "share of states that joined among those of about equal probability, with 95% interval as if they were independent; on the dashed line "
        "probabilities mean what they say; larger dots stand for more states; intervals of the title are clustered by case and by state"
    )
    title = title_of(_stretch(fits.set_index("case").loc[ALL], len(fits) - 1), subtitle, 860)
    return themed(alt.hconcat(panels[0], alt.concat(*panels[1:], columns=3, spacing=12), spacing=20, title=title))


def _calibrated(rows: pd.DataFrame, name: str, width: int, *, first: bool) -> Any:
    unit = alt.Scale(domain=[0.0, 1.0])
    axis = alt.Axis(format="%", tickCount=5 if first else 3)
    x = alt.X("predicted:Q", scale=unit, axis=axis, title="predicted" if first else None)
    base = alt.Chart(rows).encode(x=x)
    bars = base.mark_rule(color=COLOURS[0], strokeWidth=2, opacity=0.5).encode(
        y=alt.Y("low:Q", scale=unit, axis=axis, title="joined" if first else None), y2="high:Q"
    )
    dots = base.mark_point(filled=True, color=COLOURS[0], opacity=1).encode(
        y=alt.Y("observed:Q", scale=unit, title="joined" if first else None),
        size=alt.Size("n:Q", scale=alt.Scale(range=[20, 160]), legend=None),
    )
    even = alt.Chart(pd.DataFrame({"p": [0.0, 1.0]})).mark_line(color=GREY, strokeDash=[4, 3]).encode(
        x=alt.X("p:Q", scale=unit, title="predicted" if first else None), y=alt.Y("p:Q", scale=unit, title="joined" if first else None)
    )  # fmt: skip
    caption = alt.TitleParams(name, fontSize=12, fontWeight="bold" if first else "normal", offset=4)
    return alt.layer(even, bars, dots).properties(width=width, height=width, title=caption)


def _stretch(fit: Any, cases: int) -> str:
    """Whether probabilities are too timid or too extreme, and whether too many were expected."""
    if pd.isna(fit["slope"]):
        return "Too little happened to tell how well probabilities fit"
    spread = "too timid" if fit["slope_low"] > 1.0 else "too extreme" if fit["slope_high"] < 1.0 else "neither too timid nor too extreme beyond chance"
    level = "too high" if fit["large_high"] < 0.0 else "too low" if fit["large_low"] > 0.0 else "neither too high nor too low beyond chance"
    return (
        f"Over {cases} case{'s' * (cases > 1)}, probabilities are {spread} (slope {_with_ends(fit, 'slope')}) and {level} "
        f"(log odds off by {_with_ends(fit, 'large')})"
    )


def _with_ends(fit: Any, name: str) -> str:
    return f"{fit[name]:.2f}, 95% interval {fit[f'{name}_low']:.2f} to {fit[f'{name}_high']:.2f}"

"""Figures of how the model stands against history. The look is that of `waico.analysis.plots`; needs the extra `analysis`."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

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
        f"Who joins a body the model was not fitted to: AUC {mean['simulation']:.2f} in the mean of {len(table)} cases, "
        f"{mean['static logit']:.2f} by a static logit, {mean['alignment alone']:.2f} by alignment",
        "left: ranking of states, bars hold 90% of samples of the states; right: members, bars hold 90% of the runs", 760,
    )  # fmt: skip
    cases = table.assign(case=[words_of(name) for name in table["case"]])
    panels = alt.hconcat(_ranking(cases), _numbers(cases), spacing=30, title=title)
    return themed(panels.resolve_scale(color="independent", shape="independent"))


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

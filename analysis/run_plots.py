"""Figures of a run that go into one thing: what the text came to say, issue by issue, and why one state decided as it did.

Needs the extra `analysis`.
"""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from waico.analysis.explain import Explanation
from waico.analysis.plots import COLOURS, GREY, Chart, themed, title_of
from waico.runs.run import RunResult
from waico.scenarios.facts import load_facts
from waico.scenarios.schema import Scenario

WIDTH = 560   # pixels
BAND = (0.05, 0.5, 0.95)
SHOWN = 0.005   # a term below this is not drawn: it is 0 in the figure's digits
MARKS = ("status quo", "opening text", "final text, median")


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
    x_title = "text, from the low end of the issue (0) to its high end (1)"
    base = alt.Chart(table).encode(y=y)
    band = base.mark_bar(color=COLOURS[0], opacity=0.3, height=9).encode(x=alt.X("low:Q", scale=scale, title=x_title), x2="high:Q")
    long = table.melt("issue", ["status_quo", "opening", "median"], "mark", "value").replace(
        {"mark": dict(zip(["status_quo", "opening", "median"], MARKS, strict=True))}
    )
    marks = alt.Chart(long.dropna(subset=["value"])).mark_point(filled=True, size=85, opacity=1).encode(
        y=y, x=alt.X("value:Q", scale=scale, title=x_title),
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


def decision_terms(explanation: Explanation, scenario: Scenario) -> Chart:
    """The terms of one state's decision in one round, the largest first; see `waico.analysis.explain.explain`.

    Each adds to the log hazard of the step: a term of +0.69 doubles it. Terms that are 0 are left out.
    """
    name = str(load_facts(scenario).nations.loc[explanation.nation, "name"])
    terms = pd.DataFrame({"term": list(explanation.terms), "value": list(explanation.terms.values())})
    terms = terms[terms["value"].abs() >= SHOWN].sort_values("value", key=lambda x: -x.abs(), kind="stable")
    terms["sign"] = np.where(terms["value"] > 0, "for", "against")
    terms["label"] = [f"{value:+.2f}" for value in terms["value"]]
    reach = 1.25 * float(terms["value"].abs().max()) if len(terms) else 1.0
    scale = alt.Scale(domain=[-reach, reach])
    base = alt.Chart(terms).encode(
        y=alt.Y("term:N", sort=list(terms["term"]), title=None), x=alt.X("value:Q", scale=scale, title="part of the log hazard per 30 days")
    )
    bars = base.mark_bar(height={"band": 0.7}).encode(
        color=alt.Color("sign:N", scale=alt.Scale(domain=["for", "against"], range=[COLOURS[0], COLOURS[1]]), legend=None)
    )
    labels = [
        base.transform_filter(f"datum.value {sign} 0").mark_text(align=align, dx=dx).encode(text="label:N")
        for sign, align, dx in ((">", "left", 4), ("<", "right", -4))
    ]
    subtitle = (
        f"{explanation.institution}, to {explanation.date}; {explanation.v:+.2f} in all, a probability of {explanation.hazard:.1%} in this round"
        if explanation.step != "none" else f"{explanation.institution}, to {explanation.date}; no step was open: {explanation.reason}"
    )  # fmt: skip
    chart = alt.layer(bars, *labels).properties(width=WIDTH - 100, height=alt.Step(24), title=title_of(_verdict(explanation, name), subtitle, WIDTH))
    return themed(chart)


def _moved(table: pd.DataFrame) -> str:
    """Which issue the talks moved most, and which way."""
    moves = (table["median"] - table["opening"]).set_axis(table["issue"])
    if moves.isna().all():
        return "No text is ever tabled"
    issue = str(moves.abs().round(12).idxmax())
    if abs(moves[issue]) < SHOWN:
        return "Talks leave the opening text as it is"
    end = table.set_index("issue").loc[issue, "high_end" if moves[issue] > 0 else "low_end"]
    return f"Talks move {issue} most: by {abs(moves[issue]):.2f} in the median run, towards '{end}'"


def _verdict(explanation: Explanation, name: str) -> str:
    """What the state did, and the terms that weighed most among those that are its own."""
    place = f"in round {explanation.round}"
    if explanation.step == "none":
        return f"{name} had no decision to take {place}"
    own = {term: value for term, value in explanation.terms.items() if term not in ("intercept", "time") and abs(value) >= SHOWN}
    taken = explanation.after != explanation.before
    weighed = [term for term, value in sorted(own.items(), key=lambda item: -abs(item[1])) if (value > 0) == taken][:2]
    does = f"does {explanation.step}" if taken else f"does not {explanation.step}"
    return f"{name} {does} {place}: most {'for' if taken else 'against'} it {'was' if len(weighed) < 2 else 'were'} {' and '.join(weighed) or 'nothing of its own'}"

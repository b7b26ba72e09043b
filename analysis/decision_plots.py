"""Why one state decided as it did, as a figure. Needs the extra `analysis`."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from waico.analysis.explain import Explanation
from waico.analysis.plots import COLOURS, Chart, themed, title_of
from waico.scenarios.facts import load_facts
from waico.scenarios.schema import Scenario

WIDTH = 560   # pixels
SHOWN = 0.005   # a term below this is not drawn: it is 0 in the figure's digits


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
    run = f"; replicate {explanation.replicate} alone, others have other draws"
    subtitle = (
        f"{explanation.institution}, to {explanation.date}; {explanation.v:+.2f} in all, a probability of {explanation.hazard:.1%} in this round"
        if explanation.step != "none" else f"{explanation.institution}, to {explanation.date}; no step was open: {explanation.reason}"
    )  # fmt: skip
    chart = alt.layer(bars, *labels).properties(width=WIDTH - 100, height=alt.Step(24), title=title_of(_verdict(explanation, name), subtitle + run, WIDTH))
    return themed(chart)


def _verdict(explanation: Explanation, name: str) -> str:
    """What the state did, and the terms that weighed most among those that are its own."""
    place = f"in round {explanation.round}"
    if explanation.step == "none":
        return f"{name} had no decision to take {place}"
    own = {term: value for term, value in explanation.terms.items() if term not in ("intercept", "time") and abs(value) >= SHOWN}
    taken = explanation.after != explanation.before
    weighed = [term for term, value in sorted(own.items(), key=lambda item: -abs(item[1])) if (value > 0) == taken][:2]
    does = f"{explanation.step}s" if taken else f"does not {explanation.step}"
    return f"{name} {does} {place}: most {'for' if taken else 'against'} it {'was' if len(weighed) < 2 else 'were'} {' and '.join(weighed) or 'nothing of its own'}"

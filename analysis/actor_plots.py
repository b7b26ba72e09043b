"""Who decides, as figures: pivotal states, states that would leave or join, bridges between the bodies, and what courtship is worth.

Needs the extra `analysis`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from waico.analysis.difference_plots import differences, stands_out
from waico.analysis.intervals import wilson
from waico.analysis.plots import COLOURS, GREY, Chart, themed, title_of, words_of
from waico.analysis.stability import Stability, destabilizing_states, stability_table
from waico.scenarios.facts import load_facts
from waico.scenarios.schema import Scenario

WIDTH = 520   # pixels
SHOWN = 15   # states
SIDE = 300   # of one panel of two
MOVERS = 10   # states of a kind
NAMED = 8   # states named in a cloud of points
QUANTITIES = {"in_force": "share of runs in force", "breadth_states": "share of other states that sign", "depth": "depth of the text"}


def pivots(table: pd.DataFrame, scenario: Scenario, replicates: int) -> Chart:
    """States by how much the body changes between keeping them out and forcing them in: entry into force, breadth and depth.

    Args:
        table: of `waico.analysis.pivotality.pivotality`.
        scenario: what was run.
        replicates: runs of each arm.
    """
    swing = table[(table["contrast"] == "swing") & table["quantity"].isin(QUANTITIES)]
    depth = swing[swing["quantity"] == "depth"].set_index("iso3")["difference"].abs()
    order = depth.sort_values(ascending=False, kind="stable").index[:SHOWN]
    names = load_facts(scenario).nations["name"]
    shown = swing.set_index("iso3").loc[order].reset_index().assign(state=lambda rows: names.loc[rows["iso3"]].to_numpy())
    shown["what"] = shown["quantity"].map(QUANTITIES)
    shown = shown.sort_values("what", key=lambda x: x.map(list(QUANTITIES.values()).index), kind="stable")
    tests = len(swing)
    subtitle = f"kept out against forced in; {replicates} pairs of runs each; the {len(order)} states with the largest swing of depth"
    return differences(shown, "state", title=_pivotal(shown, tests), quantity="change", subtitle=subtitle, panels="what", percent=False, tests=tests)


def destabilizers(found: list[Stability], scenario: Scenario, institution: str) -> Chart:
    """Members that would most often leave an institution as it stands at the end of a run, and outsiders that would join, with 95% Wilson intervals.

    Args:
        found: of `waico.analysis.stability.final_stability`.
        scenario: what was run.
        institution: its id.
    """
    of_body = stability_table(found).query("institution == @institution")
    runs = len(of_body)
    leaving = [replace(one, joiners=one.joiners.head(0)) for one in found if one.institution == institution]   # each kind with terms of its own
    joining = [replace(one, leavers=one.leavers.head(0)) for one in found if one.institution == institution]
    panels = [
        _movers(destabilizing_states(of_kind), kind, scenario, runs, colour)
        for of_kind, kind, colour in ((leaving, "leaves", COLOURS[1]), (joining, "joins", COLOURS[0]))
    ]
    title = (
        f"The membership of {institution} is internally stable in {of_body['internal'].mean():.0%} of {runs} runs, externally in {of_body['external'].mean():.0%}"
        if runs else f"{institution} never stands at the end of a run"
    )  # fmt: skip
    subtitle = (
        f"share of the {runs} runs in which {institution} stands; up to {MOVERS} states of each kind, and the term that weighs most; 95% intervals; "
        "members are those that have endorsed or more; a payoff of 0 is that of being outside"
    )
    return themed(alt.hconcat(*panels, spacing=24, title=title_of(title, subtitle, 2 * SIDE + 240)))


def _movers(states: pd.DataFrame, kind: str, scenario: Scenario, runs: int, colour: str) -> Any:
    """One panel: the states that most often gain by leaving, or by joining."""
    rows, names = states.head(MOVERS), load_facts(scenario).nations["name"]
    rows = rows.assign(state=[f"{names[code]} ({term})" for code, term in zip(rows["iso3"], rows["term"], strict=True)])
    rows["low"], rows["high"] = wilson(np.round(rows["share"].to_numpy(dtype=float) * runs), max(1, runs))
    base = alt.Chart(rows).encode(y=alt.Y("state:N", sort=list(rows["state"]), title=None, axis=alt.Axis(labelLimit=240)))
    x: dict[str, Any] = {"scale": alt.Scale(domain=[0.0, 1.0]), "axis": alt.Axis(format="%", tickCount=5), "title": "share of runs"}
    bars = base.mark_rule(color=colour, strokeWidth=2, opacity=0.55).encode(x=alt.X("low:Q", **x), x2="high:Q")
    dots = base.mark_point(filled=True, size=70, opacity=1, color=colour).encode(x=alt.X("share:Q", **x))
    many = len(states)
    text = {"leaves": f"members that gain by leaving (u < 0): {many} ever do", "joins": f"outsiders that gain by joining (u > 0): {many} ever do"}[kind]
    caption: Any = alt.TitleParams(text, fontSize=12, offset=4)
    return alt.layer(bars, dots).properties(width=SIDE, height=alt.Step(20), title=caption)


def bridges(table: pd.DataFrame, bodies: tuple[str, str]) -> Chart:
    """States by alignment and by how often they end in both bodies; larger dots weigh more.

    Args:
        table: of `waico.analysis.bridges.bridge_states`.
        bodies: the first institution and that of the rival, by id.
    """
    text, named = _between(table), pd.concat([table.head(NAMED), table.nlargest(4, "weight")]).drop_duplicates("iso3")
    named["turn"] = named["alignment"].rank(method="first") % 3   # names of neighbours, one above the other
    x: dict[str, Any] = {"title": "alignment with the sponsor in UN votes, in standard deviations of the states", "scale": alt.Scale(nice=True)}
    y: dict[str, Any] = {"title": "share of runs in both bodies", "axis": alt.Axis(format="%"), "scale": alt.Scale(domain=[0.0, max(0.01, float(named["high"].max()))])}
    bars = alt.Chart(named).mark_rule(color=GREY, opacity=0.6).encode(x=alt.X("alignment:Q", **x), y=alt.Y("low:Q", **y), y2="high:Q")
    dots = alt.Chart(table).mark_point(filled=True, color=COLOURS[0], opacity=0.6).encode(
        x=alt.X("alignment:Q", **x), y=alt.Y("both:Q", **y),
        size=alt.Size("weight:Q", scale=alt.Scale(range=[20, 500]), title="share of world capability", legend=alt.Legend(format=".0%", orient="right")),
    )  # fmt: skip
    labels = [
        alt.Chart(named[named["turn"] == turn]).mark_text(align="left", dx=10, dy=dy, fontSize=11).encode(
            x=alt.X("alignment:Q", **x), y=alt.Y("both:Q", **y), text="name:N"
        )
        for turn, dy in ((0, -11), (1, 2), (2, 14))
    ]
    subtitle = f"share of runs that end with a state in {bodies[0]} and {bodies[1]}; 95% intervals of those named"
    return themed(alt.layer(bars, dots, *labels).properties(width=WIDTH, height=340, title=title_of(text, subtitle, WIDTH + 100)))


def courted(table: pd.DataFrame, replicates: int) -> Chart:
    """What a second suitor adds to what the sponsor offers, for the states that gain most.

    Args:
        table: of `waico.analysis.bridges.courtship`.
        replicates: pairs of runs.
    """
    mean, states = table.iloc[0], table.iloc[1:]
    shown = table.head(SHOWN + 1).assign(state=[f"{name} (courted by both in {share:.0%})" for name, share in zip(table["name"][: SHOWN + 1], table["courted"][: SHOWN + 1], strict=True)])
    sure = states[stands_out(states)]
    title = (
        f"A second suitor changes what the sponsor offers to the mean state by {mean['difference']:+.3f} (95% interval {mean['low']:+.3f} to {mean['high']:+.3f})"
        if mean["low"] > 0 or mean["high"] < 0 else "A second suitor changes the offers to the mean state by nothing that could be told from chance"
    ) + (f"; {len(sure)} single states stand out" if len(sure) else "; no single state stands out")  # fmt: skip
    return differences(shown, "state", title=title, quantity="change of log(1 + offer/price)",
                       subtitle=f"the mean, and the {len(shown) - 1} states that gain most of {len(states)}; {replicates} pairs of runs", percent=False, tests=len(table))  # fmt: skip


def _pivotal(shown: pd.DataFrame, tests: int) -> str:
    """Whose accession moves what, among what stands out."""
    told = []
    for quantity in QUANTITIES:
        rows = shown[shown["quantity"] == quantity]
        sure = rows[stands_out(rows, tests)]
        if len(sure):
            row = sure.loc[sure["difference"].abs().idxmax()]
            told.append(f"{words_of(quantity).replace(' states', '')} by {row['state']} ({row['difference']:+.2f})")
    return f"Moved most: {', '.join(told)}" if told else "No state is pivotal: none moves the body beyond chance"


def _between(table: pd.DataFrame) -> str:
    """On which side bridges stand: of all memberships in both bodies the share of states on either side, whose mean would be of nobody."""
    if not table["both"].sum():
        return "No state ever ends in both bodies"
    near = float(table.loc[table["alignment"] > 0.0, "both"].sum() / table["both"].sum())
    row = table.iloc[0]
    sides = f"of all memberships in both, {near:.0%} are of states nearer the sponsor than the mean state, {1.0 - near:.0%} of states nearer the rival"
    return f"{row['name']} is most often in both ({row['both']:.0%}); {sides}"

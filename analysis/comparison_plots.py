"""Figures of a comparison of two scenarios: which outcomes become more or less frequent, which states come or go.

Needs the extra `analysis`.
"""

from __future__ import annotations

import pandas as pd

from waico.analysis.compare import Comparison
from waico.analysis.difference_plots import differences, stands_out
from waico.analysis.endings import possible_outcomes
from waico.analysis.plots import Chart, words_of
from waico.scenarios.facts import load_facts

STATES = 15   # shown


def outcome_differences(found: Comparison) -> Chart:
    """What scenario B does to the share of each outcome class, as against A, but for classes that neither can have."""
    seen = found.outcomes.loc[(found.outcomes["a"] > 0) | (found.outcomes["b"] > 0), "outcome"]
    table = found.outcomes[found.outcomes["outcome"].isin(possible_outcomes([found.a, found.b], list(seen)))]
    table = table.assign(outcome=[words_of(name) for name in table["outcome"]])
    return differences(
        table, "outcome", title=_moved(table, "outcome", "outcome"), quantity="change of the share of runs", subtitle=_footing(found)
    )


def state_differences(found: Comparison, institution: str | None = None) -> Chart:
    """The states whose membership changes most from scenario A to B; those of equal change by code."""
    body = institution or str(found.states["institution"].iloc[0])
    everyone = found.states[found.states["institution"] == body]
    table = everyone.head(STATES)
    table = table.assign(state=load_facts(found.a).nations["name"].loc[table["iso3"]].to_numpy())
    return differences(
        table, "state", title=_moved(table, "state", "state", len(everyone)), quantity=f"change of the share of runs in which it signs {body}",
        subtitle=f"the {len(table)} states that change most; {_footing(found)}", tests=len(everyone),
    )  # fmt: skip


def _moved(table: pd.DataFrame, label: str, kind: str, tests: int | None = None) -> str:
    """Which row moves most among those that stand out."""
    sure = table[stands_out(table, tests)]
    if sure.empty:
        return f"No {kind} stands out as changed"
    row = sure.loc[sure["difference"].abs().idxmax()]
    return f"{str(row[label]).capitalize() if kind == 'outcome' else row[label]} changes most: from {row['a']:.0%} of the runs to {row['b']:.0%}"


def _footing(found: Comparison) -> str:
    changed = list(found.changes.items())
    what = f"{changed[0][0]} from {changed[0][1][0]} to {changed[0][1][1]}" if len(changed) == 1 else f"{found.b.name} against {found.a.name}"
    return f"{what}; {found.replicates} pairs of runs, seed {found.seed}"

"""Which issues votes failed on, and who objected: read from the `objected` events of a run.

A vote is one institution in one round of one replicate. It leaves one event per objector, with the issue on which the
objector loses most, a crossed red line before all others. Rules that need no consent have no votes that can fail.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from waico.agents import Setting
from waico.scenarios.schema import Scenario

VOTE = ["replicate", "round", "institution"]
NAMED = 5   # states named per issue


def objected(scenario: Scenario, events: pd.DataFrame) -> pd.DataFrame:
    """The objections of a run, one row per failed vote and objector.

    Args:
        scenario: what was run.
        events: of the run.

    Returns:
        Columns replicate, round, institution, iso3, issue, excess (loss beyond what the state tolerates, at or below 0
        where it objects for a red line alone) and weight: its capability share among all states of the scenario, as in
        the measure `objection_weight`, before any shock to capability.
    """
    rows = events[events["kind"] == "objected"].rename(columns={"actor": "iso3", "detail": "issue", "amount": "excess"})
    rows = rows[[*VOTE, "iso3", "issue", "excess"]].reset_index(drop=True)
    if rows.empty:
        return rows.assign(weight=0.0)
    setting = Setting.of(scenario)
    return rows.assign(weight=rows["iso3"].map(dict(zip(setting.codes, setting.weight.tolist(), strict=True))))


def by_issue(objections: pd.DataFrame, institution: str) -> list[dict[str, Any]]:
    """What votes on the text of an institution failed on, the issue named in most votes first.

    Args:
        objections: from `objected`.
        institution: its id.

    Returns:
        Per issue: votes (failed votes in which some objector lost most on it), weight (capability of those objectors,
        summed in a vote, mean over these votes) and states (those that named it in most votes, at most five).
    """
    rows = objections[objections["institution"] == institution]
    found = []
    for issue, group in rows.groupby("issue", sort=True):
        votes = len(group[VOTE].drop_duplicates())
        weight = float(group["weight"].sum() / votes)
        found.append({"issue": str(issue), "votes": votes, "weight": weight, "states": most_often(group)})
    return sorted(found, key=lambda entry: (-entry["votes"], -round(entry["weight"], 12), entry["issue"]))


def most_often(objections: pd.DataFrame) -> list[str]:
    """The states that objected in most votes, at most five; among equals by code."""
    counts = objections.groupby("iso3", sort=True).size().sort_values(ascending=False, kind="stable")
    return [str(code) for code in counts.index[:NAMED]]

"""Why votes fail: who objected, on which issue, and which issue runs without a text were blocked on."""

from __future__ import annotations

import pandas as pd

from waico.runs.objections import NAMED, VOTE, most_often, objected
from waico.runs.run import RunResult


def failed_votes(result: RunResult) -> pd.DataFrame:
    """Failed votes taken apart by issue, in order of time.

    Returns:
        One row per failed vote (replicate, round, institution) and issue on which some objector loses most, or whose
        text crosses its red line. Columns: objectors (number), weight (their capability share among all states),
        excess (mean over them of the loss beyond what they tolerate; at or below 0 where a red line alone made them
        object) and top (codes of the weightiest, at most five, the first the weightiest).
    """
    rows = objected(result.scenario, result.events)
    rows = rows.assign(order=rows["weight"].round(12)).sort_values(["order", "iso3"], ascending=[False, True])
    table = rows.groupby([*VOTE, "issue"], sort=False).agg(
        objectors=("iso3", "size"), weight=("weight", "sum"), excess=("excess", "mean"), top=("iso3", _first),
    )  # fmt: skip
    return _in_order(table.reset_index(), result, VOTE)


def objectors(result: RunResult) -> pd.DataFrame:
    """Failed votes summed up by institution and issue.

    A run without a text is one in which the institution never adopted one. It was blocked on the issue whose objectors
    weighed most in its last failed vote (the first such issue of the scenario where several weigh the same).

    Returns:
        One row per institution and issue that was the worst of somebody in some failed vote. Columns: votes (number of
        such votes), share (among the institution's failed votes), weight (capability share of those objectors, mean
        over these votes), states (codes of those that named it most often, at most five), blocked (runs without a text
        blocked on it) and blocked_share (among the institution's runs without a text that failed a vote; missing if
        there are none).
    """
    votes, rows = failed_votes(result), objected(result.scenario, result.events)
    keys = ["institution", "issue"]
    table = votes.groupby(keys, sort=False).agg(votes=("weight", "size"), weight=("weight", "mean"))
    failed = votes[VOTE].drop_duplicates().groupby("institution").size()
    all_votes = table.index.get_level_values("institution").map(failed.to_dict()).astype(float)
    table.insert(1, "share", table["votes"] / all_votes)
    named = {key: ", ".join(most_often(group)) for key, group in rows.groupby(keys)}
    blocked = _blocked(result, votes).groupby(keys).size()
    table["states"] = pd.Series([named[key] for key in table.index], table.index, dtype=object)
    table["blocked"] = blocked.reindex(table.index, fill_value=0).astype(int)
    of_body = table.groupby("institution", sort=False)["blocked"].transform("sum")
    table["blocked_share"] = table["blocked"] / of_body.where(of_body > 0)
    return _in_order(table.reset_index(), result, ["institution"])


def _blocked(result: RunResult, votes: pd.DataFrame) -> pd.DataFrame:
    """The issue that weighed most in the last failed vote, one row per institution and run without a text."""
    run = ["replicate", "institution"]
    adopted = result.events.loc[result.events["kind"] == "adopted", run].drop_duplicates().assign(adopted=True)
    without = votes.merge(adopted, how="left", on=run)
    without = without[without["adopted"].isna()]
    last = without[without["round"] == without.groupby(run)["round"].transform("max")]
    heaviest = last.assign(order=last["weight"].round(12)).sort_values("order", ascending=False, kind="stable")
    return heaviest.drop_duplicates(run)


def _first(codes: pd.Series) -> str:
    return ", ".join(codes.head(NAMED))


def _in_order(table: pd.DataFrame, result: RunResult, keys: list[str]) -> pd.DataFrame:
    """Sorted by keys, then issues; institutions and issues in the order of the scenario."""
    ranks = {
        "institution": {name: rank for rank, name in enumerate(result.scenario.institution_ids)},
        "issue": {name: rank for rank, name in enumerate(result.scenario.issue_ids)},
    }
    by = [*keys, "issue"]
    return table.sort_values(by, key=lambda column: column.map(ranks.get(str(column.name), lambda x: x)), ignore_index=True)

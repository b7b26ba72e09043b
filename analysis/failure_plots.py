"""Why votes failed, and what would have saved them, as figures. Needs the extra `analysis`."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from waico.analysis.difference_plots import differences, stands_out
from waico.analysis.intervals import mean_interval
from waico.analysis.objections import failed_votes, objectors
from waico.analysis.outputs import IN_FORCE
from waico.analysis.plots import COLOURS, Chart, themed, title_of, words_of
from waico.runs.run import RunResult
from waico.scenarios.facts import load_facts

WIDTH = 330   # pixels
NAMED = 3   # states beside a bar


def objection_table(result: RunResult, institution: str | None = None) -> pd.DataFrame:
    """How often each issue made a vote fail, a row per issue that ever did, the most frequent first.

    Columns: issue, share, low, high (of a run's failed votes those in which some objector lost most on this issue: mean over the
    runs with a failed vote, with 95% t interval), weight (capability of these objectors as a share of all states', mean over
    votes), states (names of those that objected most often), blocked (runs without a text that were blocked on it), runs (with a failed vote).
    """
    body = institution or result.scenario.institution_ids[0]
    votes = failed_votes(result)
    votes = votes[votes["institution"] == body]
    runs = votes["replicate"].unique()
    per_run = votes.groupby("replicate")["round"].nunique()
    names = load_facts(result.scenario).nations["name"]
    summed = objectors(result)
    rows = []
    for row in summed[summed["institution"] == body].to_dict("records"):
        of_issue = votes[votes["issue"] == row["issue"]].groupby("replicate")["round"].nunique()
        shares = (of_issue.reindex(runs, fill_value=0) / per_run).to_numpy(dtype=float)
        low, high = np.clip(mean_interval(shares), 0.0, 1.0)
        states = ", ".join(str(names[code]) for code in str(row["states"]).split(", ")[:NAMED])
        rows.append({"issue": row["issue"], "share": shares.mean(), "low": low, "high": high, "weight": row["weight"], "states": states,
                     "blocked": row["blocked"], "runs": len(runs)})  # fmt: skip
    table = pd.DataFrame(rows, columns=["issue", "share", "low", "high", "weight", "states", "blocked", "runs"])
    return table.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def objections(result: RunResult, institution: str | None = None) -> Chart:
    """Issues behind failed votes: how often, who objected, and how many runs were blocked on each; see `objection_table`."""
    table = objection_table(result, institution)
    order = list(table["issue"])
    x: dict[str, Any] = {"scale": alt.Scale(domain=[0.0, 1.0]), "axis": alt.Axis(format="%", tickCount=5), "title": "share of a run's failed votes"}
    y = alt.Y("issue:N", sort=order, title=None)
    base = alt.Chart(table).encode(y=y)
    bars = base.mark_bar(color=COLOURS[0], opacity=0.75, height={"band": 0.6}).encode(x=alt.X("share:Q", **x))
    rules = base.mark_rule(strokeWidth=1.5, color="#333333").encode(x=alt.X("low:Q", **x), x2="high:Q")
    held = alt.layer(bars, rules).properties(width=WIDTH, height=alt.Step(30))
    words = alt.Chart(table).mark_text(align="left").encode(y=alt.Y("issue:N", sort=order, axis=None))
    columns = [
        words.encode(x=alt.value(0), text=text).properties(width=width, height=alt.Step(30), title=_caption(caption))
        for text, width, caption in (
            (alt.Text("states:N"), 250, "objects most often"), (alt.Text("weight:Q", format=".0%"), 95, "objectors' weight"),
            (alt.Text("blocked:Q"), 90, "runs blocked"),
        )
    ]  # fmt: skip
    runs, failed = int(table["runs"].max()) if len(table) else 0, int((result.outcomes["outcome"] == "no_text").sum())
    subtitle = f"{runs} of {result.replicates} runs with a failed vote, {failed} without a text; 95% intervals; seed {result.seed}"
    return themed(alt.hconcat(held, *columns, spacing=12, title=title_of(_blocking(table, failed), subtitle, 780)))


def rescues(table: pd.DataFrame, outcome: str = IN_FORCE, replicates: str = "") -> Chart:
    """What each change would have done: to the outcome, to the depth of the text and to the breadth of membership.

    Args:
        table: of `waico.analysis.counterfactuals.counterfactuals`.
        outcome: what counted as success there.
        replicates: of which runs, for the subtitle.
    """
    parts = [table.assign(what="share of runs with the outcome")]
    for name, caption in (("depth", "depth of the last text"), ("breadth", "share of states that sign")):
        moved = {part: table[f"{name}_{part}"] for part in ("se", "low", "high", "pairs")}
        parts.append(table.assign(what=caption, difference=table[name], **moved))
    long = pd.concat(parts, ignore_index=True)
    happens = "the body comes into force" if outcome == IN_FORCE else f"the outcome is {words_of(outcome)}"
    title = _changing(table[stands_out(table, len(long))], happens)
    subtitle = f"{happens}; each change against the scenario as it is, depth against its last text, rejected or not; {replicates}".rstrip("; ")
    return differences(long, "change", title=title, quantity="change", subtitle=subtitle, panels="what", percent=False)


def _changing(sure: pd.DataFrame, happens: str) -> str:
    """The change that moves an outcome most, those that move it as much, and what each does to the depth of the text."""
    if sure.empty:
        return f"No change stands out in whether {happens}"
    moved = sure["difference"].round(12)
    best = moved.loc[moved.abs().idxmax()]
    first, *tied = [
        f"'{row['change']}'" + ("" if pd.isna(row["depth"]) else f" (depth {row['depth']:+.2f})") for _, row in sure[moved == best].iterrows()
    ]
    kept = sure.loc[moved.abs().idxmax()]
    how = f"{kept['saved']} of {kept['failed']} runs without it have it" if best > 0 else f"{kept['lost']} of {kept['pairs'] - kept['failed']} runs with it lose it"
    return f"Whether {happens} changes most by {first}{', tied with ' if tied else ''}{' and '.join(tied)}: {how}"


def _blocking(table: pd.DataFrame, failed: int) -> str:
    if table.empty:
        return "No vote failed"
    if not table["blocked"].sum():
        return f"Votes fail most often on {table['issue'].iloc[0]}, in {table['share'].iloc[0]:.0%} of a run's failed votes"
    row = table.loc[table["blocked"].idxmax()]
    return f"Runs without a text are blocked most often on {row['issue']}: {row['blocked']} of {failed}"


def _caption(text: str) -> alt.TitleParams:
    return alt.TitleParams(text, fontSize=12, fontWeight="normal", color="#333333", offset=4)

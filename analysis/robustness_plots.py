"""What leaving out data changes, as a figure. Needs the extra `analysis`."""

from __future__ import annotations

import pandas as pd

from waico.analysis.difference_plots import differences, stands_out
from waico.analysis.plots import Chart
from waico.analysis.robustness import Robustness

QUANTITIES = {
    "in_force": "share of runs in force", "binding_regime": "share of binding regimes", "depth": "depth of the text",
    "breadth_states": "share of states that sign",
}  # fmt: skip

FORMS = ("in_force", "binding_regime")   # what tells whether a body forms


def data_left_out(found: Robustness, replicates: int) -> Chart:
    """Differences without each source of data; see `waico.analysis.robustness.robustness`."""
    table = found.differences.assign(what=found.differences["quantity"].map(QUANTITIES), row="without " + found.differences["source"])
    table = table.sort_values("what", key=lambda x: x.map(list(QUANTITIES.values()).index), kind="stable")
    title = _finding(table, replicates)
    return differences(table, "row", title=title, quantity="change", subtitle=f"{replicates} pairs of runs", panels="what", percent=False)


def _finding(table: pd.DataFrame, replicates: int) -> str:
    """What moves beyond chance; and of what does not, how large it may be, since too few pairs show nothing either."""
    sure = table[stands_out(table)]
    forms = table[table["quantity"].isin(FORMS)]
    moved = "" if sure.empty else _change(sure)
    if forms.index.isin(sure.index).any():
        return f"Most moved: {moved}"
    rest = forms if len(sure) else table
    what = "in whether a body forms " if len(sure) else ""
    text = f"With {replicates} pairs of runs no change {what}can be told from chance; the largest is {_change(rest, interval=True)}"
    return f"{text}. Beyond chance: {moved}" if moved else text


def _change(table: pd.DataFrame, *, interval: bool = False) -> str:
    """The largest change of some rows."""
    row = table.loc[table["difference"].abs().idxmax()]
    known = f", 95% interval {row['low']:+.2f} to {row['high']:+.2f}" if interval and pd.notna(row["low"]) else ""
    return f"{row['what']} without {row['source']} ({row['difference']:+.2f}{known})"

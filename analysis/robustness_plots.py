"""What leaving out data changes, as a figure. Needs the extra `analysis`."""

from __future__ import annotations

from waico.analysis.difference_plots import differences, stands_out
from waico.analysis.plots import Chart
from waico.analysis.robustness import Robustness

QUANTITIES = {
    "in_force": "share of runs in force", "binding_regime": "share of binding regimes", "depth": "depth of the text",
    "breadth_states": "share of states that sign",
}  # fmt: skip


def data_left_out(found: Robustness, replicates: int) -> Chart:
    """Differences without each source of data; see `waico.analysis.robustness.robustness`."""
    table = found.differences.assign(what=found.differences["quantity"].map(QUANTITIES), row="without " + found.differences["source"])
    table = table.sort_values("what", key=lambda x: x.map(list(QUANTITIES.values()).index), kind="stable")
    sure = table[stands_out(table)]
    if sure.empty:
        title = "No body of data changes the answer beyond chance when it is left out"
    else:
        shares = sure[sure["quantity"].isin(["in_force", "binding_regime"])]
        row = sure.loc[sure["difference"].abs().idxmax()]
        kept = "" if len(shares) else "Whether a body forms does not hang on any of them; "
        title = f"{kept}{'most' if kept else 'Most'} moved: {row['what']}, without {row['source']} ({row['difference']:+.2f})"
    return differences(table, "row", title=title, quantity="change", subtitle=f"{replicates} pairs of runs", panels="what", percent=False)

"""A calibration as tables for a terminal of 120 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table

from waico.show.tables import plain_table

if TYPE_CHECKING:
    from waico.analysis.history.calibrate import Calibration

LEGEND = """
Log hazard per 30 days. Before and after: mean and standard deviation of the prior and of the estimate; learned: share of the prior's
variance that the cases took away. The sd of b0 is that of a body not seen before.
In sample: deviance is the share explained with the history given; AUC and Brier are from what stood on the first day."""


def calibration(found: Calibration) -> Iterator[str | Table]:
    """Estimates beside the priors before, and how well they fit each case."""
    content = found.as_dict()
    yield f"{content['title']}, up to {found.until}\n"
    after = content["decision"]
    table = plain_table("coefficient", "before", "after", "learned")
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row("b0", "", _pair(after["b0"]), "")
    for name, before in content["before"].items():
        learned = 1.0 - (after[name]["sd"] / before["sd"]) ** 2
        table.add_row(name, _pair(before), _pair(after[name]), f"{max(learned, 0.0):.0%}")
    yield table
    yield ""
    table = plain_table("case", "at risk", "joined", "intercept", "deviance", "AUC", "Brier")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, row in found.skill.items():
        scores = (f"{row[score]:.2f}" for score in ("intercept", "deviance", "auc", "brier"))
        table.add_row(name, str(row["n"]), str(row["joined"]), *scores)
    yield table
    yield LEGEND


def _pair(prior: dict[str, float]) -> str:
    return f"{prior['mean']:.2f} ({prior['sd']:.2f})"

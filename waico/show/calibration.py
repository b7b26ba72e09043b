"""A calibration as tables for a terminal of 120 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table

from waico.show.tables import number_table

if TYPE_CHECKING:
    from waico.analysis.history.calibrate import Calibration

LEGEND = """
Log hazard per 30 days. Before: mean (sd) of the starting prior. After: mean over bodies (its standard error). Spread: sd of bodies around
the mean. Drawn: sd of the draws for a body not seen before, both together.
In sample, each case with its own coefficients: deviance is the share explained with the history given; AUC and Brier are from what stood
on the first day."""


def calibration(found: Calibration) -> Iterator[str | Table]:
    """Estimates beside the priors before, and how well they fit each case."""
    content = found.as_dict()
    yield f"{content['title']}, up to {found.until}\n"
    table = number_table("coefficient", "before", "after", "spread", "drawn")
    for name, before in content["before"].items():
        after = content["decision"][name]
        error, spread = content["standard_error"][name], content["spread_over_bodies"][name]
        table.add_row(
            name, _pair(before["mean"], before["sd"]), _pair(after["mean"], error), f"{spread:.2f}", f"{after['sd']:.2f}"
        )
    yield table
    yield ""
    table = number_table("case", "at risk", "joined", "deviance", "AUC", "Brier")
    for name, row in found.skill.items():
        scores = (f"{row[score]:.2f}" for score in ("deviance", "auc", "brier"))
        table.add_row(name, str(row["n"]), str(row["joined"]), *scores)
    yield table
    yield LEGEND


def _pair(mean: float, sd: float) -> str:
    return f"{mean:.2f} ({sd:.2f})"

"""A comparison of two scenarios as text and tables for a terminal of 120 columns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rich.table import Table

from waico.show.tables import plain_table

if TYPE_CHECKING:
    import pandas as pd

    from waico.analysis.compare import Comparison

CHANGES_SHOWN = 8    # values that differ between two scenarios
STATES_SHOWN = 10    # states whose membership differs
WIDEST_VALUE = 40    # letters
COUNTS = {"changed": "changed", "only_a": "only A", "only_b": "only B", "missing_a": "none A", "missing_b": "none B"}
LEGEND = """
A, B: means over the runs in which both have a value; none A, none B: runs in which one has none.
[95% interval] of B - A, each by itself; - where it is not defined, as when all runs differ alike.
changed: pairs of runs that differ; only A, only B: runs in which the state signs in one of the two alone."""


def comparison(found: Comparison) -> Iterator[str | Table]:
    """What differs between the scenarios, then outcomes, and per institution measures, text and states."""
    yield f"A  {found.a.name}: {found.a.title}\nB  {found.b.name}: {found.b.title}\nreplicates of each: {found.replicates}, seed {found.seed}\n"
    yield from _changes(found)
    yield _differences("outcome", found.outcomes, found.outcomes["outcome"])
    for name, rows in found.measures.groupby("institution", sort=False):
        text = found.texts[found.texts["institution"] == name]
        states = found.states[(found.states["institution"] == name) & (found.states["changed"] > 0)]
        yield f"\n{name}"
        yield _differences("at the end", rows, rows["measure"])
        if len(text):
            yield ""
            yield _differences("last text", text, text["issue"])
        yield "" if len(states) else "\nno state signs in one of the two alone"
        if len(states):
            yield _differences("signed or more", states.head(STATES_SHOWN), states["iso3"])
    yield LEGEND
    if found.replicates == 1:
        yield "One replicate tells nothing about chance, so there are no intervals: give more with --replicates."


def _changes(found: Comparison) -> Iterator[str | Table]:
    """The values in which B differs, a few of them."""
    if not found.changes:
        yield "A and B have the same values: all differences are 0.\n"
        return
    table = plain_table("value", "A", "B")
    for path, values in list(found.changes.items())[:CHANGES_SHOWN]:
        table.add_row(path, *(_value(value) for value in values))
    yield table
    more = len(found.changes) - CHANGES_SHOWN
    yield f"and {more} more, which --json names\n" if more > 0 else ""


def _value(value: Any) -> str:
    """A value of a scenario in at most 40 letters; a prior as the parameters that it has."""
    if isinstance(value, dict):
        value = ", ".join(f"{name} {part:g}" for name, part in value.items() if part is not None)
    text = "-" if value is None else str(value)
    return text if len(text) <= WIDEST_VALUE else text[: WIDEST_VALUE - 3] + "..."


def _differences(title: str, rows: pd.DataFrame, labels: Iterable[str]) -> Table:
    """Rows of a comparison; counts of missing values are left out where there are none."""
    counts = [name for name in COUNTS if name in rows and (not name.startswith("missing") or rows[name].any())]
    table = plain_table(title, "A", "B", "B - A", "[95% interval]", "s.e.", *(COUNTS[name] for name in counts))
    table.columns[0].min_width = 16
    for column in table.columns[1:]:
        column.justify, column.min_width = "right", 8
    table.columns[4].min_width = 18
    for label, row in zip(labels, rows.to_dict("records"), strict=False):
        digits = 1 if max(abs(row["a"]), abs(row["b"])) >= 2.0 else 3
        table.add_row(
            label.replace("_", " "), _number(row["a"], digits), _number(row["b"], digits),
            _number(row["difference"], digits, "+"), _interval(row["low"], row["high"], digits),
            _number(row["se"], digits), *(str(row[name]) for name in counts),
        )  # fmt: skip
    return table


def _interval(low: float, high: float, digits: int) -> str:
    """With signs also on zeros that rounding leaves, so that none seems to have no width."""
    return "-" if math.isnan(low) else f"[{low:+.{digits}f}, {high:+.{digits}f}]"


def _number(value: float, digits: int, sign: str = "") -> str:
    """A number with so many decimals; a dash if it is not defined, and no sign on zero."""
    if math.isnan(value):
        return "-"
    return f"{value:{sign}.{digits}f}" if round(value, digits) else f"{0.0:.{digits}f}"

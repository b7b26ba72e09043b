"""A report of a sweep as text and tables for a terminal of 120 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from waico.show.tables import number_table

if TYPE_CHECKING:
    from waico.analysis import report as page

PRINTED = ("outcomes", "timing", "sensitivity_of_consensus", "along_factors", "box")   # the rest is in the report
WIDTH = 116


def analysis(report: page.Report, out: Path, folder: Path) -> Iterator[str | Table]:
    """What the sections found, the main tables, and where the rest is."""
    yield _wrapped(report.title) + "\n" + _wrapped(report.subtitle)
    for warning in report.warnings:
        yield "\n" + _wrapped(f"Note: {warning}")
    for section in report.sections:
        yield f"\n{section.title}\n{_wrapped(section.finding, '  ')}"
        for table in section.tables:
            if table.name in PRINTED:
                yield ""
                yield _printed(table)
    yield f"\nreport: {out}\ntables: {folder}"


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _printed(table: page.Table) -> Table:
    rows = number_table(*(str(name).replace("_", " ") for name in table.rows.columns))
    for column, numeric in zip(rows.columns, table.numeric, strict=True):
        column.justify = "right" if numeric else "left"
    for cells in table.cells:
        rows.add_row(*cells)
    return rows

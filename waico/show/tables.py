"""The one look of all tables that are printed."""

from __future__ import annotations

from rich.table import Table


def plain_table(*columns: str) -> Table:
    """A table without lines, with bold heads."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def number_table(label: str, *columns: str, width: int | None = None) -> Table:
    """The same with a column of labels, of some least width, and columns of numbers."""
    table = plain_table(label, *columns)
    table.columns[0].min_width = width
    for column in table.columns[1:]:
        column.justify = "right"
    return table

"""Numbers and values as they stand in sentences of a report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

DASH = "-"
LEAST = 0.0005   # what would round to 0 in three decimals


def count(number: int, noun: str) -> str:
    """A number of things, as in "1 run" and "1,200 runs"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def share_of_runs(row: Mapping[str, Any] | pd.Series, name: str) -> str:
    """A share with its 95% interval, if it has one, from a row with `low` and `high`."""
    interval = "" if pd.isna(row["low"]) else f" (95% interval {row['low']:.0%} to {row['high']:.0%})"
    return f"{row[name]:.0%} of the runs{interval}"


def p_value(p: float) -> str:
    """A p-value, without digits that mean nothing."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def day_of(day: date) -> str:
    """A date as in "25 July 2025"."""
    return f"{day.day} {day:%B %Y}"


def value_of(value: Any) -> str:
    """A value of a scenario; priors by mean and standard deviation, lists with commas, a dash for what is not there."""
    if isinstance(value, Mapping) and {"mean", "sd"} <= value.keys():
        return f"N({value['mean']:g}, {value['sd']:g})" + (
            "" if value.get("lower") is None else f", above {value['lower']:g}"
        )
    if isinstance(value, list | tuple):
        return ", ".join(map(value_of, value)) or DASH
    if isinstance(value, float):
        return f"{value:g}"
    return DASH if value is None else str(value)


def cell(value: Any) -> str:
    """A value of a table: three decimals, fewer for large numbers; a dash for what is missing."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return DASH
    if not isinstance(value, float):
        return str(value)
    size = abs(float(value))
    if 0.0 < size < LEAST:
        return f"{value:.0e}"
    return f"{value + 0.0:,.{0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 10 else 3}f}"   # no sign on zero

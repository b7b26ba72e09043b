"""Paired differences as a figure: what a change does, with intervals, for comparisons, pivots, counterfactuals and data left out.

Needs the extra `analysis`.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from scipy.special import stdtr

from waico.analysis.plots import COLOURS, GREY, Chart, themed, title_of

WIDTH = 520   # pixels of one panel
PANEL = 230   # of each of several
ERROR = 0.05   # of all rows of a table together


def stands_out(table: pd.DataFrame, tests: int | None = None) -> pd.Series:
    """Which differences can be told from 0 when many are looked at: t tests at 5% for all of them together (Bonferroni; Dunn 1961).

    A difference that is the same in all pairs has no standard error, and is held against the sign test.

    Args:
        table: with difference, se and pairs of `waico.analysis.intervals.Paired`, a row per comparison.
        tests: number of comparisons that these rows were chosen from; as many as there are rows if not given.
    """
    difference, se, pairs = (table[name].to_numpy(dtype=float) for name in ("difference", "se", "pairs"))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(se == 0.0, 2.0 * 0.5**pairs, 2.0 * stdtr(pairs - 1.0, -np.abs(difference) / se))
    return pd.Series((np.abs(difference) > 0.0) & (p * (tests or len(table)) < ERROR), table.index)


def differences(
    table: pd.DataFrame, label: str, *, title: str, quantity: str, subtitle: str, panels: str | None = None, percent: bool = True,
    tests: int | None = None,
) -> Chart:  # fmt: skip
    """A row per comparison: the difference and its 95% interval, from 0; filled where it stands out.

    Args:
        table: with the columns of `waico.analysis.intervals.Paired`, in the order in which rows are drawn.
        label: its column that names a row.
        title: what the figure says.
        quantity: what differs, with its unit.
        subtitle: of which runs.
        panels: a column by which rows are split into panels side by side, each with a scale of its own.
        percent: whether differences are of shares, and told in percentage points.
        tests: see `stands_out`; by default all rows of all panels.
    """
    table = table.assign(stands=np.where(stands_out(table, tests), "stands out", "does not"))
    parts = [("", table)] if panels is None else [(str(name), rows) for name, rows in table.groupby(panels, sort=False)]
    order = list(dict.fromkeys(table[label]))
    drawn = [
        _panel(rows, label, order, name, quantity, percent, WIDTH if panels is None else PANEL, first=number == 0)
        for number, (name, rows) in enumerate(parts)
    ]
    legend = f"filled: can be told from 0 among {tests or len(table)} comparisons (5% for all together)"
    width = WIDTH if panels is None else PANEL * len(parts)
    return themed(alt.hconcat(*drawn, spacing=16, title=title_of(title, f"{subtitle}; 95% intervals; {legend}", width + 150)))


def _panel(
    rows: pd.DataFrame, label: str, order: list[str], name: str, quantity: str, percent: bool, width: int, *, first: bool
) -> Any:
    """One panel."""
    ends = rows[["low", "high", "difference"]].to_numpy(dtype=float)
    known = np.append(ends[np.isfinite(ends)], 0.0)
    reach = 1.1 * float(np.abs(known).max()) or 1.0
    lowest, highest = max(-reach, 1.1 * known.min() - 0.05 * reach), min(reach, 1.1 * known.max() + 0.05 * reach)
    points = f"format(100 * datum.value, '+.{0 if reach >= 0.05 else 1}f')"   # a difference of shares is no percentage of anything
    told: dict[str, Any] = {"labelExpr": points} if percent else {"format": "+.2~g"}
    axis = alt.Axis(**told, tickCount=5 if width == WIDTH else 3, labelOverlap=True)
    title = f"{quantity} (percentage points)" if percent else quantity
    x: dict[str, Any] = {"scale": alt.Scale(domain=[lowest, highest], nice=False), "title": title, "axis": axis}
    y = alt.Y(f"{label}:N", sort=order, title=None, axis=alt.Axis(labelLimit=320) if first else None)
    base = alt.Chart(rows).encode(y=y)
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x=alt.X("at:Q", **x))
    bars = base.mark_rule(color=COLOURS[0], strokeWidth=2, opacity=0.55).encode(x=alt.X("low:Q", **x), x2="high:Q")
    dots = base.mark_point(size=75, opacity=1, strokeWidth=2, color=COLOURS[0]).encode(
        x=alt.X("difference:Q", **x),
        fill=alt.Fill("stands:N", scale=alt.Scale(domain=["stands out", "does not"], range=[COLOURS[0], "white"]), legend=None),
    )  # fmt: skip
    chart = alt.layer(zero, bars, dots).properties(width=width, height=alt.Step(22))
    return chart.properties(title=alt.TitleParams(name, fontSize=12, offset=4)) if name else chart

"""How times grow with sizes, as log-log charts in the look of all figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from benchmarks.rows import Row
from waico.analysis.plots import COLOURS, GREY, Chart, themed, title_of

WIDTH, HEIGHT, COLUMNS = 230, 190, 3
NARROWEST = 10   # from the bottom of a panel to the top of what is measured, so that noise does not look like growth
OF = {"actors": "a round of challenge on one issue", "rounds": "a run", "runs": "a run, by the number of runs together"}
USUAL = "36 rounds of waic2025"


def points_of(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows that lie on a chart: axis, line, size, median, low, high. A size of 0 has no place on a log scale."""
    return pd.DataFrame([
        {"axis": row.point.axis, "line": row.point.line, "size": row.point.size, "median": row.value.median, "low": row.value.low, "high": row.value.high}
        for row in rows
        if row.point is not None and row.point.size
    ])  # fmt: skip


def growth_chart(rows: Sequence[Row]) -> Chart:
    """A panel per axis: medians with their spread, and the power law that fits the medians best."""
    powers = {(row.point.axis, row.point.line): row.value.median for row in rows if row.point is not None and row.point.size is None}
    panels = [
        _panel(part, str(axis), {line: power for (where, line), power in powers.items() if where == axis})
        for axis, part in points_of(rows).groupby("axis", sort=False)
    ]
    title = title_of("How the time grows with what there is more of", "milliseconds: median and spread over turns; dashed: the fitted power law",
                     COLUMNS * WIDTH)  # fmt: skip
    return themed(alt.concat(*panels, columns=COLUMNS, spacing=30, title=title))


def _panel(points: pd.DataFrame, axis: str, powers: dict[str, float]) -> Any:
    """One axis; `powers` are the exponents by line."""
    x: Any = alt.X("size:Q", title=axis, scale=_logarithmic(points["size"].min(), points["size"].max()),
                   axis=alt.Axis(values=[round(size) for size in sorted(set(points["size"]))], format="d", grid=False))  # fmt: skip
    low, high = float(points["low"].min()), float(points["high"].max())
    low = min(low, high / NARROWEST)
    room = 0.12 + 0.09 * len(powers)   # share of the height that labels stand in
    scale = _logarithmic(low, high * (high / low) ** (room / (1 - room)))
    y = alt.Y("median:Q", title="ms", scale=scale, axis=alt.Axis(format="~g", tickCount=4, gridOpacity=0.5))
    layers = []
    for number, (line, power) in enumerate(powers.items()):
        colour, part = COLOURS[number], points[points["line"] == line]
        base, fitted = alt.Chart(part).encode(x=x), _fitted(part, power).assign(label=f"{line + ': ' if line else ''}exponent {power:.2f}")
        layers += [
            alt.Chart(fitted).mark_line(color=colour, strokeDash=[5, 4], opacity=0.6, strokeWidth=1.5).encode(x=x, y=y),
            base.mark_rule(color=colour, opacity=0.55, strokeWidth=2).encode(y=alt.Y("low:Q", scale=scale, title="ms"), y2="high:Q"),
            base.mark_point(color=colour, filled=True, size=50, opacity=1).encode(y=y),
            alt.Chart(fitted.head(1)).mark_text(align="left", color=colour, fontSize=12).encode(
                x=alt.value(12), y=alt.value(12 + 16 * number), text="label:N"),
        ]  # fmt: skip
    caption = alt.TitleParams(OF.get(axis, USUAL), fontSize=12, fontWeight="normal", color=GREY, offset=4)
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=caption)


def _logarithmic(low: float, high: float) -> alt.Scale:
    return alt.Scale(type="log", domain=[float(low), float(high)], nice=False, padding=8)


def _fitted(part: pd.DataFrame, power: float) -> pd.DataFrame:
    """The ends of the power law through the middle of the medians."""
    size, median = part["size"].to_numpy(dtype=float), part["median"].to_numpy(dtype=float)
    ends = np.array([size.min(), size.max()])
    return pd.DataFrame({"size": ends, "median": np.exp(np.log(median).mean() + power * (np.log(ends) - np.log(size).mean()))})

"""How times grow with sizes, as log-log charts in the look of all figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from benchmarks.rows import Row, exponent
from waico.analysis.plots import COLOURS, GREY, Chart, themed, title_of

WIDTH, HEIGHT, COLUMNS = 230, 190, 3
OF = {"actors": "a round of challenge on one issue", "rounds": "a run", "runs": "a run, by the number of runs together"}
USUAL = "36 rounds of waic2025"


def points_of(rows: Sequence[Row]) -> pd.DataFrame:
    """Rows that lie on a chart: axis, line, size, median, low, high. A size of 0 has no place on a log scale."""
    return pd.DataFrame([
        {"axis": row.point.axis, "line": row.point.line, "size": row.point.size, "median": row.value.median, "low": row.value.low, "high": row.value.high}
        for row in rows
        if row.point is not None and row.point.size > 0
    ])  # fmt: skip


def growth_chart(rows: Sequence[Row]) -> Chart:
    """A panel per axis: medians with their spread, and the power law that fits the medians best."""
    points = points_of(rows)
    panels = [_panel(part, str(axis)) for axis, part in points.groupby("axis", sort=False)]
    title = title_of("How the time grows with what there is more of", "milliseconds: median and spread over turns; dashed: the power law fitted to the medians",
                     COLUMNS * WIDTH)  # fmt: skip
    return themed(alt.concat(*panels, columns=COLUMNS, spacing=30, title=title))


def _panel(points: pd.DataFrame, axis: str) -> Any:
    low, high = points["low"].min(), points["high"].max()
    x: Any = alt.X("size:Q", title=axis, scale=_logarithmic(points["size"].min(), points["size"].max()),
                   axis=alt.Axis(values=[round(size) for size in sorted(set(points["size"]))], format="d", grid=False))  # fmt: skip
    scale = _logarithmic(low / 2 if high / low < 10 else low, 2 * high)
    layers = []
    for number, (line, part) in enumerate(points.groupby("line", sort=False)):
        colour = COLOURS[number]
        base = alt.Chart(part).encode(x=x)
        title = alt.Y("median:Q", title="ms", scale=scale, axis=alt.Axis(format="~g", tickCount=4))
        fitted = alt.Chart(_fitted(part, str(line))).encode(x=x, y=title)
        layers += [
            fitted.mark_line(color=colour, strokeDash=[5, 4], opacity=0.6, strokeWidth=1.5),
            base.mark_rule(color=colour, opacity=0.55, strokeWidth=2).encode(y=alt.Y("low:Q", scale=scale, title="ms"), y2="high:Q"),
            base.mark_point(color=colour, filled=True, size=50, opacity=1).encode(y=title),
            alt.Chart(_fitted(part, str(line)).head(1)).mark_text(align="left", color=colour, fontSize=12).encode(
                x=alt.value(12), y=alt.value(12 + 16 * number), text="label:N"),
        ]  # fmt: skip
    caption = alt.TitleParams(OF.get(axis, USUAL), fontSize=12, fontWeight="normal", color=GREY, offset=4)
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT, title=caption)


def _logarithmic(low: float, high: float) -> alt.Scale:
    return alt.Scale(type="log", domain=[float(low), float(high)], nice=False, padding=8)


def _fitted(part: pd.DataFrame, line: str) -> pd.DataFrame:
    """The ends of the power law through the medians, and what it is called."""
    size, median = part["size"].to_numpy(), part["median"].to_numpy()
    power = exponent(size, median)
    ends = np.array([size.min(), size.max()])
    middle = np.exp(np.log(median).mean() + power * (np.log(ends) - np.log(size).mean()))
    return pd.DataFrame({"size": ends, "median": middle, "label": f"{line + ': ' if line else ''}exponent {power:.2f}"})

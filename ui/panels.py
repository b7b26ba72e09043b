"""The parts of the page that draw: one Vue file each in components/, fed with plain data, updated in place when it changes.

Arguments named `event_...` are called with what the visitor did; Solara finds them only where their default is None. Geometry and layouts do not change while a scenario is looked at and
travel to the browser once; what changes in a round is small.
"""

# ruff: noqa: D103 (each is the signature of the Vue file of its name, which says the rest)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

Data = dict[str, Any]
Rows = list[Data]
Told = Callable[[Any], None]


@solara.component_vue("components/transport.vue")
def Transport(
    round: int, reached: int, ended: bool, day: str, run: int, event_step: Told | None = None, event_show: Told | None = None, event_reset: Told | None = None
) -> None: ...


@solara.component_vue("components/world.vue")
def World(
    geometry: Data, places: Rows, bodies: list[str], body: str, statuses: Data, words: Data, colours: Data, legend: Rows, selected: str, title: str,
    values: list[float | None] | None = None, unit: str = "", reach: float = 1.0, name: str = "map", text: int = 13,
    event_picked: Told | None = None,
) -> None: ...  # fmt: skip


@solara.component_vue("components/charter.vue")
def Charter(issues: Rows) -> None: ...


@solara.component_vue("components/curves.vue")
def Curves(curves: Data, body: str, captions: Data, horizon: str) -> None: ...


@solara.component_vue("components/network.vue")
def Network(net: Data, signed: list[str], partners: Data, active: list[str], event_picked: Told | None = None) -> None: ...


@solara.component_vue("components/feed.vue")
def Feed(entries: Rows, groups: list[str], chosen: list[str], round: int, event_picked: Told | None = None, event_choose: Told | None = None) -> None: ...


@solara.component_vue("components/terms.vue")
def Terms(terms: Rows) -> None: ...


@solara.component_vue("components/fields.vue")
def Fields(fields: Rows, flow: str, event_change: Told | None = None) -> None: ...


@solara.component_vue("components/figure_tools.vue")
def FigureTools(figure: str, name: str) -> None: ...


@solara.component_vue("components/downloads.vue")
def Downloads(files: Rows, name: str, content: str, serial: int, event_ask: Told | None = None) -> None: ...


@solara.component_vue("components/link.vue")
def Link(query: str) -> None: ...


@solara.component_vue("components/paired.vue")
def Paired(caption: str, rows: Rows) -> None: ...


@solara.component_vue("components/heatmap.vue")
def Heatmap(
    shares: Data, across: str, upwards: str, outcome: str, picked: list[int] | None = None, event_pick: Told | None = None
) -> None: ...


@solara.component_vue("components/runs.vue")
def Runs(rows: Rows, factors: list[str], chosen: bool, event_watch: Told | None = None) -> None: ...


@solara.component_vue("components/box.vue")
def Box(words: str, sides: Rows) -> None: ...


@solara.component_vue("components/bars.vue")
def Bars(caption: str, bars: Rows, note: str) -> None: ...

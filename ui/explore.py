"""The explore view: a sweep, opened from its folder."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import solara
import solara.lab

from waico.scenarios.errors import InputError
from waico.ui import panels
from waico.ui.explored import Explored
from waico.ui.figures import Downloads, Panel, folder_fields, of_tables
from waico.ui.folders import resolve

HOW = "waico sweep design.toml --out sweeps/first"


@solara.component
def Explore(watch: Callable[[str], None]) -> None:
    """A folder is chosen, read, and looked at; `watch` opens a run in the live view by its link."""
    folder, set_folder = solara.use_state("")

    def read() -> Explored | str | None:
        if not folder:
            return None
        try:
            return Explored.open(resolve(folder), folder)
        except InputError as error:
            return str(error)

    task = solara.lab.use_task(read, dependencies=[folder])
    fields = solara.use_memo(lambda: folder_fields("sweep", folder), [folder])
    with solara.Div(classes=["waico-view"]):
        with solara.Div(classes=["waico-bar"]):
            panels.Fields(fields=fields, flow="row", event_change=lambda told: set_folder(str(told["value"]).strip()))
        if not folder:
            solara.HTML(
                "p", f"No sweep is open. Make one with <code>{HOW}</code> in the folder where <code>waico ui</code> was started.", classes=["waico-empty"]
            )
        elif task.pending or not task.finished:
            solara.HTML("p", "Reading the sweep…", classes=["waico-busy"], attributes={"role": "status"})
        elif isinstance(task.value, Explored) and task.value.name == folder:
            Opened(task.value, watch).key(folder)
        else:
            solara.HTML("div", escape(str(task.value)), classes=["waico-problem"], attributes={"role": "alert"})


@solara.component
def Opened(explored: Explored, watch: Callable[[str], None]) -> None:
    """Shares over two factors, the runs behind them, the box, and what matters."""
    paths = list(explored.factors)
    asked, set_asked = solara.use_state({"outcome": explored.outcomes[0], "x": paths[0], "y": paths[min(1, len(paths) - 1)]})
    picked, set_picked = solara.use_state(None)
    shares = solara.use_memo(lambda: explored.shares(asked["x"], asked["y"], asked["outcome"]), [tuple(asked.values())])
    factors = [{"value": path, "label": name} for path, name in explored.factors.items()]
    outcomes = [{"value": name, "label": name.replace("_", " ")} for name in explored.outcomes]

    def change(told: dict[str, Any]) -> None:
        set_picked(None)
        set_asked(asked | {str(told["id"]): str(told["value"])})

    words = asked["outcome"].replace("_", " ")
    with solara.Div(classes=["waico-view"]):
        with solara.Div(classes=["waico-bar"]):
            panels.Fields(
                fields=[
                    {"id": "outcome", "label": "outcome", "kind": "select", "value": asked["outcome"], "choices": outcomes},
                    {"id": "x", "label": "across", "kind": "select", "value": asked["x"], "choices": factors},
                    {"id": "y", "label": "upwards", "kind": "select", "value": asked["y"], "choices": factors},
                ],
                flow="row", event_change=change,
            )  # fmt: skip
            Downloads(of_tables(explored.tables), "waico_sweep")
        solara.HTML("div", escape(explored.about()), classes=["waico-headline"])
        with solara.Div(classes=["waico-compared"]):
            with solara.Div(classes=["waico-column"]):
                with Panel("shares", f"Share of runs: {words}"):
                    panels.Heatmap(
                        shares=shares, across=explored.factors[asked["x"]], upwards=explored.factors[asked["y"]] if asked["x"] != asked["y"] else "",
                        outcome=words, picked=picked, event_pick=set_picked,
                    )  # fmt: skip
                with solara.Div(classes=["waico-panel"]):
                    solara.HTML("h2", "The runs behind a cell")
                    rows = explored.behind(asked["x"], asked["y"], *picked) if picked else []
                    panels.Runs(rows=rows, factors=list(explored.factors.values()), chosen=picked is not None, event_watch=watch)
            with solara.Div(classes=["waico-column"]):
                Found(explored, asked["outcome"]).key(asked["outcome"])


@solara.component
def Found(explored: Explored, outcome: str) -> None:
    """What a search over the whole sweep finds; it takes a moment, and the rest does not wait for it."""
    box = solara.lab.use_task(lambda: _tried(lambda: explored.box(outcome)), dependencies=[])
    matters = solara.lab.use_task(lambda: _tried(lambda: explored.sensitivity(outcome)), dependencies=[])
    with solara.Div(classes=["waico-column"]):
        with Panel("box", "Where it happens: the PRIM box"):
            _shown(box, lambda found: panels.Box(words=found["words"], sides=found["sides"]))
        with Panel("bars", "Which factors matter"):
            _shown(matters, lambda found: panels.Bars(caption=found["caption"], bars=found["bars"], note=found["note"]))


def _tried(work: Callable[[], dict[str, Any]]) -> dict[str, Any] | str:
    try:
        return work()
    except InputError as error:
        return str(error)


def _shown(task: Any, draw: Callable[[dict[str, Any]], Any]) -> None:
    """What a task found, or that it is at work, or why there is nothing."""
    if task.error:
        solara.HTML("p", escape(str(task.exception)), attributes={"role": "alert"})
    elif task.pending or not task.finished:
        solara.HTML("p", "Searching…", attributes={"role": "status"})
    elif isinstance(task.value, str):
        solara.HTML("p", escape(task.value))
    else:
        draw(task.value)

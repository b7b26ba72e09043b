"""The replay view: a saved run, stepped through from its tables."""

from __future__ import annotations

from html import escape
from typing import Any

import solara

from waico.scenarios.errors import InputError
from waico.ui import panels
from waico.ui.figures import (
    Act,
    Downloads,
    Happened,
    Headline,
    Looked,
    acting,
    folder_fields,
    look,
    look_fields,
    of_tables,
)
from waico.ui.folders import resolve
from waico.ui.replayed import Replayed

HOW = "waico run waic2025 --out runs/first"


@solara.component
def Replay() -> None:
    """A folder is chosen, then looked at."""
    folder, set_folder = solara.use_state("")
    found, set_found = solara.use_state(None)
    problem, set_problem = solara.use_state("")

    def choose(told: dict[str, Any]) -> None:
        name = str(told["value"]).strip()
        set_folder(name)
        set_problem("")
        set_found(None)
        if not name:
            return
        try:
            set_found(Replayed(resolve(name), name))
        except InputError as error:
            set_problem(str(error))

    fields = solara.use_memo(lambda: folder_fields("run", folder), [folder])
    with solara.Div(classes=["waico-view"]):
        with solara.Div(classes=["waico-bar"]):
            panels.Fields(fields=fields, flow="row", event_change=choose)
        if problem:
            solara.HTML("div", escape(problem), classes=["waico-problem"], attributes={"role": "alert"})
        if found is None:
            solara.HTML(
                "p", f"No run is open. Make one with <code>{HOW}</code> in the folder where <code>waico ui</code> was started, or save one "
                "from the live view and unpack it there.", classes=["waico-empty"],
            )  # fmt: skip
        else:
            Opened(found).key(f"{folder}")


@solara.component
def Opened(replayed: Replayed) -> None:
    """The run, round by round."""
    version, set_version = solara.use_state(0)
    act = acting(set_version)
    with solara.Div(classes=["waico-live"]):
        Header(replayed, version, act)
        Headline(replayed, version)
        with solara.Div(classes=["waico-columns"]):
            with solara.Div(classes=["waico-left"]):
                Happened(replayed, version, act)
            Looked(replayed, version, act)


@solara.component
def Header(replayed: Replayed, version: int, act: Act) -> None:
    """Which replicate, which round."""

    def change(told: dict[str, Any]) -> None:
        if told["id"] == "replicate":
            replayed.take(int(told["value"]))
        else:
            look(replayed, told)

    drawn = [{"value": str(number), "label": f"{number}: {outcome}"} for number, outcome in replayed.outcomes.items()]
    fields = [
        {"id": "replicate", "label": f"{replayed.result.scenario.name}, seed {replayed.result.seed}, replicate", "kind": "select",
         "value": str(replayed.replicate), "choices": drawn},
        *look_fields(replayed),
    ]  # fmt: skip
    with solara.Div(classes=["waico-bar"]):
        panels.Fields(fields=fields, flow="row", event_change=act(change))
        Downloads(of_tables(replayed.tables), f"waico_{replayed.result.scenario.name}_{replayed.result.seed}_{replayed.replicate}")
        panels.Transport(
            round=replayed.shown, reached=replayed.last, ended=replayed.ended, day=replayed.watched.days[replayed.shown], run=replayed.replicate,
            event_step=act(lambda *_: replayed.step()), event_show=act(replayed.show), event_reset=act(lambda *_: replayed.show(0)),
        )  # fmt: skip

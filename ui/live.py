"""The live view: a negotiation that is watched, shaken, and asked why."""

from __future__ import annotations

from html import escape
from typing import Any

import solara

from waico.scenarios.uploaded import LARGEST
from waico.ui import panels
from waico.ui.figures import (
    Act,
    Download,
    Downloads,
    Happened,
    Headline,
    Looked,
    acting,
    choices,
    look,
    look_fields,
    of_tables,
)
from waico.ui.session import Session


@solara.component
def Live(session: Session, saving: bool) -> None:
    """The whole view; the session holds all state, and every act of the visitor draws anew what it changed."""
    version, set_version = solara.use_state(0)
    act = acting(set_version)
    with solara.Div(classes=["waico-live"]):   # with keys, since what comes and goes among children without would build all figures anew
        Header(session, version, act).key("header")
        if saving:
            Save(session, version, act).key("save")
        Headline(session, version).key("headline")
        if session.problem:
            solara.HTML("div", escape(session.problem), classes=["waico-problem"], attributes={"role": "alert"}).key("problem")
        with solara.Div(classes=["waico-columns"]).key("columns"):
            with solara.Div(classes=["waico-left"]):
                Levers(session, version, act)
                Happened(session, version, act)
            Looked(session, version, act)


@solara.component
def Header(session: Session, version: int, act: Act) -> None:
    """Which scenario, which draws, which round."""
    live = session.live

    def change(told: dict[str, Any]) -> None:
        match told["id"]:
            case "scenario":
                session.open(str(told["value"]))
            case "seed":
                session.reseed(str(told["value"]))
            case _:
                look(session, told)

    fields = [
        {"id": "scenario", "label": "scenario", "kind": "select", "value": session.source.name, "choices": choices(session.sources)},
        {"id": "seed", "label": "seed", "kind": "number", "value": live.seed, "low": 0, "high": 1_000_000},
        *look_fields(session),
    ]  # fmt: skip
    with solara.Div(classes=["waico-bar"]):
        panels.Fields(fields=fields, flow="row", event_change=act(change))
        panels.Transport(
            round=live.shown, reached=live.reached, ended=live.ended, day=session.watched.days[live.shown], run=session.begun,
            event_step=act(lambda *_: session.step()), event_show=act(session.show), event_reset=act(lambda *_: session.restart()),
        )  # fmt: skip


@solara.component
def Save(session: Session, version: int, act: Act) -> None:
    """What can be taken along, and a scenario that is brought."""

    def bring(told: dict[str, Any]) -> None:
        file = told["value"]
        session.upload(str(file["name"]), str(file["content"]).encode("latin1", "replace") if file["size"] <= LARGEST else bytes(LARGEST + 1))

    with solara.Div(classes=["waico-bar", "waico-save"]):
        panels.Link(query=session.link())
        Downloads({
            "toml": Download("Scenario TOML", "scenario.toml", lambda: session.toml().encode()),
            **of_tables(session.tables),
            "run": Download("Whole run", "run.zip", session.folder),
        }, f"waico_{session.live.base.name}_{session.live.seed}")  # fmt: skip
        panels.Fields(
            fields=[{"id": "file", "label": "open a scenario file", "kind": "file", "high": LARGEST}], flow="row", event_change=act(bring)
        )


@solara.component
def Levers(session: Session, version: int, act: Act) -> None:
    """What can be changed, when it acts, and what was changed so far."""
    fields = []
    for lever, value, note, waits in session.levers():
        field = {"id": lever.path, "label": lever.label, "kind": lever.kind, "value": value, "note": note, "waits": waits}
        if lever.kind == "slider":
            field |= {"low": lever.low, "high": lever.high, "step": lever.step, "digits": 3 if lever.step < 0.01 else 2}
        if lever.kind == "select":
            field["choices"] = choices(list(lever.choices))
        fields.append(field)
    other = {
        "id": "other", "label": "any other value", "kind": "text", "value": "", "hint": "path=value, such as decision.b_pressure=0",
        "note": "acts now where it can, else at the next reset",
    }  # fmt: skip

    def change(told: dict[str, Any]) -> None:
        if told["id"] == "other":
            session.assign(str(told["value"]))
        else:
            session.pull(str(told["id"]), told["value"])

    with solara.Div(classes=["waico-panel"]):
        solara.HTML("h2", f"Levers of {session.institution}")
        panels.Fields(fields=[*fields, other], flow="column", event_change=act(change))
        if made := session.made():
            solara.HTML("ul", "".join(f"<li>{escape(line)}</li>" for line in made), classes=["waico-made"], attributes={"aria-label": "Changes made"})

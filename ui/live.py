"""The live view: a negotiation that is watched, shaken, and asked why."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import solara

from waico.agents.world import ENDORSED, OUTSIDE, RATIFIED, SIGNED, WITHDRAWN
from waico.scenarios.load import bundled_scenarios
from waico.ui import panels
from waico.ui.drawer import Drawer
from waico.ui.network import network
from waico.ui.session import Session
from waico.ui.sentences import GROUPS
from waico.ui.watched import CURVES, STATUS_WORDS, Watched
from waico.ui.world_map import world_map

COLOURS = {   # of states by status; one hue from light to dark, which every eye can order, and orange for those that left
    OUTSIDE: "#DDDDDD", ENDORSED: "#A6CEE3", SIGNED: "#3A8FC4", RATIFIED: "#08457E", WITHDRAWN: "#E69F00",
}  # fmt: skip
LEGEND = [
    *({"label": STATUS_WORDS[status], "fill": colour} for status, colour in COLOURS.items()),
    {"label": "sponsor", "fill": "#222222"}, {"label": "rival", "fill": "url(#waico-hatch)"},
]  # fmt: skip


@solara.component
def Live(session: Session) -> None:
    """The whole view; the session holds all state, and every act of the visitor draws anew what it changed."""
    version, set_version = solara.use_state(0)

    def acting(act: Callable[..., Any]) -> Callable[..., None]:
        def done(*told: Any) -> None:
            act(*told)
            set_version(lambda number: number + 1)

        return done

    live, watched = session.live, session.watched
    with solara.Div(classes=["waico-live"]):
        Header(session, version, acting)
        if session.problem:
            solara.HTML("div", escape(session.problem), classes=["waico-problem"], attributes={"role": "alert"})
        with solara.Div(classes=["waico-columns"]):
            with solara.Div(classes=["waico-left"]):
                Levers(session, version, acting)
                with solara.Div(classes=["waico-panel", "waico-events"]):
                    solara.HTML("h2", "What happened")
                    panels.Feed(
                        entries=session.feed(), groups=list(GROUPS), chosen=list(session.groups), round=live.shown,
                        event_picked=acting(session.open_state), event_choose=acting(session.show_groups),
                    )  # fmt: skip
            Figures(watched, live.shown, session.institution, session.state, acting(session.open_state))
            if session.state:
                Drawer(watched, live.shown, session.institution, session.state, session.explanation, acting(session.open_state))


@solara.component
def Header(session: Session, version: int, acting: Callable[[Callable[..., Any]], Callable[..., None]]) -> None:
    """Which scenario, which draws, which round. The version tells Solara that what the session holds has changed."""
    live, watched = session.live, session.watched

    def change(told: dict[str, Any]) -> None:
        value = told["value"]
        match told["id"]:
            case "scenario":
                session.open(str(value))
            case "institution":
                session.choose(str(value))
            case "seed":
                session.reseed(str(value))

    fields = [
        {"id": "scenario", "label": "scenario", "kind": "select", "value": session.source, "choices": _choices(bundled_scenarios())},
        {"id": "seed", "label": "seed", "kind": "number", "value": live.seed, "low": 0, "high": 1_000_000},
        {"id": "institution", "label": "institution", "kind": "select", "value": session.institution, "choices": _choices(list(watched.setting.bodies))},
    ]  # fmt: skip
    with solara.Div(classes=["waico-bar"]):
        panels.Fields(fields=fields, flow="row", event_change=acting(change))
        panels.Transport(
            round=live.shown, reached=live.reached, ended=live.ended, day=watched.days[live.shown], run=session.begun,
            event_step=acting(lambda *_: session.step()), event_show=acting(session.show), event_reset=acting(lambda *_: session.restart()),
        )  # fmt: skip
    solara.HTML("div", escape(watched.headline(live.shown, session.institution, live.ended)), classes=["waico-headline"], attributes={"aria-live": "polite"})


@solara.component
def Levers(session: Session, version: int, acting: Callable[[Callable[..., Any]], Callable[..., None]]) -> None:
    """What can be changed, when it acts, and what was changed so far."""
    fields = []
    for lever, value, note, waits in session.levers():
        field = {"id": lever.path, "label": lever.label, "kind": lever.kind, "value": value, "note": note, "waits": waits}
        if lever.kind == "slider":
            field |= {"low": lever.low, "high": lever.high, "step": lever.step, "digits": 3 if lever.step < 0.01 else 2}
        if lever.kind == "select":
            field["choices"] = _choices(list(lever.choices))
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
        panels.Fields(fields=[*fields, other], flow="column", event_change=acting(change))
        if made := session.made():
            solara.HTML("ul", "".join(f"<li>{escape(line)}</li>" for line in made), classes=["waico-made"], attributes={"aria-label": "Changes made"})


@solara.component
def Figures(watched: Watched, shown: int, institution: str, state: str, pick: Callable[[Any], None]) -> None:
    """Map, charter, curves and network of one round of a run."""
    scenario = watched.result.scenario
    places = solara.use_memo(watched.places, [watched.result.scenario.name, watched.setting.codes])
    net = solara.use_memo(
        lambda: network(watched.setting, watched.facts, watched.row(institution)), [scenario.name, watched.setting.codes, institution]
    )
    statuses = watched.map(shown)
    signed = [code for code, status in zip(watched.setting.codes, statuses[institution], strict=True) if status >= SIGNED]
    with solara.Div(classes=["waico-figures"]):
        with Panel("map", f"States and {institution}"):
            panels.World(
                geometry=world_map().as_dict(), places=places, bodies=list(watched.setting.bodies), body=institution, statuses=statuses,
                words={str(key): word for key, word in STATUS_WORDS.items()}, colours={str(key): colour for key, colour in COLOURS.items()},
                legend=LEGEND, selected=state, title=f"World map of {institution}: {len(signed)} states have signed", event_picked=pick,
            )  # fmt: skip
        with Panel("network", "Ties between the states that matter"):
            panels.Network(net=net, signed=signed, partners=watched.partners(shown), active=watched.alliances(shown), event_picked=pick)
        with Panel("charter", f"Text of {institution}"):
            panels.Charter(issues=watched.charter(shown, institution))
        with Panel("curves", "Members and measures"):
            panels.Curves(curves=watched.curves(shown, institution), body=institution, captions=CURVES, horizon=watched.horizon())


@solara.component
def Panel(figure: str, title: str, children: list[solara.Element] = []) -> None:  # noqa: B006 (Solara's convention; never written to)
    """A figure with its heading, and buttons that save it."""
    with solara.Div(classes=["waico-panel", f"waico-{figure}"]):
        with solara.Div(classes=["waico-heading"]):
            solara.HTML("h2", title)
            panels.FigureTools(figure=f"figure-{figure}", name=f"waico_{figure}")
        solara.Div(children=children)


def _choices(values: list[str]) -> list[dict[str, str]]:
    return [{"value": value, "label": value.replace("_", " ")} for value in values]

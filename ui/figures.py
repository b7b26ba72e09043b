"""What the live view and a replay share: figures of one round, what happened, and the state that is looked at."""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple

import pandas as pd
import solara

from waico.agents.world import ENDORSED, OUTSIDE, RATIFIED, SIGNED, WITHDRAWN
from waico.ui import panels
from waico.ui.drawer import Drawer
from waico.ui.folders import find
from waico.ui.network import network
from waico.ui.sentences import GROUPS
from waico.ui.viewer import Viewer, csv, parquet
from waico.ui.watched import CURVES, STATUS_WORDS, Watched
from waico.ui.world_map import world_map

Act = Callable[[Callable[..., Any]], Callable[..., None]]   # makes a handler that draws the page anew after an act

COLOURS = {   # of states by status; one hue from light to dark, which every eye can order, and orange for those that left
    OUTSIDE: "#DDDDDD", ENDORSED: "#A6CEE3", SIGNED: "#3A8FC4", RATIFIED: "#08457E", WITHDRAWN: "#E69F00",
}  # fmt: skip
LEGEND = [
    *({"label": STATUS_WORDS[status], "fill": colour} for status, colour in COLOURS.items()),
    {"label": "sponsor", "fill": "#222222"}, {"label": "rival", "fill": "url(#waico-hatch)"},
]  # fmt: skip


def acting(set_version: Callable[[Callable[[int], int]], None]) -> Act:
    """What turns an act of the visitor into a handler that also draws anew what the act changed.

    Views hand the version on to their parts: Solara sees by it that what a session holds has changed.
    """

    def handler(act: Callable[..., Any]) -> Callable[..., None]:
        def done(*told: Any) -> None:
            act(*told)
            set_version(lambda number: number + 1)

        return done

    return handler


@solara.component
def Looked(viewer: Viewer, version: int, act: Act) -> None:
    """Figures of the round looked at, and over them the decision of the state that is open."""
    watched, shown = viewer.watched, viewer.shown
    with solara.Div(classes=["waico-looked"]):
        Figures(watched, shown, viewer.institution, viewer.state, act(viewer.open_state))
        if viewer.state:
            Drawer(watched, shown, viewer.institution, viewer.state, viewer.explanation, act(viewer.open_state), act(viewer.show))


@solara.component
def Happened(viewer: Viewer, version: int, act: Act) -> None:
    """The feed."""
    with solara.Div(classes=["waico-panel", "waico-events"]):
        solara.HTML("h2", "What happened")
        panels.Feed(
            entries=viewer.feed(), groups=list(GROUPS), chosen=list(viewer.groups), round=viewer.shown,
            event_picked=act(viewer.open_state), event_choose=act(viewer.show_groups),
        )  # fmt: skip


class Download(NamedTuple):
    """A file that can be taken along: what its button says, how its name ends, and what makes it."""

    label: str
    ending: str
    make: Callable[[], bytes]


@solara.component
def Downloads(files: dict[str, Download], stem: str) -> None:
    """Buttons for files that are made when they are asked for."""
    sent, set_sent = solara.use_state(("", "", 0))

    def ask(name: str) -> None:
        content = base64.b64encode(files[name].make()).decode("ascii")
        set_sent((f"{stem}_{files[name].ending}", content, sent[2] + 1))

    panels.Downloads(
        files=[{"id": name, "label": file.label} for name, file in files.items()], name=sent[0], content=sent[1], serial=sent[2], event_ask=ask
    )


def of_tables(tables: Callable[[], dict[str, pd.DataFrame]]) -> dict[str, Download]:
    """Tables to be taken along in either form."""
    return {
        "csv": Download("Tables CSV", "tables_csv.zip", lambda: csv(tables())),
        "parquet": Download("Tables Parquet", "tables_parquet.zip", lambda: parquet(tables())),
    }


@solara.component
def Headline(viewer: Viewer, version: int) -> None:
    """How things stand, in a sentence that screen readers tell too."""
    solara.HTML("div", escape(viewer.headline()), classes=["waico-headline"], attributes={"aria-live": "polite"})


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
        with solara.Div(classes=["waico-column"]):
            with Panel("map", f"States and {institution}"):
                panels.World(
                    geometry=world_map().as_dict(), places=places, bodies=list(watched.setting.bodies), body=institution, statuses=statuses,
                    words={str(key): word for key, word in STATUS_WORDS.items()}, colours={str(key): colour for key, colour in COLOURS.items()},
                    legend=LEGEND, selected=state, title=f"World map of {institution}: {len(signed)} states have signed", event_picked=pick,
                )  # fmt: skip
            with Panel("curves", "Members and measures"):
                panels.Curves(curves=watched.curves(shown, institution), body=institution, captions=CURVES, horizon=watched.horizon())
        with solara.Div(classes=["waico-column"]):
            with Panel("charter", f"Text of {institution}"):
                panels.Charter(issues=watched.charter(shown, institution))
            with Panel("network", "Ties between the states that matter"):
                panels.Network(net=net, signed=signed, partners=watched.partners(shown), active=watched.alliances(shown), event_picked=pick)


@solara.component
def Panel(figure: str, title: str, children: list[solara.Element] = []) -> None:  # noqa: B006 (Solara's convention; never written to)
    """A figure with its heading, and buttons that save it."""
    with solara.Div(classes=["waico-panel", f"waico-{figure}"]):
        with solara.Div(classes=["waico-heading"]):
            solara.HTML("h2", title)
            panels.FigureTools(figure=f"figure-{figure}", name=f"waico_{figure}")
        solara.Div(children=children)


def look_fields(viewer: Viewer) -> list[dict[str, Any]]:
    """Fields that choose what is looked at: an institution, and a state by its name."""
    watched = viewer.watched
    states = [{"value": code, "label": name} for code, name in sorted(watched.names.items(), key=lambda item: item[1])]
    return [
        {"id": "institution", "label": "institution", "kind": "select", "value": viewer.institution, "choices": choices(list(watched.setting.bodies))},
        {"id": "state", "label": "state", "kind": "select", "value": viewer.state, "choices": [{"value": "", "label": "none open"}, *states]},
    ]  # fmt: skip


def look(viewer: Viewer, told: dict[str, Any]) -> None:
    """Carry out what was chosen in one of them."""
    if told["id"] == "institution":
        viewer.choose(str(told["value"]))
    elif told["id"] == "state":
        viewer.open_state(str(told["value"]))


def folder_fields(kind: str, folder: str) -> list[dict[str, Any]]:
    """Fields that choose a folder of a run or a sweep: one of those that are there, or by its name."""
    there = find(kind)
    offered = [{"value": "", "label": f"choose a {kind} ({len(there)} found)"}, *({"value": name, "label": name} for name in there)]
    return [
        {"id": kind, "label": kind, "kind": "select", "value": folder if folder in there else "", "choices": offered},
        {"id": "folder", "label": "or its folder", "kind": "text", "value": folder, "hint": "below the start"},
    ]


def choices(values: list[str]) -> list[dict[str, str]]:
    """Names as a select field offers them."""
    return [{"value": value, "label": value.replace("_", " ")} for value in values]

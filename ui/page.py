"""The page of `waico ui`: its views, and what a link asks for."""

from __future__ import annotations

import os
from pathlib import Path

import solara

from waico.ui.compare import Compare
from waico.ui.explore import Explore
from waico.ui.live import Live
from waico.ui.replay import Replay
from waico.ui.server import SCENARIO
from waico.ui.session import START, Session

STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
VIEWS = {"live": "Live", "compare": "Compare", "explore": "Explore", "replay": "Replay"}


@solara.component
def Page() -> None:
    """Header and the chosen view. Each visitor has a session of their own; a view that is left keeps nothing but the live session."""
    search = solara.use_router().search or ""
    session = solara.use_memo(lambda: Session.from_query(search, os.environ.get(SCENARIO, START)), [])
    view, set_view = solara.use_state("live")
    saving, set_saving = solara.use_state(False)

    def watch(query: str) -> None:
        session.go(query)
        set_view("live")

    solara.Title("waico: states and firms negotiating over an AI body")
    solara.Style(STYLE)
    with solara.Div(classes=["waico-page"]):
        with solara.Div(classes=["waico-top"]):
            solara.HTML("h1", "waico")
            for name, label in VIEWS.items():
                solara.Button(label, on_click=lambda name=name: set_view(name), text=True, classes=["waico-tab", "waico-on" if view == name else ""])
            if view == "live":
                solara.Button("Save and open", on_click=lambda: set_saving(not saving), text=True, classes=["waico-tab", "waico-end"])
        match view:
            case "live":
                Live(session, saving)
            case "compare":
                Compare(session)
            case "explore":
                Explore(watch)
            case _:
                Replay()


@solara.component
def Layout(children: list[solara.Element] = []) -> None:  # noqa: B006 (Solara's convention; never written to)
    """The page alone, without Solara's own bars."""
    solara.Div(children=children)

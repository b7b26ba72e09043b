"""The page of `waico ui`: its views, and what a link asks for."""

from __future__ import annotations

from pathlib import Path

import solara

from waico.ui.live import Live
from waico.ui.session import Session

STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
VIEWS = {"live": "Live"}


@solara.component
def Page() -> None:
    """Header and the chosen view. Each visitor has a session of their own."""
    search = solara.use_router().search or ""
    session = solara.use_memo(lambda: Session.from_query(search), [])
    view, set_view = solara.use_state("live")
    solara.Title("waico: states and firms negotiating over an AI body")
    solara.Style(STYLE)
    with solara.Div(classes=["waico-page"]):
        with solara.Div(classes=["waico-top"]):
            solara.HTML("h1", "waico")
            for name, label in VIEWS.items():
                solara.Button(label, on_click=lambda name=name: set_view(name), text=True, classes=["waico-tab", "waico-on" if view == name else ""])
        Live(session)


@solara.component
def Layout(children: list[solara.Element] = []) -> None:  # noqa: B006 (Solara's convention; never written to)
    """The page alone, without Solara's own bars."""
    solara.Div(children=children)

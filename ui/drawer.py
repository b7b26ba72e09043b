"""The drawer of a state: what its decision was made of in the round looked at, who moved before it, and what would flip it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import solara

from waico.analysis.explain import Explanation
from waico.ui import panels
from waico.ui.watched import Watched

LEAST = 0.005   # terms that are smaller in size are not drawn
FLIPS = 3   # as many changes that would have turned the decision are told


@solara.component
def Drawer(
    watched: Watched, shown: int, institution: str, code: str, explain: Callable[[], Explanation | None], pick: Callable[[Any], None],
    show: Callable[[Any], None],
) -> None:
    """A panel at the right edge, over the figures."""
    with solara.Div(classes=["waico-drawer"]):
        with solara.Div(classes=["waico-heading"]):
            solara.HTML("h2", escape(f"{watched.names[code]}, round {shown}"))
            panels.Fields(fields=[{"id": "close", "label": "Close", "kind": "button"}], flow="row", event_change=lambda _: pick(""))
        _listed(watched.status_words(code, shown))
        if steps := watched.steps(code, institution, shown):
            panels.Fields(
                fields=[{"id": str(number), "label": f"Why in round {number}", "kind": "button"} for number in steps], flow="row",
                event_change=lambda told: show(int(told["id"])),
            )  # fmt: skip
        found = explain()
        if found is None:
            solara.HTML("p", "No round has been run yet: press Step, then read what its decision is made of.")
            return
        if found.step == "none":
            solara.HTML("p", escape(f"No decision on {institution} in this round: {found.reason}."))
        else:
            _decision(found)
        _peers(watched, found)


def _decision(found: Explanation) -> None:
    """Terms, verdict and flips."""
    solara.HTML("p", escape(
        f"Step to {found.step} {found.institution}: probability {found.hazard:.1%} in this round. Hazard summed so far {found.summed:.2f} "
        f"against a threshold of {found.threshold:.2f}: {found.verdict}."
    ))  # fmt: skip
    terms = sorted(found.terms.items(), key=lambda item: -abs(item[1]))
    panels.Terms(terms=[{"name": name, "value": round(value, 4)} for name, value in terms if abs(value) >= LEAST])
    panels.FigureTools(figure="figure-decision", name=f"waico_decision_{found.nation}")
    reachable = [flip for flip in found.flips if flip.reachable][:FLIPS]
    solara.HTML("h3", "What would flip it, one term alone")
    if reachable:
        _listed([f"{flip.term} at {flip.needed:+.2f} in place of {flip.now:+.2f}" for flip in reachable])
    else:
        solara.HTML("p", "No single term could have turned it within its range.")


def _peers(watched: Watched, found: Explanation) -> None:
    """Its closest neighbours and what they are."""
    solara.HTML("h3", "Its closest neighbours")
    _listed([
        f"{watched.names[peer['nation']]} (tie {peer['tie']:.2f}): {peer['status']}"
        + (f", inside (endorsed or signed) since round {peer['inside_since_round']}" if peer["inside_since_round"] is not None else "")
        for peer in found.peers
    ])  # fmt: skip


def _listed(lines: list[str]) -> None:
    solara.HTML("ul", "".join(f"<li>{escape(line)}</li>" for line in lines))

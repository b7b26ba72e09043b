"""The compare view: two scenarios under the same draws, and what differs."""

from __future__ import annotations

from html import escape
from typing import Any

import solara
import solara.lab

from waico.analysis.compare import compare
from waico.scenarios.errors import InputError
from waico.scenarios.paths import parse_assignment
from waico.scenarios.schema import Scenario
from waico.ui import panels
from waico.ui.compared import MOST_REPLICATES, Compared
from waico.ui.figures import Downloads, Panel, choices, of_tables
from waico.ui.session import Session
from waico.ui.world_map import world_map

WATCHED = "the live view"   # among the scenarios: the one that is watched, with all changes and shocks
FEW = 40   # replicates at first: some seconds
SMALL = 26   # letters of a map that is drawn at half its size
ARMS = {"a": "A", "b": "B"}
AT_FIRST = {"seed": "1", "replicates": str(FEW), "change_a": "", "change_b": ""}


@solara.component
def Compare(session: Session) -> None:
    """What is compared is chosen, run when asked for, and shown."""
    asked, set_asked = solara.use_state({**AT_FIRST, "a": session.home, "b": WATCHED})
    body, set_body = solara.use_state("")

    def work(of: dict[str, str]) -> Compared | str:
        try:
            one, other = (_arm(session, of, arm) for arm in ARMS)
            return Compared(compare(one, other, seed=_whole(of, "seed", 0, 1_000_000), replicates=_whole(of, "replicates", 2, MOST_REPLICATES)))
        except InputError as error:
            return str(error)

    task = solara.lab.use_task(work, dependencies=None)

    def change(told: dict[str, Any]) -> None:
        if told["id"] == "go":
            task(asked)
        elif told["id"] == "body":
            set_body(str(told["value"]))
        else:
            set_asked(asked | {str(told["id"]): str(told["value"])})

    found = task.value if task.finished else None
    with solara.Div(classes=["waico-view"]):
        with solara.Div(classes=["waico-bar"]):
            panels.Fields(fields=_fields(session, asked, found, body, busy=task.pending), flow="row", event_change=change)
        if task.pending:
            solara.HTML("p", "Running both scenarios…", classes=["waico-busy"], attributes={"role": "status"})
        elif isinstance(found, str) or task.error:
            solara.HTML("div", escape(str(found or task.exception)), classes=["waico-problem"], attributes={"role": "alert"})
        elif found is None:
            solara.HTML(
                "p", "Choose two scenarios and press Compare. Both are run under the same draws, so that what differs comes from what was changed; "
                "changes are written as path=value, such as <code>institutions.waico.rival_pressure=2</code>, with semicolons between them.",
                classes=["waico-empty"],
            )  # fmt: skip
        else:
            Differences(found, body if body in found.bodies else found.bodies[0])


@solara.component
def Differences(found: Compared, body: str) -> None:
    """Maps above, tables below."""
    reach = found.reach(body)
    with solara.Div(classes=["waico-compared"]):
        with solara.Div(classes=["waico-column"]):
            with Panel("difference", f"Members of {body}: B less A, in points of the share of runs in which a state signed"):
                _map("difference", found, body, found.values(body, "difference"), "{} points of a hundred", reach, _scale(reach, signed=True))
            with solara.Div(classes=["waico-panel"]):
                panels.Paired(caption="How the runs end", rows=found.outcomes())
                panels.Paired(caption=f"{body} at the end", rows=found.measures(body))
                Downloads(of_tables(found.tables), f"waico_{found.comparison.a.name}_{found.comparison.b.name}")
                solara.HTML("p", f"{found.comparison.replicates} pairs of runs under the same draws; bold: the interval is off 0.")
        with solara.Div(classes=["waico-column"]):
            with solara.Div(classes=["waico-pair"]):
                for arm, letter in ARMS.items():
                    with Panel(f"arm-{arm}", f"{letter}: {getattr(found.comparison, arm).name}"):
                        _map(f"arm-{arm}", found, body, found.values(body, arm), "signed in {} of runs", 1.0, _scale(1.0, signed=False), SMALL)
            with solara.Div(classes=["waico-panel"]):
                solara.HTML("h2", "What was changed from A to B")
                lines = found.changes() or ["Nothing: both are the same."]
                solara.HTML("ul", "".join(f"<li>{escape(line)}</li>" for line in lines), classes=["waico-made"])
                panels.Paired(caption=f"Last text of {body}", rows=found.texts(body))
                panels.Paired(caption="States that differ most", rows=found.states(body))


def _map(name: str, found: Compared, body: str, values: list[float | None], unit: str, reach: float, legend: list[dict[str, str]], text: int = 13) -> None:
    panels.World(
        geometry=world_map().as_dict(), places=found.places, bodies=[body], body=body, statuses={}, words={}, colours={}, legend=legend, selected="",
        title=f"World map: {name} of {body}", values=values, unit=unit, reach=reach, name=name, text=text,
    )  # fmt: skip


def _scale(reach: float, *, signed: bool) -> list[dict[str, str]]:
    """Legend of a map of shares; the colours are those of world.vue."""
    steps = (-1.0, -0.5, 0.0, 0.5, 1.0) if signed else (0.0, 0.5, 1.0)
    ends = {True: (213, 94, 0), False: (0, 114, 178)}
    entries = [
        {
            "label": f"{100 * step * reach:+.0f}" if signed else f"{100 * step:.0f}%",
            "fill": "rgb(" + ",".join(str(round(236 + abs(step) * (end - 236))) for end in ends[step < 0]) + ")",
        }
        for step in steps
    ]  # fmt: skip
    return [*entries, {"label": "principals", "fill": "url(#waico-hatch)"}]


def _fields(session: Session, asked: dict[str, str], found: Compared | str | None, body: str, *, busy: bool) -> list[dict[str, Any]]:
    offered = [{"value": WATCHED, "label": f"{WATCHED}, as changed"}, *choices(session.sources)]
    fields: list[dict[str, Any]] = []
    for arm, letter in ARMS.items():
        fields += [
            {"id": arm, "label": letter, "kind": "select", "value": asked[arm], "choices": offered},
            {"id": f"change_{arm}", "label": "with", "kind": "text", "value": asked[f"change_{arm}"], "hint": "path=value; ..."},
        ]
    fields += [
        {"id": "seed", "label": "seed", "kind": "number", "value": asked["seed"], "low": 0, "high": 1_000_000},
        {"id": "replicates", "label": "replicates", "kind": "number", "value": asked["replicates"], "low": 2, "high": MOST_REPLICATES},
        {"id": "go", "label": "Compare", "kind": "button", "disabled": busy},
    ]  # fmt: skip
    if isinstance(found, Compared) and len(found.bodies) > 1:
        fields.append({"id": "body", "label": "institution", "kind": "select", "value": body or found.bodies[0], "choices": choices(found.bodies)})
    return fields


def _arm(session: Session, asked: dict[str, str], arm: str) -> Scenario:
    """One of the two scenarios.

    Raises:
        InputError: it or a change is refused.
    """
    option = f"changes of {ARMS[arm]}"
    texts = [text for text in asked[f"change_{arm}"].split(";") if text.strip()]
    changes = dict(parse_assignment(text, option) for text in texts)
    if asked[arm] == WATCHED:
        return session.scenario_with(changes)
    return session.source_of(asked[arm]).load(changes)


def _whole(asked: dict[str, str], key: str, low: int, high: int) -> int:
    """A whole number as it was typed.

    Raises:
        InputError: it is none, or out of bounds.
    """
    text = asked[key]
    if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
        raise InputError("compare", key, f"is '{text[:20]}'", f"give a whole number from {low} to {high}")
    return int(text)

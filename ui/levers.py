"""What can be changed on the page without knowing any path: levers, and whether a change acts now or at the next reset."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from waico.negotiation.adopt import adoption_rules
from waico.negotiation.bargain import protocols
from waico.scenarios.paths import lookup
from waico.scenarios.schema import Scenario
from waico.ui.live_run import LiveRun


class Lever(NamedTuple):
    """A value of the scenario that the page lets the user change.

    Attributes:
        path: in the scenario. label: on the page.
        kind: slider, select or switch. low, high, step: of a slider. choices: of a select.
        open_until: what closes it: `tabled` or `adopted` for a value that is used until then, empty for one that always acts.
    """

    path: str
    label: str
    kind: str
    low: float = 0.0
    high: float = 1.0
    step: float = 0.05
    choices: tuple[str, ...] = ()
    open_until: str = ""


WHY_CLOSED = {"tabled": "the text is tabled", "adopted": "the text is adopted"}


def levers(scenario: Scenario, institution: str) -> list[Lever]:
    """The levers of an institution of a scenario, those of the whole negotiation last."""
    body = scenario.institution(institution)
    place = f"institutions.{institution}"
    deep = next((issue.id for issue in scenario.issues if issue.id == "enforcement"), None) or next(
        (issue.id for issue in scenario.issues if issue.binding), scenario.issues[0].id
    )
    return [
        Lever(f"{place}.rival_pressure", "pressure by the rival", "slider", 0.0, 3.0, 0.1),
        Lever(f"{place}.inducement.budget", "the sponsor's inducement budget", "slider", 0.0, 0.2, 0.005),
        Lever(f"{place}.opening.{deep}", f"{deep} of the opening text", "slider", 0.0, 1.0, 0.05, open_until="tabled"),
        Lever(f"{place}.exclusive_from", f"members may not join the body of {body.rival}", "switch"),
        Lever(f"{place}.adoption.rule", "adoption rule", "select", choices=tuple(name for name, _ in adoption_rules), open_until="adopted"),
        Lever("bargaining.protocol", "protocol", "select", choices=tuple(name for name, _ in protocols)),
    ]


def value_of(scenario: Scenario, lever: Lever, day: str) -> Any:
    """What a lever stands at under a scenario; a switch for exclusivity is on if it holds from `day` (ISO) or before."""
    value = lookup(scenario, lever.path)
    return (value is not None and str(value) <= day) if lever.kind == "switch" else value


def value_for(scenario: Scenario, lever: Lever, chosen: Any) -> Any:
    """What to write at a lever's path for what was chosen on the page.

    Shocks cannot unset a date, so that "never" is the day after the last.
    """
    if lever.kind != "switch":
        return float(chosen) if lever.kind == "slider" else str(chosen)
    return scenario.freeze_date if chosen else scenario.rounds.horizon + timedelta(days=1)


def closed(live: LiveRun, lever: Lever, institution: str) -> str:
    """Why a change of a lever would not act in the round to come; empty if it would."""
    if live.shown == 0 or not lever.open_until:
        return ""
    done = live.tabled(institution) if lever.open_until == "tabled" else live.adopted(institution)
    return WHY_CLOSED[lever.open_until] if done else ""

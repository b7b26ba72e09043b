"""Scenarios without some of their firms, for asking whether firms decide anything."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from waico.scenarios.errors import InputError
from waico.scenarios.facts import load_facts
from waico.scenarios.schema import Scenario

EVERY = "all firms"


def without_firms(scenario: Scenario, by: Literal["home", "layer", "firm"] = "home") -> dict[str, dict[str, Any]]:
    """Changes that leave firms out, group by group and then all of them, for `waico.analysis.counterfactuals.counterfactuals`.

    A firm that is left out lobbies nobody, becomes no partner, and adds nothing to what membership is worth; alliances go on without it, and
    those of which fewer than two members are left are gone, with the shocks that set them.

    Args:
        scenario: with firms.
        by: what makes a group: the state of their headquarters (`home`), what they make (`layer`), or each firm by itself (`firm`).

    Returns:
        New values by path, under "without GROUP", groups in alphabetical order.

    Raises:
        InputError: the scenario has no firms.
    """
    firms = load_facts(scenario).firms
    if scenario.firms is None or firms.empty:
        raise InputError(scenario.name, "firms", "has none", "take a scenario with firms")
    group = firms.index.to_series() if by == "firm" else firms[by]
    groups = {str(name): list(rows) for name, rows in firms.groupby(group).groups.items()}
    groups |= {} if by == "firm" else {EVERY: list(firms.index)}
    states = load_facts(scenario).nations["name"]
    return {f"without {_named(firms, states, name, by)}": _left_out(scenario, members) for name, members in groups.items()}


def _named(firms: pd.DataFrame, states: pd.Series, group: str, by: str) -> str:
    if group == EVERY:
        return group
    if by == "firm":
        return str(firms.loc[group, "name"])
    return f"firms of {states.get(group, group)}" if by == "home" else f"{group} firms"


def _left_out(scenario: Scenario, members: list[str]) -> dict[str, Any]:
    assert scenario.firms is not None
    left = {alliance.id: [firm for firm in alliance.members if firm not in members] for alliance in scenario.firms.alliances}
    alliances = [
        alliance.model_dump() | {"members": left[alliance.id]} for alliance in scenario.firms.alliances if len(left[alliance.id]) > 1
    ]
    gone = tuple(f"firms.alliances.{name}." for name, firms in left.items() if len(firms) < 2)
    shocks = [shock.model_dump() for shock in scenario.shocks if not f"{shock.path}.".startswith(gone)]
    return {"firms.exclude": [*scenario.firms.exclude, *members], "firms.alliances": alliances, "shocks": shocks}

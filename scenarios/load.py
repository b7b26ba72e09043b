"""Read a scenario from a bundled name or a TOML file: `extends`, merging, validation, and the checks against the data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import reduce
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from waico.scenarios.coefficients import read_coefficients
from waico.scenarios.complaints import first_complaint
from waico.scenarios.errors import InputError
from waico.scenarios.facts import check_states
from waico.scenarios.layers import LIBRARY, Tree, blame, bundled_scenarios, find, layers, local, merge
from waico.scenarios.paths import lookup, replace
from waico.scenarios.schema import Scenario

__all__ = ["blame", "bundled_scenarios", "check", "load_scenario", "merge"]

FIXED = re.compile(   # what a run is built on, or is judged by, from its start to its end
    r"(name|title|question|coefficients|freeze_date|assumptions|shocks|issues|institutions|outcome|firms\.(table|exclude)"
    r"|nations\.(table|subset|exclude|vintage|retrospective)|institutions\.\w+\.(sponsor|rival)|.*\.id|outcome\..*)"
)


def load_scenario(
    source: str | Path, changes: Mapping[str, Any] | None = None, *, changed_by: str = "changes"
) -> Scenario:
    """Read, merge and check a scenario.

    Args:
        source: a bundled name such as `waic2025`, or the path of a `.toml` file.
        changes: new values by path, as with `--set` on the command line.
        changed_by: what messages call the changes, such as `--set`.

    Returns:
        The resolved scenario: everything it extends merged in, all defaults filled.

    Raises:
        InputError: the file or a value is wrong; says which, why, and what would be right.
    """
    path = find(str(source))
    with blame(source, changes, changed_by):
        tree: Tree = reduce(merge, (layer for _, layer in layers(path)), {})
        tree["name"] = path.stem
        folder = Path() if path.parent == LIBRARY else path.parent
        changes = {field: local(field, value, folder, changed_by) for field, value in (changes or {}).items()}
        chosen = changes.pop("coefficients", None)
        tree |= {} if chosen is None else {"coefficients": chosen}
        fitted_until = None
        if tree.get("coefficients"):
            by = path.stem if chosen is None else changed_by
            priors, fitted_until = read_coefficients(tree["coefficients"], by)
            tree = merge(priors, tree)
        try:
            scenario = Scenario.model_validate(tree)
        except ValidationError as error:
            raise first_complaint(error, tree, path.stem) from None
        if changes:
            scenario = replace(scenario, changes)
        check(scenario)
        if fitted_until is not None:
            _check_hindsight(scenario, fitted_until)
    return scenario


def _check_hindsight(scenario: Scenario, fitted_until: date) -> None:
    """Refuse coefficients fitted on what came after the freeze date, unless the scenario owns up to it."""
    if fitted_until > scenario.freeze_date and "coefficients" not in scenario.assumptions:
        what = f"'{Path(scenario.coefficients).name}' was fitted on history up to {fitted_until}, after freeze_date {scenario.freeze_date}"
        raise InputError(scenario.name, "coefficients", what, "give an earlier fit, or say why under [assumptions]")


def check(scenario: Scenario) -> None:
    """Check what the schema alone cannot: states against the table, shocks and assumptions against the paths.

    Raises:
        InputError: on the first that does not hold.
    """
    check_states(scenario)
    for assumed in scenario.assumptions:
        try:
            lookup(scenario, assumed)
        except InputError as error:
            raise _below("assumptions", error, scenario.name) from None
    for number, shock in enumerate(scenario.shocks, 1):
        before = scenario
        try:
            check_change(before, shock.path)
            scenario = replace(before, {shock.path: shock.value})
            check_states(scenario)
        except InputError as error:
            raise _below(f"shocks.{number}", error, scenario.name) from None


def check_change(scenario: Scenario, path: str) -> None:
    """Refuse a shock to what cannot change while a run is under way."""
    makes_firms = path.startswith("firms.") and scenario.firms is None
    if FIXED.fullmatch(path) or makes_firms:
        raise InputError(scenario.name, path, "cannot change during a run", "change the scenario itself")


def _below(place: str, error: InputError, file: str) -> InputError:
    """An error about a path that stands in a scenario as text."""
    return InputError(file, place, f"{error.field}: {error.what}", error.instead)

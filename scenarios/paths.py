"""Paths into a scenario, such as `institutions.waico.opening.enforcement`: one way to address a value.

Used by `--set`, shocks, sweeps and the live page. Lists are addressed by id; `nations.GBR` is the override of a state.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from waico.scenarios.complaints import first_complaint
from waico.scenarios.errors import InputError, nearest
from waico.scenarios.schema import NATION_CODE, Scenario, as_date, without_stale_parameters


def replace(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """A copy of the scenario with the values at some paths changed; the tables they are in are validated anew.

    Args:
        scenario: what to start from.
        changes: new value by path, applied in order.

    Raises:
        InputError: a path does not exist, or its new value is refused.
    """
    tree = _opened(scenario, changes)
    for path, value in changes.items():
        if path == "coefficients":
            what = "name the set that was read when the scenario was loaded"
            raise InputError(scenario.name, path, what, "give it to load_scenario, or with --set")
        _assign(tree, path, as_date(value), scenario.name)
    try:
        return Scenario.model_validate(tree)
    except ValidationError as error:
        raise first_complaint(error, tree, scenario.name) from None


def lookup(scenario: Scenario, path: str) -> Any:
    """The value at a path, as plain data.

    Raises:
        InputError: the path does not exist.
    """
    here: Any = _opened(scenario, [path])
    for step, key in enumerate(steps := path.split(".")):
        here = _child(here, key, steps[: step + 1], scenario.name)
    return here


def parse_assignment(
    text: str, option: str = "--set", form: str = "path=value, such as decision.b_pressure=0"
) -> tuple[str, Any]:
    """Read one `--set path=value`; the value is TOML, and bare words are text.

    Args:
        text: what was typed.
        option: after which option, for the complaint.
        form: what the complaint asks for.

    Raises:
        InputError: there is no `=`, or nothing before or after it.
    """
    path, _, value = (part.strip() for part in text.partition("="))
    if not path or not value:
        raise InputError(option, text, "is not an assignment", f"write {form}")
    try:
        read = tomllib.loads(f"value = {value}")
    except (ValueError, RecursionError):
        return path, value
    return path, read["value"] if len(read) == 1 else value   # more keys: a line break in a text


def _opened(scenario: Scenario, paths: Iterable[str]) -> dict[str, Any]:
    """The scenario as a table, with those of its tables that some paths lead into as plain data, and the others as they are."""
    first = {path.partition(".")[0] for path in paths}
    return dict(scenario) | scenario.model_dump(include=first)


def _assign(tree: dict[str, Any], path: str, value: Any, file: str) -> None:
    steps = path.split(".")
    if "" in steps:
        raise InputError(file, path, "has an empty step", "write names with single dots between them")
    here: Any = tree
    for step, key in enumerate(steps[:-1], 1):
        here = _child(here, key, steps[:step], file, create=True)
    last = steps[-1]
    if isinstance(here, list):
        _child(here, last, steps, file)
        raise InputError(file, path, "is a whole entry", f"add the field to change, such as {path}.{_a_field(here)}")
    if not isinstance(here, dict) or (here and last not in here and not _is_open(steps[:-1])):
        raise _unknown(file, path, last, here)
    kept = dict(without_stale_parameters(here, {last: value}))
    here.clear()
    here.update(kept, **{last: value})


def _child(here: Any, key: str, path: list[str], file: str, *, create: bool = False) -> Any:
    """One step down. When assigning, tables that may be absent are made: overrides of states, optional tables."""
    if isinstance(here, list):
        return _entry(here, key, path, file)
    if path == ["nations", key] and NATION_CODE.fullmatch(key):
        return here["overrides"].setdefault(key, {}) if create else here["overrides"].get(key, {})
    if isinstance(here, dict):
        if key not in here and create and _is_open(path[:-1]):
            return here.setdefault(key, {})
        if key in here:
            if here[key] is None and create:
                here[key] = {}
            return here[key]
    raise _unknown(file, ".".join(path), key, here)


def _entry(entries: list[Any], key: str, path: list[str], file: str) -> Any:
    """The entry of a list with a certain id."""
    by_id = {entry["id"]: entry for entry in entries if isinstance(entry, dict) and entry.get("id") is not None}
    if not by_id:
        what = f"the entries of {'.'.join(path[:-1])} have no ids to address them by"
        raise InputError(file, ".".join(path), what, "set the whole list")
    if key not in by_id:
        raise _unknown(file, ".".join(path), key, by_id)
    return by_id[key]


def _a_field(entries: list[Any]) -> str:
    """Some field of the entries of a list, as an example."""
    return next(key for key in entries[0] if key != "id")


def _is_open(parents: list[str]) -> bool:
    """Tables whose keys are not fixed: rules with their own parameters, overrides, texts. Validation checks them."""
    return (
        parents == ["bargaining"]
        or (parents[:1] == ["institutions"] and parents[-1] in ("adoption", "gate", "opening", "status_quo"))
        or (parents[:1] == ["nations"] and len(parents) >= 2)
        or (parents[:1] == ["issues"] and parents[-1] in ("ideal", "stance"))
        or parents[:2] == ["decision", "correlation"]
    )


def _unknown(file: str, path: str, key: str, here: Any) -> InputError:
    above = path.rpartition(".")[0]
    if not isinstance(here, dict) or not here:
        return InputError(file, path, f"there is nothing below '{above}'", "shorten the path")
    advice = nearest(key, sorted(here))
    if above == "nations" and NATION_CODE.fullmatch(key.upper()):
        advice = f"did you mean '{key.upper()}'?"
    return InputError(file, path, f"there is no '{key}'", advice)

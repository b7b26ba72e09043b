"""Paths into a scenario, such as `institutions.waico.opening.enforcement`: one way to address a value.

Used by `--set`, shocks, sweeps and the live page. Lists are addressed by id; `nations.GBR` is the override of a state.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError

from waico.scenarios.complaints import first_complaint
from waico.scenarios.errors import InputError
from waico.scenarios.schema import NATION_CODE, Scenario, without_stale_parameters

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def replace(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """A copy of the scenario with the values at some paths changed, validated anew.

    Args:
        scenario: what to start from.
        changes: new value by path, applied in order.

    Raises:
        InputError: a path does not exist, or its new value is refused.
    """
    tree = scenario.model_dump()
    for path, value in changes.items():
        _assign(tree, path, _as_date(value), scenario.name)
    try:
        return Scenario.model_validate(tree)
    except ValidationError as error:
        raise first_complaint(error, tree, scenario.name) from None


def lookup(scenario: Scenario, path: str) -> Any:
    """The value at a path, as plain data.

    Raises:
        InputError: the path does not exist.
    """
    here: Any = scenario.model_dump()
    for step, key in enumerate(steps := path.split(".")):
        here = _child(here, key, steps[: step + 1], scenario.name)
    return here


def parse_assignment(text: str) -> tuple[str, Any]:
    """Read one `--set path=value`; the value is TOML, and bare words are text.

    Raises:
        InputError: there is no `=`.
    """
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise InputError("--set", text, "is not an assignment", "write path=value, such as decision.b_pressure=0")
    try:
        return path.strip(), tomllib.loads(f"value = {value}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return path.strip(), value.strip()


def _as_date(value: Any) -> Any:
    """Dates come as text from JSON records and from the command line."""
    return date.fromisoformat(value) if isinstance(value, str) and ISO_DATE.fullmatch(value) else value


def _assign(tree: dict[str, Any], path: str, value: Any, file: str) -> None:
    *parents, last = path.split(".")
    here: Any = tree
    for step, key in enumerate(parents):
        here = _child(here, key, path.split(".")[: step + 1], file, create=True)
    if isinstance(here, list):
        raise InputError(file, path, "addresses a whole entry", "add the field to change, such as .sponsor")
    if not isinstance(here, dict):
        raise InputError(file, path, f"lies below '{parents[-1]}', which is a single value", "shorten the path")
    if last not in here and not _is_open(parents):
        raise _unknown(file, path, last, here)
    kept = dict(without_stale_parameters(here, {last: value}))
    here.clear()
    here.update(kept, **{last: value})


def _child(here: Any, key: str, path: list[str], file: str, *, create: bool = False) -> Any:
    """One step down. A missing override of a state is made when assigning."""
    if isinstance(here, list):
        for entry in here:
            if isinstance(entry, dict) and entry.get("id") == key:
                return entry
        raise _unknown(file, ".".join(path), key, [entry["id"] for entry in here if isinstance(entry, dict)])
    if path == ["nations", key] and NATION_CODE.fullmatch(key):
        return here["overrides"].setdefault(key, {}) if create else here["overrides"].get(key, {})
    if isinstance(here, dict):
        if key not in here and create and _is_open(path[:-1]):
            return here.setdefault(key, {})
        if key in here:
            if here[key] is None and create:
                here[key] = {}
            return here[key]
    raise _unknown(file, ".".join(path), key, here if isinstance(here, dict) else [])


def _is_open(parents: list[str]) -> bool:
    """Tables whose keys are not fixed: rules with their own parameters, overrides, texts. Validation checks them."""
    return (
        parents == ["bargaining"]
        or (parents[:1] == ["institutions"] and parents[-1] in ("adoption", "gate", "opening", "status_quo"))
        or (parents[:1] == ["nations"] and len(parents) >= 2)
        or (parents[:1] == ["issues"] and parents[-1] in ("ideal", "stance"))
        or (parents[:1] == ["decision"] and len(parents) == 2)
    )


def _unknown(file: str, path: str, key: str, known: Iterable[str]) -> InputError:
    names = sorted(known)
    close = difflib.get_close_matches(key, names, n=1)
    instead = f"did you mean '{close[0]}'?" if close else f"one of {', '.join(names[:20])}"
    return InputError(file, path, f"there is no '{key}'", instead)

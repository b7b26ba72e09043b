"""Read a scenario from a bundled name or a TOML file: `extends`, merging, validation, and the checks against the data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from waico.scenarios.complaints import first_complaint
from waico.scenarios.errors import InputError
from waico.scenarios.facts import check_states
from waico.scenarios.paths import lookup, replace
from waico.scenarios.schema import Scenario, without_stale_parameters

MAX_BYTES = 1_000_000
LIBRARY = Path(str(files("waico.scenarios"))) / "library"


def bundled_scenarios() -> list[str]:
    """Names of the scenarios that come with the package, sorted."""
    return sorted(path.stem for path in LIBRARY.glob("*.toml"))


def load_scenario(source: str | Path, changes: Mapping[str, Any] | None = None) -> Scenario:
    """Read, merge and check a scenario.

    Args:
        source: a bundled name such as `waic2025`, or the path of a `.toml` file.
        changes: new values by path, as with `--set` on the command line.

    Returns:
        The resolved scenario: everything it extends merged in, all defaults filled.

    Raises:
        InputError: the file or a value is wrong; says which, why, and what would be right.
    """
    path = _find(str(source))
    tree = _merged(path, [])
    tree["name"] = path.stem
    tree["nations"] = _with_local_table(tree.get("nations", {}), path)
    if isinstance(tree.get("firms"), dict):
        tree["firms"] = _with_local_table(tree["firms"], path)
    try:
        scenario = Scenario.model_validate(tree)
    except ValidationError as error:
        raise first_complaint(error, tree, path.name) from None
    if changes:
        scenario = replace(scenario, changes)
    check(scenario)
    return scenario


def check(scenario: Scenario) -> None:
    """Check what the schema alone cannot: states against the table, shocks and assumptions against the paths.

    Raises:
        InputError: on the first that does not hold.
    """
    check_states(scenario)
    for number, shock in enumerate(scenario.shocks, 1):
        try:
            scenario = replace(scenario, {shock.path: shock.value})
        except InputError as error:
            raise InputError(scenario.name, f"shocks.{number}.path {error.field}", error.what, error.instead) from None
    for assumed in scenario.assumptions:
        lookup(scenario, assumed)


def _find(source: str) -> Path:
    if source.endswith(".toml"):
        path = Path(source)
        if not path.is_file():
            raise InputError(source, "", "there is no such file", f"bundled: {', '.join(bundled_scenarios())}")
        return path
    if source not in bundled_scenarios():
        raise InputError(
            source, "", "is neither a bundled scenario nor a .toml file", f"bundled: {', '.join(bundled_scenarios())}"
        )
    return LIBRARY / f"{source}.toml"


def _merged(path: Path, seen: list[Path]) -> dict[str, Any]:
    """The file's tree laid over what it extends."""
    if path.resolve() in seen:
        chain = " -> ".join(step.stem for step in [*seen, path])
        raise InputError(path.name, "extends", f"goes in a circle: {chain}", "extend a scenario that stands alone")
    tree = _read(path)
    parent = tree.pop("extends", None)
    if parent is None:
        return tree
    if not isinstance(parent, str):
        raise InputError(path.name, "extends", f"is {parent!r}", "give one bundled name or a file beside this one")
    below = _find(str(beside(path.parent, parent, path.name, "extends")) if parent.endswith(".toml") else parent)
    return merge(_merged(below, [*seen, path.resolve()]), tree)


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(path.name, "", f"is larger than {MAX_BYTES} bytes", "scenario files are a few kilobytes")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(path.name, "", f"cannot be read: {error.strerror}", "give a readable file") from None
    except UnicodeDecodeError:
        raise InputError(path.name, "", "is not text in UTF-8", "give a TOML file") from None
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(path.name, "", f"is not valid TOML: {error}", "mend the line") from None


def beside(folder: Path, name: str, file: str, field: str) -> Path:
    """A file named in a scenario, which must lie in the scenario's folder or below.

    Raises:
        InputError: it lies elsewhere.
    """
    path = (folder / name).resolve()
    if Path(name).is_absolute() or not path.is_relative_to(folder.resolve()):
        raise InputError(file, field, f"'{name}' lies outside the scenario's folder", "name a file beside the scenario")
    return path


def _with_local_table(section: Any, path: Path) -> Any:
    """A table given as a CSV file beside the scenario becomes its full path, so that the scenario can travel."""
    if isinstance(section, dict) and isinstance(table := section.get("table"), str) and table.endswith(".csv"):
        return {**section, "table": str(beside(path.parent, table, path.name, "table"))}
    return section


def merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Lay one tree over another: tables merge, lists of entries with ids merge by id, everything else is replaced.

    Naming another rule (protocol, adoption rule, gate) leaves the parameters of the old one behind.
    """
    merged = without_stale_parameters(dict(below), above)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = merge(old, value)
        elif _has_ids(old) and _has_ids(value):
            merged[key] = _merge_by_id(old, value)
        else:
            merged[key] = value
    return merged


def _has_ids(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(x, dict) and "id" in x for x in value)


def _merge_by_id(below: list[dict[str, Any]], above: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries known below are merged in place, once each; new and repeated ones follow in order."""
    pending = list(above)
    merged = []
    for entry in below:
        match = next((new for new in pending if new["id"] == entry["id"]), None)
        if match is not None:
            pending.remove(match)
        merged.append(merge(entry, match) if match else entry)
    return merged + pending

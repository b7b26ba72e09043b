"""The files that a scenario is made of: found, read, and told apart again when one of them is to blame."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeGuard

from waico.scenarios.complaints import show
from waico.scenarios.errors import InputError, nearest
from waico.scenarios.schema import without_stale_parameters

MAX_BYTES = 1_000_000
LOCAL = {"nations.table": ".csv", "firms.table": ".csv", "coefficients": ".toml"}   # fields that may name a file
DEEPEST = 20   # tables within tables, far more than the schema has
MOST_DOTS = 300   # in a line: tomllib takes quadratic time and memory for dotted keys
LIBRARY = Path(str(files("waico.scenarios"))) / "library"

Tree = dict[str, Any]


def bundled_scenarios() -> list[str]:
    """Names of the scenarios that come with the package, sorted."""
    return sorted(path.stem for path in LIBRARY.glob("*.toml"))


def find(source: str) -> Path:
    """The file of a bundled scenario, or of a path."""
    path, bundled = Path(source), bundled_scenarios()
    if source in bundled:
        return LIBRARY / f"{source}.toml"
    try:
        if path.suffix == ".toml" and path.is_file():
            return path
        what = "is a folder" if path.is_dir() else "is not a .toml file" if path.exists() else "does not exist"
    except (OSError, ValueError):   # no name that a file can have
        what = "does not exist"
    advice = nearest(path.stem, bundled) if what == "does not exist" else ""
    instead = advice if advice.endswith("?") else f"give a .toml file or one of {', '.join(bundled)}"
    raise InputError(source or "SCENARIO", "", what if source else "is empty", instead)


def layers(path: Path, seen: tuple[Path, ...] = ()) -> list[tuple[Path, Tree]]:
    """The files that make up a scenario with their trees: those it extends, then itself."""
    if path.resolve() in seen:
        chain = " -> ".join(step.stem for step in [*seen, path])
        raise InputError(path.name, "extends", f"goes in a circle: {chain}", "extend a scenario that stands alone")
    tree = read_toml(path)
    if "name" in tree:
        raise InputError(path.name, "name", "is not set here", "leave it out: a scenario has the name of its file")
    _check_tree(tree, path.name)
    parent = tree.pop("extends", None)
    below = [] if parent is None else layers(_parent(parent, path), (*seen, path.resolve()))
    for name in ("nations", "firms"):
        if isinstance(tree.get(name), dict) and "table" in tree[name]:
            table = local(f"{name}.table", tree[name]["table"], path.parent, path.name)
            tree[name] = {**tree[name], "table": table}
    if "coefficients" in tree:
        tree["coefficients"] = local("coefficients", tree["coefficients"], path.parent, path.name)
    return [*below, (path, tree)]


def _check_tree(tree: Tree, file: str, place: str = "", depth: int = 0) -> None:
    """Refuse what could not be merged: endless nesting, and entries of one list that share an id.

    Merging would add the second such entry as a new one, and the complaint would be about what that one lacks.
    """
    if depth > DEEPEST:
        raise InputError(file, "", f"has tables more than {DEEPEST} levels deep", "no table of a scenario lies so deep")
    for key, value in tree.items():
        if isinstance(value, dict):
            _check_tree(value, file, f"{place}{key}.", depth + 1)
        elif _has_ids(value):
            name, times = Counter(entry["id"] for entry in value).most_common(1)[0]
            if times > 1:
                raise InputError(file, f"{place}{key}", f"has {show(name)} {times} times", "give each its own id")


def _parent(parent: Any, path: Path) -> Path:
    """The file that a scenario extends: a bundled one, or one beside it."""
    if not isinstance(parent, str) or not parent:
        advice = "give a bundled name or a .toml file beside this one"
        raise InputError(path.name, "extends", f"is {show(parent)}", advice)
    if not parent.endswith(".toml") and parent not in (known := bundled_scenarios()):
        raise InputError(path.name, "extends", f"'{parent}' does not exist", nearest(parent, known))
    try:
        return find(str(beside(path.parent, parent, path.name, "extends")) if parent.endswith(".toml") else parent)
    except InputError as error:
        if error.file == path.name:
            raise
        raise InputError(path.name, "extends", f"'{parent}' {error.what}", error.instead) from None


def read_toml(path: Path) -> Tree:
    """A TOML file as nested tables.

    Raises:
        InputError: it cannot be read, or is no TOML.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise InputError(path.name, "", "is a pipe or a device", "give a readable file")
        if path.stat().st_size > MAX_BYTES:
            raise InputError(path.name, "", f"is larger than {MAX_BYTES} bytes", "scenario files are a few kilobytes")
        text = path.read_text(encoding="utf-8-sig")   # editors on Windows put a mark before UTF-8
    except OSError as error:
        raise InputError(path.name, "", f"cannot be read: {error.strerror}", "give a readable file") from None
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError(path.name, "", "is not text in UTF-8", "give a TOML file, saved as UTF-8")
    if not text.strip():
        raise InputError(path.name, "", "is empty", "give at least a title and extends = 'waic2025'")
    dots = max(line.count(".") for line in text.split("\n"))
    if dots > MOST_DOTS:
        raise InputError(path.name, "", f"has a line with {dots} dots", "no key or list of a scenario is that long")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(path.name, "", f"is not valid TOML: {error}", "mend the line") from None
    except RecursionError:
        raise InputError(path.name, "", "is not valid TOML: it is nested too deeply", "mend the brackets") from None
    except ValueError:   # Python's own limit on the digits of a whole number
        raise InputError(path.name, "", "is not valid TOML: a number has thousands of digits", "mend it") from None


def beside(folder: Path, name: str, file: str, field: str) -> Path:
    """A file named in a scenario, which must lie in the scenario's folder or below.

    Raises:
        InputError: it lies elsewhere.
    """
    try:
        path = (folder / name).resolve()
    except (OSError, ValueError):
        raise InputError(file, field, f"'{name}' is no name of a file", "name a file beside the scenario") from None
    if Path(name).is_absolute() or not path.is_relative_to(folder.resolve()):
        raise InputError(file, field, f"'{name}' lies outside the scenario's folder", "name a file beside the scenario")
    return path


def local(field: str, value: Any, folder: Path, file: str) -> Any:
    """A table or a set of coefficients given as a file beside the scenario becomes its full path, so that it can travel."""
    if isinstance(value, str) and value.endswith(LOCAL.get(field, "\0")):
        return str(beside(folder, value, file, field))
    return value


@contextmanager
def blame(
    source: str | Path, changes: Mapping[str, Any] | None = None, changed_by: str = "changes"
) -> Iterator[None]:
    """Make an error in a resolved scenario name what its user wrote: the file with the field, or the changes.

    A scenario no longer knows what it was merged from, so this looks again, and only once something is wrong.
    """
    try:
        yield
    except InputError as error:
        path = Path(source)
        if error.file != path.stem:   # it names its file already
            raise
        file = _culprit(find(str(source)), changes or {}, changed_by, error.field.split("."))
        raise InputError(file, error.field, error.what, error.instead) from None


def _culprit(path: Path, changes: Mapping[str, Any], changed_by: str, steps: list[str]) -> str:
    """Whoever says most about a field; among equals whoever speaks last. Bundled scenarios are right by themselves."""
    named = [(file.name, tree) for file, tree in layers(path) if file.parent != LIBRARY]
    if changes:
        named.append((changed_by, reduce(merge, map(_nested, changes), {})))
    depths = [_depth(tree, steps) for _, tree in named]
    return named[len(depths) - 1 - depths[::-1].index(max(depths))][0] if named else path.stem


def _nested(path: str) -> Tree:
    """A tree with one branch."""
    return reduce(lambda below, step: {step: below}, reversed(path.split(".")), {})


def _depth(tree: Any, steps: list[str]) -> int:
    """How many steps of a path a tree goes along with."""
    if not steps:
        return 0
    if isinstance(tree, list):
        entries = [entry if isinstance(entry, dict) else {} for entry in tree]
        tree = {str(entry.get("id", number)): entry for number, entry in enumerate(entries, 1)}
    return 1 + _depth(tree[steps[0]], steps[1:]) if isinstance(tree, dict) and steps[0] in tree else 0


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


def _has_ids(value: Any) -> TypeGuard[list[dict[str, Any]]]:
    return isinstance(value, list) and bool(value) and all(isinstance(x, dict) and isinstance(x.get("id"), str) for x in value)


def _merge_by_id(below: list[dict[str, Any]], above: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries known below are merged in place; new ones follow in order."""
    pending = {entry["id"]: entry for entry in above}
    merged = [merge(entry, pending.pop(entry["id"])) if entry["id"] in pending else entry for entry in below]
    return merged + list(pending.values())

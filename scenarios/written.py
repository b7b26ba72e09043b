"""A scenario with changes and shocks as the text of a scenario file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import tomli_w

from waico.scenarios.layers import Tree, merge
from waico.scenarios.load import load_scenario
from waico.scenarios.schema import Shock, as_date, without_stale_parameters
from waico.scenarios.uploaded import read_uploaded


def to_toml(source: str, changes: Mapping[str, Any], shocks: Sequence[Shock] = (), *, content: bytes | None = None) -> str:
    """Write a scenario file that gives, when it is loaded, another scenario with changes and with further shocks.

    Args:
        source: the other: a bundled name or a path, which the file will extend, or the name of an uploaded file.
        changes: new values by path, as with `--set`, applied in order.
        shocks: to follow its own.
        content: of the uploaded file, which the changes are written into.

    Raises:
        InputError: there is no such scenario, or a change is refused.
    """
    base = load_scenario(source, changes) if content is None else read_uploaded(source, content, changes)
    tree: Tree = {"extends": source} if content is None else tomllib.loads(content.decode("utf-8-sig"))
    written: Tree = {}
    now = base.model_dump()
    for path, value in changes.items():
        _write(written, path.split("."), as_date(value), now)
    if shocks or "shocks" in written:   # as a whole: those without ids can be named in no other way
        written["shocks"] = [shock.model_dump(exclude_none=True, exclude_defaults=True) for shock in (*base.shocks, *shocks)]
    return tomli_w.dumps(merge(tree, written))


def _write(tree: Tree, steps: list[str], value: Any, there: Any) -> None:
    """Put a value at a path of a tree that has only what was changed; `there` is what stands at its root, and tells where lists are."""
    step, *rest = steps
    below = there.get(step) if isinstance(there, dict) else None
    if not rest:
        kept = without_stale_parameters(tree, {step: value})
        tree.clear()
        tree.update(kept, **{step: value})
    elif isinstance(below, list):
        name, *rest = rest
        entries = tree.setdefault(step, [])
        if name not in [entry["id"] for entry in entries]:
            entries.append({"id": name})
        entry = next(entry for entry in entries if entry["id"] == name)
        _write(entry, rest, value, next(old for old in below if old["id"] == name))
    else:
        _write(tree.setdefault(step, {}), rest, value, below)

"""Folders of runs and sweeps that the page may open: those below the folder in which `waico ui` was started."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from waico.runs.folders import MANIFEST
from waico.scenarios.errors import InputError

RECORDS = {"run": "run.json", "sweep": MANIFEST}   # what tells what a folder holds
DEEPEST = 3   # levels that are searched
MOST_LOOKED_AT = 5000   # folders
MOST_OFFERED = 200


def find(kind: str) -> list[str]:
    """Folders that hold a run or a sweep, by name below the start, sorted; a look around, not a search of the whole disk."""
    found: list[str] = []
    for number, (folder, names) in enumerate(_folders(Path())):
        if RECORDS[kind] in names:
            found.append(folder.as_posix())
        if number >= MOST_LOOKED_AT or len(found) >= MOST_OFFERED:
            break
    return sorted(found)


def resolve(text: str) -> Path:
    """The folder that was asked for.

    Raises:
        InputError: there is none, or it lies elsewhere than below the start.
    """
    start = Path.cwd().resolve()
    try:
        path = (start / text).resolve()
        inside, there = path.is_relative_to(start), path.is_dir()
    except (OSError, ValueError, RuntimeError):   # no name that a folder can have
        inside, there = True, False
    shown = text[:100] if text.isprintable() else "the folder"
    if not inside:
        raise InputError(shown, "", "lies outside the folder where waico ui was started", "start waico ui above it, or copy it there")
    if not there:
        raise InputError(shown, "", "is no folder", "give one below the folder where waico ui was started")
    return path


def _folders(start: Path) -> Iterator[tuple[Path, list[str]]]:
    """Folders below the start with the names of their files, level by level within each; hidden ones and links are left out."""
    for folder, below, names in os.walk(start):
        here = Path(folder)
        yield here, names
        deep = len(here.parts) >= DEEPEST
        below[:] = [] if deep else sorted(name for name in below if not name.startswith((".", "__")))

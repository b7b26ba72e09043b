"""A scenario that comes as the bytes of a file from somebody else: data, which can name nothing on this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from waico.scenarios.errors import InputError
from waico.scenarios.load import load_scenario
from waico.scenarios.schema import Scenario

LARGEST = 200_000   # bytes; scenario files are a few kilobytes


def read_uploaded(name: str, content: bytes, changes: Mapping[str, Any] | None = None) -> Scenario:
    """Read, merge and check a scenario that was handed over as a file.

    It lies in a folder of its own while it is read. A scenario can only name files in its folder or below, and what comes
    with the package: there is nothing else that this one could reach.

    Args:
        name: of the file, with or without folders, ending in `.toml`.
        content: at most 200 kB.
        changes: new values by path, as with `--set` on the command line.

    Raises:
        InputError: the file or a value is wrong; says which, why, and what would be right.
    """
    own = PurePosixPath(PureWindowsPath(name).name).name
    shown = own if own.isprintable() else "the file"
    if not own.isprintable() or PurePosixPath(own).suffix != ".toml" or len(own.encode("utf-8", "replace")) > 100:
        raise InputError(shown[:60] or "the file", "", "is not a .toml file", "give a scenario as a .toml file with a short name")
    if len(content) > LARGEST:
        raise InputError(own, "", f"is larger than {LARGEST // 1000} kB", "scenario files are a few kilobytes")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / own
        try:
            path.write_bytes(content)
        except (OSError, ValueError):   # a name that no file can have here
            raise InputError(shown, "", "has a name that no file can have here", "rename it") from None
        return load_scenario(path, changes)

"""Sets of coefficients estimated on history: bundled ones, and files that `waico calibrate` made beside a scenario."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from waico.scenarios.complaints import show
from waico.scenarios.errors import InputError, nearest
from waico.scenarios.layers import LIBRARY, Tree, read_toml

FOLDER = LIBRARY.parent / "fitted"


def bundled_coefficients() -> list[str]:
    """Names of the sets that come with the package, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def find_coefficients(name: Any, file: str) -> Path:
    """The file of a set, by a bundled name or a path.

    Raises:
        InputError: there is no such set.
    """
    if isinstance(name, str) and name in bundled_coefficients():
        return FOLDER / f"{name}.toml"
    if isinstance(name, str) and name.endswith(".toml") and Path(name).is_file():
        return Path(name)
    known = bundled_coefficients()
    advice = nearest(name, known) if isinstance(name, str) else f"give one of {', '.join(known)}"
    raise InputError(file, "coefficients", f"there is no set {show(name)}", advice)


def read_coefficients(name: Any, file: str) -> tuple[Tree, date]:
    """The priors of a set, as a table `decision`, and the last day of the history that it was fitted on.

    Args:
        name: a bundled set, or the path of a `.toml` file.
        file: what messages call whoever names it.

    Raises:
        InputError: there is no such set, or it is none.
    """
    path = find_coefficients(name, file)
    tree = read_toml(path)
    until, decision = tree.get("until"), tree.get("decision")
    if not isinstance(until, date) or not isinstance(decision, dict):
        lacks = "decision" if isinstance(until, date) else "until"
        raise InputError(path.name, lacks, "is missing", "give a file that waico calibrate made")
    return {"decision": decision}, until

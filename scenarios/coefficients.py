"""Sets of coefficients estimated on history: bundled ones, and files that `waico calibrate` made beside a scenario."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from waico.scenarios.complaints import first_complaint, show
from waico.scenarios.errors import InputError, nearest
from waico.scenarios.layers import LIBRARY, Tree, read_toml
from waico.scenarios.schema import Decision

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
    if isinstance(name, str) and name.endswith(".toml") and _is_file(Path(name)):
        return Path(name)
    known = bundled_coefficients()
    advice = nearest(name, known) if isinstance(name, str) else f"give one of {', '.join(known)}"
    name = Path(name).name if isinstance(name, str) and name.endswith(".toml") else name   # without the folder, as typed
    raise InputError(file, "coefficients", f"there is no set {show(name)}", advice)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:   # a name that no file can have
        return False


def coefficients_of_case(name: str, case: str) -> dict[str, float]:
    """Coefficients that a case of history has of its own in a bundled set, by name."""
    return dict(read_toml(find_coefficients(name, name))["of_cases"][case])


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
    if type(until) is not date:   # a date with a time of day is a date, too, but compares with none
        raise InputError(path.name, "until", "is missing or no date", "give a file that waico calibrate made")
    if not isinstance(decision, dict):
        raise InputError(path.name, "decision", "is missing or no table", "give a file that waico calibrate made")
    try:
        Decision.model_validate(decision)
    except ValidationError as error:
        raise first_complaint(error, tree, path.name, below="decision") from None
    return {"decision": decision}, until

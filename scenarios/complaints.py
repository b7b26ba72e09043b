"""Turn what pydantic says of a wrong scenario into one line: field, what is wrong, what would be right."""

from __future__ import annotations

import difflib
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from waico.scenarios.errors import InputError
from waico.scenarios.schema import Scenario

UNION_TAGS = {"float", "int", "str", "bool", "Prior", "date", "list[constrained-str]", "literal['all','engaged']"}
WANTED = {
    "float_type": "give a number",
    "int_type": "give a whole number",
    "string_type": "give text in quotes",
    "bool_type": "give true or false",
    "date_type": "give a date such as 2026-07-26, without quotes",
    "list_type": "give a list in [brackets]",
    "dict_type": "give a table",
    "model_type": "give a table",
    "finite_number": "give a finite number",
}


def first_complaint(error: ValidationError, tree: Any, file: str) -> InputError:
    """The first error of a validation as an `InputError`, with a count of the others."""
    errors = error.errors()
    where = _where(errors[0], tree)
    same_place = [item for item in errors if _where(item, tree) == where]
    what, instead = _say(errors[0], same_place)
    others = len(errors) - len(same_place)
    return InputError(file, where, what, instead + (f" (and {others} more)" if others else ""))


def _where(item: ErrorDetails, tree: Any) -> str:
    """The place as a path: ids for list positions, without pydantic's names for the members of a union."""
    parts: list[str] = []
    here = tree
    for key in item["loc"]:
        if isinstance(key, int):
            here = here[key] if isinstance(here, list) and key < len(here) else None
            parts.append(str(here.get("id", key)) if isinstance(here, dict) else str(key))
        elif isinstance(here, dict) and key in here:
            here = here[key]
            parts.append(key)
        elif key not in UNION_TAGS and not key.startswith(("list[", "literal[", "function-")):
            parts.append(key)
    return ".".join("nations" if part == "nations" else part for part in parts if part not in ("overrides", "[key]"))


def _say(item: ErrorDetails, same_place: list[ErrorDetails]) -> tuple[str, str]:
    kind, given = item["type"], item["input"]
    if kind == "value_error":
        what, _, instead = item["msg"].removeprefix("Value error, ").partition("; ")
        return what, instead or "see waico validate"
    if kind == "extra_forbidden":
        return "unknown key", _nearest(str(item["loc"][-1]), item)
    if kind == "missing":
        return "is missing", "add it"
    shown = f"is {_show(given)}"
    if len(same_place) > 1:
        wanted = [WANTED.get(other["type"], _bound(other)) for other in same_place]
        return shown, " or ".join(dict.fromkeys(wanted))
    return shown, WANTED.get(kind, _bound(item))


def _bound(item: ErrorDetails) -> str:
    """Pydantic's own words, such as "Input should be less than or equal to 1", as advice."""
    return item["msg"].replace("Input should", "it should").replace("String should", "it should")


def _show(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= 60 else text[:57] + "..."


def _nearest(key: str, item: ErrorDetails) -> str:
    """The known key that comes closest to a wrong one."""
    known = sorted(_keys_at(item["loc"][:-1]))
    close = difflib.get_close_matches(key, known, n=1)
    return f"did you mean '{close[0]}'?" if close else f"one of {', '.join(known)}"


def _keys_at(loc: tuple[int | str, ...]) -> set[str]:
    """The keys that the schema knows at a place."""
    model: Any = Scenario
    for key in loc:
        if isinstance(key, int) or not isinstance(model, type) or not issubclass(model, BaseModel):
            continue
        if key in model.model_fields:
            model = _inner_model(model.model_fields[key].annotation) or model
    return set(model.model_fields)


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    """The first table type inside an annotation such as `list[Institution]` or `Firms | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _inner_model(inner)
        if found is not None:
            return found
    return None

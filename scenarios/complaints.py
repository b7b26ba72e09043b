"""Turn what pydantic says of a wrong scenario into one line: field, what is wrong, what would be right."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from waico.scenarios.errors import InputError, nearest
from waico.scenarios.schema import IDENTIFIER, NATION_CODE, Nations, Scenario

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
BOUNDS = {
    "greater_than": "above",
    "greater_than_equal": "at least",
    "less_than": "below",
    "less_than_equal": "at most",
}
PATTERNS = {
    NATION_CODE.pattern: "give an ISO 3166 code of three capitals, such as CHN",
    IDENTIFIER.pattern: "use small letters, digits and _, with a letter first",
}
LONGEST = 60   # characters shown of a wrong value
LARGEST = 10**18   # numbers from here on are not spelled out


def first_complaint(
    error: ValidationError, tree: Any, file: str, below: str = "", schema: type[BaseModel] = Scenario
) -> InputError:
    """The first error of a validation as an `InputError`, with a count of the others.

    `below` is the table that was validated, if it was not the whole tree; `schema` is what the whole tree should be. Unknown
    keys come first: a key that is misspelt is missing too, and its right name is the better advice.
    """
    errors = error.errors()
    for item in errors:
        item["loc"] = (below, *item["loc"]) if below else item["loc"]
    placed = [(_where(item, tree), item) for item in errors]
    placed = [(where, item) for where, item in placed if not _is_detailed(where, placed)]
    placed.sort(key=lambda entry: entry[1]["type"] != "extra_forbidden")
    where = placed[0][0]
    what, instead = _say([item for place, item in placed if place == where], schema)
    others = len({place for place, _ in placed}) - 1
    where += tuple(cause.field for cause in [_cause(placed[0][1])] if cause and cause.field)
    more = f" (and {others} more error{'s' if others > 1 else ''})" if others else ""
    return InputError(file, ".".join(where), what, instead + more)


def show(value: Any, depth: int = 2) -> str:
    """A value as TOML would write it, cut to what fits into a line."""
    text = _toml(value, depth)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def _toml(value: Any, depth: int) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) >= LARGEST:
        return f"a number of more than {len(str(LARGEST)) - 1} digits"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict):
        inside = ", ".join(f"{key} = {_toml(part, depth - 1)}" for key, part in value.items()) if depth else "..."
        return f"{{ {inside} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_toml(part, depth - 1) for part in value) if depth else '...'}]"
    return repr(value)


def _where(item: ErrorDetails, tree: Any) -> tuple[str, ...]:
    """The place as steps of a path: ids for list positions, without pydantic's names for the members of a union."""
    steps: list[str] = []
    here = tree
    for key in item["loc"]:
        if isinstance(key, int):
            here = here[key] if isinstance(here, list) and key < len(here) else None
            name = here.get("id") if isinstance(here, dict) else None
            steps.append(name if isinstance(name, str) else str(key + 1))
        elif isinstance(here, dict) and key in here:
            here = here[key]
            steps.append(key)
    if item["type"] == "missing":
        steps.append(str(item["loc"][-1]))
    return tuple(step[:LONGEST] for step in steps if step != "overrides")


def _is_detailed(where: tuple[str, ...], placed: list[tuple[tuple[str, ...], ErrorDetails]]) -> bool:
    """Whether another error says more precisely what is wrong inside the value at a place."""
    return any(len(place) > len(where) and place[: len(where)] == where for place, _ in placed)


def _cause(item: ErrorDetails) -> InputError | None:
    """What a validator of the schema raised, if it was that."""
    cause = item.get("ctx", {}).get("error")
    return cause if isinstance(cause, InputError) else None


def _say(same_place: list[ErrorDetails], schema: type[BaseModel]) -> tuple[str, str]:
    """What is wrong at a place and what would be right; several errors are those of the members of a union."""
    item = same_place[0]
    for cause in filter(None, map(_cause, same_place)):
        return cause.what, cause.instead
    if item["type"] == "extra_forbidden":
        return "unknown key", _nearest_key(str(item["loc"][-1]), item["loc"][:-1], schema)
    if item["type"] == "missing":
        return "is missing", "add it"
    advice = dict.fromkeys(_advice(other, schema) for other in same_place)
    if len(advice) > 3:
        advice = {"give a number, true or false, a date or text": None}
    return f"is {show(item['input'])}", " or ".join(advice).replace(" or give ", " or ")


def _advice(item: ErrorDetails, schema: type[BaseModel]) -> str:
    kind, details = item["type"], item.get("ctx", {})
    if kind == "list_type" and _model_at(item["loc"], schema) is not None:
        return f"write each entry under its own [[{'.'.join(str(key) for key in item['loc'])}]]"
    if kind == "string_pattern_mismatch":
        return PATTERNS[details["pattern"]]
    if kind in ("too_short", "too_long"):
        bound = f"at least {details['min_length']}" if kind == "too_short" else f"at most {details['max_length']}"
        return f"give {bound} {'entry' if bound.endswith(' 1') else 'entries'}"
    if kind in BOUNDS:
        return f"it should be {BOUNDS[kind]} {next(iter(details.values())):g}"
    return WANTED.get(kind, item["msg"].replace("Input should", "it should").replace("String should", "it should"))


def _nearest_key(key: str, loc: tuple[int | str, ...], schema: type[BaseModel]) -> str:
    """The known key that comes closest to a wrong one; states may be written small by mistake."""
    model = _model_at(loc, schema) or schema
    if model is Nations and NATION_CODE.fullmatch(key.upper()):
        return f"did you mean '{key.upper()}'?"
    known = set(model.model_fields)
    if model is Scenario:
        known = known - {"name"} | {"extends"}
    return nearest(key, sorted(known - {"overrides"}))


def _model_at(loc: tuple[int | str, ...], schema: type[BaseModel]) -> type[BaseModel] | None:
    """The table type that the schema has at a place, or in the list at that place; None for other values."""
    model = schema
    inner: type[BaseModel] | None = schema
    for key in loc:
        if isinstance(key, str) and key in model.model_fields:
            inner = _inner_model(model.model_fields[key].annotation)
            model = inner or model
    return inner


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    """The first table type inside an annotation such as `list[Institution]` or `Firms | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _inner_model(inner)
        if found is not None:
            return found
    return None

"""The schema as a reference: every parameter with its default, range, unit, meaning and source, as Markdown.

The schema is the only place where these are written; the reference page and the ODD document are made from it by
`python -m waico.reference`.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from waico.scenarios.schema import IDENTIFIER, NATION_CODE, Prior, Scenario

NUMBERS = (int, float)
PATTERNS = {IDENTIFIER.pattern: "identifier", NATION_CODE.pattern: "ISO3 code"}
NAMES = {str: "text", bool: "true or false", date: "date"}
HEAD = "| path | default | range | unit | meaning | source |\n|---|---|---|---|---|---|\n"


@dataclass(frozen=True)
class Parameter:
    """One row of the reference.

    Attributes:
        path: as in `--set`; `*` stands for an id, `ISO3` for the code of a state.
        default: as in a file; "required" where there is none.
        range, unit, meaning, source: what the schema says.
        bounded: whether every number that it takes has a lower and an upper bound.
    """

    path: str
    default: str
    range: str
    unit: str
    meaning: str
    source: str
    bounded: bool

    def row(self) -> str:
        """As a row of a Markdown table."""
        cells = f"`{self.path}`", self.default, self.range, self.unit, self.meaning, self.source
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def parameter_table(level: int = 2) -> str:
    """The whole schema in Markdown: a table per section of a scenario file, under headings of a level."""
    sections: dict[str, list[Parameter]] = {}
    for parameter in parameters(Scenario):
        head, dot, _ = parameter.path.partition(".")
        sections.setdefault(head if dot else "", []).append(parameter)
    sections["priors"] = list(parameters(Prior, "decision.*."))
    titles = {"": "The file itself", "priors": "Priors: what a coefficient may be in place of a number"}
    return "\n".join(
        f"{'#' * level} {titles.get(name, f'`{name}`')}\n\n{table(rows)}" for name, rows in sections.items()
    )


def meaning_of(path: str) -> str:
    """What a path of a scenario holds: the meaning of its parameter, else of the nearest table above that has one; may be empty."""
    steps = path.split(".")
    for length in range(len(steps), 0, -1):
        for parameter in parameters(Scenario):
            if _is_of(parameter.path.split("."), steps[:length]):
                return parameter.meaning
    return ""


def _is_of(pattern: list[str], steps: list[str]) -> bool:
    """Whether steps are those of a path of the reference, in which `*` and ISO3 stand for any."""
    return len(pattern) == len(steps) and all(known in ("*", "ISO3", step) for known, step in zip(pattern, steps, strict=True))


def table(rows: list[Parameter]) -> str:
    """Rows under their head."""
    return HEAD + "".join(row.row() for row in rows)


def parameters(model: type[BaseModel], prefix: str = "") -> Iterator[Parameter]:
    """The parameters of a table of a scenario file and of the tables in it, in the order of the schema."""
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}".replace("nations.overrides", "nations")
        annotation: Any = field.annotation
        inner = _inner_table(annotation)
        if inner is None or inner is Prior:
            yield _parameter(path, field)
        else:
            if _is_optional(annotation):
                yield _parameter(path, field)
            yield from parameters(inner, f"{path}{_step(annotation, path)}.")


def _parameter(path: str, field: FieldInfo) -> Parameter:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    annotation = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    default, values = _default(field), _range(annotation)
    return Parameter(
        path=path,
        default=default,
        range=values,
        unit="-" if values == "table" else str(extra.get("unit", "")),
        meaning=field.description or "",
        source={"required": "the scenario", "none": "-"}.get(default, str(extra.get("source", ""))),
        bounded=_is_bounded(annotation),
    )


def _default(field: FieldInfo) -> str:
    """A default as it would stand in a file; what is absent or empty is called none."""
    value = field.default
    if field.is_required():
        return "required"
    if isinstance(value, Prior):
        cut = "" if value.lower is None else f", above {value.lower:g}"
        return f"N({value.mean:g}, {value.sd:g}){cut}"
    if value is None or value in ("", [], {}) or isinstance(value, BaseModel):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _range(annotation: Any) -> str:
    """What a value may be, in words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _within(inner[0], inner[1:])
    if origin is Literal:
        return " or ".join(str(value) for value in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_range(part) for part in inner if part is not type(None)))
    if origin is list:
        return f"list of {_range(inner[0])}"
    if origin is dict:
        return f"table of {_range(inner[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "prior" if annotation is Prior else "table"
    return "any number" if annotation in NUMBERS else NAMES.get(annotation, "any")


def _within(annotation: Any, metadata: tuple[Any, ...]) -> str:
    """A range narrowed by bounds."""
    found = _bounds(metadata)
    if "pattern" in found:
        return PATTERNS.get(found["pattern"], f"text like {found['pattern']}")
    if "min_length" in found and annotation is not str:
        return f"{_range(annotation)}, {found['min_length']} or more"
    low = f"above {found['gt']:g}" if "gt" in found else f"{found['ge']:g}" if "ge" in found else ""
    high = f"below {found['lt']:g}" if "lt" in found else f"{found['le']:g}" if "le" in found else ""
    if not low and not high:
        return _range(annotation)
    if not high:
        return f"{low} or more" if "ge" in found else low
    return f"up to {high}" if not low else f"{low} to {high}"


def _bounds(metadata: tuple[Any, ...]) -> dict[str, Any]:
    """Bounds of all kinds by name, from what annotations carry."""
    found: dict[str, Any] = {}
    for item in metadata:
        if isinstance(item, FieldInfo):
            found |= _bounds(tuple(item.metadata))
        for name in ("ge", "gt", "le", "lt", "min_length", "pattern"):
            if getattr(item, name, None) is not None:
                found[name] = getattr(item, name)
    return found


def _is_bounded(annotation: Any, found: dict[str, Any] | None = None) -> bool:
    """Whether all numbers in a type have bounds on both sides."""
    found = found or {}
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _is_bounded(inner[0], _bounds(inner[1:]))
    if origin is Literal or annotation is Prior:   # a prior's own numbers are parameters too
        return True
    if inner:
        return all(_is_bounded(part, found) for part in inner)
    return annotation not in NUMBERS or bool({"ge", "gt"} & found.keys() and {"le", "lt"} & found.keys())


def _inner_table(annotation: Any) -> type[BaseModel] | None:
    """The table type inside a type such as `list[Institution]` or `Firms | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inner_table(part)) is not None), None)


def _is_optional(annotation: Any) -> bool:
    return type(None) in get_args(annotation)


def _step(annotation: Any, path: str) -> str:
    """What stands between a collection of tables and their fields: an id, or the code of a state."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (list, dict):
        return ".ISO3" if path == "nations" else ".*"
    return ""

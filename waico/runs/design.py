"""The design of a sweep: which values of which factors are run. A TOML file, read as data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from numbers import Real
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator

from waico.runs.sampling import SAMPLERS
from waico.scenarios.complaints import first_complaint, show
from waico.scenarios.errors import InputError, wrong

Floats = NDArray[np.float64]
Value = bool | int | float | date | str

MAX_SAMPLES = 10_000_000
FORMS = "give [low, high], { low = .., high = .., scale = 'log' } or { values = [..] }"
GRID_SAMPLES = "points on every range"


class _Table(BaseModel):
    """A table of a design file: immutable, and unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


class Range(_Table):
    """A factor that varies between two numbers, evenly or evenly in its logarithm."""

    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _rises(self) -> Range:
        if self.low >= self.high:
            raise wrong(f"goes from {self.low:g} to {self.high:g}", "give the smaller number first")
        if not math.isfinite(self.high + 1.0 - self.low):
            raise wrong(f"goes from {self.low:g} to {self.high:g}", "give a range that can be counted through")
        if self.scale == "log" and self.low <= 0:
            raise wrong(f"has low = {self.low:g} on a logarithmic scale", "give a number above 0")
        return self

    def at(self, unit: Floats, *, whole: bool = False) -> NDArray[Any]:
        """Values at places in [0, 1]. Whole numbers, ends included, have equal stretches (of the logarithm for `log`)."""
        top = self.high + 1.0 if whole else self.high
        found = self.low * (top / self.low) ** unit if self.scale == "log" else self.low + unit * (top - self.low)
        if whole:
            return np.clip(np.floor(found), self.low, self.high).astype(np.int64)
        return np.clip(found, self.low, self.high)

    def levels(self, count: int, *, whole: bool = False) -> list[Any]:
        """Evenly spaced values from end to end; fewer where a range has fewer whole numbers."""
        found = np.geomspace(self.low, self.high, count) if self.scale == "log" else np.linspace(self.low, self.high, count)
        return np.unique(np.round(found).astype(np.int64)).tolist() if whole else found.tolist()


class Values(_Table):
    """A factor that takes one of several values: numbers, words, dates, or true and false."""

    values: list[Value] = Field(min_length=1)

    @model_validator(mode="after")
    def _of_one_kind(self) -> Values:
        if len({float if type(value) is int else type(value) for value in self.values}) > 1:
            raise wrong(f"mixes kinds of values: {show(self.values)}", "give values of one kind")
        if len(set(self.values)) < len(self.values):
            raise wrong(f"has a value twice: {show(self.values)}", "name each once")
        return self

    def at(self, unit: Floats, *, whole: bool = False) -> NDArray[Any]:
        """Values at places in [0, 1], each over an equal stretch."""
        places = np.minimum((unit * len(self.values)).astype(int), len(self.values) - 1)
        return column_of(self.values)[places]

    def levels(self, count: int, *, whole: bool = False) -> list[Any]:
        """All values."""
        return list(self.values)


def _kind(factor: Any) -> str:
    if isinstance(factor, Values):
        return "values"
    return "values" if isinstance(factor, dict) and "values" in factor else "range"


Factor = Annotated[Annotated[Range, Tag("range")] | Annotated[Values, Tag("values")], Discriminator(_kind)]


class Design(_Table):
    """What a sweep runs: samples of the factors, each with the same replicates and so with the same random draws.

    Attributes:
        scenario: a bundled name, or a .toml file, named from the folder of the design.
        seed: of the draws of runs, and of the sampler.
        replicates: runs of every sample.
        sampler: how samples are drawn.
        samples: latin_hypercube: rows. sobol: base points N, which make N (D + 2) rows for D factors (Saltelli 2002). morris:
            trajectories of D + 1 rows. grid: points on every range. Not given for a table.
        table: sampler `table` only: a .csv beside the design, one column per factor under its path, one row per sample.
        factors: by path in the scenario, in order; read off the table for `table`.
    """

    scenario: str = Field(min_length=1)
    seed: int = Field(0, ge=0, lt=2**63)
    replicates: int = Field(1, ge=1, le=1_000_000)
    sampler: Literal["grid", "latin_hypercube", "sobol", "morris", "table"]
    samples: int | None = Field(None, ge=1, le=MAX_SAMPLES)
    table: str | None = None
    factors: dict[str, Factor] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_its_sampler(self) -> Design:
        if self.sampler == "table":
            return self._is_a_table()
        if self.table is not None:
            raise wrong(f"does not go with sampler = '{self.sampler}'", "write sampler = 'table'", "table")
        if not self.factors:
            raise wrong("names no factor", 'add a line such as "decision.b_pressure" = [0.0, 2.0]', "factors")
        ranged = any(isinstance(factor, Range) for factor in self.factors.values())
        if self.samples is None and (self.sampler != "grid" or ranged):
            meaning = SAMPLERS[self.sampler].samples if self.sampler in SAMPLERS else GRID_SAMPLES
            raise wrong("is missing", f"give a whole number: {meaning}", "samples")
        return self

    @property
    def levels(self) -> int:
        """Levels of a factor in a Morris design: 4, or as many as let all values of each factor come equally often."""
        values = [len(factor.values) for factor in self.factors.values() if isinstance(factor, Values)]
        return max(4, math.lcm(2, *values))

    def _is_a_table(self) -> Design:
        if self.table is None:
            raise wrong("is missing", "name the .csv that has a column per factor", "table")
        if self.samples is not None:
            raise wrong("does not go with sampler = 'table'", "leave it out: the table has them", "samples")
        if self.factors:
            raise wrong("do not go with sampler = 'table'", "leave them out: the columns of the table are the factors", "factors")
        return self


def parse_design(tree: Mapping[str, Any], file: str) -> Design:
    """A design from nested tables.

    Raises:
        InputError: a key is unknown or missing, or a value is refused; `file` is what the message names.
    """
    factors = tree.get("factors")
    if isinstance(factors, Mapping):
        named = list(_by_path(factors, file))
        tree = {**tree, "factors": dict(named)}
        for path in tree["factors"]:
            if (times := [name for name, _ in named].count(path)) > 1:
                raise InputError(file, f"factors.{path}", f"is given {times} times", "keep one of them")
    try:
        return Design.model_validate(tree)
    except ValidationError as error:
        raise first_complaint(error, tree, file, schema=Design) from None


def _by_path(tree: Mapping[str, Any], file: str, above: str = "") -> Iterator[tuple[str, Any]]:
    """Factors by path: paths may stand in quotes or without, where TOML makes nested tables of them."""
    for key, value in tree.items():
        path = f"{above}.{key}" if above else key
        if isinstance(value, Range | Values):
            yield path, value
        elif isinstance(value, list | tuple) and len(value) == 2 and all(_is_number(end) for end in value):
            yield path, {"low": float(value[0]), "high": float(value[1])}
        elif not isinstance(value, Mapping) or not value:
            raise InputError(file, f"factors.{path}", f"is {show(value)}", FORMS)
        elif value.keys() & {"low", "high", "scale", "values"}:
            yield path, value
        else:
            yield from _by_path(value, file, path)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def column_of(values: list[Any]) -> NDArray[Any]:
    """Values of one kind as an array that gives them back as they were; numbers and flags are kept as such."""
    return np.array(values, dtype=None if all(isinstance(value, bool | int | float) for value in values) else object)

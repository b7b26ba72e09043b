"""The plan of a sweep: a design checked against its scenario, with its samples drawn."""

from __future__ import annotations

import hashlib
import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.negotiation.course import Course
from waico.runs.design import MAX_SAMPLES, Design, Range, Values, column_of, parse_design
from waico.runs.sampling import SAMPLERS
from waico.scenarios.errors import InputError
from waico.scenarios.layers import LOCAL, beside, bundled_scenarios, local, read_toml
from waico.scenarios.load import check, load_scenario
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario
from waico.scenarios.tables import read_csv

Floats = NDArray[np.float64]
Changes = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What a sweep is about to run, or has run.

    Attributes:
        design: as read.
        scenario: the base in which factors are changed, resolved.
        samples: a row per sample, numbered from 0; a column per factor, under its path.
    """

    design: Design
    scenario: Scenario
    samples: pd.DataFrame

    @property
    def runs(self) -> int:
        """Samples times replicates."""
        return len(self.samples) * self.design.replicates

    @property
    def factors(self) -> dict[str, Range | Values]:
        """Factors by path; for a table what its columns span."""
        return self.design.factors or {str(path): _spanned(column) for path, column in self.samples.items()}

    @cached_property
    def unit(self) -> Floats:
        """The points in the unit cube that the samples were made from, (samples, D); grids and tables have none.

        Raises:
            InputError: the sampler of today draws other points than the one that made the samples.
        """
        points = _unit(self.design)
        for (path, factor), places in zip(self.design.factors.items(), points.T, strict=True):
            column = self.samples[path]
            if not np.array_equal(factor.at(places, whole=column.dtype.kind == "i"), column.to_numpy()):
                what = "were drawn by another version of SciPy or SALib, whose points these versions do not give"
                raise InputError("design.parquet", path, what, "use the versions of then, or sweep again")
        return points

    @property
    def notes(self) -> list[str]:
        """What is odd about the design: factors that shocks set as well."""
        return [
            f"note: a shock sets {shock.path} too, so that the factor {path} may count only until then"
            for path in self.factors for shock in self.scenario.shocks
            if f"{path}.".startswith(f"{shock.path}.") or f"{shock.path}.".startswith(f"{path}.")
        ]  # fmt: skip

    def changes(self, start: int, stop: int) -> Iterator[Changes]:
        """Values by path of the samples from `start` to `stop`, as plain Python."""
        rows = self.samples.iloc[start:stop]
        for values in zip(*(column.tolist() for _, column in rows.items()), strict=True):
            yield dict(zip(rows.columns, values, strict=True))


def read_plan(source: str | Path | Mapping[str, Any]) -> Plan:
    """Read a design, check it against its scenario, and draw its samples.

    Args:
        source: path of a .toml file, or the same as nested dictionaries, which name files from the working directory.

    Raises:
        InputError: a key, a path or a value is wrong, or both ends of a factor are not possible in the scenario.
    """
    if isinstance(source, Mapping):
        tree, file, folder = source, "design", Path()
    else:
        path = Path(source)
        if path.suffix != ".toml":
            raise InputError(str(source), "", "is not a .toml file", "give the design of a sweep")
        tree, file, folder = read_toml(path), path.name, path.parent
    design = parse_design(tree, file)
    name = design.scenario
    if name not in bundled_scenarios():
        name = str(folder / name if isinstance(source, Mapping) else beside(folder, name, file, "scenario"))
    scenario = load_scenario(name)
    if design.table is not None:
        samples = _tabled(folder / design.table, file)
    else:
        samples = _gridded(design, scenario, file) if design.sampler == "grid" else _drawn(design, scenario, file)
    for field in [name for name in LOCAL if name in samples]:
        samples[field] = [local(field, value, folder, file) for value in samples[field].tolist()]
    plan = Plan(design, scenario, samples)
    _check(plan, file, folder)
    return plan


def _drawn(design: Design, scenario: Scenario, file: str) -> pd.DataFrame:
    """Samples at the points of a sampler."""
    assert design.samples is not None   # the schema demands it
    _check_size(SAMPLERS[design.sampler].rows(design.samples, len(design.factors)), file)
    return pd.DataFrame({
        path: factor.at(places, whole=_is_whole(scenario, path, factor))
        for (path, factor), places in zip(design.factors.items(), _unit(design).T, strict=True)
    })


def _unit(design: Design) -> Floats:
    assert design.samples is not None   # grids and tables have no points
    return SAMPLERS[design.sampler].draw(design.samples, len(design.factors), design.seed, design.levels)


def _gridded(design: Design, scenario: Scenario, file: str) -> pd.DataFrame:
    """All combinations of the levels of the factors; the last factor changes fastest."""
    levels = [
        factor.levels(design.samples or 1, whole=_is_whole(scenario, path, factor)) for path, factor in design.factors.items()
    ]
    _check_size(prod(map(len, levels)), file)
    places = np.indices([len(each) for each in levels]).reshape(len(levels), -1)
    return pd.DataFrame({
        path: column_of(each)[place] for path, each, place in zip(design.factors, levels, places, strict=True)
    })


def _tabled(path: Path, file: str) -> pd.DataFrame:
    """Samples from a CSV, with cells written as in a scenario file; bare words are text."""
    if not path.is_file():
        raise InputError(file, "table", f"there is no file '{path}'", "name a .csv beside the design")
    cells = read_csv(path, path.name, file, "table", dtype=str, na_values=[""])
    twice = next((name for name in cells if re.fullmatch(r".+\.[1-9]\d*", str(name)) and str(name).rpartition(".")[0] in cells), None)
    if twice is not None:   # pandas numbers columns of one name
        raise InputError(file, "table", f"{path.name} has two columns {str(twice).rpartition('.')[0]}", "keep one of them")
    if cells.empty:
        raise InputError(file, "table", f"{path.name} has no rows", "give a row per sample, under a line of paths")
    _check_size(len(cells), file)
    return pd.DataFrame({str(name): _column(cells[name], path.name, file) for name in cells})


def _column(cells: pd.Series, table: str, file: str) -> NDArray[Any]:
    values = []
    for row, cell in enumerate(cells, 2):   # the line of paths is the first
        if not isinstance(cell, str):
            raise InputError(file, "table", f"{table} has nothing for {cells.name} in line {row}", "fill every cell")
        value = _read_value(cell.strip())
        if type(value) not in (bool, int, float, str, date) or (isinstance(value, float) and not math.isfinite(value)):
            what = f"{table} has {cell.strip()} for {cells.name} in line {row}"
            raise InputError(file, "table", what, "give a finite number, a word, a date, or true or false")
        values.append(value)
    kinds = {float if type(value) is int else type(value) for value in values}
    if len(kinds) > 1:
        raise InputError(file, "table", f"{table} mixes kinds of values under {cells.name}", "give values of one kind")
    return column_of(values)


def _read_value(cell: str) -> Any:
    try:
        return tomllib.loads(f"value = {cell}")["value"]
    except (ValueError, RecursionError):
        return cell


def _spanned(column: pd.Series) -> Range | Values:
    """What a column of a table spans."""
    if pd.api.types.is_numeric_dtype(column) and column.dtype != bool and column.nunique() > 1:
        return Range(low=float(column.min()), high=float(column.max()))
    return Values(values=column.drop_duplicates().tolist())


def _check_size(rows: int, file: str) -> None:
    if rows > MAX_SAMPLES:
        raise InputError(file, "samples", f"makes {rows:,} samples", f"give fewer: at most {MAX_SAMPLES:,}")


def _check(plan: Plan, file: str, folder: Path) -> None:
    """Refuse factors whose ends the scenario refuses, each alone, before any time is spent on runs.

    Some combination may be impossible still; its runs then say why instead of an outcome.
    """
    for path, factor in plan.factors.items():
        for value in factor.levels(2, whole=plan.samples[path].dtype.kind == "i"):
            try:
                possible(plan.scenario, {path: local(path, value, folder, file)})
            except InputError as error:
                what = error.what if error.field == path else f"{error.field}: {error.what}"
                raise InputError(file, f"factors.{path}", what, error.instead) from None


def possible(scenario: Scenario, changes: Changes) -> Course:
    """The course of the scenario with some values changed.

    Raises:
        InputError: a path does not exist, or the scenario is not possible with these values.
    """
    changed = replace(scenario, changes)
    check(changed)
    return Course(changed)


def own_tables(scenario: Scenario, changes: Iterable[Changes]) -> list[str]:
    """The user's own tables that a scenario names, or values by path put in their place; sorted paths."""
    named = [scenario.nations.table, scenario.firms.table if scenario.firms else None]
    named += [values[path] for values in changes for path in LOCAL if path in values]
    return sorted({name for name in named if isinstance(name, str) and name.endswith(".csv")})


def hash_tables(tables: list[str]) -> dict[str, str]:
    """SHA-256 of each table as it is now.

    Raises:
        OSError: one cannot be read.
    """
    return {table: hashlib.sha256(Path(table).read_bytes()).hexdigest() for table in tables}


def _is_whole(scenario: Scenario, path: str, factor: Range | Values) -> bool:
    """Whether a factor counts something: the scenario takes the upper end of the range, but no number between."""
    if not isinstance(factor, Range) or factor.low % 1 or factor.high % 1:
        return False
    try:
        possible(scenario, {path: factor.low + 0.5})
    except InputError:
        try:
            possible(scenario, {path: int(factor.high)})
        except InputError:
            return False   # the complaint follows when all ends are checked
        return True
    return False

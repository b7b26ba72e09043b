"""Actor tables: who wants what on which issue, how much it cares and what it can do; the usual data of bargaining models."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.scenarios.errors import InputError, nearest
from waico.scenarios.tables import read_cells

Floats = NDArray[np.float64]

NUMBERS = ("position", "salience", "capability")
ONE_ISSUE = "issue"   # the name of the only issue of a table without that column
MOST_ACTORS, MOST_ISSUES = 1000, 64
LARGEST = 1e15   # of a number in a table; beyond it differences between positions drown in rounding


@dataclass(frozen=True, eq=False)
class ActorTable:
    """Actors and issues sorted by name, n and K of them, so that the order of rows never matters.

    Attributes:
        file: where it was read from, for messages.
        actors, issues: names.
        position: in the units of the file, NaN where an actor takes no part in an issue, (n, K).
        salience: from 0 to 1, 0 where an actor takes no part, (n, K).
        capability: in the units of the file, (n,).
    """

    file: str
    actors: tuple[str, ...]
    issues: tuple[str, ...]
    position: Floats
    salience: Floats
    capability: Floats


def read_actors(path: str | Path) -> ActorTable:
    """Read a CSV with a row per actor and issue.

    Columns `actor`, `issue`, `position`, `salience`, `capability`; others are ignored. Without `issue` there is one
    issue, named "issue". Saliences are shares; if any of the file is above 1, all are percent. An actor without a row
    on an issue takes no part in it.

    Raises:
        InputError: the file cannot be read, or does not hold such a table; says in which line.
    """
    file = str(path)
    frame = read_cells(Path(path), ("actor", "issue", *NUMBERS), "each actor and issue", {"issue": ONE_ISSUE})
    for column in NUMBERS:
        frame[column] = _numbers(frame[column], column, file)
    actors, issues = sorted(set(frame["actor"])), sorted(set(frame["issue"]))
    _check_size(actors, "actors", MOST_ACTORS, file)
    _check_size(issues, "issues", MOST_ISSUES, file)
    _check_rows(frame, file)
    rows, columns = frame["actor"].map(_places(actors)).to_numpy(), frame["issue"].map(_places(issues)).to_numpy()
    position = np.full((len(actors), len(issues)), np.nan)
    salience, capability = np.zeros_like(position), np.zeros(len(actors))
    position[rows, columns] = frame["position"]
    salience[rows, columns] = _as_shares(frame["salience"], file)
    capability[rows] = frame["capability"]
    table = ActorTable(file, tuple(actors), tuple(issues), position, salience, capability)
    _check_weights(table)
    return table


def parse_status_quo(assignments: Iterable[str], option: str = "--status-quo") -> dict[str, float]:
    """Read `issue=number` texts; the last one counts where an issue comes twice.

    Raises:
        InputError: a text is no assignment, or its value no finite number.
    """
    values = {}
    for text in assignments:
        issue, _, value = (part.strip() for part in text.rpartition("="))
        if not issue or not value:
            raise InputError(option, text, "is not an assignment", "write issue=number, such as enforcement=0.5")
        values[issue] = _number(value)
        if not abs(values[issue]) <= LARGEST:
            raise InputError(option, issue, f"is '{value}'", _wanted(value))
    return values


def known(name: str, names: Iterable[str], kind: str, file: str, field: str) -> str:
    """A name that a user gave, if there is an actor or issue so called.

    Raises:
        InputError: there is none; names the one that comes closest.
    """
    names = list(names)
    if name not in names:
        advice = nearest(name, names)
        advice = advice if advice.endswith("?") or len(names) <= 10 else f"name an {kind} of the table"
        raise InputError(file, field, f"there is no {kind} '{name}'", advice)
    return name


def _numbers(cells: pd.Series[str], column: str, file: str) -> list[float]:
    """The numbers of a column, which must be finite, and not negative unless they are positions."""
    numbers = []
    for line, text in cells.items():
        number = _number(text)
        if not abs(number) <= LARGEST:
            raise InputError(file, f"line {line}, {column}", f"is '{text}'" if text else "is empty", _wanted(text))
        if column != "position" and number < 0:
            raise InputError(file, f"line {line}, {column}", f"is {text}", "it should be at least 0")
        numbers.append(number)
    return numbers


def _number(text: str) -> float:
    """The number that a text is, NaN if it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _wanted(text: str) -> str:
    """What to give in place of a text that is no usable number."""
    if math.isfinite(_number(text)):
        return f"give a number of at most {LARGEST:g}"
    decimal_comma = math.isfinite(_number(text.replace(",", ".")))
    return "give a number with a decimal point" if decimal_comma else "give a finite number"


def _check_size(names: list[str], kind: str, most: int, file: str) -> None:
    if len(names) > most:
        raise InputError(file, "", f"has {len(names)} {kind}", f"give at most {most}")


def _check_rows(frame: pd.DataFrame, file: str) -> None:
    """Every row has its names, no actor stands twice on an issue, and each has one capability."""
    lines: dict[tuple[str, str], Any] = {}
    capabilities: dict[str, tuple[Any, float]] = {}
    for line, actor, issue, capability in frame[["actor", "issue", "capability"]].itertuples(name=None):
        for column, name in (("actor", actor), ("issue", issue)):
            if not name:
                raise InputError(file, f"line {line}, {column}", "is empty", "give a name")
        first = lines.setdefault((actor, issue), line)
        if first != line:
            what = f"has '{actor}' on '{issue}' again, after line {first}"
            raise InputError(file, f"line {line}", what, "keep one of the two rows")
        first, given = capabilities.setdefault(actor, (line, capability))
        if given != capability:
            what = f"is {capability:g}, but '{actor}' has {given:g} in line {first}"
            raise InputError(file, f"line {line}, capability", what, "give each actor one capability")


def _as_shares(salience: pd.Series[float], file: str) -> pd.Series[float]:
    """Saliences from 0 to 1; if any is above 1, all are percent."""
    line = salience.idxmax()
    if salience[line] > 100:
        what = f"is {salience[line]:g}"
        raise InputError(file, f"line {line}, salience", what, "give a share from 0 to 1, or percent from 0 to 100")
    return salience / 100 if salience[line] > 1 else salience


def _check_weights(table: ActorTable) -> None:
    """Somebody has capability, and on every issue somebody who has it cares."""
    if not table.capability.sum() > 0:
        raise InputError(table.file, "capability", "is 0 for all actors", "give at least one of them some")
    pull = table.capability / table.capability.sum() @ table.salience
    for issue, total in zip(table.issues, pull, strict=True):
        if not total > 0:
            what = f"is 0 on '{issue}' for all actors with capability"
            raise InputError(table.file, "salience", what, "give at least one of them some, or leave the issue out")


def _places(names: list[str]) -> Mapping[str, int]:
    return {name: place for place, name in enumerate(names)}

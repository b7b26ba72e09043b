"""Tables: bundled ones and a user's own, read, and refused where they do not hold what the dictionary describes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from waico.scenarios.errors import InputError
from waico.scenarios.schema import IDENTIFIER, NATION_CODE, STANCES, as_date

DATA = Path(str(files("waico.scenarios"))) / "data"
MAX_BYTES = 20_000_000
ABOVE_ZERO = ("gdp", "population")   # shares are taken of them, so that any unit will do
KEYS = {"iso3": NATION_CODE, "firm": IDENTIFIER}
KEYS_IN_WORDS = {
    "iso3": "a code of three capitals",
    "firm": "a name of small letters, digits and _, with a letter first",
}


def read_table(table: str, file: str, field: str, index: str | None) -> pd.DataFrame:
    """A bundled table by name, or a CSV by path; sorted by its key so that the order of rows never matters."""
    path, name = _path(table), table_name(table)
    if path is None:
        what = f"there is no file '{name}'" if table.endswith(".csv") else f"there is no table '{table}'"
        raise InputError(file, field, what, "name a .csv beside the scenario, or leave it out for the bundled table")
    frame = read_csv(path, name, file, field, dtype=dict.fromkeys(STANCES, str), na_values=[""])
    return frame if index is None else _indexed(frame, index, name, file, field)


def read_csv(path: Path, name: str, file: str, field: str, **options: Any) -> pd.DataFrame:
    """A CSV as pandas reads it with some options, where no text but those in `na_values` stands for a missing cell.

    Raises:
        InputError: it is too large or no CSV; `name` is what the message calls it.
    """
    name = f"{name} " if name else ""
    if path.stat().st_size > MAX_BYTES:
        raise InputError(file, field, f"{name}is larger than {MAX_BYTES} bytes", "give a smaller table")
    try:
        frame = pd.read_csv(path, keep_default_na=False, low_memory=False, compression=None, **options)
    except (ValueError, OSError) as error:   # pandas' parser errors are ValueErrors
        raise InputError(file, field, f"{name}{_why_unreadable(error)}", "mend the table") from None
    if not isinstance(frame.index, pd.RangeIndex):   # pandas takes the first column for a name of rows
        raise InputError(file, field, f"{name}has more cells in its rows than columns", "mend the table")
    return frame


def read_cells(path: Path, columns: Sequence[str], rows: str, usual: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Some columns of a user's CSV as stripped text, by the number of their line; rows without any text are left out.

    Args:
        path: the file; messages name it as it is written.
        columns: which, all needed but those in `usual`; others are ignored.
        rows: what each row stands for, for messages.
        usual: what stands in a column that is not there.

    Raises:
        InputError: the file cannot be read, lacks a column or has it twice, or has no rows.
    """
    file, usual = str(path), usual or {}
    try:
        what = "" if path.is_file() else "is a folder" if path.is_dir() else "is no file" if path.exists() else "does not exist"
    except (OSError, ValueError):   # no name that a file can have
        what = "does not exist"
    if what:
        raise InputError(file, "", what, "give a .csv file")
    frame = read_csv(path, "", file, "", dtype=str, skip_blank_lines=False).fillna("")
    frame.columns = frame.columns.str.strip()
    frame.index += 2
    frame = frame.assign(**{column: value for column, value in usual.items() if column not in frame.columns})
    needed = [column for column in columns if column not in usual]
    for column in needed:
        if column not in frame.columns:
            wanted = f"its columns should be {', '.join(columns)}, with commas between them"
            raise InputError(file, "", f"has no column '{column}'", wanted)
        if f"{column}.1" in frame.columns or list(frame.columns).count(column) > 1:
            raise InputError(file, "", f"has more than one column '{column}'", "keep one of them")
    frame = frame[list(columns)].apply(lambda cells: cells.str.strip())
    frame = frame[(frame[needed] != "").any(axis=1)].copy()
    if frame.empty:
        raise InputError(file, "", "has no rows", f"give a row for {rows}")
    return frame


def stamp(table: str | None) -> int:
    """When a table was last changed; 0 if there is none."""
    path = _path(table) if table else None
    return path.stat().st_mtime_ns if path else 0


def table_name(table: str) -> str:
    """A table as messages name it."""
    return Path(table).name if table.endswith(".csv") else f"the table '{table}'"


@cache
def dictionary() -> pd.DataFrame:
    """What is known of every column of the bundled tables."""
    return pd.read_csv(DATA / "dictionary.csv", dtype={"year": "Int64"}, parse_dates=["public"])


def check_cells(frame: pd.DataFrame, described: str, columns: list[str], table: str, file: str) -> None:
    """Refuse a user's table that lacks a column, or a cell of it that lies outside the range in the dictionary."""
    if table == described:
        return
    field, name = f"{described}.table", table_name(table)
    ranges = dictionary()[dictionary()["table"] == described].set_index("column")
    for column in columns:
        if column not in frame.columns:
            raise InputError(file, field, f"{name} has no column '{column}'", "take its columns from the bundled table")
        allowed = "above 0" if ranges.at[column, "variable"] in ABOVE_ZERO else str(ranges.at[column, "range"])
        for key, value in frame[column].items():
            text = "" if pd.isna(value) else str(value)
            if not _fits(text, allowed):
                given = f"'{text}'" if text else "nothing"
                what = f"{name} has {given} for {column} of {key}"
                raise InputError(file, field, what, f"give {_in_words(allowed)}")


def _fits(text: str, allowed: str) -> bool:
    """Whether a cell lies in a range of the dictionary: `lo..hi`, `..day`, `a|b`, `text`, or a pattern."""
    if allowed == "text":
        return bool(text)
    if "|" in allowed:
        return text.removesuffix(".0") in allowed.split("|")
    if allowed.startswith(".."):
        return as_date(text) != text
    if ".." not in allowed and allowed != "above 0":
        return re.fullmatch(allowed, text) is not None
    try:
        number = float(text)
    except ValueError:
        return False
    low, _, high = allowed.partition("..")
    inside = number > 0 if allowed == "above 0" else float(low) <= number <= float(high or "inf")
    return inside and number != float("inf")


def _in_words(allowed: str) -> str:
    low, span, high = allowed.partition("..")
    if allowed.startswith(".."):
        return "a date such as 2025-07-26"
    if span:
        return f"a number from {low} to {high}" if high else f"a number from {low} up"
    if "|" in allowed:
        return f"one of {', '.join(allowed.split('|'))}"
    return {"text": "a text", "above 0": "a number above 0"}.get(allowed, "a code of three capitals")


@cache
def _bundled() -> dict[str, Path]:
    """The files of the bundled tables by name."""
    return {path.stem: path for path in DATA.glob("*.csv")}


def _path(table: str) -> Path | None:
    """The file of a CSV by its path, or of a bundled table by its name; None if there is none."""
    if not table.endswith(".csv"):
        return _bundled().get(table)
    try:
        return Path(table) if Path(table).is_file() else None
    except OSError:   # a name that no file can have
        return None


def _indexed(frame: pd.DataFrame, index: str, name: str, file: str, field: str) -> pd.DataFrame:
    """A table by its key, which must be there, once."""
    if index not in frame.columns:
        raise InputError(file, field, f"{name} has no column '{index}'", "take its columns from the bundled table")
    if frame[index].isna().any():
        line = int(frame[index].isna().argmax()) + 2
        raise InputError(file, field, f"{name} has no {index} in line {line}", "give every row one")
    frame[index] = frame[index].astype(str)
    for key in frame[index]:
        if index in KEYS and not KEYS[index].fullmatch(key):
            raise InputError(file, field, f"{name} has a row for '{key}'", f"give it {KEYS_IN_WORDS[index]}")
    repeated = frame[index][frame[index].duplicated()]
    if len(repeated):
        raise InputError(file, field, f"{name} has more than one row for {repeated.iloc[0]}", "keep one of them")
    return frame.set_index(index).sort_index()


def _why_unreadable(error: Exception) -> str:
    """What pandas says of a broken CSV, in words of its user."""
    if isinstance(error, UnicodeDecodeError):
        return "is not text in UTF-8"
    if isinstance(error, pd.errors.EmptyDataError):
        return "is empty"
    unclosed = re.search(r"EOF inside string starting at row (\d+)", str(error))
    if unclosed:
        return f"has a quotation mark in line {int(unclosed[1]) + 1} that is never closed"
    ragged = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
    if ragged:
        return f"has {ragged[3]} cells in place of {ragged[1]} in line {ragged[2]}"
    return f"is no readable CSV ({error})"

"""Who joined, and when: a user's table of members, by institution and state."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from waico.scenarios.errors import InputError
from waico.scenarios.facts import load_facts
from waico.scenarios.schema import Scenario
from waico.scenarios.tables import read_cells

COLUMNS = ("institution", "iso3", "date")
DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


@dataclass(frozen=True, eq=False)
class Observed:
    """Members of a scenario's institutions.

    Attributes:
        file: where it was read from, for messages.
        members: a row per `institution` and `iso3`, sorted by both: `first` and `last`, dates between which it joined;
            without sponsors and rivals.
        institutions: those of the scenario that the file has a row of, whether or not the scenario has its state.
        last: the last date in the file, whatever the row is about.
        notes: what was left out of the file or counts against expectation, for the user to know.
    """

    file: str
    members: pd.DataFrame
    institutions: frozenset[str]
    last: date
    notes: tuple[str, ...]

    def of(self, institution: str) -> pd.DataFrame | None:
        """`first` and `last` by ISO3 code; None if the file says nothing about the institution."""
        if institution not in self.institutions:
            return None
        return self.members[self.members["institution"] == institution].set_index("iso3")[["first", "last"]]


def read_observed(path: str | Path, scenario: Scenario) -> Observed:
    """Read a CSV with columns institution, iso3 and date, a row per member; others are ignored.

    A date may be a month (2015-03) or a year (2015): the state joined on one of its days. Of several rows for a state
    the earliest counts. Rows of other institutions, of states that the scenario does not have, and of the sponsor and the
    rival of an institution are left out.

    Raises:
        InputError: the file cannot be read, a cell is empty or no date, or no row is about the scenario.
    """
    file = str(path)
    cells = read_cells(Path(path), COLUMNS, "each member")
    for column in COLUMNS:
        for line in cells.index[cells[column] == ""]:
            raise InputError(file, f"line {line}, {column}", "is empty", f"give every row its {column}")
    spans = [_span(text, f"line {line}, date", file) for line, text in cells["date"].items()]
    table = cells.assign(first=[first for first, _ in spans], last=[last for _, last in spans])
    bodies, agents = scenario.institution_ids, load_facts(scenario).nations.index
    ours, known = table["institution"].isin(bodies), table["iso3"].isin(agents)
    if not ours.any():
        what = f"has no row of {' or '.join(bodies)}"
        raise InputError(file, "institution", what, "write the ids that institutions have in the scenario")
    principals, forced = _named(scenario)
    pairs = pd.Series(list(zip(table["institution"], table["iso3"], strict=True)), index=table.index, dtype=object)
    principal = pairs.isin(principals)
    rows = table[ours & known & ~principal].sort_values(["institution", "iso3", "last", "first"])
    again = rows[["institution", "iso3"]].duplicated()
    early = ~again & (rows["last"] <= scenario.freeze_date) & ~pairs[rows.index].isin(forced)
    members = rows.loc[~again, ["institution", "iso3", "first", "last"]].reset_index(drop=True)
    label = table["institution"] + " " + table["iso3"]
    notes = {
        "rows of other institutions left out": table.loc[~ours, "institution"],
        "codes that are no states of the scenario dropped": table.loc[ours & ~known, "iso3"],
        "sponsor or rival, not scored": label[principal & known],
        "more than one row, of which the earliest counts": label[again.index[again]],
        f"joined by the freeze date {scenario.freeze_date}, force them in the scenario to leave them out": label[early.index[early]],
    }
    said = tuple(f"{what}: {', '.join(sorted(set(names)))}" for what, names in notes.items() if len(names))
    return Observed(file, members, frozenset(table.loc[ours, "institution"]), max(table["last"]), said)


def _named(scenario: Scenario) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Pairs of institution and state that no score counts: sponsors and rivals, and those that the scenario forces."""
    principals = {(body.id, code) for body in scenario.institutions for code in body.principals}
    return principals, {(body.id, code) for body in scenario.institutions for code in scenario.forced(body.id)}


def remark(observed: Observed, until: date | None) -> tuple[str, ...]:
    """The notes on a file as one line, with one more where the day is taken from a row that is left out; () without any."""
    notes = observed.notes
    if until is None and not (observed.members["last"] == observed.last).any():
        notes = (*notes, f"the last date, {observed.last}, is that of a row left out: --until gives another day")
    return (f"{observed.file}: {'; '.join(notes)}",) if notes else ()


def day_scored(scenario: Scenario, observed: Observed, until: date | None) -> date:
    """The day on which members are compared: `until`, or the last date in the file.

    Raises:
        InputError: nothing is simulated on that day: it is not after the freeze date, or after the horizon.
    """
    if until is not None:
        check_day(scenario, until)
        return until
    why, wanted, _ = _outside(scenario, observed.last)
    if why:
        raise InputError(observed.file, "date", f"the last one, {observed.last}, is {why}", f"give {wanted} by --until")
    return observed.last


def check_day(scenario: Scenario, day: date) -> None:
    """Refuse a day given by --until on which nothing is simulated.

    Raises:
        InputError: it is not after the freeze date, or after the horizon.
    """
    why, wanted, change = _outside(scenario, day)
    if why:
        raise InputError("--until", "", f"{day} is {why}", f"give {wanted}" + (f", or {change}" if change else ""))


def _outside(scenario: Scenario, day: date) -> tuple[str, str, str]:
    """Why a day is not simulated, which day would be, and what change of the scenario would help; empty where there is nothing to say."""
    freeze, horizon = scenario.freeze_date, scenario.rounds.horizon
    if day <= freeze:
        return f"not after the freeze date {freeze}", "a later day", ""
    if day > horizon:
        return f"after the scenario's horizon {horizon}", "an earlier day", f"a later horizon with --set rounds.horizon={day}"
    return "", "", ""


def _span(text: str, field: str, file: str) -> tuple[date, date]:
    """First and last day that a date may mean."""
    match = DATE.fullmatch(text)
    try:
        year, month, day = (int(part) if part else None for part in match.groups()) if match else (0, None, None)
        first = date(year or 0, month or 1, day or 1)
    except ValueError:
        raise InputError(file, field, f"'{text}' is no date", "write it as 2015-03-31, 2015-03 or 2015") from None
    if day:
        return first, first
    last = first.replace(month=month or 12)
    return first, last.replace(day=monthrange(last.year, last.month)[1])

"""The facts a scenario may know: tables read, vintages chosen, columns published after the freeze date refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from waico.scenarios.errors import InputError
from waico.scenarios.schema import Scenario

DATA = Path(str(files("waico.scenarios"))) / "data"
MAX_BYTES = 20_000_000
STANCES = ["b", "o", "u", "x", "i", "p", "seat"]
SIGNS = {"++": 2.0, "+": 1.0, "0": 0.0, "-": -1.0, "--": -2.0}
REQUIRED = ("unga", "gdp", "population", "polyarchy", "share", "us_ally", "nato", "eu", "oecd", "sco", "brics", "bri")
OPTIONAL = {"ai_models": 0.0}   # what stands in where no vintage was public yet


@dataclass(frozen=True)
class Facts:
    """What is known of the states and firms of a scenario on its freeze date.

    Attributes:
        nations: one row per state, indexed and sorted by ISO3 code; one column per variable, without the year.
        trade: share of the row state's goods trade with the column state, in [0, 1], shape (N, N); partners outside
            the agent set are left out.
        firm_trade: the same rows for homes of firms, including homes outside the agent set, shape (homes, N).
        firms: one row per firm, indexed and sorted by id; empty without firms.
        stances: signs +2 .. -2 of key states by stance, indexed by ISO3; NaN where not stated.
        affiliations: sponsor, column, role, weight.
        layers: budget and technology of firms by layer, indexed by layer.
        poles: UNGA ideal points of China and the United States, the ends of the axis that ideal points refer to.
        columns: the column chosen for every variable.
    """

    nations: pd.DataFrame
    trade: np.ndarray
    firm_trade: pd.DataFrame
    firms: pd.DataFrame
    stances: pd.DataFrame
    affiliations: pd.DataFrame
    layers: pd.DataFrame
    poles: tuple[float, float]
    columns: dict[str, str]


def load_facts(scenario: Scenario) -> Facts:
    """Read what the scenario may know.

    Raises:
        InputError: a table is missing or wrong, a state is unknown, or a column was published after the freeze date.
    """
    nations, firms = scenario.nations, scenario.firms
    return _facts(
        scenario.name, nations.table, tuple(nations.subset), tuple(nations.exclude), nations.vintage,
        tuple(nations.retrospective), scenario.freeze_date,
        firms.table if firms else None, tuple(firms.exclude) if firms else (),
    )  # fmt: skip


def check_states(scenario: Scenario) -> None:
    """Refuse states that the scenario names but its table does not have, and firms likewise.

    Raises:
        InputError: names the first.
    """
    facts = load_facts(scenario)
    codes = facts.nations.index
    named = {"nations": list(scenario.nations.overrides)}
    for institution in scenario.institutions:
        place = f"institutions.{institution.id}"
        named[f"{place}.sponsor"] = [institution.sponsor]
        named[f"{place}.rival"] = [institution.rival]
        named[f"{place}.named"] = institution.named
        if isinstance(institution.participants, list):
            named[f"{place}.participants"] = institution.participants
        for field, variable in (("bloc", institution.bloc), ("quota_group", institution.entry_into_force.quota_group)):
            if variable is not None and variable not in facts.nations.columns:
                raise InputError(
                    scenario.name, f"{place}.{field}", f"there is no variable '{variable}'",
                    f"one of {', '.join(facts.nations.columns[5:])}",
                )  # fmt: skip
    for place, members in named.items():
        for code in members:
            if code not in codes:
                raise InputError(scenario.name, place, f"state '{code}' is not among the agents", "an ISO3 code of them")
    if scenario.firms:
        for alliance in scenario.firms.alliances:
            for firm in alliance.members:
                if firm not in facts.firms.index:
                    raise InputError(
                        scenario.name, f"firms.alliances.{alliance.id}", f"there is no firm '{firm}'",
                        f"one of {', '.join(facts.firms.index)}",
                    )  # fmt: skip


@lru_cache(maxsize=16)
def _facts(
    file: str, table: str, subset: tuple[str, ...], exclude: tuple[str, ...], vintage: int | None,
    retrospective: tuple[str, ...], freeze: date, firm_table: str | None, firm_exclude: tuple[str, ...],
) -> Facts:  # fmt: skip
    raw = _read(table, file, "nations.table", "iso3")
    for code in (*subset, *exclude):
        if code not in raw.index:
            raise InputError(file, "nations.subset" if code in subset else "nations.exclude",
                             f"there is no state '{code}'", "an ISO 3166 alpha-3 code of a UN member")  # fmt: skip
    keep = [code for code in raw.index if (not subset or code in subset) and code not in exclude]
    if len(keep) < 3:
        raise InputError(file, "nations.subset", f"leaves {len(keep)} states", "keep at least 3")
    columns = _choose(_dictionary(), freeze, vintage, retrospective, file)
    nations = _select(raw.loc[keep], columns, file)
    trade_year = int(columns["share"].rpartition("_")[2])
    trade = _read("trade", file, "trade", None)
    trade = trade[trade["year"] == trade_year]
    firms = _firms(firm_table, firm_exclude, freeze, file)
    matrix = trade.pivot(index="iso3", columns="partner", values="share").fillna(0.0)
    homes = sorted(set(firms["home"])) if len(firms) else []
    return Facts(
        nations=nations,
        trade=matrix.reindex(index=keep, columns=keep, fill_value=0.0).to_numpy(),
        firm_trade=matrix.reindex(index=homes, columns=keep, fill_value=0.0),
        firms=firms,
        stances=_stances(keep, freeze, file),
        affiliations=_read("affiliations", file, "affiliations", None),
        layers=_read("layers", file, "layers", "layer"),
        poles=_poles(raw[columns["unga"]], file),
        columns=columns,
    )


def _dictionary() -> pd.DataFrame:
    return pd.read_csv(DATA / "dictionary.csv", dtype={"year": "Int64"}, parse_dates=["public"])


def _choose(
    dictionary: pd.DataFrame, freeze: date, vintage: int | None, retrospective: tuple[str, ...], file: str
) -> dict[str, str]:
    """The newest vintage of every variable that was public on the freeze date."""
    chosen: dict[str, str] = {}
    rows = dictionary[dictionary["table"].isin(["nations", "trade"]) & dictionary["year"].notna()]
    for variable, vintages in rows.groupby("variable", sort=True):
        name = str(variable)
        known = vintages[vintages["public"] <= pd.Timestamp(freeze)]
        if name in retrospective:
            known = vintages[(vintages["retrospective"] == 1) & (vintages["year"] < freeze.year)]
        if vintage is not None:
            known = known[known["year"] <= vintage]
        if known.empty:
            if name in OPTIONAL or name not in REQUIRED:
                continue
            first = vintages.sort_values("public").iloc[0]
            raise InputError(
                file, "freeze_date",
                f"no vintage of '{name}' was public by {freeze}; the first is of {first['year']}, {first['public']:%Y-%m-%d}",
                f"a later freeze_date, or '{name}' in nations.retrospective" if first["retrospective"] == 1
                else "a later freeze_date",
            )  # fmt: skip
        chosen[name] = f"{name}_{known['year'].max()}"
    return chosen


def _select(raw: pd.DataFrame, columns: dict[str, str], file: str) -> pd.DataFrame:
    """Chosen vintages under the names of their variables."""
    nations = raw[["name", "region", "subregion", "capital_lat", "capital_lon"]].copy()
    for variable, column in columns.items():
        if variable == "share":
            continue
        if column not in raw.columns:
            raise InputError(file, "nations.table", f"has no column '{column}'", "use the columns of the bundled table")
        values = pd.to_numeric(raw[column], errors="coerce")
        if not np.isfinite(values).all():
            bad = values.index[~np.isfinite(values)][0]
            raise InputError(file, f"nations.table {bad} {column}", f"is {raw.at[bad, column]!r}", "give a finite number")
        nations[variable] = values.astype(float)
    for variable, value in OPTIONAL.items():
        if variable not in nations:
            nations[variable] = value
    for variable in ("gdp", "population"):
        if (nations[variable] <= 0).any():
            bad = nations.index[nations[variable] <= 0][0]
            raise InputError(file, f"nations.table {bad} {columns[variable]}", "is not above 0", "give a positive number")
    return nations


def _poles(unga: pd.Series, file: str) -> tuple[float, float]:
    """China and the United States fix the axis even where they are not among the agents."""
    if not {"CHN", "USA"} <= set(unga.index) or unga["CHN"] == unga["USA"]:
        raise InputError(file, "nations.table", "does not tell CHN from USA in UN votes", "keep a row for each of them")
    return float(unga["CHN"]), float(unga["USA"])


def _stances(codes: list[str], freeze: date, file: str) -> pd.DataFrame:
    """Stances read from acts up to the freeze date, as signs from +2 to -2."""
    table = _read("stances", file, "stances", "iso3")
    known = table[pd.to_datetime(table["date"]) <= pd.Timestamp(freeze)]
    return known[STANCES].apply(lambda column: column.map(SIGNS)).reindex(codes)


def _firms(table: str | None, exclude: tuple[str, ...], freeze: date, file: str) -> pd.DataFrame:
    """Firms, with the stances known on the freeze date as signs."""
    if table is None:
        return pd.DataFrame()
    raw = _read(table, file, "firms.table", "firm")
    for firm in exclude:
        if firm not in raw.index:
            raise InputError(file, "firms.exclude", f"there is no firm '{firm}'", f"one of {', '.join(raw.index)}")
    firms = raw.drop(index=list(exclude))
    late = pd.to_datetime(firms["date"]) > pd.Timestamp(freeze)
    known = [stance for stance in STANCES if stance in firms.columns]
    firms[known] = firms[known].apply(lambda column: column.map(SIGNS)).mask(late)
    firms["alliances"] = firms["alliances"].fillna("")
    return firms


def _read(table: str, file: str, field: str, index: str | None) -> pd.DataFrame:
    """A bundled table by name, or a CSV by path; sorted by its key so that the order of rows never matters."""
    path = Path(table) if table.endswith(".csv") else DATA / f"{table}.csv"
    if not path.is_file():
        raise InputError(file, field, f"there is no table '{table}'", "a bundled table, or a .csv beside the scenario")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(file, field, f"'{path.name}' is larger than {MAX_BYTES} bytes", "give a smaller table")
    try:
        frame = pd.read_csv(path, dtype=dict.fromkeys(STANCES, str), keep_default_na=False, na_values=[""])
    except (ValueError, OSError) as error:   # pandas' parser errors are ValueErrors
        raise InputError(file, field, f"'{path.name}' is not a readable CSV: {error}", "mend the table") from None
    if index is None:
        return frame
    if index not in frame.columns:
        raise InputError(file, field, f"'{path.name}' has no column '{index}'", "use the columns of the bundled table")
    repeated = frame[index][frame[index].duplicated()]
    if len(repeated):
        raise InputError(file, field, f"'{path.name}' has '{repeated.iloc[0]}' twice", "keep one row each")
    return frame.set_index(index).sort_index()

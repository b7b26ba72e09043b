"""The facts a scenario may know: tables read, vintages chosen, columns published after the freeze date refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from waico.scenarios.errors import InputError, nearest
from waico.scenarios.schema import STANCES, Scenario
from waico.scenarios.tables import check_cells, dictionary, read_table, stamp, table_name

MAX_STATES = 1000   # arrays of states by states are kept in memory
SIGNS = {"++": 2.0, "+": 1.0, "0": 0.0, "-": -1.0, "--": -2.0}
REQUIRED = ("unga", "gdp", "population", "polyarchy", "share", "us_ally", "nato", "eu", "oecd", "sco", "brics", "bri")
OPTIONAL = {"ai_models": 0.0}   # what stands in where no vintage was public yet
PLACE = ["name", "region", "subregion", "capital_lat", "capital_lon"]
FIRM = ["home", "layer", "size_class", "date"]


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of the states and firms of a scenario on its freeze date.

    Equal to itself alone, so that what is computed from it can be kept by it.

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

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The states."""
        return tuple(self.nations.index)


def load_facts(scenario: Scenario) -> Facts:
    """Read what the scenario may know.

    Raises:
        InputError: a table is missing or wrong, a state is unknown, or a column was published after the freeze date.
    """
    nations, firms = scenario.nations, scenario.firms
    tables = (nations.table, firms.table if firms else None)
    return _facts(
        scenario.name, tables, tuple(nations.subset), tuple(nations.exclude), nations.vintage,
        tuple(nations.retrospective), tuple(nations.ignore), tuple(nations.without), scenario.freeze_date, tuple(firms.exclude) if firms else (),
        tuple(stamp(table) for table in tables),
    )  # fmt: skip


def check_states(scenario: Scenario) -> None:
    """Refuse states, firms and variables that the scenario names but its tables do not have.

    Raises:
        InputError: names the first.
    """
    facts = load_facts(scenario)
    for place, codes in _named_states(scenario).items():
        for code in codes:
            if code not in facts.nations.index:
                raise InputError(scenario.name, place, *_why_missing(scenario, code))
    for body in scenario.institutions:
        place = f"institutions.{body.id}"
        groups = {"bloc": body.bloc, "region": body.region, "entry_into_force.quota_group": body.entry_into_force.quota_group}
        for field, variable in groups.items():
            if variable is not None:
                _check_group(facts.nations, variable, scenario.name, f"{place}.{field}")
    for alliance in scenario.firms.alliances if scenario.firms else []:
        for firm in alliance.members:
            if firm not in facts.firms.index:
                place = f"firms.alliances.{alliance.id}.members"
                raise InputError(scenario.name, place, f"there is no firm '{firm}'", nearest(firm, facts.firms.index))
    for control in scenario.firms.controls if scenario.firms else []:
        for layer in control.layers:
            if layer not in facts.layers.index:
                place = f"firms.controls.{control.id}.layers"
                raise InputError(scenario.name, place, f"there is no layer '{layer}'", nearest(layer, facts.layers.index))


def _named_states(scenario: Scenario) -> dict[str, list[str]]:
    """All states that the scenario names, by place."""
    named = {f"nations.{code}": [code] for code in scenario.nations.overrides}
    for body in scenario.institutions:
        place = f"institutions.{body.id}"
        named[f"{place}.sponsor"] = [body.sponsor]
        named[f"{place}.rival"] = [body.rival]
        named[f"{place}.named"] = body.named
        named[f"{place}.participants"] = body.participants if isinstance(body.participants, list) else []
    for control in scenario.firms.controls if scenario.firms else []:
        named[f"firms.controls.{control.id}.on"] = control.on
    return named


def _why_missing(scenario: Scenario, code: str) -> tuple[str, str]:
    """Why a state is not among the agents, and what to do about it."""
    nations = scenario.nations
    if code in nations.exclude:
        return f"state '{code}' is left out by nations.exclude", "take it off that list"
    if code in read_table(nations.table, scenario.name, "nations.table", "iso3").index:
        return f"state '{code}' is left out by nations.subset", "add it to that list"
    return f"there is no state '{code}'", f"give an ISO 3166 code from {table_name(nations.table)}"


def _check_group(nations: pd.DataFrame, variable: str, file: str, field: str) -> None:
    """Refuse a variable that does not tell who is in a group from who is not."""
    groups = [name for name in nations.columns.drop(PLACE) if nations[name].isin([0.0, 1.0]).all()]
    if variable not in groups:
        what = "is no 0/1 variable" if variable in nations.columns else "does not exist"
        raise InputError(file, field, f"variable '{variable}' {what}", f"one of {', '.join(sorted(groups))}")


@lru_cache(maxsize=16)
def _facts(
    file: str, tables: tuple[str, str | None], subset: tuple[str, ...], exclude: tuple[str, ...], vintage: int | None,
    retrospective: tuple[str, ...], ignore: tuple[str, ...], without: tuple[str, ...], freeze: date, firm_exclude: tuple[str, ...],
    stamps: tuple[int, ...],
) -> Facts:  # fmt: skip
    """The facts; `stamps` of the tables are there for the cache alone, so that an edited table is read again."""
    table, firm_table = tables
    raw = read_table(table, file, "nations.table", "iso3")
    for field, codes in (("nations.subset", subset), ("nations.exclude", exclude)):
        for code in codes:
            if code not in raw.index:
                advice = f"give an ISO 3166 code from {table_name(table)}"
                raise InputError(file, field, f"there is no state '{code}'", advice)
    keep = [code for code in raw.index if (not subset or code in subset) and code not in exclude]
    if not 3 <= len(keep) <= MAX_STATES:
        field = "nations.subset" if subset else "nations.exclude" if exclude else "nations.table"
        raise InputError(file, field, f"leaves {len(keep)} states", f"keep 3 to {MAX_STATES}")
    columns = _choose(dictionary(), freeze, vintage, retrospective, file)
    nations = _select(raw.loc[keep], columns, table, file)
    trade_year = int(columns["share"].rpartition("_")[2])
    trade = read_table("trade", file, "trade", None)
    trade = trade[trade["year"] == trade_year]
    firms = _firms(firm_table, firm_exclude, freeze, file)
    matrix = trade.pivot(index="iso3", columns="partner", values="share").fillna(0.0)
    homes = sorted(set(firms["home"])) if len(firms) else []
    for home in homes:
        if home not in raw.index and home not in matrix.index:
            what = f"there is no state '{home}' for a firm to be at home"
            raise InputError(file, "firms.table", what, "give its ISO 3166 code")
    among, of_firms = matrix.reindex(index=keep, columns=keep, fill_value=0.0), matrix.reindex(index=homes, columns=keep, fill_value=0.0)
    poles = _poles(raw[columns["unga"]], table, file)
    if "trade" in without:
        among, of_firms = _even(among), _even(of_firms)
    if "unga" in without:
        nations["unga"] = sum(poles) / 2.0
    return Facts(
        nations=nations,
        trade=among.to_numpy(),
        firm_trade=of_firms,
        firms=firms,
        stances=_stances(keep, freeze, file),
        affiliations=_affiliations(ignore, file),
        layers=read_table("layers", file, "layers", "layer"),
        poles=poles,
        columns=columns,
    )


def _even(trade: pd.DataFrame) -> pd.DataFrame:
    """The same share with every other state."""
    shares = np.full(trade.shape, 1.0 / max(1, trade.shape[1] - 1))
    own = trade.index.to_numpy()[:, None] == trade.columns.to_numpy()[None, :]
    return pd.DataFrame(np.where(own, 0.0, shares), trade.index, trade.columns)


def _choose(
    dictionary: pd.DataFrame, freeze: date, vintage: int | None, retrospective: tuple[str, ...], file: str
) -> dict[str, str]:
    """The newest vintage of every variable that was public on the freeze date."""
    rows = dictionary[dictionary["table"].isin(["nations", "trade"]) & dictionary["year"].notna()]
    coded_later = sorted(set(rows.loc[rows["retrospective"] == 1, "variable"]))
    for name in retrospective:
        if name not in coded_later:
            what = f"'{name}' is no variable that was coded in retrospect"
            raise InputError(file, "nations.retrospective", what, nearest(name, coded_later))
    used_knowingly = rows["variable"].isin(retrospective) & (rows["retrospective"] == 1) & (rows["year"] < freeze.year)
    known = rows[used_knowingly | (rows["public"] <= pd.Timestamp(freeze))]
    _refuse_gaps(known, rows, freeze, file)
    if vintage is not None:
        older = known[known["year"] <= vintage]
        missing = [name for name in REQUIRED if name not in set(older["variable"])]
        if missing:
            first = known[known["variable"].isin(missing)].groupby("variable")["year"].min().max()
            what = f"is {vintage}, before the first figures of {_some(missing)}"
            raise InputError(file, "nations.vintage", what, f"give {first} or later")
        known = older
    newest = known.groupby("variable", sort=True)["year"].max()
    return {str(name): f"{name}_{year}" for name, year in newest.items()}


def _refuse_gaps(known: pd.DataFrame, rows: pd.DataFrame, freeze: date, file: str) -> None:
    """Refuse a freeze date on which some variable that the model needs was not public."""
    missing = [name for name in REQUIRED if name not in set(known["variable"])]
    if not missing:
        return
    gaps = rows[rows["variable"].isin(missing)]
    advice = f"give {gaps.groupby('variable')['public'].min().max():%Y-%m-%d} or later"
    if set(missing) <= set(gaps.loc[(gaps["retrospective"] == 1) & (gaps["year"] < freeze.year), "variable"]):
        advice += f", or put '{missing[0]}' into nations.retrospective"
    raise InputError(file, "freeze_date", f"no figures of {_some(missing)} were public by {freeze}", advice)


def _some(names: list[str]) -> str:
    return f"'{names[0]}'" + (f" and {len(names) - 1} more variables" if len(names) > 1 else "")


def _select(raw: pd.DataFrame, columns: dict[str, str], table: str, file: str) -> pd.DataFrame:
    """Chosen vintages under the names of their variables."""
    wanted = {variable: column for variable, column in columns.items() if variable != "share"}
    check_cells(raw, "nations", [*PLACE, *wanted.values()], table, file)
    nations = raw[PLACE].copy()
    for variable, column in wanted.items():
        nations[variable] = raw[column].astype(float)
    for variable, value in OPTIONAL.items():
        if variable not in nations:
            nations[variable] = value
    return nations


def _poles(unga: pd.Series, table: str, file: str) -> tuple[float, float]:
    """China and the United States fix the axis even where they are not among the agents."""
    ends = pd.to_numeric(unga.reindex(["CHN", "USA"]), errors="coerce")
    if not np.isfinite(ends).all() or ends["CHN"] == ends["USA"]:
        what = f"{table_name(table)} does not tell CHN from USA in UN votes ({unga.name})"
        raise InputError(file, "nations.table", what, "keep a row for each of them")
    return float(ends["CHN"]), float(ends["USA"])


def _affiliations(ignore: tuple[str, ...], file: str) -> pd.DataFrame:
    """What ties states to sponsors, without the variables that the scenario leaves out."""
    table = read_table("affiliations", file, "affiliations", None)
    for name in ignore:
        if name not in set(table["column"]):
            what = f"'{name}' ties no state to a sponsor"
            raise InputError(file, "nations.ignore", what, nearest(name, sorted(set(table["column"]))))
    return table[~table["column"].isin(ignore)]


def _stances(codes: list[str], freeze: date, file: str) -> pd.DataFrame:
    """Stances read from acts up to the freeze date, as signs from +2 to -2."""
    table = read_table("stances", file, "stances", "iso3")
    known = table[pd.to_datetime(table["date"]) <= pd.Timestamp(freeze)]
    return known[list(STANCES)].apply(lambda column: column.map(SIGNS)).reindex(codes)


def _firms(table: str | None, exclude: tuple[str, ...], freeze: date, file: str) -> pd.DataFrame:
    """Firms, with the stances known on the freeze date as signs."""
    if table is None:
        return pd.DataFrame()
    raw = read_table(table, file, "firms.table", "firm")
    stances = [stance for stance in STANCES if stance in raw.columns]
    check_cells(raw, "firms", FIRM, table, file)
    _check_stances(raw, stances, table, file)
    for firm in exclude:
        if firm not in raw.index:
            raise InputError(file, "firms.exclude", f"there is no firm '{firm}'", nearest(firm, raw.index))
    firms = raw.drop(index=list(exclude))
    late = pd.to_datetime(firms["date"]) > pd.Timestamp(freeze)
    firms[stances] = firms[stances].apply(lambda column: column.map(SIGNS)).mask(late)
    firms["alliances"] = firms["alliances"].fillna("") if "alliances" in firms else ""
    return firms


def _check_stances(raw: pd.DataFrame, stances: list[str], table: str, file: str) -> None:
    for stance in stances:
        for firm, value in raw[stance].dropna().items():
            if value not in SIGNS:
                what = f"{table_name(table)} has '{value}' for {stance} of {firm}"
                raise InputError(file, "firms.table", what, f"give one of {', '.join(SIGNS)}, or nothing")

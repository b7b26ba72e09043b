"""Build the tables that the model reads from the compiled source tables.

    python scenarios/build_tables.py --source DIR

DIR holds ``nations.csv``, ``trade_partners.csv`` and ``membership.csv``, in which an empty cell is an unknown figure. The model cannot run
on unknowns, so every one is filled here by a stated rule and flagged; nothing is filled silently, and nothing is filled
later. The columns kept, and their order, are those that ``dictionary.csv`` describes, so a figure cannot enter the
project without its unit, source, licence and date.

``stances.csv``, ``firms.csv``, ``layers.csv``, ``affiliations.csv`` and ``dictionary.csv`` are kept by hand; of them
only the last is read here.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pandas as pd

DATA = Path(__file__).resolve().parent / "data"

BRI_YEARS = (2013, 2019, 2022, 2023)
JOINED_AFTER_2022 = {   # what tells the end of 2022 from January 2025, where the source has its dummies
    "us_ally": ("FIN", "SWE"),
    "nato": ("FIN", "SWE"),
    "eu": (),
    "oecd": (),
    "sco": ("BLR", "IRN"),
    "brics": ("ARE", "EGY", "ETH", "IDN", "IRN"),
}
LEFT_AFTER_2022 = {"taipei_ties": ("HND", "NRU")}
TRADE_YEARS = (2013, 2020)
FILLED_FROM_OWN_PAST = ("unga", "gdp")
MIN_OBSERVED = 5  # the median of fewer states hangs on one or two of them
SPONSORS = ("CHN", "USA")
TRADING_HOMES_OUTSIDE_THE_UN = ("TWN",)  # not an agent, but the home of a firm whose exposure follows its trade
ACCESSIONS = {"applied": "endorsed", "signed": "signed"}  # events that are accessions, and the status they lead to
SPANS = {   # what is known of a day of accession beyond the date written down; that is the last day on which it can lie
    ("aiib", "upper_bound"): "2015-03-12",   # on a list of late March; none was reported between February and 12 March
    ("gpai", "year"): "2020-06-15",   # the launch
    ("military_ai_declaration", "by"): "2023-11-14",   # recalled from the list of 27 November 2024, not on that of the launch
}
TRADE_KNOWN_TO_BE_NIL = (("PRK", "USA"),)  # under embargo: a regional median would invent trade

RENAMED = {
    "un_region": "region",
    "un_subregion": "subregion",
    "cap_lat": "capital_lat",
    "cap_lon": "capital_lon",
    "aiib_regional_eligible": "aiib_regional_2013",
    "epoch_models_2020_2025_07": "ai_models_2025",
}
RENAMED_PREFIXES = {
    "unga_ideal": "unga",
    "gdp_usd": "gdp",
    "pop": "population",
    "vdem_polyarchy": "polyarchy",
    "us_treaty_ally": "us_ally",
}
DECIMALS = {"unga": 3, "polyarchy": 3, "capital_lat": 2, "capital_lon": 2}
SIGNIFICANT_DIGITS = {"gdp": 4, "population": 4}
TEXT = ("iso3", "iso3n", "name", "region", "subregion", "imputed")


def main() -> None:
    """Read the source once and write the derived tables."""
    parser = argparse.ArgumentParser(description="Build scenarios/data from the compiled source tables.")
    parser.add_argument("--source", type=Path, required=True, help="directory with the source tables")
    parser.add_argument("--out", type=Path, default=DATA, help="directory to write to (default: scenarios/data)")
    arguments = parser.parse_args()
    members = read_members(arguments.source / "nations.csv")
    partners = read_csv(arguments.source / "trade_partners.csv")
    write_csv(build_nations(members, described_columns("nations")), arguments.out / "nations.csv")
    write_csv(build_trade(members, partners), arguments.out / "trade.csv")
    membership = pd.read_csv(arguments.source / "membership.csv", dtype=str, keep_default_na=False)
    write_csv(build_accessions(members, membership), arguments.out / "accessions.csv")


# Reading and writing


def read_csv(path: Path) -> pd.DataFrame:
    """Read a table in which only an empty cell is missing, so that no code or sign can be taken for a missing value."""
    return pd.read_csv(path, dtype={"iso3n": str}, keep_default_na=False, na_values=[""])


def read_members(path: Path) -> pd.DataFrame:
    """Return the UN members, the only states that are agents, indexed by code under the project's column names."""
    nations = read_csv(path)
    members = nations[nations["is_un_member"] == 1].rename(columns=project_name)
    return members.set_index("iso3").sort_index()


def project_name(column: str) -> str:
    """Translate a source column; dummies of 2014 hold for 2013-15 and take the year that the scenarios ask for."""
    if column in RENAMED:
        return RENAMED[column]
    match = re.fullmatch(r"(\w+)_(\d{4})", column)
    if match is None:
        return column
    prefix, year = match.groups()
    return f"{RENAMED_PREFIXES.get(prefix, prefix)}_{'2013' if year == '2014' else year}"


def described_columns(table: str) -> list[str]:
    """List the columns of a table in the order of the dictionary, the one place where columns are declared."""
    dictionary = read_csv(DATA / "dictionary.csv")
    return dictionary.loc[dictionary["table"] == table, "column"].drop_duplicates().tolist()


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write with a fixed encoding and line end, so that the same source gives the same bytes on every system."""
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


# Nations


def build_nations(members: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return one complete row per UN member; its last column names the cells that were filled and not observed."""
    observed = with_belt_and_road(with_clubs_of_2022(with_facts_by_construction(members)))
    filled = fill(observed, columns)
    kept = [column for column in columns if column not in ("iso3", "imputed")]
    filled["imputed"] = names_of_filled_cells(observed[kept], filled[kept])
    return rounded(filled.reset_index()[columns])


def with_facts_by_construction(members: pd.DataFrame) -> pd.DataFrame:
    """Set what the source leaves blank because it is true by definition, and is therefore not imputed."""
    table = members.copy()
    for year in (2013, 2025):
        table.loc["USA", f"us_ally_{year}"] = 1.0
        table.loc["CHN", f"taipei_ties_{year}"] = 0.0
    return table


def with_clubs_of_2022(members: pd.DataFrame) -> pd.DataFrame:
    """Go back from the memberships of January 2025 to those at the end of 2022."""
    changes = {**dict.fromkeys(JOINED_AFTER_2022, 0.0), **dict.fromkeys(LEFT_AFTER_2022, 1.0)}
    table = members.copy()
    for variable, before in changes.items():
        movers = {**JOINED_AFTER_2022, **LEFT_AFTER_2022}[variable]
        table[f"{variable}_2022"] = table[f"{variable}_2025"].where(~table.index.isin(movers), before)
    return table


def with_belt_and_road(members: pd.DataFrame) -> pd.DataFrame:
    """Turn the years of joining and leaving into membership at the end of each vintage; a blank year means never."""
    joined, left = members["bri_join_year"], members["bri_exit_year"]
    dummies = {f"bri_{year}": (joined.le(year) & ~left.le(year)).astype(int) for year in BRI_YEARS}
    for dummy in dummies.values():
        dummy["CHN"] = 1  # the sponsor, whatever the list of signatories says
    return members.assign(**dummies)


def fill(members: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Fill from the state's own past first: an old figure of its own says more than its neighbours' figures.

    A state with no earlier figure gets the regional median; for GDP, that of GDP per head times its population. Medians
    are taken over observed figures only, so that one filled value does not feed another.
    """
    table = members.copy()
    for variable in FILLED_FROM_OWN_PAST:
        vintages = sorted(column for column in columns if column.startswith(f"{variable}_"))
        table[vintages] = members[vintages].ffill(axis="columns")
    for column in columns:
        variable, _, year = column.rpartition("_")
        if variable in ("unga", "polyarchy"):
            table[column] = table[column].fillna(regional_median(members[column], members))
        elif variable == "gdp":
            population = members[f"population_{year}"]
            per_head = regional_median(members[column] / population, members)
            table[column] = table[column].fillna(per_head * population)
    return table


def regional_median(values: pd.Series, members: pd.DataFrame) -> pd.Series:
    """Return for each state the median of its subregion, or of its region where the subregion has too few values."""
    in_subregion = values.groupby(members["subregion"])
    subregional = in_subregion.transform("median").where(in_subregion.transform("count") >= MIN_OBSERVED)
    return subregional.fillna(values.groupby(members["region"]).transform("median"))


def names_of_filled_cells(observed: pd.DataFrame, filled: pd.DataFrame) -> pd.Series:
    """Join, row by row, the names of the columns that were empty before filling."""
    was_filled = observed.isna() & filled.notna()
    return was_filled.apply(lambda row: ";".join(row.index[row]), axis="columns")


def rounded(nations: pd.DataFrame) -> pd.DataFrame:
    """Round to what the model uses and write counts and dummies as integers, which keeps later diffs readable."""
    figures = nations.columns.difference(list(TEXT))
    return nations.assign(**{column: rounded_column(nations[column]) for column in figures})


def rounded_column(values: pd.Series) -> pd.Series:
    """Round one column by its variable; a column without a rule is a count or a dummy and becomes an integer."""
    variable = re.sub(r"_\d{4}$", "", str(values.name))
    if variable in DECIMALS:
        return values.round(DECIMALS[variable]) + 0.0  # adding zero turns -0.0 into 0.0
    if variable in SIGNIFICANT_DIGITS:
        values = values.map(lambda value: float(f"{value:.{SIGNIFICANT_DIGITS[variable]}g}"))
    return values.astype("int64")


# Trade


def build_trade(members: pd.DataFrame, partners: pd.DataFrame) -> pd.DataFrame:
    """Return trade shares by year, state and partner, complete for the two sponsors and cut at 0.5% for all others."""
    with_sponsors = [sponsor_shares(members, sponsor, year) for sponsor in SPONSORS for year in TRADE_YEARS]
    table = pd.concat([other_shares(members, partners), *with_sponsors])
    table["share"] = table["share"].round(4) + 0.0
    return table.sort_values(["year", "iso3", "partner"])


def other_shares(members: pd.DataFrame, partners: pd.DataFrame) -> pd.DataFrame:
    """Return the recorded rows but for the members' trade with a sponsor, which the nations table gives in full."""
    table = partners.rename(columns={"partner_iso3": "partner", "trade_share": "share"})
    of_member = table["iso3"].isin(members.index)
    with_sponsor = table["partner"].isin(SPONSORS)
    kept = (of_member & ~with_sponsor) | table["iso3"].isin(TRADING_HOMES_OUTSIDE_THE_UN)
    return table.loc[kept & table["year"].isin(TRADE_YEARS), ["year", "iso3", "partner", "share"]].assign(imputed=0)


def sponsor_shares(members: pd.DataFrame, sponsor: str, year: int) -> pd.DataFrame:
    """Return every other member's trade with a sponsor; what is unrecorded is the regional median or nil."""
    observed = members[f"trade_share_{sponsor.lower()}_{year}"]
    filled = observed.fillna(regional_median(observed, members))
    for state, partner in TRADE_KNOWN_TO_BE_NIL:
        if partner == sponsor and pd.isna(observed[state]):
            filled[state] = 0.0
    table = pd.DataFrame({"year": year, "iso3": members.index, "partner": sponsor, "share": filled.to_numpy()})
    table["imputed"] = observed.isna().astype(int).to_numpy()
    return table[table["iso3"] != sponsor]


# Accessions


def build_accessions(members: pd.DataFrame, membership: pd.DataFrame) -> pd.DataFrame:
    """Return who joined what within which span of days, one row per institution, state and status.

    Only UN members, the agents, are kept: the EU and Kosovo are not. A day known only to the year spans that year.
    """
    kept = membership["event"].isin(ACCESSIONS) & membership["iso3"].isin(members.index)
    table = membership[kept].copy()
    recalled = (table["institution"] == "military_ai_declaration") & (table["confidence"] == "memory")
    precision = table["date_precision"].where(~recalled, "by")
    table["status"] = table["event"].map(ACCESSIONS)
    is_year = table["date"].str.fullmatch(r"\d{4}")
    first = table["date"].where(~is_year, table["date"] + "-01-01")
    table["last"] = table["date"].where(~is_year, table["date"] + "-12-31")
    spans = [SPANS.get(key) for key in zip(table["institution"], precision, strict=True)]
    table["first"] = [day if span is None else span for day, span in zip(first, spans, strict=True)]
    table["confidence"] = table["confidence"].map({"sourced": "S", "memory": "M"})
    columns = ["institution", "iso3", "status", "first", "last", "confidence", "source"]
    return table[columns].sort_values(["institution", "status", "iso3"])


if __name__ == "__main__":
    main()

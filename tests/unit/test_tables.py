"""The data tables: complete, described, flagged where filled, and free of anything later than the freeze date."""

from pathlib import Path

import pandas as pd
import pytest

from waico.analysis.history.cases import CASES

DATA = Path(__file__).resolve().parents[2] / "scenarios" / "data"
FREEZE = "2025-07-26"
BEFORE_SUMMER = "2025-06-30"  # standing positions are known to a scenario that starts here
MIN_OBSERVED = 5
TABLES = ("nations", "trade", "accessions", "stances", "firms", "layers", "affiliations")
KEYS = {
    "nations": ["iso3"],
    "trade": ["year", "iso3", "partner"],
    "accessions": ["institution", "status", "iso3"],
    "stances": ["iso3"],
    "firms": ["firm"],
    "layers": ["layer"],
    "affiliations": ["sponsor", "column", "role"],
}
STANCES = ["b", "o", "u", "x", "i", "p"]
SIGNS = {"++", "+", "0", "-", "--", ""}
SPONSORS = ("CHN", "USA")
EU_MEMBERS = 27


def read(table: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"{table}.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def nations() -> pd.DataFrame:
    return read("nations").set_index("iso3")


@pytest.fixture(scope="module")
def trade() -> pd.DataFrame:
    return read("trade").astype({"share": float, "imputed": int})


@pytest.fixture(scope="module")
def dictionary() -> pd.DataFrame:
    return read("dictionary")


def flagged(nations: pd.DataFrame, column: str) -> set[str]:
    return set(nations.index[nations["imputed"].str.split(";").map(lambda names: column in names)])


def cell(nations: pd.DataFrame, state: str, column: str) -> str:
    return str(nations.at[state, column])


# All tables


@pytest.mark.parametrize("table", TABLES)
def test_rows_are_unique_and_sorted_by_key(table: str) -> None:
    keys = list(read(table)[KEYS[table]].itertuples(index=False, name=None))
    assert keys == sorted(set(keys))


@pytest.mark.parametrize("table", [*TABLES, "dictionary"])
def test_file_is_utf8_with_unix_line_ends(table: str) -> None:
    raw = (DATA / f"{table}.csv").read_bytes()
    raw.decode("utf-8")
    assert b"\r" not in raw
    assert raw.endswith(b"\n")


@pytest.mark.parametrize("table", TABLES)
def test_dictionary_lists_exactly_the_columns_in_their_order(table: str, dictionary: pd.DataFrame) -> None:
    described = dictionary.loc[dictionary["table"] == table, "column"].drop_duplicates()
    assert list(described) == list(read(table).columns)


def test_dictionary_describes_no_other_table(dictionary: pd.DataFrame) -> None:
    assert set(dictionary["table"]) == set(TABLES)
    assert not dictionary.duplicated(["table", "column", "year"]).any()


def test_dictionary_leaves_only_year_and_public_date_empty(dictionary: pd.DataFrame) -> None:
    assert not (dictionary.drop(columns=["year", "public"]) == "").any(axis=None)


def test_dictionary_dates_everything_that_can_be_observed(dictionary: pd.DataFrame) -> None:
    undated = dictionary[dictionary["public"] == ""]
    assert set(undated["table"] + "." + undated["column"]) == {
        "nations.imputed",
        "trade.imputed",
        *("affiliations." + column for column in read("affiliations").columns),
        *("accessions." + column for column in read("accessions").columns),   # each row was public on its own last day
    }
    dated = dictionary.loc[dictionary["public"] != "", "public"]
    assert (pd.to_datetime(dated, format="%Y-%m-%d") <= pd.Timestamp(FREEZE)).all()


def test_figures_become_public_after_their_year(dictionary: pd.DataFrame) -> None:
    running_count = dictionary["column"] == "ai_models_2025"  # a count up to 25 July 2025, public that day
    membership = (dictionary["unit"] == "0/1") & (dictionary["variable"] != "bri")  # known while it lasts
    figures = dictionary[(dictionary["year"] != "") & ~running_count & ~membership]
    assert (figures["public"] >= figures["year"] + "-12-31").all()


def test_column_name_ends_in_its_year(dictionary: pd.DataFrame) -> None:
    vintages = dictionary[(dictionary["table"] == "nations") & (dictionary["year"] != "")]
    assert (vintages["column"] == vintages["variable"] + "_" + vintages["year"]).all()


def test_only_the_first_vdem_vintage_is_retrospective(dictionary: pd.DataFrame) -> None:
    assert list(dictionary.loc[dictionary["retrospective"] == "1", "column"]) == ["polyarchy_2013"]


@pytest.mark.parametrize("table", TABLES)
def test_values_lie_in_the_range_that_the_dictionary_gives(table: str, dictionary: pd.DataFrame) -> None:
    values = read(table)
    for column, allowed in dictionary.loc[dictionary["table"] == table, ["column", "range"]].itertuples(index=False):
        cells = values[column]
        cells = cells[cells != ""]
        if "|" in allowed:
            assert set(cells) <= set(allowed.split("|")), column
        elif ".." in allowed and column != "date":
            low, high = allowed.split("..")
            assert cells.astype(float).between(float(low), float(high or "inf")).all(), column
        elif allowed.startswith("["):
            assert cells.str.fullmatch(allowed).all(), column


# Nations


def test_nations_are_the_193_members(nations: pd.DataFrame) -> None:
    assert len(nations) == 193
    assert not {"TWN", "HKG", "PSE"} & set(nations.index)
    assert nations["iso3n"].is_unique


def test_nations_has_no_empty_cell_but_flags(nations: pd.DataFrame) -> None:
    assert not (nations.drop(columns="imputed") == "").any(axis=None)
    assert nations.columns[-1] == "imputed"


def test_flags_name_columns_that_can_be_filled(nations: pd.DataFrame) -> None:
    names = {name for cell in nations["imputed"] for name in str(cell).split(";")} - {""}
    assert names <= set(nations.columns)
    assert {name.rpartition("_")[0] for name in names} == {"unga", "gdp", "polyarchy"}


def test_unga_is_filled_for_venezuela_alone(nations: pd.DataFrame) -> None:
    assert [flagged(nations, f"unga_{year}") for year in (2013, 2019, 2022, 2023)] == [set(), set(), {"VEN"}, {"VEN"}]


def test_unga_of_venezuela_repeats_its_newest_earlier_figure(nations: pd.DataFrame) -> None:
    assert [cell(nations, "VEN", f"unga_{year}") for year in (2019, 2022, 2023)] == ["-1.705"] * 3


@pytest.mark.parametrize("year", [2013, 2019, 2022, 2023])
def test_polyarchy_is_filled_for_the_21_states_without_vdem(nations: pd.DataFrame, year: int) -> None:
    small = flagged(nations, f"polyarchy_{year}")
    assert len(small) == 21
    assert {"LIE", "TUV", "BRN"} <= small


def test_missing_gdp_repeats_the_states_newest_earlier_figure(nations: pd.DataFrame) -> None:
    assert cell(nations, "QAT", "gdp_2023") == cell(nations, "QAT", "gdp_2022")
    assert cell(nations, "VEN", "gdp_2023") == cell(nations, "VEN", "gdp_2013")
    assert {"QAT", "VEN", "PRK", "ERI"} <= flagged(nations, "gdp_2023")


def test_gdp_without_a_past_is_regional_median_per_head_times_population(nations: pd.DataFrame) -> None:
    assert flagged(nations, "gdp_2013") == {"ERI", "PRK"}
    for state, area in (("PRK", "region"), ("ERI", "subregion")):
        neighbours = nations[nations[area] == cell(nations, state, area)].drop(state)
        per_head = (neighbours["gdp_2013"].astype(float) / neighbours["population_2013"].astype(float)).median()
        expected = per_head * float(cell(nations, state, "population_2013"))
        assert float(cell(nations, state, "gdp_2013")) == pytest.approx(expected, rel=0.002)


@pytest.mark.parametrize("year", [2013, 2019, 2022, 2023])
def test_subregion_fills_polyarchy_only_if_five_of_its_states_are_observed(nations: pd.DataFrame, year: int) -> None:
    column = f"polyarchy_{year}"
    filled = flagged(nations, column)
    observed = nations.drop(index=list(filled)).astype({column: float})
    areas = set()
    for state in filled:
        same = observed["subregion"] == cell(nations, state, "subregion")
        area = "subregion" if same.sum() >= MIN_OBSERVED else "region"
        expected = observed.loc[observed[area] == cell(nations, state, area), column].median()
        assert float(cell(nations, state, column)) == pytest.approx(expected, abs=0.001), state
        areas.add(area)
    assert areas == {"subregion", "region"}


def test_memberships_agree_with_known_facts(nations: pd.DataFrame) -> None:
    known = {
        ("USA", "us_ally_2013"): "1",
        ("USA", "us_ally_2025"): "1",
        ("CHN", "taipei_ties_2025"): "0",
        ("CHN", "bri_2013"): "1",
        ("ITA", "bri_2019"): "1",
        ("ITA", "bri_2022"): "1",
        ("ITA", "bri_2023"): "0",
        ("USA", "bri_2023"): "0",
        ("GBR", "eu_2013"): "1",
        ("GBR", "eu_2025"): "0",
        ("FIN", "nato_2013"): "0",
        ("FIN", "nato_2025"): "1",
        ("IND", "sco_2013"): "0",
        ("IND", "sco_2025"): "1",
        ("IDN", "brics_2025"): "1",
        ("RUS", "aiib_regional_2013"): "1",
        ("AFG", "iso3n"): "004",
    }
    assert {(state, column): cell(nations, state, column) for state, column in known} == known
    assert (nations["eu_2025"] == "1").sum() == EU_MEMBERS


def test_order_of_the_powers_is_that_of_the_source(nations: pd.DataFrame) -> None:
    unga = nations["unga_2023"].astype(float)
    assert unga["CHN"] < unga["DEU"] < unga["GBR"] < unga["USA"]
    assert nations["ai_models_2025"].astype(int).nlargest(2).index.tolist() == ["USA", "CHN"]


# Trade


def test_trade_has_both_sponsors_for_every_other_member(trade: pd.DataFrame, nations: pd.DataFrame) -> None:
    expected = {
        (year, state, s) for year in ("2013", "2020") for state in nations.index for s in SPONSORS if s != state
    }
    with_sponsor = trade[trade["partner"].isin(SPONSORS) & (trade["iso3"] != "TWN")]
    assert set(with_sponsor[["year", "iso3", "partner"]].itertuples(index=False, name=None)) == expected


def test_trade_shares_are_shares(trade: pd.DataFrame) -> None:
    assert trade["share"].between(0, 1).all()
    assert (trade["iso3"] != trade["partner"]).all()


def test_shares_exceed_one_only_where_one_was_filled(trade: pd.DataFrame) -> None:
    rows = trade.groupby(["year", "iso3"]).agg(total=("share", "sum"), imputed=("imputed", "max"))
    assert rows.loc[rows["imputed"] == 0, "total"].max() <= 1.001


def test_trade_is_imputed_for_the_known_gaps(trade: pd.DataFrame) -> None:
    gaps = trade[trade["imputed"] == 1].groupby(["year", "partner"])["iso3"].agg(set).to_dict()
    assert gaps == {
        ("2013", "CHN"): {"AND", "LIE", "MCO", "MHL", "SDN", "SMR"},
        ("2013", "USA"): {"AFG", "AND", "LIE", "MCO", "MHL", "SMR"},
        ("2020", "CHN"): {"AND", "LIE", "MCO", "SDN"},
        ("2020", "USA"): {"AND", "LIE", "MCO", "PRK"},
    }
    embargo = trade[(trade["year"] == "2020") & (trade["iso3"] == "PRK") & (trade["partner"] == "USA")]
    assert embargo["share"].tolist() == [0.0]


@pytest.mark.parametrize("year", ["2013", "2020"])
def test_trade_gives_the_exposure_of_firms_in_taiwan(trade: pd.DataFrame, year: str) -> None:
    taiwan = trade[(trade["year"] == year) & (trade["iso3"] == "TWN")].set_index("partner")["share"]
    assert taiwan["CHN"] == taiwan.max()
    assert 0.8 < taiwan.sum() <= 1


def test_trade_starts_from_members_and_homes_of_firms(trade: pd.DataFrame, nations: pd.DataFrame) -> None:
    assert set(trade["iso3"]) - set(nations.index) == {"TWN"}


# Accessions


@pytest.fixture(scope="module")
def accessions() -> pd.DataFrame:
    return read("accessions")


def test_accessions_happen_within_a_span_of_days_up_to_the_freeze(accessions: pd.DataFrame) -> None:
    first, last = (pd.to_datetime(accessions[column], format="%Y-%m-%d") for column in ("first", "last"))
    assert (first <= last).all()
    assert first.min() == pd.Timestamp("2013-01-01")
    assert (last <= pd.Timestamp(FREEZE)).all()


def test_days_are_spans_only_where_the_source_does_not_tell_them(accessions: pd.DataFrame) -> None:
    open_days = accessions[accessions["first"] < accessions["last"]]
    assert set(open_days["institution"]) == {"aiib", "belt_and_road", "gpai", "military_ai_declaration"}
    of_a_year = open_days["institution"] == "belt_and_road"
    assert (open_days.loc[of_a_year, "first"] == open_days.loc[of_a_year, "last"].str[:4] + "-01-01").all()
    assert (open_days.loc[of_a_year, "last"].str[4:] == "-12-31").all()


def test_accessions_are_those_of_members_to_the_cases_of_history(accessions: pd.DataFrame, nations: pd.DataFrame) -> None:
    assert set(accessions["institution"]) == set(CASES)
    assert set(accessions["iso3"]) <= set(nations.index)
    assert set(accessions["status"]) == {"endorsed", "signed"}
    assert not (accessions == "").any(axis=None)
    counted = accessions.groupby(["institution", "status"]).size().to_dict()
    assert counted == {
        ("aiib", "endorsed"): 57, ("aiib", "signed"): 50, ("belt_and_road", "signed"): 145, ("coe_ai_convention", "signed"): 12,
        ("gpai", "signed"): 28, ("military_ai_declaration", "signed"): 58,
    }  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_cases_hold_accessions_in_the_status_that_they_score(name: str, accessions: pd.DataFrame) -> None:
    case = CASES[name]
    rows = accessions[(accessions["institution"] == name) & (accessions["status"] == case.status)]
    assert len(rows) > 0
    assert (rows["last"] <= case.until.isoformat()).all()   # nothing that was read is left out of the case


def test_who_signed_the_bank_had_applied(accessions: pd.DataFrame) -> None:
    bank = accessions[accessions["institution"] == "aiib"].pivot(index="iso3", columns="status", values="last")
    assert bank["endorsed"].notna().all()
    assert (bank["signed"].dropna() > bank["endorsed"].loc[bank["signed"].notna()]).all()


# Tables kept by hand


@pytest.mark.parametrize("table", ["stances", "firms"])
def test_stances_are_signs(table: str) -> None:
    assert set(read(table)[STANCES].stack()) <= SIGNS


@pytest.mark.parametrize("table", ["stances", "firms"])
def test_readings_are_dated_up_to_the_freeze_and_sourced(table: str) -> None:
    rows = read(table)
    dates = pd.to_datetime(rows["date"], format="%Y-%m-%d")
    assert (dates <= pd.Timestamp(FREEZE)).all()
    assert (rows["source"].str.strip() != "").all()
    assert set(rows["confidence"]) <= {"S", "M"}


def test_standing_positions_are_known_before_the_summer() -> None:
    stances, firms = read("stances"), read("firms")
    assert set(stances.loc[stances["date"] > BEFORE_SUMMER, "iso3"]) == {"BRA", "ZAF"}
    assert set(firms.loc[firms["date"] > BEFORE_SUMMER, "firm"]) == {"meta", "mistral", "nvidia", "sap", "siemens"}
    undated = firms["note"].str.contains("No dated act is recorded")
    assert set(firms.loc[undated, "date"]) == {BEFORE_SUMMER}


def test_stances_belong_to_members(nations: pd.DataFrame) -> None:
    stances = read("stances")
    assert set(stances["iso3"]) <= set(nations.index)
    assert (stances[STANCES] != "").all(axis=None)


def test_members_of_the_eu_share_its_position(nations: pd.DataFrame) -> None:
    stances = read("stances").set_index("iso3")
    members = nations.index[nations["eu_2025"] == "1"]
    assert set(members) <= set(stances.index)
    common = stances.loc[members.drop(["FRA", "FIN"]), STANCES].drop_duplicates()
    assert common.to_numpy().tolist() == [["++", "0", "+", "0", "+", "++"]]
    assert [stances.at["FRA", letter] for letter in STANCES] == ["++", "+", "++", "0", "+", "++"]
    assert [stances.at["FIN", letter] for letter in STANCES] == ["+", "0", "+", "+", "0", "+"]


def test_seat_is_claimed_by_the_host_and_contested_by_rivals() -> None:
    seat = read("stances").set_index("iso3")["seat"]
    assert seat[seat == "++"].index.tolist() == ["CHN"]
    assert set(seat[seat == "-"].index) == {"GBR", "JPN", "IND", "ARE", "SAU", "SGP"}


def test_firms_have_a_known_home(nations: pd.DataFrame) -> None:
    firms = read("firms")
    assert set(firms["home"]) <= {*nations.index, "TWN"}
    assert firms["firm"].str.fullmatch("[a-z0-9_]+").all()
    assert len(firms) == 32


def test_layers_cover_those_of_the_firms() -> None:
    assert set(read("firms")["layer"]) <= set(read("layers")["layer"])


def test_no_firm_is_in_an_alliance_of_28_july() -> None:
    assert set(read("firms")["alliances"]) == {""}


def test_affiliations_name_variables_of_nations(dictionary: pd.DataFrame, nations: pd.DataFrame) -> None:
    affiliations = read("affiliations")
    dummies = dictionary[(dictionary["table"] == "nations") & (dictionary["unit"] == "0/1")]
    assert set(affiliations["column"]) <= set(dummies["variable"])
    assert set(affiliations["sponsor"]) <= set(nations.index)
    assert set(
        affiliations.loc[affiliations["role"] == "alliance", ["sponsor", "column"]].itertuples(index=False, name=None)
    ) == {
        ("USA", "us_ally"),
        ("CHN", "sco"),
        ("FRA", "eu"),
    }

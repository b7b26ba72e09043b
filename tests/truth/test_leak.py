"""No input of a case is dated after its freeze date: tables, stances, firms, forced states, and coefficients."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest

from waico.analysis.history.cases import CASES, accessions
from waico.analysis.history.episodes import at_start
from waico.scenarios import coefficients
from waico.scenarios.coefficients import read_coefficients
from waico.scenarios.facts import load_facts
from waico.scenarios.load import load_scenario
from waico.scenarios.tables import DATA, dictionary

SCENARIOS = {**{case.scenario: name for name, case in CASES.items()}, "waic2025": None}


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_column_used_was_public(name: str) -> None:
    """But for those coded years later about earlier years, which the scenario names and owns up to."""
    scenario = load_scenario(name)
    rows = dictionary()
    for variable, column in load_facts(scenario).columns.items():
        year = int(column.rpartition("_")[2])
        row = rows[(rows["variable"] == variable) & (rows["year"] == year)].iloc[0]
        assert year <= scenario.freeze_date.year, column
        if variable in scenario.nations.retrospective:
            assert row["retrospective"] == 1
            assert "nations.retrospective" in scenario.assumptions
        else:
            assert row["public"].date() <= scenario.freeze_date, column


@pytest.mark.parametrize("name", SCENARIOS)
def test_stances_and_firms_are_read_from_acts_up_to_the_freeze_date(name: str) -> None:
    scenario = load_scenario(name)
    facts, freeze = load_facts(scenario), scenario.freeze_date.isoformat()
    stances = pd.read_csv(DATA / "stances.csv", index_col="iso3", keep_default_na=False)
    used = set(facts.stances.dropna(how="all").index)
    assert all(stances.loc[code, "date"] <= freeze for code in used)
    if scenario.firms is not None:
        known = facts.firms.loc[facts.firms[["b", "o"]].notna().any(axis=1), "date"]
        assert (known <= freeze).all()


@pytest.mark.parametrize("name", CASES)
def test_states_whose_accession_is_given_had_joined_by_the_freeze_date(name: str) -> None:
    case, table = CASES[name], pd.read_csv(DATA / "accessions.csv", parse_dates=["last"])
    scenario = load_scenario(case.scenario)
    forced = [code for code, nation in scenario.nations.overrides.items() if nation.forced]
    rows = table[(table["institution"] == name) & (table["status"] == case.status)].set_index("iso3")
    assert (rows.loc[forced, "last"].dt.date <= scenario.freeze_date).all()
    others = accessions(case).drop(index=forced)
    sponsor = scenario.institutions[0].sponsor
    assert (others.drop(index=sponsor, errors="ignore")["last"].dt.date > scenario.freeze_date).all()


@pytest.mark.parametrize("name", CASES)
def test_who_joined_is_no_input_of_its_own_case(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenario and covariates on the freeze date stay when the table of accessions is gone."""
    scenario = load_scenario(CASES[name].scenario)
    before = at_start(scenario, name)
    read = pd.read_csv

    def refuse(path: object, *arguments: object, **options: object) -> pd.DataFrame:
        assert "accessions" not in str(path)
        return read(path, *arguments, **options)   # type: ignore[call-overload]

    monkeypatch.setattr(pd, "read_csv", refuse)
    np.testing.assert_array_equal(at_start(load_scenario(CASES[name].scenario), name), before)


def test_the_belt_and_road_does_not_know_its_own_memoranda() -> None:
    assert "bri" not in set(load_facts(load_scenario("belt_and_road")).affiliations["column"])


@pytest.mark.parametrize("name", CASES)
def test_coefficients_of_a_case_do_not_know_it(name: str) -> None:
    scenario = load_scenario(CASES[name].scenario)
    assert scenario.coefficients == f"without_{name}"
    text = (coefficients.FOLDER / f"{scenario.coefficients}.toml").read_text()
    cases = json.loads(text.partition("cases = ")[2].partition("]")[0].replace(",\n", ", ").rstrip(", \n") + "]")
    assert sorted(cases) == sorted(set(CASES) - {name})
    assert "coefficients" in scenario.assumptions   # they may know later history of other bodies: it owns up to that


def test_the_forecast_knows_nothing_after_its_freeze_date() -> None:
    scenario = load_scenario("waic2025")
    assert scenario.freeze_date == date(2025, 7, 26)
    _, until = read_coefficients(scenario.coefficients, "waic2025")
    assert until <= scenario.freeze_date
    assert "coefficients" not in scenario.assumptions
    assert max(case.until for case in CASES.values()) <= scenario.freeze_date

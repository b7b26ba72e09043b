"""History run through the model: what each state faced is what history and the scenario say, by hand for some."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from waico.agents import Setting
from waico.analysis.history.cases import CASES, accessions, scored
from waico.analysis.history.episodes import ESTIMATED, PAYOFF, Episodes, at_start, episodes
from waico.scenarios.load import load_scenario
from waico.scenarios.tables import DATA


@cache
def case(name: str) -> Episodes:
    return episodes(CASES[name])


def column(name: str) -> int:
    return ESTIMATED.index(name)


@pytest.mark.parametrize("name", CASES)
def test_whoever_joined_is_in_the_likelihood_once(name: str) -> None:
    data, setting = case(name), Setting.of(load_scenario(CASES[name].scenario))
    at_risk = [code for code, keep in zip(setting.codes, scored(setting.scenario, setting.codes, name), strict=True) if keep]
    assert list(data.codes) == at_risk
    joined = {code for code, inside in zip(data.codes, data.joined, strict=True) if inside}
    assert joined == set(accessions(CASES[name]).index) & set(at_risk)
    assert (data.first <= data.last).all()
    assert np.isfinite(data.covariates).all()
    assert np.isfinite(data.offset).all()


@pytest.mark.parametrize(("name", "at_risk", "joined"), [
    ("aiib", 190, 56), ("belt_and_road", 183, 136), ("military_ai_declaration", 191, 57), ("gpai", 191, 27),
    ("coe_ai_convention", 29, 12),
])  # fmt: skip
def test_risk_sets_and_members_are_those_of_history(name: str, at_risk: int, joined: int) -> None:
    """AIIB: 57 founders with China. Belt and Road: 145 with China, 8 of them before 2015. Declaration: 58 with the United States."""
    assert (len(case(name).codes), case(name).joined.sum()) == (at_risk, joined)


def test_days_fall_into_the_rounds_that_hold_them() -> None:
    """AIIB: opened on 24 October 2014; Britain applied on 12 March 2015, day 140, in the round from day 134 to 141."""
    data = case("aiib")
    ends = np.cumsum(data.months) * 30.0 + 1.0
    assert data.first[data.codes.index("IND")] == data.last[data.codes.index("IND")] == 0
    britain = data.first[data.codes.index("GBR")]
    assert ends[britain - 1] < 140 <= ends[britain]
    assert ends[-1] == pytest.approx(159)   # 31 March 2015


def test_years_span_their_rounds() -> None:
    """Belt and Road: memoranda of 2018 lie between the rounds that hold 1 January and 31 December 2018."""
    data = case("belt_and_road")
    ends = np.cumsum(data.months) * 30.0 + 31.0   # the text opened a month after the freeze date
    angola = data.codes.index("AGO")
    starts = ends[data.first[angola]] - data.months[data.first[angola]] * 30.0
    assert starts <= (pd.Timestamp("2018-01-01") - pd.Timestamp("2014-12-31")).days <= ends[data.first[angola]]
    assert ends[data.last[angola] - 1] <= (pd.Timestamp("2018-12-31") - pd.Timestamp("2014-12-31")).days <= ends[data.last[angola]]


def test_launch_is_the_first_round_and_the_deadline_draws_near() -> None:
    data = case("aiib")
    launch, near = (data.covariates[:, 0, column(name)] for name in ("b_launch", "b_deadline"))
    np.testing.assert_array_equal(launch, [1.0] + [0.0] * (len(launch) - 1))
    assert (np.diff(near) > 0).all()
    assert 0.8 < near[-1] < 1.0
    assert not case("belt_and_road").covariates[:, :, column("b_launch")].any()   # no ceremony opened it


def test_peers_are_those_inside_the_round_before() -> None:
    """Before the launch nobody is inside; a week later the 21 founders are, for their neighbours more than for others."""
    data = case("aiib")
    peers = data.covariates[:, :, column("b_peers")]
    assert not peers[0].any()
    assert peers[1].max() > 0.5
    assert peers[1, data.codes.index("IDN")] > peers[1, data.codes.index("MEX")]
    assert (np.diff(peers, axis=0) >= -1e-12).all()   # nobody left


def test_peers_by_hand_for_one_state() -> None:
    setting = Setting.of(load_scenario("aiib2014"))
    data = case("aiib")
    neighbours = setting.ties[setting.codes.index("IDN")]
    inside = np.isin(setting.codes, [code for code, at in zip(data.codes, data.last, strict=True) if at == 0])
    share = neighbours[inside & setting.at_risk[:, 0]].sum() / neighbours[setting.at_risk[:, 0]].sum()
    assert data.covariates[1, data.codes.index("IDN"), column("b_peers")] == pytest.approx(share)


def test_a_breach_lowers_the_pressure_that_is_left() -> None:
    """Pressure on Japan falls once Britain and Germany are inside."""
    pressure = -case("aiib").covariates[:, case("aiib").codes.index("JPN"), column("b_pressure")]
    britain = case("aiib").last[case("aiib").codes.index("GBR")]
    before = pressure[: britain + 1]
    assert pressure[britain + 1] < 0.9 * before[-1]
    assert before[0] == pytest.approx(pressure[0])


@pytest.mark.parametrize("name", ["aiib", "coe_ai_convention"])
def test_covariates_do_not_hang_on_the_coefficients(name: str) -> None:
    """Texts and offers may; what stands beside the estimated coefficients of standing terms and peers may not."""
    scenario = load_scenario(CASES[name].scenario, {"coefficients": "", "decision.b_align": 0.1, "decision.b_peers": 2.0})
    other = episodes(CASES[name], scenario)
    names = [key for key in PAYOFF if key != "b_fit"] + ["b_launch", "b_deadline"]
    for key in names:
        np.testing.assert_allclose(
            other.covariates[:, :, column(key)], case(name).covariates[:, :, column(key)], atol=1e-12, err_msg=key
        )


def test_a_coefficient_of_0_does_not_hide_its_covariate() -> None:
    plain, off = (load_scenario("aiib2014", {"coefficients": "", **change}) for change in ({}, {"decision.b_trade": 0.0}))
    np.testing.assert_allclose(at_start(plain, "aiib"), at_start(off, "aiib"), atol=1e-12)


def test_the_first_day_holds_still() -> None:
    still = case("aiib").from_the_start()
    time = [column("b_launch"), column("b_deadline")]
    np.testing.assert_array_equal(still.covariates[:, :, time], case("aiib").covariates[:, :, time])
    rest = np.delete(still.covariates, time, axis=2)
    assert (rest == rest[0]).all()


def test_spans_of_the_table_are_in_order() -> None:
    table = pd.read_csv(DATA / "accessions.csv", parse_dates=["first", "last"])
    assert (table["first"] <= table["last"]).all()
    assert not table.duplicated(["institution", "iso3", "status"]).any()

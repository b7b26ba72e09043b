"""Equations against closed forms and published values."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from waico.agents import covariates
from waico.agents.draws import Draws, splitmix64
from waico.negotiation.clock import Pull, Window, closeness, exposure, time_factor
from waico.negotiation.course import Course
from waico.negotiation.offer import water_fill
from waico.negotiation.terms import ALIGNMENT, PROXIMITY, REGION
from waico.scenarios.facts import load_facts
from waico.scenarios.load import load_scenario


def test_splitmix64_gives_the_published_sequence() -> None:
    # first outputs of the generator of Steele, Lea & Flood (2014) from seed 1234567, as in the Java reference
    gamma = 0x9E3779B97F4A7C15
    states = np.array([(1234567 + step * gamma) % 2**64 for step in range(3)], dtype=np.uint64)
    assert splitmix64(states).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_draws_depend_on_names_only() -> None:
    draws = Draws(1, 2)
    both = draws.uniform("sign", ["FRA", "GBR"], "waico")
    assert draws.uniform("sign", ["GBR"], "waico")[0] == both[1]
    assert draws.table("sign", ["FRA", "GBR"], ["us", "waico"])[:, 1].tolist() == both.tolist()
    keys = [("sign", "us"), ("endorse", "waico")]
    others = [draws.uniform(stream, ["FRA"], body)[0] for stream, body in keys]
    others += [Draws(1, 3).uniform("sign", ["FRA"], "waico")[0], Draws(2, 2).uniform("sign", ["FRA"], "waico")[0]]
    assert len({both[0], *others}) == 5


def test_draws_have_the_distributions_they_claim() -> None:
    names = [str(number) for number in range(20_000)]   # standard errors of the means: 0.002, 0.007, 0.007
    draws = Draws(0)
    assert draws.uniform("u", names).mean() == pytest.approx(0.5, abs=0.008)
    assert draws.exponential("e", names).mean() == pytest.approx(1.0, abs=0.028)
    normal = draws.normal("n", names)
    assert normal.mean() == pytest.approx(0.0, abs=0.028)
    assert normal.std() == pytest.approx(1.0, abs=0.02)
    assert np.corrcoef(draws.uniform("u", names), draws.uniform("v", names))[0, 1] == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize(("start", "end"), [(0.0, 7.0), (10.0, 40.0), (60.0, 90.0)])
def test_closeness_is_the_mean_over_the_round(start: float, end: float) -> None:
    mean = quad(lambda day: 2 ** (-(90.0 - day) / 14.0), start, end)[0] / (end - start)
    assert closeness(start, end, 90.0) == pytest.approx(mean, rel=1e-9)
    assert closeness(start, 91.0, 90.0) == 0.0


def test_time_factor_of_a_window() -> None:
    window, pull = Window(10.0, 40.0, True), Pull(2.5, 0.0, -1.0)
    assert time_factor(window, 3.0, 10.0, pull) == 0.0
    assert time_factor(window, 10.0, 17.0, pull) == pytest.approx(math.exp(2.5))
    assert time_factor(window, 17.0, 24.0, pull) == 1.0
    assert time_factor(window, 40.0, 70.0, pull) == pytest.approx(math.exp(-1.0))


def test_exposure_adds_up_the_rounds_of_a_window() -> None:
    window, pull = Window(10.0, 40.0, True), Pull(2.5, 0.0, -1.0)
    assert exposure(window, 0.0, 7.0, pull) == pytest.approx((7 * math.exp(2.5) + 23) / 30)
    assert exposure(window, 17.0, 7.0, pull) == pytest.approx(23 / 30)
    assert exposure(window, 50.0, 7.0, pull) == pytest.approx(12 * math.exp(-1.0))
    assert exposure(Window(math.inf, math.inf, True), 0.0, 7.0, pull) == 0.0
    rest = exposure(window, 17.0, 7.0, Pull(0.0, 2.0, 0.0))
    exact = quad(lambda day: math.exp(2.0 * 2 ** (-(40.0 - day) / 14.0)), 17.0, 40.0)[0] / 30.0
    assert rest == pytest.approx(exact, rel=0.02)   # rounds use the mean closeness, not the mean of its exponential


def test_water_filling_levels_the_returns() -> None:
    # two states of value 1 and price 1: half each; a third one of value 0.1 stays dry until the level falls to it
    assert water_fill(np.array([1.0, 1.0, 0.1]), np.ones(3), 2.0).tolist() == [1.0, 1.0, 0.0]
    spent = water_fill(np.array([4.0, 1.0, 0.0]), np.array([1.0, 1.0, 1.0]), 8.0)
    assert spent == pytest.approx([7.0, 1.0, 0.0])   # (1 + 7) / (1 + 1) = 4 / 1


def test_standardize_over_the_states_at_risk() -> None:
    values = np.array([1.0, 3.0, 100.0])
    z = covariates.standardize(values, np.array([True, True, False]))
    assert z.tolist() == [-1.0, 1.0, 98.0]
    assert covariates.standardize(np.ones(3), np.ones(3, dtype=bool)).tolist() == [0.0, 0.0, 0.0]


def test_orthogonal_leaves_no_correlation() -> None:
    rng = np.random.default_rng(3)
    x, y, at_risk = rng.normal(size=50), rng.normal(size=50), np.arange(50) > 4
    residual = covariates.orthogonal(y, x, at_risk)
    assert np.cov(residual[at_risk], x[at_risk])[0, 1] == pytest.approx(0, abs=1e-12)


def test_facts_of_the_world_as_of_july_2025() -> None:
    setting = Course(load_scenario("waic2025")).chapter().setting
    row = setting.codes.index
    assert len(setting.codes) == 193
    assert setting.weight.sum() == pytest.approx(1.0)
    assert setting.weight[row("USA")] > setting.weight[row("CHN")] > setting.weight[row("DEU")]
    aligned = setting.standing[ALIGNMENT, :, 0]
    assert aligned[row("CHN")] > aligned[row("BRA")] > aligned[row("DEU")] > aligned[row("USA")]
    raw = covariates.alignment(load_facts(setting.scenario), row("CHN"), row("USA"))
    assert (raw[row("CHN")], raw[row("USA")]) == (pytest.approx(1.0), pytest.approx(-1.0))
    standardized = setting.standing[:REGION, setting.at_risk[:, 0], 0]
    np.testing.assert_allclose(standardized.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(standardized.std(axis=1), 1, atol=1e-12)
    assert not setting.standing[REGION].any()   # a body for the whole world
    assert setting.leverage[row("JPN"), 0] == 1.0
    assert setting.leverage[row("PAK"), 0] < 0.5
    # great-circle distance from Tokyo to Shanghai is about 1,760 km, so Japan is nearer than Germany
    assert setting.standing[PROXIMITY, row("JPN"), 0] > setting.standing[PROXIMITY, row("DEU"), 0]
    ideal = {issue: setting.ideal[:, k] for k, issue in enumerate(setting.issues)}
    assert ideal["enforcement"][row("DEU")] == 0.9   # b++
    assert ideal["sharing"][row("CHN")] == pytest.approx((0.7 + 0.9) / 2)   # o+ and, mirrored, x--
    assert ideal["seat"][row("GBR")] == 0.3   # would host itself
    np.testing.assert_allclose(setting.markets.sum(axis=1), 1.0)
    assert setting.firm_home[setting.firms.index("tsmc")] == -1

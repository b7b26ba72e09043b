"""The model agrees with its reference implementation, which was written from docs/odd.md alone."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import waico
from tests.reference.comparison import compare
from tests.reference.worlds import worlds
from waico.scenarios.schema import Scenario


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (3, 4, 5))])
def test_whole_scenario_agrees(seed: int) -> None:
    compare(waico.load_scenario("waic2025"), seed)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_history_agrees(seed: int) -> None:
    compare(waico.load_scenario("aiib2014"), seed, replicate=seed)


@given(scenario=worlds(), seed=st.integers(0, 10_000))
@settings(derandomize=True, deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
def test_small_worlds_agree(scenario: Scenario, seed: int) -> None:
    compare(scenario, seed)


@pytest.mark.slow
@given(scenario=worlds(), seed=st.integers(0, 10_000), replicate=st.integers(0, 50))
@settings(derandomize=True, deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))
def test_many_small_worlds_agree(scenario: Scenario, seed: int, replicate: int) -> None:
    compare(scenario, seed, replicate)

"""The model agrees with its reference implementation, which was written from docs/odd.md alone."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import waico
from tests.reference.comparison import compare
from tests.reference.worlds import worlds
from waico.scenarios.schema import Scenario

WORLDS = settings(
    derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,), report_multiple_bugs=False,
)  # fmt: skip
FEW = ["ARE", "BRA", "CHN", "DEU", "FRA", "IDN", "IND", "ITA", "JPN", "KOR", "POL", "QAT", "RUS", "USA", "ZAF"]
DRAWN = 1e-7   # some worlds drawn at random double any rounding from one round to the next
WAICO = "institutions.waico."
Cases = dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]


def few_states(changes: dict[str, Any], *shocks: dict[str, Any]) -> Scenario:
    """The bundled scenario with fifteen eager states, and these shocks only."""
    scenario = waico.load_scenario("waic2025", {"nations.subset": FEW, "decision.b0": -2.0, **changes})
    return Scenario.model_validate({**scenario.model_dump(), "shocks": list(shocks)})


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_whole_scenario_agrees(seed: int) -> None:
    compare(waico.load_scenario("waic2025"), seed)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_history_agrees(seed: int) -> None:
    compare(waico.load_scenario("aiib2014"), seed, replicate=seed)


@given(scenario=worlds(), seed=st.integers(0, 10_000))
@settings(WORLDS, max_examples=40)
def test_small_worlds_agree(scenario: Scenario, seed: int) -> None:
    compare(scenario, seed, margin=DRAWN)


@pytest.mark.slow
@given(scenario=worlds(), seed=st.integers(0, 10_000), replicate=st.integers(0, 50))
@settings(WORLDS, max_examples=250)
def test_many_small_worlds_agree(scenario: Scenario, seed: int, replicate: int) -> None:
    compare(scenario, seed, replicate, margin=DRAWN)


SHOCKS: dict[str, tuple[str, Any]] = {
    "an ideal point": ("nations.CHN.ideal.agenda", 0.1),
    "noise": ("nations.sigma_ideal", 0.3),
    "a red line": ("nations.BRA.red_lines.agenda.ceiling", 0.6),
    "a state kept out": ("nations.BRA.forced.waico", "out"),
    "the opening of a text that is not tabled": ("institutions.us_coalition.opening.agenda", 0.9),
    "weights": ("nations.weight.gdp", 0.1),
    "ties": ("nations.ties.trade", 0.0),
    "the seat": (WAICO + "seat.lat", 0.0),
    "markets": ("firms.home_exposure", 0.1),
    "what binds": ("issues.agenda.binding", True),
    "salience": ("issues.agenda.salience", 3.0),
    "exclusivity": (WAICO + "exclusive_from", date(2026, 1, 1)),
    "partisanship": (WAICO + "partisanship", 0.1),
    "a region": (WAICO + "region", "aiib_regional"),
    "a correlation of draws": ("decision.correlation.b_fit.b_align", 0.5),
    "a signature without a ceremony": (WAICO + "signature.launch", False),
}


@pytest.mark.parametrize("name", SHOCKS)
def test_shocks_agree(name: str) -> None:
    path, value = SHOCKS[name]
    compare(few_states({}, {"round": 3, "path": path, "value": value}), seed=1)


CORNERS: Cases = {
    "talks lapse even before the earliest day of adoption": (
        {WAICO + "adoption.earliest": date(2027, 1, 1), WAICO + "adoption.lapse_days": 30}, [],
    ),
    "a bloc with a majority moves without waiting for anybody else to pass": (
        {WAICO + "bloc": "brics", WAICO + "gate.kind": "invitation"}, [],
    ),
    "a sponsor signs in the first open round, in a bloc or not": (
        {WAICO + "sponsor": "QAT", WAICO + "bloc": "bri", "decision.b0": -7.0}, [],
    ),
    "shocks by date and by round do not bring each other forward or undo each other": (
        {},
        [
            {"date": date(2026, 9, 1), "path": "decision.b_cost", "value": 3.0},
            {"round": 3, "path": "decision.b_pressure", "value": 0.0},
        ],
    ),
    "a state no longer kept out gets its drawn thresholds back": (
        {"nations.BRA.forced.waico": "out"}, [{"round": 3, "path": "nations.BRA.forced.waico", "value": "endorsed"}],
    ),
    "a gate that opens lets everybody in": (
        {WAICO + "gate.kind": "values", WAICO + "gate.minimum_polyarchy": 0.1},
        [{"round": 4, "path": WAICO + "gate.kind", "value": "open"}],
    ),
    "a changed lag of ratification holds for those that have signed": (
        {}, [{"date": date(2026, 9, 1), "path": "decision.ratify.median_days", "value": 900.0}],
    ),
    "a changed horizon ends the run": (
        {}, [{"round": 4, "path": "rounds.horizon", "value": date(2026, 12, 1)}],
    ),
    "without published counts of models the weight is GDP": (
        {"freeze_date": date(2025, 7, 20), "nations.weight.ai_models": 1.0, "nations.weight.gdp": 0.0}, [],
    ),
    "endorsement does not begin before its day when a body is tabled": (
        {
            "institutions.us_coalition.endorsement.opens": date(2026, 2, 1),
            "institutions.us_coalition.gate.kind": "open", "decision.b0": 0.0,
        }, [],
    ),
    "clubs that are ignored count for neither camps nor leverage": ({"nations.ignore": ["bri", "us_ally"]}, []),
    "a share of 1 is reached when nobody objects": (
        {WAICO + "adoption.rule": "weighted_majority", WAICO + "adoption.share": 1.0, "nations.tolerance": 1.0}, [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CORNERS)
def test_corners_agree(name: str) -> None:
    changes, shocks = CORNERS[name]
    for seed in (3, 4):
        compare(few_states(changes, *shocks), seed)

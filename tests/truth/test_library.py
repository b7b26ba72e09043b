"""How the bundled what-ifs end: where a binding regime forms in most runs, where no text is adopted, and by which lever.

The seed is not the one with which the levers were looked at. A share counts as most runs when it lies three standard errors
of a share of a half above it: a scenario that ends so in half of its runs would pass in about 1 of 700 seeds (one-sided
normal), any of the five in about 1 of 140. Differences to the base scenario use the standard error of a difference of two shares.
"""

import math
from functools import cache

import pytest

import waico
from waico.analysis.intervals import paired
from waico.runs.run import RunResult
from waico.scenarios.paths import replace

pytestmark = pytest.mark.slow
REPLICATES = 400
SEED = 5
MARGIN = 3 * math.sqrt(0.25 / REPLICATES)
MOST = 0.5 + MARGIN
BINDING = ["early_defector", "global_south_fund"]
NO_TEXT = ["binding_charter", "un_anchored", "us_engages"]
IN_FORCE = ["binding_regime", "narrow_club", "thin_body", "rival_blocs"]


@cache
def result(name: str, *changes: tuple[str, object]) -> RunResult:
    scenario = replace(waico.load_scenario(name), dict(changes))
    return waico.run(scenario, seed=SEED, replicates=REPLICATES, workers=2)


def shares(name: str, *changes: tuple[str, object]) -> dict[str, float]:
    """Share of runs by outcome."""
    outcomes = result(name, *changes).outcomes["outcome"]
    return {str(key): value for key, value in outcomes.value_counts(normalize=True).items()}


def rises(after: float, before: float) -> bool:
    """Whether a share is larger than another by three standard errors."""
    error = math.sqrt((after * (1 - after) + before * (1 - before)) / REPLICATES)
    return after - before > 3 * error


@pytest.mark.parametrize("name", BINDING)
def test_a_binding_regime_forms_in_most_runs(name: str) -> None:
    assert shares(name)["binding_regime"] > MOST
    assert rises(shares(name)["binding_regime"], shares("waic2025")["binding_regime"])


@pytest.mark.parametrize("name", NO_TEXT)
def test_no_text_is_adopted_in_most_runs(name: str) -> None:
    assert shares(name)["no_text"] > MOST


def test_the_base_scenario_does_neither() -> None:
    assert shares("waic2025")["binding_regime"] < 0.5
    assert "no_text" not in shares("waic2025")


@pytest.mark.parametrize(
    ("name", "without"),
    [
        ("us_engages", [("nations.USA.red_lines.enforcement.ceiling", 1.0)]),
        ("un_anchored", [(f"nations.{code}.red_lines.un_role.floor", 0.0) for code in ("BRA", "FRA", "ZAF")]),
        ("binding_charter", [("nations.CHN.red_lines.enforcement.floor", 0.0)]),
    ],
)
def test_red_lines_are_what_prevents_the_text(name: str, without: list[tuple[str, object]]) -> None:
    """Under the same consensus, without the red lines, a text is adopted in most runs."""
    assert shares(name, *without).get("no_text", 0.0) < 1 - MOST


def test_without_a_proposal_there_is_no_text() -> None:
    assert shares("no_proposer") == {"no_text": 1.0}


def test_exclusive_bodies_split_the_world() -> None:
    assert rises(shares("exclusive_blocs")["rival_blocs"], shares("waic2025")["rival_blocs"])
    assert max(shares("exclusive_blocs"), key=shares("exclusive_blocs").__getitem__) == "rival_blocs"


def test_the_union_brings_content_and_force_but_not_breadth() -> None:
    """Binding regimes become more frequent, in about half of the runs: the rest are deep bodies of few."""
    union, base = shares("eu_bridge"), shares("waic2025")
    assert sum(union.get(name, 0.0) for name in IN_FORCE) > 0.99
    assert union.get("thin_body", 0.0) < 0.05
    assert rises(union["binding_regime"], base["binding_regime"])
    assert union["narrow_club"] + union["binding_regime"] > 0.9
    assert min(union["narrow_club"], union["binding_regime"]) > 0.3 + MARGIN


def test_dates_and_the_fund_carry_the_binding_regimes() -> None:
    """What carries each of the binding scenarios: without it they are less frequent, and not in most runs."""
    undated = [(f"institutions.waico.endorsement.{name}", value) for name, value in (("opens", None), ("closes", None), ("launch", False))]
    assert rises(shares("early_defector")["binding_regime"], shares("early_defector", *undated)["binding_regime"])
    assert shares("early_defector", *undated)["binding_regime"] < MOST
    means = [("capacity_benefit", 1.0), ("crowding", 0.25), ("inducement.budget", 0.02)]
    assert shares("global_south_fund", *((f"institutions.waico.{name}", value) for name, value in means))["binding_regime"] < 1 - MOST


def test_the_defection_breaks_the_pressure_on_the_rest() -> None:
    """More states sign than if pressure stayed credible, with the same draws; the ending is another matter."""
    free, pressed = (result("early_defector", *changes).outcomes["signed"] for changes in ((), (("decision.credibility", 0.0),)))
    change = paired(pressed, free)
    assert change.difference > 3 * change.se

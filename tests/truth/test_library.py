"""How the bundled what-ifs end: where a binding regime forms in most runs, where no text is adopted, and by which lever.

The seed is not the one with which the levers were looked at. A share counts as most runs when it lies three standard errors
of a share of a half above it: a scenario that ends so in half of its runs would pass in about 1 of 700 seeds (one-sided
normal), any of the six in about 1 of 120. Differences to the base scenario use the standard error of a difference of two shares.
"""

import math
from functools import cache

import pytest

import waico
from waico.scenarios.paths import replace

pytestmark = pytest.mark.slow
REPLICATES = 400
SEED = 5
MOST = 0.5 + 3 * math.sqrt(0.25 / REPLICATES)
BINDING = ["early_defector", "eu_bridge", "global_south_fund"]
NO_TEXT = ["binding_charter", "un_anchored", "us_engages"]


@cache
def shares(name: str, *changes: tuple[str, object]) -> dict[str, float]:
    """Share of runs by outcome."""
    scenario = replace(waico.load_scenario(name), dict(changes))
    outcomes = waico.run(scenario, seed=SEED, replicates=REPLICATES, workers=2).outcomes["outcome"]
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

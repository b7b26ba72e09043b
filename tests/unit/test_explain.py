"""Explanations agree with what the model did, in every round and for every state."""

import math
from datetime import date
from typing import Any

import pytest

import waico
from waico.analysis.explain import explain
from waico.scenarios.schema import Scenario

STATES = ["ARE", "BRA", "CHN", "DEU", "FRA", "IND", "ITA", "KEN", "PAK", "POL", "RUS", "USA"]


def small(**changes: Any) -> Scenario:
    return waico.load_scenario("waic2025", {"nations.subset": STATES, "institutions.waico.named": [], **changes})


CASES: dict[str, dict[str, Any]] = {
    "as bundled": {},
    "adopted late": {"institutions.waico.adoption.earliest": date(2026, 9, 26)},
    "talks that fail": {
        "institutions.waico.adoption.rule": "consensus", "institutions.waico.adoption.lapse_days": 30,
        "nations.tolerance": 0.0, "institutions.waico.participants": "all",
    },
    "withdrawals": {"decision.withdraw.margin": 0.0, "decision.b0": -1.0},
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_explanations_agree_with_the_sums_of_the_model(name: str) -> None:
    scenario = small(**CASES[name])
    model = waico.NegotiationModel(scenario, rng=4)
    while model.running and len(model.history) < 30:
        before = model.world.endorse_sum[:, 0].copy(), model.world.sign_sum[:, 0].copy()
        model.step()
        if len(model.history) % 4 and name == "as bundled":
            continue   # every fourth round is enough where all rounds are alike
        for i, code in enumerate(model.world.setting.codes[::3]):
            row = 3 * i
            told = explain(scenario, code, round_number=len(model.history), seed=4)
            grown = [float(now[row, 0] - then[row]) for now, then in
                     zip((model.world.endorse_sum, model.world.sign_sum), before, strict=True)]  # fmt: skip
            if told.step == "none":
                assert grown == [0.0, 0.0], (code, told)
            else:
                sums = model.world.endorse_sum if told.step == "endorse" else model.world.sign_sum
                assert told.summed == pytest.approx(float(sums[row, 0]), abs=1e-12)
                assert (told.summed >= told.threshold) == (told.before != told.after)
                assert told.v == pytest.approx(math.fsum(told.terms.values()))


def test_a_state_that_waits_for_a_text_is_told_from_one_that_stays_away() -> None:
    told = explain(waico.load_scenario("waic2025"), "BRA", round_number=13, seed=1)
    assert (told.before, told.step, told.reason) == ("endorsed", "none", "no text was open for signature, and it had endorsed already")


def test_flips_turn_the_decision_and_no_more() -> None:
    told = explain(waico.load_scenario("waic2025"), "KEN", seed=3)
    assert told.before != told.after
    needed = {round(flip.needed - flip.now, 9) for flip in told.flips}
    assert len(needed) == 1   # log hazards add: every term would have to change by the same amount
    assert needed.pop() < 0
    assert {"intercept", "time"}.isdisjoint(flip.term for flip in told.flips)


def test_a_bloc_explains_itself_by_its_majority() -> None:
    scenario = waico.load_scenario("waic2025", {"institutions.waico.bloc": "eu", "decision.b0": -3.0})
    told = [explain(scenario, code, round_number=30, seed=1) for code in ("GRC", "HUN", "MLT", "CYP", "PRT")]
    assert all(one.bloc for one in told)
    for one in told:
        if one.step != "none" and (one.summed >= one.threshold) != (one.before != one.after):
            assert "its bloc" in one.in_words()


def test_neighbours_are_shown_as_they_stood_before_the_step() -> None:
    told = explain(waico.load_scenario("waic2025"), "KEN", seed=3)
    assert all(peer["inside_since_round"] is None or peer["inside_since_round"] < told.round for peer in told.peers)

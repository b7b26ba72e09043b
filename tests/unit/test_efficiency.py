"""Distances of a run's text to what bargaining theory singles out."""

import copy
import math
from datetime import date
from typing import Any

import numpy as np
import pytest

import waico
from waico.analysis.efficiency import text_distances
from waico.scenarios.errors import InputError

STATES = ["CHN", "USA", "BRA", "IDN", "IND", "KEN", "PAK", "ZAF"]
TALKS: dict[str, Any] = {   # fast, among all of a few states, by consensus and without agenda power, and never done
    "nations.subset": STATES, "institutions.waico.named": [], "institutions.waico.participants": "all",
    "institutions.waico.adoption.rule": "consensus", "institutions.waico.adoption.earliest": date(2028, 8, 1),
    "institutions.waico.adoption.lapse_days": 1000, "institutions.waico.agenda_power": 0.0,
    "firms.total_lobbying": 0.0, "bargaining.protocol": "nash", "bargaining.rate": 50.0,
}  # fmt: skip


def talks(rounds: int, changes: dict[str, Any] | None = None) -> waico.NegotiationModel:
    model = waico.NegotiationModel(waico.load_scenario("waic2025", {**TALKS, **(changes or {})}), rng=1)
    for _ in range(rounds):
        model.step()
    return model


def held(model: waico.NegotiationModel) -> dict[str, Any]:
    """What a run holds in arrays."""
    parts = ("world", "institutions", "payoff")
    return copy.deepcopy({
        f"{part}.{name}": value
        for part in parts
        for name, value in vars(getattr(model, part)).items()
        if isinstance(value, np.ndarray)
    })


def test_talks_by_nash_come_to_rest_at_the_nash_text() -> None:
    early, late = (text_distances(talks(rounds)) for rounds in (2, 20))
    assert early.nash > 0.1
    assert late.nash < 1e-6
    assert late.pareto < 1e-6   # what maximizes a product of gains is efficient
    assert late.kalai_smorodinsky > 0.1   # another solution, another text


def test_talks_by_compromise_come_to_rest_elsewhere() -> None:
    assert text_distances(talks(20, {"bargaining.protocol": "compromise"})).nash > 0.1


def test_without_common_gains_there_is_no_solution() -> None:
    status_quo = waico.load_scenario("waic2025").institutions[0].status_quo
    content = {"nations.sigma_ideal": 0.0, "nations.BRA.ideal": dict(status_quo), "nations.BRA.openness": 0.0}
    assert not math.isnan(text_distances(talks(1)).nash)
    found = text_distances(talks(1, content))
    assert math.isnan(found.nash) and math.isnan(found.kalai_smorodinsky)
    assert found.pareto > 0.1


def test_a_sponsor_alone_at_the_table_wants_its_own_text() -> None:
    model = talks(3, {"institutions.us_coalition.participants": []})
    usa = model.world.stated[model.world.setting.codes.index("USA")]
    expected = float(np.linalg.norm(usa - model.institutions.text[1]))
    assert expected > 0.1
    assert list(text_distances(model, "us_coalition")) == pytest.approx([expected] * 3, abs=1e-6)


def test_concessions_are_not_interests() -> None:
    model = talks(1)
    before = text_distances(model).pareto
    model.institutions.conceded[0] = model.institutions.text[0] - model.world.stated   # all have moved to the text
    assert before > 0.1
    assert text_distances(model).pareto == pytest.approx(before, abs=1e-9)


def test_the_run_is_left_as_it_was() -> None:
    touched, spared = talks(3), talks(3)
    before = held(touched)
    text_distances(touched)
    after = held(touched)
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name], equal_nan=True) for name in before)
    for model in (touched, spared):
        for _ in range(3):
            model.step()
    pairs = zip(held(touched).values(), held(spared).values(), strict=True)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def test_unknown_institutions_are_refused() -> None:
    with pytest.raises(InputError, match=r"there is no 'unheard'.*waico, us_coalition"):
        text_distances(talks(1), "unheard")


def test_a_run_must_have_begun() -> None:
    with pytest.raises(InputError, match="has not begun"):
        text_distances(talks(0))

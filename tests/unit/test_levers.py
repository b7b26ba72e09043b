"""Levers of two rival bodies and of firms, worked out by hand on worlds of a few states."""

from datetime import date
from typing import Any

import numpy as np
import pytest

import waico
from waico.agents import Setting
from waico.negotiation.offer import _offer
from waico.negotiation.terms import CAPACITY
from waico.scenarios.errors import InputError
from waico.scenarios.schema import Scenario

CHIPS = {"id": "chips", "by": ["USA"], "layers": ["chip"], "on": ["KEN"], "strength": 0.6, "dependence": 0.5}


def small(**firms: Any) -> Scenario:
    """Five states and the bundled firms, without controls and open models unless given."""
    changes = {f"firms.{name}": value for name, value in {"controls": [], "open_models": 0.0, **firms}.items()}
    return waico.load_scenario("waic2025", {
        "nations.subset": ["CHN", "DEU", "KEN", "KOR", "USA"], "institutions.waico.named": [],
        "nations.sigma_ideal": 0.0, **changes,
    })  # fmt: skip


def row(setting: Setting, firm: str) -> int:
    return setting.firms.index(firm)


def test_without_levers_firms_deliver_everything_everywhere() -> None:
    setting = Setting.of(small())
    assert (setting.access == 1.0).all()
    np.testing.assert_allclose(setting.price_factor, 1.0)
    assert setting.technology.sum() == pytest.approx(1.0)


def test_controls_stop_deliveries_and_move_markets() -> None:
    free, bound = Setting.of(small()), Setting.of(small(controls=[CHIPS]))
    ken, nvidia = free.codes.index("KEN"), row(free, "nvidia")
    assert bound.access[bound.market[nvidia], ken] == pytest.approx(0.4)
    assert bound.access[bound.market[row(bound, "openai")], ken] == 1.0   # a model maker is not bound
    before, after = free.markets[free.market[nvidia]], bound.markets[bound.market[nvidia]]
    share = before[ken]
    assert after[ken] == pytest.approx(0.4 * share / (1.0 - 0.6 * share))
    assert after.sum() == pytest.approx(1.0)


def test_controls_cost_the_firms_at_home_in_the_states_they_aim_at() -> None:
    free = Setting.of(small())
    bound = Setting.of(small(controls=[{**CHIPS, "on": ["CHN"]}]))
    huawei, nvidia = row(free, "huawei"), row(free, "nvidia")
    assert bound.technology[huawei] == pytest.approx(free.technology[huawei] * (1.0 - 0.6 * 0.5))
    assert bound.technology[nvidia] == free.technology[nvidia]
    # China's offers cost more by what its firms cannot make, whoever they are for
    np.testing.assert_allclose(bound.price_factor[:, 0], 1.0 / (1.0 - 0.6 * 0.5))


def test_offers_cost_more_where_they_cannot_be_delivered() -> None:
    bound = Setting.of(small(controls=[CHIPS]))
    ken, home = bound.codes.index("KEN"), bound.firm_home == bound.codes.index("USA")
    stopped = bound.technology[home & (bound.access[bound.market][:, ken] < 1.0)].sum() / bound.technology[home].sum()
    assert bound.price_factor[ken, 1] == pytest.approx(1.0 / (1.0 - 0.6 * stopped))
    others = np.arange(len(bound.codes)) != ken
    np.testing.assert_allclose(bound.price_factor[others, 1], 1.0)


def test_open_models_belong_to_nobody_and_cost_nothing_to_offer() -> None:
    free, opened = Setting.of(small()), Setting.of(small(open_models=0.5))
    deepseek, openai = row(free, "deepseek"), row(free, "openai")
    assert opened.technology[deepseek] == pytest.approx(0.5 * free.technology[deepseek])
    assert opened.technology[openai] == free.technology[openai]
    china = free.codes.index("CHN")
    at_home = [s.markets[s.market[deepseek], china] for s in (free, opened)]
    assert at_home == pytest.approx([0.5, 0.25])   # China does not trade with itself
    home = free.firm_home == china
    given_away = 1.0 - opened.technology[home].sum() / free.technology[home].sum()
    np.testing.assert_allclose(opened.price_factor[:, 0], 1.0 - given_away)


def test_a_control_that_is_not_active_does_nothing() -> None:
    free, idle = Setting.of(small()), Setting.of(small(controls=[{**CHIPS, "active": False}]))
    assert np.array_equal(free.markets, idle.markets)
    assert np.array_equal(free.technology, idle.technology)


@pytest.mark.parametrize(("field", "value", "complaint"), [
    ("on", ["XXX"], "there is no state 'XXX'"), ("layers", ["chips"], "there is no layer 'chips'; did you mean 'chip'?"),
])  # fmt: skip
def test_controls_name_what_exists(field: str, value: list[str], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint.replace("?", r"\?")):
        small(controls=[{**CHIPS, field: value}])


def test_allies_of_other_layers_complete_a_partner() -> None:
    scenario = waico.load_scenario("waic2025", {
        "firms.alliances.model_chip.active": True, "firms.controls": [], "firms.open_models": 0.0,
        "decision.partner.synergy": 1.0, "decision.partner.technology": 1.0, "decision.b_capacity": 1.0,
        "institutions.waico.crowding": 0.0, "institutions.waico.capacity_benefit": 0.0,
    })  # fmt: skip
    model = waico.NegotiationModel(scenario, rng=1)
    setting, ken = model.world.setting, model.world.setting.codes.index("KEN")
    stepfun, huawei, enflame = (row(setting, name) for name in ("stepfun", "huawei", "enflame"))

    def worth(*partners: int) -> float:
        """Capacity that a state of full need would gain."""
        model.world.partner[:, 0] = False
        model.world.partner[list(partners), 0] = True
        model.payoff.update(0.0)
        return float(model.payoff.terms[CAPACITY, ken, 0] / setting.need[ken])

    technology = setting.technology
    assert worth(stepfun) == pytest.approx(technology[stepfun])
    # the model maker has four allies that make chips; a chip maker has one ally that makes models
    with_huawei = technology[stepfun] * (1 + 1 / 4) + technology[huawei] * 2
    assert worth(stepfun, huawei) == pytest.approx(with_huawei)
    assert worth(huawei, enflame) == pytest.approx(technology[huawei] + technology[enflame])   # of one layer


def offers(counter: float, courted: list[list[float]]) -> np.ndarray:
    """What two sponsors with budgets of 1 spend on three states that are equally worth winning."""
    before, spent = np.array(courted), np.zeros((3, 2))
    ones = np.ones((3, 2))
    _offer(
        np.ones(3), ones, ones, np.zeros((3, 2)), np.ones(2), np.array([counter, 0.0]), np.array([1, 0]), spent, before
    )
    assert np.array_equal(spent, before)   # what was offered in this round is what counts as courting in the next
    return spent


def test_counter_offers_go_where_the_other_courted() -> None:
    nowhere = [[0.0, 0.0]] * 3
    np.testing.assert_allclose(offers(0.5, nowhere), 1 / 3)
    mine = offers(0.5, [[0.0, 0.0], [0.0, 0.2], [0.0, 0.0]])
    np.testing.assert_allclose(mine[:, 0], [1 / 6, 1 / 6 + 1 / 2, 1 / 6])
    np.testing.assert_allclose(mine[:, 1], 1 / 3)   # the other does not counter


def test_an_answer_spends_more_as_the_other_gains_momentum() -> None:
    spent = []
    for escalation in (0.0, 4.0):
        scenario = waico.load_scenario("waic2025", {
            "institutions.us_coalition.answers.escalation": escalation, "decision.b0": -1.0, "decision.b_offer": 0.0,
        })  # fmt: skip
        model = waico.NegotiationModel(scenario, rng=1)
        while model.running and not model.world.offer[:, 1].any():
            inside = (model.world.status[:, 0] >= 1) & model.world.setting.at_risk[:, 0]
            momentum = model.world.setting.weight[inside].sum()
            model.step()
        spent.append(model.world.offer[:, 1].sum())
    share = momentum / model.world.setting.weight[model.world.setting.at_risk[:, 0]].sum()
    assert spent[1] / spent[0] == pytest.approx(1.0 + 4.0 * share)


def test_exclusivity_makes_members_of_both_choose_the_better_one() -> None:
    changes = {"decision.b0": 0.0, "institutions.us_coalition.gate.kind": "open", "decision.withdraw.margin": 100.0}
    both = waico.NegotiationModel(waico.load_scenario("waic2025", changes), rng=2)
    both.run_model()
    assert not (both.world.status < 0).any()
    day = date(2027, 6, 1)
    bound = waico.NegotiationModel(
        waico.load_scenario("waic2025", {**changes, "institutions.us_coalition.exclusive_from": day}), rng=2
    )
    hedgers_before = both.measures()["hedgers"][-1, 0]
    bound.run_model()
    left = bound.world.status < 0
    assert hedgers_before > 20
    assert bound.measures()["hedgers"][-1, 0] == 0
    assert left.any(axis=1).sum() >= 20
    assert not left.all(axis=1).any()   # nobody leaves both
    round_of_the_day = next(number for number, end in enumerate(bound.history.end, 1) if end > (day - date(2025, 7, 26)).days)
    assert (bound.world.round_withdrawn[left] >= round_of_the_day + 2).all()   # ninety days to choose

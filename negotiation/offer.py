"""Stage 4, offer and press: sponsors spend inducements on undecided states; rivals press their allies and dependents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from waico.agents import Institutions, World
from waico.agents.compiled import compiled, first_largest
from waico.negotiation.clock import Round
from waico.negotiation.events import Events, Kind
from waico.negotiation.payoff import Payoff
from waico.negotiation.propose import momentum
from waico.scenarios.schema import Institution

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def offer(
    world: World, institutions: Institutions, payoff: Payoff, undecided: Floats, now: Round, events: Events
) -> None:
    """Spend each sponsor's budget of the round, part of it where the rival body's offered, and log who is pressed hardest.

    Reads weights, undecided, prices; writes world.offer and world.courted. Pressure itself is a standing term of the
    payoff.
    """
    setting, names = world.setting, events.names
    zeal = np.array([_zeal(world, body) for body in setting.scenario.institutions])
    offered, pressed = _offer(
        setting.weight, undecided, payoff.price, payoff.pressed, payoff.budget * zeal * (now.days / 30.0),
        payoff.counter, setting.rival_body, world.offer, world.courted,
    )  # fmt: skip
    for j, (target, hardest) in enumerate(zip(offered.tolist(), pressed.tolist(), strict=True)):
        if target >= 0:
            sponsor = setting.sponsor[j] + names.nations
            events.add(now.number, Kind.OFFERED, j, sponsor, target + names.nations, world.courted[target, j])
        if hardest >= 0:
            amount, rival = payoff.pressed[hardest, j], setting.rival[j] + names.nations
            events.add(now.number, Kind.PRESSURED, j, rival, hardest + names.nations, amount)


def _zeal(world: World, body: Institution) -> float:
    """What a sponsor's budget is multiplied by as the institution that it answers gains momentum."""
    if body.answers is None or body.answers.escalation == 0.0:
        return 1.0
    return 1.0 + body.answers.escalation * momentum(world, world.setting.bodies.index(body.answers.to))


@compiled
def _offer(
    weight: Floats, undecided: Floats, price: Floats, pressed: Floats, budgets: Floats, counter: Floats,
    rival_body: Indices, offers: Floats, courted: Floats,
) -> tuple[Indices, Indices]:  # fmt: skip
    """Add this round's offers; return by institution who got most and who is pressed most (-1: nobody).

    `courted` holds the offers of the round before, and then those of this one.
    """
    bodies = len(budgets)
    before = courted.copy()
    courted[:] = 0.0
    top_offer, top_pressed = np.full(bodies, -1, np.intp), np.full(bodies, -1, np.intp)
    for j in range(bodies):
        value = weight * undecided[:, j]
        if value.max() <= 0.0:
            continue
        if budgets[j] > 0.0:
            against = 0.0
            contested = np.zeros(len(value))
            if rival_body[j] >= 0:
                contested = value * before[:, rival_body[j]]
                against = counter[j] * budgets[j] if contested.max() > 0.0 else 0.0
            for worth, purse in ((value, budgets[j] - against), (contested, against)):
                if purse > 0.0:
                    spent = water_fill(worth, price[:, j] + offers[:, j], purse)
                    offers[:, j] += spent
                    courted[:, j] += spent
            top_offer[j] = first_largest(courted[:, j])
        most = first_largest(value * pressed[:, j])
        if value[most] * pressed[most, j] > 0.0:
            top_pressed[j] = most
    return top_offer, top_pressed


@compiled
def water_fill(value: Floats, base: Floats, budget: float) -> Floats:
    """The best split of a budget when one unit more on i brings value_i / (base_i + spent_i).

    Maximizes sum_i value_i log(1 + spent_i / base_i) with sum_i spent_i = budget: spending raises the states with the
    highest value per price until their marginal returns are level (water-filling; Boyd & Vandenberghe 2004, 5.5.3).
    The level is that of the states that share the budget; those worth less than it drop out until none does.

    Args:
        value: worth of winning each, non-negative, some positive, shape (n,).
        base: price plus what was spent before, positive, shape (n,).
        budget: to be spent, positive.

    Returns:
        What is spent on each, shape (n,), summing to the budget.
    """
    sharing = np.flatnonzero(value)
    before, level = -1, 0.0
    while before != len(sharing):
        before = len(sharing)
        total_value, total_base = 0.0, 0.0
        for i in sharing:
            total_value += value[i]
            total_base += base[i]
        level = total_value / (budget + total_base)
        sharing = sharing[value[sharing] > level * base[sharing]]
    spent = np.zeros(len(value))
    for i in sharing:
        spent[i] = value[i] / level - base[i]
    return spent

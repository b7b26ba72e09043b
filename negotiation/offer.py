"""Stage 4, offer and press: sponsors spend inducements on undecided states; rivals press their allies and dependents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from waico.agents import Institutions, World
from waico.agents.compiled import compiled, first_largest
from waico.negotiation.clock import Round
from waico.negotiation.events import Events, Kind
from waico.negotiation.payoff import Payoff

Floats = NDArray[np.float64]


def offer(
    world: World, institutions: Institutions, payoff: Payoff, undecided: Floats, now: Round, events: Events
) -> None:
    """Spend each sponsor's budget of the round, and log whom a rival presses hardest.

    Reads weights, undecided, prices; writes world.offer. Pressure itself is a standing term of the payoff.
    """
    setting, names = world.setting, events.names
    budgets = np.array([body.inducement.budget for body in setting.scenario.institutions]) * (now.days / 30.0)
    offered, spent, pressed = _offer(setting.weight, undecided, payoff.price, payoff.pressed, budgets, world.offer)
    for j in range(len(institutions)):
        if offered[j] >= 0:
            target = offered[j] + names.nations
            events.add(now.number, Kind.OFFERED, j, setting.sponsor[j] + names.nations, target, spent[j])
        if pressed[j] >= 0:
            target = pressed[j] + names.nations
            amount = payoff.pressed[pressed[j], j]
            events.add(now.number, Kind.PRESSURED, j, setting.rival[j] + names.nations, target, amount)


@compiled
def _offer(
    weight: Floats, undecided: Floats, price: Floats, pressed: Floats, budgets: Floats, offers: Floats
) -> tuple[NDArray[np.intp], Floats, NDArray[np.intp]]:
    """Add this round's offers; return by institution who got most (-1: nobody), how much, and who is pressed most."""
    bodies = len(budgets)
    top_offer, top_spent = np.full(bodies, -1, np.intp), np.zeros(bodies)
    top_pressed = np.full(bodies, -1, np.intp)
    for j in range(bodies):
        value = weight * undecided[:, j]
        if value.max() <= 0.0:
            continue
        if budgets[j] > 0.0:
            spent = water_fill(value, price[:, j] + offers[:, j], budgets[j])
            offers[:, j] += spent
            top_offer[j] = first_largest(spent)
            top_spent[j] = spent[top_offer[j]]
        most = first_largest(value * pressed[:, j])
        if value[most] * pressed[most, j] > 0.0:
            top_pressed[j] = most
    return top_offer, top_spent, top_pressed


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
    shares = value > 0.0
    sharing, level = -1, 0.0
    while sharing != shares.sum():
        sharing = shares.sum()
        total_value, total_base = 0.0, 0.0
        for i in range(len(value)):
            if shares[i]:
                total_value += value[i]
                total_base += base[i]
        level = total_value / (budget + total_base)
        for i in range(len(value)):
            shares[i] = shares[i] and value[i] > level * base[i]
    spent = np.zeros(len(value))
    for i in range(len(value)):
        if shares[i]:
            spent[i] = value[i] / level - base[i]
    return spent

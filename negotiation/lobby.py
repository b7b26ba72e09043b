"""Stage 2, lobby: firms spend where a state is undecided, and move what states say at the table."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from waico.agents import World
from waico.agents.compiled import compiled
from waico.negotiation.clock import Round
from waico.negotiation.events import Events, Kind

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def lobby(world: World, undecided: Floats, now: Round, events: Events) -> None:
    """Split budgets over states, and shift stated positions towards what the lobbies ask for.

    Firm f spends in proportion to exposure[f, i] * undecided[i, j]. Pressure on a state counts per unit of its GDP,
    and budgets only add up, so that splitting a firm in two changes nothing.

    Args:
        world: reads ideal, openness, budgets; writes stated and spent.
        undecided: 4 P (1 - P) for institutions on the table, 0 elsewhere, (N, J).
        now: the round.
        events: gets one event per firm, with its top target.
    """
    setting, names = world.setting, events.names
    if not setting.firms or setting.scenario.firms is None:
        world.stated = world.ideal
        return
    world.stated = np.empty_like(world.ideal)
    active, targets, amounts = _lobby(
        setting.markets, setting.market, setting.asked, setting.budget, now.days / 30.0, undecided, world.ideal,
        world.openness, setting.scenario.firms.pressure_0, setting.gdp, world.stated, world.spent,
    )  # fmt: skip
    events.add(now.number, Kind.LOBBIED, -1, active + names.firms, targets + names.nations, amounts)


@compiled
def _lobby(
    markets: Floats, market: Indices, asked: Floats, budget: Floats, months: float, undecided: Floats, ideal: Floats,
    openness: Floats, pressure_0: float, gdp: Floats, stated: Floats, spent: Floats,
) -> tuple[Indices, Indices, Floats]:  # fmt: skip
    """Fill in stated positions (N, K) and add to what was spent (F, J).

    `asked` (H, 2 K) holds the sums over a market's firms of budget * salience and of budget * salience * position.

    Returns:
        The firms that spent something, the state on which each spent most, and what it spent.
    """
    n, issues = ideal.shape
    felt = np.zeros((n, 2 * issues))
    shares, top = np.zeros((len(markets), undecided.shape[1])), np.zeros(len(markets), np.intp)
    doubt = undecided.sum(axis=1)
    open_to_it: Any = np.flatnonzero(doubt)
    for i in open_to_it:
        for j in range(undecided.shape[1]):
            for h in range(len(markets)):
                shares[h, j] += markets[h, i] * undecided[i, j]
    for h in range(len(markets)):
        reach = shares[h].sum()
        if reach <= 1e-12:
            shares[h] = 0.0
            continue
        shares[h] /= reach
        highest = 0.0
        for i in open_to_it:
            aim = markets[h, i] * doubt[i]
            if aim > highest + 1e-12:   # ties go to the first state, whatever the rounding
                highest, top[h] = aim, i
            if aim > 0.0:
                for c in range(2 * issues):
                    felt[i, c] += aim / reach * asked[h, c]
    for i in range(n):
        for k in range(issues):
            # openness * p / (p + p0) * (target - ideal), with target = pulled / p
            pressure, pulled = felt[i, k], felt[i, issues + k]
            shift = (pulled - pressure * ideal[i, k]) / (pressure + pressure_0 * gdp[i])
            stated[i, k] = ideal[i, k] + openness[i] * shift
    amounts, targets = np.zeros(len(market)), np.zeros(len(market), np.intp)
    for f in range(len(market)):
        targets[f] = top[market[f]]
        for j in range(undecided.shape[1]):
            part = budget[f] * months * shares[market[f], j]
            spent[f, j] += part
            amounts[f] += part
    active = np.flatnonzero(amounts)
    return active, targets[active], amounts[active]

"""The payoff of joining: one array of additive terms, from which hazards, prospects and explanations are all taken."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from waico.agents import Institutions, World
from waico.agents.compiled import compiled
from waico.agents.world import ENDORSED, SIGNED
from waico.negotiation.terms import (
    CAPACITY,
    COST,
    EXCLUSIVE,
    FIT,
    MARKET,
    NATION,
    NETWORK,
    OFFER,
    PEERS,
    PRESSURE,
    SIZE,
    STANDING,
    TAKING_SIDES,
    TERMS,
)  # fmt: skip

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]

BASE_EXPOSURE = 0.5   # what binding rules cost the smallest state; the largest economy bears 1 more


class Payoff:
    """Terms of u for every state and institution, kept current round by round.

    Attributes:
        terms: (T, N, J), in the order of `TERMS`. total: their sum u, (N, J).
        coefficients: by name, (J,).
        pressed: the rival's pressure before credibility, (N, J). price: of a unit of goodwill, (N, J).
        budget: for inducements, per 30 days, (J,). counter: part of it that answers the other sponsor's offers, (J,).
    """

    def __init__(self, world: World, institutions: Institutions, coefficients: dict[str, Floats]) -> None:
        """Bind to a run and compute the terms that only a change of the scenario can move."""
        setting, bodies = world.setting, world.setting.scenario.institutions
        self.world, self.institutions, self.coefficients = world, institutions, coefficients
        self.terms = np.zeros((len(TERMS), *world.status.shape))
        self.total = np.zeros(world.status.shape)
        for row, name in enumerate(STANDING):
            self.terms[row] = coefficients[name] * setting.standing[row]
        self.terms[NATION] = (setting.scenario.decision.s_u * world.nation_effect)[:, None]
        sides = np.array([body.partisanship for body in bodies])
        for row in TAKING_SIDES:
            self.terms[row] *= sides
        benefit = np.array([body.market_benefit for body in bodies])
        self.terms[MARKET] = coefficients["b_market"] * benefit * setting.standing[SIZE]
        self.pressed = np.array([body.rival_pressure for body in bodies]) * setting.leverage
        self.budget, self.counter, price = np.array(
            [(body.inducement.budget, body.inducement.counter, body.inducement.price) for body in bodies]
        ).T
        settled = self.terms[:PEERS].sum(axis=0)
        self.price = np.sqrt(setting.gdp)[:, None] * price * setting.price_factor
        self._let_in = -1
        self._eligible = self._neighbours = np.zeros(0)   # (N, J): who may be a peer, and how many of them each state has
        self._peers, self._inside = np.zeros(world.status.shape), np.zeros(world.status.shape, dtype=bool)
        self._fixed = tuple(Fixed(
            b_peers=coefficients["b_peers"], b_pressure=coefficients["b_pressure"],
            credibility=coefficients["credibility"], b_fit=coefficients["b_fit"],
            b_capacity=coefficients["b_capacity"], b_network=coefficients["b_network"],
            b_offer=coefficients["b_offer"], b_cost=coefficients["b_cost"], b_exclusive=coefficients["b_exclusive"],
            capacity_benefit=np.array([body.capacity_benefit for body in bodies]),
            crowding=np.array([body.crowding for body in bodies]),
            technology=setting.scenario.decision.partner.technology * setting.technology,
            complement=setting.scenario.decision.partner.synergy * setting.complement,
            market=setting.market, access=setting.access,
            pressed=self.pressed, price=self.price, ties=setting.ties,
            rival_camp=setting.rival_camp, rival_body=setting.rival_body, weight=setting.weight, need=setting.need,
            scale=setting.scale, status_quo=setting.status_quo, depth_mask=setting.depth_mask,
            fit_mask=setting.fit_mask / setting.scenario.decision.fit_scale, settled=settled,
        ))  # fmt: skip

    def update(self, day: float) -> None:
        """Fill in the terms that change, from status, texts, offers and partners as they stand at `day`.

        Reads world (status, stated, offer, partner, invited) and institutions (text, exclusive_from); writes terms and
        total.
        """
        world, bodies = self.world, self.institutions
        exclusive = bodies.exclusive_from <= day
        let_in = int(np.count_nonzero(world.invited))
        anew = let_in != self._let_in
        if anew:   # states once let in stay so, hence equal counts mean the same states
            self._let_in = let_in
            self._eligible = (world.setting.at_risk & world.invited).astype(float)
            self._neighbours = world.setting.ties @ self._eligible
        _update(
            self._fixed, anew, self._eligible, self._neighbours, self._peers, self._inside, world.status, world.partner,
            world.stated, world.salience, world.offer, bodies.text, exclusive, self.terms, self.total,
        )  # fmt: skip


class Fixed(NamedTuple):
    """What `_update` needs and only a change of the scenario moves.

    It is handed over as a plain tuple, which Numba takes in at less than half the time of a named one.
    """

    b_peers: Floats
    b_pressure: Floats
    credibility: Floats
    b_fit: Floats
    b_capacity: Floats
    b_network: Floats
    b_offer: Floats
    b_cost: Floats
    b_exclusive: Floats
    capacity_benefit: Floats
    crowding: Floats
    technology: Floats
    complement: Floats
    market: Indices
    access: Floats
    pressed: Floats
    price: Floats
    ties: Floats
    rival_camp: Floats
    rival_body: Indices
    weight: Floats
    need: Floats
    scale: Floats
    status_quo: Floats
    depth_mask: Floats
    fit_mask: Floats
    settled: Floats   # sum of the terms before PEERS, (N, J)


@compiled
def _update(
    values: tuple[Any, ...], anew: bool, eligible: Floats, neighbours: Floats, peers: Floats, before: Flags,
    status: NDArray[np.int8], partner: Flags, stated: Floats, salience: Floats,
    offer: Floats, text: Floats, exclusive: Flags, terms: Floats, total: Floats,
) -> None:  # fmt: skip
    """Write the changing terms and add all up, institution by institution and state by state.

    Peers are looked at again only if somebody moved since the round before: `before` says who was inside then.
    """
    fixed = Fixed(*values)
    n, bodies = status.shape
    inside = status >= ENDORSED
    for j in range(bodies):
        r = fixed.rival_body[j]   # -1 where the rival sponsors nothing
        depth = 0.0
        for k in range(text.shape[1]):
            depth += fixed.depth_mask[k] * text[j, k]
        supply = _supply(fixed, partner, j)
        capacity = np.full(n, fixed.capacity_benefit[j])
        for h in range(len(supply)):
            for i in range(n):
                capacity[i] += supply[h] * fixed.access[h, i]
        members, breach, network = 0.0, 0.0, 0.0
        for i in range(n):
            members += inside[i, j]
            breach += fixed.rival_camp[i, j] * inside[i, j]
            network += fixed.weight[i] * (inside[i, j] - (inside[i, r] if r >= 0 else 0.0))
        credible = np.exp(-fixed.credibility[j] * breach)
        crowded = (1.0 + members) ** -fixed.crowding[j]
        if anew or _has_moved(inside, before, j, r):
            peers[:, j] = _peers(fixed, eligible, neighbours, inside, j)
        for i in range(n):
            gain = 0.0   # loss at the status quo minus loss at the text, in units of fit_scale
            for k in range(text.shape[1]):
                x, q, y = stated[i, k], fixed.status_quo[j, k], text[j, k]
                gain += fixed.fit_mask[k] * salience[i, k] * ((x - q) ** 2 - (x - y) ** 2)
            locked_in = r >= 0 and status[i, r] >= SIGNED and (exclusive[j] or exclusive[r])
            terms[PEERS, i, j] = fixed.b_peers[j] * peers[i, j]
            terms[PRESSURE, i, j] = -fixed.b_pressure[j] * credible * fixed.pressed[i, j]
            terms[FIT, i, j] = fixed.b_fit[j] * depth * gain
            terms[CAPACITY, i, j] = fixed.b_capacity[j] * capacity[i] * crowded * fixed.need[i]
            terms[NETWORK, i, j] = fixed.b_network[j] * network
            terms[OFFER, i, j] = 0.0
            if offer[i, j] > 0.0:
                terms[OFFER, i, j] = fixed.b_offer[j] * np.log1p(offer[i, j] / fixed.price[i, j])
            terms[COST, i, j] = -fixed.b_cost[j] * depth * (BASE_EXPOSURE + fixed.scale[i])
            terms[EXCLUSIVE, i, j] = -fixed.b_exclusive[j] if locked_in else 0.0
            u = fixed.settled[i, j]
            for t in range(PEERS, len(terms)):
                u += terms[t, i, j]
            total[i, j] = u
    before[:] = inside


@compiled
def _supply(fixed: Fixed, partner: Flags, j: int) -> Floats:
    """Technology that partners bring into institution `j`, by their market; worth more beside allies that complete it."""
    supply = np.zeros(len(fixed.access))
    for f in range(len(partner)):
        if partner[f, j]:
            worth = 1.0
            for g in range(len(partner)):
                if partner[g, j]:
                    worth += fixed.complement[f, g]
            supply[fixed.market[f]] += fixed.technology[f] * worth
    return supply


@compiled
def _has_moved(inside: Flags, before: Flags, j: int, rival: int) -> bool:
    """Whether any state has come inside institution `j` or its rival body, or left, since the round before."""
    for i in range(len(inside)):
        if inside[i, j] != before[i, j] or (rival >= 0 and inside[i, rival] != before[i, rival]):
            return True
    return False


@compiled
def _peers(fixed: Fixed, eligible: Floats, neighbours: Floats, inside: Flags, j: int) -> Floats:
    """Share of eligible neighbours inside minus in the rival body, sponsors left out, (N,)."""
    n, r = len(inside), fixed.rival_body[j]
    ahead = np.zeros(n)
    for i in range(n):
        ahead[i] = eligible[i, j] * (inside[i, j] - (inside[i, r] if r >= 0 else 0.0))
    share = np.dot(fixed.ties, ahead)
    for i in range(n):
        share[i] = share[i] / neighbours[i, j] if neighbours[i, j] > 1e-12 else 0.0
    return share

"""One round of challenges on one issue, in compiled loops whose sums over voters do not grow with pairs times voters.

A vote depends on the voter and on the two positions only, so that coincident positions are one, and votes for either
side are differences of sums over voters in the order of positions: a round takes n m steps for n actors at m positions.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from waico.agents.compiled import compiled

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
EPS = 1e-9   # utilities and shares of the range nearer than this are equal, so that rounding errors decide nothing
ROUNDING = 1e-12   # share of voters' disutilities up to which votes are rounding errors, and nobody votes
LOG_STATUS_QUO = math.log(0.5)


@compiled
def places(position: Floats) -> tuple[Floats, Indices]:
    """Distinct values of sorted positions, (m,), and which of them each has, (n,)."""
    place = np.zeros(len(position), np.intp)
    distinct = np.empty(len(position))
    m = 0
    for k in range(len(position)):
        if k == 0 or position[k] != position[k - 1]:
            distinct[m] = position[k]
            m += 1
        place[k] = m - 1
    return distinct[:m].copy(), place


@compiled
def ballots(spot: Floats, place: Indices, weight: Floats, risk: Floats) -> Floats:
    """Weighted disutility sum_k w_k |x_k - y|^r_k of the first t voters at the place y, shape (m, n + 1)."""
    m, n = len(spot), len(place)
    log = np.zeros((m, m))
    for g in range(m):
        for h in range(g):
            log[g, h] = log[h, g] = math.log(spot[g] - spot[h])
    summed = np.zeros((m, n + 1))
    for g in range(m):
        for k in range(n):
            h = place[k]
            away = 0.0
            if h != g:
                away = math.exp(risk[k] * log[g, h]) if risk[k] != 1.0 else abs(spot[g] - spot[h])
            summed[g, k + 1] = summed[g, k] + weight[k] * away
    return summed


@compiled
def probabilities(spot: Floats, place: Indices, weight: Floats, risk: Floats) -> Floats:
    """P of the first place over the second, by votes w_k (|x_k - second|^r_k - |x_k - first|^r_k), shape (m, m)."""
    m, n = len(spot), len(place)
    summed = ballots(spot, place, weight, risk)
    chance = np.full((m, m), 0.5)
    for g in range(m):
        t = 0   # voters nearer to g than to h; their number grows with h
        for h in range(g + 1, m):
            middle = 0.5 * (spot[g] + spot[h])
            while t < n and spot[place[t]] <= middle:
                t += 1
            lower = max(summed[h, t] - summed[g, t], 0.0)
            upper = max((summed[g, n] - summed[g, t]) - (summed[h, n] - summed[h, t]), 0.0)
            if lower + upper > ROUNDING * (summed[g, n] + summed[h, n]):
                chance[g, h] = lower / (lower + upper)
                chance[h, g] = upper / (lower + upper)
    return chance


@compiled
def risks(spot: Floats, place: Indices, attention: Floats, chance: Floats) -> Floats:
    """Exponents (1 - R/3) / (1 + R/3), R from -1 for the least endangered actor to 1 for the most, shape (n,).

    Danger to i is the sum of what the others expect of challenging it, all with exponent 1: an expectation is then
    2 d (1 - 2 s_i P_ij). `chance` holds probabilities with exponent 1.
    """
    m, n = len(spot), len(place)
    count = np.zeros(m)
    for k in range(n):
        count[place[k]] += 1.0
    away, beaten = np.zeros(m), np.zeros(m)
    for g in range(m):
        for h in range(m):
            distance = count[h] * abs(spot[g] - spot[h])
            away[g] += distance
            beaten[g] += distance * chance[g, h]
    danger = np.empty(n)
    for i in range(n):
        danger[i] = 2.0 * away[place[i]] - 4.0 * attention[i] * beaten[place[i]]
    low, high = danger.min(), danger.max()
    if high - low <= EPS:
        return np.ones(n)
    taste = (2.0 * danger - low - high) / (high - low)
    return (1.0 - taste / 3.0) / (1.0 + taste / 3.0)


@compiled
def log_disutilities(spot: Floats) -> tuple[Floats, Floats]:
    """log(0.5 - 0.5 d) of success and log(0.5 + 0.5 d) of failure at a distance d, for all pairs of places, (m, m)."""
    m = len(spot)
    success, failure = np.full((m, m), LOG_STATUS_QUO), np.full((m, m), LOG_STATUS_QUO)
    for g in range(m):
        for h in range(g):
            distance = spot[g] - spot[h]
            success[g, h] = success[h, g] = math.log(max(0.5 - 0.5 * distance, 0.0))
            failure[g, h] = failure[h, g] = math.log(0.5 + 0.5 * distance)
    return success, failure


@compiled
def utility(log_disutility: float, risk: float) -> float:
    """2 - 4 z^r, from log z: 0.5 - 0.5 d for success, 0.5 + 0.5 d for failure, 0.5 for the status quo.

    The form is Bueno de Mesquita's (1994).
    """
    return 2.0 - 4.0 * math.exp(risk * log_disutility)


@compiled
def expected(success: float, failure: float, stays: float, chance: float, resistance: float) -> float:
    """Expected utility of a challenge: the opponent resists with its attention, else the challenger succeeds."""
    return resistance * (chance * success + (1.0 - chance) * failure) + (1.0 - resistance) * success - stays


@compiled
def concession(own: float, theirs: float) -> float:
    """Share of the distance to the challenger that an actor gives way; negative if it makes no offer to speak of.

    Both expect to gain: a confrontation, which the lower expectation loses outright. Only the challenger does: the
    actor gives way in proportion to what it expects to lose, at most all the way.
    """
    if theirs <= EPS:
        return -1.0
    if own > EPS:
        return 1.0 if theirs > own + EPS else -1.0
    return min(max(-own, 0.0) / theirs, 1.0)


@compiled
def answers(spot: Floats, place: Indices, attention: Floats, risk: Floats, chance: Floats) -> tuple[Floats, Indices]:
    """Share of the way each actor goes to meet the challenger it gives way to, (n,), and who that is, -1 for none."""
    m, n = len(spot), len(place)
    hardest = np.zeros(m)   # the greatest attention at each place
    first = np.zeros(m + 1, np.intp)   # its first actor
    for k in range(n):
        hardest[place[k]] = max(hardest[place[k]], attention[k])
        first[place[k] + 1] = k + 1
    success, failure = log_disutilities(spot)
    share, partner, threat = np.zeros(n), np.full(n, -1, np.intp), np.empty(m)
    for i in range(n):
        g = place[i]
        logs = success[g], failure[g]
        best = threats(g, spot, logs, hardest, attention[i], risk[i], chance, threat)
        if best > 0.0:
            share[i], partner[i] = least(g, spot, logs, first, attention, risk[i], chance, threat, best - EPS)
    return share, partner


@compiled
def threats(
    g: int, spot: Floats, logs: tuple[Floats, Floats], hardest: Floats, attention: float, risk: float, chance: Floats,
    threat: Floats,
) -> float:
    """Fill in what challengers at each place expect of an actor at place g, in its eyes; the greatest of those with an offer.

    An actor expects least of challenging whoever resists most, so that a place has an offer if its `hardest` has one.
    No challenger expects more than success, which is worth less the nearer it stands: the search goes inwards from both
    ends, and stops where nobody can exceed the greatest so far. Places not reached have a threat of -1.
    """
    threat[:] = -1.0
    low, high, best = 0, len(spot) - 1, 0.0
    stays = utility(LOG_STATUS_QUO, risk)
    while low < g or high > g:
        if spot[g] - spot[low] >= spot[high] - spot[g]:
            h, low = low, low + 1
        else:
            h, high = high, high - 1
        success = utility(logs[0][h], risk)
        if success - stays < best - EPS:
            break
        failure = utility(logs[1][h], risk)
        threat[h] = expected(success, failure, stays, chance[h, g], attention)
        own = expected(success, failure, stays, chance[g, h], hardest[h])
        if threat[h] > best and concession(own, threat[h]) >= 0.0:
            best = threat[h]
    return best


@compiled
def least(
    g: int, spot: Floats, logs: tuple[Floats, Floats], first: Indices, attention: Floats, risk: float, chance: Floats,
    threat: Floats, enough: float,
) -> tuple[float, int]:
    """Share of the way and proposer of the offer that moves least, of those with a threat of `enough`.

    None, (0, -1), if equal ones pull both ways.
    """
    stays = utility(LOG_STATUS_QUO, risk)
    shortest, part, proposer = np.full(2, np.inf), np.zeros(2), np.full(2, -1, np.intp)
    for h in range(len(spot)):
        if threat[h] <= EPS or threat[h] < enough:
            continue
        side, gap = (1 if h > g else 0), abs(spot[h] - spot[g])
        success, failure = utility(logs[0][h], risk), utility(logs[1][h], risk)
        for j in range(first[h], first[h + 1]):
            share = concession(expected(success, failure, stays, chance[g, h], attention[j]), threat[h])
            if share >= 0.0 and share * gap < shortest[side]:
                shortest[side], part[side], proposer[side] = share * gap, share, j
    side = 1 if shortest[1] < shortest[0] else 0
    if proposer[side] < 0 or abs(shortest[1] - shortest[0]) <= EPS or shortest[side] <= EPS:
        return 0.0, -1
    return part[side], proposer[side]


@compiled
def challenge_round(position: Floats, attention: Floats, power: Floats, risky: bool) -> tuple[Floats, Indices]:
    """Every actor's answer to the challenges of a round on one issue, all at once.

    Args:
        position: shares of the range, in [0, 1], (n,).
        attention: share of full attention, in (0, 1], (n,).
        power: bargaining weights, (n,).
        risky: whether attitudes to risk follow from danger; if not, exponents are 1.

    Returns:
        The share of the way that each goes to meet its partner, in [0, 1], (n,), and who that is, -1 for none, (n,).
    """
    order = np.argsort(position, kind="mergesort")
    spot, place = places(position[order])
    share, partner = np.zeros(len(order)), np.full(len(order), -1, np.intp)
    if len(spot) < 2:
        return share, partner
    resolve = attention[order]
    weight = power[order] * resolve
    risk = np.ones(len(order))
    chance = probabilities(spot, place, weight, risk)
    if risky:
        risk = risks(spot, place, resolve, chance)
        chance = probabilities(spot, place, weight, risk)
    sorted_share, sorted_partner = answers(spot, place, resolve, risk, chance)
    for k in range(len(order)):
        if sorted_partner[k] >= 0:
            share[order[k]] = sorted_share[k]
            partner[order[k]] = order[sorted_partner[k]]
    return share, partner


@compiled
def challenge_issues(
    position: Floats, attention: Floats, power: Floats, span: Floats, risky: bool
) -> tuple[Floats, Indices]:
    """`challenge_round` for every issue among those who attend to it; `span` is the range of each issue, (K,).

    Returns:
        Shares and partners as there, (n, K).
    """
    share, partner = np.zeros(position.shape), np.full(position.shape, -1, np.intp)
    for k in range(position.shape[1]):
        rows = np.flatnonzero(attention[:, k] > 0.0)
        if len(rows) < 2 or span[k] <= EPS:
            continue
        x = position[rows, k]
        part, whom = challenge_round((x - x.min()) / span[k], attention[rows, k], power[rows], risky)
        for a in range(len(rows)):
            if whom[a] >= 0:
                share[rows[a], k] = part[a]
                partner[rows[a], k] = rows[whom[a]]
    return share, partner

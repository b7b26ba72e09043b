"""The search for the best exchanges, compiled: what pairs could trade, and the trades made one after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from waico.agents.compiled import compiled

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Sides = NDArray[np.int8]
Rows = NDArray[np.int32]

TIE = 1e-12    # gains that differ by less are equal
TOUCH = 1e-9   # an actor this close to the outcome is on neither side of it; shifts that differ by less are equal


def swaps(
    position: Floats, ideal: Floats, salience: Floats, weight: Floats, floor: Floats, ceiling: Floats, free: Flags,
    min_gain: float,
) -> tuple[Rows, Floats]:
    """Every trade in the order in which it is made, best gains first.

    Args:
        position: what actors stand for now, (n, K).
        ideal: what they would stand for without concessions, (n, K).
        salience: (n, K).
        weight: positive, sums to 1, (n,).
        floor: lower red lines, (n, K).
        ceiling: upper red lines, (n, K).
        free: positions not yet traded, (n, K).
        min_gain: gain that a trade must exceed, > 0.

    Returns:
        Actor and issue of both movers (i, a, j, b), (T, 4); and by column the shift of i on a and of j on b, the
        outcomes on a and b before the trade, what it adds to them, and the gain of each, (T, 7).
    """
    pull = weight[:, None] * salience
    total = pull.sum(axis=0)
    leverage = np.divide(pull, total, out=np.zeros_like(pull), where=total > 0)   # change of the outcome per shift
    pairs, limit = _pairs(ideal, salience, leverage, floor, ceiling, free, min_gain)
    best_first = np.argsort(-limit, kind="stable")
    made, terms = np.empty_like(pairs), np.empty((len(pairs), 7))
    count = _trade(
        pairs[best_first], limit[best_first], position.copy(), ideal, salience, leverage, free.copy(), min_gain, made,
        terms,
    )  # fmt: skip
    return made[:count].copy(), terms[:count].copy()


@compiled
def _reach(start: float, end: float, floor: float, ceiling: float) -> float:
    """Distance from an actor's position to its partner's, or to its own red line before that."""
    if end > start:
        return max(min(end, ceiling) - start, 0.0)
    return max(start - max(end, floor), 0.0)


@compiled
def _pairs(
    ideal: Floats, salience: Floats, leverage: Floats, floor: Floats, ceiling: Floats, free: Flags, min_gain: float
) -> tuple[Rows, Floats]:
    """Pairs on pairs of issues whose relative saliences differ, with what they gain if outcomes set no bound.

    Returns:
        Movers (i, a, j, b), i yields on a and j on b, (M, 4); and the gain of each without regard to where the outcome
        is, which no later trade can raise, (M,).
    """
    n, issues = ideal.shape
    most = n * (n - 1) // 2 * (issues * (issues - 1) // 2)
    pairs, limit, found = np.empty((most, 4), np.int32), np.empty(most), 0
    for i in range(n):
        for j in range(i + 1, n):
            for a in range(issues):
                for b in range(a + 1, issues):
                    edge = salience[i, b] * salience[j, a] - salience[i, a] * salience[j, b]
                    c, d = (a, b) if edge > 0.0 else (b, a)   # i cares less for c
                    if edge == 0.0 or not (free[i, c] and free[j, d]):
                        continue
                    given = leverage[i, c] * _reach(ideal[i, c], ideal[j, c], floor[i, c], ceiling[i, c])
                    taken = leverage[j, d] * _reach(ideal[j, d], ideal[i, d], floor[j, d], ceiling[j, d])
                    gain = abs(edge) * min(
                        given / (salience[i, d] + salience[j, d]), taken / (salience[i, c] + salience[j, c])
                    )
                    if gain > min_gain:
                        pairs[found, 0], pairs[found, 1], pairs[found, 2], pairs[found, 3] = i, c, j, d
                        limit[found] = gain
                        found += 1
    return pairs[:found], limit[:found]


@compiled
def _trade(
    pairs: Rows, limit: Floats, position: Floats, ideal: Floats, salience: Floats, leverage: Floats, free: Flags,
    min_gain: float, made: Rows, terms: Floats,
) -> int:
    """Make the trades that gain most, until none is worth making.

    Writes `made` and `terms` as `swaps` returns them; changes `position`, `free` and the order of `pairs` and `limit`.

    Returns:
        Number of trades.
    """
    outcome, side, stale = np.empty(ideal.shape[1]), np.empty(ideal.shape, np.int8), np.ones(ideal.shape[1], np.bool_)
    gain, share, tied = np.empty(len(pairs)), np.empty(len(pairs)), np.empty(len(pairs), np.int64)
    start, count = 0, 0
    while True:
        for k in range(len(outcome)):
            if stale[k]:
                _place(k, position, ideal, leverage, outcome, side)
                stale[k] = False
        start, ties = _best(start, pairs, limit, outcome, side, ideal, salience, leverage, free, min_gain, gain, tied)
        if ties == 0:
            return count
        _share(tied[:ties], pairs, outcome, side, ideal, salience, gain, share)
        for row in tied[:ties]:
            i, a, j, b = pairs[row]
            for_j, for_i = _changes(i, a, j, b, share[row] * gain[row], side, salience)
            made[count, 0], made[count, 1], made[count, 2], made[count, 3] = i, a, j, b
            terms[count, 0], terms[count, 1] = for_j / leverage[i, a], for_i / leverage[j, b]
            terms[count, 2], terms[count, 3] = outcome[a], outcome[b]
            terms[count, 4], terms[count, 5] = for_j, for_i
            terms[count, 6] = share[row] * gain[row]
            position[i, a] += terms[count, 0]
            position[j, b] += terms[count, 1]
            free[i, a], free[j, b], stale[a], stale[b] = False, False, True, True
            count += 1


@compiled
def _changes(i: int, a: int, j: int, b: int, gain: float, side: Sides, salience: Floats) -> tuple[float, float]:
    """Changes of the outcomes on a and b by which i and j both gain this much."""
    step = gain / _edge(i, a, j, b, salience)
    return side[j, a] * step * (salience[i, b] + salience[j, b]), side[i, b] * step * (salience[i, a] + salience[j, a])


@compiled
def _edge(i: int, a: int, j: int, b: int, salience: Floats) -> float:
    """By how much relative saliences differ; positive if i cares relatively less for a."""
    return salience[i, b] * salience[j, a] - salience[i, a] * salience[j, b]


@compiled
def _place(k: int, position: Floats, ideal: Floats, leverage: Floats, outcome: Floats, side: Sides) -> None:
    """Set the expected outcome of an issue, and who is below it (-1), at it (0) and above it (1)."""
    outcome[k] = 0.0
    for i in range(len(ideal)):
        outcome[k] += leverage[i, k] * position[i, k]
    for i in range(len(ideal)):
        away = ideal[i, k] - outcome[k]
        side[i, k] = 0 if abs(away) <= TOUCH else 1 if away > 0.0 else -1


@compiled
def _best(
    start: int, pairs: Rows, limit: Floats, outcome: Floats, side: Sides, ideal: Floats, salience: Floats,
    leverage: Floats, free: Flags, min_gain: float, gain: Floats, tied: NDArray[np.int64],
) -> tuple[int, int]:
    """Find the trades that gain most; of equal ones those that take the smallest shifts.

    Pairs stand in the order of their limits, so that the search ends where the limit falls below the best gain. What
    can never be traded any more is dropped from the part that was searched, by moving the rest of it towards its end.

    Returns:
        Where the search starts next time; how many trades tie (0 if none gains more than `min_gain`), with `tied`
        their rows in `pairs` and `gain` what they gain.
    """
    best, least, ties, end = min_gain, np.inf, 0, start
    while end < len(pairs) and limit[end] >= best - TIE:
        i, a, j, b = pairs[end]
        gain[end] = 0.0
        if free[i, a] and free[j, b] and side[i, a] * side[j, a] == -1 and side[i, b] * side[j, b] == -1:
            gain[end] = min(limit[end], _room(i, a, j, b, outcome, ideal, salience))
        best = max(best, gain[end])
        end += 1
    kept = end
    for row in range(end - 1, start - 1, -1):
        if free[pairs[row, 0], pairs[row, 1]] and free[pairs[row, 2], pairs[row, 3]]:
            kept -= 1
            limit[kept], gain[kept] = limit[row], gain[row]
            for column in range(4):
                pairs[kept, column] = pairs[row, column]
    for row in range(kept, end):
        if gain[row] > min_gain and gain[row] >= best - TIE:
            i, a, j, b = pairs[row]
            for_j, for_i = _changes(i, a, j, b, gain[row], side, salience)
            shift = abs(for_j) / leverage[i, a] + abs(for_i) / leverage[j, b]
            ties = 0 if shift < least - TOUCH else ties
            least = min(shift, least)
            if shift <= least + TOUCH:
                tied[ties] = row
                ties += 1
    return kept, ties


@compiled
def _room(i: int, a: int, j: int, b: int, outcome: Floats, ideal: Floats, salience: Floats) -> float:
    """What each gains by a trade that moves one of the outcomes all the way to the actor that it is moved for."""
    for_j = abs(ideal[j, a] - outcome[a]) / (salience[i, b] + salience[j, b])
    for_i = abs(ideal[i, b] - outcome[b]) / (salience[i, a] + salience[j, a])
    return _edge(i, a, j, b, salience) * min(for_j, for_i)


@compiled
def _share(
    tied: NDArray[np.int64], pairs: Rows, outcome: Floats, side: Sides, ideal: Floats, salience: Floats, gain: Floats,
    share: Floats,
) -> None:
    """Set the part in which each of the tied trades is made, in (0, 1], for all are made at once.

    A position that several want is shared equally among them; and all are cut alike if together they would move an
    outcome past an actor that it is moved for.
    """
    wanted, moved, cut = np.zeros(ideal.shape), np.zeros(len(outcome)), 1.0
    for row in tied:
        i, a, j, b = pairs[row]
        wanted[i, a] += 1.0
        wanted[j, b] += 1.0
    for row in tied:
        i, a, j, b = pairs[row]
        share[row] = 1.0 / max(wanted[i, a], wanted[j, b])
        for_j, for_i = _changes(i, a, j, b, share[row] * gain[row], side, salience)
        moved[a] += for_j
        moved[b] += for_i
    for row in tied:
        i, a, j, b = pairs[row]
        room_j, room_i = abs(ideal[j, a] - outcome[a]), abs(ideal[i, b] - outcome[b])
        cut = min(cut, room_j / max(moved[a] * side[j, a], room_j), room_i / max(moved[b] * side[i, b], room_i))
    for row in tied:
        share[row] *= cut

"""Stability of a coalition that anybody may join or leave, and the coalitions to which one move after another leads.

Everything rests on one function of the game, `Gain`: what joining is worth to every player, given who is inside. A
player's own entry is read only where it is outside, so that what a member gains by staying is its entry in the
coalition without it: nobody counts itself among those whom it would join.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Gain = Callable[[Flags], Floats]   # coalition (n,) -> payoff of being in less that of being out, (n,)

ROUNDING = 1e-12   # gains within this of 0 are indifference, and whoever is indifferent stays where it is


@dataclass(frozen=True, eq=False)
class Rest:
    """Where the moves of players end.

    Attributes:
        inside: the coalition, (n,); where moves never end, the first one that came up again.
        rounds: rounds until nobody moved or a coalition came up again, of the order of moves that is reported.
        in_turn: whether players had to move one after another, as moving all at once went round in a circle.
        cycled: whether moving in turn went round in a circle too, so that no equilibrium was found.
    """

    inside: Flags
    rounds: int
    in_turn: bool
    cycled: bool


def worth(gain: Gain, inside: Flags, free: Flags) -> Floats:
    """What being inside is worth to every free player given the others, (n,); 0 for players that are not free."""
    at = np.where(free & ~inside, gain(inside), 0.0)
    for i in np.flatnonzero(free & inside).tolist():
        at[i] = _worth_to(gain, inside, i)
    return at


def destabilizers(gain: Gain, inside: Flags, free: Flags) -> tuple[Flags, Flags]:
    """Members that gain by leaving and outsiders that gain by joining, each alone while the rest stay, (n,) each.

    A coalition is internally stable if there are none of the first, externally stable if there are none of the second
    (d'Aspremont, Jacquemin, Gabszewicz & Weymark 1983; Carraro & Siniscalco 1993). Only `free` players can move.
    """
    at = worth(gain, inside, free)
    return inside & (at < -ROUNDING), ~inside & (at > ROUNDING)


def best_responses(gain: Gain, start: Flags, free: Flags) -> Rest:
    """Let free players join and leave as they gain by it, until nobody does.

    All move at once, round by round. If a coalition comes up again, they start anew and move one after another, in the
    order of their rows. An end without a circle is internally and externally stable. If all gains rise with the
    coalition, moving at once from nobody inside leads to the smallest equilibrium, and from everybody to the largest
    (Topkis 1979); where members crowd each other out the two ends are equilibria, but others may lie beyond them.
    """
    inside, rounds, cycled = _until_rest(lambda now: _all_at_once(gain, now, free), start)
    if not cycled:
        return Rest(inside, rounds, in_turn=False, cycled=False)
    inside, rounds, cycled = _until_rest(lambda now: _in_turn(gain, now, free), start)
    return Rest(inside, rounds, in_turn=True, cycled=cycled)


def _until_rest(move: Callable[[Flags], Flags], start: Flags) -> tuple[Flags, int, bool]:
    """The first coalition that comes up again, after how many rounds, and whether others came up in between."""
    inside, seen = start.copy(), {start.tobytes()}
    while True:   # ends, as there are only so many coalitions
        after = move(inside)
        if after.tobytes() in seen:
            return after, len(seen), not np.array_equal(after, inside)
        seen.add(after.tobytes())
        inside = after


def _all_at_once(gain: Gain, inside: Flags, free: Flags) -> Flags:
    leaving, joining = destabilizers(gain, inside, free)
    return (inside & ~leaving) | joining


def _in_turn(gain: Gain, inside: Flags, free: Flags) -> Flags:
    now = inside.copy()
    for i in np.flatnonzero(free).tolist():
        at = _worth_to(gain, now, i)
        if abs(at) > ROUNDING:
            now[i] = at > 0
    return now


def _worth_to(gain: Gain, inside: Flags, i: int) -> float:
    """What being inside is worth to one player, given the others."""
    others = inside.copy()
    others[i] = False
    return float(gain(others)[i])

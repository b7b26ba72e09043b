"""Exchange: actors trade support on issues that they care less for against support on those they care more for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from waico.negotiation.bargain.protocol import NO_PARTNER, BargainingProtocol, Moves, mean_position, protocols
from waico.negotiation.bargain.swaps import TIE, swaps
from waico.negotiation.table import Table
from waico.scenarios.schema import param

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

SAME = 9          # decimals up to which actors that agree in everything act as one
MIN_GAIN = 1e-6


class Trade(NamedTuple):
    """One exchange: `i` yields on issue `a` to `j`, which yields on issue `b` in return.

    Attributes:
        i, j: participants, several where some are alike in everything and act as one. a, b: issues.
        shift_i: by how much i moves on a. shift_j: by how much j moves on b.
        gain: utility that each of the two gains, > 0.
        externality: utility that all others gain (a loss if negative), summed over them.
        winners, losers: number of others that gain and lose by the trade as a whole.
    """

    i: tuple[int, ...]
    j: tuple[int, ...]
    a: int
    b: int
    shift_i: float
    shift_j: float
    gain: float
    externality: float
    winners: int
    losers: int


@protocols.register("exchange")
class Exchange(BargainingProtocol):
    """Pairs trade position shifts across two issues, best gains first; the text follows the weighted mean.

    The exchange model with equal gains (Stokman & Van Oosten 1994; Dijkstra, Van Assen & Stokman 2008): an actor shifts
    where it cares relatively less, towards a partner that shifts where the actor cares relatively more. Trades are made
    at the first opportunity, and a position is traded once in a negotiation. With one issue there is none to make.
    """

    min_gain: float = param(
        MIN_GAIN, "gain that an exchange must exceed for both; utilities are saliences times distances", ge=1e-9, le=1
    )

    def negotiate(self, table: Table, days: float) -> Moves | None:
        """Shifts by all trades there are to make; None if there are none."""
        deals = _deals(table, self.min_gain)
        if not len(deals.gain):
            return None
        group, movers = deals.group, (deals.mover, deals.issue)
        shift, externality = np.zeros((2, len(deals.first), len(table.text)))
        partner = np.full(shift.shape, NO_PARTNER)
        np.add.at(shift, movers, deals.shift)
        np.add.at(externality, movers, deals.effect.sum(axis=0))
        partner[deals.mover[::-1], deals.issue[::-1]] = deals.first[deals.mover[::-1, ::-1]]   # the first of several
        return Moves(
            np.clip(table.position + shift[group], 0.0, 1.0),
            partner[group],
            externality[group] / np.bincount(group)[group, None],
        )

    def remarks(self, table: Table) -> list[str]:
        """Why no trade is made, if none is."""
        why = obstacle(table, self.min_gain)
        return [] if why is None else [f"no trades: {why}"]

    def outcome(self, table: Table) -> Floats:
        """The weighted mean of positions after the trades."""
        return mean_position(table)


def trades(table: Table, min_gain: float = MIN_GAIN) -> list[Trade]:
    """The trades that `Exchange(min_gain=min_gain)` makes at a table, in that order; none where there is one issue."""
    deals = _deals(table, min_gain)
    members = [tuple(np.flatnonzero(deals.group == g).tolist()) for g in range(len(deals.first) - 1)]
    effect = deals.effect.sum(axis=2)
    total, winners, losers = effect.sum(axis=0), (effect > TIE).sum(axis=0), (effect < -TIE).sum(axis=0)
    return [
        Trade(
            i=members[deals.mover[t, 0]], j=members[deals.mover[t, 1]],
            a=int(deals.issue[t, 0]), b=int(deals.issue[t, 1]),
            shift_i=float(deals.shift[t, 0]), shift_j=float(deals.shift[t, 1]), gain=float(deals.gain[t]),
            externality=float(total[t]), winners=int(winners[t]), losers=int(losers[t]),
        )
        for t in range(len(deals.gain))
    ]  # fmt: skip


def obstacle(table: Table, min_gain: float = MIN_GAIN) -> str | None:
    """Why a table allows for no trades, in words; None if there are trades."""
    salience = table.salience[table.weight > 0]
    if len(table.text) < 2:
        return "an exchange needs two issues, and there is only one"
    if len(salience) and np.ptp(salience / salience.sum(axis=1, keepdims=True), axis=0).max() < 10.0**-SAME:
        return "all participants weigh issues alike, and only those who differ in that can exchange"
    return None if trades(table, min_gain) else f"no pair would gain more than {min_gain:g} each"


class _Deals(NamedTuple):
    """T trades between groups of participants that are alike; the last group is of those without weight.

    Attributes:
        group: of each participant, (n,). first: lowest row of each group.
        mover: groups i and j, (T, 2). issue: a and b, (T, 2). shift: of i on a and j on b, (T, 2). gain: (T,).
        effect: what third parties gain by each shift, (n, T, 2).
    """

    group: Indices
    first: Indices
    mover: Indices
    issue: Indices
    shift: Floats
    gain: Floats
    effect: Floats


def _deals(table: Table, min_gain: float) -> _Deals:
    """Let groups of participants trade."""
    ideal = table.position - table.conceded
    group, first = _alike(table, ideal)
    member = group == np.arange(len(first) - 1)[:, None]
    mean = member / member.sum(axis=1, keepdims=True)
    weight = member @ table.weight
    pairs, terms = swaps(
        mean @ table.position, mean @ ideal, mean @ table.salience, weight / weight.sum(), mean @ table.floor,
        mean @ table.ceiling, mean @ (table.conceded != 0.0) == 0.0, min_gain,
    )  # fmt: skip
    mover, issue = pairs[:, ::2].astype(np.intp), pairs[:, 1::2].astype(np.intp)
    effect = _effect(table.salience[:, issue], ideal[:, issue] - terms[:, 2:4], terms[:, 4:6])
    effect[(group[:, None, None] == mover).any(axis=2)] = 0.0
    return _Deals(group, first, mover, issue, terms[:, :2], terms[:, 6], effect)


def _alike(table: Table, ideal: Floats) -> tuple[Indices, Indices]:
    """Group those who agree in everything, so that an actor split in two acts as before.

    Participants without weight move no outcome and do not trade: they are the last group.

    Returns:
        Group of each participant, (n,); and the lowest row of each group, ascending, the last entry without meaning.
    """
    present = np.flatnonzero(table.weight > 0)
    traits = np.hstack([ideal, table.conceded, table.salience, table.floor, table.ceiling])[present].round(SAME)
    _, first, kind = np.unique(traits + 0.0, axis=0, return_index=True, return_inverse=True)
    group = np.full(len(table.weight), len(first))
    group[present] = np.argsort(np.argsort(first))[kind.reshape(-1)]
    return group, np.append(present[np.sort(first)], NO_PARTNER)


def _effect(salience: Floats, away: Floats, change: Floats) -> Floats:
    """Utility gained when an outcome `away` from an actor changes."""
    return salience * (np.abs(away) - np.abs(away - change))

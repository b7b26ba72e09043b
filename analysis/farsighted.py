"""Coalitions that last where blocs look ahead: Chwe's largest consistent set, exact on a handful of blocs.

Sets of blocs, and so coalitions, are whole numbers: bit i says whether bloc i is among them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.analysis.coalition import ROUNDING, worth
from waico.analysis.stability import Accession
from waico.model import NegotiationModel
from waico.scenarios.facts import load_facts

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Sets = NDArray[np.int64]   # sets of players as the bits of whole numbers

MOST_BLOCS = 6


def farsighted(payoff: Floats) -> Flags:
    """The largest consistent set of a game of open membership (Chwe 1994), (2^n,).

    Coalition S is the whole number whose bit i says whether player i is inside. Any set of players may join or leave
    together, each for itself, from S to S'. S' indirectly dominates S if there is a sequence of such moves from S to S'
    so that all who move are better off at S' than where they move. A set of coalitions is consistent if for every S in
    it and every move from S to D there is a T in the set, equal to D or indirectly dominating it, at which not all who
    moved are better off than at S. The union of all consistent sets is consistent, and on finitely many coalitions not
    empty.

    Joint moves are Chwe's, and those of coordinated accession (Diamantoudi & Sartzetakis 2015). If only one player
    could move at a time, every strict equilibrium of the myopic test would be consistent, as whoever leaves it can go
    back: the check could not fail.

    Args:
        payoff: of every player at every coalition, (2^n, n), n up to 6.

    Raises:
        ValueError: the array has another shape.
    """
    coalitions, players = payoff.shape
    if players > MOST_BLOCS or coalitions != 2**players:
        raise ValueError(f"payoffs of n players, up to {MOST_BLOCS}, have the shape (2^n, n), not {payoff.shape}")
    prefer = preferences(payoff)
    reached = indirectly_dominated(prefer) | np.eye(coalitions, dtype=bool)
    consistent = np.ones(coalitions, dtype=bool)
    while True:
        lasting = consistent & (undeterred(prefer, reached, consistent) == 0)
        if np.array_equal(lasting, consistent):
            return consistent
        consistent = lasting


def preferences(payoff: Floats) -> Sets:
    """Who prefers coalition T to S, as the bits of a whole number, (2^n, 2^n) with S first."""
    better = payoff[None, :, :] > payoff[:, None, :] + ROUNDING
    return np.asarray(better @ (1 << np.arange(payoff.shape[1])), dtype=np.int64)


def indirectly_dominated(prefer: Sets) -> Flags:
    """Whether coalition T indirectly dominates S, (2^n, 2^n) with S first: moves are searched backwards from each T."""
    every = np.arange(len(prefer))
    dominated = np.zeros(prefer.shape, dtype=bool)
    for end in range(len(prefer)):
        ahead = [end]
        while ahead:
            movers = every ^ ahead.pop()
            found = (movers != 0) & ((movers & ~prefer[:, end]) == 0) & ~dominated[:, end]
            dominated[found, end] = True
            ahead += np.flatnonzero(found).tolist()
    return dominated


def undeterred(prefer: Sets, reached: Flags, lasting: Flags) -> Sets:
    """The smallest set of players whose move from each coalition nothing deters, (2^n,); 0 if there is none.

    Args:
        prefer: from `preferences`.
        reached: whether T equals or indirectly dominates S, (2^n, 2^n) with S first.
        lasting: coalitions at which moves may end, (2^n,).
    """
    movers = sorted(range(1, len(prefer)), key=lambda players: (players.bit_count(), players))
    first = np.zeros(len(prefer), dtype=np.int64)
    for s in range(len(prefer)):
        ends = ((players, prefer[s, reached[s ^ players] & lasting]) for players in movers)
        first[s] = next((players for players, better in ends if ((players & ~better) == 0).all()), 0)
    return first


def gaining(payoff: Floats) -> Sets:
    """The first player, as a bit, that gains by moving alone if it ends there, (2^n,); 0 where no player does."""
    coalitions, players = payoff.shape
    first = np.zeros(coalitions, dtype=np.int64)
    for i in reversed(range(players)):
        moved = payoff[np.arange(coalitions) ^ (1 << i), i]
        first[moved > payoff[:, i] + ROUNDING] = 1 << i
    return first


@dataclass(frozen=True, eq=False)
class Blocs:
    """Blocs of states that may come and go.

    Attributes:
        names: of the blocs, in the order of their labels. bloc: the bloc of every state, -1 for those in none, (N,).
    """

    names: tuple[str, ...]
    bloc: NDArray[np.intp]

    def among(self, players: int) -> list[int]:
        """Numbers of the blocs in a set of them."""
        return [b for b in range(len(self.names)) if players >> b & 1]

    def label(self, players: int) -> str:
        """Names of the blocs in a set of them."""
        return "; ".join(self.names[b] for b in self.among(players))

    def inside(self, game: Accession, players: int) -> Flags:
        """States inside if these blocs are, (N,); states in no bloc are where the run has left them."""
        return (game.inside & (self.bloc < 0)) | np.isin(self.bloc, self.among(players))


def blocs_of(model: NegotiationModel, institution: str | None = None, most: int = MOST_BLOCS) -> Blocs:
    """All states that may come and go, in up to `most` blocs by region and by whether they are of the rival's camp.

    While there are too many, the lightest is joined with the next lightest of its camp (of any, if it is the last).

    Raises:
        InputError: there is no such institution, or it is not on the table or in force.
    """
    game, setting = Accession(model, institution), model.world.setting
    camp = setting.camp[:, setting.bodies.index(game.institution)]
    region = load_facts(setting.scenario).nations["region"]
    labels: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for i in np.flatnonzero(game.free).tolist():
        side = "rival's camp" if camp[i] < 0 else "others"
        labels.setdefault((side, (str(region.iloc[i]),)), []).append(i)
    while len(labels) > most:
        order = sorted(labels, key=lambda key: (round(float(game.weight[labels[key]].sum()), 12), key))
        lightest = order[0]
        partner = next((key for key in order[1:] if key[0] == lightest[0]), order[1])
        side = lightest[0] if lightest[0] == partner[0] else "mixed"
        rows = labels.pop(lightest) + labels.pop(partner)
        labels.setdefault((side, tuple(sorted({*lightest[1], *partner[1]}))), []).extend(rows)
    bloc = np.full(len(game.codes), -1)
    for number, key in enumerate(sorted(labels)):
        bloc[labels[key]] = number
    return Blocs(tuple(f"{side}: {', '.join(places)}" for side, places in sorted(labels)), bloc)


def bloc_payoffs(game: Accession, blocs: Blocs) -> Floats:
    """Payoff of every bloc at every coalition, (2^n, n): 0 outside, inside the mean of its states' u by weight.

    The u of a state inside is taken with all others of the coalition inside but not itself. States in no bloc stay.
    """
    n = len(blocs.names)
    payoff = np.zeros((2**n, n))
    for s in range(2**n):
        u = worth(game.gain, blocs.inside(game, s), game.free)
        for b in blocs.among(s):
            rows = blocs.bloc == b
            payoff[s, b] = np.average(u[rows], weights=game.weight[rows])
    return payoff


def farsighted_check(model: NegotiationModel, institution: str | None = None) -> pd.DataFrame:
    """Which coalitions of blocs last, for blocs that look one move ahead and for blocs that look to the end.

    A cross-check of `stability`: blocs move as one, and payoffs are those of `bloc_payoffs`. The largest consistent set
    rules out with confidence and keeps generously (Chwe 1994): what it leaves out would surely not last.

    Args:
        model: a run, usually one that has ended.
        institution: its id; the first one if not given.

    Returns:
        One row per coalition of blocs. Columns: coalition (names of the blocs inside, joined by "; "), members (states
        inside, those in no bloc included), myopic (no bloc gains by its own move), consistent (in the largest
        consistent set), mover (the first bloc that gains by its own move, or ""), undeterred (the smallest set of blocs
        whose joint move nothing in the largest consistent set deters, or ""), distance (share of the states free to
        come and go that stand elsewhere than in the model's membership).

    Raises:
        InputError: there is no such institution, or it is not on the table or in force.
    """
    game, blocs = Accession(model, institution), blocs_of(model, institution)
    payoff = bloc_payoffs(game, blocs)
    consistent, prefer = farsighted(payoff), preferences(payoff)
    reached = indirectly_dominated(prefer) | np.eye(len(payoff), dtype=bool)
    mover, freed = gaining(payoff), undeterred(prefer, reached, consistent)
    rows = []
    for s in range(len(payoff)):
        inside = blocs.inside(game, s)
        elsewhere = (inside != game.inside) & game.free
        rows.append({
            "coalition": blocs.label(s), "members": int(inside.sum()), "myopic": bool(mover[s] == 0),
            "consistent": bool(consistent[s]), "mover": blocs.label(int(mover[s])),
            "undeterred": blocs.label(int(freed[s])), "distance": float(elsewhere.sum() / max(game.free.sum(), 1)),
        })  # fmt: skip
    return pd.DataFrame(rows)

"""Stability of coalitions against textbook games, worked out by hand, and against the definitions, by enumeration."""

from itertools import chain, combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from waico.analysis.coalition import Gain, best_responses, destabilizers
from waico.analysis.farsighted import farsighted, gaining, indirectly_dominated, preferences
from waico.analysis.stability import Flags, Floats


def agreement(inside: Flags) -> Floats:
    """The linear-quadratic environmental agreement of Barrett (1994): payoff b Q - c q^2 / 2, in units of b^2 / c.

    A coalition of k abates k each, everybody else 1. Members get k^2 / 2 + n - k, outsiders k^2 + n - k - 1/2. Joining
    k - 1 others is worth -(k - 1) (k - 3) / 2: 0 to the first, 1/2 to the second, 0 to the third, then less than 0.
    """
    k = inside.sum() + 1
    return np.full(len(inside), -(k - 1) * (k - 3) / 2)


def agreement_payoffs(n: int) -> Floats:
    """The same game in full, (2^n, n)."""
    payoff = np.empty((2**n, n))
    for s in range(2**n):
        k = s.bit_count()
        for i in range(n):
            payoff[s, i] = k**2 / 2 + n - k if s >> i & 1 else k**2 + n - k - 0.5
    payoff[[1 << i for i in range(n)]] = payoff[0]   # a coalition of one is none
    return payoff


def first(count: int, n: int) -> Flags:
    return np.arange(n) < count


@pytest.mark.parametrize("n", [4, 10])
def test_self_enforcing_agreements_have_two_or_three_members(n: int) -> None:
    everybody = np.ones(n, dtype=bool)
    found = [destabilizers(agreement, first(k, n), everybody) for k in range(n + 1)]
    assert [k for k, moves in enumerate(found) if not np.any(moves)] == [0, 2, 3]
    assert [int(joining.sum()) for _, joining in found] == [0, n - 1] + [0] * (n - 1)
    assert [int(leaving.sum()) for leaving, _ in found] == [0, 0, 0, 0, *range(4, n + 1)]


def test_an_agreement_with_a_leader_ends_at_two_or_three_members() -> None:
    n = 10
    leader = first(1, n)
    low, high = (best_responses(agreement, start, ~leader) for start in (leader, np.ones(n, dtype=bool)))
    # at once all nine join the leader, and leave again; one by one the second joins, and the rest are indifferent
    assert (low.in_turn, low.cycled, low.rounds) == (True, False, 2)
    assert np.flatnonzero(low.inside).tolist() == [0, 1]
    # from ten on they leave in turn, until two are left beside the leader
    assert (high.in_turn, high.cycled, high.rounds) == (True, False, 2)
    assert np.flatnonzero(high.inside).tolist() == [0, 8, 9]


def test_the_gain_is_the_difference_of_the_payoffs_in_full() -> None:
    n, payoff = 5, agreement_payoffs(5)
    for s in range(2**n):
        gain = agreement(bits(s, n))
        for i in range(n):
            if not s >> i & 1:
                assert payoff[s | 1 << i, i] - payoff[s, i] == pytest.approx(gain[i])


def dilemma(inside: Flags) -> Floats:
    """Two players; being in costs 1 whatever the other does, and gives 2 to the other."""
    return np.full(2, -1.0)


DILEMMA = np.array([[1.0, 1.0], [0.0, 3.0], [3.0, 0.0], [2.0, 2.0]])


def coordination(inside: Flags) -> Floats:
    """Two players; being in is worth 1 with the other and costs 1 without."""
    return np.where(inside[::-1], 1.0, -1.0)


COORDINATION = np.array([[0.0, 0.0], [-1.0, 0.0], [0.0, -1.0], [1.0, 1.0]])


def pursuit(inside: Flags) -> Floats:
    """Matching pennies: the first wants to be where the second is, the second wants to be elsewhere."""
    return np.array([1.0, -1.0]) * np.where(inside[::-1], 1.0, -1.0)


@pytest.mark.parametrize(
    ("gain", "low", "high"), [(dilemma, [], []), (coordination, [], [0, 1])], ids=["dilemma", "coordination"]
)
def test_both_ends_of_two_player_games(gain: Gain, low: list[int], high: list[int]) -> None:
    both = np.ones(2, dtype=bool)
    for start, end in ((~both, low), (both, high)):
        rest = best_responses(gain, start, both)
        assert np.flatnonzero(rest.inside).tolist() == end
        assert not rest.in_turn and not rest.cycled


def test_a_game_without_an_equilibrium_is_told_as_such() -> None:
    both = np.ones(2, dtype=bool)
    for start in (~both, both):
        rest = best_responses(pursuit, start, both)
        assert rest.in_turn and rest.cycled
        assert np.any(destabilizers(pursuit, rest.inside, both))


def test_foresight_sustains_cooperation_in_the_dilemma() -> None:
    # One inside alone leaves: wherever that may end (nobody inside, both inside) it is better off. Hence, from nobody
    # inside, both join together, as nothing but both inside can follow. From both inside, who leaves foresees that the
    # other leaves too and both then come back: no gain.
    assert np.flatnonzero(farsighted(DILEMMA)).tolist() == [3]
    assert np.flatnonzero(gaining(DILEMMA) == 0).tolist() == [0]   # looking one move ahead, it is the other way round


def test_foresight_selects_the_better_equilibrium() -> None:
    assert np.flatnonzero(gaining(COORDINATION) == 0).tolist() == [0, 3]
    assert np.flatnonzero(farsighted(COORDINATION)).tolist() == [3]


def bits(s: int, n: int) -> Flags:
    return (s >> np.arange(n) & 1).astype(bool)


whole = st.integers(-3, 3)   # small numbers, so that there are ties


@st.composite
def games(draw: st.DrawFn, players: int) -> Floats:
    size = 2**players * players
    return np.array(draw(st.lists(whole, min_size=size, max_size=size)), dtype=float).reshape(-1, players)


def dominates(payoff: Floats, start: int, end: int, seen: frozenset[int]) -> bool:
    """By the definition: follow every path of moves from `start` on which all who move prefer the end."""
    players = payoff.shape[1]
    for after in range(len(payoff)):
        movers = [i for i in range(players) if (start ^ after) >> i & 1]
        if after in seen or not movers or not all(payoff[end, i] > payoff[start, i] for i in movers):
            continue
        if after == end or dominates(payoff, after, end, seen | {after}):
            return True
    return False


def largest_consistent_set(payoff: Floats) -> list[int]:
    """By the definition: the union of all sets of coalitions that are consistent."""
    n, every = payoff.shape[1], range(len(payoff))
    ends = {d: {d} | {e for e in every if e != d and dominates(payoff, d, e, frozenset({d}))} for d in every}

    def deterred(s: int, d: int, chosen: set[int]) -> bool:
        movers = [i for i in range(n) if (s ^ d) >> i & 1]
        return any(any(payoff[e, i] <= payoff[s, i] for i in movers) for e in ends[d] & chosen)

    union: set[int] = set()
    for subset in chain.from_iterable(combinations(every, size) for size in range(1, len(payoff) + 1)):
        chosen = set(subset)
        if all(deterred(s, d, chosen) for s in chosen for d in every if d != s):
            union |= chosen
    return sorted(union)


@settings(max_examples=40, deadline=None)
@given(st.one_of(games(players=2), games(players=3)))
def test_the_largest_consistent_set_is_the_union_of_all_consistent_sets(payoff: Floats) -> None:
    assert np.flatnonzero(farsighted(payoff)).tolist() == largest_consistent_set(payoff)


@settings(max_examples=25, deadline=None)
@given(st.one_of(games(players=3), games(players=5)))
def test_what_is_left_out_is_dominated_by_something_that_lasts(payoff: Floats) -> None:
    # external stability of the largest consistent set (Chwe 1994, proposition 2), which also says that it is not empty
    lasting, dominated = farsighted(payoff), indirectly_dominated(preferences(payoff))
    assert (lasting | dominated[:, lasting].any(axis=1)).all()


@settings(max_examples=25, deadline=None)
@given(games(players=3), st.permutations(range(3)))
def test_names_of_players_do_not_matter_to_what_lasts(payoff: Floats, order: list[int]) -> None:
    """Player i is renamed order[i]."""
    renamed = np.array([sum(1 << order[i] for i in range(3) if s >> i & 1) for s in range(8)])
    relabelled = np.empty_like(payoff)
    for s in range(8):
        relabelled[renamed[s], order] = payoff[s]
    assert farsighted(relabelled)[renamed].tolist() == farsighted(payoff).tolist()


@pytest.mark.parametrize("shape", [(4, 3), (128, 7)])
def test_payoffs_of_another_shape_are_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="have the shape"):
        farsighted(np.zeros(shape))


@settings(deadline=None)
@given(games(players=4), st.integers(0, 15), st.integers(0, 15))
def test_destabilizers_are_those_whose_own_move_pays(payoff: Floats, s: int, movable: int) -> None:
    free, inside = bits(movable, 4), bits(s, 4)
    leaving, joining = destabilizers(gain_of(payoff), inside, free)
    for i in range(4):
        pays = bool(free[i] and payoff[s ^ 1 << i, i] > payoff[s, i])
        assert (leaving[i], joining[i]) == (pays and inside[i], pays and not inside[i])
    assert (gaining(payoff)[s] == 0) == (not np.any(destabilizers(gain_of(payoff), inside, np.ones(4, dtype=bool))))


@settings(deadline=None)
@given(games(players=4), st.integers(0, 15), st.integers(0, 15))
def test_where_moves_end_nobody_gains_by_moving(payoff: Floats, s: int, movable: int) -> None:
    gain, free, start = gain_of(payoff), bits(movable, 4), bits(s, 4)
    rest = best_responses(gain, start, free)
    assert (rest.inside == start)[~free].all()
    assert rest.cycled == bool(np.any(destabilizers(gain, rest.inside, free)))


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=16, max_size=16), st.lists(st.floats(-2, 1), min_size=4, max_size=4))
def test_with_gains_that_rise_the_two_ends_enclose_all_equilibria(pull: list[float], own: list[float]) -> None:
    ties, everybody = np.round(np.array(pull).reshape(4, 4), 3), np.ones(4, dtype=bool)

    def gain(inside: Flags) -> Floats:
        return np.asarray(np.round(own, 3) + ties @ inside - np.diag(ties) * inside)

    low, high = (best_responses(gain, start, everybody) for start in (~everybody, everybody))
    assert not low.in_turn and not high.in_turn
    coalitions = [bits(s, 4) for s in range(16)]
    for one in coalitions:
        if not np.any(destabilizers(gain, one, everybody)):
            assert (low.inside <= one).all() and (one <= high.inside).all()


@settings(deadline=None)
@given(games(players=4), st.integers(0, 15), st.permutations(range(4)))
def test_names_of_players_do_not_matter_to_stability(payoff: Floats, s: int, order: list[int]) -> None:
    """Row i becomes row order[i]."""
    everybody, gain, inside = np.ones(4, dtype=bool), gain_of(payoff), bits(s, 4)

    def renamed(values: NDArray[Any]) -> NDArray[Any]:
        out = np.empty_like(values)
        out[order] = values
        return out

    def gain_of_renamed(coalition: Flags) -> Floats:
        return renamed(gain(coalition[order]))

    for before, after in zip(
        destabilizers(gain, inside, everybody), destabilizers(gain_of_renamed, renamed(inside), everybody), strict=True
    ):
        assert renamed(before).tolist() == after.tolist()


def gain_of(payoff: Floats) -> Gain:
    """Joining in a game in full: payoff inside less payoff outside, NaN for those who are inside already."""
    n = payoff.shape[1]

    def gain(inside: Flags) -> Floats:
        s = int((1 << np.arange(n))[inside].sum())
        return np.array([np.nan if inside[i] else payoff[s | 1 << i, i] - payoff[s, i] for i in range(n)])

    return gain

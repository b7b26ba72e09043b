"""The exchange protocol against cases worked out by hand, its reference implementation, and what must always hold."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract import ProtocolContract, quick, reordered
from tests.generators import plain_table, tables
from tests.reference.oracle_exchange import exchanges
from waico.negotiation import Table
from waico.negotiation.bargain import NO_PARTNER, Exchange, Trade, protocols, trades
from waico.negotiation.bargain.exchange import obstacle
from waico.negotiation.bargain.protocol import mean_position

FIRST, SECOND = [0.25, 0.75], [0.75, 0.25]   # saliences of one who cares more for issue 1, and of one for issue 0
LEVELS = st.sampled_from([0.0, 0.25, 0.5, 1.0])


class TestExchange(ProtocolContract):
    protocol = Exchange()


def negotiated(table: Table, **parameters: float) -> Table:
    """The table after one round."""
    return Exchange(**parameters).play(table, 30.0)[0]


def alone(table: Table) -> Trade:
    """The only trade."""
    (trade,) = trades(table)
    return trade


def check(trade: Trade, *expected: Any) -> None:
    """The trade between two actors has these leading fields."""
    (i,), (j,), *rest = trade
    assert (i, j, *rest)[: len(expected)] == pytest.approx(expected, abs=1e-14)


# --- by hand --------------------------------------------------------------------------------------------------

def two(**changes: Any) -> Table:
    """Two actors of equal weight at the opposite ends of both issues.

    sum(w s) = 0.5 on both, outcomes 0.375 / 0.5 = 0.75 and 0.125 / 0.5 = 0.25; actor 0 moves the outcome on issue 0
    by 0.125 / 0.5 = 0.25 of its shift, and actor 1 that on issue 1.
    """
    return plain_table([[0, 0], [1, 1]], [FIRST, SECOND], **changes)


def test_two_actors_give_each_other_what_each_cares_for() -> None:
    # the exchange rate is (0.25 + 0.75) / (0.75 + 0.25) = 1: both may go all the way, outcomes move by 0.25
    # each gains 0.75 * 0.25 on the one issue and loses 0.25 * 0.25 on the other
    check(alone(two()), 0, 1, 0, 1, 1.0, -1.0, 0.125, 0.0, 0, 0)
    after = negotiated(two())
    np.testing.assert_allclose(after.position, [[1, 0], [1, 0]], atol=1e-15)
    np.testing.assert_allclose(mean_position(after), [1, 0], atol=1e-15)


def test_the_exchange_rate_makes_gains_equal() -> None:
    # sum(w s) = 0.4 and 0.6, outcomes 0.3 / 0.4 = 3/4 and 0.2 / 0.6 = 1/3, shares 0.1 / 0.4 = 1/4 and 0.2 / 0.6 = 1/3
    # rate (0.2 + 0.6) / (0.8 + 0.4) = 2/3: actor 0 goes all the way, 1/4; so the other outcome falls by 1/6, a shift of
    # (1/6) / (1/3) = 1/2. Gains: 0.8 / 6 - 0.2 / 4 = 1/12 and 0.6 / 4 - 0.4 / 6 = 1/12
    table = plain_table([[0, 0], [1, 1]], [[0.2, 0.8], [0.6, 0.4]])
    check(alone(table), 0, 1, 0, 1, 1.0, -0.5, 1 / 12, 0.0, 0, 0)
    np.testing.assert_allclose(mean_position(negotiated(table)), [1, 1 / 6], atol=1e-15)


@pytest.mark.parametrize(("third", "effect"), [([0, 1], -1 / 6), ([1, 0], 1 / 6), ([0, 0], 0.0)])
def test_third_parties_gain_or_lose(third: list[float], effect: float) -> None:
    # sum(w s) = 0.5; actors 0 and 1 have a share of 1/6 in the outcome on what they yield on, and go all the way: the
    # outcome on issue 0 rises by 1/6, that on issue 1 falls by 1/6. The third, with salience 1/2, is on the side of each
    # on one issue; or with actor 0 on both, but the poorer partner for actor 1, as it cares for both alike
    table = plain_table([[0, 0], [1, 1], third], [FIRST, SECOND, [0.5, 0.5]])
    check(trades(table)[0], 0, 1, 0, 1, 1.0, -1.0, 1 / 12, effect, int(effect > 0), int(effect < 0))


def test_externalities_stand_by_the_move_that_has_them() -> None:
    # as above: the third, at 0 and 0, loses 1/2 * 1/6 as the outcome rises and gains as much as the other falls
    _, moves = Exchange().play(plain_table([[0, 0], [1, 1], [0, 0]], [FIRST, SECOND, [0.5, 0.5]]), 30.0)
    assert moves is not None
    np.testing.assert_allclose(moves.externality[:2], [[-1 / 12, 0], [0, 1 / 12]], atol=1e-15)


def test_no_outcome_moves_past_the_actor_that_it_is_moved_for() -> None:
    # pulls 0.1 0.15 0.2 and 0.3 0.05 0.2; outcomes 0.305 / 0.45 = 0.7 - 1/45 and 1/11; shares 2/9 and 1/11; rate 1
    # actor 0 could move the first outcome by 2/9 * 0.7, but 1/45 brings it to actor 1: shifts 0.1 and -11/45, gains
    # (0.75 - 0.25) / 45; the third gains 1/2 * 1/45 on both issues
    table = plain_table([[0, 0], [0.7, 1], [1, 0]], [FIRST, SECOND, [0.5, 0.5]], [0.4, 0.2, 0.4])
    check(alone(table), 0, 1, 0, 1, 0.1, -11 / 45, 1 / 90, 1 / 45, 1, 0)


def test_nobody_crosses_its_own_red_line() -> None:
    # with a ceiling of 1/2 actor 0 goes half the way, and so does actor 1; one that is beyond its ceiling stays
    check(alone(two(ceiling=np.array([[0.5, 1], [1, 1]]))), 0, 1, 0, 1, 0.5, -0.5, 0.0625)
    check(alone(two(floor=np.array([[0, 0], [0, 0.75]]))), 0, 1, 0, 1, 0.25, -0.25, 0.03125)
    assert trades(plain_table([[0.4, 0], [1, 1]], [FIRST, SECOND], ceiling=np.array([[0.3, 1], [1, 1]]))) == []


@pytest.mark.parametrize(
    "table",
    [
        plain_table([[0], [1]]),                                                  # one issue
        plain_table([[0, 0], [1, 1]], [[0.3, 0.6], [0.1, 0.2]]),                  # the same relative saliences
        plain_table([[0, 0], [1, 0]], [FIRST, SECOND]),                           # agreed on one issue
        two(weight=np.array([1.0, 0.0])), two(weight=np.zeros(2)),                # without weight
        two(conceded=np.array([[0.1, 0], [0, 0]])),                               # traded before
        plain_table([[0.5, 0], [0, 1], [1, 1]], [FIRST, SECOND, SECOND]),         # at the outcome on one
    ],
)  # fmt: skip
def test_no_trade(table: Table) -> None:
    assert trades(table) == []
    after, moves = Exchange().play(table, 30.0)
    assert moves is None
    assert after.position is table.position


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (plain_table([[0], [1]]), "only one"),
        (plain_table([[0, 0], [1, 1], [0, 1]], [[0.3, 0.6], [0.1, 0.2], FIRST], weight=np.array([1, 1, 0])), "alike"),
        (plain_table([[0, 0], [1, 0]], [FIRST, SECOND]), "no pair would gain more than 1e-06"),
        (two(weight=np.zeros(2)), "no pair"),
    ],
)  # fmt: skip
def test_says_why_there_is_nothing_to_trade(table: Table, words: str) -> None:
    assert words in (obstacle(table) or "")


def test_says_nothing_where_there_are_trades() -> None:
    assert obstacle(two()) is None
    assert "0.126" in (obstacle(two(), min_gain=0.126) or "")


def test_small_gains_are_not_worth_a_trade() -> None:
    assert len(trades(two(), min_gain=0.124)) == 1
    assert trades(two(), min_gain=0.126) == []


def test_interests_are_those_before_concessions() -> None:
    # actor 1 has conceded on issue 0, down to 0.5: the outcome is 0.375, but it still wants 1, and actor 0 may go there
    conceded = replace(two(conceded=np.array([[0, 0], [-0.5, 0]])), position=np.array([[0, 0], [0.5, 1]]))
    check(alone(conceded), 0, 1, 0, 1, 1.0, -1.0, 0.125)


def test_the_partner_is_the_one_that_the_move_is_for() -> None:
    _, moves = Exchange().play(two(), 30.0)
    assert moves is not None
    assert moves.partner.tolist() == [[1, NO_PARTNER], [NO_PARTNER, 0]]


def test_the_text_approaches_the_mean_after_trades() -> None:
    after = negotiated(two(text=np.array([0.2, 0.2])), rate=0.5)
    np.testing.assert_allclose(after.text, 0.2 + (1 - np.exp(-0.5)) * (np.array([1, 0]) - 0.2), atol=1e-12)


# --- ties -----------------------------------------------------------------------------------------------------

def rivals(weight: list[float]) -> Table:
    """Actors 1 and 2 offer actor 0, which is at the outcome on issue 2, the same; issue 2 alone divides them."""
    third = 0.5 if weight[1] == weight[2] else weight[2] / (weight[1] + weight[2])
    saliences = [[0.2, 0.6, 0.2], [0.6, 0.2, 0.2], [0.6, 0.2, 0.2]]
    return plain_table([[0, 0, third], [1, 1, 0], [1, 1, 1]], saliences, weight)


def test_equal_partners_share_what_both_want() -> None:
    # sum(w s) = 0.4 on both; partners have a share of 0.05 / 0.4 = 1/8, actor 0 of 1/4; alone, either would go all the
    # way, actor 0 half of it, for a gain of 0.6 / 8 - 0.2 / 8 = 1/20; now both trade half of that
    for trade, partner in zip(trades(rivals([0.5, 0.25, 0.25])), (1, 2), strict=True):
        check(trade, 0, partner, 0, 1, 0.25, -0.5, 1 / 40)


def test_of_equal_gains_the_one_that_takes_the_smallest_shifts_comes_first() -> None:
    # what actor 0 can give is the bound, so that both partners gain alike; the weightier has to shift less for it
    assert trades(rivals([0.2, 0.3, 0.5]))[0][:2] == ((0,), (2,))
    assert trades(rivals([0.2, 0.5, 0.3]))[0][:2] == ((0,), (1,))


def test_equal_trades_that_want_nothing_of_each_other_are_made_in_full() -> None:
    # four corners: 0 and 1 trade, and 2 and 3; each has a share of 1/8 in the outcome on what it yields on
    first, second = trades(plain_table([[0, 0], [1, 1], [0, 1], [1, 0]], [FIRST, SECOND, FIRST, SECOND]))
    check(first, 0, 1, 0, 1, 1.0, -1.0, 1 / 16)
    check(second, 2, 3, 0, 1, 1.0, 1.0, 1 / 16)


def test_equal_trades_together_move_no_outcome_past_the_actors_that_they_move_it_for() -> None:
    # sum(w s) = 3 with weights 1 1 1 1 2; outcomes (1.5 * 0.7 + 1) / 3 = 0.7 - 1/60 and 1/2, where actor 4 is; what is
    # yielded counts 1/12. Both pairs would bring the first outcome to 0.7, for a gain of (0.75 - 0.25) / 60; together
    # they go half the way each
    table = plain_table(
        [[0, 0], [0.7, 1], [0, 1], [0.7, 0], [1, 0.5]], [FIRST, SECOND, FIRST, SECOND, [0.5, 0.5]], [1, 1, 1, 1, 2]
    )
    first, second = trades(table)
    check(first, 0, 1, 0, 1, 0.1, -0.1, 1 / 240)
    check(second, 2, 3, 0, 1, 0.1, 0.1, 1 / 240)
    np.testing.assert_allclose(mean_position(negotiated(table)), [0.7, 0.5], atol=1e-15)


def test_actors_that_rounding_tells_apart_act_as_one() -> None:
    # as the two actors of equal weight above, the first of them in two halves
    table = plain_table([[0, 0], [1e-13, 0], [1, 1]], [FIRST, FIRST, SECOND], [0.25, 0.25, 0.5])
    _, moves = Exchange().play(table, 30.0)
    assert moves is not None
    np.testing.assert_allclose(moves.position, [[1, 0], [1, 0], [1, 0]], atol=1e-12)
    assert moves.partner.tolist() == [[2, NO_PARTNER], [2, NO_PARTNER], [NO_PARTNER, 0]]


# --- what must always hold ------------------------------------------------------------------------------------

@st.composite
def coarse(draw: st.DrawFn) -> Table:
    """A table full of ties; some positions were traded before, some weights are 0, some actors have doubles."""
    n, k = draw(st.integers(2, 6)), draw(st.integers(2, 4))

    def some(values: list[float], *shape: int) -> Any:
        size = int(np.prod(shape))
        return np.reshape(draw(st.lists(st.sampled_from(values), min_size=size, max_size=size)), shape)

    salience = some([0.1, 0.2, 0.4], n, k)
    table = plain_table(
        some([0.0, 0.25, 0.5, 1.0], n, k), salience / salience.sum(axis=1, keepdims=True),
        conceded=some([0.0, 0.0, 0.0, 0.1], n, k), ceiling=some([0.5, 1.0, 1.0, 1.0], n, k),
    )  # fmt: skip
    copies = draw(st.lists(st.integers(0, n - 1), max_size=2))
    return replace(reordered(table, [*range(n), *copies]), weight=some([0.0, 1.0, 1.0, 2.0], n + len(copies)))


any_table = st.one_of(tables(), coarse())


def random_table(seed: int, actors: int | None = None, issues: int | None = None) -> Table:
    """A table without ties, of 2 to 8 actors on 2 to 4 issues unless these are given."""
    draws = np.random.default_rng(seed)
    n, k = actors or draws.integers(2, 9), issues or draws.integers(2, 5)
    position = draws.random((n, k))
    return plain_table(
        position, draws.dirichlet(np.ones(k), n), draws.dirichlet(np.ones(n)),
        floor=position * draws.random((n, k)), ceiling=position + (1 - position) * draws.random((n, k)),
    )  # fmt: skip


def compare(table: Table) -> int:
    """Compare all trades, and positions after them, with the reference implementation; number of trades."""
    position, deals, actors = exchanges(table)
    effects = [sum(sum(effect.values()) for effect in deal.effects) for deal in deals]
    expected = sorted(
        (tuple(actors[d.i].rows), tuple(actors[d.j].rows), d.a, d.b, *d.shifts, d.gain, effect)
        for d, effect in zip(deals, effects, strict=True)
    )
    made = trades(table)
    assert [x[:4] for x in sorted(made)] == [x[:4] for x in expected]
    np.testing.assert_allclose([x[4:8] for x in sorted(made)], [x[4:] for x in expected], atol=1e-9)
    np.testing.assert_allclose([x.gain for x in made], [d.gain for d in deals], atol=1e-9)   # the same order
    np.testing.assert_allclose(negotiated(table).position, position, atol=1e-9)
    return len(made)


@settings(quick, max_examples=300)
@given(any_table)
def test_equals_the_reference_implementation(table: Table) -> None:
    compare(table)


def test_equals_the_reference_implementation_where_there_is_much_to_trade() -> None:
    assert compare(random_table(1, actors=24, issues=4)) > 30


@quick
@given(st.integers(0, 2**32))
def test_gains_and_externalities_are_differences_of_utility(seed: int) -> None:
    table = random_table(seed)
    position = table.position.copy()

    def utility() -> Any:
        return -(table.salience * np.abs(table.position - mean_position(replace(table, position=position)))).sum(axis=1)

    for trade in trades(table):
        before, (i,), (j,) = utility(), trade.i, trade.j
        for mover, partner, k, shift in ((i, j, trade.a, trade.shift_i), (j, i, trade.b, trade.shift_j)):
            assert position[mover, k] == table.position[mover, k]   # traded once
            position[mover, k] += shift
            low, high = sorted((table.position[mover, k], table.position[partner, k]))
            assert low - 1e-12 <= position[mover, k] <= high + 1e-12
            assert table.floor[mover, k] - 1e-12 <= position[mover, k] <= table.ceiling[mover, k] + 1e-12
        gained = utility() - before
        assert gained[[i, j]] == pytest.approx(trade.gain, abs=1e-12)
        assert trade.gain > 1e-6
        others = np.delete(gained, [i, j])
        assert others.sum() == pytest.approx(trade.externality, abs=1e-12)
        assert ((others > 1e-9).sum(), (others < -1e-9).sum()) == (trade.winners, trade.losers)


@quick
@given(any_table)
def test_externalities_of_moves_are_those_of_the_trades(table: Table) -> None:
    _, moves = Exchange().play(table, 30.0)
    total = 0.0 if moves is None else moves.externality.sum()
    assert total == pytest.approx(sum(trade.externality for trade in trades(table)), abs=1e-12)


@quick
@given(any_table)
def test_a_second_round_finds_nothing_to_trade(table: Table) -> None:
    assert trades(negotiated(table)) == []


@settings(quick, max_examples=200)
@given(coarse(), st.randoms(use_true_random=False))
def test_ties_depend_neither_on_order_nor_on_direction(table: Table, shuffle: Any) -> None:
    after = negotiated(table)
    order = list(range(len(table.weight)))
    shuffle.shuffle(order)
    np.testing.assert_allclose(negotiated(reordered(table, order)).position, after.position[order], atol=1e-9)
    issues = list(range(len(table.text)))
    shuffle.shuffle(issues)
    names = ("position", "conceded", "salience", "floor", "ceiling", "text", "status_quo")
    turned = replace(table, **{name: getattr(table, name)[..., issues] for name in names})
    np.testing.assert_allclose(negotiated(turned).position, after.position[:, issues], atol=1e-9)
    mirrored = replace(
        table, position=1 - table.position, conceded=-table.conceded, floor=1 - table.ceiling, ceiling=1 - table.floor
    )
    np.testing.assert_allclose(negotiated(mirrored).position, 1 - after.position, atol=1e-9)


@settings(quick, max_examples=200)
@given(any_table, st.data())
def test_splitting_an_actor_in_two_halves_changes_nothing(table: Table, data: st.DataObject) -> None:
    n = len(table.weight)
    split = data.draw(st.integers(0, n - 1))
    twice = reordered(replace(table, sponsor=-1), [*range(n), split])
    twice.weight[[split, n]] /= 2
    whole, halves = negotiated(replace(table, sponsor=-1)), negotiated(twice)
    np.testing.assert_allclose(halves.position, whole.position[[*range(n), split]], atol=1e-9)
    np.testing.assert_allclose(halves.text, whole.text, atol=1e-9)


def test_is_known_by_name() -> None:
    assert protocols.make("exchange", {"min_gain": 0.01}, "file", "field") == Exchange(min_gain=0.01)

"""The challenge protocol: the contract, and cases worked out by hand."""

import numpy as np
import pytest

from tests.contract import ProtocolContract
from tests.generators import plain_table
from waico.negotiation import Table
from waico.negotiation.bargain import NO_PARTNER, Challenge
from waico.negotiation.bargain.protocol import median_position


class TestChallenge(ProtocolContract):
    protocol = Challenge()


class TestChallengeOfTheRiskNeutral(ProtocolContract):
    protocol = Challenge(risk=False, round_days=60.0)


def line(position: list[float], power: list[float], attention: list[float] | None = None, **changes: object) -> Table:
    """One issue; somebody gives it full attention."""
    attention = [1.0] * len(position) if attention is None else attention
    return plain_table(
        np.array([position]).T, np.array([attention]).T, weight=np.array(power), full_salience=1.0, **changes
    )  # fmt: skip


def neutral(table: Table, days: float = 30.0) -> list[float]:
    """Positions after one round among the risk-neutral, who expect 2 d (1 - 2 s_j P_ji) of challenging j."""
    return Challenge(risk=False).negotiate(table, days).position[:, 0].tolist()


def test_a_stronger_actor_wins_outright() -> None:
    # P_12 = 0.8, so that E_12 = 2 (1 - 2 * 0.2) = 1.2 and E_21 = 2 (1 - 2 * 0.8) = -1.2: the loss is as great as the gain
    assert neutral(line([0.0, 1.0], [0.8, 0.2])) == pytest.approx([0.0, 0.0], abs=1e-12)


def test_equals_hold_their_ground() -> None:
    assert neutral(line([0.0, 1.0], [0.5, 0.5])) == [0.0, 1.0]   # E = 0 on either side
    assert neutral(line([0.0, 1.0], [0.5, 0.5], [0.5, 0.5])) == [0.0, 1.0]   # E = 1: a confrontation nobody wins


def test_the_lower_expectation_loses_a_confrontation() -> None:
    # P_12 = 0.6: E_12 = 2 (1 - 2 * 0.5 * 0.4) = 1.2, E_21 = 2 (1 - 2 * 0.5 * 0.6) = 0.8
    assert neutral(line([0.0, 1.0], [0.6, 0.4], [0.5, 0.5])) == pytest.approx([0.0, 0.0], abs=1e-12)


def test_compromise_is_by_the_ratio_of_expectations() -> None:
    # weights 1 and 0.5, P_12 = 2/3: E_12 = 2 (1 - 2 * 0.5 / 3) = 4/3, E_21 = 2 (1 - 2 * 2/3) = -2/3
    assert neutral(line([0.0, 1.0], [1.0, 1.0], [1.0, 0.5])) == pytest.approx([0.0, 0.5], abs=1e-12)


def test_third_parties_decide_and_the_best_enforced_offer_is_taken() -> None:
    # the actor at 0.25 votes 0.75 - 0.25 for 0 against 1: P_12 = 1.5 / 2.5, E_12 = 0.4; it is itself backed by the first
    # against the second: P_32 = 1.5 / 2.25, E_32 = 2 * 0.75 * (1 - 2/3) = 0.5; likewise P_31 = 2/3
    table = line([0.0, 1.0, 0.25], [1.0, 1.0, 1.0])
    moves = Challenge(risk=False).negotiate(table, 30.0)
    assert moves.position[:, 0] == pytest.approx([0.25, 0.25, 0.25], abs=1e-12)
    assert moves.partner[:, 0].tolist() == [2, 2, NO_PARTNER]
    assert not moves.externality.any()


def test_danger_makes_the_weaker_bold() -> None:
    # dangers -1.2 and 1.2, R = -1 and 1, r = 2 and 1/2. With r = 1/2 the status quo is worth 2 - 4 sqrt(1/2) = -d, so
    # that the second expects -1.2 + d of a challenge and fears 1.2 + d: it gives way by (1.2 - d) / (1.2 + d)
    d = 4.0 * 0.5**0.5 - 2.0
    after = Challenge().negotiate(line([0.0, 1.0], [0.8, 0.2]), 30.0).position[:, 0]
    assert after == pytest.approx([0.0, 1.0 - (1.2 - d) / (1.2 + d)], abs=1e-12)


def test_who_agrees_is_not_challenged() -> None:
    moves = Challenge().negotiate(line([0.4, 0.4], [0.9, 0.1]), 30.0)
    assert moves.position[:, 0].tolist() == [0.4, 0.4]
    assert (moves.partner == NO_PARTNER).all()


def test_equal_pulls_from_both_sides_cancel() -> None:
    # the middle hardly resists: P_12 = 1 / 2.1 and E_12 = 1 - 0.2 * 1.1 / 2.1 beats E_21 = 1 - 2 / 2.1, on either side
    assert neutral(line([0.0, 0.5, 1.0], [1.0, 1.0, 1.0], [1.0, 0.1, 1.0])) == [0.0, 0.5, 1.0]
    assert neutral(line([0.0, 0.5, 1.0], [1.0, 1.0, 1.05], [1.0, 0.1, 1.0]))[1] == 1.0


@pytest.mark.parametrize(("days", "carried_out"), [(7.5, 0.25), (30.0, 1.0), (90.0, 1.0)])
def test_a_short_round_carries_out_its_share_of_an_offer(days: float, carried_out: float) -> None:
    assert neutral(line([0.0, 1.0], [0.8, 0.2]), days) == pytest.approx([0.0, 1.0 - carried_out], abs=1e-12)


def test_without_attention_an_actor_takes_no_part() -> None:
    # the third would stretch the range, vote and be challenged
    with_it = neutral(line([0.5, 0.6, 0.0], [1.0, 1.0, 5.0], [1.0, 0.5, 0.0]))
    assert with_it == pytest.approx([0.5, 0.55, 0.0], abs=1e-12)


def test_concessions_do_not_shrink_the_range() -> None:
    # at 0.6 after giving way from 1, so that d = 0.6; exponents 2 and 1/2, votes 0.8 d^2 and 0.2 d^(1/2)
    first, second = 0.8 * 0.6**2, 0.2 * 0.6**0.5
    success, failure, stays = 2.0 - 4.0 * 0.2**0.5, 2.0 - 4.0 * 0.8**0.5, 2.0 - 4.0 * 0.5**0.5
    theirs = (first * success + second * failure) / (first + second) - stays
    own = (second * success + first * failure) / (first + second) - stays
    after = Challenge().negotiate(line([0.0, 0.6], [0.8, 0.2], conceded=np.array([[0.0], [-0.4]])), 30.0)
    assert after.position[1, 0] == pytest.approx(0.6 * (1.0 + own / theirs), abs=1e-12)


def test_the_text_goes_to_the_median_by_weight_and_salience() -> None:
    table = line([0.1, 0.4, 0.9], [0.3, 0.3, 0.4], [1.0, 1.0, 0.5])   # pulls 0.3, 0.3, 0.2
    assert Challenge().outcome(table).tolist() == [0.4]


def test_the_median_of_an_even_split_is_the_middle() -> None:
    assert median_position(line([0.1, 0.4, 0.9], [0.25, 0.25, 0.5])) == pytest.approx([0.65], abs=1e-12)


def test_the_median_where_nobody_cares_is_the_text() -> None:
    assert median_position(line([0.1, 0.4], [0.0, 0.0], text=np.array([0.3]))).tolist() == [0.3]

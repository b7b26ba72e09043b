"""The axiomatic bargaining solutions and the efficient texts in cases worked out by hand."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from waico.negotiation.bargain.interior_point import interior_point
from waico.negotiation.bargain.pareto import nearest_pareto_text, pareto_distance
from waico.negotiation.bargain.solutions import distances, kalai_smorodinsky_text, nash_text

Floats = NDArray[np.float64]

EVEN = np.array([1.0, 1.0])
BOTH = np.array([True, True])
OPPOSITE = np.array([[0.0, 0.0], [1.0, 1.0]])   # the first wants the low end of both issues, the second the high end
HALF = np.full((2, 2), 0.5)
CORNER = np.array([0.0, 1.0])   # each has its way on one issue


def line(first: float, second: float) -> tuple[Floats, Floats]:
    """Positions and saliences of two actors on one issue."""
    return np.array([[first], [second]]), np.ones((2, 1))


def near(text: Floats | None, expected: list[float], within: float = 1e-8) -> bool:
    return text is not None and bool(np.abs(text - np.array(expected)).max() <= within)


class TestNash:
    def test_one_issue_splits_by_the_first_order_condition(self) -> None:
        # g1 = y (.8 - y), g2 = y (1.6 - y): the derivative of log g1 g2 vanishes where 4 y^2 - 7.2 y + 2.56 = 0
        expected = (7.2 - math.sqrt(10.88)) / 8.0
        position, salience = line(0.4, 0.8)
        assert near(nash_text(position, salience, np.zeros(1), EVEN, BOTH), [expected])
        assert near(nash_text(1.0 - position, salience, np.ones(1), EVEN, BOTH), [1.0 - expected])

    @pytest.mark.parametrize("status_quo", [0.2, 0.21, 0.5, 0.8])
    def test_no_text_between_opposed_actors_suits_both(self, status_quo: float) -> None:
        assert nash_text(*line(0.2, 0.8), np.array([status_quo]), EVEN, BOTH) is None
        assert kalai_smorodinsky_text(*line(0.2, 0.8), np.array([status_quo]), BOTH) is None

    def test_difference_is_split_between_mirrored_actors(self) -> None:
        assert near(nash_text(OPPOSITE, HALF, CORNER, EVEN, BOTH), [0.5, 0.5])

    def test_powers_shift_the_text(self) -> None:
        # on efficient texts (t, t) gains are .5 - t^2 and .5 - (1 - t)^2; at t = .4 the condition
        # a1 t / g1 = a2 (1 - t) / g2 reads a1 .4 / .34 = a2 .6 / .14, so a1 : a2 = 51 : 14
        assert near(nash_text(OPPOSITE, HALF, CORNER, np.array([51.0, 14.0]), BOTH), [0.4, 0.4])

    def test_three_actors_who_each_want_one_issue(self) -> None:
        # positions are unit vectors, q = 0, so g_i = 2 y_i - y.y, and y_i is proportional to a_i / g_i;
        # y = (.5, .3, .2) has y.y = .38 and gains .62, .22, .02, so powers .31, .066, .004
        everybody = np.ones(3, dtype=bool)
        text = nash_text(np.eye(3), np.ones((3, 3)), np.zeros(3), np.array([0.31, 0.066, 0.004]), everybody)
        assert near(text, [0.5, 0.3, 0.2])
        assert near(nash_text(np.eye(3), np.ones((3, 3)), np.zeros(3), np.ones(3), everybody), [1 / 3] * 3)

    def test_each_gets_the_issue_that_only_it_cares_about(self) -> None:
        position = np.array([[0.8, 0.6], [0.5, 0.3]])
        for power in (EVEN, np.array([0.01, 5.0])):
            assert near(nash_text(position, np.eye(2), np.zeros(2), power, BOTH), [0.8, 0.3])
        assert near(kalai_smorodinsky_text(position, np.eye(2), np.zeros(2), BOTH), [0.8, 0.3])

    def test_without_power_a_veto_remains(self) -> None:
        # the second would take 1, but the first gains y (.8 - y) and refuses what lies beyond .8
        position, salience = line(0.4, 1.0)
        second = np.array([0.0, 1.0])
        assert near(nash_text(position, salience, np.zeros(1), second, BOTH), [0.8])
        assert near(nash_text(position, salience, np.zeros(1), second, np.array([False, True])), [1.0])

    def test_a_veto_that_does_not_bind_leaves_the_ideal_point(self) -> None:
        assert near(nash_text(*line(0.4, 0.7), np.zeros(1), np.array([0.0, 1.0]), BOTH), [0.7])

    def test_nobody_with_power_is_everybody_with_the_same(self) -> None:
        powerless = nash_text(*line(0.4, 0.8), np.zeros(1), np.zeros(2), BOTH)
        assert near(powerless, [(7.2 - math.sqrt(10.88)) / 8.0])

    def test_who_cares_about_nothing_does_not_block(self) -> None:
        salience = np.array([[1.0], [0.0]])
        assert near(nash_text(line(0.4, 0.0)[0], salience, np.zeros(1), EVEN, BOTH), [0.4])

    def test_who_has_all_it_wants_blocks(self) -> None:
        assert nash_text(*line(0.4, 0.0), np.zeros(1), EVEN, BOTH) is None

    @pytest.mark.parametrize("salience", [np.zeros((2, 1)), np.ones((2, 1))])
    def test_nobody_to_agree_is_no_agreement(self, salience: Floats) -> None:
        consent = np.array([True, True]) if not salience.any() else np.array([False, False])
        assert nash_text(line(0.4, 0.8)[0], salience, np.zeros(1), EVEN, consent) is None

    def test_issues_without_interest_keep_the_status_quo(self) -> None:
        position = np.array([[0.4, 1.0], [0.8, 0.5]])
        salience = np.array([[1.0, 0.0], [1.0, 0.0]])
        text = nash_text(position, salience, np.array([0.0, 0.3]), EVEN, BOTH)
        assert near(text, [(7.2 - math.sqrt(10.88)) / 8.0, 0.3])

    @pytest.mark.parametrize(("angle", "agreed"), [(1e-3, True), (1e-6, False)])
    def test_gains_below_the_tolerance_are_none(self, angle: float, agreed: bool) -> None:
        # nearly opposed on the first issue, both gain a little on the second: at best about angle^2 of their loss
        position = np.array([[0.0, 0.5 + angle], [1.0, 0.5 + angle]])
        assert (nash_text(position, HALF, np.array([0.5, 0.5]), EVEN, BOTH) is not None) is agreed


class TestKalaiSmorodinsky:
    def test_one_issue_gives_equal_shares_of_the_ideal_gains(self) -> None:
        # ideal gains are .16 at .4 and .64 at .8, where the first gains nothing: 4 y (.8 - y) = y (1.6 - y)
        assert near(kalai_smorodinsky_text(*line(0.4, 0.8), np.zeros(1), BOTH), [8 / 15])

    def test_ideal_gains_are_those_that_the_other_accepts(self) -> None:
        # the second would take 1 but gets no further than .8, a gain of .8 * 1.2 = .96: y (.8 - y) / .16 = y (2 - y) / .96
        assert near(kalai_smorodinsky_text(*line(0.4, 1.0), np.zeros(1), BOTH), [0.56])

    def test_difference_is_split_between_mirrored_actors(self) -> None:
        assert near(kalai_smorodinsky_text(OPPOSITE, HALF, CORNER, BOTH), [0.5, 0.5])

    def test_three_actors_who_each_want_one_issue(self) -> None:
        everybody = np.ones(3, dtype=bool)
        assert near(kalai_smorodinsky_text(np.eye(3), np.ones((3, 3)), np.zeros(3), everybody), [1 / 3] * 3)

    def test_one_actor_gets_its_ideal_point(self) -> None:
        position = np.array([[0.4, 0.9]])
        text = kalai_smorodinsky_text(position, np.ones((1, 2)), np.zeros(2), np.array([True]))
        assert near(text, [0.4, 0.9])


class TestPareto:
    def test_one_issue_is_an_interval(self) -> None:
        position, salience = np.array([[0.3], [0.6], [0.9]]), np.array([[1.0], [2.0], [0.0]])
        found = [pareto_distance(position, salience, np.array([y])) for y in (0.1, 0.3, 0.5, 0.7)]
        assert found == pytest.approx([0.2, 0.0, 0.0, 0.1], abs=1e-12)

    def test_equal_saliences_give_the_convex_hull(self) -> None:
        triangle = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        salience = np.tile([0.3, 0.7], (3, 1))
        assert nearest_pareto_text(triangle, salience, np.ones(2)) == pytest.approx([0.5, 0.5], abs=1e-9)
        assert pareto_distance(triangle, salience, np.ones(2)) == pytest.approx(math.sqrt(0.5), abs=1e-9)
        assert pareto_distance(triangle, salience, np.array([0.3, 0.3])) == 0.0

    def test_contract_curve_of_two_actors(self) -> None:
        # each yields on the issue it cares about less: halfway the text is (.2, .8), the mirror axis of the curve
        salience = np.array([[0.8, 0.2], [0.2, 0.8]])
        assert pareto_distance(OPPOSITE, salience, np.array([0.2, 0.8])) == 0.0
        assert nearest_pareto_text(OPPOSITE, salience, CORNER) == pytest.approx([0.2, 0.8], abs=1e-8)
        assert pareto_distance(OPPOSITE, salience, np.array([0.5, 0.5])) > 0.1

    def test_nearest_may_lie_off_the_axis_of_symmetry(self) -> None:
        # from the middle the text (.2, .8) is on the axis, at .3 sqrt 2, but its neighbours on the curve are nearer
        salience, middle = np.array([[0.8, 0.2], [0.2, 0.8]]), np.array([0.5, 0.5])
        share = np.linspace(0.0, 1.0, 100_001)[:, None]
        curve = (1.0 - share) * salience[1] / (share * salience[0] + (1.0 - share) * salience[1])
        nearest = np.linalg.norm(curve - middle, axis=1).min()
        assert nearest < 0.3 * math.sqrt(2.0) - 1e-3
        assert pareto_distance(OPPOSITE, salience, middle) == pytest.approx(nearest, abs=1e-8)

    def test_weakly_efficient_texts_are_not_efficient(self) -> None:
        # nobody objects to giving the second what only it wants
        position = np.array([[0.2, 0.5], [0.5, 0.7]])
        assert pareto_distance(position, np.eye(2), np.array([0.2, 0.1])) == pytest.approx(0.6, abs=1e-9)
        assert pareto_distance(position, np.eye(2), np.array([0.2, 0.7])) == 0.0

    def test_one_actor_without_interest_in_an_issue(self) -> None:
        position, salience = np.array([[0.2, 0.5], [0.5, 0.7]]), np.array([[1.0, 1.0], [0.0, 1.0]])
        nearest = nearest_pareto_text(position, salience, np.array([0.9, 0.6]))
        assert nearest == pytest.approx([0.2, 0.6], abs=1e-9)

    def test_nothing_that_matters_is_never_inefficient(self) -> None:
        assert pareto_distance(OPPOSITE, np.zeros((2, 2)), np.array([0.3, 0.4])) == 0.0
        assert pareto_distance(OPPOSITE, np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([0.3, 7.0])) == 0.0


def test_distances_to_the_three_solutions() -> None:
    found = distances(OPPOSITE, HALF, CORNER, np.array([51.0, 14.0]), BOTH, np.array([0.7, 0.3]))
    assert found.nash == pytest.approx(math.hypot(0.3, 0.1), abs=1e-8)
    assert found.kalai_smorodinsky == pytest.approx(math.hypot(0.2, 0.2), abs=1e-8)
    assert found.pareto == pytest.approx(math.hypot(0.2, 0.2), abs=1e-8)


def test_distances_are_missing_where_there_is_no_solution() -> None:
    found = distances(*line(0.2, 0.8), np.array([0.5]), EVEN, BOTH, np.array([0.9]))
    assert math.isnan(found.nash)
    assert math.isnan(found.kalai_smorodinsky)
    assert found.pareto == pytest.approx(0.1, abs=1e-12)


def test_interior_point_says_when_it_does_not_arrive() -> None:
    one = np.ones((1, 1))
    with pytest.raises(RuntimeError, match="no convergence"):
        interior_point(one, one, np.zeros(1), np.array([np.nan]), np.array([0.5]))

"""Axioms of the bargaining solutions on random problems, and a search on a grid as their oracle."""

from random import Random
from typing import NamedTuple

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.generators import matrix
from waico.negotiation.bargain.pareto import nearest_pareto_text, pareto_distance
from waico.negotiation.bargain.solutions import kalai_smorodinsky_text, nash_text

Floats = NDArray[np.float64]

many = settings(max_examples=100, deadline=None, derandomize=True)
fewer = settings(max_examples=40, deadline=None, derandomize=True)


class Problem(NamedTuple):
    """What is bargained over."""

    position: Floats   # (n, K)
    salience: Floats   # (n, K)
    status_quo: Floats   # (K,)
    power: Floats   # (n,)
    consent: NDArray[np.bool_]   # (n,)

    def nash(self, start: Floats | None = None) -> Floats | None:
        return nash_text(*self, start=start)

    def kalai_smorodinsky(self) -> Floats | None:
        return kalai_smorodinsky_text(self.position, self.salience, self.status_quo, self.consent)

    def rows(self, order: list[int]) -> "Problem":
        """The same with actors in another order, or several times."""
        return Problem(
            self.position[order], self.salience[order], self.status_quo, self.power[order], self.consent[order]
        )

    def gains(self, text: Floats) -> Floats:
        """Gains (..., m) by texts (..., K) of those whose consent is needed."""
        position, salience = self.position[self.consent], self.salience[self.consent]
        before = (salience * (position - self.status_quo) ** 2).sum(axis=1)
        return before - (salience * (position - text[..., None, :]) ** 2).sum(axis=-1)

    def scale(self) -> Floats:
        """The loss (m,) that the status quo means to those whose consent is needed."""
        return (self.salience * (self.position - self.status_quo) ** 2).sum(axis=1)[self.consent]


@st.composite
def problems(draw: st.DrawFn, max_actors: int = 6, max_issues: int = 4, everybody: bool = False) -> Problem:
    """Positions mostly to one side of the status quo, so that there often is something to agree on."""
    n, k = draw(st.integers(2, max_actors)), draw(st.integers(1, max_issues))
    consent = draw(st.lists(st.booleans(), min_size=n, max_size=n).filter(any))
    return Problem(
        position=matrix(draw, n, k, draw(st.sampled_from([0.0, 0.4])), 1.0),
        salience=matrix(draw, n, k, 0.05, 1.0),
        status_quo=matrix(draw, 1, k, 0.0, 0.5)[0],
        power=matrix(draw, n, 1, 0.05, 1.0)[:, 0],
        consent=np.ones(n, dtype=bool) if everybody else np.array(consent),
    )


@st.composite
def matrices(draw: st.DrawFn, rows: int, columns: int, low: float = 0.0, high: float = 1.0) -> Floats:
    return matrix(draw, rows, columns, low, high)


def same(first: Floats | None, second: Floats | None, within: float = 1e-8) -> bool:
    """Whether both agree on the text, or neither agrees on any."""
    if first is None or second is None:
        return first is None and second is None
    return bool(np.abs(first - second).max() <= within)


def grid(problem: Problem, points: int) -> Floats:
    """Texts (points^K, K) all over the box spanned by positions and status quo."""
    corners = np.vstack([problem.position, problem.status_quo])
    axes = [np.linspace(*bounds, points) for bounds in zip(corners.min(axis=0), corners.max(axis=0), strict=True)]
    return np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, len(axes))


def log_product(problem: Problem, texts: Floats) -> Floats:
    """What the Nash solution maximizes; minus infinity where somebody does not gain."""
    gains = problem.gains(texts)
    logs = np.log(gains, out=np.full(gains.shape, -np.inf), where=gains > 0)
    return np.asarray(logs @ problem.power[problem.consent])


@many
@given(problems(max_actors=4, max_issues=2))
def test_no_text_of_a_grid_does_better_for_nash(problem: Problem) -> None:
    texts, text = grid(problem, 101), problem.nash()
    if text is None:
        assert not (problem.gains(texts) > 1e-8 * problem.scale() + 1e-15).all(axis=1).any()
    else:
        assert problem.gains(text).min() > 0.0
        assert log_product(problem, text) >= log_product(problem, texts).max() - 1e-9


@many
@given(problems(max_actors=4, max_issues=2))
def test_no_text_of_a_grid_has_a_larger_least_share_for_kalai_smorodinsky(problem: Problem) -> None:
    text, gains = problem.kalai_smorodinsky(), problem.gains(grid(problem, 201))
    rational = (gains >= 0.0).all(axis=1)
    assume(text is not None and (gains > 0.05 * problem.scale()).all(axis=1).any())
    assume((problem.scale() > 0.04 * problem.salience[problem.consent].sum(axis=1)).all())   # wide beside the grid
    if text is not None:
        ideal = gains[rational].max(axis=0)   # of the grid, so a little too small
        assert (problem.gains(text) / ideal).min() >= (gains / ideal).min(axis=1).max() - 0.02


@many
@given(problems())
def test_nash_is_where_weighted_pulls_balance(problem: Problem) -> None:
    text = problem.nash()
    assume(text is not None)
    if text is not None and (problem.gains(text) > 1e-6 * problem.scale()).all():
        weight = (problem.power[problem.consent] / problem.gains(text))[:, None] * problem.salience[problem.consent]
        balance = (weight * problem.position[problem.consent]).sum(axis=0) / weight.sum(axis=0)
        assert same(text, balance)


@many
@given(problems())
def test_solutions_are_efficient_among_those_who_consent(problem: Problem) -> None:
    for text in (problem.nash(), problem.kalai_smorodinsky()):
        if text is not None:
            assert pareto_distance(problem.position[problem.consent], problem.salience[problem.consent], text) <= 1e-7


@many
@given(problems(), st.data())
def test_scale_of_salience_and_power_does_not_matter(problem: Problem, data: st.DataObject) -> None:
    factor = 10.0 ** data.draw(matrices(len(problem.power), 1, -3.0, 3.0))
    scaled = problem._replace(salience=problem.salience * factor, power=problem.power * 7.0)
    assert same(scaled.nash(), problem.nash())
    assert same(scaled.kalai_smorodinsky(), problem.kalai_smorodinsky(), 1e-6)


@many
@given(problems(), st.randoms(use_true_random=False))
def test_order_of_actors_and_issues_does_not_matter(problem: Problem, random: Random) -> None:
    order, issues = list(range(len(problem.power))), list(range(len(problem.status_quo)))
    random.shuffle(order)
    random.shuffle(issues)
    moved = problem.rows(order)
    moved = moved._replace(
        position=moved.position[:, issues], salience=moved.salience[:, issues], status_quo=moved.status_quo[issues]
    )
    for first, second in ((moved.nash(), problem.nash()), (moved.kalai_smorodinsky(), problem.kalai_smorodinsky())):
        assert same(first, None if second is None else second[issues], 1e-7)


@many
@given(problems(), st.floats(-0.5, 0.5))
def test_direction_and_origin_of_an_issue_do_not_matter(problem: Problem, origin: float) -> None:
    sign = np.ones(len(problem.status_quo))
    sign[0] = -1.0
    moved = problem._replace(position=origin + sign * problem.position, status_quo=origin + sign * problem.status_quo)
    for first, second in ((moved.nash(), problem.nash()), (moved.kalai_smorodinsky(), problem.kalai_smorodinsky())):
        assert same(first, None if second is None else origin + sign * second, 1e-7)


@many
@given(problems())
def test_splitting_an_actor_in_two_halves_changes_nothing(problem: Problem) -> None:
    split = problem.rows([0, *range(len(problem.power))])
    power = split.power.copy()
    power[:2] *= 0.5
    assert same(split._replace(power=power).nash(), problem.nash())


@many
@given(problems(), st.data())
def test_start_does_not_matter(problem: Problem, data: st.DataObject) -> None:
    start = data.draw(matrices(1, len(problem.status_quo)))[0]
    assert same(problem.nash(start), problem.nash())


@many
@given(problems(everybody=True), st.data())
def test_who_is_not_asked_does_not_count(problem: Problem, data: st.DataObject) -> None:
    k = len(problem.status_quo)
    other = Problem(
        position=np.vstack([problem.position, data.draw(matrices(1, k))]),
        salience=np.vstack([problem.salience, np.ones(k)]),
        status_quo=problem.status_quo,
        power=np.append(problem.power, 5.0),
        consent=np.append(problem.consent, False),
    )
    assert same(other.nash(), problem.nash())


@many
@given(problems(everybody=True), st.data())
def test_alternatives_that_were_not_chosen_do_not_matter(problem: Problem, data: st.DataObject) -> None:
    """A veto without power only takes texts away; while the solution is left, it stays the solution."""
    text = problem.nash()
    veto = Problem(
        position=np.vstack([problem.position, data.draw(matrices(1, len(problem.status_quo), 0.4, 1.0))]),
        salience=np.vstack([problem.salience, np.ones(len(problem.status_quo))]),
        status_quo=problem.status_quo,
        power=np.append(problem.power, 0.0),
        consent=np.append(problem.consent, True),
    )
    assume(text is not None)
    if text is not None and veto.gains(text)[-1] > 1e-3 and (veto.gains(text) > 1e-3 * veto.scale()).all():
        assert same(veto.nash(), text)


@many
@given(problems(max_actors=2, everybody=True))
def test_mirrored_actors_meet_on_the_axis(problem: Problem) -> None:
    """Two actors who swap places when all issues are turned round, with the status quo on the axis, split even."""
    away = problem.position[0] - 0.5
    mirrored = problem._replace(
        position=np.column_stack([np.vstack([0.5 + away, 0.5 - away]), np.ones(2)]),
        salience=np.column_stack([np.vstack([problem.salience[0]] * 2), np.ones(2)]),
        status_quo=np.append(np.full(len(away), 0.5), 0.0),
        power=np.ones(2),
    )
    middle = np.append(np.full(len(away), 0.5), 1.0)
    assert same(mirrored.nash(), middle)
    assert same(mirrored.kalai_smorodinsky(), middle, 1e-6)


@many
@given(problems(max_actors=2, everybody=True))
def test_two_actors_get_equal_shares_of_their_ideal_gains(problem: Problem) -> None:
    text = problem.kalai_smorodinsky()
    assume(text is not None)
    if text is not None and (problem.gains(text) > 1e-3 * problem.scale()).all():
        alone = [problem._replace(power=row).nash() for row in np.eye(2)]
        ideal = np.array([problem.gains(best)[i] for i, best in enumerate(alone) if best is not None])
        shares = problem.gains(text) / ideal
        assert abs(shares[0] - shares[1]) < 1e-7


@many
@given(problems(max_actors=2, everybody=True), st.floats(0.1, 1.0))
def test_who_can_gain_more_gets_no_less_by_kalai_smorodinsky(problem: Problem, more: float) -> None:
    """Individual monotonicity: an issue on which only the second gains, where the best of the first stays the same."""
    before = problem.kalai_smorodinsky()
    assume(before is not None and problem.gains(problem.position[0])[1] > 0.0)
    wider = problem._replace(
        position=np.column_stack([problem.position, [0.0, more]]),
        salience=np.column_stack([problem.salience, [0.0, 1.0]]),
        status_quo=np.append(problem.status_quo, 0.0),
    )
    after = wider.kalai_smorodinsky()
    assert before is not None
    assert after is not None
    assert wider.gains(after)[1] >= problem.gains(before)[1] - 1e-8


@many
@given(problems(), st.data())
def test_weighted_means_are_efficient(problem: Problem, data: st.DataObject) -> None:
    weight = data.draw(matrices(len(problem.power), 1, 0.01, 1.0)) * problem.salience
    text = (weight * problem.position).sum(axis=0) / weight.sum(axis=0)
    assert pareto_distance(problem.position, problem.salience, text) == 0.0


@many
@given(problems(), st.data())
def test_nearest_is_efficient_where_not_all_care_about_all(problem: Problem, data: st.DataObject) -> None:
    salience = problem.salience * data.draw(matrices(*problem.salience.shape)).round()
    weight = data.draw(matrices(len(problem.power), 1, 0.01, 1.0)) * salience
    total = weight.sum(axis=0)
    mean = np.divide((weight * problem.position).sum(axis=0), total, out=problem.status_quo.copy(), where=total > 0)
    assert pareto_distance(problem.position, salience, mean) == 0.0
    nearest = nearest_pareto_text(problem.position, salience, problem.status_quo)
    assert pareto_distance(problem.position, salience, nearest) == 0.0


@many
@given(problems(max_actors=4, max_issues=2), st.data())
def test_efficient_are_the_texts_that_no_text_of_a_grid_improves_on(problem: Problem, data: st.DataObject) -> None:
    text = data.draw(matrices(1, len(problem.status_quo)))[0]
    everybody = problem._replace(status_quo=text, consent=np.ones(len(problem.power), dtype=bool))
    nearest = nearest_pareto_text(problem.position, problem.salience, text)
    if (everybody.gains(grid(everybody, 101)) > 1e-6).all(axis=1).any():
        assert pareto_distance(problem.position, problem.salience, text) > 1e-6
    there = everybody._replace(status_quo=nearest)
    assert not (there.gains(grid(there, 101)) > 1e-8).all(axis=1).any()
    assert pareto_distance(problem.position, problem.salience, nearest) <= 1e-9


@fewer
@given(problems(max_actors=3, max_issues=2), st.data())
def test_no_weighted_mean_of_a_grid_is_nearer(problem: Problem, data: st.DataObject) -> None:
    text = data.draw(matrices(1, len(problem.status_quo)))[0]
    shares = np.stack(np.meshgrid(*[np.linspace(0.0, 1.0, 31)] * len(problem.power)), axis=-1)
    shares = shares.reshape(-1, len(problem.power))[1:]
    means = shares @ (problem.salience * problem.position) / (shares @ problem.salience)
    nearest = float(np.linalg.norm(means - text, axis=1).min())
    assert pareto_distance(problem.position, problem.salience, text) <= nearest + 1e-9

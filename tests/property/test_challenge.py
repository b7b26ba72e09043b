"""Challenges by fast sums are those by counting every vote (tests/reference/oracle_challenge.py)."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.generators import tables
from tests.reference.oracle_challenge import Issue, Reading
from waico.negotiation import Table
from waico.negotiation.bargain import Challenge
from waico.negotiation.bargain import challenge_kernels as kernels

Floats = NDArray[np.float64]
quick = settings(max_examples=60, deadline=None, derandomize=True)


@st.composite
def issues(draw: st.DrawFn) -> Issue:
    """2 to 12 actors on a range of 1; some share positions, some have no power or hardly any attention."""
    n, seed = draw(st.integers(2, 12)), draw(st.integers(0, 2**32 - 1))
    draws = np.random.default_rng(seed)
    x = draws.random(n) if draw(st.booleans()) else draws.integers(0, 5, n) / 4.0
    x[:2] = 0.0, 1.0
    power = draws.random(n) * (draws.random(n) < 0.9)
    reading = Reading(risk=draw(st.sampled_from(["present", "none"])))
    return Issue(x.tolist(), draws.uniform(1e-3, 1.0, n).tolist(), power.tolist(), 1.0, reading)


def fast(issue: Issue) -> tuple[Floats, NDArray[np.intp]]:
    """Where the compiled round leads, and in whose favour."""
    x = np.array(issue.x)
    share, partner = kernels.challenge_round(
        x, np.array(issue.attention), np.array(issue.power), issue.reading.risk != "none"
    )  # fmt: skip
    return x + share * (x[partner] - x), partner


@quick
@given(issues())
def test_positions_over_rounds(issue: Issue) -> None:
    for _ in range(4):   # from the same positions each round: a knife edge passed on one side would part the paths
        expected = issue.targets()
        np.testing.assert_allclose(fast(issue)[0], expected, rtol=0, atol=1e-9)
        issue = Issue(expected, issue.attention, issue.power, 1.0, issue.reading)


@quick
@given(issues())
def test_probabilities_exponents_and_utilities(issue: Issue) -> None:
    order = np.argsort(issue.x, kind="stable")
    spot, place = kernels.places(np.array(issue.x)[order])
    attention, risk = np.array(issue.attention)[order], np.array(issue.risks)[order]
    weight = np.array(issue.weight)[order]
    if issue.reading.risk == "present":
        neutral = kernels.probabilities(spot, place, weight, np.ones(len(order)))
        np.testing.assert_allclose(kernels.risks(spot, place, attention, neutral), risk, rtol=0, atol=1e-9)
    chance, disutilities = kernels.probabilities(spot, place, weight, risk), kernels.log_disutilities(spot)
    for a, i in enumerate(order.tolist()):
        for b, j in enumerate(order.tolist()):
            p = chance[place[a], place[b]]
            assert p == pytest.approx(issue.probability(i, j), abs=1e-9)
            logs = [z[place[a], place[b]] for z in disutilities]
            success, failure, stays = (kernels.utility(z, risk[a]) for z in (*logs, kernels.LOG_STATUS_QUO))
            expected = kernels.expected(success, failure, stays, p, attention[b])
            assert expected == pytest.approx(issue.utility(i, j, risk[a]), abs=1e-9)


@quick
@given(issues())
def test_who_moves_moves_towards_its_partner(issue: Issue) -> None:
    target, partner = fast(issue)
    for i, x in enumerate(issue.x):
        if partner[i] < 0:
            assert target[i] == x
        else:
            there = issue.x[partner[i]]
            assert min(x, there) - 1e-12 <= target[i] <= max(x, there) + 1e-12
            assert target[i] != x


@pytest.mark.parametrize("turned", [False, True])
def test_a_voter_midway_between_two_votes_for_neither(turned: bool) -> None:
    x = np.array([2.0, 3.0, 0.0, 1.0, 0.0]) / 3.0
    x = 1.0 - x if turned else x
    order = np.argsort(x, kind="stable")
    spot, place = kernels.places(x[order])
    only = np.array([1.0, 0.0, 0.0, 0.0, 0.0])[order]
    chance = kernels.probabilities(spot, place, only, np.ones(5))
    one, other = (int(place[order.tolist().index(i)]) for i in (1, 3))   # as far from the only voter, up to rounding
    assert chance[one, other] == chance[other, one] == 0.5


@quick
@given(tables())
def test_shifted_and_stretched_positions_give_shifted_and_stretched_results(table: Table) -> None:
    stretched = replace(table, position=0.2 + 0.5 * table.position, text=0.2 + 0.5 * table.text)
    before, after = Challenge().play(table, 30.0)[0], Challenge().play(stretched, 30.0)[0]
    np.testing.assert_allclose(after.position, 0.2 + 0.5 * before.position, rtol=0, atol=1e-7)
    if table.sponsor < 0:
        np.testing.assert_allclose(after.text, 0.2 + 0.5 * before.text, rtol=0, atol=1e-7)

"""Paired intervals against published examples, exact coverage and their closed forms."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multinomial

from waico.analysis.intervals import mean_interval, paired, share_interval

SLEEP = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]   # Student 1908: gain from one drug over another, hours
counts = st.tuples(*[st.integers(0, 200)] * 3)


def test_mean_of_student_1908() -> None:
    assert mean_interval(np.array(SLEEP)) == pytest.approx((0.7001142, 2.4598858), abs=1e-7)   # R 4, t.test(paired = TRUE)
    row = paired(np.zeros(10), SLEEP)
    assert (row.difference, row.se) == pytest.approx((1.58, 0.3889587))
    assert (row.pairs, row.changed) == (10, 9)


def test_shares_of_fagerland_lydersen_and_laake_2014() -> None:
    """Airway hyper-responsiveness before and after transplantation: 21 children, 1 only before, 7 only after.

    Recommended tests and confidence intervals for paired binomial proportions, Statistics in Medicine 33: the
    difference before less after is -0.286; Wald with Agresti and Min's adjustment gives -0.493 to -0.029.
    """
    assert share_interval(7, 1, 21) == pytest.approx((-0.493, -0.029), abs=5e-4)
    before, after = [1] * 2 + [0] * 19, [1] + [0] + [1] * 7 + [0] * 12
    row = paired(after, before, binary=True)
    assert row.difference == pytest.approx(-0.286, abs=5e-4)
    assert (row.low, row.high) == share_interval(7, 1, 21)


@pytest.mark.parametrize(("only_a", "only_b"), [(0.0, 0.0), (0.02, 0.05), (0.2, 0.2), (0.05, 0.4), (0.0, 0.5)])
def test_shares_cover_the_truth_as_often_as_they_say(only_a: float, only_b: float) -> None:
    """The exact probability that the interval holds the truth, over all samples of 30 pairs (0.95 is nominal)."""
    n = 30
    covered = 0.0
    for a, b in product(range(n + 1), repeat=2):
        if a + b <= n:
            low, high = share_interval(a, b, n)
            if low <= only_b - only_a <= high:
                covered += float(multinomial.pmf([a, b, n - a - b], n, [only_a, only_b, 1.0 - only_a - only_b]))
    assert covered >= 0.93


def test_without_a_pair_that_differs_there_is_a_width() -> None:
    low, high = share_interval(0, 0, 100)
    assert (low, high) == pytest.approx((-1.959964 / 102, 1.959964 / 102))


@given(counts)
def test_shares_hold_the_observed_difference(cells: tuple[int, int, int]) -> None:
    only_a, only_b, same = cells
    pairs = only_a + only_b + same
    if pairs >= 2:
        low, high = share_interval(only_a, only_b, pairs)
        assert -1.0 <= low <= (only_b - only_a) / pairs <= high <= 1.0
        assert low < high
        assert share_interval(only_b, only_a, pairs) == pytest.approx((-high, -low))


@pytest.mark.parametrize("binary", [False, True])
def test_one_pair_defines_no_interval(binary: bool) -> None:
    row = paired([0.0], [1.0], binary=binary)
    assert (row.a, row.b, row.difference, row.pairs, row.changed) == (0.0, 1.0, 1.0, 1, 1)
    assert all(math.isnan(value) for value in (row.se, row.low, row.high))


def test_equal_differences_define_no_interval_of_a_mean() -> None:
    row = paired([0.1, 0.2, 0.3], [0.2, 0.3, 0.4])   # which differ by rounding noise
    assert (row.difference, row.se) == pytest.approx((0.1, 0.0))
    assert row.changed == 3
    assert all(math.isnan(value) for value in (row.low, row.high))


def test_missing_values_are_left_out_in_pairs_and_counted() -> None:
    nan = math.nan
    row = paired([nan, 1.0, 2.0, nan, 5.0], [1.0, nan, 3.0, nan, 5.0])
    assert (row.a, row.b, row.difference) == (3.5, 4.0, 0.5)
    assert (row.pairs, row.changed, row.missing_a, row.missing_b) == (2, 1, 2, 2)
    nothing = paired([nan], [1.0])
    assert nothing.pairs == 0
    assert math.isnan(nothing.difference)

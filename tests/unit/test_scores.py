"""Scores of hindcasts: worked numbers, and what must hold for any probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

pytest.importorskip("scoringrules", reason="needs the extra `analysis`")

from sklearn.metrics import log_loss, roc_auc_score

from waico.analysis.history.scores import (
    MEASURES,
    calibration,
    differences,
    interval,
    judged,
    level,
    resampled,
    resamples,
    scores,
    smoothed,
)
from waico.analysis.history.timing import concordance, share_late, timing

pytestmark = pytest.mark.extra

Told = tuple[NDArray[np.float64], NDArray[np.bool_]]

P, JOINED = np.array([0.9, 0.6, 0.4, 0.2]), np.array([True, False, True, False])
NEVER = np.inf


@st.composite
def told(draw: st.DrawFn) -> Told:
    """Probabilities and outcomes with at least one member and one nonmember."""
    rest = draw(st.lists(st.tuples(st.integers(1, 99), st.booleans()), max_size=30))
    percent, joined = zip(*[(draw(st.integers(1, 99)), True), (draw(st.integers(1, 99)), False), *rest], strict=True)
    return np.array(percent) / 100.0, np.array(joined)


def test_scores_by_hand() -> None:
    """Of four pairs of a member and a nonmember three are in order; -ln of .9, .4, .4 and .8."""
    found = scores(P, JOINED)
    assert found["auc"] == 0.75
    assert found["brier"] == pytest.approx((0.01 + 0.36 + 0.36 + 0.04) / 4)
    assert found["log_score"] == pytest.approx((0.1053605 + 0.9162907 + 0.9162907 + 0.2231436) / 4, abs=1e-7)


@given(told())
def test_scores_are_those_of_scikit_learn(case: Told) -> None:
    p, joined = case
    found = scores(p, joined)
    assert found["auc"] == pytest.approx(roc_auc_score(joined, p))
    assert found["log_score"] == pytest.approx(log_loss(joined, p))


@given(told())
def test_ranking_survives_any_increasing_map_and_turns_round_with_it(case: Told) -> None:
    p, joined = case
    found = scores(p, joined)["auc"]
    assert found is not None
    assert scores(p**3 / 2.0, joined)["auc"] == pytest.approx(found)
    assert scores(1.0 - p, joined)["auc"] == pytest.approx(1.0 - found)


def test_one_class_has_no_ranking() -> None:
    found = judged(P, np.ones(4, dtype=bool), resamples(4, seed=0))
    assert found["auc"] is None
    assert found["intervals"]["auc"] is None
    assert found["brier"] == pytest.approx((0.01 + 0.16 + 0.36 + 0.64) / 4)


def test_certainty_that_comes_true_scores_near_0_and_never_infinite() -> None:
    """100 replicates of 100, and none, are 200/202 and 1/202 (Jeffreys)."""
    p = smoothed(np.array([100, 0]), 100)
    assert p == pytest.approx([100.5 / 101, 0.5 / 101])
    right, wrong = scores(p, np.array([True, False])), scores(p, np.array([False, True]))
    assert right["brier"] == pytest.approx((0.5 / 101) ** 2)
    assert right["log_score"] == pytest.approx(np.log(202 / 201))
    assert wrong["log_score"] == pytest.approx(np.log(202))


@given(told(), st.integers(0, 5))
def test_resampling_is_scoring_the_states_drawn_as_often_as_they_are(case: Told, seed: int) -> None:
    p, joined = case
    times = resamples(len(p), seed, count=3)
    found = resampled(p, joined, times)
    for sample, often in enumerate(times):
        expected = scores(np.repeat(p, often), np.repeat(joined, often))
        for name in MEASURES:
            value = expected[name]
            assert found[name][sample] == pytest.approx(np.nan if value is None else value, nan_ok=True)


@given(told().filter(lambda case: len(case[0]) >= 5))
def test_intervals_hold_the_score_itself(case: Told) -> None:
    p, joined = case
    found = judged(p, joined, resamples(len(p), seed=1))
    for name in MEASURES:
        low, high = found["intervals"][name]
        assert low - 1e-9 <= found[name] <= high + 1e-9


def test_interval_is_that_of_the_middle_90_percent() -> None:
    assert interval(np.append(np.arange(101.0), np.nan), 5) == [5.0, 95.0]
    assert interval(np.array([np.nan]), 5) is None


def test_fewer_than_five_states_have_no_interval() -> None:
    p, joined = np.linspace(0.1, 0.9, 5), np.array([True, False, True, False, True])
    for states in (2, 4, 5):
        times = resamples(states, seed=0)
        found = judged(p[:states], joined[:states], times)["intervals"]
        paired = differences(p[:states], p[:states] / 2.0, joined[:states], times)
        assert {found[name] is None for name in MEASURES} == {states < 5}
        assert {paired[name]["interval"] is None for name in MEASURES} == {states < 5}


def test_resamples_depend_on_the_seed_alone() -> None:
    assert (resamples(7, 3) == resamples(7, 3)).all()
    assert (resamples(7, 3) != resamples(7, 4)).any()
    assert (resamples(7, 3).sum(axis=1) == 7).all()


def test_differences_are_paired() -> None:
    """A baseline worse by the same on every state is worse by it in every sample."""
    times, joined = resamples(5, seed=0), np.append(JOINED, False)
    found = differences(np.where(joined, 0.9, 0.1), np.where(joined, 0.8, 0.2), joined, times)
    assert found["brier"]["difference"] == pytest.approx(0.01 - 0.04)
    assert found["brier"]["interval"] == pytest.approx([-0.03, -0.03])
    assert found["log_score"]["difference"] == pytest.approx(np.log(8 / 9))
    assert found["auc"] == {"difference": 0.0, "interval": [0.0, 0.0]}
    p, everyone = np.linspace(0.1, 0.9, 5), np.ones(5, dtype=bool)
    assert differences(p, p, everyone, times)["auc"] == {"difference": None, "interval": None}


def test_calibration_by_hand() -> None:
    p, joined = np.array([0.05, 0.1, 0.15, 0.95, 1.0]), np.array([False, True, False, True, False])
    assert calibration(p, joined) == [
        {"low": 0.0, "high": 0.1, "n": 1, "mean": 0.05, "observed": 0.0},
        {"low": 0.1, "high": 0.2, "n": 2, "mean": pytest.approx(0.125), "observed": 0.5},
        {"low": 0.9, "high": 1.0, "n": 2, "mean": pytest.approx(0.975), "observed": 0.5},
    ]


def test_level_by_hand() -> None:
    """CRPS = E|X - y| - E|X - X'| / 2 = 4/3 - 2/3 for X in {1, 2, 4} and y = 3."""
    found = level(np.array([4, 1, 2]), 3)
    assert found == pytest.approx({"n_observed": 3, "n_mean": 7 / 3, "n_q05": 1.1, "n_q95": 3.8, "crps": 2 / 3})
    assert level(np.array([5]), 2)["crps"] == 3.0


def rounds(*middles: list[float], days: float = 2.0) -> NDArray[np.float64]:
    """Start and end of rounds of so many days around the days on which states join, (2, R, N)."""
    middle = np.array(middles)
    return np.stack([middle - days / 2.0, middle + days / 2.0])


def test_timing_by_hand() -> None:
    """A, B, C joined on day 1, on one of days 3 to 5, and of 5 to 8; D never. B and C may have joined in either order.

    Expected on days 2, 2, 1 and 26: of the pairs AB (tied), AC (wrong), AD, BD and CD (right), 3.5 of 5. The last 20 days
    begin with day 6: C's last day lies in them.
    """
    first, last = np.array([1.0, 3.0, 5.0, np.nan]), np.array([1.0, 5.0, 8.0, np.nan])
    simulated = rounds([1.0, 2.0, 1.0, NEVER], [3.0, 2.0, 1.0, NEVER])
    assert timing(first, last, ~np.isnan(last), simulated, 25.0) == pytest.approx({
        "concordance": 0.7, "concordance_members": 0.25, "median_observed": 4.0, "median_simulated": 1.5,
        "last_days_observed": 1 / 3, "last_days_simulated": 0.0,
    })  # fmt: skip


def test_a_replicate_without_accession_counts_as_the_end_of_the_last_day() -> None:
    first = last = np.array([1.0, 2.0])
    simulated = rounds([NEVER, 9.5], [8.0, 9.5])   # (11 + 8) / 2 = 9.5: tied
    found = timing(first, last, np.array([True, True]), simulated, 10.0)
    assert found is not None
    assert (found["concordance"], found["last_days_simulated"]) == (0.5, 1.0)


def test_accessions_count_for_the_last_20_days_by_the_part_that_lies_in_them() -> None:
    """On day 159 these are days 140 to 159, up to 160.0: a round of a week from 138 has five of its seven days in them.

    Exact days are in or out, twenty of them in; rounds of any length that fill the time evenly give the same share.
    """
    assert share_late(np.array([138.0]), np.array([145.0]), 159.0) == pytest.approx(5 / 7)
    days = np.arange(130.0, 160.0)
    assert share_late(days, days + 1.0, 159.0) == pytest.approx(20 / 30)
    for length in (1.0, 4.0, 7.0, 30.0):
        starts = np.arange(160.0 - 840.0, 160.0, length)
        assert share_late(starts, starts + length, 159.0) == pytest.approx(20 / 840)
    assert share_late(np.array([]), np.array([]), 159.0) is None


def test_dates_known_to_a_month_do_not_tell_the_last_20_days() -> None:
    joined, simulated = np.array([True, True]), np.full((2, 1, 2), NEVER)
    found = timing(np.array([1.0, 5.0]), np.array([1.0, 24.0]), joined, simulated, 25.0)
    assert found is not None
    assert (found["last_days_observed"], found["median_simulated"], found["last_days_simulated"]) == (0.5, None, None)
    found = timing(np.array([1.0, 5.0]), np.array([1.0, 25.0]), joined, simulated, 25.0)
    assert found is not None
    assert found["last_days_observed"] is None


def test_one_date_of_all_has_no_timing() -> None:
    day, never = np.array([3.0, 3.0, np.nan]), np.full((2, 2, 3), NEVER)
    assert timing(day, day, np.array([True, True, False]), never, 9.0) is None
    assert timing(day, day, np.zeros(3, dtype=bool), never, 9.0) is None


def test_concordance_without_pairs() -> None:
    assert concordance(np.array([1.0, 2.0]), np.array([2.0, 3.0]), np.array([1.0, 2.0])) is None


@given(st.permutations(range(8)))
def test_concordance_counts_pairs_of_exact_days_as_kendall_does(order: list[int]) -> None:
    """Without ties and censoring it is (tau + 1) / 2."""
    from scipy.stats import kendalltau

    days = np.arange(8.0)
    found = concordance(days, days, np.array(order, dtype=float))
    assert found == pytest.approx((kendalltau(days, order).statistic + 1.0) / 2.0)

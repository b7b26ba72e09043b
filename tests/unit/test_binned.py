"""Means along factors: against plain means, and intervals against the textbook's where runs are independent."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import t

from tests.planted import WORDS, A, planted
from waico.analysis.binned import binned_means, clustered_interval
from waico.analysis.clusters import Clusters
from waico.scenarios.errors import InputError

LHC = {
    "sampler": "latin_hypercube",
    "samples": 100,
    "replicates": 2,
    "factors": {A: [-1.0, 1.0], WORDS: {"values": ["compromise", "nash"]}},
}


def rises(changes: dict[str, Any], replicate: int) -> dict[str, Any]:
    """Depth rises along the first factor, and is missing for one of the values of the second."""
    depth = None if changes[WORDS] == "nash" and replicate else changes[A] + replicate
    return {"outcome": "thin_body" if changes[A] > 0 else "no_text", "depth": depth}


def test_means_are_those_of_the_runs_in_each_class(tmp_path: Path) -> None:
    sweep = planted(tmp_path, LHC, rises)
    table, runs = binned_means(sweep, "depth"), sweep.runs.dropna(subset="depth")
    assert table["factor"].tolist() == [A] * 5 + [WORDS] * 2
    number = table[table["factor"] == A]
    assert number["samples"].tolist() == [20] * 5   # a hundred samples, twenty to a class
    place = np.searchsorted(np.quantile(sweep.plan.samples[A], [0.2, 0.4, 0.6, 0.8]), runs[A])
    np.testing.assert_allclose(number["mean"], runs.groupby(place)["depth"].mean())
    np.testing.assert_allclose(number["at"], runs.groupby(place)[A].mean())
    assert number["runs"].sum() == len(runs)
    words = table[table["factor"] == WORDS].set_index("class")
    assert words["mean"].to_dict() == pytest.approx(runs.groupby(WORDS)["depth"].mean().to_dict())
    assert words["at"].isna().all()


def test_shares_of_outcomes_have_intervals_with_width_everywhere(tmp_path: Path) -> None:
    table = binned_means(planted(tmp_path, LHC, rises), "thin_body")
    first = table[table["factor"] == A]
    assert first["mean"].tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert (table["low"] < table["high"]).all()
    assert table["low"].min() >= 0.0
    assert table["high"].max() <= 1.0


def test_an_unknown_measure_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        binned_means(planted(tmp_path, LHC, rises), "width")


def test_independent_runs_have_students_interval() -> None:
    values = np.random.default_rng(1).normal(size=30)
    low, high = clustered_interval(values, Clusters(np.arange(30), np.zeros(30, dtype=int)))
    half = t.ppf(0.975, 29) * values.std(ddof=1) / np.sqrt(30)
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half))


def test_runs_that_repeat_a_sample_add_nothing() -> None:
    values = np.random.default_rng(2).normal(size=30)
    once = clustered_interval(values, Clusters(np.arange(30), np.zeros(30, dtype=int)))
    thrice = clustered_interval(np.repeat(values, 3), Clusters(np.repeat(np.arange(30), 3), np.zeros(90, dtype=int)))
    assert thrice == pytest.approx(once)


def test_what_only_replicates_move_rests_on_their_number() -> None:
    """Twenty samples in which three replicates have 0, 1 and 2: as three runs would."""
    values = np.tile([0.0, 1.0, 2.0], 20)
    low, high = clustered_interval(values, Clusters(np.repeat(np.arange(20), 3), np.tile(np.arange(3), 20)))
    assert (low, high) == pytest.approx((1.0 - t.ppf(0.975, 2) / np.sqrt(3), 1.0 + t.ppf(0.975, 2) / np.sqrt(3)))


@pytest.mark.parametrize("values", [[1.0], [0.1] * 6])
def test_without_spread_there_is_no_interval(values: list[float]) -> None:
    block = np.arange(len(values))
    assert np.isnan(clustered_interval(np.array(values), Clusters(block, block * 0))).all()


def test_intervals_hold_the_mean_as_often_as_they_say() -> None:
    """300 draws of 15 samples by 8 replicates, with effects of both: 95% of intervals or more hold 0, but for 4 standard errors."""
    rng = np.random.default_rng(3)
    block, replicate = np.repeat(np.arange(15), 8), np.tile(np.arange(8), 15)
    held = 0
    for _ in range(300):
        values = rng.normal(size=15)[block] + rng.normal(size=8)[replicate] + rng.normal(size=120)
        low, high = clustered_interval(values, Clusters(block, replicate))
        held += low <= 0.0 <= high
    assert held / 300 >= 0.90

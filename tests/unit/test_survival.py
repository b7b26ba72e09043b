"""Curves of cumulative incidence and shares of outcomes: against plain shares, a case by hand, and simulated truth."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("lifelines", reason="needs the extra `analysis`")

from tests.planted import WORDS, A, B, planted
from waico.analysis import survival
from waico.analysis.clusters import Clusters, blocks
from waico.negotiation.measure import OUTCOMES
from waico.runs.sweep import Sweep, open_sweep
from waico.scenarios.errors import InputError, NeedsExtra

pytestmark = pytest.mark.extra
LHC = {"sampler": "latin_hypercube", "samples": 40, "factors": {A: [-1.0, 1.0]}}


def adopted(day: float, **more: Any) -> dict[str, Any]:
    return {"outcome": "unratified", "day_adopted": day, "day_ended": 900.0, **more}


def failed(day: float) -> dict[str, Any]:
    return {"outcome": "no_text", "day_failed": day, "day_ended": max(day, 700.0)}


def ending(day: float, outcome: str = "no_text") -> dict[str, Any]:
    return {"outcome": outcome, "day_ended": day}


def by_hand(folder: Path, runs: list[dict[str, Any]], **design: Any) -> Sweep:
    left = iter(runs)
    return planted(folder, {**LHC, "samples": len(runs), **design}, lambda changes, replicate: next(left))


def at(table: pd.DataFrame, event: str) -> dict[float, float]:
    curve = table[table["event"] == event]
    return dict(zip(curve["day"], curve["probability"].round(12), strict=True))


def chance(changes: dict[str, Any], replicate: int) -> dict[str, Any]:
    """Texts adopted or not, on few days so that there are ties of all kinds, as a hash of the factor decides."""
    place = int(abs(changes[A]) * 1e9)
    day = 30.0 * (1 + place % 7)
    if place % 3 == 0:
        return failed(day)
    return adopted(day, **({"outcome": "thin_body", "day_in_force": day + 90.0 * (place % 4)} if place % 5 else {}))


def test_without_open_runs_curves_are_shares(tmp_path: Path) -> None:
    sweep = planted(tmp_path, {**LHC, "replicates": 3}, chance)
    table, runs = survival.incidence(sweep), sweep.runs
    lost = runs["day_failed"].fillna(runs["day_ended"].where(runs["day_in_force"].isna()))
    days = {event: runs[f"day_{event}"] for event in ("adopted", "failed", "in_force")} | {"not_in_force": lost}
    for event, day in days.items():
        curve = table[table["event"] == event]
        np.testing.assert_allclose(curve["probability"], [(day <= each).mean() for each in curve["day"]], atol=1e-9)
    assert list(table["event"].unique()) == list(survival.EVENTS)
    assert (table["runs"] == 120).all()
    last = table.groupby("event")["probability"].last()
    assert last["adopted"] + last["failed"] == pytest.approx(1.0)
    assert last["in_force"] + last["not_in_force"] == pytest.approx(1.0)


def test_open_runs_count_until_their_last_day(tmp_path: Path) -> None:
    """Six runs: adopted 10, open until 20, failed 20, adopted 20, adopted 30, open until 40.

    Five are at risk on day 20, one of them open to the end of it: adopted 1/6 + 5/6 * 1/5, failed 5/6 * 1/5. On day 30
    two are at risk, and half of all runs were to get there: 1/2 * 1/2 more are adopted.
    """
    runs = [adopted(10.0), ending(20.0), failed(20.0), adopted(20.0), adopted(30.0), ending(40.0)]
    table = survival.incidence(by_hand(tmp_path, runs))
    last = 1 / 3 + 1 / 2 * 1 / 2
    assert at(table, "adopted") == pytest.approx({0.0: 0.0, 10.0: 1 / 6, 20.0: 1 / 3, 30.0: last, 40.0: last})
    assert at(table, "failed") == pytest.approx({0.0: 0.0, 10.0: 0.0, 20.0: 1 / 6, 30.0: 1 / 6, 40.0: 1 / 6})


def test_not_in_force_is_a_failure_unless_it_came_late(tmp_path: Path) -> None:
    late = adopted(10.0, day_in_force=800.0)   # after the deadline: its class is unratified
    runs = [late, adopted(10.0), adopted(10.0, outcome="declaration"), failed(50.0)]
    table = survival.incidence(by_hand(tmp_path, runs))
    assert at(table, "in_force") == {0.0: 0.0, 50.0: 0.0, 800.0: 0.25, 900.0: 0.25}
    assert at(table, "not_in_force") == {0.0: 0.0, 50.0: 0.25, 800.0: 0.25, 900.0: 0.75}


def test_estimator_for_resamples_is_that_of_lifelines() -> None:
    rng = np.random.default_rng(1)
    counts, days = rng.integers(0, 4, (30, 3)), np.arange(1.0, 31.0)
    for kind in (survival.SUCCESS, survival.FAILURE):
        theirs = survival._curve(days, counts, kind)
        np.testing.assert_allclose(survival.aalen_johansen(counts.ravel().astype(float), kind), theirs, atol=1e-9)


def test_nothing_global_changes(tmp_path: Path) -> None:
    """lifelines would seed NumPy's generator where days are tied."""
    sweep = planted(tmp_path, {**LHC, "replicates": 3}, chance)
    before: Any = np.random.get_state()   # noqa: NPY002 (the point of the test)
    first = survival.incidence(sweep, seed=3)
    after: Any = np.random.get_state()   # noqa: NPY002
    assert after[1].tolist() == before[1].tolist()
    pd.testing.assert_frame_equal(first, survival.incidence(sweep, seed=3))


def test_by_a_factor(tmp_path: Path) -> None:
    factors = {A: [-1.0, 1.0], WORDS: {"values": ["nash", "compromise"]}}
    sweep = planted(tmp_path, {**LHC, "factors": factors, "replicates": 2}, chance)
    table = survival.incidence(sweep, by=A)
    assert list(table.columns) == [A, "event", "day", "probability", "low", "high", "runs"]
    edges = sweep.plan.samples[A].quantile([0, 0.25, 0.5, 0.75, 1]).tolist()
    assert list(table[A].unique()) == [f"{low:.3g} to {high:.3g}" for low, high in pairwise(edges)]
    assert set(table["runs"]) == {20}
    low = sweep.runs[sweep.runs[A] <= edges[1]]
    found = table[(table[A] == table[A].iloc[0]) & (table["event"] == "adopted")]
    assert found["probability"].iloc[-1] == pytest.approx(low["day_adopted"].notna().mean())
    shares = survival.outcome_shares(sweep, by=WORDS)
    assert set(shares[WORDS]) == {"nash", "compromise"}
    assert shares.groupby(WORDS)["share"].sum().tolist() == pytest.approx([1.0, 1.0])
    with pytest.raises(InputError, match=rf"{B}: is no factor of the sweep; did you mean '{A}'"):
        survival.incidence(sweep, by=B)


def test_shares_have_all_classes_in_order(tmp_path: Path) -> None:
    table = survival.outcome_shares(planted(tmp_path, LHC, chance))
    assert tuple(table["outcome"]) == OUTCOMES
    assert table["share"].sum() == pytest.approx(1.0)
    assert ((table["low"] <= table["share"]) & (table["share"] <= table["high"]) & (table["low"] < table["high"])).all()
    never = table.set_index("outcome").loc["rival_blocs"]
    assert never["share"] == never["low"] == 0.0
    assert never["high"] == pytest.approx(1.0 - 0.025 ** (1 / 40))   # Clopper & Pearson's for 0 of 40


def test_failed_runs_are_left_out_and_a_sweep_of_them_refused(tmp_path: Path) -> None:
    runs = [adopted(10.0), adopted(10.0), {"error": "impossible"}]
    assert (survival.outcome_shares(by_hand(tmp_path / "some", runs))["runs"] == 2).all()
    with pytest.raises(InputError, match="has no run that could be carried out"):
        survival.outcome_shares(by_hand(tmp_path / "all", [{"error": "impossible"}]))


def test_intervals_where_draws_decide_are_those_of_the_draws(tmp_path: Path) -> None:
    """Four replicates of which one fails in every sample: the interval of 1 in 4, not that of 40 in 160."""
    design = {**LHC, "replicates": 4}
    sweep = planted(tmp_path, design, lambda _, replicate: failed(50.0) if replicate == 2 else adopted(10.0))
    share = survival.outcome_shares(sweep).set_index("outcome").loc["no_text"]
    assert share["low"] == pytest.approx(0.00631, abs=1e-5)   # Clopper & Pearson (1934)
    assert share["high"] == pytest.approx(0.80588, abs=1e-5)


def test_a_single_run_says_next_to_nothing(tmp_path: Path) -> None:
    share: Any = survival.outcome_shares(by_hand(tmp_path, [failed(50.0)])).set_index("outcome").loc["no_text"]
    assert share[["share", "low", "high"]].tolist() == pytest.approx([1.0, 0.025, 1.0])   # Clopper & Pearson, 1 of 1


@pytest.mark.parametrize("sample, draw", [(1.0, 0.0), (0.0, 1.0), (0.7, 0.7)])
def test_intervals_cover_the_truth(sample: float, draw: float) -> None:
    """200 sweeps of 40 samples and 20 replicates, each run a success if effects of sample, draw and chance exceed 0.

    The truth is 0.5. Of 95% intervals of 200 sweeps at least 180 cover it but in one of 900 such tests; those that take
    runs as independent cover it in far fewer.
    """
    rng = np.random.default_rng(5)
    block, replicate = np.divmod(np.arange(800), 20)
    clusters, covered, naive = Clusters(block, replicate), 0, 0
    for seed in range(200):
        effect = sample * rng.normal(size=40)[block] + draw * rng.normal(size=20)[replicate] + rng.normal(size=800)
        cell = (effect > 0).astype(int)
        share = np.array([cell.mean()])
        low, high = clusters.limits(share, cell, 2, lambda count: count[..., 1:] / count.sum(-1, keepdims=True), seed)
        covered += bool(low[0] <= 0.5 <= high[0])
        naive += abs(share[0] - 0.5) < 1.96 * np.sqrt(share[0] * (1 - share[0]) / 800)
    assert covered >= 180
    assert naive < 140


GRID: dict[str, Any] = {"sampler": "grid", "factors": {A: {"values": [-1.0, 1.0]}, WORDS: {"values": ["nash", "compromise"]}}}


def test_points_of_a_grid_are_not_drawn(tmp_path: Path) -> None:
    """Half of the points always fail, and one replicate of eight fails everywhere: the spread is of replicates alone.

    The share of texts moves with the eighth replicate only: 7/16, with the variance of 1/8 - 1/64 over 4 and 8 replicates.
    """
    def run(changes: dict[str, Any], replicate: int) -> dict[str, Any]:
        return failed(50.0) if changes[A] < 0 or replicate == 5 else adopted(10.0)

    clusters = {}
    designs: dict[str, dict[str, Any]] = {"grid": GRID, "latin_hypercube": {**LHC, "samples": 4, "factors": GRID["factors"]}}
    for sampler, design in designs.items():
        sweep = planted(tmp_path / sampler, {**design, "replicates": 8}, run)
        clusters[sampler] = Clusters.of(sweep.runs, sweep.plan)
    assert set(clusters["grid"].block) == {0}
    assert len(set(clusters["latin_hypercube"].block)) == 4
    share = survival.outcome_shares(open_sweep(tmp_path / "grid")).set_index("outcome").loc["no_text"]
    assert share["share"] == pytest.approx(9 / 16)
    sd = np.sqrt((1 / 8 - 1 / 64) / 4 / 7)
    assert share["low"] < 9 / 16 - 1.96 * sd
    assert share["high"] - share["low"] == pytest.approx(2 * 2.36 * sd, rel=0.25)   # t with 7 degrees of freedom


def test_points_that_decide_all_leave_no_more_doubt_than_independent_runs(tmp_path: Path) -> None:
    design = {**GRID, "replicates": 8}
    sweep = planted(tmp_path / "many", design, lambda changes, _: failed(50.0) if changes[A] < 0 else adopted(10.0))
    share = survival.outcome_shares(sweep).set_index("outcome").loc["no_text"]
    assert (share["low"], share["high"]) == pytest.approx((0.3189, 0.6811), abs=1e-4)   # Clopper & Pearson, 16 of 32
    one = planted(tmp_path / "one", GRID, lambda changes, _: failed(50.0) if changes[A] < 0 else adopted(10.0))
    alone = survival.outcome_shares(one).set_index("outcome").loc["no_text"]
    assert alone["high"] - alone["low"] > 0.9   # of other draws one replicate tells next to nothing


@pytest.mark.parametrize("effect, sure", [(0.0, False), (0.5, True)])
def test_classes_are_compared_draw_by_draw(tmp_path: Path, effect: float, sure: bool) -> None:
    """Draws move both classes far, but alike: a difference shows that their own bands would hide."""
    luck, chance = np.random.default_rng(4).normal(size=(2, 24))

    def run(changes: dict[str, Any], replicate: int) -> dict[str, Any]:
        own = effect if changes[WORDS] == "nash" else 0.4 * chance[replicate]
        return adopted(10.0, day_in_force=20.0) if luck[replicate] + own > 0 else adopted(10.0)

    sweep = planted(tmp_path, {**GRID, "replicates": 24}, run)
    gap, table = survival.widest_gap(sweep, WORDS), survival.incidence(sweep, WORDS)
    last = table[table["event"] == "in_force"].groupby(WORDS)[["probability", "low", "high"]].last()
    assert (gap.most, gap.least) == pytest.approx((last["probability"].max(), last["probability"].min()))
    assert last["low"].max() < last["high"].min()   # the bands overlap
    assert gap.sure == sure


def test_a_difference_in_every_replicate_is_told_by_the_sign_test(tmp_path: Path) -> None:
    def run(changes: dict[str, Any], _: int) -> dict[str, Any]:
        return adopted(10.0, **({"day_in_force": 20.0} if changes[WORDS] == "nash" else {}))

    for replicates, sure in {5: False, 6: True}.items():   # 2 / 2^6 = 0.03
        gap = survival.widest_gap(planted(tmp_path / str(replicates), {**GRID, "replicates": replicates}, run), WORDS)
        assert gap == survival.Gap(1.0, 0.0, "nash", "compromise", sure)


def test_samples_drawn_together_are_one_block(tmp_path: Path) -> None:
    for sampler, rows in {"sobol": 4, "morris": 3}.items():
        design = {"sampler": sampler, "samples": 8, "factors": {A: [0.0, 1.0], B: [0.0, 1.0]}}
        plan = planted(tmp_path / sampler, design, chance).plan
        assert np.bincount(blocks(plan)).tolist() == [rows] * 8


def test_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "lifelines", None)
    with pytest.raises(NeedsExtra, match=r"needs lifelines \(pip install '.\[analysis\]' in a checkout of waico\)"):
        survival.incidence(planted(tmp_path, LHC, chance))

"""The patterns of model.md section 1, each with its ablation. Seeds are fixed (seed 1, replicates 0, 1, ...).

A pattern that is absent would pass a 3-standard-error bound by chance in about 1 of 700 seeds (one-sided normal), so that
the tests together would let a model without any of them pass in well under 1% of seeds; the fixed seed makes every run of
the suite the same.
"""

import pandas as pd
import pytest

from waico.analysis import patterns


def arm(table: pd.DataFrame, **where: object) -> pd.Series:
    rows = table
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.fixture(scope="module")
def display() -> pd.DataFrame:
    return patterns.display_without_content()


def test_p1_consensus_thins_the_text_out(display: pd.DataFrame) -> None:
    consensus = arm(display, arm="consensus")
    assert consensus["depth_start"] >= 0.5
    assert consensus["depth_end"] + 3 * consensus["depth_se"] < 0.36
    assert consensus["below_030"] >= 0.2   # "often"
    assert consensus["adopted"] == 1.0


def test_p1_camps_stand_further_apart_than_by_chance(display: pd.DataFrame) -> None:
    consensus = arm(display, arm="consensus")   # beyond the 95th percentile under no camps
    assert consensus["beyond"] > 3 * consensus["beyond_se"]


def test_p1_ablation_equal_pull_shrinks_the_fall(display: pd.DataFrame) -> None:
    consensus, equal = arm(display, arm="consensus"), arm(display, arm="equal pull")
    assert equal["kept"] > 3 * equal["kept_se"]
    assert equal["kept"] > 0.4 * (consensus["depth_start"] - consensus["depth_end"])


@pytest.fixture(scope="module")
def costly() -> pd.DataFrame:
    return patterns.costly_texts_divide()


@pytest.mark.slow
@pytest.mark.parametrize("gate", ["open", "values"])
def test_p2_deeper_texts_gather_fewer(costly: pd.DataFrame, gate: str) -> None:
    deep = arm(costly, b_cost="prior", gate=gate, depth=0.9)
    assert deep["deeper"] < -3 * deep["deeper_se"]


@pytest.mark.slow
@pytest.mark.parametrize("depth", [0.1, 0.9])
def test_p2_closed_gates_gather_fewer(costly: pd.DataFrame, depth: float) -> None:
    closed = arm(costly, b_cost="prior", gate="values", depth=depth)
    assert closed["closed"] < -3 * closed["closed_se"]


@pytest.mark.slow
@pytest.mark.parametrize("gate", ["open", "values"])
def test_p2_ablation_without_cost_depth_does_not_divide(costly: pd.DataFrame, gate: str) -> None:
    deep = arm(costly, b_cost=0.0, gate=gate, depth=0.9)
    assert deep["deeper"] > -2 * deep["deeper_se"]


@pytest.fixture(scope="module")
def deadline() -> pd.DataFrame:
    return patterns.deadline_clusters()


def test_p3_applications_cluster_before_the_deadline(deadline: pd.DataFrame) -> None:
    """In sample. With the other cases alone, which had no deadline, little of the observed share is left (reported)."""
    clustered, even = (arm(deadline, fitted_on="all cases", arm=name) for name in ("deadline", "none"))
    assert clustered["last_20_days"] - 3 * clustered["se"] > 0.2
    assert even["last_20_days"] + 3 * even["se"] < 0.05


def test_p3_history_is_that_of_the_bank(deadline: pd.DataFrame) -> None:
    """Without China, the sponsor, which the model has not apply either."""
    history = arm(deadline, arm="history")
    assert history["last_20_days"] * history["applied"] == pytest.approx(30)
    assert history["applied"] == 56


@pytest.fixture(scope="module")
def breach() -> pd.DataFrame:
    return patterns.breach_lowers_pressure()


@pytest.mark.slow
def test_p4_only_a_large_ally_draws_in_the_others(breach: pd.DataFrame) -> None:
    large = arm(breach, arm="experiment", defector="large ally")
    assert large["others"] > 0.5
    assert large["others"] > 3 * large["se"]
    for kind in ("small ally", "large non-ally"):
        assert abs(arm(breach, arm="experiment", defector=kind)["others"]) < 0.1 * large["others"]


@pytest.mark.slow
def test_p4_ablation_without_credibility_nobody_does(breach: pd.DataFrame) -> None:
    with_term = arm(breach, arm="experiment", defector="large ally")["others"]
    assert (breach.loc[breach["arm"] == "no credibility", "others"].abs() < 0.1 * with_term).all()


@pytest.fixture(scope="module")
def benefit() -> pd.DataFrame:
    return patterns.benefit_beside_alignment()


@pytest.mark.parametrize("covariate", ["size", "proximity"])
def test_p5_the_large_and_the_near_apply_for_the_benefit(benefit: pd.DataFrame, covariate: str) -> None:
    as_is, without = (arm(benefit, arm=name, states="all", covariate=covariate) for name in ("as is", "no benefit"))
    assert as_is["observed"] > 0.4
    assert as_is["simulated"] > 3 * as_is["se"]
    assert without["change"] < -3 * without["change_se"]


def test_p5_alignment_counts_less_than_benefit(benefit: pd.DataFrame) -> None:
    """History: hardly at all. The model has it too high, and higher still without benefit or with a choice of camp."""
    as_is = arm(benefit, arm="as is", states="all", covariate="alignment")
    size = arm(benefit, arm="as is", states="all", covariate="size")
    assert as_is["observed"] < as_is["simulated"] < size["simulated"] - 3 * (as_is["se"] + size["se"])
    for name in ("no benefit", "partisan"):
        ablation = arm(benefit, arm=name, states="all", covariate="alignment")
        assert ablation["change"] > 3 * ablation["change_se"]


def test_p5_alignment_counts_more_in_the_region(benefit: pd.DataFrame) -> None:
    """As in history, where its sign turns outside the region; in the model it only comes near 0 there."""
    regional, other = (arm(benefit, arm="as is", states=name, covariate="alignment") for name in ("regional", "other"))
    assert regional["observed"] > 0 > other["observed"]
    assert regional["simulated"] - other["simulated"] > 3 * (regional["se"] + other["se"])


@pytest.fixture(scope="module")
def overlap() -> pd.DataFrame:
    return patterns.overlap_of_memberships()


def test_p6_joiners_raise_the_overlap_beyond_the_margins(overlap: pd.DataFrame) -> None:
    joiners = arm(overlap, arm="nation effect")
    assert joiners["ratio"] - 3 * joiners["se"] > 1
    assert joiners["change"] > 3 * joiners["change_se"]


def test_p6_ablation_without_joiners_the_margins_tell_the_overlap(overlap: pd.DataFrame) -> None:
    alone = arm(overlap, arm="no nation effect")
    assert abs(alone["ratio"] - 1) < 3 * alone["se"]


def test_p6_exclusivity_cuts_the_overlap_only_from_its_date(overlap: pd.DataFrame) -> None:
    free, exclusive = arm(overlap, arm="nation effect"), arm(overlap, arm="exclusive")
    assert exclusive["hedgers_before"] == free["hedgers_before"]   # common random numbers: not one state differs
    assert exclusive["change"] < -3 * exclusive["change_se"]


@pytest.fixture(scope="module")
def stages() -> pd.DataFrame:
    return patterns.stages_apart()


def test_p8_stages_are_apart_in_time(stages: pd.DataFrame) -> None:
    lag = arm(stages, arm="lag")
    assert lag["signed_90_days"] - 3 * lag["signed_se"] > 0.5   # history: 50 of 57 on the first day
    assert lag["ratification_days"] - 3 * lag["ratification_se"] >= 90
    assert lag["ratification_days"] + 3 * lag["ratification_se"] <= 365
    assert lag["force_days"] - 3 * lag["force_se"] >= 120   # history: 179
    assert lag["force_days"] + 3 * lag["force_se"] <= 365


def test_p8_ablation_without_a_lag_they_collapse(stages: pd.DataFrame) -> None:
    none = arm(stages, arm="no lag")
    assert none["ratification_days"] <= 14
    assert none["force_days"] <= 30

"""The model held against cases of history that its coefficients do not know: what docs/history.md claims.

Seed and number of replicates are fixed. Which five cases there are is no sample: no error rate is stated for means over cases; the
sampling of states is in the intervals of each case.
"""

from functools import cache

import pandas as pd
import pytest

pytest.importorskip("sklearn", reason="needs the extra `analysis`")
pytest.importorskip("scoringrules", reason="needs the extra `analysis`")

from waico.analysis.history import leave_out
from waico.analysis.history.calibrate import history
from waico.analysis.history.cases import CASES
from waico.analysis.history.episodes import ESTIMATED
from waico.scenarios.load import load_scenario

pytestmark = [pytest.mark.slow, pytest.mark.extra]
WORTH_MORE = ["aiib", "belt_and_road"]   # where the simulation ranks better than the static logit, beyond the sampling of states


@cache
def table() -> pd.DataFrame:
    return leave_out.table(200).set_index("case")


def value(case: str, column: str) -> float:
    return float(table()[column][case])


def test_it_ranks_states_better_than_simpler_predictions() -> None:
    mean = table().mean(numeric_only=True)
    assert mean["auc"] > 0.82
    assert mean["auc"] > mean["auc_static_logit"] + 0.03
    assert mean["auc"] > mean["auc_alignment"] + 0.05
    assert (table()["auc_low"] > 0.5).all()


@pytest.mark.parametrize("case", WORTH_MORE)
def test_where_benefits_decide_it_is_worth_more_than_a_static_logit(case: str) -> None:
    assert value(case, "gain_low") > 0


def test_where_alignment_decides_it_is_hardly_worse() -> None:
    others = table().drop(index=WORTH_MORE)
    assert (others["auc"] > others["auc_static_logit"] - 0.04).all()


def test_of_bodies_about_ai_none_is_told_better_beyond_chance() -> None:
    about_ai = table().loc[["military_ai_declaration", "gpai", "coe_ai_convention"]]
    assert (about_ai["gain_low"] <= 0).all()
    assert about_ai["auc"].mean() == pytest.approx(about_ai["auc_static_logit"].mean(), abs=0.02)


def test_when_they_join_is_not_told() -> None:
    assert value("aiib", "last_days_simulated") < value("aiib", "last_days_observed") / 3
    assert value("belt_and_road", "concordance_members") < 0.5


def test_the_founders_of_the_bank_are_told_in_sample() -> None:
    assert value("aiib", "auc_in_sample") >= 0.91


def test_intervals_of_the_number_of_members_hold_what_happened() -> None:
    assert (table()["q05"] <= table()["observed"]).all()
    assert (table()["observed"] <= table()["q95"]).all()


def test_it_is_better_calibrated_than_the_base_rate_on_average() -> None:
    mean = table().mean(numeric_only=True)
    assert mean["brier"] < mean["brier_base_rate"]
    assert mean["log_score"] < mean["log_score_base_rate"]


def test_accession_to_the_bank_comes_in_the_right_order() -> None:
    assert value("aiib", "concordance_members") > 0.6


def test_it_still_ranks_with_a_trait_coded_alike_for_all_bodies() -> None:
    codings = leave_out.other_codings(40)
    assert (codings["auc"] > table()["auc_static_logit"].mean()).all()


def test_states_left_out_are_ranked_as_well() -> None:
    states = leave_out.other_states(20).set_index("case")
    assert states["auc"].mean() > 0.8
    assert list(states.index) == list(CASES)


def test_the_coefficients_refitted_are_those_of_the_bundled_scenario() -> None:
    for case in CASES.values():
        refitted = leave_out.with_coefficients(
            load_scenario(case.scenario), leave_out.on_others(case, {each: history(each) for each in CASES.values()})
        )
        stored = load_scenario(case.scenario)
        for name in ("b0", *ESTIMATED):
            now, then = getattr(refitted.decision, name), getattr(stored.decision, name)
            assert (now.mean, now.sd) == pytest.approx((then.mean, then.sd), abs=0.02), name

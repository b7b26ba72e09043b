"""States forced in and kept out, on a dozen states."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import waico
from waico.agents import Setting
from waico.analysis.pivotality import pivotality, weightiest
from waico.scenarios.schema import Scenario

STATES = ["ARE", "BRA", "CHN", "DEU", "FRA", "IND", "ITA", "KEN", "PAK", "POL", "RUS", "USA"]
NO_INFLUENCE = {   # every term through which one state's choice reaches another
    "decision.b_peers": 0.0, "decision.b_network": 0.0, "decision.credibility": 0.0, "decision.b_fit": 0.0,
    "decision.b_cost": 0.0, "decision.b_offer": 0.0, "decision.b_capacity": 0.0, "decision.b_exclusive": 0.0,
    "institutions.us_coalition.proposed": "2025-08-26", "decision.s_u": 1.0, "decision.b0": -3.0,
    "decision.withdraw.margin": 100.0,
}  # fmt: skip
REPLICATES = 12


def small(**changes: Any) -> Scenario:
    return waico.load_scenario("waic2025", {"nations.subset": STATES, "institutions.waico.named": [], **changes})


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pivotality(small(), ["KEN", "DEU"], seed=2, replicates=REPLICATES)


def rows(table: pd.DataFrame, quantity: str, contrast: str) -> pd.DataFrame:
    return table[(table["quantity"] == quantity) & (table["contrast"] == contrast)]


def test_without_influence_nobody_else_changes() -> None:
    isolated = pivotality(small(**NO_INFLUENCE), ["BRA", "FRA", "KEN"], seed=2, replicates=REPLICATES)
    for quantity in ("breadth_states", "breadth_weight"):
        of_others = isolated[isolated["quantity"] == quantity]
        assert len(of_others) == 9
        assert (of_others["changed"] == 0).all()
        assert (of_others["difference"] == 0.0).all()
        assert of_others["a"].between(0.05, 0.95).all()   # somebody else could have changed
    assert (rows(isolated, "signed", "swing")["difference"] == 1.0).all()


def test_the_state_itself_is_in_or_out(table: pd.DataFrame) -> None:
    for contrast, forced in (("out", "b"), ("swing", "a")):
        assert (rows(table, "signed", contrast)[forced] == 0.0).all()
    assert (rows(table, "signed", "in")["difference"] > 0.5).any()


def test_with_influence_others_follow(table: pd.DataFrame) -> None:
    assert (rows(table, "breadth_states", "swing")["changed"] > 0).all()


def test_contrasts_add_up(table: pd.DataFrame) -> None:
    wide = table.pivot(index=["iso3", "quantity"], columns="contrast", values="difference")
    np.testing.assert_allclose(wide["in"] - wide["out"], wide["swing"], atol=1e-12)


def test_figures_are_those_of_runs_made_by_hand(table: pd.DataFrame) -> None:
    scenario = small()
    setting = Setting.of(scenario)
    others = [code for code in STATES if code not in ("CHN", "USA", "DEU")]
    weight = {code: setting.weight[setting.codes.index(code)] for code in others}
    by_hand = {}
    for arm, changes in {"a": {}, "b": {"nations.DEU.forced.waico": "signed"}}.items():
        result = waico.run(small(**changes), seed=2, replicates=REPLICATES)
        nations = result.nations.query("institution == 'waico' and status in ['signed', 'ratified'] and iso3 in @others")
        last = result.rounds.query("institution == 'waico'").groupby("replicate").tail(1)
        by_hand[arm] = {
            "outcome": (result.outcomes["outcome"] == "thin_body").mean(),
            "in_force": (last["stage"] == "in_force").mean(),
            "depth": last["depth"].mean(),
            "breadth_states": len(nations) / len(others) / REPLICATES,
            "breadth_weight": sum(weight[code] for code in nations["iso3"]) / sum(weight.values()) / REPLICATES,
        }
    found = pivotality(small(), ["DEU"], seed=2, replicates=REPLICATES, outcome="thin_body")
    for quantity in by_hand["a"]:
        row = rows(found, quantity, "in").iloc[0]
        assert [row["a"], row["b"]] == pytest.approx([by_hand["a"][quantity], by_hand["b"][quantity]])
    shared = found[found["quantity"] != "outcome"]
    german = table[(table["iso3"] == "DEU") & (table["quantity"] != "outcome")]
    pd.testing.assert_frame_equal(shared.reset_index(drop=True), german.reset_index(drop=True))


def test_the_order_of_states_changes_nothing(table: pd.DataFrame) -> None:
    told: list[int] = []
    again = pivotality(small(), ["DEU", "KEN", "DEU"], seed=2, replicates=REPLICATES, on_progress=told.append)
    pd.testing.assert_frame_equal(again, table)
    assert told == [REPLICATES] * 5


@pytest.mark.slow
def test_workers_change_nothing(table: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(pivotality(small(), ["DEU", "KEN"], seed=2, replicates=REPLICATES, workers=2), table)


def test_candidates_are_the_weightiest_that_decide() -> None:
    setting = Setting.of(waico.load_scenario("waic2025"))
    chosen = weightiest(setting, 0)
    rest = [code for code in setting.codes if code not in {*chosen, "CHN", "USA"}]
    weight = dict(zip(setting.codes, setting.weight, strict=True))
    assert len(chosen) == 20
    assert not {"CHN", "USA"} & set(chosen)
    assert min(weight[code] for code in chosen) >= max(weight[code] for code in rest)
    of_all = pivotality(small(), replicates=1)
    assert sorted(of_all["iso3"].unique()) == sorted({*STATES} - {"CHN", "USA"})
    assert of_all["se"].isna().all()


@pytest.mark.parametrize(
    ("states", "options", "expected"),
    [
        (["XYZ"], {}, "waic2025: states: there is no state 'XYZ'; give ISO3 codes, such as KEN"),
        (["CHN"], {}, "waic2025: states: CHN is sponsor or rival of waico; give states that decide on joining"),
        (None, {"institution": "nato"}, "waic2025: institution: there is no 'nato'; give one of waico, us_coalition"),
        (None, {"outcome": "thin"}, "waic2025: outcome: there is no 'thin'; did you mean 'thin_body'?"),
    ],
)
def test_what_does_not_exist(states: list[str] | None, options: dict[str, str], expected: str) -> None:
    with pytest.raises(waico.InputError) as error:
        pivotality(small(), states, **options)   # type: ignore[arg-type]
    assert str(error.value) == expected

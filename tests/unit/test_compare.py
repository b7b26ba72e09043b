"""Comparisons against runs taken apart by hand, and what must hold for any two scenarios."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

import waico
from waico.analysis.compare import Comparison, changed_values, compare
from waico.scenarios.schema import Scenario

STATES = ["ARE", "BRA", "CHN", "DEU", "FRA", "IND", "ITA", "KEN", "PAK", "POL", "RUS", "USA"]
CHANGE: dict[str, Any] = {"decision.b_cost": 0.0, "institutions.us_coalition.answers.momentum": 0.6}
REPLICATES = 8
TABLES = ("outcomes", "measures", "texts", "states")


def small(name: str = "waic2025", **changes: Any) -> Scenario:
    named: dict[str, Any] = {"institutions.waico.named": []} if name == "waic2025" else {}
    return waico.load_scenario(name, {"nations.subset": STATES, **named, **changes})


@pytest.fixture(scope="module")
def found() -> Comparison:
    return compare(small(), small(**CHANGE), seed=4, replicates=REPLICATES)


@pytest.fixture(scope="module")
def arms() -> list[waico.RunResult]:
    return [waico.run(scenario, seed=4, replicates=REPLICATES) for scenario in (small(), small(**CHANGE))]


def row(table: pd.DataFrame, **where: str) -> Any:
    for column, value in where.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


@pytest.mark.parametrize("scenario", [small(), small("aiib2014", **{"nations.exclude": []})], ids=lambda s: s.name)
def test_a_scenario_does_not_differ_from_itself(scenario: Scenario) -> None:
    same = compare(scenario, scenario, seed=1, replicates=3)
    assert same.changes == {}
    for name in TABLES:
        table = getattr(same, name)
        assert len(table) > 0
        assert (table["difference"].dropna() == 0.0).all()
        assert (table["changed"] == 0).all()
        assert not (table["low"] == table["high"]).any()   # no interval claims certainty
    assert (same.states[["only_a", "only_b"]] == 0).all(axis=None)


def test_measures_are_those_of_the_last_rounds(found: Comparison, arms: list[waico.RunResult]) -> None:
    for body in ("waico", "us_coalition"):
        last = [arm.rounds[arm.rounds["institution"] == body].groupby("replicate").tail(1) for arm in arms]
        for name in ("signed", "ratified", "breadth_weight", "fault_line", "hedgers"):
            a, b = (table[name].to_numpy(dtype=float) for table in last)
            got = row(found.measures, institution=body, measure=name)
            assert got["difference"] == pytest.approx((b - a).mean())
            assert got["se"] == pytest.approx((b - a).std(ddof=1) / REPLICATES**0.5)
        force = [(table["stage"] == "in_force").to_numpy(dtype=float) for table in last]
        got = row(found.measures, institution=body, measure="in_force")
        assert (got["a"], got["b"]) == pytest.approx((force[0].mean(), force[1].mean()))
    adopted = [arm.outcomes["round_adopted"].notna().mean() for arm in arms]
    got = row(found.measures, institution="waico", measure="adopted")
    assert (got["a"], got["b"]) == pytest.approx(tuple(adopted))


def test_texts_and_their_measures_are_missing_where_none_was_tabled(
    found: Comparison, arms: list[waico.RunResult]
) -> None:
    untabled = []
    for arm in arms:
        rounds = arm.rounds[arm.rounds["institution"] == "us_coalition"]
        untabled.append((rounds.groupby("replicate")["stage"].last() == "idea").to_numpy())
    assert untabled[0].sum() != untabled[1].sum()   # the two cases differ
    seats = [
        arm.texts.query("institution == 'us_coalition' and issue == 'seat'").groupby("replicate")["value"].last()
        for arm in arms
    ]
    both = ~untabled[0] & ~untabled[1]
    got = row(found.texts, institution="us_coalition", issue="seat")
    assert got["difference"] == pytest.approx((seats[1] - seats[0])[both].mean())
    for where in (got, row(found.measures, institution="us_coalition", measure="depth")):
        assert (where["missing_a"], where["missing_b"]) == (untabled[0].sum(), untabled[1].sum())
        assert where["pairs"] == both.sum()


def test_outcomes_are_shares_of_runs(found: Comparison, arms: list[waico.RunResult]) -> None:
    table = found.outcomes.set_index("outcome")
    for column, arm in zip(("a", "b"), arms, strict=True):
        shares = arm.outcomes["outcome"].value_counts(normalize=True).reindex(table.index, fill_value=0.0)
        np.testing.assert_allclose(table[column], shares)
    assert len(table) == 7
    assert table["difference"].sum() == pytest.approx(0.0)


def test_states_count_the_runs_in_which_they_sign_in_one_alone(found: Comparison, arms: list[waico.RunResult]) -> None:
    members = [
        {(n["institution"], n["iso3"], n["replicate"]) for n in arm.nations.to_dict("records")
         if n["status"] in ("signed", "ratified")}
        for arm in arms
    ]  # fmt: skip
    assert set(found.states["iso3"]) == {*STATES} - {"CHN", "USA"}
    for got in found.states.to_dict("records"):
        in_a, in_b = ({r for body, code, r in who if (body, code) == (got["institution"], got["iso3"])} for who in members)
        assert (got["only_a"], got["only_b"]) == (len(in_a - in_b), len(in_b - in_a))
        assert got["difference"] == pytest.approx((len(in_b) - len(in_a)) / REPLICATES)
        assert got["low"] < got["high"]
    for _, table in found.states.groupby("institution"):
        assert table["difference"].abs().round(9).is_monotonic_decreasing
    assert found.states["changed"].sum() > 0


def test_turned_round_all_differences_change_their_sign(found: Comparison) -> None:
    turned = compare(found.b, found.a, seed=4, replicates=REPLICATES)
    keys = {"outcomes": ["outcome"], "measures": ["institution", "measure"], "texts": ["institution", "issue"],
            "states": ["institution", "iso3"]}  # fmt: skip
    for name, key in keys.items():
        one, other = (getattr(c, name).set_index(key).sort_index() for c in (found, turned))
        np.testing.assert_allclose(one["difference"], -other["difference"], atol=1e-12)
        np.testing.assert_allclose(one["low"], -other["high"], atol=1e-12)


def test_institutions_of_other_names_are_compared_as_the_first_ones() -> None:
    two = compare(small(), small("aiib2014", **{"nations.exclude": ["KEN"]}), replicates=2)
    assert set(two.measures["institution"]) == {"waico / aiib"}
    assert set(two.texts["issue"]) == {"seat"}
    assert set(two.states["iso3"]) == {*STATES} - {"CHN", "USA", "KEN"}


def test_one_replicate_has_neither_errors_nor_intervals() -> None:
    one = compare(small(), small(**CHANGE), replicates=1)
    for name in TABLES:
        table = getattr(one, name)
        assert table[["se", "low", "high"]].isna().all(axis=None)
    assert one.measures["difference"].abs().max() > 0
    json.dumps(one.as_dict(), allow_nan=False)


def test_changed_values_are_paths_of_set() -> None:
    changes: dict[str, Any] = {
        "decision.b_cost": 0.0, "institutions.waico.opening.seat": 0.25, "issues.seat.salience": 2.0,
        "nations.KEN.forced.waico": "out", "rounds.horizon": "2028-01-01",
    }  # fmt: skip
    values = changed_values(small(), small(**changes))
    assert {path: b for path, (_, b) in values.items()} == changes
    assert values["decision.b_cost"][0] == {"mean": 1.0, "sd": 0.25, "lower": 0.0}
    assert values["nations.KEN.forced.waico"][0] is None


def test_shocks_without_ids_are_one_value() -> None:
    def shocked(tolerance: float) -> Scenario:
        first = {"round": 1, "path": "nations.tolerance", "value": tolerance}
        return small(shocks=[first, {"round": 2, "path": "nations.openness", "value": 0.2}])

    changes = changed_values(shocked(0.1), shocked(0.5))
    assert list(changes) == ["shocks"]
    assert [entry["value"] for entry in changes["shocks"][1]] == [0.5, 0.2]


def test_half_a_comparison_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    simulate = importlib.import_module("waico.runs.run").simulate

    def stop_at_the_second(scenario: Scenario, seed: int, replicate: int, *rest: Any) -> Any:
        if replicate == 1:
            raise KeyboardInterrupt
        return simulate(scenario, seed, replicate, *rest)

    monkeypatch.setattr("waico.runs.run.simulate", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        compare(small(), small(), replicates=2)

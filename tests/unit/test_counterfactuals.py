"""Named changes to a scenario, each held against it under the same draws; and scenarios without firms or data."""

import numpy as np
import pandas as pd
import pytest

from waico.analysis.counterfactuals import counterfactuals
from waico.analysis.firm_groups import EVERY, without_firms
from waico.analysis.intervals import paired
from waico.runs.run import run
from waico.scenarios.errors import InputError
from waico.scenarios.facts import load_facts
from waico.scenarios.load import load_scenario
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario

CHARTER = load_scenario("binding_charter")
BASE = load_scenario("waic2025")
RUNS = 12
NO_LINE = {"nations.CHN.red_lines.enforcement.floor": 0.0}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    changes = {"as it is": {}, "no red line": NO_LINE}
    return counterfactuals(CHARTER, changes, seed=3, replicates=RUNS).set_index("change")


def in_force(scenario: Scenario) -> pd.DataFrame:
    outcomes = run(scenario, seed=3, replicates=RUNS).outcomes
    return outcomes.assign(ok=outcomes["round_in_force"].notna())


def test_a_change_that_changes_nothing_saves_and_loses_nothing(table: pd.DataFrame) -> None:
    row = table.loc["as it is"]
    assert (row["saved"], row["lost"], row["difference"], row["depth"], row["breadth"]) == (0, 0, 0.0, 0.0, 0.0)


def test_numbers_are_those_of_the_runs(table: pd.DataFrame) -> None:
    before, after = in_force(CHARTER), in_force(replace(CHARTER, NO_LINE))
    row = table.loc["no red line"]
    assert row["failed"] == (~before["ok"]).sum()
    assert row["saved"] == (~before["ok"] & after["ok"]).sum() > 0
    assert row["lost"] == (before["ok"] & ~after["ok"]).sum()
    assert row["saved_share"] == row["saved"] / row["failed"]
    depth = paired(before["depth"], after["depth"])
    assert [row["depth"], row["depth_low"], row["depth_high"]] == pytest.approx([depth.difference, depth.low, depth.high])
    assert row["breadth"] == pytest.approx((after["breadth_states"] - before["breadth_states"]).mean())


def test_saved_and_lost_change_places_with_the_arms(table: pd.DataFrame) -> None:
    back = {"nations.CHN.red_lines.enforcement.floor": 0.5}
    other = counterfactuals(replace(CHARTER, NO_LINE), {"back": back}, seed=3, replicates=RUNS).iloc[0]
    row = table.loc["no red line"]
    assert (other["saved"], other["lost"]) == (row["lost"], row["saved"])
    assert other["difference"] == -row["difference"]


def test_an_outcome_class_may_be_asked_for() -> None:
    row = counterfactuals(CHARTER, {"no red line": NO_LINE}, outcome="no_text", seed=3, replicates=4).iloc[0]
    assert row["a"] == (run(CHARTER, seed=3, replicates=4).outcomes["outcome"] == "no_text").mean()


@pytest.mark.parametrize(
    ("changes", "outcome", "complaint"),
    [
        ({}, "in_force", "binding_charter: changes: names no change; give at least one, as {name: {path: value}}"),
        ({"x": {"decision.b_fitt": 1.0}}, "in_force", "decision.b_fitt"),
        ({"x": {}}, "in_forces", "there is no 'in_forces'; did you mean 'in_force'?"),
    ],
)
def test_wrong_input_is_one_line(changes: dict[str, dict[str, float]], outcome: str, complaint: str) -> None:
    with pytest.raises(InputError) as error:
        counterfactuals(CHARTER, changes, outcome=outcome, replicates=1)
    assert complaint in str(error.value)


def test_firms_are_left_out_group_by_group() -> None:
    firms = load_facts(BASE).firms
    groups = without_firms(BASE)
    assert len(groups) == firms["home"].nunique() + 1
    for home, name in (("USA", "United States"), ("TWN", "TWN")):   # Taiwan is home of a firm and no agent
        left = load_facts(replace(BASE, groups[f"without firms of {name}"])).firms
        assert set(firms.index) - set(left.index) == set(firms.index[firms["home"] == home])
    assert load_facts(replace(BASE, groups[f"without {EVERY}"])).firms.empty
    assert len(without_firms(BASE, by="firm")) == len(firms)
    assert set(without_firms(BASE, by="layer")) == {*(f"without {layer} firms" for layer in firms["layer"]), f"without {EVERY}"}


def test_alliances_go_on_without_a_firm_and_end_without_two() -> None:
    assert BASE.firms is not None
    [alliance, *_] = BASE.firms.alliances
    one = replace(BASE, without_firms(BASE, by="firm")[f"without {load_facts(BASE).firms.loc[alliance.members[0], 'name']}"])
    assert one.firms is not None
    assert one.firms.alliances[0].members == alliance.members[1:]
    assert len(one.shocks) == len(BASE.shocks)
    none = replace(BASE, without_firms(BASE)["without firms of China"])
    assert none.firms is not None
    assert none.firms.alliances == []
    assert none.shocks == []


def test_a_scenario_without_firms_has_none_to_leave_out() -> None:
    with pytest.raises(InputError, match="has none; take a scenario with firms"):
        without_firms(load_scenario("aiib2014"))


def test_without_trade_all_trade_alike_and_without_votes_all_vote_alike() -> None:
    with_all, facts = load_facts(BASE), load_facts(replace(BASE, {"nations.without": ["trade", "unga"]}))
    n = len(facts.codes)
    assert np.allclose(facts.trade[~np.eye(n, dtype=bool)], 1.0 / (n - 1))
    assert np.all(np.diag(facts.trade) == 0.0)
    assert facts.nations["unga"].nunique() == 1
    assert facts.nations["unga"].iloc[0] == pytest.approx(sum(with_all.poles) / 2)
    assert facts.poles == with_all.poles


@pytest.mark.parametrize(("source", "table"), [("trade", "trade"), ("unga", "nations")])
def test_what_is_left_out_enters_nowhere(source: str, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nonsense in place of the data changes no number of a run without them, and does change one with them."""
    from waico.scenarios import facts, tables

    def outcome(without: list[str]) -> list[float]:
        ends = run(replace(BASE, {"nations.without": without}), seed=1, replicates=2)
        return [*ends.texts["value"], *ends.outcomes["breadth_states"]]

    known, unknown = outcome([]), outcome([source])
    read = tables.read_table

    def shuffled(name: str, *rest: object) -> pd.DataFrame:
        found = read(name, *rest)   # type: ignore[arg-type]
        columns = ["share"] if source == "trade" else [column for column in found.columns if str(column).startswith("unga")]
        if name == table:
            found = found.copy()
            ends = found.index.isin(["CHN", "USA"]) if source == "unga" else np.zeros(len(found), dtype=bool)   # they are the poles
            for column in columns:
                found.loc[~ends, column] = found.loc[~ends, column].to_numpy()[::-1]
        return found

    monkeypatch.setattr(facts, "read_table", shuffled)
    facts._facts.cache_clear()
    try:
        assert outcome([source]) == unknown
        assert outcome([]) != known
    finally:
        monkeypatch.undo()
        facts._facts.cache_clear()

"""Sweeps and comparisons as the page shows them, held against their own tables."""

from pathlib import Path

import pandas as pd
import pytest

from waico.analysis.compare import compare
from waico.runs.sweep import sweep
from waico.scenarios.errors import InputError
from waico.scenarios.load import load_scenario
from waico.ui.compared import Compared
from waico.ui.explored import Explored
from waico.ui.session import Session

pytestmark = pytest.mark.extra
pytest.importorskip("ema_workbench", reason="needs the extra `analysis`")

ENFORCEMENT, RULE = "institutions.waico.opening.enforcement", "institutions.waico.adoption.rule"


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Explored:
    folder = tmp_path_factory.mktemp("swept") / "out"
    sweep(
        {
            "scenario": "binding_charter", "seed": 3, "replicates": 3, "sampler": "latin_hypercube", "samples": 50,
            "factors": {ENFORCEMENT: [0.0, 1.0], RULE: {"values": ["consensus", "supermajority"]}},
        },
        folder,
    )  # fmt: skip
    return Explored.open(folder, "out")


def test_cells_are_shares_of_the_runs_in_them(explored: Explored) -> None:
    runs = explored.sweep.runs
    found = explored.shares(ENFORCEMENT, RULE, "no_text")
    assert found["rows"] == ["consensus", "supermajority"] and len(found["columns"]) == 5
    assert sum(cell["runs"] for cell in found["cells"]) == len(runs) == 150
    for cell in found["cells"]:
        low, high = map(float, found["columns"][cell["column"]].split(" to "))
        inside = runs[runs[ENFORCEMENT].between(low - 0.01, high + 0.01) & (runs[RULE] == found["rows"][cell["row"]])]
        behind = explored.behind(ENFORCEMENT, RULE, cell["column"], cell["row"])
        assert len(behind) == cell["runs"]
        assert {row["sample"] for row in behind} <= set(inside["sample"])
        assert cell["share"] == pytest.approx(sum(row["outcome"] == "no text" for row in behind) / len(behind))
        assert cell["low"] <= cell["share"] <= cell["high"]


def test_one_factor_alone_is_one_row(explored: Explored) -> None:
    found = explored.shares(RULE, RULE, "no_text")
    assert (found["rows"], [cell["row"] for cell in found["cells"]]) == (["all"], [0, 0])
    expected = explored.sweep.runs.assign(hit=explored.sweep.runs["outcome"] == "no_text").groupby(RULE)["hit"].mean()
    assert [cell["share"] for cell in found["cells"]] == pytest.approx(expected.tolist())


def test_the_link_of_a_run_watches_that_very_run(explored: Explored) -> None:
    runs = explored.sweep.runs.set_index(["sample", "replicate"])
    for row in explored.behind(ENFORCEMENT, RULE, 0, 0)[:2] + explored.behind(ENFORCEMENT, RULE, 4, 1)[-4:]:
        session = Session.from_query(row["link"])
        assert not session.problem
        expected = runs.loc[(row["sample"], row["replicate"])]
        found = session.whole_run().outcomes.iloc[-1]
        for name in ("outcome", "agreement", "depth", "fault_line", "breadth_states"):
            assert found[name] == expected[name] or (pd.isna(found[name]) and pd.isna(expected[name])), name


def test_the_box_and_the_bars_name_the_rule(explored: Explored) -> None:
    box = explored.box("no_text")
    assert [side["values"] for side in box["sides"]] == ["consensus"] and "consensus" in box["words"]
    bars = explored.sensitivity("no_text")["bars"]
    assert bars[0]["name"] == "waico adoption rule" and bars[0]["value"] > 0.7
    assert [bar["value"] for bar in bars] == sorted((bar["value"] for bar in bars), reverse=True)


def test_a_folder_without_a_sweep_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        Explored.open(tmp_path, "here")


def test_a_comparison_is_shown_with_its_own_numbers() -> None:
    found = Compared(compare(load_scenario("waic2025"), load_scenario("binding_charter"), seed=2, replicates=8))
    table = found.comparison
    states = table.states[table.states["institution"] == "waico"].set_index("iso3")
    for place, value in zip(found.places, found.values("waico", "difference"), strict=True):
        assert (value is None) == (place["code"] not in states.index)
        assert value is None or value == pytest.approx(states.loc[place["code"], "difference"])
    assert found.reach("waico") == pytest.approx(max(0.1, states["difference"].abs().max()))
    outcomes = table.outcomes.set_index("outcome")
    for row in found.outcomes():
        expected = outcomes.loc[row["label"].replace(" ", "_")]
        assert row["a"] == f"{100 * expected['a']:.0f}%" and row["difference"] == f"{100 * expected['difference']:+z.0f}"
        assert row["clear"] == bool(expected["low"] > 0 or expected["high"] < 0)
    signed = next(row for row in found.measures("waico") if row["label"] == "states that signed")
    of_table = table.measures.query("institution == 'waico' and measure == 'signed'").iloc[0]
    assert (signed["a"], signed["b"]) == (f"{of_table['a']:.1f}", f"{of_table['b']:.1f}")
    assert any("participants" in line for line in found.changes())


def test_the_same_scenario_twice_shows_no_difference() -> None:
    found = Compared(compare(load_scenario("waic2025"), load_scenario("waic2025"), seed=2, replicates=4))
    assert (found.changes(), found.states("waico")) == ([], [])
    assert {value for value in found.values("waico", "difference") if value is not None} == {0.0}
    assert found.reach("waico") == 0.1

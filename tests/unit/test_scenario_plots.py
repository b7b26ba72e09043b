"""Figures that set scenarios side by side draw what the tables say."""

from typing import Any

import pytest

pytest.importorskip("altair", reason="needs the extra `analysis`")

from tests.charts import data_of
from waico.analysis import plots, scenario_plots
from waico.negotiation.measure import OUTCOMES
from waico.runs.run import RunResult, run
from waico.scenarios.load import load_scenario

pytestmark = pytest.mark.extra


@pytest.fixture(scope="module")
def results() -> dict[str, RunResult]:
    return {name: run(load_scenario(name), seed=1, replicates=5) for name in ("waic2025", "no_proposer", "aiib2014")}


def test_shares_add_up_and_name_all_classes(results: dict[str, RunResult]) -> None:
    table = scenario_plots.share_table(results)
    assert list(table.columns) == list(OUTCOMES)
    assert table.sum(axis=1).tolist() == pytest.approx([1.0] * 3)
    assert table.loc["no_proposer", "no_text"] == 1.0


def test_bars_are_stacked_to_the_whole(results: dict[str, RunResult]) -> None:
    chart = scenario_plots.outcome_comparison(results, past=["aiib2014"])
    table = scenario_plots.share_table(results)
    for row in data_of(chart, "share"):
        name, outcome = row["scenario"].replace(" ", "_"), row["outcome"].replace(" ", "_")
        assert row["share"] == pytest.approx(table.loc[name, outcome])
        assert row["end"] - row["start"] == pytest.approx(row["share"])
    ends = [row["end"] for row in data_of(chart, "end") if row["outcome"] == "binding regime"]
    assert ends == pytest.approx([1.0] * 3)


def test_the_title_counts_scenarios_of_the_present(results: dict[str, RunResult]) -> None:
    title = " ".join(scenario_plots.outcome_comparison(results, past=["aiib2014"]).to_dict()["title"]["text"])
    binding = int((results["waic2025"].outcomes["outcome"] == "binding_regime").mean() > 0.5)
    assert title == f"In {binding} of 2 scenarios most runs end in a binding regime, in 1 without any text"


def test_members_are_medians_and_quantiles(results: dict[str, RunResult]) -> None:
    chart = scenario_plots.members_comparison(results, "waic2025")
    drawn = {row["scenario"]: row for row in data_of(chart, "median")}
    signed = results["waic2025"].outcomes["signed"]
    assert drawn["waic2025"]["median"] == signed.median()
    assert drawn["waic2025"]["low"] == pytest.approx(signed.quantile(0.05))
    assert drawn["no proposer"]["high"] == 0.0


def test_they_have_the_one_look(results: dict[str, RunResult]) -> None:
    spec: Any = scenario_plots.members_comparison(results, "waic2025").to_dict()
    assert spec["config"]["range"]["category"] == list(plots.COLOURS)

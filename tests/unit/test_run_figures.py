"""Figures of runs: titles say what the tables say, and what is drawn are the tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("altair", reason="needs the extra `analysis`")

from tests.charts import data_of, titled
from waico.analysis import comparison_plots, course_plots, decision_plots, difference_plots, text_plots
from waico.analysis.compare import compare
from waico.analysis.explain import explain
from waico.analysis.plots import COLOURS
from waico.runs.run import RunResult, run
from waico.scenarios.load import load_scenario

pytestmark = pytest.mark.extra
BASE = load_scenario("waic2025")
NONE = load_scenario("no_proposer")   # no text is ever tabled


@pytest.fixture(scope="module")
def result() -> RunResult:
    return run(BASE, seed=1, replicates=5)


@pytest.fixture(scope="module")
def nothing() -> RunResult:
    return run(NONE, seed=1, replicates=2)


# --- the text


def test_the_text_table_is_that_of_the_texts(result: RunResult) -> None:
    table = text_plots.text_table(result).set_index("issue")
    last = result.texts[result.texts["institution"] == "waico"].groupby(["issue", "replicate"])["value"].last().unstack()
    assert list(table.index) == BASE.issue_ids
    for issue, row in table.iterrows():
        assert [row["low"], row["median"], row["high"]] == pytest.approx(np.quantile(last.loc[str(issue)], [0.05, 0.5, 0.95]))
        assert row["opening"] == BASE.institution("waico").opening[str(issue)]
    assert (table["runs"] == 5).all()


def test_the_charter_says_which_issue_moved_most(result: RunResult) -> None:
    table = text_plots.text_table(result).set_index("issue")
    moved = (table["median"] - table["opening"]).abs()
    assert titled(text_plots.charter(result)).startswith(f"Talks move {moved.idxmax()} most: by {moved.max():.2f}")
    assert {row["mark"] for row in data_of(text_plots.charter(result), "mark")} == set(text_plots.MARKS)


def test_without_a_text_the_figures_say_so(nothing: RunResult) -> None:
    assert text_plots.text_table(nothing)["median"].isna().all()
    assert titled(text_plots.charter(nothing)) == "No text is ever tabled"
    assert titled(text_plots.text_comparison({"a": nothing})) == "No text is ever tabled"
    assert titled(text_plots.depth_against_breadth({"a": nothing}, "nothing")) == "Too few runs have a text to compare"


def test_texts_side_by_side_name_the_issue_on_which_they_part(result: RunResult, nothing: RunResult) -> None:
    same = text_plots.text_comparison({"one": result, "other": result})
    assert titled(same) == "The median text is the same in all of them"
    assert {row["scenario"] for row in data_of(same, "median")} == {"one", "other"}


def test_depth_and_breadth_are_compared_within_a_scenario(result: RunResult) -> None:
    """Both fall together within each scenario, although the deeper scenario has more members."""
    def drawn(shift: float, sign: float) -> RunResult:
        place = np.arange(30) / 100.0
        outcomes = pd.DataFrame({"replicate": range(30), "depth": 0.2 + shift + place, "breadth_states": 0.4 + shift + sign * place})
        return RunResult(**{**vars(result), "outcomes": outcomes})

    down = {"shallow": drawn(0.0, -1.0), "deep": drawn(0.3, -1.0)}
    table = text_plots.within_scenarios(down)
    assert table["correlation"].tolist() == pytest.approx([-1.0, -1.0])
    assert titled(text_plots.depth_against_breadth(down, "rule")) == "Runs with deeper texts have fewer members under shallow (correlation -1.00), deep (correlation -1.00)"
    apart = {"a": drawn(0.0, 1.0), "b": drawn(0.3, -1.0)}
    assert "more members under a (correlation +1.00), fewer members under b (correlation -1.00)" in titled(text_plots.depth_against_breadth(apart, "rule"))
    mixed = down | {"flat": RunResult(**{**vars(result), "outcomes": down["deep"].outcomes.assign(breadth_states=[0.1, 0.2, 0.3] * 10)})}
    assert titled(text_plots.depth_against_breadth(mixed, "rule")).endswith("; elsewhere it cannot be told from chance")
    assert len(data_of(text_plots.depth_against_breadth(apart, "rule"), "breadth_states")) == 60
    assert text_plots.tradeoff(apart)["depth"].tolist() == pytest.approx([0.345, 0.645])


def test_correlations_have_the_interval_of_fisher(result: RunResult) -> None:
    """Of 28 runs z has a standard error of sqrt(1.06 / 25) = 0.2059."""
    rng = np.random.default_rng(3)
    outcomes = pd.DataFrame({"replicate": range(28), "depth": rng.normal(size=28), "breadth_states": rng.normal(size=28)})
    row = text_plots.within_scenarios({"one": RunResult(**{**vars(result), "outcomes": outcomes})}).iloc[0]
    z = np.arctanh(row["correlation"])
    assert (row["low"], row["high"]) == pytest.approx((np.tanh(z - 1.96 * 0.2059), np.tanh(z + 1.96 * 0.2059)), abs=1e-3)
    alone = {"one": RunResult(**{**vars(result), "outcomes": outcomes})}
    assert titled(text_plots.depth_against_breadth(alone, "rule")).startswith("Under no rule can it be told from chance whether")


# --- measures over time


def test_courses_hold_what_ended_and_count_the_runs(result: RunResult) -> None:
    table = course_plots.measure_courses({"waic2025": result})
    assert set(table["measure"]) == set(course_plots.MEASURES)
    last = table.groupby("measure").tail(1).set_index("measure")
    ends = result.rounds[result.rounds["institution"] == "waico"].groupby("replicate").tail(1)
    for measure, row in last.iterrows():
        assert row["median"] == pytest.approx(ends[str(measure)].median())
        assert row["runs"] == ends[str(measure)].notna().sum()
    assert (table["low"] <= table["median"]).all()
    assert (table["median"] <= table["high"]).all()


def test_days_that_few_runs_reach_are_left_out() -> None:
    rounds = pd.DataFrame({
        "replicate": [0, 0, 1, 1, 2, 2], "institution": "waico", "date": pd.to_datetime(["2025-08-01", "2025-09-01"] * 3),
        "agreement": [np.nan, 0.5, np.nan, 0.7, 0.1, 0.2], **dict.fromkeys(["fault_line", "depth", "display_gap"], np.nan),
    })  # fmt: skip
    table = course_plots.measure_courses({"x": RunResult(**{**vars(run(BASE, replicates=1)), "rounds": rounds, "replicates": 3})})
    assert table[["median", "runs"]].to_numpy().tolist() == [[0.5, 3]]


def test_several_scenarios_are_told_apart_by_dashes_too(result: RunResult) -> None:
    spec = course_plots.measures_over_time({"a": result, "b": result}).to_dict()
    text = str(spec)
    assert "strokeDash" in text
    assert titled(course_plots.measures_over_time({"a": result})).startswith("In the median run agreement ")
    assert spec["config"]["range"]["category"] == list(COLOURS)


# --- one decision


def test_terms_are_drawn_largest_first_and_add_up() -> None:
    found = explain(BASE, "KEN", seed=1)
    chart = decision_plots.decision_terms(found, BASE)
    drawn = data_of(chart, "term")
    values = {row["term"]: row["value"] for row in drawn}
    assert sum(found.terms.values()) == pytest.approx(found.v)
    assert values == {term: value for term, value in found.terms.items() if abs(value) >= decision_plots.SHOWN}
    sizes = [abs(row["value"]) for row in drawn]
    assert sizes == sorted(sizes, reverse=True)
    assert "replicate 0 alone" in " ".join(chart.to_dict()["title"]["subtitle"])
    assert explain(BASE, "KEN", seed=1, replicate=1).replicate == 1
    does = f"{found.step}s" if found.after != found.before else f"does not {found.step}"
    assert titled(chart).startswith(f"Kenya {does} in round {found.round}: ")


def test_a_principal_has_nothing_to_decide() -> None:
    chart = decision_plots.decision_terms(explain(BASE, "CHN", seed=1), BASE)
    assert titled(chart).startswith("China had no decision to take in round ")


# --- differences


def test_differences_of_shares_are_told_in_points() -> None:
    rows = paired_rows([0.25], [0.1]).assign(row="a", low=0.1, high=0.4)
    for percent, told in ((True, "change (percentage points)"), (False, "change")):
        spec: Any = difference_plots.differences(rows, "row", title="It", quantity="change", subtitle="", percent=percent).to_dict()
        x = spec["hconcat"][0]["layer"][1]["encoding"]["x"]
        assert x["title"] == told
        assert ("labelExpr" in x["axis"]) == percent


def paired_rows(differences: list[float], se: list[float], pairs: int = 50) -> pd.DataFrame:
    x, e = np.array(differences), np.array(se)
    return pd.DataFrame({
        "row": [f"r{number}" for number in range(len(x))], "difference": x, "se": e, "low": x - 2 * e, "high": x + 2 * e, "pairs": pairs,
    })  # fmt: skip


def test_what_stands_out_does_so_among_all_rows() -> None:
    """t = 2.5 with 49 degrees of freedom has p = 0.016: below 5% alone, not among ten."""
    assert difference_plots.stands_out(paired_rows([0.25], [0.1])).tolist() == [True]
    many = paired_rows([0.25, *[0.0] * 9], [0.1] * 10)
    assert difference_plots.stands_out(many).tolist() == [False] * 10
    assert difference_plots.stands_out(paired_rows([0.25], [0.1]), tests=10).tolist() == [False]
    assert difference_plots.stands_out(paired_rows([0.3, 0.0], [0.0, 0.0])).tolist() == [True, False]
    assert difference_plots.stands_out(paired_rows([0.3], [0.0], pairs=5)).tolist() == [False]   # 2 / 2^5 is above 5%


def test_differences_draw_every_row_and_their_ends() -> None:
    chart = difference_plots.differences(paired_rows([0.25, -0.5], [0.1, 0.1]), "row", title="t", quantity="q", subtitle="s")
    drawn = data_of(chart, "difference")
    assert [row["row"] for row in drawn] == ["r0", "r1"]
    assert [end for row in drawn for end in (row["low"], row["high"])] == pytest.approx([0.05, 0.45, -0.7, -0.3])
    assert {row["stands"] for row in drawn} == {"stands out"}


def test_nothing_but_zeros_can_be_drawn() -> None:
    table = paired_rows([0.0, 0.0], [0.0, 0.0]).assign(low=np.nan, high=np.nan)
    nothing = table.assign(difference=np.nan, se=np.nan, pairs=0)
    assert titled(difference_plots.differences(nothing, "row", title="t", quantity="q", subtitle="s")) == "t"
    assert titled(difference_plots.differences(table, "row", title="t", quantity="q", subtitle="s")) == "t"


def test_a_comparison_says_what_changes_most() -> None:
    found = compare(BASE, load_scenario("waic2025", {"nations.IND.forced.waico": "signed"}), seed=1, replicates=6)
    assert titled(comparison_plots.state_differences(found)).startswith(("India changes most", "No state stands out"))
    assert len(data_of(comparison_plots.state_differences(found), "state")) == comparison_plots.STATES
    same = compare(BASE, BASE, seed=1, replicates=3)
    assert titled(comparison_plots.outcome_differences(same)) == "No outcome stands out as changed"

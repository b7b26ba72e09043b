"""Figures of a sweep draw what the tables say, and their titles state it."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("altair", reason="needs the extra `analysis`")

from tests.charts import data_of, titled
from waico.analysis import factor_plots, plots, sweep_plots
from waico.analysis.discovery import Box
from waico.analysis.factors import short_names
from waico.analysis.survival import Gap
from waico.analysis.sweep_plots import MONTH
from waico.negotiation.measure import OUTCOMES
from waico.runs.design import Range, Values

pytestmark = pytest.mark.extra
FREEZE = date(2025, 7, 26)
LABELS = {"a.b": "a b", "c.d": "c d"}
FACTORS: dict[str, Range | Values] = {
    "a.b": Range(low=1.0, high=100.0, scale="log"),
    "c.d": Values(values=["x", "y", "z", "w"]),
}


def curves(last: dict[str, float]) -> pd.DataFrame:
    """Two steps of each event, up to a last day of its own."""
    rows = [
        {"event": event, "day": day, "probability": share * value, "low": 0.9 * share * value, "high": min(1.0, 1.1 * share * value), "runs": 10}
        for place, (event, value) in enumerate(last.items()) for day, share in ((0.0, 0.0), (100.0, 0.5), (200.0 + 300.0 * place, 1.0))
    ]  # fmt: skip
    return pd.DataFrame(rows)


LAST = {"adopted": 0.9, "failed": 0.0, "in_force": 0.88, "not_in_force": 0.1}


def indices(values: dict[str, dict[str, float]], measure: str = "in_force") -> pd.DataFrame:
    return pd.DataFrame([
        {"measure": measure, "factor": factor, "index": index, "value": value, "low": value - 0.1, "high": value + 0.1, "noise": 0.1, "note": ""}
        for index, each in values.items() for factor, value in each.items()
    ])  # fmt: skip


def box(**changes: Any) -> Box:
    limits = pd.DataFrame({
        "factor": ["a.b", "c.d"], "low": [10.0, np.nan], "high": [np.inf, np.nan], "values": [None, ("y", "w")], "quasi_p_low": [0.01, 0.2],
        "quasi_p_high": [np.nan, np.nan], "p_value": [0.01, 0.02],
    })  # fmt: skip
    way = pd.DataFrame(
        {
            "box": [0, 1],
            "coverage": [1.0, 0.6],
            "density": [0.5, 0.9],
            "mass": [1.0, 0.3],
            "dimensions": [0, 2],
            "chosen": [False, True],
        }
    )
    told: dict[str, Any] = {
        "outcome": "in_force", "share": 0.5, "words": "", "limits": limits, "coverage": 0.6, "density": 0.9, "mass": 0.3, "held_out_coverage": 0.55,
        "held_out_density": 0.8, "held_out_mass": 0.35, "held_out_share": 0.48, "p_value": 0.01, "trajectory": way, "note": "",
    }  # fmt: skip
    return Box(**(told | changes))


def test_short_names_say_whose_a_parameter_is() -> None:
    paths = ["nations.CHN.red_lines.enforcement.floor", "institutions.waico.opening.seat", "institutions.waico.rival_pressure", "nations.tolerance", "decision.b_cost"]
    assert list(short_names(paths).values()) == ["CHN enforcement floor", "waico opening seat", "waico rival_pressure", "nations tolerance", "decision b_cost"]
    alike = ["issues.seat.prior.mean", "issues.agenda.prior.mean"]
    assert list(short_names(alike).values()) == alike


def means(**columns: Any) -> pd.DataFrame:
    table = pd.DataFrame({
        "factor": ["a.b", "a.b", "c.d"], "class": ["1 to 10", "10 to 100", "x"], "at": [5.0, 50.0, np.nan], "scale": ["log", "log", "linear"],
        "mean": [0.2, 0.7, 0.4], "low": [0.1, 0.6, np.nan], "high": [0.3, 0.8, np.nan], "samples": [5, 5, 10],
    })  # fmt: skip
    return table.assign(**columns)


def test_shares_are_those_of_the_table_and_one_look() -> None:
    shares = pd.DataFrame(
        {
            "outcome": OUTCOMES,
            "share": [0.6, 0.4, 0, 0, 0, 0, 0],
            "low": [0.55, 0.35, 0, 0, 0, 0, 0],
            "high": [0.65, 0.45, 0.1, 0.1, 0.1, 0.1, 0.1],
        }
    )
    chart: Any = sweep_plots.outcome_shares(shares, "10 runs")
    assert [row["share"] for row in data_of(chart, "share")] == list(shares["share"])
    assert titled(chart) == "The most frequent outcome is no text (60%)"
    assert chart.to_dict()["config"]["range"]["category"] == list(plots.COLOURS)


def test_shares_without_intervals_keep_their_labels() -> None:
    shares = pd.DataFrame({"outcome": OUTCOMES, "share": [1.0, 0, 0, 0, 0, 0, 0], "low": np.nan, "high": np.nan})
    assert data_of(sweep_plots.outcome_shares(shares, "1 run"), "reach")[0]["reach"] == 1.0


def test_curves_go_to_the_last_day_of_all_and_leave_out_what_never_happens() -> None:
    chart = sweep_plots.incidence_curves(curves(LAST), FREEZE, "10 runs")
    rows = data_of(chart, "low")
    drawn = pd.DataFrame([row for row in rows if "place" not in row])
    assert set(drawn["event"]) == {"adopted", "in_force"}
    ends = drawn.groupby("event").last()
    assert ends["day"].tolist() == [1100.0] * 2
    assert ends["probability"].to_dict() == {"adopted": 0.9, "in_force": 0.88}
    assert ends["month"].tolist() == pytest.approx([1100.0 / MONTH] * 2)
    assert titled(chart) == "By the end 90% of the runs have adopted a text and 88% have it in force"


@pytest.mark.parametrize(
    "last",
    [LAST, {**LAST, "adopted": 1.0, "in_force": 1.0, "failed": 0.001}, {**LAST, "adopted": 0.01, "in_force": 0.01}],
)
def test_labels_of_curves_keep_apart_and_within(last: dict[str, float]) -> None:
    places = sorted({row["place"] for row in data_of(sweep_plots.incidence_curves(curves(last), FREEZE, "10 runs"), "place")})
    assert len(places) == sum(last[event] > 0 for event in sweep_plots.DRAWN)
    assert np.diff(places).min() >= sweep_plots.APART - 1e-9
    assert 0.0 <= places[0] <= places[-1] <= 1.0


def test_curves_by_factor_have_a_panel_for_what_happens() -> None:
    low, high = (
        curves(LAST).assign(**{"class": "1 to 10"}),
        curves({**LAST, "in_force": 0.3}).assign(**{"class": "10 to 100"}),
    )
    chart: Any = sweep_plots.incidence_by_factor(pd.concat([low, high]), "a b", FREEZE, Gap(0.88, 0.3, "1 to 10", "10 to 100", True))
    assert titled(chart) == "In force by the end: 88% of the runs where a b is 1 to 10, 30% where 10 to 100"
    assert [panel["title"]["text"] for panel in chart.to_dict()["concat"]] == ["text adopted", "in force"]


@pytest.mark.parametrize("gap, told", [
    (Gap(0.88, 0.88, "x", "x", False), "In force by the end: 88% of the runs in every class of c d"),
    (Gap(0.88, 0.8, "x", "y", False), "In force by the end: 80% to 88% of the runs; no difference by c d can be told from chance"),
])  # fmt: skip
def test_curves_by_a_factor_claim_no_difference_that_is_not_there(gap: Gap, told: str) -> None:
    table = pd.concat([curves(LAST).assign(**{"class": name}) for name in ("x", "y")])
    assert titled(sweep_plots.incidence_by_factor(table, "c d", FREEZE, gap)) == told


def test_means_along_factors() -> None:
    chart: Any = sweep_plots.along_factors(means(), LABELS, "share of runs", "From 20% to 70%", "share of runs")
    panels = chart.to_dict()["concat"]
    assert [layer["encoding"]["x"]["type"] for layer in (panel["layer"][0] for panel in panels)] == [
        "quantitative",
        "nominal",
    ]
    assert panels[0]["layer"][0]["encoding"]["x"]["scale"]["type"] == "log"
    assert [row["mean"] for row in data_of(chart, "mean")] == [0.2, 0.7, 0.4]
    top = panels[0]["layer"][0]["encoding"]["y"]["scale"]["domain"][1]
    assert 0.8 < top <= 1.0


def test_stacked_shares_add_up_and_the_title_names_what_changes_most() -> None:
    shares = pd.DataFrame([
        {"factor": "a.b", "class": name, "outcome": outcome, "share": share, "low": 0.0, "high": 1.0}
        for name, no_text in (("1 to 10", 0.2), ("10 to 100", 0.7))
        for outcome, share in zip(OUTCOMES, (no_text, 0, 0, 0, 0, 0.1, 0.9 - no_text), strict=True)
    ])  # fmt: skip
    chart = sweep_plots.outcomes_along_factors(shares, LABELS)
    table = pd.DataFrame(data_of(chart, "share"))
    assert table.groupby("class")["share"].sum().tolist() == pytest.approx([1.0, 1.0])
    assert titled(chart) in ("'No text' changes most, by 50 percentage points between classes of a b",)


@pytest.mark.parametrize("harm", [{"low": -0.01}, {"noise": 0.95}])
def test_factors_that_are_not_told_from_noise_are_not_said_to_matter(harm: dict[str, float]) -> None:
    chart = factor_plots.sensitivity(indices({"ST": {"a.b": 0.5, "c.d": 0.7}}).assign(**harm), LABELS, "it")
    assert titled(chart) == "No factor can be told from noise for it"


def test_bars_of_indices_stand_in_the_order_of_the_main_one() -> None:
    chart: Any = factor_plots.sensitivity(
        indices({"S1": {"a.b": 0.4, "c.d": 0.1}, "ST": {"a.b": 0.5, "c.d": 0.7}}), LABELS, "it"
    )
    assert titled(chart) == "c d leads for it: total index 0.70, against 0.50 of a b"
    assert chart.to_dict()["layer"][0]["encoding"]["y"]["sort"] == ["c d", "a b"]
    assert sorted(row["value"] for row in data_of(chart, "value")) == [0.1, 0.4, 0.5, 0.7]


def test_morris_is_mu_star_against_sigma() -> None:
    chart = factor_plots.sensitivity(
        indices(
            {"mu": {"a.b": -0.4, "c.d": 0.1}, "mu_star": {"a.b": 0.4, "c.d": 0.1}, "sigma": {"a.b": 0.2, "c.d": 0.3}}
        ),
        LABELS,
        "it",
    )
    rows = {row["label"]: row for row in data_of(chart, "mu_star")}
    assert rows["a b"] == {
        "label": "a b",
        "mu": -0.4,
        "mu_star": 0.4,
        "sigma": 0.2,
        "low": pytest.approx(0.3),
        "high": pytest.approx(0.5),
    }
    assert titled(chart) == "a b leads for it: mu* 0.40, against 0.10 of c d"


def test_the_main_index_is_one_that_most_measures_have() -> None:
    both = pd.concat(
        [
            indices({"S1": {"a.b": 0.1}, "delta": {"a.b": np.nan}}),
            indices({"S1": {"a.b": 0.2}, "delta": {"a.b": 0.3}}, "depth"),
        ]
    )
    assert factor_plots.main_index(both) == "S1"
    assert factor_plots.main_index(both[both["measure"] == "depth"]) == "delta"


@pytest.mark.parametrize("second, sure", [(0.25, True), (0.27, False), (0.4, False)])
def test_a_factor_leads_only_beyond_noise(second: float, sure: bool) -> None:
    """Both indices are known to 0.1 either way, as independent estimates, so that their difference is to 0.1414."""
    found = factor_plots.lead(indices({"ST": {"a.b": 0.4, "c.d": second}}))
    assert (found.first, found.second, found.sure) == ("a.b", "c.d", sure)
    assert [found.low, found.high] == pytest.approx([0.4 - second - 0.02**0.5, 0.4 - second + 0.02**0.5])


def test_a_factor_leads_before_all_others_and_not_the_second_alone() -> None:
    table = indices({"ST": {"a.b": 0.5, "c.d": 0.3, "e.f": 0.2}})
    assert factor_plots.lead(table).sure
    vague = table["factor"] == "e.f"
    found = factor_plots.lead(table.assign(high=table["high"].where(~vague, 0.6), low=table["low"].where(~vague, -0.2)))
    assert (found.second, found.sure) == ("e.f", False)


def test_one_factor_has_nobody_to_lead_before() -> None:
    alone = indices({"ST": {"a.b": 0.4}})
    assert factor_plots.lead(alone).sure
    assert titled(factor_plots.sensitivity(alone, LABELS, "it")) == "a b leads for it: total index 0.40"


def test_a_lead_within_noise_is_said_to_be_so() -> None:
    chart = factor_plots.sensitivity(indices({"ST": {"a.b": 0.4, "c.d": 0.35}}), LABELS, "it")
    assert titled(chart) == "a b has the largest index for it: total index 0.40, against 0.35 of c d, a lead within noise"


def test_equal_factors_are_rarely_said_to_lead() -> None:
    """Two estimates of 0.4 with a standard error of 0.05 each: one leads in 1 of 20 draws, and both may be it."""
    draws = np.random.default_rng(2).normal(0.4, 0.1 / 1.96, size=(400, 2))
    led = [factor_plots.lead(indices({"ST": {"a.b": one, "c.d": other}})).sure for one, other in draws]
    assert 5 <= sum(led) <= 37   # 20 expected, and four standard deviations


def test_the_map_counts_leads_that_can_be_told_from_noise() -> None:
    measures = {"in_force": "in force", "depth": "depth", "agreement": "agreement"}
    table = pd.concat(
        [
            indices({"ST": {"a.b": 0.4, "c.d": 0.1}}),
            indices({"ST": {"a.b": 0.6, "c.d": 0.2}}, "depth"),
            indices({"ST": {"a.b": 0.1, "c.d": 0.2}}, "agreement"),
        ]
    )
    chart = factor_plots.sensitivity_map(table, LABELS, measures)
    assert titled(chart) == "a b leads for 2 of 3 measures; for 1 no lead can be told from noise"
    assert {row["measure"]: row["opacity"] for row in data_of(chart, "opacity")} == {"in_force": 1.0, "depth": 1.0, "agreement": 0.5}
    assert {row["what"] for row in data_of(chart, "what")} == {
        "in|force|lead|0.16 to 0.44|noise 10%", "depth|lead|0.26 to 0.54|noise 10%", "agreement|lead|-0.04 to 0.24|noise 10%"
    }  # fmt: skip
    both = pd.concat([indices({"ST": {"a.b": 0.4, "c.d": 0.1}}), indices({"ST": {"a.b": 0.1, "c.d": 0.4}}, "depth")])
    assert titled(factor_plots.sensitivity_map(both, LABELS, measures)) == "a b and c d each lead for 1 of 2 measures"
    noisy = both.assign(noise=0.95)
    assert titled(factor_plots.sensitivity_map(noisy, LABELS, measures)) == "For none of 2 measures does a factor lead beyond noise"


def test_the_box_lies_where_its_limits_say() -> None:
    chart = factor_plots.box_ranges(box(), FACTORS, LABELS)
    pieces = {(row["label"], row["text"]): row for row in data_of(chart, "start")}
    inside = pieces["a b", "10 to 100"]
    assert (inside["start"], inside["end"], inside["inside"]) == (
        pytest.approx(0.5),
        1.0,
        True,
    )   # halfway in the logarithm
    assert {text: row["inside"] for (label, text), row in pieces.items() if label == "c d"} == {
        "x": False,
        "y": True,
        "z": False,
        "w": True,
    }
    assert titled(chart) == "The box restricts 2 of 2 factors"


def test_a_box_of_a_factor_of_a_few_numbers() -> None:
    limits = box().limits.head(1).assign(low=[2.0], high=[np.inf])
    chart = factor_plots.box_ranges(box(limits=limits), {"a.b": Values(values=[1, 2, 5])}, LABELS)
    assert {row["text"]: row["inside"] for row in data_of(chart, "start")} == {"1": False, "2": True, "5": True}


def test_the_peeling_names_what_holds_on_samples_held_out() -> None:
    chart = factor_plots.peeling(box(), "end well")
    assert (
        titled(chart)
        == "Inside the box 80% of the runs held out end well, against 48% of all; it holds 55% of those that do"
    )
    assert {row["text"]: row["density"] for row in data_of(chart, "half")} == {"all runs searched: 50%": 0.5, "all runs held out: 48%": 0.48}
    marks = {row["what"]: row for row in data_of(chart, "what")}
    assert marks["the same box on samples held out"]["coverage"] == 0.55
    assert [(row["coverage"], row["density"]) for row in data_of(chart, "dimensions")] == [(1.0, 0.5), (0.6, 0.9)]

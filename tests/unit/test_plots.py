"""Figures: what they draw is what the tables say, and they can be written."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("altair", reason="needs the extra `analysis`")

from waico.analysis import plots
from waico.analysis.endings import outcome_definitions, possible_outcomes
from waico.analysis.intervals import wilson
from waico.negotiation.measure import OUTCOMES
from waico.runs.run import RunResult, run
from waico.scenarios.errors import InputError
from waico.scenarios.load import load_scenario

pytestmark = pytest.mark.extra
FIGURES = ["membership_curves", "outcome_shares", "overview"]


@pytest.fixture(scope="module")
def result() -> RunResult:
    return run(load_scenario("waic2025"), seed=1, replicates=6)


def rows(chart: Any) -> dict[str, list[dict[str, Any]]]:
    """The data sets of a chart by their columns, joined by a blank."""
    found = chart.to_dict()["datasets"].values()
    return {" ".join(data[0]): data for data in found if data}


def words(title: Any) -> str:
    lines = title["text"]
    return lines if isinstance(lines, str) else " ".join(lines)


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_valid_and_in_one_look(result: RunResult, name: str) -> None:
    spec = getattr(plots, name)(result).to_dict()
    assert spec["config"]["range"]["category"] == list(plots.COLOURS)


def test_curves_end_where_the_tables_end(result: RunResult) -> None:
    last = result.rounds.groupby(["institution", "replicate"])["signed"].last().unstack(0)
    spec = plots.membership_curves(result).to_dict()
    ends = [data[-1] for data in spec["datasets"].values() if "median" in data[0]]
    assert sorted(end["median"] for end in ends) == sorted(last.median())
    assert sorted(end["high"] for end in ends) == pytest.approx(sorted(last.quantile(0.95)))


def test_curves_mark_the_ceremony_and_the_window(result: RunResult) -> None:
    spec = plots.membership_curves(result).to_dict()
    opened = [data[0] for data in spec["datasets"].values() if "opens" in data[0]]
    first = next(mark for mark in opened if mark["opens"].startswith("2026-07-26"))
    assert first["closes"].startswith("2026-08-26")
    assert first["label"] == "signature opens 26 Jul 2026, for 31 days"


def test_membership_title_gives_the_medians(result: RunResult) -> None:
    median = result.rounds[result.rounds["institution"] == "waico"].groupby("replicate")["signed"].last().median()
    assert f"{median:.0f} of 191 states have signed waico" in words(plots.membership_curves(result).to_dict()["title"])


def test_shares_are_those_of_the_table(result: RunResult) -> None:
    (bars,) = rows(plots.outcome_shares(result)).values()
    drawn = {bar["outcome"].replace(" ", "_"): bar["share"] for bar in bars}
    told = result.summary()["outcomes"]
    assert told.pop("no_text") == 0.0   # no vote can fail where those who are willing go ahead, so that it is not drawn
    assert drawn == pytest.approx(told)
    assert all(bar["low"] <= bar["share"] <= bar["high"] for bar in bars)


def test_only_what_can_happen_is_possible() -> None:
    votes = load_scenario("binding_charter")
    alone = load_scenario("aiib2014")
    willing = load_scenario("waic2025")
    assert "no_text" in possible_outcomes([votes])
    assert "no_text" in possible_outcomes([willing, votes])
    assert "no_text" not in possible_outcomes([willing])
    assert "no_text" in possible_outcomes([willing], ["no_text"])   # as where the horizon comes first
    assert "rival_blocs" in possible_outcomes([willing])
    assert "rival_blocs" not in possible_outcomes([alone])


def test_definitions_name_every_class_with_the_thresholds_of_the_scenario() -> None:
    told = outcome_definitions(load_scenario("waic2025", {"outcome.thin_depth": 0.55, "outcome.force_days": 100}))
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in told.splitlines()[2:]}
    assert list(lines) == [name.replace("_", " ") for name in OUTCOMES]
    assert "below 0.55" in lines["thin body"]
    assert "within 100 days" in lines["unratified"]


@pytest.mark.parametrize(("counts", "start"), [((90, 10), "The most frequent outcome is"), ((6, 4), "No outcome stands out")])
def test_title_says_whether_an_outcome_leads(result: RunResult, counts: tuple[int, int], start: str) -> None:
    import pandas as pd

    low, high = wilson(counts, sum(counts))
    share = [count / sum(counts) for count in counts]
    table = pd.DataFrame({"outcome": ["a", "b"], "share": share, "low": low, "high": high, "label": ["", ""]})
    assert plots._leader(table).startswith(start)


def test_likely_members_are_sorted_and_leave_out_the_principals(result: RunResult) -> None:
    (dots,) = rows(plots.likely_members(result, "waico", n=12)).values()
    shares = [dot["share"] for dot in dots]
    assert len(shares) == 12
    assert shares == sorted(shares, reverse=True)
    assert not {"China", "United States"} & {dot["state"] for dot in dots}


def test_unknown_institution_is_refused(result: RunResult) -> None:
    with pytest.raises(InputError, match="one of waico, us_coalition"):
        plots.likely_members(result, "nobody")


def test_wilson_agrees_with_published_values() -> None:
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29
    expected = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0, 0.1611), (1, 29): (0.0061, 0.1718)}
    for (successes, trials), interval in expected.items():
        low, high = wilson(successes, trials)
        assert (float(low), float(high)) == pytest.approx(interval, abs=5e-5)


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("deep/b.svg", b"<svg")])
def test_save_writes_both_formats(result: RunResult, tmp_path: Path, name: str, start: bytes) -> None:
    plots.save(plots.outcome_shares(result), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


def test_save_refuses_other_formats(result: RunResult, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in \.png or \.svg"):
        plots.save(plots.outcome_shares(result), tmp_path / "a.pdf")


def test_an_institution_that_never_opens_is_drawn_without_a_mark(result: RunResult) -> None:
    quiet = run(load_scenario("waic2025", {"institutions.us_coalition.tabling_cost": 1.0}), seed=1, replicates=2)
    marks = [data for data in plots.membership_curves(quiet).to_dict()["datasets"].values() if data and "opens" in data[0]]
    assert len(marks) == 1

"""Failed votes against a plain count of events, and talks whose failure has one known cause."""

from datetime import date
from typing import Any

import numpy as np
import pytest

import waico
from waico.agents import Setting
from waico.analysis.objections import failed_votes, objectors
from waico.runs.run import RunResult

STATES = ["ARE", "BRA", "CHN", "DEU", "FRA", "IND", "ITA", "KEN", "PAK", "POL", "RUS", "USA"]
BASE: dict[str, Any] = {
    "nations.subset": STATES, "institutions.waico.named": [], "institutions.waico.participants": "all",
}  # fmt: skip
CONSENSUS: dict[str, Any] = {
    "institutions.waico.adoption.rule": "consensus", "institutions.waico.adoption.lapse_days": 60,
}


def made(changes: dict[str, Any], replicates: int = 4) -> RunResult:
    return waico.run(waico.load_scenario("waic2025", BASE | changes), seed=3, replicates=replicates)


@pytest.fixture(scope="module")
def stuck() -> RunResult:
    """Consensus among states that tolerate nothing, on a text that hardly moves."""
    return made(CONSENSUS | {"nations.tolerance": 0.0, "bargaining.rate": 1e-3})


def test_votes_are_what_a_plain_count_of_events_gives(stuck: RunResult) -> None:
    setting = Setting.of(stuck.scenario)
    weight = dict(zip(setting.codes, setting.weight, strict=True))
    votes: dict[tuple[Any, ...], list[tuple[str, float]]] = {}
    for event in stuck.events[stuck.events["kind"] == "objected"].to_dict("records"):
        key = event["replicate"], event["round"], event["institution"], event["detail"]
        votes.setdefault(key, []).append((event["actor"], event["amount"]))
    table = failed_votes(stuck)
    assert len(table) == len(votes) > 10
    assert len({row["issue"] for row in table.to_dict("records")}) > 1
    for row in table.to_dict("records"):
        events = votes[row["replicate"], row["round"], row["institution"], row["issue"]]
        heaviest = sorted((code for code, _ in events), key=lambda code: (-weight[code], code))[:5]
        assert row["objectors"] == len(events)
        assert row["weight"] == pytest.approx(sum(weight[code] for code, _ in events))
        assert row["excess"] == pytest.approx(np.mean([amount for _, amount in events]))
        assert row["top"] == ", ".join(heaviest)
    assert table[["replicate", "round"]].apply(tuple, axis=1).is_monotonic_increasing


def test_issues_sum_up_the_votes(stuck: RunResult) -> None:
    votes, table = failed_votes(stuck), objectors(stuck)
    all_votes = len(votes[["replicate", "round"]].drop_duplicates())
    for row in table.to_dict("records"):
        of_issue = votes[votes["issue"] == row["issue"]]
        assert row["votes"] == len(of_issue)
        assert row["share"] == pytest.approx(len(of_issue) / all_votes)
        assert row["weight"] == pytest.approx(of_issue["weight"].mean())
    assert table["share"].max() <= 1.0


def test_every_run_without_a_text_is_blocked_on_the_weightiest_issue_of_its_last_vote(stuck: RunResult) -> None:
    votes = failed_votes(stuck)
    expected: dict[str, int] = {}
    for _, run in votes.groupby("replicate"):
        last = run[run["round"] == run["round"].max()]
        issue = last.loc[last["weight"].idxmax(), "issue"]
        expected[issue] = expected.get(issue, 0) + 1
    assert (stuck.outcomes["outcome"] == "no_text").all()
    table = objectors(stuck).set_index("issue")
    assert table["blocked"][table["blocked"] > 0].to_dict() == expected
    assert table["blocked_share"].sum() == pytest.approx(1.0)


@pytest.fixture(scope="module")
def red_line() -> RunResult:
    """Everything is tolerated but a text that comes near Kenya's red line on the seat."""
    line = {"nations.tolerance": 1.0, "nations.KEN.red_lines.seat.ceiling": 0.0}
    return made(CONSENSUS | line | {"institutions.waico.adoption.veto_share": 0.0})


def test_a_crossed_red_line_is_what_votes_fail_on(red_line: RunResult) -> None:
    setting = Setting.of(red_line.scenario)
    kenya = setting.weight[setting.codes.index("KEN")]
    votes = failed_votes(red_line)
    assert len(votes) > 0
    assert (votes["issue"] == "seat").all()
    assert (votes["top"] == "KEN").all()
    assert (votes["excess"] < 0).all()
    table = objectors(red_line)
    assert table[["institution", "issue", "states", "blocked"]].values.tolist() == [["waico", "seat", "KEN", 4]]
    assert table[["share", "weight", "blocked_share"]].values.tolist() == [[1.0, pytest.approx(kenya), 1.0]]


def test_runs_that_adopt_in_the_end_were_not_blocked() -> None:
    changes = {
        "nations.tolerance": 0.0, "institutions.waico.adoption.lapse_days": 300,
        "institutions.waico.adoption.rule": "supermajority", "institutions.waico.adoption.share": 0.95,
        "institutions.waico.adoption.earliest": date(2025, 8, 26),
    }  # fmt: skip
    result = made(changes, replicates=8)
    adopted = set(result.events.loc[result.events["kind"] == "adopted", "replicate"])
    failed = set(failed_votes(result)["replicate"])
    assert adopted & failed   # some did after votes that failed
    assert objectors(result)["blocked"].sum() == len(failed - adopted)


def test_the_summary_says_the_same(red_line: RunResult) -> None:
    bodies = red_line.summary()["institutions"]
    (entry,) = bodies["waico"]["objections"]
    assert entry == {
        "issue": "seat", "votes": len(failed_votes(red_line)), "states": ["KEN"],
        "weight": pytest.approx(objectors(red_line)["weight"][0]),
    }  # fmt: skip
    assert bodies["us_coalition"]["objections"] == []


def test_rules_without_votes_leave_empty_tables() -> None:
    result = made({}, replicates=1)
    assert failed_votes(result).empty
    assert objectors(result).empty
    assert "blocked_share" in objectors(result)
    assert all(body["objections"] == [] for body in result.summary()["institutions"].values())

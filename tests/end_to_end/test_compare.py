"""`waico compare` as users type it: what it prints, and how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest

import waico
from waico.analysis.compare import compare
from waico.cli import _run
from waico.scenarios.schema import Prior

SMALL = """\
extends = "waic2025"
title = "Twelve states"
[rounds]
horizon = 2028-01-31
[nations]
subset = ["BRA", "CHN", "DEU", "FRA", "IND", "JPN", "KEN", "KOR", "QAT", "RUS", "USA", "ZAF"]
[decision]
b0 = -2.0
"""
KEYS = {"a", "b", "seed", "replicates", "changes", "outcomes", "measures", "texts", "states"}
ROW = {"a", "b", "difference", "se", "low", "high", "pairs", "changed", "missing_a", "missing_b"}
CHANGE = "--set-b", "decision.b_pressure=0"

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two scenario files, in which commands are typed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(SMALL)
    (tmp_path / "open.toml").write_text('extends = "small.toml"\n[[institutions]]\nid = "us_coalition"\ngate.kind = "open"\n')
    return tmp_path


def printed(capsys: Capture, *arguments: str) -> str:
    assert _run(["compare", *arguments]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def as_json(capsys: Capture, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed(capsys, *arguments, "--json"))
    return found


def test_the_bundled_scenario_with_one_value_changed(capsys: Capture) -> None:
    out = printed(capsys, "waic2025", "waic2025", *CHANGE, "--replicates", "3")
    lines = out.splitlines()
    assert lines[0].startswith("A  waic2025: The July 2025 proposal")
    assert lines[2] == "replicates of each: 3, seed 0"
    prior = waico.load_scenario("waic2025").decision.b_pressure
    assert isinstance(prior, Prior)
    shown = f"decision.b_pressure mean {prior.mean}, sd {prior.sd}, lower 0 0.0"
    assert any(line.split() == shown.split() for line in lines)
    for text in ("binding regime", "us_coalition", "objection weight", "un role", "[95% interval]", "signed or more"):
        assert text in out
    assert max(map(len, lines)) <= 120


def test_json_has_its_keys_and_is_what_python_gives(capsys: Capture) -> None:
    found = as_json(capsys, "small.toml", "small.toml", *CHANGE, "--replicates", "3", "--seed", "2")
    assert set(found) == KEYS
    assert (found["a"], found["b"], found["seed"], found["replicates"]) == ("small", "small", 2, 3)
    assert list(found["changes"]) == ["decision.b_pressure"]
    for name, own in {"outcomes": {"outcome"}, "measures": {"institution", "measure"}, "texts": {"institution", "issue"},
                      "states": {"institution", "iso3", "only_a", "only_b"}}.items():  # fmt: skip
        assert all(set(row) == ROW | own for row in found[name]), name
    a, b = (waico.load_scenario("small.toml", changes) for changes in ({}, {"decision.b_pressure": 0}))
    assert found == compare(a, b, seed=2, replicates=3).as_dict()


def test_a_scenario_against_itself(capsys: Capture) -> None:
    out = printed(capsys, "small.toml", "small.toml", "--replicates", "2")
    assert "A and B have the same values: all differences are 0." in out
    assert out.count("no state signs in one of the two alone") == 2
    assert "+0" not in out.replace(", +0", "")   # no difference but in intervals


def test_set_changes_both_and_set_b_comes_on_top(capsys: Capture) -> None:
    changes = "--set", "decision.b0=-1", "--set", "decision.b_fit=0", "--set-b", "decision.b0=-3"
    found = as_json(capsys, "small.toml", "open.toml", *changes, "--replicates", "1")
    assert found["changes"]["decision.b0"] == [-1.0, -3.0]
    assert found["changes"]["institutions.us_coalition.gate.kind"] == ["invitation", "open"]
    assert "decision.b_fit" not in found["changes"]


def test_one_replicate_says_that_it_has_no_intervals(capsys: Capture) -> None:
    out = printed(capsys, "small.toml", "open.toml", "--replicates", "1")
    assert "One replicate tells nothing about chance" in out
    assert "nan" not in out


@pytest.mark.slow
def test_two_workers_give_the_same(capsys: Capture) -> None:
    typed = "small.toml", "open.toml", "--replicates", "3"
    assert as_json(capsys, *typed, "--workers", "2") == as_json(capsys, *typed)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("small.toml", "waic2026"), "waic2026: does not exist; did you mean 'waic2025'?"),
        (("small.tml", "small.toml"), f"small.tml: does not exist; give a .toml file or one of {', '.join(waico.bundled_scenarios())}"),
        (
            ("small.toml", "small.toml", "--set-b", "decision.b_presure=0"),
            "--set-b: decision.b_presure: there is no 'b_presure'; did you mean 'b_pressure'?",
        ),
        (
            ("small.toml", "small.toml", "--set", "decision.b_presure=0"),
            "--set: decision.b_presure: there is no 'b_presure'; did you mean 'b_pressure'?",
        ),
        (
            ("waic2025", "aiib2014", "--set", "institutions.waico.crowding=0"),
            "--set: institutions.waico: there is no 'waico'; one of aiib",
        ),
        (
            ("waic2025", "aiib2014", "--set", "decision.b0=1", "--set-b", "institutions.waico.crowding=0"),
            "--set-b: institutions.waico: there is no 'waico'; one of aiib",
        ),
        (
            ("small.toml", "small.toml", "--set-b", "decision.b_pressure"),
            "--set-b: decision.b_pressure: is not an assignment; write path=value, such as decision.b_pressure=0",
        ),
        (
            ("small.toml", "small.toml", "--set-b", "institutions.waico.adoption.rule=vote"),
            "--set-b: institutions.waico.adoption.rule: there is no adoption rule 'vote'; "
            + "one of consensus, supermajority, weighted_majority, coalition_of_the_willing",
        ),
    ],
)
@pytest.mark.parametrize("json_too", [(), ("--json",)])
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], expected: str, json_too: tuple[str, ...], capsys: Capture
) -> None:
    assert _run(["compare", *arguments, *json_too]) == 2
    assert capsys.readouterr() == ("", expected + "\n")


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["small.toml", "small.toml", "small.toml"], ["small.toml", "small.toml", "--replicates", "0"],
        ["small.toml", "small.toml", "--set-b"], ["small.toml", "small.toml", "--set-a", "decision.b0=1"],
        ["small.toml", "small.toml", "--workers", "0"], ["small.toml", "small.toml", "--seed", "-1"],
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line_and_exit_code_2(arguments: list[str], capsys: Capture) -> None:
    assert _run(["compare", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("waico")
    assert err.endswith("--help)\n")


def test_interrupted_prints_no_half_comparison(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("waico.runs.run.simulate", stop)
    assert _run(["compare", "small.toml", "small.toml"]) == 130
    assert capsys.readouterr() == ("", "interrupted\n")


def test_run_says_what_votes_failed_on(capsys: Capture) -> None:
    """Kenya will have no seat in Shanghai, and everybody must agree."""
    changes = [
        "institutions.waico.adoption.rule=consensus", "institutions.waico.adoption.veto_share=0", "nations.tolerance=1",
        'institutions.waico.participants="all"', "nations.KEN.red_lines.seat.ceiling=0",
    ]  # fmt: skip
    typed = ["run", "small.toml", *(word for change in changes for word in ("--set", change))]
    assert _run(typed) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if "votes failed on" in line)
    assert line.split()[3:6] == ["seat", "in", line.split()[5]]
    assert line.rstrip().endswith(": KEN")
    assert _run([*typed, "--json"]) == 0
    bodies = json.loads(capsys.readouterr().out)["institutions"]
    (entry,) = bodies["waico"]["objections"]
    assert set(entry) == {"issue", "votes", "weight", "states"}
    assert (entry["issue"], entry["states"], str(entry["votes"])) == ("seat", ["KEN"], line.split()[5])
    assert bodies["us_coalition"]["objections"] == []


def test_run_is_silent_where_no_vote_failed(capsys: Capture) -> None:
    assert _run(["run", "small.toml"]) == 0
    assert "failed" not in capsys.readouterr().out


def test_a_scenario_alone_is_held_against_itself_changed(capsys: Capture) -> None:
    once = ["compare", "waic2025", "--set-b", "rounds.days=40", "--replicates", "2", "--json", "--quiet"]
    assert _run(once) == 0
    alone = capsys.readouterr().out
    assert _run(["compare", "waic2025", *once[1:]]) == 0
    assert capsys.readouterr().out == alone
    assert _run(["compare", "waic2025"]) == 2
    assert "give a second scenario, or a change by --set-b" in capsys.readouterr().err

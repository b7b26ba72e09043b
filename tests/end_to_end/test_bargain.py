"""`waico bargain` as typed: what it prints, its JSON, and how it ends."""

import json
import math
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_alone import EMISSIONS, REGISTERED, Deadlock, Halfway
from waico.cli import _run
from waico.negotiation import protocols

Capture = pytest.CaptureFixture[str]
TWO = """\
actor,issue,position,salience,capability
Norland,quota,20,0.8,3
Sudland,quota,80,0.4,2
Norland,fee,0.5,0.2,3
Sudland,fee,0.1,0.6,2
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tables in the current folder; small test protocols beside the registered ones."""
    monkeypatch.chdir(tmp_path)
    lines = [f"{actor},{x},{s},{c}" for actor, _, x, s, c in EMISSIONS]
    Path("emissions.csv").write_text("\n".join(["actor,position,salience,capability", *lines]))
    Path("two.csv").write_text(TWO)
    for name, rule in (("halfway", Halfway), ("deadlock", Deadlock)):
        monkeypatch.setitem(protocols._classes, name, rule)


def as_json(capsys: Capture, *arguments: str) -> dict[str, Any]:
    assert _run(["bargain", *arguments, "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_json_of_the_emission_standards(capsys: Capture) -> None:
    result = as_json(capsys, "emissions.csv", "--protocol", "compromise", "--rounds", "3")
    assert result["protocol"] == "compromise"
    assert list(result["issues"]) == ["issue"]
    issue = result["issues"]["issue"]
    assert issue["initial_median"] == 7.0
    assert issue["initial_mean"] == pytest.approx(7.39, abs=0.005)
    assert issue["outcome"] == pytest.approx(issue["initial_mean"], abs=1e-12)
    assert len(issue["rounds"]) == 3
    for at in issue["rounds"]:
        assert (at["median"], at["mean"]) == (7.0, issue["initial_mean"])
        assert at["positions"] == {row[0]: row[2] for row in EMISSIONS}


@pytest.mark.parametrize("name", REGISTERED)
def test_every_protocol_gives_all_keys_of_the_interface(name: str, capsys: Capture) -> None:
    quo = ("--status-quo", "quota=50", "--status-quo", "fee=0.9")
    result = as_json(capsys, "two.csv", "--protocol", name, "--rounds", "4", *quo)
    assert {"protocol", "issues"} <= set(result)
    assert set(result["issues"]) == {"quota", "fee"}
    for issue in result["issues"].values():
        assert {"outcome", "initial_mean", "initial_median", "rounds"} <= set(issue)
        assert len(issue["rounds"]) == 4
        for at in issue["rounds"]:
            assert {"median", "mean", "positions"} <= set(at)
            assert set(at["positions"]) == {"Norland", "Sudland"}
            assert all(math.isfinite(x) for x in (at["median"], at["mean"], *at["positions"].values()))


@pytest.mark.parametrize("name", REGISTERED)
def test_every_protocol_prints(name: str, capsys: Capture) -> None:
    assert _run(["bargain", "two.csv", "--protocol", name, "--status-quo", "quota=50", "--status-quo", "fee=0.9"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{name}: 2 actors, no sponsor; rounds of 30 days: 10\n")
    for text in ("\nquota\n", "\nfee\n", "outcome", "moved most", "median", "mean", "text"):
        assert text in out


def test_what_is_printed(capsys: Capture) -> None:
    assert _run(["bargain", "two.csv", "--protocol", "halfway", "--sponsor", "Sudland", "--rounds", "30"]) == 0
    out, err = capsys.readouterr()
    assert err == "halfway: 2 actors follow the first\n"
    lines = [line.rstrip() for line in out.splitlines()]
    assert lines[:3] == ["halfway: 2 actors, sponsor Sudland; rounds of 30 days: 30", "", "fee"]
    assert "  moved most  Sudland, from 80.0 to 20.0" in lines
    # pull 2.4 at 20 and 0.8 at 80, then 50: mean (48 + 64) / 3.2 = 35, then 27.5
    start = lines.index("quota") + 4
    assert [line.split()[:3] for line in lines[start : start + 2]] == [["start", "20.0", "35.0"], ["1", "20.0", "27.5"]]
    assert "The sponsor's position has a share of 0.5 in outcome and text." in lines
    assert any(line.startswith("  no change after round ") for line in lines)


def test_names_are_printed_as_they_are(capsys: Capture) -> None:
    Path("odd.csv").write_text(TWO.replace("quota", "[/red] :smile:").replace("Sudland", "[bold]S"), encoding="utf-8")
    assert _run(["bargain", "odd.csv", "--protocol", "halfway", "--sponsor", "[bold]S"]) == 0
    out = capsys.readouterr().out
    assert "\n[/red] :smile:\n" in out
    assert "sponsor [bold]S;" in out


def test_no_outcome_is_null_and_said(capsys: Capture) -> None:
    options = ["two.csv", "--protocol", "deadlock", "--status-quo", "quota=50", "--status-quo", "fee=0.9"]
    assert _run(["bargain", *options]) == 0
    out, err = capsys.readouterr()
    assert "outcome     none" in out
    assert err == "deadlock: the last positions allow for no outcome\n"
    assert as_json(capsys, *options)["issues"]["fee"]["outcome"] is None


def test_a_parameter_can_be_set(capsys: Capture) -> None:
    quo = ("--status-quo", "quota=100", "--rounds", "1")
    slow = as_json(capsys, "two.csv", "--protocol", "compromise", *quo, "--set", "rate=0.1")
    fast = as_json(capsys, "two.csv", "--protocol", "compromise", *quo, "--set", "rate=2")
    at = [result["issues"]["quota"]["rounds"][0]["text"] for result in (slow, fast)]
    assert at == pytest.approx([35 + 65 * math.exp(-0.1), 35 + 65 * math.exp(-2.0)])


BAD: dict[str, tuple[list[str], str]] = {
    "protocol": (["--protocol", "compromis"], "--protocol: there is no protocol 'compromis'; did you mean 'compromise'?"),
    "sponsor": (["--sponsor", "Nordland"], "two.csv: sponsor: there is no actor 'Nordland'; did you mean 'Norland'?"),
    "issue": (
        ["--status-quo", "tax=1"], "two.csv: status quo: there is no issue 'tax'; one of fee, quota"
    ),
    "number": (["--status-quo", "fee=low"], "--status-quo: fee: is 'low'; give a finite number"),
    "status quo that is needed": (
        ["--protocol", "deadlock", "--status-quo", "fee=1"],
        "two.csv: status quo: 'deadlock' needs to know what holds without agreement on 'quota'; add --status-quo quota=NUMBER",
    ),
    "parameter": (["--set", "rat=1"], "--set: rat: 'compromise' has no such parameter; its parameters: rate"),
    "value": (["--set", "rate=0"], "--set: rate: is 0; it should be above 0"),
    "no assignment": (["--set", "rate"], "--set: rate: is not an assignment; write name=value, such as rate=0.5"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_one_line_and_exit_code_2(name: str, capsys: Capture) -> None:
    options, expected = BAD[name]
    assert _run(["bargain", "two.csv", "--protocol", "compromise", *options]) == 2
    assert capsys.readouterr() == ("", expected + "\n")


@pytest.mark.parametrize("options", [["--rounds", "0"], ["--rounds", "many"], ["fee=1"]])
def test_options_that_cannot_be(options: list[str], capsys: Capture) -> None:
    assert _run(["bargain", "two.csv", "--protocol", "compromise", *options]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "waico bargain: " in err


def test_a_protocol_must_be_named(capsys: Capture) -> None:
    assert _run(["bargain", "two.csv"]) == 2
    assert "--protocol" in capsys.readouterr().err


def test_from_a_shell_a_bad_table_is_one_line() -> None:
    Path("bad.csv").write_text(TWO.replace("80", "high"))
    command = [str(Path(sysconfig.get_path("scripts")) / "waico"), "bargain", "bad.csv", "--protocol", "compromise"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    expected = "bad.csv: line 3, position: is 'high'; give a finite number\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)

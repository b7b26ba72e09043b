"""`waico forecast` as typed: what it prints and writes, its seal, its replay, and how it ends."""

import contextlib
import csv
import hashlib
import importlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn", reason="needs the extra `analysis`")

from tests.absent import make_absent
from waico.analysis.history.seal import verify
from waico.analysis.history.sealed import EARLIER, LATER
from waico.cli import _run
from waico.runs.record import versions

pytestmark = pytest.mark.extra

TALKS = """\
extends = "waic2025"
[rounds]
horizon = 2027-12-31
[nations]
subset = ["BRA", "CHN", "DEU", "FRA", "IND", "JPN", "KEN", "KOR", "QAT", "RUS", "USA", "ZAF"]
"""
SHORT = "talks.toml", "--until", "2026-08-31", "--replicates", "2", "--seed", "3"
NUMBERS = {"mean", "median", "q05", "q95", "none", "distribution"}

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A sealed forecast, made once on two workers, and what was printed."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "talks.toml").write_text(TALKS)
    typed = [str(folder / SHORT[0]), *SHORT[1:], "--set", "decision.s_u=0.4", "--workers", "2", "--out", str(folder / "sealed")]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert _run(["forecast", *typed, "--json"]) == 0
    return folder / "sealed", printed.getvalue()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a scenario."""
    monkeypatch.chdir(tmp_path)
    Path("talks.toml").write_text(TALKS)
    return tmp_path


@pytest.fixture
def sealed(made: tuple[Path, str], folder: Path) -> Path:
    """A copy of the forecast that may be spoilt."""
    return Path(shutil.copytree(made[0], folder / "sealed"))


def seal_anew(sealed: Path) -> None:
    names = "forecast.json", "states.csv"
    lines = "".join(f"{hashlib.sha256((sealed / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    (sealed / "SEAL").write_text(f"{hashlib.sha256(lines.encode()).hexdigest()}\n")


def typed(capsys: Capture, *arguments: str, code: int = 0) -> str:
    assert _run(list(arguments)) == code
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_the_record_holds_all_that_it_was_made_from(sealed: Path) -> None:
    record = json.loads((sealed / "forecast.json").read_text())
    assert (record["until"], record["freeze_date"], record["seed"], record["replicates"]) == ("2026-08-31", "2025-07-26", 3, 2)
    assert record["versions"] == versions()
    assert record["overrides"] == {"decision.s_u": 0.4}
    assert record["scenario"]["decision"]["s_u"] == 0.4
    assert record["coefficients"]["values"]["s_u"] == {"kind": "assumed", "mean": 0.4, "sd": 0.0, "lower": None, "mean_drawn": 0.4}
    assert record["coefficients"]["values"]["b_align"]["kind"] == "estimated"
    assert record["coefficients"]["set"]["name"] == "history"
    data = Path(__file__).resolve().parents[2] / "scenarios/data"
    assert record["tables"] == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in data.glob("*.csv")}
    for told in record["institutions"].values():
        assert set(told) == NUMBERS | {"status", "states", "expected", "fixed", "coefficients", "terms"}
        assert set(told["fixed"]) == NUMBERS
        assert sum(told["distribution"].values()) == 2


def test_a_row_per_state_and_institution_without_principals(sealed: Path) -> None:
    with (sealed / "states.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["institution"] for row in rows] == ["waico"] * 10 + ["us_coalition"] * 10
    assert not {"CHN", "USA"} & {row["iso3"] for row in rows}
    for row in rows:
        assert all(0.0 < float(row[name]) < 1.0 for name in ("probability", "base_rate", "alignment", "static_logit"))


def test_json_says_what_the_files_say(made: tuple[Path, str]) -> None:
    sealed, printed = made
    found: dict[str, Any] = json.loads(printed)
    assert found["seal"] == (sealed / "SEAL").read_text().strip()
    record = json.loads((sealed / "forecast.json").read_text())
    with (sealed / "states.csv").open() as file:
        rows = list(csv.DictReader(file))
    for body, told in found["institutions"].items():
        states = told.pop("probabilities")
        assert told == record["institutions"][body]
        assert [(row["iso3"], row["probability"]) for row in states] == [
            (row["iso3"], float(row["probability"])) for row in rows if row["institution"] == body
        ]


def test_replay_on_one_worker_is_identical(sealed: Path, capsys: Capture) -> None:
    identical = "the seal holds\nidentical: all probabilities, numbers and terms came out the same\n"
    assert typed(capsys, "replay", "sealed") == identical


@pytest.mark.parametrize("name", ["forecast.json", "states.csv", "SEAL"])
def test_a_changed_byte_breaks_the_seal(name: str, sealed: Path, capsys: Capture) -> None:
    text = (sealed / name).read_text()
    (sealed / name).write_text(text[:40] + ("0" if text[40] != "0" else "1") + text[41:])
    assert typed(capsys, "replay", "sealed", code=1) == "the seal is broken: the files are not those that were sealed\n"


def test_text_fits_the_terminal_and_tells_estimated_from_assumed(capsys: Capture) -> None:
    out = typed(capsys, "forecast", *SHORT, "--out", "new")
    assert out.splitlines()[1] == "members on 2026-08-31, as of 2025-07-26; 2 replicates, seed 3"
    assert "coefficients: 'history', fitted on history up to 2025-" in out
    kinds = [line.split()[1] for line in out.splitlines() if line.startswith(("  b_", "  b0", "  s_u"))]
    assert kinds == (["estimated"] * 14 + ["assumed"] * 6) * 2
    assert out.splitlines()[-1] == f"sealed in new: {Path('new/SEAL').read_text().strip()}"
    assert max(map(len, out.splitlines())) <= 120
    assert "nan" not in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("aiib2014", "--until", "2015-03-31"),
            "aiib2014: coefficients: 'without_aiib' was fitted on history up to 2025-02-28, after freeze_date 2014-10-23: that is hindsight; ",
        ),
        (("talks.toml", "--until", "2026"), "--until: '2026' is no date; write it as 2026-07-26"),
        (
            ("talks.toml", "--until", "2025-07-26"),
            "--until: 2025-07-26 is not after the freeze date 2025-07-26; give a later day",
        ),
        (
            ("talks.toml", "--until", "2028-01-01"),
            "--until: 2028-01-01 is after the scenario's horizon 2027-12-31; give an earlier day, or a later horizon with --set rounds.horizon=2028-01-01",
        ),
        (("talk.toml", "--until", "2026-08-31"), "talk.toml: does not exist; give a .toml file or one of "),
        (
            ("talks.toml", "--until", "2026-08-31", "--set", "rounds.days=0"),
            "--set: rounds.days: is 0; it should be at least 1",
        ),
        (("talks.toml", "--until", "2026-08-31", "--out", "talks.toml"), "--out: talks.toml: cannot be written (talks.toml is a file); give another folder"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments: tuple[str, ...], expected: str, capsys: Capture) -> None:
    assert _run(["forecast", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(expected)
    assert err.count("\n") == 1


@pytest.mark.parametrize(("file", "held"), [("SEAL", "a forecast"), ("states.csv", "'states.csv'"), ("run.json", "a run")])
def test_nothing_is_overwritten(file: str, held: str, capsys: Capture) -> None:
    Path("taken").mkdir()
    Path("taken", file).write_text("kept")
    assert _run(["forecast", *SHORT, "--out", "taken"]) == 2
    assert capsys.readouterr() == ("", f"--out: taken: holds {held} already; give a new folder\n")
    assert Path("taken", file).read_text() == "kept"


def test_a_run_is_not_written_over_a_forecast(capsys: Capture) -> None:
    Path("taken").mkdir()
    Path("taken/SEAL").write_text("kept")
    assert _run(["run", "talks.toml", "--out", "taken"]) == 2
    assert capsys.readouterr().err == "--out: taken: holds a forecast already; give a new folder\n"


def test_interrupted_leaves_no_half_forecast(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("waico.analysis.history.attribution._counted", stop)
    assert _run(["forecast", *SHORT, "--out", "sealed"]) == 130
    assert capsys.readouterr() == ("", "interrupted\n")
    assert not Path("sealed").exists()


def test_a_record_of_another_version_is_one_line(sealed: Path, capsys: Capture) -> None:
    (sealed / "forecast.json").write_text('{"seed": 1}')
    seal_anew(sealed)
    assert _run(["replay", "sealed"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("the seal holds\n", 1)
    assert err.startswith("sealed/forecast.json: ")


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    make_absent(monkeypatch, "sklearn", users="waico.analysis.history")
    assert _run(["forecast", *SHORT]) == 2
    assert capsys.readouterr() == ("", "waico forecast: needs scikit-learn (pip install '.[analysis]' in a checkout of waico)\n")


def test_the_bundled_forecasts_are_sealed_and_the_page_says_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a new forecast: python docs/make_forecast.py."""
    pytest.importorskip("altair")
    root = Path(__file__).resolve().parents[2]
    monkeypatch.syspath_prepend(root / "docs")
    maker = importlib.import_module("make_forecast")
    assert verify(maker.EARLIER)
    assert verify(maker.LATER)
    page = maker.PAGE.read_text(encoding="utf-8")
    for name, block in maker.blocks().items():
        assert f"<!-- {name} -->\n{block}\n<!-- end -->" in page


def test_both_bundled_forecasts_are_made_from_the_same_inputs() -> None:
    """Nothing learnt between the two went into the later one; `nations.without` is a field that came between, and is empty."""
    earlier, later = (json.loads((folder / "forecast.json").read_text(encoding="utf-8")) for folder in (EARLIER, LATER))
    later["scenario"]["nations"].pop("without")
    for name in ("freeze_date", "seed", "replicates", "coefficients", "tables", "overrides", "scenario"):
        assert earlier[name] == later[name]

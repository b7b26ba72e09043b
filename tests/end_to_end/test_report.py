"""`waico report` as users type it: what the page says is what the files say, and other folders are told what reads them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("altair", reason="needs the extra `analysis`")
pytest.importorskip("jinja2", reason="needs the extra `analysis`")

from tests.absent import make_absent
from tests.sweeps import write_design
from waico.cli import _run
from waico.runs.record import read_run, save
from waico.runs.run import run
from waico.scenarios.load import load_scenario

pytestmark = pytest.mark.extra
Capture = pytest.CaptureFixture[str]
SECTIONS = [
    "What was run", "How the runs end", "What the text says", "Who joins, and when", "How the talks go", "Why votes failed",
    "Who is in both bodies",
]  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be written to the folder that the tests are started in."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with its report. Read only."""
    folder = tmp_path_factory.mktemp("runs") / "made"
    changes = ["--set", "institutions.waico.rival_pressure=0.5"]
    assert _run(["run", "waic2025", *changes, "--replicates", "4", "--seed", "3", "--out", str(folder), "--quiet"]) == 0
    assert _run(["report", str(folder)]) == 0
    return folder


class Headings(HTMLParser):
    """Headings of second order of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "h2"

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found.append(data.strip())


def refused(capsys: Capture, *arguments: str) -> str:
    assert _run(["report", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err


def test_the_page_has_every_section_and_no_address_of_a_network(made: Path) -> None:
    text = (made / "report.html").read_text(encoding="utf-8")
    found = Headings(text).found
    assert [heading for heading in found if heading in SECTIONS] == SECTIONS
    assert not re.search(r'(?:src|href)="https?://', text)
    assert "With 4 runs chance has a large part in every number" in text
    assert "institutions.waico.rival_pressure" in text.replace("<wbr>", "")


def test_what_is_printed_is_what_the_files_say(made: Path, capsys: Capture) -> None:
    assert _run(["report", str(made), "--out", "again.html"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    shares = pd.read_parquet(made / "outcomes.parquet")["outcome"].value_counts(normalize=True)
    printed = {line.split()[0]: line.split()[1] for line in out.splitlines() if line.startswith(("no_text", "thin_body", "binding_regime"))}
    assert printed == {name: f"{shares.get(name, 0.0):.3f}" for name in printed}
    assert "4 runs that differ by their random draws, seed 3" in out
    assert out.endswith("report: again.html\ntables: again_tables\n")
    assert (Path("again.html")).read_text(encoding="utf-8") == (made / "report.html").read_text(encoding="utf-8").replace(
        "report_tables", "again_tables"
    )


def test_tables_lie_beside_it(made: Path) -> None:
    folder = made / "report_tables"
    outcomes = pd.read_csv(folder / "runs.csv")
    assert outcomes["outcome"].tolist() == pd.read_parquet(made / "outcomes.parquet")["outcome"].tolist()
    assert pd.read_csv(folder / "members.csv").equals(pd.read_csv(made / "members.csv"))
    assert pd.read_csv(folder / "changes.csv").to_numpy().tolist() == [["institutions.waico.rival_pressure", 0.5]]
    assert {path.name for path in folder.iterdir()} == {f"{name}.csv" for name in (
        "assumptions", "bridges", "changes", "measures", "members", "outcomes", "runs", "text",
    )}  # fmt: skip


def test_the_record_does_not_mind_a_report(made: Path, capsys: Capture) -> None:
    assert _run(["replay", str(made), "--quiet"]) == 0
    assert "came out byte for byte the same" in capsys.readouterr().out


def test_failed_votes_and_a_body_alone(tmp_path: Path, capsys: Capture) -> None:
    save(run(load_scenario("binding_charter"), seed=1, replicates=2), tmp_path / "charter")
    assert _run(["report", "charter"]) == 0
    assert "Runs without a text are blocked most often on enforcement" in " ".join(capsys.readouterr().out.split())
    assert (tmp_path / "charter" / "report_tables" / "objections.csv").exists()
    save(run(load_scenario("aiib2014"), seed=1, replicates=2), tmp_path / "bank")
    assert _run(["report", "bank"]) == 0
    assert "Nothing can be said here: has no body of the rival" in capsys.readouterr().out


def test_a_run_is_read_back_as_it_was(tmp_path: Path) -> None:
    scenario = load_scenario("aiib2014")
    result = replace(run(scenario, seed=1, replicates=2), overrides={"decision.b_fit": 0.7})
    save(result, tmp_path / "kept")
    again = read_run(tmp_path / "kept")
    assert (again.scenario, again.seed, again.replicates, again.until, again.overrides) == (scenario, 1, 2, None, {"decision.b_fit": 0.7})
    for name in ("outcomes", "texts", "nations", "events"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(result, name))
    assert again.rounds["date"].tolist() == result.rounds["date"].tolist()
    assert again.summary()["outcomes"] == result.summary()["outcomes"]


def test_other_folders_are_told_what_reads_them(made: Path, capsys: Capture, tmp_path: Path) -> None:
    assert _run(["sweep", str(write_design(tmp_path)), "--out", "swept", "--workers", "1", "--quiet"]) == 0
    capsys.readouterr()
    assert refused(capsys, "swept") == "swept: holds a sweep, and no run; use waico analyze\n"
    assert _run(["analyze", str(made)]) == 2
    assert capsys.readouterr().err == f"{made}: holds a run, and no sweep; use waico report\n"
    forecast = Path(__file__).resolve().parents[2] / "analysis" / "forecasts" / "waic2025_2026-08-31"
    assert refused(capsys, str(forecast)).endswith("holds a forecast, and no run; use waico replay\n")
    assert refused(capsys, "nowhere").startswith("nowhere/run.json: cannot be read")


def test_what_was_changed_afterwards_is_refused(tmp_path: Path, capsys: Capture) -> None:
    save(run(load_scenario("aiib2014"), seed=1, replicates=1), tmp_path / "kept")
    table = tmp_path / "kept" / "outcomes.parquet"
    table.write_bytes(table.read_bytes()[:-1])
    assert refused(capsys, "kept") == "kept/outcomes.parquet: is not as it was saved: it is damaged or was changed; run the scenario again\n"
    table.unlink()
    assert refused(capsys, "kept").startswith("kept: outcomes.parquet cannot be read")
    record = tmp_path / "kept" / "run.json"
    record.write_text(json.dumps({"seed": 1}))
    assert refused(capsys, "kept").startswith("kept/run.json: ")


def test_no_file_of_others_is_replaced(made: Path, capsys: Capture, tmp_path: Path) -> None:
    Path("mine.html").write_text("mine")
    assert "is no report that waico made" in refused(capsys, str(made), "--out", "mine.html")
    assert Path("mine.html").read_text() == "mine"


def test_without_the_extra_it_says_what_to_install(made: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    make_absent(monkeypatch, "altair", users="waico.analysis")
    assert refused(capsys, str(made)) == "waico report: needs altair (pip install '.[analysis]' in a checkout of waico)\n"

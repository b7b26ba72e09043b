"""`waico analyze` as users type it: what it writes and says, what it refuses, and sweeps of which little can be said."""

import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

for package in ("altair", "lifelines", "SALib", "ema_workbench", "sklearn", "vl_convert"):
    pytest.importorskip(package, reason="needs the extra `analysis`")

import waico
from tests.absent import make_absent
from tests.planted import WORDS, A, B, planted
from tests.sweeps import write_design
from waico.analysis.wording import cell
from waico.cli import _run
from waico.negotiation.measure import OUTCOMES

pytestmark = pytest.mark.extra
Capture = pytest.CaptureFixture[str]
LHC = {
    "sampler": "latin_hypercube",
    "samples": 40,
    "replicates": 3,
    "factors": {A: [-1.0, 1.0], WORDS: {"values": ["compromise", "nash"]}},
}
SECTIONS = [
    "What was swept", "How the runs end", "When consensus forms", "Which factors matter", "Along each factor", "How deep, and how broad",
    "Where consensus forms", "Where a binding regime forms", "Where talks end without a text",
]  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be written to the folder that the tests are started in."""
    monkeypatch.chdir(tmp_path)


def forms(changes: dict[str, Any], replicate: int) -> dict[str, Any]:
    """A body comes into force where the first factor is above a line that replicates move a little."""
    place = changes[A]
    common = {
        "depth": 0.5 + 0.2 * place,
        "breadth_states": 0.3,
        "agreement": 0.4,
        "fault_line": 0.1,
        "display_gap": 0.1,
        "signed": 60,
        "ratified": 50,
    }
    if place > 0.3 + 0.1 * replicate:
        return {
            "outcome": "binding_regime",
            "day_adopted": 200.0,
            "day_in_force": 500.0 + 60 * replicate,
            "day_ended": 1000.0,
            **common,
        }
    if place < -0.8:
        return {"outcome": "no_text", "day_failed": 400.0, "day_ended": 400.0, **common, "depth": 0.0}
    return {"outcome": "unratified", "day_adopted": 300.0, "day_ended": 1000.0, **common}


def always(changes: dict[str, Any], replicate: int) -> dict[str, Any]:
    """Every run ends alike."""
    return forms({A: 0.95}, 0)


def never(changes: dict[str, Any], replicate: int) -> dict[str, Any]:
    """No run can be carried out."""
    return {"error": "decision.b_need: is impossible; give another"}


class Page(HTMLParser):
    """Sections of a report: their sentence, and their tables by id, as text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.findings: dict[str, str] = {}
        self.tables: dict[str, list[list[str]]] = {}
        self.links: list[str] = []
        self.warnings: list[str] = []
        self._heading, self._table, self._in = "", "", ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(told["href"])
        if tag == "table":
            self._table = told["id"].removeprefix("table-")
            self.tables[self._table] = []
        if tag == "tr":
            self.tables[self._table].append([])
        if tag in ("td", "th"):
            self.tables[self._table][-1].append("")
        if tag in ("td", "th", "h2") or (tag == "p" and told.get("class") in ("finding", "warning")):
            self._in = told.get("class", tag) if tag == "p" else tag
            self._heading = "" if tag == "h2" else self._heading
            if self._in == "warning":
                self.warnings.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "h2", "p"):
            self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "h2":
            self._heading += data
        elif self._in == "finding":
            self.findings[self._heading] = self.findings.get(self._heading, "") + data
        elif self._in == "warning":
            self.warnings[-1] += data
        elif self._in in ("td", "th"):
            self.tables[self._table][-1][-1] += data


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep with its report. Read only."""
    folder = tmp_path_factory.mktemp("sweeps") / "made"
    planted(folder, LHC, forms)
    assert _run(["analyze", str(folder), "--quiet"]) == 0
    return folder


def analyzed(capsys: Capture, folder: Path, *options: str) -> tuple[Page, str]:
    """The report of a sweep, and what was printed."""
    assert _run(["analyze", str(folder), *options, "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return Page(folder / "report.html"), out


def refused(capsys: Capture, *arguments: str) -> str:
    assert _run(["analyze", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


def test_the_report_of_a_small_sweep(tmp_path: Path, capsys: Capture) -> None:
    design, folder = write_design(tmp_path), tmp_path / "made"
    assert _run(["sweep", str(design), "--out", str(folder), "--workers", "1", "--quiet"]) == 0
    capsys.readouterr()
    page, out = analyzed(capsys, folder)
    assert list(page.findings) == SECTIONS
    assert page.warnings == []
    assert (
        "16 samples of 4 factors (Latin hypercube), each with 3 replicates of the random draws, seed 5: all 48 runs are there."
        in page.findings["What was swept"]
    )
    runs = waico.read_sweep(folder)
    shares = runs["outcome"].value_counts(normalize=True)
    assert (
        f"The most frequent ending is {shares.index[0].replace('_', ' ')}, {shares.iloc[0]:.0%} of the runs"
        in page.findings["How the runs end"]
    )
    assert (
        f"comes into force in {runs['day_in_force'].notna().mean():.0%} of the runs"
        in page.findings["When consensus forms"]
    )
    median = runs["depth"].median()
    assert f"has depth {median:.2f} in the median run" in page.findings["How deep, and how broad"]
    assert str(folder / "report.html") in out
    assert max(map(len, out.splitlines())) <= 120 + len(str(folder))


def test_the_page_shows_the_numbers_of_the_csvs(made: Path) -> None:
    page = Page(made / "report.html")
    assert {
        "factors",
        "outcomes",
        "timing",
        "sensitivity_of_consensus",
        "along_factors",
        "depth_and_breadth",
        "box",
        "box_quality",
    } <= set(page.tables)
    for name, rows in page.tables.items():
        table = pd.read_csv(made / "report_tables" / f"{name}.csv", keep_default_na=False, na_values=[""])
        assert rows[0] == [column.replace("_", " ") for column in table.columns]
        assert rows[1:] == [
            [cell(value) for value in row] for row in table.head(len(rows) - 1).itertuples(index=False)
        ], name
    for link in page.links:
        assert link.startswith("#") or (made / link).is_file(), link


def test_sentences_state_the_truth(tmp_path: Path, capsys: Capture) -> None:
    made = planted(tmp_path / "made", LHC, forms)
    page, out = analyzed(capsys, tmp_path / "made")
    share, runs = made.runs["day_in_force"].notna().mean(), made.runs
    tables = tmp_path / "made" / "report_tables"
    outcomes = pd.read_csv(tables / "outcomes.csv").set_index("outcome")["share"]
    assert list(outcomes.index) == list(OUTCOMES)
    assert outcomes["binding_regime"] == pytest.approx((runs["outcome"] == "binding_regime").mean())
    assert f"comes into force in {share:.0%} of the runs" in page.findings["When consensus forms"]
    assert (
        f"talks fail without a text in {(runs['outcome'] == 'no_text').mean():.0%}."
        in page.findings["When consensus forms"]
    )
    assert page.findings["Which factors matter"].startswith(
        "decision b_need leads for whether waico comes into force"
    )
    above = runs.loc[runs[A] >= runs[A].median(), "day_in_force"].notna().mean()   # so few samples make two classes
    assert f"changes most along decision b_need: {above:.0%} where it is" in page.findings["Along each factor"]
    box = pd.read_csv(tables / "box.csv")
    assert list(box["factor"]) == [A]
    assert 0.1 <= box["low"].iloc[0] <= 0.5
    assert page.findings["Where consensus forms"].startswith("The box is: decision b_need above 0.")
    assert page.findings["Where talks end without a text"].startswith("The box is: decision b_need below -0.")
    assert pd.read_csv(tables / "box_no_text.csv")["high"].iloc[0] == pytest.approx(-0.8, abs=0.1)
    assert all(" ".join(finding.split()) in " ".join(out.split()) for finding in page.findings.values())


def test_another_outcome(tmp_path: Path, capsys: Capture) -> None:
    planted(tmp_path / "made", LHC, forms)
    page, _ = analyzed(capsys, tmp_path / "made", "--outcome", "no_text")
    assert "No factor can be told from noise for whether the run ends as 'no text': the largest" in page.findings["Which factors matter"]
    assert (
        "The share of runs that end as 'no text' changes most along decision b_need"
        in page.findings["Along each factor"]
    )


@pytest.mark.parametrize(("sampler", "index"), [("sobol", "total index"), ("morris", "mu*")])
def test_designs_for_sensitivity(tmp_path: Path, capsys: Capture, sampler: str, index: str) -> None:
    design = {"sampler": sampler, "samples": 16, "replicates": 2, "factors": {A: [-1.0, 1.0], B: [0.0, 1.0]}}
    planted(tmp_path / "made", design, forms)
    page, _ = analyzed(capsys, tmp_path / "made")
    assert (
        f"decision b_need leads for whether waico comes into force: {index} "
        in page.findings["Which factors matter"]
    )


def test_twice_gives_the_same_bytes(tmp_path: Path, capsys: Capture) -> None:
    planted(tmp_path / "a", {**LHC, "samples": 12}, forms)
    planted(tmp_path / "b", {**LHC, "samples": 12}, forms)   # another folder with the same sweep
    analyzed(capsys, tmp_path / "a")
    once = (tmp_path / "a" / "report.html").read_bytes()
    for folder in ("a", "b"):
        analyzed(capsys, tmp_path / folder)
    assert (tmp_path / "a" / "report.html").read_bytes() == once
    a, b = (
        {
            path.name: path.read_bytes()
            for path in sorted((tmp_path / one).rglob("*.*ml")) + sorted((tmp_path / one).rglob("*.csv"))
        }
        for one in "ab"
    )
    assert len(a) > 8
    assert a == b


def test_a_file_that_is_no_report_stays(tmp_path: Path, made: Path, capsys: Capture) -> None:
    (tmp_path / "mine.html").write_text("mine")
    err = refused(capsys, str(made), "--out", "mine.html")
    assert err == "--out: mine.html: exists already and is no report that waico made; give a new name\n"
    assert (tmp_path / "mine.html").read_text() == "mine"


def test_an_incomplete_sweep_is_marked_on_top(tmp_path: Path, capsys: Capture) -> None:
    made = planted(tmp_path / "made", LHC, forms, parts=40)
    page, out = analyzed(capsys, tmp_path / "made")
    assert page.warnings[0].startswith(
        f"This sweep is not complete: {len(made.runs)} of 120 runs are there ({len(made.runs) / 120:.0%})."
    )
    assert page.warnings[0].split(":")[0] in out
    assert page.findings["Which factors matter"].startswith("Nothing can be said here: has ")
    assert "of the runs" in page.findings["How the runs end"]


def test_failed_runs_are_counted_with_the_commonest_reason(tmp_path: Path, capsys: Capture) -> None:
    def some(changes: dict[str, Any], replicate: int) -> dict[str, Any]:
        return never(changes, replicate) if changes[A] > 0.9 else forms(changes, replicate)

    made = planted(tmp_path / "made", LHC, some)
    failed = int(made.runs["error"].notna().sum())
    page, _ = analyzed(capsys, tmp_path / "made")
    assert 0 < failed < 120
    assert page.warnings == [
        f"{failed} of 120 runs could not be carried out and are left out. The commonest reason ({failed} runs): decision.b_need: is impossible; give another"
    ]
    assert page.tables["failures"][1] == ["decision.b_need: is impossible; give another", str(failed)]


@pytest.mark.parametrize(
    ("design", "run", "says"),
    [
        ({"factors": {A: [-1.0, 1.0]}}, forms, {"Along each factor": "changes most along decision b_need"}),
        (
            {"samples": 1},
            forms,
            {
                "Which factors matter": "Nothing can be said",
                "Along each factor": "nothing to compare",
                "Where consensus forms": "no box",
            },
        ),
        ({"samples": 1, "replicates": 1}, forms, {"Which factors matter": "Nothing can be said"}),
        ({}, never, dict.fromkeys(SECTIONS[1:], "Nothing can be said here: has no run that could be carried out")),
        (
            {"samples": 8, "factors": {WORDS: {"values": ["compromise", "nash"]}}},
            always,
            {"Along each factor": "No factor makes a difference"},
        ),
        (
            {"sampler": "grid", "samples": None, "factors": {WORDS: {"values": ["nash"]}}},
            always,
            {"Along each factor": "nothing to compare"},
        ),
        (
            {},
            always,
            {
                "Which factors matter": "Nothing can be said",
                "When consensus forms": "in 100% of the runs",
                "Where consensus forms": "no box",
            },
        ),
        ({"sampler": "sobol", "samples": 8}, always, {"Which factors matter": "Nothing can be said"}),
        ({"sampler": "morris", "samples": 4}, always, {"Along each factor": "No factor makes a difference"}),
    ],
    ids=[
        "one factor",
        "one sample",
        "one run",
        "all failed",
        "words alone",
        "one value",
        "constant",
        "constant sobol",
        "constant morris",
    ],
)
def test_sweeps_of_which_little_can_be_said(
    tmp_path: Path, capsys: Capture, design: dict[str, Any], run: Any, says: dict[str, str]
) -> None:
    planted(
        tmp_path / "made",
        {name: value for name, value in {**LHC, **design}.items() if value is not None},
        lambda changes, replicate: run({A: 0.5, **changes}, replicate),
    )
    page, _ = analyzed(capsys, tmp_path / "made")
    assert list(page.findings) == SECTIONS
    for title, words in says.items():
        assert words in page.findings[title], page.findings[title]
    for finding in page.findings.values():
        assert not re.search(r"\bnan\b|\bNone\b|\binf\b", finding), finding


def test_factors_of_all_kinds(tmp_path: Path, capsys: Capture) -> None:
    """Numbers by name, flags, dates, a logarithmic range and whole numbers; the body forms by flag and number."""
    flag, number, day = "institutions.waico.signature.launch", "decision.b_size", "rounds.horizon"

    def run(changes: dict[str, Any], replicate: int) -> dict[str, Any]:
        return forms({A: 0.9 if changes[flag] and changes[number] > 1 else 0.0}, 0)

    factors = {
        flag: {"values": [True, False]},
        number: {"values": [1, 2, 5]},
        day: {"values": [date(2028, 1, 31), date(2029, 1, 31)]},
        "decision.b_pressure": {"low": 0.1, "high": 10.0, "scale": "log"},
        "institutions.waico.entry_into_force.ratifications": [1, 5],
    }
    planted(tmp_path / "made", {**LHC, "samples": 80, "factors": factors}, run)
    page, _ = analyzed(capsys, tmp_path / "made")
    assert [row[0] for row in page.tables["factors"][1:]] == list(factors)
    assert {row[0] for row in page.tables["box"][1:]} == {flag, number}
    assert page.findings["Where consensus forms"].startswith("The box is: ")


def test_a_table_of_samples(tmp_path: Path, capsys: Capture) -> None:
    rows = "".join(f"{-1 + number / 20},{'nash' if number % 2 else 'compromise'}\n" for number in range(41))
    (tmp_path / "samples.csv").write_text(f"{A},{WORDS}\n{rows}")
    planted(tmp_path / "made", {"sampler": "table", "table": "samples.csv", "replicates": 2}, forms)
    page, _ = analyzed(capsys, tmp_path / "made")
    assert page.findings["What was swept"].startswith("41 samples of 2 factors (table), each with 2 replicates")
    assert page.findings["Along each factor"].startswith("The share of runs that see waico come into force changes most along decision b_need")


def test_a_sweep_without_a_part(tmp_path: Path, capsys: Capture) -> None:
    planted(tmp_path / "made", LHC, forms, parts=0)
    assert refused(capsys, "made").endswith("made: has no run yet; go on with waico sweep --resume\n")
    assert not (tmp_path / "made" / "report.html").exists()


def test_folders_that_are_no_sweep(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "gone"):
        err = refused(capsys, name)
        assert err.startswith(f"{Path(name) / 'manifest.json'}: cannot be read")
        assert "give a folder made by waico sweep --out" in err


def test_a_damaged_part(tmp_path: Path, capsys: Capture) -> None:
    planted(tmp_path / "made", LHC, forms)
    part = next((tmp_path / "made" / "results").glob("part-*"))
    part.write_bytes(part.read_bytes()[:-1])
    assert "is damaged" in refused(capsys, "made")
    assert not (tmp_path / "made" / "report.html").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--outcome", "consensus"], "outcome: consensus: does not exist; one of no_text"),
        (["--frontier", A], f"--frontier: {A}: does not name two factors; write X_PATH,Y_PATH"),
        (["--frontier", f"{A},decision.b_sizes"], "--frontier: decision.b_sizes: is no factor of the sweep; "),
        (["--frontier", f"{A},{WORDS}"], f"--frontier: {WORDS}: takes one of several values, and has no range; "),
        (["--out", "report.pdf"], "--out: report.pdf: does not end in .html"),
    ],
)
def test_options_that_are_wrong(made: Path, capsys: Capture, options: list[str], says: str) -> None:
    assert refused(capsys, str(made), *options).startswith(says)


@pytest.mark.parametrize(
    ("package", "name"),
    [("altair", "altair"), ("vl_convert", "vl-convert-python"), ("lifelines", "lifelines"), ("SALib", "SALib")],
)
def test_a_missing_package_is_named(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, package: str, name: str
) -> None:
    planted(tmp_path / "made", {**LHC, "samples": 8, "sampler": "morris"}, forms)
    make_absent(monkeypatch, package, users="waico.analysis")
    err = refused(capsys, "made")
    assert f"needs {name} (pip install '.[analysis]' in a checkout of waico)" in err


@pytest.mark.slow
def test_a_frontier_of_two_factors(tmp_path: Path, capsys: Capture) -> None:
    """The frontier is of the scenario itself, found by further runs."""
    design, folder = write_design(tmp_path), tmp_path / "made"
    assert _run(["sweep", str(design), "--out", str(folder), "--workers", "1", "--quiet"]) == 0
    capsys.readouterr()
    axes = "institutions.waico.opening.enforcement,decision.b_pressure"
    page, _ = analyzed(capsys, folder, "--frontier", axes)
    assert list(page.findings) == [*SECTIONS, "The consensus frontier"]
    points = pd.read_csv(folder / "report_tables" / "frontier_points.csv")
    assert len(points) >= 25
    assert (
        f"from {points['runs'].sum():,} runs at {len(points)} points" in page.findings["The consensus frontier"]
        or "points of the plane of" in page.findings["The consensus frontier"]
    )


def test_specs_hold_their_data(made: Path) -> None:
    text = (made / "report.html").read_text(encoding="utf-8")
    specs = re.findall(r'<script type="application/json" id="spec-(\w+)">(.*?)</script>', text, re.DOTALL)
    assert len(specs) >= 9
    for name, spec in specs:
        assert json.loads(spec)["datasets"], name
        assert '"url"' not in spec
        assert f'id="figure-{name}"' in text

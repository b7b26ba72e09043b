"""The page of a report: whole in one file, the same each time, and careful about what it replaces."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

alt = pytest.importorskip("altair", reason="needs the extra `analysis`")

from waico.analysis.report import Figure, Report, Section, Table, check_place, table_folder, write
from waico.analysis.wording import cell, count, p_value, share_of_runs, value_of
from waico.scenarios.errors import InputError

pytestmark = pytest.mark.extra
ROWS = pd.DataFrame({"factor": ["decision.b_need", "<b>"], "value": [0.1234567, np.nan], "runs": [1200, 3]})


def chart(title: str = "One < two") -> Any:
    data = pd.DataFrame({"x": [1, 2], "y": [2.0, 3.0], "word": ["</script>", "&"]})
    return alt.Chart(data, title=title).mark_point().encode(x="x:Q", y="y:Q", tooltip="word:N")


def report() -> Report:
    first = Section(
        "What, and why?",
        "It is 12% <so>.",
        "left is less.",
        [Figure("points", chart())],
        [Table("numbers", "A row each.", ROWS)],
    )
    second = Section("Nothing here", "Nothing can be said.", tables=[Table("long", "", ROWS, shown=0)])
    return Report("Title & all", "Subtitle", ["Not complete."], [first, second], {"hash": "abc"})


class Page(HTMLParser):
    """What a browser would fetch or run, and the text of elements by id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str, str]] = []
        self.scripts: dict[str, str] = {}
        self._script: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "script":
            self._script = dict(attrs).get("id") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self.scripts[self._script] = self.scripts.get(self._script, "") + data


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "page.html"


def test_nothing_is_fetched(place: Path) -> None:
    write(report(), place)
    page = Page(place.read_text(encoding="utf-8"))
    addresses = [
        value for _, name, value in page.attributes if name in ("src", "href", "srcset", "data", "action", "poster")
    ]
    assert sorted(set(addresses) - {each for each in addresses if each.startswith("data:image/svg+xml;base64,")}) == [
        "#nothing-here", "#origin", "#what-and-why", "page_tables/long.csv", "page_tables/numbers.csv",
    ]  # fmt: skip
    assert {tag for tag, _, _ in page.attributes}.isdisjoint({"link", "iframe", "object", "embed", "base"})
    policy = next(
        value for tag, name, value in page.attributes if (tag, name) == ("meta", "content") and "default-src" in value
    )
    assert policy.startswith("default-src 'none'")
    assert not re.search(r"https?:|unsafe-eval|\*", policy)


def test_no_style_fetches(place: Path) -> None:
    write(report(), place)
    text = place.read_text(encoding="utf-8")
    assert "@import" not in text.partition("<script>")[0]
    assert "url(" not in text.partition("</style>")[0]


def test_specs_are_json_with_their_data(place: Path) -> None:
    write(report(), place)
    spec = json.loads(Page(place.read_text(encoding="utf-8")).scripts["spec-points"])
    assert spec == chart().to_dict()
    assert "url" not in spec["data"]
    assert {row["word"] for data in spec["datasets"].values() for row in data} == {"</script>", "&"}


def test_the_drawing_code_is_there_once_and_only_with_figures(place: Path) -> None:
    write(report(), place)
    assert place.read_text(encoding="utf-8").count("window.vegaEmbed=") == 1
    write(replace(report(), sections=report().sections[1:]), place)
    assert "vegaEmbed" not in place.read_text(encoding="utf-8")


def test_texts_are_escaped(place: Path) -> None:
    write(report(), place)
    text = place.read_text(encoding="utf-8")
    for written in (
        "Title &amp; all",
        "It is 12% &lt;so&gt;.",
        "&lt;b&gt;",
        'aria-label="One &lt; two"',
        "decision.<wbr>b_<wbr>need",
    ):
        assert written in text
    assert "<b>\n" not in text


def test_the_same_report_is_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for folder in ("a", "b"):
        write(report(), tmp_path / folder / "page.html")
    first, second = (
        {path.relative_to(tmp_path / one): path.read_bytes() for path in (tmp_path / one).rglob("*.*")} for one in "ab"
    )
    assert first == second
    assert len(first) == 3


def test_tables_are_whole_in_their_csv(place: Path) -> None:
    write(report(), place)
    found = pd.read_csv(table_folder(place) / "numbers.csv")
    pd.testing.assert_frame_equal(found, ROWS)


def test_a_report_is_replaced_with_its_tables(place: Path) -> None:
    write(report(), place)
    write(replace(report(), sections=report().sections[:1]), place)
    assert [path.name for path in table_folder(place).iterdir()] == ["numbers.csv"]
    assert "Nothing here" not in place.read_text(encoding="utf-8")


def test_other_files_are_not_overwritten(place: Path) -> None:
    place.write_text("<html>mine</html>")
    with pytest.raises(InputError, match="exists already and is no report"):
        write(report(), place)
    assert place.read_text() == "<html>mine</html>"


def test_a_folder_of_tables_that_holds_something_else_is_refused(place: Path) -> None:
    write(report(), place)
    (table_folder(place) / "mine.csv").write_text("1")
    with pytest.raises(InputError, match=r"holds 'mine\.csv', which no report made"):
        write(report(), place)


def test_names_in_a_report_cannot_lead_out_of_its_folder(place: Path) -> None:
    write(report(), place)
    place.write_text(
        place.read_text(encoding="utf-8").replace('content="numbers long"', 'content="../other numbers long"'),
        encoding="utf-8",
    )
    (place.parent / "other.csv").write_text("1")
    write(report(), place)
    assert (place.parent / "other.csv").read_text() == "1"


def test_a_link_in_place_of_the_folder_of_tables_is_not_followed(place: Path, tmp_path: Path) -> None:
    write(report(), place)
    victim = tmp_path / "victim"
    table_folder(place).rename(victim)
    table_folder(place).symlink_to(victim)
    (victim / "numbers.csv").write_text("mine")
    with pytest.raises(InputError, match="is a link to another place"):
        write(report(), place)
    assert (victim / "numbers.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "what"), [("page.pdf", "does not end in .html"), ("gone/page.html", "does not exist")]
)
def test_places_that_cannot_be(tmp_path: Path, name: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        check_place(tmp_path / name)


def test_a_file_where_the_tables_go(place: Path) -> None:
    table_folder(place).write_text("1")
    with pytest.raises(InputError, match="is a file where the folder of tables would be"):
        check_place(place)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.12345, "0.123"), (12.345, "12.35"), (-0.0, "0.000"), (123.456, "123.5"), (12345.6, "12,346"), (3e-5, "3e-05"),
        (np.nan, "-"), (None, "-"), (pd.NA, "-"), (7, "7"), (np.int64(1200), "1200"), ("a_b", "a_b"), (True, "True"),
    ],
)  # fmt: skip
def test_cells(value: object, text: str) -> None:
    assert cell(value) == text


def test_wording() -> None:
    assert (count(1, "run"), count(1200, "run")) == ("1 run", "1,200 runs")
    assert (
        share_of_runs({"share": 0.5, "low": 0.25, "high": 0.754}, "share")
        == "50% of the runs (95% interval 25% to 75%)"
    )
    assert share_of_runs({"share": 0.5, "low": np.nan, "high": np.nan}, "share") == "50% of the runs"
    assert [p_value(p) for p in (1e-9, 0.0412, 0.5)] == ["p < 0.001", "p = 0.041", "p = 0.5"]
    prior = {"kind": "normal", "mean": 1.25, "sd": 0.5, "lower": 0.0}
    assert [value_of(each) for each in (prior, ["a", 2.0], None, 0.1, True)] == [
        "N(1.25, 0.5), above 0",
        "a, 2",
        "-",
        "0.1",
        "True",
    ]

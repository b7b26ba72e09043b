"""Tables of observed members: what is read, what is left out with a note, and what is refused."""

from datetime import date
from pathlib import Path

import pytest

from waico.analysis.history.observed import Observed, day_scored, read_observed, remark
from waico.scenarios.errors import InputError
from waico.scenarios.load import load_scenario
from waico.scenarios.schema import Scenario

HEAD = "institution,iso3,date\n"
Spans = dict[str, tuple[date, date]]


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("aiib2014")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("seen.csv")


def read(file: Path, text: str, scenario: Scenario) -> Observed:
    file.write_text(text)
    return read_observed(file, scenario)


def spans(observed: Observed, institution: str = "aiib") -> Spans:
    table = observed.of(institution)
    assert table is not None
    return {str(code): (first, last) for code, first, last in table.itertuples()}


def test_days_months_and_years(file: Path, scenario: Scenario) -> None:
    rows = "aiib,GBR,2015-03-12\naiib,DEU,2015-02\naiib,FRA,2016-02\naiib,ITA,2015\naiib,KOR,2014-12\n"
    found = read(file, HEAD + rows, scenario)
    assert spans(found) == {
        "DEU": (date(2015, 2, 1), date(2015, 2, 28)), "FRA": (date(2016, 2, 1), date(2016, 2, 29)),
        "GBR": (date(2015, 3, 12), date(2015, 3, 12)), "ITA": (date(2015, 1, 1), date(2015, 12, 31)),
        "KOR": (date(2014, 12, 1), date(2014, 12, 31)),
    }  # fmt: skip
    assert (found.last, found.notes) == (date(2016, 2, 29), ())


def test_columns_in_any_order_among_others_and_blank_rows(file: Path, scenario: Scenario) -> None:
    found = read(file, "note, date ,iso3,institution\nfirst, 2015-03-12 ,GBR,aiib\n\n,,,\n", scenario)
    assert spans(found) == {"GBR": (date(2015, 3, 12), date(2015, 3, 12))}


def test_the_earliest_of_several_rows_counts(file: Path, scenario: Scenario) -> None:
    found = read(file, HEAD + "aiib,GBR,2015\naiib,GBR,2015-03-12\naiib,GBR,2015-06-29\n", scenario)
    assert spans(found) == {"GBR": (date(2015, 3, 12), date(2015, 3, 12))}
    assert found.notes == ("more than one row, of which the earliest counts: aiib GBR",)


def test_what_is_left_out_is_said(file: Path, scenario: Scenario) -> None:
    rows = "aiib,GBR,2015-03-12\naiib,XKX,2015-03-12\naiib,PRK,2015\nimf,DEU,2020\nimf,ATA,2020\naiib,XKX,2015\n"
    found = read(file, HEAD + rows, scenario)
    assert list(spans(found)) == ["GBR"]
    assert found.notes == (
        "rows of other institutions left out: imf",
        "codes that are no states of the scenario dropped: PRK, XKX",
    )
    assert found.last == date(2020, 12, 31)


def test_members_by_the_freeze_date_count_but_are_named(file: Path) -> None:
    """GBR on the freeze date itself, and KOR by then for sure; not FRA, perhaps later, nor DEU, which is forced."""
    forced = load_scenario("aiib2014", {"nations.DEU.forced.aiib": "endorsed"})
    rows = "aiib,GBR,2014-10-23\naiib,KOR,2014-09\naiib,FRA,2014-10\naiib,DEU,2014-01-01\naiib,ITA,2014-10-24\n"
    found = read(file, HEAD + rows, forced)
    assert set(spans(found)) == {"DEU", "FRA", "GBR", "ITA", "KOR"}
    assert found.notes == ("joined by the freeze date 2014-10-23, force them in the scenario to leave them out: aiib GBR, aiib KOR",)


def test_principals_are_named_and_left_out(file: Path) -> None:
    """By institution: the United States are the sponsor of one and the rival of the other, Brazil is neither."""
    rows = "waico,USA,2026\nus_coalition,USA,2020\nwaico,CHN,2026\nwaico,BRA,2026\n"
    found = read(file, HEAD + rows, load_scenario("waic2025"))
    assert found.notes == ("sponsor or rival, not scored: us_coalition USA, waico CHN, waico USA",)
    assert list(spans(found, "waico")) == ["BRA"]


@pytest.mark.parametrize("row", ["aiib,CHN,2016", "imf,GBR,2016", "aiib,XKX,2016", "aiib,GBR,2016"])
def test_a_last_date_of_a_row_left_out_is_told_if_it_sets_the_day(row: str, file: Path, scenario: Scenario) -> None:
    found = read(file, f"{HEAD}aiib,GBR,2015-03-12\n{row}\n", scenario)
    assert day_scored(scenario, found, None) == date(2016, 12, 31)
    (line,) = remark(found, None)
    assert line.startswith("seen.csv: ")
    assert line.endswith("; the last date, 2016-12-31, is that of a row left out: --until gives another day")
    assert remark(found, date(2016, 12, 31)) == (f"seen.csv: {found.notes[0]}",)


def test_a_last_date_that_a_member_shares_is_not_told(file: Path, scenario: Scenario) -> None:
    assert remark(read(file, f"{HEAD}aiib,GBR,2015\n", scenario), None) == ()
    found = read(file, f"{HEAD}aiib,GBR,2015\naiib,CHN,2015\n", scenario)
    assert remark(found, None) == ("seen.csv: sponsor or rival, not scored: aiib CHN",)


def test_an_institution_without_rows_is_unknown(file: Path) -> None:
    found = read(file, HEAD + "waico,BRA,2026\n", load_scenario("waic2025"))
    assert found.of("us_coalition") is None
    assert list(spans(found, "waico")) == ["BRA"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "seen.csv: is empty; mend the table"),
        (HEAD, "seen.csv: has no rows; give a row for each member"),
        (
            "institution,iso3\naiib,GBR\n",
            "seen.csv: has no column 'date'; its columns should be institution, iso3, date, with commas between them",
        ),
        ("institution,iso3,date,date\na,b,c,d\n", "seen.csv: has more than one column 'date'; keep one of them"),
        (HEAD + "aiib,GBR,2015\naiib,,2015\n", "seen.csv: line 3, iso3: is empty; give every row its iso3"),
        (HEAD + "aiib,GBR,\n", "seen.csv: line 2, date: is empty; give every row its date"),
        (HEAD + "imf,GBR,2015\n", "seen.csv: institution: has no row of aiib; write the ids that institutions have in the scenario"),
    ],
)
def test_bad_tables(text: str, expected: str, file: Path, scenario: Scenario) -> None:
    with pytest.raises(InputError) as error:
        read(file, text, scenario)
    assert str(error.value) == expected


@pytest.mark.parametrize("text", ["soon", "15", "2015-3-1", "2015-13", "2015-02-30", "12/03/2015", "20150312", "0000", "2015-"])
def test_bad_dates(text: str, file: Path, scenario: Scenario) -> None:
    with pytest.raises(InputError) as error:
        read(file, f"{HEAD}aiib,DEU,2015\naiib,GBR,{text}\n", scenario)
    assert str(error.value) == f"seen.csv: line 3, date: '{text}' is no date; write it as 2015-03-31, 2015-03 or 2015"


def test_the_day_scored(file: Path, scenario: Scenario) -> None:
    found = read(file, HEAD + "aiib,GBR,2015-03\n", scenario)
    assert day_scored(scenario, found, None) == date(2015, 3, 31)
    assert day_scored(scenario, found, date(2015, 3, 13)) == date(2015, 3, 13)
    assert day_scored(scenario, found, scenario.rounds.horizon) == scenario.rounds.horizon


@pytest.mark.parametrize(
    ("last", "until", "expected"),
    [
        ("2015", date(2014, 10, 23), "--until: 2014-10-23 is not after the freeze date 2014-10-23; give a later day"),
        ("2015", date(2018, 1, 1), "--until: 2018-01-01 is after the scenario's horizon 2017-12-31; give an earlier day, or a later horizon with --set rounds.horizon=2018-01-01"),
        (
            "2014-10", None,
            "seen.csv: date: the last one, 2014-10-31, is after the scenario's horizon 2014-10-30; give an earlier day by --until",
        ),
        (
            "2013", None,
            "seen.csv: date: the last one, 2013-12-31, is not after the freeze date 2014-10-23; give a later day by --until",
        ),
    ],
)  # fmt: skip
def test_days_on_which_nothing_is_simulated(last: str, until: date | None, expected: str, file: Path) -> None:
    short = load_scenario("aiib2014", {"rounds.horizon": "2014-10-30"} if "2014-10-30" in expected else {})
    with pytest.raises(InputError) as error:
        day_scored(short, read(file, f"{HEAD}aiib,GBR,{last}\n", short), until)
    assert str(error.value) == expected

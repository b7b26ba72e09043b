"""`waico hindcast` as typed: what it prints, its JSON, what it leaves out, and how it ends."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="needs the extra `analysis`")

from tests.absent import make_absent
from waico.analysis.history.cases import CASES, accessions
from waico.analysis.history.hindcast import hindcast
from waico.analysis.history.membership import end_of, joined_in, launching
from waico.analysis.history.observed import read_observed
from waico.cli import _run
from waico.runs.run import run
from waico.scenarios.load import load_scenario

pytestmark = pytest.mark.extra

CONTRACT = {"n_observed", "n_mean", "n_q05", "n_q95", "auc", "brier", "log_score", "calibration", "baselines", "timing"}
SCORES = {"auc", "brier", "log_score"}
BASELINES = "base rate", "alignment", "static logit"
SHORT = "--replicates", "10", "--seed", "3"
TALKS = """\
extends = "waic2025"
[rounds]
horizon = 2027-12-31
[nations]
subset = ["BRA", "CHN", "DEU", "FRA", "IND", "JPN", "KEN", "KOR", "QAT", "RUS", "USA", "ZAF"]
"""

CHINA = "founders.csv: sponsor or rival, not scored: aiib CHN\n"
RIVAL = "joined.csv: sponsor or rival, not scored: waico USA\n"

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the founders of the AIIB in a file, and a scenario with two institutions."""
    monkeypatch.chdir(tmp_path)
    founders = accessions(CASES["aiib"])
    founders.assign(institution="aiib", date=founders["last"].dt.date, source="x").to_csv("founders.csv")
    Path("talks.toml").write_text(TALKS)
    Path("joined.csv").write_text("institution,iso3,date\nwaico,BRA,2026-08-01\nwaico,KEN,2026-09\nwaico,USA,2026-09\n")
    return tmp_path


def as_json(capsys: Capture, *arguments: str, notes: str = "") -> dict[str, Any]:
    assert _run(["hindcast", *arguments, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == notes
    found: dict[str, Any] = json.loads(out)
    return found


def test_json_has_the_keys_of_the_contract_and_is_what_python_gives(capsys: Capture) -> None:
    found = as_json(capsys, "aiib2014", "--observed", "founders.csv", *SHORT, notes=CHINA)
    assert (found["scenario"], found["seed"], found["replicates"], found["until"]) == ("aiib2014", 3, 10, "2015-03-31")
    assert list(found["institutions"]) == ["aiib"]
    told = found["institutions"]["aiib"]
    assert set(told) == CONTRACT | {"n", "crps", "intervals"}
    assert list(told["timing"])[:2] == ["concordance_members", "concordance"]
    assert set(told["baselines"]) == {"base_rate", "alignment", "static_logit"}
    for row in told["baselines"].values():
        assert set(row) == SCORES | {"intervals", "differences"}
    assert told["baselines"]["base_rate"]["auc"] == 0.5
    assert all(set(row) == {"low", "high", "n", "mean", "observed"} for row in told["calibration"])
    scenario = load_scenario("aiib2014")
    assert found == hindcast(scenario, read_observed("founders.csv", scenario), replicates=10, seed=3).as_dict()


def test_principals_are_left_out_of_all_counts(capsys: Capture) -> None:
    """China is among the 57 founders. Counts are those of the run itself."""
    told = as_json(capsys, "aiib2014", "--observed", "founders.csv", *SHORT, notes=CHINA)["institutions"]["aiib"]
    scenario = load_scenario("aiib2014")
    nations = run(scenario, seed=3, replicates=10, until=CASES["aiib"].until + timedelta(days=1)).nations
    others = nations[~nations["iso3"].isin(["CHN", "USA"])]
    counts = others["status"].isin(["endorsed", "signed", "ratified"]).groupby(others["replicate"]).sum()
    assert (told["n"], told["n_observed"]) == (others["iso3"].nunique(), 56)
    assert told["n_mean"] == counts.mean()
    assert (told["n_q05"], told["n_q95"]) == tuple(counts.quantile([0.05, 0.95]))
    assert sum(row["n"] for row in told["calibration"]) == told["n"]
    assert sum(row["n"] * row["observed"] for row in told["calibration"]) == pytest.approx(56)


def test_states_hold_the_probabilities_behind_the_scores(capsys: Capture) -> None:
    scenario = load_scenario("aiib2014")
    found = hindcast(scenario, read_observed("founders.csv", scenario), replicates=4, seed=1)
    table = found.states
    assert not table["iso3"].isin(["CHN", "USA"]).any()
    assert set(np.round(table["probability"] * 5 - 0.5, 9)) <= {0.0, 1.0, 2.0, 3.0, 4.0}
    assert set(table.loc[table["observed"], "iso3"]) == set(accessions(CASES["aiib"]).index) - {"CHN"}
    told = found.institutions["aiib"]
    assert told is not None
    assert told["brier"] == pytest.approx(((table["probability"] - table["observed"]) ** 2).mean())
    brier = told["baselines"]["alignment"]["brier"]
    assert brier == pytest.approx(((table["alignment"] - table["observed"]) ** 2).mean())


def test_an_institution_without_rows_is_null_and_a_month_counts_by_its_end(capsys: Capture) -> None:
    typed = "talks.toml", "--observed", "joined.csv", "--replicates", "2"
    found = as_json(capsys, *typed, notes=RIVAL)
    assert found["until"] == "2026-09-30"
    assert found["institutions"]["us_coalition"] is None
    told = found["institutions"]["waico"]
    assert (told["n"], told["n_observed"]) == (10, 2)   # without China, the sponsor, and the United States, its rival
    assert told["timing"]["median_observed"] == "2026-08-23"   # midway from 1 August to 15 September
    assert told["timing"]["last_days_observed"] is None
    early = as_json(capsys, *typed, "--until", "2026-09-29", notes=RIVAL)["institutions"]["waico"]
    assert (early["n_observed"], early["timing"]) == (1, None)


def test_no_member_at_all_is_scored_too(capsys: Capture) -> None:
    """A file whose only member is no state of the scenario says that none of them joined."""
    Path("nobody.csv").write_text("institution,iso3,date\nwaico,GBR,2026-09\n")
    note = (
        "nobody.csv: codes that are no states of the scenario dropped: GBR; "
        "the last date, 2026-09-30, is that of a row left out: --until gives another day\n"
    )
    told = as_json(capsys, "talks.toml", "--observed", "nobody.csv", "--replicates", "1", notes=note)["institutions"]["waico"]
    assert (told["n"], told["n_observed"], told["auc"], told["timing"]) == (10, 0, None, None)
    assert told["intervals"]["auc"] is None
    assert told["brier"] is not None


def test_forced_states_are_not_scored(capsys: Capture) -> None:
    told = as_json(
        capsys, "talks.toml", "--observed", "joined.csv", "--replicates", "2", "--set", "nations.KEN.forced.waico=signed",
        notes=RIVAL,
    )["institutions"]["waico"]
    assert (told["n"], told["n_observed"]) == (9, 1)


def test_what_is_left_out_is_told_on_stderr_in_one_line(capsys: Capture) -> None:
    with Path("joined.csv").open("a") as file:
        file.write("waico,GBR,2026-09\nwaico,BRA,2026-08-02\nimf,BRA,2026-08-02\n")
    as_json(
        capsys, "talks.toml", "--observed", "joined.csv", "--replicates", "1",
        notes="joined.csv: rows of other institutions left out: imf; codes that are no states of the scenario dropped: GBR; "
        "sponsor or rival, not scored: waico USA; more than one row, of which the earliest counts: waico BRA\n",
    )  # fmt: skip


def test_text_names_every_model_and_fits_the_terminal(capsys: Capture) -> None:
    assert _run(["hindcast", "aiib2014", "--observed", "founders.csv", *SHORT]) == 0
    out, err = capsys.readouterr()
    assert err == CHINA
    lines = out.splitlines()
    assert lines[1] == "members on 2015-03-31, 10 replicates, seed 3"
    labels = [line.split("  ")[1] for line in lines if line.startswith("  ") and "[" in line]
    assert labels == ["scores", "model", *BASELINES, "model less", *BASELINES]
    for text in ("56 observed; simulated", "without CHN, USA", "of the pairs of members as simulated", "2015-03-17"):
        assert text in out
    assert max(map(len, lines)) <= 120
    assert "nan" not in out


def test_text_says_what_is_not_scored(capsys: Capture) -> None:
    assert _run(["hindcast", "talks.toml", "--observed", "joined.csv", "--replicates", "1", "--until", "2026-08-20"]) == 0
    out = capsys.readouterr().out
    assert "us_coalition\n  not scored: no row in the file, or no state to tell" in out
    assert "timing is not scored: no two members have different dates" in out


def signatories(*states: str) -> None:
    """A file of states that signed the convention of the Council of Europe on the day of its ceremony."""
    rows = "".join(f"coe_ai_convention,{code},2024-09-05\n" for code in states)
    Path("first_day.csv").write_text(f"institution,iso3,date\n{rows}")


def test_the_day_of_a_ceremony_counts_to_its_end_and_the_rest_of_the_week_is_told(capsys: Capture) -> None:
    """Signatures open with that day, so that a run that ends when it begins has none."""
    signatories("AND", "GBR", "ISL")
    typed = "coe_ai_convention", "--observed", "first_day.csv", "--replicates", "10"
    note = (
        "2024-09-05 lies in the week of the ceremony of coe_ai_convention, over which its signatures are spread: "
        "give --until 2024-09-12 to score them all\n"
    )
    first = as_json(capsys, *typed, notes=note)["institutions"]["coe_ai_convention"]
    week = as_json(capsys, *typed, "--until", "2024-09-12")["institutions"]["coe_ai_convention"]
    assert (first["n_observed"], week["n_observed"]) == (3, 3)
    assert 0.0 < first["n_mean"] < week["n_mean"]


def test_a_day_on_which_nobody_can_have_joined_is_told(capsys: Capture) -> None:
    signatories("AND", "GBR", "ISL")
    note = (
        "nobody has signed coe_ai_convention by 2024-09-04 in any of the runs, so that all states are told alike (AUC 0.5): "
        "give a later --until if nothing is open by then\n"
    )
    as_json(capsys, "coe_ai_convention", "--observed", "first_day.csv", "--replicates", "5", "--until", "2024-09-04", notes=note)


def test_a_day_within_the_week_of_a_launch() -> None:
    convention, bank, silent = (load_scenario(name) for name in ("coe_ai_convention", "aiib2014", "belt_and_road"))
    for day, told in ((4, False), (5, True), (10, True), (11, False)):   # by the end of the 11th the week is over
        assert (launching(convention, "coe_ai_convention", date(2024, 9, day)) == date(2024, 9, 5)) is told
    assert launching(bank, "aiib", date(2014, 10, 25)) == date(2014, 10, 24)   # applications are scored, not signatures
    assert launching(bank, "aiib", date(2015, 6, 30)) is None
    assert launching(silent, "belt_and_road", date(2015, 1, 2)) is None   # a date without a ceremony


def test_a_run_ends_when_the_day_does_but_not_after_the_horizon() -> None:
    convention = load_scenario("coe_ai_convention")
    assert end_of(convention, date(2024, 12, 31)) == date(2025, 1, 1)
    assert end_of(convention, date(2025, 2, 28)) == convention.rounds.horizon == date(2025, 2, 28)


def test_accessions_lie_in_the_round_in_which_the_state_joined() -> None:
    """The week of the ceremony is the third round of every run: a day each to table and to close, then days 2 to 9."""
    result = run(load_scenario("coe_ai_convention"), seed=1, replicates=5, until=date(2024, 10, 1))
    start, end = joined_in(result, "coe_ai_convention")
    signed = result.nations.pivot(index="replicate", columns="iso3", values="round_signed").to_numpy(dtype=float, na_value=-1.0)
    member = result.nations.pivot(index="replicate", columns="iso3", values="status").isin(["signed", "ratified"]).to_numpy()
    assert (np.isfinite(start) == member).all()
    assert (np.isfinite(end) == member).all()
    third = member & (signed == 3)
    assert third.any()
    assert set(start[third]) == {2.0}
    assert set(end[third]) == {9.0}
    later = member & (signed > 3)
    assert set(end[later] - start[later]) <= {7.0, 5.0}   # the run ends on day 28


def test_two_workers_give_the_same(capsys: Capture) -> None:
    typed = "talks.toml", "--observed", "joined.csv", "--replicates", "3"
    assert as_json(capsys, *typed, "--workers", "2", notes=RIVAL) == as_json(capsys, *typed, notes=RIVAL)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("aiib2015", "--observed", "founders.csv"), "aiib2015: does not exist; did you mean 'aiib2014'?"),
        (("aiib2014", "--observed", "none.csv"), "none.csv: does not exist; give a .csv file"),
        (
            ("talks.toml", "--observed", "founders.csv"),
            "founders.csv: institution: has no row of waico or us_coalition; write the ids that institutions have in the scenario",
        ),
        (
            ("aiib2014", "--observed", "founders.csv", "--until", "2014-10-23"),
            "--until: 2014-10-23 is not after the freeze date 2014-10-23; give a later day",
        ),
        (
            ("aiib2014", "--observed", "founders.csv", "--until", "2015"),
            "--until: '2015' is no date; write it as 2026-07-26",
        ),
        (
            ("aiib2014", "--observed", "founders.csv", "--until", "2018-01-01"),
            "--until: 2018-01-01 is after the scenario's horizon 2017-12-31; give an earlier day, or a later horizon with --set rounds.horizon=2018-01-01",
        ),
        (
            ("aiib2014", "--observed", "founders.csv", "--set", "rounds.days=0"),
            "--set: rounds.days: is 0; it should be at least 1",
        ),
    ],
)
@pytest.mark.parametrize("json_too", [(), ("--json",)])
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], expected: str, json_too: tuple[str, ...], capsys: Capture
) -> None:
    assert _run(["hindcast", *arguments, *json_too]) == 2
    assert capsys.readouterr() == ("", expected + "\n")


@pytest.mark.parametrize("arguments", [["aiib2014"], ["--observed", "founders.csv"], ["aiib2014", "--observed"]])
def test_wrong_usage_is_one_line_and_exit_code_2(arguments: list[str], capsys: Capture) -> None:
    assert _run(["hindcast", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.endswith("--help)\n")


@pytest.mark.parametrize(("module", "package"), [("sklearn", "scikit-learn"), ("scoringrules", "scoringrules")])
def test_without_the_extra_it_says_what_to_install(
    module: str, package: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    make_absent(monkeypatch, module, users="waico.analysis.history")
    assert _run(["hindcast", "aiib2014", "--observed", "founders.csv"]) == 2
    assert capsys.readouterr() == ("", f"waico hindcast: needs {package} (pip install '.[analysis]' in a checkout of waico)\n")


def test_interrupted_prints_no_half_scores(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("waico.runs.run.simulate", stop)
    assert _run(["hindcast", "aiib2014", "--observed", "founders.csv"]) == 130
    assert capsys.readouterr() == ("", "interrupted\n")

"""The commands as users type them: what they print, what they write, and how they end.

The file is long because it is a catalogue: commands one after the other, with what each promises.
"""

import hashlib
import importlib
import json
import math
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import waico
from waico.cli import _run
from waico.negotiation import adoption_rules, protocols
from waico.scenarios.load import check
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario

COMMAND = str(Path(sysconfig.get_path("scripts")) / "waico")
TEN_LINES = """\
extends = "waic2025"
title = "Fifteen states"
[rounds]
horizon = 2028-01-31
[nations]
subset = ["BRA", "CHN", "DEU", "FRA", "GBR", "IND", "JPN", "KAZ", "KEN", "KOR", "PAK", "QAT", "RUS", "USA", "ZAF"]
[decision]
b0 = -4.0
[decision.ratify]
median_days = 100.0
"""
REPLICATES = 3
TABLES = ("outcomes", "rounds", "texts", "nations", "firms", "events")
FILES = {*(f"{name}.parquet" for name in TABLES), "members.csv"}
COLUMNS = {
    "outcomes": {
        "replicate", "seed", "outcome", "round_adopted", "round_in_force", "agreement", "depth", "breadth_states",
        "breadth_weight", "fault_line", "display_gap", "hedgers",
    },
    "rounds": {
        "replicate", "round", "institution", "date", "stage", "endorsed", "signed", "ratified", "firms", "agreement",
        "objection_weight", "depth", "breadth_states", "breadth_gdp", "breadth_population", "breadth_weight",
        "fault_line", "display_gap",
    },
    "texts": {"replicate", "round", "institution", "issue", "value"},
    "nations": {
        "replicate", "iso3", "institution", "status", "round_endorsed", "round_signed", "round_ratified",
        "round_withdrawn",
    },
    "firms": {"replicate", "firm", "institution", "status", "round_partner", "lobbying_spent"},
    "events": {"replicate", "round", "kind", "actor", "institution", "detail"},
}  # fmt: skip
MEMBERS = ["institution", "iso3", "p_endorsed", "p_signed", "p_ratified", "round_signed_median"]
KINDS = {
    "proposed", "lobbied", "amended", "offered", "pressured", "objected", "adopted", "endorsed", "signed", "ratified",
    "in_force", "withdrew", "partnered", "shock", "invited", "walked_out", "lapsed",
}  # fmt: skip
RUN_KEYS = {"scenario", "seed", "replicates", "seconds", "outcomes", "institutions"}
BODY_KEYS = {
    "signed_mean", "signed_q05", "signed_q95", "ratified_mean", "in_force_share", "round_adopted_median", "text",
}  # fmt: skip
BODY_KEYS_ADDED = {"signed_median", "date_adopted_median", "date_in_force_median", "objections"}   # beyond the interface, which allows adding
RECORD_KEYS = {"scenario", "overrides", "seed", "replicates", "versions", "start", "seconds", "hashes"}
STATUSES = ["withdrawn", "outside", "endorsed", "signed", "ratified"]

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario file of ten lines."""
    path = tmp_path_factory.mktemp("scenario") / "small.toml"
    path.write_text(TEN_LINES)
    return path


@pytest.fixture(scope="module")
def made(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of it. Read only: tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("runs") / "made"
    assert run(small, folder) == 0
    return folder


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "copied"
    folder.mkdir()
    for path in made.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be written to the folder that the tests are started in."""
    monkeypatch.chdir(tmp_path)


def run(scenario: Path | str, out: Path, *options: str, seed: int = 5, replicates: int = REPLICATES) -> int:
    return _run(
        ["run", str(scenario), "--seed", str(seed), "--replicates", str(replicates), "--out", str(out), *options]
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def results(folder: Path) -> dict[str, bytes]:
    """All but run.json, which holds times."""
    return {name: data for name, data in contents(folder).items() if name != "run.json"}


def read(folder: Path, table: str) -> pd.DataFrame:
    return pd.read_parquet(folder / f"{table}.parquet")


def record_of(folder: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((folder / "run.json").read_text())
    return record


# waico run


def test_run_prints_outcomes_and_institutions(small: Path, capsys: Capture) -> None:
    assert _run(["run", str(small), "--replicates", "2", "--seed", "5"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for text in ("Fifteen states", "2 replicates, seed 5", "no_text", "binding_regime", "us_coalition", "signed"):
        assert text in out


def test_run_json_has_exactly_the_keys_of_the_interface(small: Path, capsys: Capture) -> None:
    assert _run(["run", str(small), "--replicates", "2", "--seed", "5", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    summary = json.loads(out)
    assert set(summary) == RUN_KEYS
    assert (summary["scenario"], summary["seed"], summary["replicates"]) == ("small", 5, 2)
    assert sum(summary["outcomes"].values()) == pytest.approx(1.0)
    assert list(summary["institutions"]) == ["waico", "us_coalition"]
    for body in summary["institutions"].values():
        assert set(body) == BODY_KEYS | BODY_KEYS_ADDED
        assert body["signed_q05"] <= body["signed_mean"] <= body["signed_q95"]
        assert body["ratified_mean"] <= body["signed_mean"]
        assert len(body["text"]) == 8


def test_run_of_the_bundled_scenario_as_it_is(capsys: Capture) -> None:
    assert _run(["run", "waic2025", "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["scenario"] == "waic2025"


def test_medians_of_never_are_null(small: Path, capsys: Capture) -> None:
    assert _run(["run", str(small), "--until", "2025-09-30", "--json"]) == 0
    body = json.loads(capsys.readouterr().out)["institutions"]["us_coalition"]
    assert body["round_adopted_median"] is None
    assert body["in_force_share"] == 0.0


def test_run_until_a_day_ends_on_it(small: Path, tmp_path: Path) -> None:
    assert run(small, tmp_path / "short", "--until", "2026-02-14") == 0
    dates = read(tmp_path / "short", "rounds")["date"]
    assert dates.max() == pd.Timestamp("2026-02-14")
    assert record_of(tmp_path / "short")["until"] == "2026-02-14"


def test_set_changes_the_run_and_is_recorded(small: Path, made: Path, tmp_path: Path) -> None:
    options = "--set", "nations.KEN.forced.waico=out", "--set", "rounds.horizon=2027-06-30", "--set", "decision.b_fit=0"
    assert run(small, tmp_path / "changed", *options) == 0
    record = record_of(tmp_path / "changed")
    assert record["overrides"] == {
        "nations.KEN.forced.waico": "out", "rounds.horizon": "2027-06-30", "decision.b_fit": 0,
    }  # fmt: skip
    assert record["scenario"]["nations"]["overrides"]["KEN"]["forced"] == {"waico": "out"}
    assert record["scenario"]["decision"]["b_fit"] == 0.0
    kenya = read(tmp_path / "changed", "nations").query("iso3 == 'KEN' and institution == 'waico'")
    assert set(kenya["status"]) == {"outside"}
    assert results(tmp_path / "changed") != results(made)


def test_two_workers_give_the_same_bytes(small: Path, made: Path, tmp_path: Path) -> None:
    assert run(small, tmp_path / "parallel", "--workers", "2") == 0
    assert results(tmp_path / "parallel") == results(made)


@pytest.mark.slow
def test_bytes_do_not_depend_on_the_hashes_of_a_process(small: Path, made: Path, tmp_path: Path) -> None:
    for hash_seed in ("1", "2"):
        folder = tmp_path / hash_seed
        command = [COMMAND, "run", str(small), "--seed", "5", "--replicates", str(REPLICATES), "--out", str(folder)]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert results(folder) == results(made)


def test_seeds_differ(small: Path, made: Path, tmp_path: Path) -> None:
    assert run(small, tmp_path / "other", seed=6) == 0
    assert (read(tmp_path / "other", "nations") != read(made, "nations")).any(axis=None)


def test_python_and_command_agree(small: Path, made: Path) -> None:
    result = waico.run(waico.load_scenario(small), seed=5, replicates=REPLICATES)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(result, name), read(made, name), check_dtype=False)
    model = waico.NegotiationModel(waico.load_scenario(small), rng=5)
    model.run_model()
    first = read(made, "rounds").query("replicate == 0 and institution == 'waico'")
    np.testing.assert_array_equal(model.measures()["signed"][:, 0], first["signed"])


# Files of a run


def test_all_files_are_written_with_their_columns(made: Path) -> None:
    assert set(contents(made)) == FILES | {"run.json"}
    for name, columns in COLUMNS.items():
        assert columns <= set(read(made, name).columns), name
    assert list(pd.read_csv(made / "members.csv").columns) == MEMBERS


def test_rows_are_those_of_the_interface(made: Path) -> None:
    nations, rounds = read(made, "nations"), read(made, "rounds")
    assert len(read(made, "outcomes")) == REPLICATES
    assert len(nations) == REPLICATES * 15 * 2
    assert not nations.duplicated(["replicate", "iso3", "institution"]).any()
    assert not rounds.duplicated(["replicate", "round", "institution"]).any()
    assert len(read(made, "texts")) == len(rounds) * 8
    assert len(read(made, "firms")) == REPLICATES * 32 * 2
    assert len(pd.read_csv(made / "members.csv")) == 15 * 2
    assert set(read(made, "events")["kind"]) <= KINDS


def test_record_says_what_was_run(made: Path, small: Path) -> None:
    record = record_of(made)
    assert set(record) >= RECORD_KEYS
    assert set(record["versions"]) >= {"waico", "commit", "python", "mesa", "numpy"}
    assert (record["seed"], record["replicates"], record["overrides"]) == (5, REPLICATES, {})
    assert Scenario.model_validate_json(json.dumps(record["scenario"])) == waico.load_scenario(small)


def test_hashes_in_the_record_match_the_files(made: Path) -> None:
    hashes = {name: hashlib.sha256((made / name).read_bytes()).hexdigest() for name in FILES}
    assert record_of(made)["hashes"] == hashes


def test_no_clock_outside_the_record(made: Path, small: Path, tmp_path: Path) -> None:
    assert run(small, tmp_path / "again") == 0
    assert results(tmp_path / "again") == results(made)


def test_steps_of_a_state_are_in_order(made: Path) -> None:
    nations = read(made, "nations")
    steps = nations[["round_endorsed", "round_signed", "round_ratified"]].astype(float)
    for before, after in (("round_endorsed", "round_signed"), ("round_signed", "round_ratified")):
        late = steps[after].notna()
        assert (steps.loc[late, before] <= steps.loc[late, after]).all()
    rank = nations["status"].map({name: n for n, name in enumerate(STATUSES)})
    inside = rank > 0   # a state that withdrew keeps the rounds of its steps
    for n, step in enumerate(("round_endorsed", "round_signed", "round_ratified"), 2):
        assert ((rank >= n)[inside] == steps.loc[inside, step].notna()).all()
    assert (nations["status"].eq("withdrawn") == nations["round_withdrawn"].notna()).all()
    assert set(nations["status"]) >= {"outside", "endorsed", "ratified"}   # else the test shows little


def test_counts_at_the_end_are_those_of_the_states(made: Path) -> None:
    nations = read(made, "nations")
    others = nations[~nations["iso3"].isin(["CHN", "USA"])]
    rank = others["status"].map({name: n for n, name in enumerate(STATUSES)})
    last = read(made, "rounds").groupby(["replicate", "institution"]).tail(1).set_index(["replicate", "institution"])
    groups = [others["replicate"], others["institution"]]
    for name in ("endorsed", "signed", "ratified"):
        counted = (rank >= STATUSES.index(name)).groupby(groups).sum()
        assert (last[name] == counted.reindex(last.index)).all(), name
    partners = (read(made, "firms")["status"] == "partner").groupby(
        [read(made, "firms")["replicate"], read(made, "firms")["institution"]]
    ).sum()  # fmt: skip
    assert (last["firms"] == partners.reindex(last.index)).all()


def test_counts_include_the_next_and_never_fall_without_withdrawals(made: Path) -> None:
    rounds = read(made, "rounds")
    assert (rounds["endorsed"] >= rounds["signed"]).all()
    assert (rounds["signed"] >= rounds["ratified"]).all()
    if not read(made, "nations")["round_withdrawn"].notna().any():
        for name in ("endorsed", "signed", "ratified"):
            assert (rounds.groupby(["replicate", "institution"])[name].diff().fillna(0) >= 0).all()


def test_members_are_shares_over_replicates(made: Path) -> None:
    members = pd.read_csv(made / "members.csv").set_index(["institution", "iso3"])
    nations = read(made, "nations")
    signed = nations["status"].isin(["signed", "ratified"]).groupby([nations["institution"], nations["iso3"]]).mean()
    assert np.allclose(members["p_signed"], signed.reindex(members.index))
    assert (members["p_endorsed"] >= members["p_signed"]).all()
    assert (members["p_signed"] >= members["p_ratified"]).all()
    often = members["p_signed"] > 0.5
    assert members.loc[often, "round_signed_median"].notna().all()


def test_events_tell_the_same_story_as_the_states(made: Path) -> None:
    events, nations = read(made, "events"), read(made, "nations")
    key = ["replicate", "iso3", "institution"]
    for kind in ("signed", "ratified"):
        told = events[events["kind"] == kind].rename(columns={"actor": "iso3"}).set_index(key)["round"]
        kept = nations.set_index(key)[f"round_{kind}"].dropna()
        assert told.sort_index().astype(int).to_dict() == kept.sort_index().astype(int).to_dict()


# Where --out leads


def test_a_folder_with_a_run_is_refused_and_untouched(small: Path, copied: Path, capsys: Capture) -> None:
    before = contents(copied)
    assert run(small, copied, seed=6) == 2
    assert capsys.readouterr() == ("", f"--out: {copied}: holds a run already; give a new folder\n")
    assert contents(copied) == before


def test_a_folder_with_a_file_of_that_name_is_refused(small: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "members.csv").write_text("of the user")
    assert run(small, tmp_path / "mine") == 2
    assert capsys.readouterr().err == f"--out: {tmp_path / 'mine'}: holds 'members.csv' already; give a new folder\n"
    assert contents(tmp_path / "mine") == {"members.csv": b"of the user"}


def test_other_files_in_the_folder_are_left_alone(small: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("of the user")
    assert run(small, tmp_path / "mine") == 0
    assert set(contents(tmp_path / "mine")) == FILES | {"run.json", "notes.txt"}


def test_a_read_only_folder_is_refused_before_the_run(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)   # root may write anywhere
    monkeypatch.setattr("waico.runs.run.simulate", lambda *_, **__: pytest.fail("time was spent"))
    assert run(small, tmp_path / "new") == 2
    line = f"--out: {tmp_path / 'new'}: cannot be written (no permission); give another folder\n"
    assert capsys.readouterr() == ("", line)
    assert not (tmp_path / "new").exists()


def test_a_disk_that_is_full(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    assert run(small, tmp_path / "new") == 2
    line = f"--out: {tmp_path / 'new'}: cannot be written (No space left on device); give another folder\n"
    assert capsys.readouterr() == ("", line)
    assert not (tmp_path / "new" / "run.json").exists()   # without it the folder is no run
    assert not list((tmp_path / "new").glob(".*"))


# waico scenarios, waico validate


def test_scenarios_are_listed(capsys: Capture) -> None:
    assert _run(["scenarios"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert all(name in out for name in waico.bundled_scenarios())
    assert _run(["scenarios", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == waico.bundled_scenarios()
    for row in rows:
        assert set(row) == {"name", "freeze_date", "rounds", "institutions", "title"}
        scenario = waico.load_scenario(row["name"])
        assert (row["freeze_date"], row["title"]) == (scenario.freeze_date.isoformat(), scenario.title)
        assert row["institutions"] == scenario.institution_ids
        assert isinstance(row["rounds"], int)


@pytest.mark.parametrize("name", waico.bundled_scenarios())
def test_validate_prints_what_it_resolves_to(name: str, capsys: Capture) -> None:
    assert _run(["validate", name]) == 0
    out, err = capsys.readouterr()
    assert err.startswith(f"{name}: valid; ")
    assert err.count("\n") == 1
    again = Scenario.model_validate_json(out)
    assert again == waico.load_scenario(name)
    check(again)


def test_validate_with_changes(small: Path, capsys: Capture) -> None:
    assert _run(["validate", str(small), "--set", "institutions.waico.signature.after_days=200"]) == 0
    resolved = Scenario.model_validate_json(capsys.readouterr().out)
    signature = resolved.institutions[0].signature
    assert (signature.after_days, signature.ceremony) == (200, None)


def test_validate_tells_of_shocks_that_come_too_late(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "late.toml").write_text(
        'extends = "waic2025"\n'
        + "".join(f'[[shocks]]\nid = "{name}"\n{when}\npath = "decision.b_fit"\nvalue = 1\n' for name, when in (("a", "date = 2030-01-20"), ("b", "round = 900")))
    )
    assert _run(["validate", str(tmp_path / "late.toml")]) == 0
    assert capsys.readouterr().err.splitlines()[1:] == [
        "note: shocks.3: 2030-01-20 lies after the horizon, 2028-08-26, so that it never acts",
        "note: shocks.4: round 900 lies after the 43 that are planned, so that it hardly ever acts",
    ]


def test_texts_of_a_file_cannot_steer_the_terminal_and_lines_end_where_they_do(small: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / small.name).write_bytes(small.read_bytes())
    (tmp_path / "odd.toml").write_text(f'extends = "{small.name}"\ntitle = "\\u001b]0;mine\\u0007 \\u009b31m\\nred"\n')
    assert _run(["run", str(tmp_path / "odd.toml"), "--replicates", "2"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("?]0;mine ?31m\nred\n")
    assert all(letter.isprintable() for letter in out.replace("\n", ""))
    assert not re.search(r" $", out, re.MULTILINE)


# waico replay


def test_replay_is_identical(made: Path, capsys: Capture) -> None:
    assert _run(["replay", str(made)]) == 0
    assert capsys.readouterr() == ("identical: all 7 files came out byte for byte the same\n", "")


def test_replay_of_a_changed_run_is_identical(small: Path, tmp_path: Path, capsys: Capture) -> None:
    options = "--until", "2026-06-30", "--set", "decision.b_pressure=0", "--set", "rounds.horizon=2027-06-30"
    assert run(small, tmp_path / "changed", *options) == 0
    capsys.readouterr()
    assert _run(["replay", str(tmp_path / "changed"), "--quiet"]) == 0
    assert capsys.readouterr().out.startswith("identical")


def test_replay_notices_a_changed_table(copied: Path, capsys: Capture) -> None:
    nations = read(copied, "nations")
    nations.loc[0, "status"] = "withdrawn"
    nations.to_parquet(copied / "nations.parquet", index=False)
    assert _run(["replay", str(copied)]) == 1
    assert capsys.readouterr() == ("different: nations.parquet\n", "")


def test_replay_notices_a_changed_seed(copied: Path, capsys: Capture) -> None:
    (copied / "run.json").write_text(json.dumps({**record_of(copied), "seed": 6}))
    assert _run(["replay", str(copied)]) == 1
    assert capsys.readouterr().out.startswith("different: outcomes.parquet, rounds.parquet")


def test_replay_says_which_versions_differ(copied: Path, capsys: Capture) -> None:
    record = record_of(copied)
    (copied / "run.json").write_text(json.dumps({**record, "versions": {**record["versions"], "numpy": "1.0"}}))
    (copied / "members.csv").write_text("")
    assert _run(["replay", str(copied)]) == 1
    assert capsys.readouterr().out == (
        f"different: members.csv (versions differ: numpy 1.0 -> {record['versions']['numpy']})\n"
    )


OF_NO_USE = ": it is damaged or of another version; run the scenario again"
DAMAGE: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no seed": (
        lambda record: record.pop("seed"),
        "seed: is missing",
    ),
    "wrong seed": (
        lambda record: record.update(seed="x"),
        "seed: is 'x'",
    ),
    "no replicates": (
        lambda record: record.update(replicates=0),
        "replicates: is 0",
    ),
    "no versions": (
        lambda record: record.pop("versions"),
        "versions: is missing",
    ),
    "field of another version": (
        lambda record: record["scenario"].update(colour="red"),
        "scenario.colour: unknown key",
    ),
    "scenario out of range": (
        lambda record: record["scenario"]["nations"].update(tolerance=2),
        "scenario.nations.tolerance: is 2",
    ),
    "unknown state": (
        lambda record: record["scenario"]["institutions"][0].update(sponsor="XXX"),
        "institutions.waico.sponsor: there is no state 'XXX'",
    ),
}


@pytest.mark.parametrize("command", ["replay", "explain"])
@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_record(name: str, command: str, copied: Path, capsys: Capture) -> None:
    damage, expected = DAMAGE[name]
    record = record_of(copied)
    damage(record)
    (copied / "run.json").write_text(json.dumps(record))
    assert _run([command, str(copied), *(["--nation", "KEN"] if command == "explain" else [])]) == 2
    assert capsys.readouterr() == ("", f"{copied / 'run.json'}: {expected}{OF_NO_USE}\n")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"3", bytes(range(256)), b"[" * 100_000])
def test_a_record_that_is_none(text: bytes, copied: Path, capsys: Capture) -> None:
    (copied / "run.json").write_bytes(text)
    assert _run(["replay", str(copied)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"{copied / 'run.json'}: is ")
    assert err.endswith("; run the scenario again\n")


def test_replay_of_what_is_no_run(made: Path, copied: Path, tmp_path: Path, capsys: Capture) -> None:
    (copied / "texts.parquet").unlink()
    assert _run(["replay", str(copied)]) == 2
    assert capsys.readouterr().err == (
        f"{copied}: texts.parquet cannot be read: No such file or directory; run the scenario again\n"
    )
    assert _run(["replay", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err == (
        f"{tmp_path / 'nowhere' / 'run.json'}: cannot be read: No such file or directory; "
        "give a folder made by run --out\n"
    )


# waico explain


def explained(folder: Path, nation: str, capsys: Capture, *options: str) -> dict[str, Any]:
    assert _run(["explain", str(folder), "--nation", nation, "--json", *options]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    explanation: dict[str, Any] = json.loads(out)
    return explanation


def test_explain_in_words(made: Path, capsys: Capture) -> None:
    assert _run(["explain", str(made), "--nation", "KEN"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("KEN and waico, round ")
    assert "Hazard summed" in out


@pytest.mark.parametrize("nation", ["KEN", "GBR", "PAK"])
@pytest.mark.parametrize("round_number", ["3", "12"])
@pytest.mark.parametrize("institution", ["waico", "us_coalition"])
def test_terms_add_up_and_flips_reach_the_threshold(
    nation: str, round_number: str, institution: str, made: Path, capsys: Capture
) -> None:
    found = explained(made, nation, capsys, "--round", round_number, "--institution", institution, "--replicate", "1")
    assert (found["nation"], found["institution"], found["round"]) == (nation, institution, int(round_number))
    assert math.fsum(found["terms"].values()) == pytest.approx(found["v"], abs=1e-9)
    if found["step"] == "none":
        assert found["reason"]
        assert found["flips"] == []
        return
    added = -math.log1p(-found["hazard"])
    moved = found["before"] != found["after"]
    assert moved == (found["summed"] >= found["threshold"])
    for flip in found["flips"]:
        assert flip["now"] == pytest.approx(found["terms"][flip["term"]])
        flipped = found["summed"] - added + added * math.exp(flip["needed"] - flip["now"])
        assert flipped == pytest.approx(found["threshold"], rel=1e-9)
    assert {flip["term"] for flip in found["flips"]} <= set(found["terms"])
    reachable = [flip["reachable"] for flip in found["flips"]]
    assert reachable == sorted(reachable, reverse=True)


def test_some_decision_was_taken_apart(made: Path, capsys: Capture) -> None:
    """The test above would pass on rounds in which nothing is open."""
    assert explained(made, "GBR", capsys, "--round", "3", "--replicate", "1")["flips"]


def test_explain_agrees_with_the_tables(made: Path, capsys: Capture) -> None:
    nations = read(made, "nations").query("institution == 'waico' and replicate == 2")
    row = nations[nations["round_signed"].notna() & ~nations["iso3"].isin(["CHN", "USA"])].iloc[0]
    found = explained(made, row["iso3"], capsys, "--replicate", "2")
    assert (found["round"], found["step"]) == (int(row["round_signed"]), "sign")
    assert found["after"] == "signed"
    assert found["summed"] >= found["threshold"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--nation", "XYZ"), "small: --nation: there is no state 'XYZ'; "),
        (("--nation", "DNK"), "small: --nation: there is no state 'DNK'; "),
        (("--nation", "KEN", "--institution", "nato"), "small: --institution: there is no 'nato'; "),
        (("--nation", "KEN", "--round", "999"), "small: --round: there is no round 999; "),
        (("--nation", "KEN", "--replicate", "3"), "{folder}: --replicate: there is no replicate 3; give 0 to 2\n"),
        (("--nation", "KEN", "--round", "0"), "waico explain: Invalid value for '--round': "),
        ((), "waico explain: Missing option '--nation'. (see waico explain --help)\n"),
    ],
)
def test_explain_of_what_is_not_there(
    options: tuple[str, ...], expected: str, made: Path, capsys: Capture
) -> None:
    assert _run(["explain", str(made), *options]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(expected.format(folder=made))


# Usage, interruption


@pytest.mark.parametrize("command", ["run", "compare", "scenarios", "validate", "explain", "replay"])
def test_help(command: str, capsys: Capture) -> None:
    assert _run([command, "--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert f"waico {command}" in out
    assert "--help" in out


def test_help_of_all(capsys: Capture) -> None:
    assert _run(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(command in out for command in ("run", "compare", "scenarios", "validate", "explain", "replay"))


def test_the_installed_command_shows_help_without_arguments() -> None:
    done = subprocess.run([COMMAND], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: waico" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["rnu", "waic2025"], ["--version-of-what"], ["run"], ["run", "waic2025", "aiib2014"],
        ["run", "waic2025", "--colour"], ["run", "waic2025", "--seed", "x"], ["run", "waic2025", "--seed", "-1"],
        ["run", "waic2025", "--replicates", "0"], ["run", "waic2025", "--workers", "0"],
        ["run", "waic2025", "--replicates", "2.5"], ["run", "waic2025", "--seed"], ["validate"], ["replay"],
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line_and_exit_code_2(arguments: list[str], capsys: Capture) -> None:
    assert _run(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("waico")
    assert err.endswith("--help)\n")


def test_interrupted_before_anything_is_finished(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("waico.runs.run.simulate", stop)
    assert run(small, tmp_path / "new") == 130
    assert capsys.readouterr() == ("", "interrupted\n")
    assert not (tmp_path / "new").exists()


def test_interrupted_later_keeps_what_was_finished(
    small: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    simulate = importlib.import_module("waico.runs.run").simulate

    def stop_at_the_third(scenario: Scenario, seed: int, replicate: int, *rest: Any) -> Any:
        if replicate == 2:
            raise KeyboardInterrupt
        return simulate(scenario, seed, replicate, *rest)

    monkeypatch.setattr("waico.runs.run.simulate", stop_at_the_third)
    assert run(small, tmp_path / "new") == 130
    assert capsys.readouterr().err == "interrupted: 2 of 3 replicates were finished and are kept\n"
    assert record_of(tmp_path / "new")["replicates"] == 2
    whole = read(made, "nations")
    pd.testing.assert_frame_equal(read(tmp_path / "new", "nations"), whole[whole["replicate"] < 2])


def test_what_nobody_foresaw_is_one_line_and_exit_code_1(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("waico.runs.run.simulate", fail)
    assert _run(["run", str(small)]) == 1
    assert capsys.readouterr() == ("", "waico failed: RuntimeError: two lines\n")


# Rules and tables of one's own

MY_RULES = '''
import numpy as np
from waico.negotiation import AdoptionRule, BargainingProtocol, Verdict, adoption_rules, protocols
from waico.scenarios.schema import param


@protocols.register("sponsor_first")
class SponsorFirst(BargainingProtocol):
    """The text heads for a point some part of the way to what the sponsor says."""

    part: float = param(0.5, "part of the way", ge=0, le=1)

    def outcome(self, table):
        return table.text + self.part * (table.position[table.sponsor] - table.text)


@adoption_rules.register("after_all")
class AfterAll(AdoptionRule):
    """Adopted once the ceremony is reached, whatever anybody says."""

    def weight(self, table):
        return np.ones(len(table.capability))

    def decide(self, table, ceremony):
        return Verdict(ceremony)
'''


@pytest.fixture
def my_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A user's module with a protocol and an adoption rule, imported; forgotten after the test."""
    for registry in (protocols, adoption_rules):
        monkeypatch.setattr(registry, "_classes", dict(registry))
    (tmp_path / "my_rules_of_a_test.py").write_text(MY_RULES)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    importlib.import_module("my_rules_of_a_test")
    yield
    del sys.modules["my_rules_of_a_test"]


@pytest.mark.usefixtures("my_rules")
def test_a_protocol_of_ones_own_moves_the_text(small: Path) -> None:
    own = replace(waico.load_scenario(small), {
        "bargaining.protocol": "sponsor_first", "bargaining.part": 1.0, "bargaining.rate": 50.0,
    })  # fmt: skip
    texts = waico.run(own, seed=5, workers=1).texts.query("institution == 'waico'")
    moved = texts[texts["round"] == 2].set_index("issue")["value"]
    model = waico.NegotiationModel(own, rng=5)
    while model.round is None or model.round.number < 2:
        model.step()
    sponsor = model.world.setting.codes.index("CHN")
    np.testing.assert_allclose(moved, model.world.stated[sponsor], atol=1e-12)


@pytest.mark.usefixtures("my_rules")
def test_an_adoption_rule_of_ones_own_decides(small: Path) -> None:
    own = replace(waico.load_scenario(small), {"institutions.waico.adoption.rule": "after_all"})
    result = waico.run(own, seed=5, replicates=2, workers=1)
    adopted = result.outcomes["round_adopted"]
    dates = result.rounds.query("institution == 'waico'").set_index(["replicate", "round"])["date"]
    for replicate, number in enumerate(adopted):
        assert dates[replicate, number] >= pd.Timestamp("2026-07-26")
        assert dates[replicate, number - 1] < pd.Timestamp("2026-07-26")


@pytest.mark.usefixtures("my_rules")
def test_parameters_of_ones_own_rules_are_checked(small: Path) -> None:
    for change in ({"bargaining.part": 2.0}, {"bargaining.share": 0.5}):
        own = replace(waico.load_scenario(small), {"bargaining.protocol": "sponsor_first", **change})
        with pytest.raises(waico.InputError, match=rf"^small: {next(iter(change))}: "):
            waico.run(own)


def test_a_table_of_ones_own_and_a_scenario_between(small: Path, tmp_path: Path, capsys: Capture) -> None:
    """The CSV lies beside the scenario that names it, not beside the one that extends that one."""
    data = Path(waico.__file__).resolve().parents[1] / "scenarios" / "data"
    nations = pd.read_csv(data / "nations.csv", dtype=str, keep_default_na=False).set_index("iso3")
    nations.loc["KEN", "gdp_2023"] = "2e13"
    (tmp_path / "below").mkdir()
    nations.sample(frac=1.0, random_state=1).to_csv(tmp_path / "below" / "rich.csv")
    (tmp_path / "below" / "rich.toml").write_text('extends = "waic2025"\n[nations]\ntable = "rich.csv"\n')
    (tmp_path / "top.toml").write_text('\ufeffextends = "below/rich.toml"\ntitle = "A rich Kenya"\n', encoding="utf-8")
    assert run("top.toml", tmp_path / "rich", "--until", "2025-12-31", replicates=1) == 0
    weight = waico.NegotiationModel(waico.load_scenario("top.toml")).world.setting
    assert weight.gdp[weight.codes.index("KEN")] > 0.1
    capsys.readouterr()
    assert _run(["replay", str(tmp_path / "rich")]) == 0
    assert weight.gdp.sum() == pytest.approx(1.0)


def test_a_table_that_is_edited_is_read_again(tmp_path: Path) -> None:
    data = Path(waico.__file__).resolve().parents[1] / "scenarios" / "data" / "nations.csv"
    (tmp_path / "mine.toml").write_text('extends = "waic2025"\n[nations]\ntable = "mine.csv"\n')
    mine = tmp_path / "mine.csv"
    mine.write_bytes(data.read_bytes())
    waico.load_scenario(tmp_path / "mine.toml")
    mine.write_text(mine.read_text(encoding="utf-8").replace("\nKEN,", "\nken,"), encoding="utf-8")
    os.utime(mine, ns=(1, 1))   # clocks of file systems are coarse
    with pytest.raises(waico.InputError, match="'ken'"):
        waico.load_scenario(tmp_path / "mine.toml")

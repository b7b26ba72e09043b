"""Sweeps from Python: rows equal single runs, parts survive what happens to them, and nothing is mixed."""

import errno
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import waico
from tests.sweeps import DESIGN, RUNS, SCENARIO, parts, write_design
from waico.negotiation.course import Course
from waico.runs import parts as made_by
from waico.runs import store as stores
from waico.runs.folders import lock, write_whole
from waico.runs.plan import possible, read_plan
from waico.runs.record import environment
from waico.runs.run import simulate_endings
from waico.runs.store import first_difference
from waico.runs.sweep import LEAST_PARTS, RUNS_PER_PART, open_sweep, part_size
from waico.runs.tables import OUTCOME_FIELDS, Ending
from waico.scenarios.errors import InputError, Stopped


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_design(tmp_path_factory.mktemp("design"))


@pytest.fixture(scope="module")
def made(design: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small sweep. Read only: tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("sweeps") / "made"
    waico.sweep(design, folder)
    return folder


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "copied"
    for path in made.rglob("*"):
        if path.is_file():
            (folder / path.relative_to(made)).parent.mkdir(parents=True, exist_ok=True)
            (folder / path.relative_to(made)).write_bytes(path.read_bytes())
    return folder


def test_every_row_is_what_a_single_run_of_its_sample_gives(design: Path, made: Path) -> None:
    plan, runs = read_plan(design), waico.read_sweep(made)
    for sample, changes in enumerate(plan.changes(0, len(plan.samples))):
        alone = waico.run(possible(plan.scenario, changes).scenario, seed=5, replicates=3).outcomes
        rows = runs[runs["sample"] == sample].drop(columns=["sample", "error", *changes]).reset_index(drop=True)
        pd.testing.assert_frame_equal(rows, alone)


def test_the_table_is_sorted_and_stands_beside_its_factors(design: Path, made: Path) -> None:
    plan, runs = read_plan(design), waico.read_sweep(made)
    assert len(runs) == RUNS == plan.runs
    assert list(zip(runs["sample"], runs["replicate"], strict=True)) == [(s, r) for s in range(16) for r in range(3)]
    for path in plan.factors:
        assert runs[path].tolist() == plan.samples[path].repeat(3).tolist()
    assert runs["error"].isna().all()


def test_columns_of_parts_are_those_of_outcomes(design: Path) -> None:
    outcomes = waico.run(read_plan(design).scenario).outcomes
    kinds = {"int64": "int64", "int16": "Int16", "double": "float64", "string": "object"}
    assert {name: kinds[str(kind)] for name, kind in OUTCOME_FIELDS} == outcomes.dtypes.astype(str).to_dict()
    assert [name for name, _ in OUTCOME_FIELDS] == list(outcomes.columns)


def test_replicates_share_their_draws_over_samples(tmp_path: Path) -> None:
    """A factor that changes nothing leaves all samples the same."""
    factor = {"nations.BRA.openness": {"values": [0.3, 0.3 + 1e-14]}}
    tree = {"scenario": str(write_design(tmp_path).parent / "small.toml"), "sampler": "grid", "replicates": 4, "factors": factor}
    waico.sweep(tree, tmp_path / "out")
    one, other = (rows for _, rows in waico.read_sweep(tmp_path / "out").groupby("sample"))
    assert one["signed"].nunique() > 1
    pd.testing.assert_series_equal(one["signed"].reset_index(drop=True), other["signed"].reset_index(drop=True))


def test_a_sweep_tells_its_progress_and_sums_up(design: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    summary = waico.sweep(design, tmp_path / "out", on_progress=lambda done, outcomes: told.append((done, sum(outcomes.values()))))
    assert told[0] == (0, 0)
    assert told[-1] == (RUNS, RUNS)
    assert all(done == counted for done, counted in told)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    runs = waico.read_sweep(tmp_path / "out")
    shares = {name: share for name, share in summary.outcomes.items() if share}
    assert shares == pytest.approx(runs["outcome"].value_counts(normalize=True).to_dict())
    assert (summary.runs, summary.planned, summary.before, summary.failed) == (RUNS, RUNS, 0, 0)


def test_a_complete_sweep_has_nothing_to_do(design: Path, copied: Path) -> None:
    before = parts(copied)
    summary = waico.sweep(design, copied, resume=True)
    assert (summary.before, summary.runs) == (RUNS, RUNS)
    assert parts(copied) == before


@pytest.mark.parametrize("harm", ["gone", "cut short", "flipped", "empty", "misnamed", "half written"])
def test_parts_that_are_missing_or_damaged_are_made_again(harm: str, design: Path, made: Path, copied: Path) -> None:
    victim = sorted((copied / "results").iterdir())[3]
    data = victim.read_bytes()
    if harm == "gone":
        victim.unlink()
    elif harm == "misnamed":
        victim.rename(victim.with_name("part-000003-0123456789abcdef.parquet"))
    elif harm == "half written":
        victim.rename(victim.with_name(f".{victim.name}.123.part"))
    else:
        middle = len(data) // 2
        new = {"cut short": data[:middle], "flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :], "empty": b""}
        victim.write_bytes(new[harm])
    if harm not in ("gone", "half written"):
        with pytest.raises(InputError, match=r"part-000003-.*: is damaged; go on with waico sweep --resume, which makes it again"):
            waico.read_sweep(copied)
    summary = waico.sweep(design, copied, resume=True)
    assert summary.before < RUNS == summary.runs
    assert parts(copied) == parts(made)


@pytest.mark.parametrize("foreign", ["another seed", "another number", "beyond the end", "a folder"])
def test_parts_from_elsewhere_are_not_taken_for_parts(foreign: str, design: Path, made: Path, copied: Path, tmp_path: Path) -> None:
    third, fourth = sorted((copied / "results").iterdir())[3:5]
    if foreign == "another seed":
        waico.sweep(write_design(tmp_path, DESIGN.replace("seed = 5", "seed = 6")), tmp_path / "other")
        theirs = sorted((tmp_path / "other" / "results").iterdir())[3]
        third.unlink()
        (copied / "results" / theirs.name).write_bytes(theirs.read_bytes())
    elif foreign == "another number":
        third.unlink()
        (copied / "results" / fourth.name.replace("000004", "000003")).write_bytes(fourth.read_bytes())
    elif foreign == "beyond the end":
        (copied / "results" / fourth.name.replace("000004", "000999")).write_bytes(fourth.read_bytes())
    else:
        (copied / "results" / "part-000003-0123456789abcdef.parquet").mkdir()
        waico.read_sweep(copied)   # it is no file, and in nobody's way
        return
    with pytest.raises(InputError, match=r"part-000.*: is damaged"):
        waico.read_sweep(copied)
    waico.sweep(design, copied, resume=True)
    assert parts(copied) == parts(made)


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), ImportError("no module"), MemoryError()])
def test_what_a_machine_lacks_is_no_result_of_a_run(
    error: Exception, design: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poor(seed: int, runs: list[tuple[Course, int]]) -> list[Ending]:
        raise error

    monkeypatch.setattr(made_by, "simulate_endings", poor)
    with pytest.raises(Stopped, match=r"a run could not go on: .*; 0 of 48 runs are kept in .*; go on with --resume"):
        waico.sweep(design, tmp_path / "out")
    monkeypatch.undo()
    waico.sweep(design, tmp_path / "out", resume=True)
    assert parts(tmp_path / "out") == parts(made)


def test_no_workers_are_refused(design: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="workers: 0: is no number of processes; give 1 or more"):
        waico.sweep(design, tmp_path / "out", workers=0)


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_a_lost_design_is_written_again(harm: str, design: Path, made: Path, copied: Path) -> None:
    path = copied / "design.parquet"
    path.unlink() if harm == "gone" else path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=r"design\.parquet: (cannot be read|is damaged)"):
        waico.read_sweep(copied)
    waico.sweep(design, copied, resume=True)
    assert path.read_bytes() == (made / "design.parquet").read_bytes()


def test_an_incomplete_sweep_can_be_read(copied: Path) -> None:
    for path in sorted((copied / "results").iterdir())[5:]:
        path.unlink()
    read = open_sweep(copied)
    assert not read.complete
    assert 0 < len(read.runs) < RUNS
    assert read.runs["sample"].is_monotonic_increasing


def test_a_sweep_without_runs_can_be_read(copied: Path) -> None:
    for path in (copied / "results").iterdir():
        path.unlink()
    assert waico.read_sweep(copied).empty


@pytest.mark.parametrize("old, new, words", [
    ("seed = 5", "seed = 6", "its design is not the same: seed was 5, is 6"),
    ("[0.0, 0.8]", "[0.0, 0.7]", "its design is not the same: factors.institutions.waico.opening.enforcement.high was 0.8, is 0.7"),
    ('"nash"]', '"exchange"]', "its design is not the same: factors.bargaining.protocol.values was ['compromise', 'nash']"),
    ("replicates = 3", "replicates = 4", "its design is not the same: replicates was 3, is 4"),
])  # fmt: skip
def test_another_design_is_refused(old: str, new: str, words: str, copied: Path, tmp_path: Path) -> None:
    before = parts(copied)
    with pytest.raises(InputError) as caught:
        waico.sweep(write_design(tmp_path, DESIGN.replace(old, new)), copied, resume=True)
    assert words in str(caught.value)
    assert str(caught.value).endswith("go on with what it was begun with, or give a new folder")
    assert parts(copied) == before


def test_another_scenario_behind_the_same_name_is_refused(copied: Path, tmp_path: Path) -> None:
    design = write_design(tmp_path)
    scenario = tmp_path / "small.toml"
    scenario.write_text(scenario.read_text().replace('"BRA", ', ""))
    with pytest.raises(InputError, match=r"its scenario is not the same: nations\.subset was"):
        waico.sweep(design, copied, resume=True)


def test_other_versions_are_refused(design: Path, copied: Path) -> None:
    manifest = json.loads((copied / "manifest.json").read_text())
    manifest["environment"]["numpy"] = "1.0.0"
    (copied / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=r"what it was made with is not the same: numpy was 1\.0\.0, is 2"):
        waico.sweep(design, copied, resume=True)


def test_another_table_of_states_behind_the_same_name_is_refused(own: dict[str, Any], tmp_path: Path) -> None:
    waico.sweep(own, tmp_path / "out")
    table = tmp_path / "own.csv"
    table.write_text(table.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a file is not the same: .*own\.csv was"):
        waico.sweep(own, tmp_path / "out", resume=True)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A design whose scenario has a table of states of its own, and a factor that is one; tables are named from here."""
    monkeypatch.chdir(tmp_path)
    data = (Path(str(waico.__path__[0])) / "scenarios" / "data" / "nations.csv").read_text(encoding="utf-8")
    for name in ("own.csv", "other.csv"):
        (tmp_path / name).write_text(data, encoding="utf-8")
    path = write_design(tmp_path, scenario=SCENARIO.replace("[nations]", '[nations]\ntable = "own.csv"')).parent / "small.toml"
    factors = {"decision.b_pressure": {"values": [1.0, 2.0]}, "nations.table": {"values": ["own.csv", "other.csv"]}}
    return {"scenario": str(path), "sampler": "grid", "replicates": 2, "factors": factors}


@pytest.mark.parametrize("name", ["own.csv", "other.csv"])
@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_table_that_changes_meanwhile_stops_the_sweep(harm: str, name: str, own: dict[str, Any], tmp_path: Path) -> None:
    table, data = tmp_path / name, (tmp_path / name).read_bytes()

    def harmed(done: int, _: object) -> None:
        if done == 2:
            table.unlink() if harm == "gone" else table.write_bytes(data + b"\n")

    with pytest.raises(Stopped, match=r"(is not what it was when the sweep began: bring that back|No such file|there is no file)"):
        waico.sweep(own, tmp_path / "out", on_progress=harmed)
    assert waico.read_sweep(tmp_path / "out")["error"].isna().all()   # and it can be read without the table
    table.write_bytes(data)
    assert waico.sweep(own, tmp_path / "out", resume=True).failed == 0
    assert len(waico.read_sweep(tmp_path / "out")) == 8


def test_a_folder_with_a_sweep_is_left_alone_without_resume(design: Path, copied: Path) -> None:
    before = parts(copied)
    with pytest.raises(InputError, match="holds a sweep already; go on with it by --resume, or give a new folder"):
        waico.sweep(design, copied)
    assert parts(copied) == before


def test_results_without_a_manifest_are_not_mixed_with_others(design: Path, copied: Path) -> None:
    (copied / "manifest.json").unlink()
    for again in (False, True):
        with pytest.raises(InputError, match=r"holds 'results/part-000000-.*' already; give a new folder"):
            waico.sweep(design, copied, resume=again)


def test_what_a_kill_at_the_start_leaves_behind_is_cleared(design: Path, made: Path, tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "design.parquet").write_bytes(b"half")
    for _ in range(2):
        (tmp_path / ".manifest.json.77.part").write_bytes(b"{")
        waico.sweep(design, tmp_path, resume=True)
    assert parts(tmp_path) == parts(made)
    assert {path.name for path in tmp_path.iterdir()} == {"design.parquet", "manifest.json", "results"}


def test_the_file_of_the_design_has_a_row_per_sample(design: Path, made: Path) -> None:
    table = pd.read_parquet(made / "design.parquet")
    assert table["sample"].tolist() == list(range(16))
    pd.testing.assert_frame_equal(table.drop(columns="sample"), read_plan(design).samples)


def test_a_damaged_manifest_is_refused(design: Path, copied: Path) -> None:
    path = copied / "manifest.json"
    path.write_text(path.read_text()[:200])
    for act in (lambda: waico.read_sweep(copied), lambda: waico.sweep(design, copied, resume=True)):
        with pytest.raises(InputError, match=r"manifest\.json: is damaged"):
            act()


def test_two_sweeps_do_not_write_one_folder(design: Path, tmp_path: Path) -> None:
    with lock(tmp_path / "out"), pytest.raises(InputError, match="is being written by another process"):
        waico.sweep(design, tmp_path / "out")
    assert waico.sweep(design, tmp_path / "out").runs == RUNS   # once it is free again


def test_runs_that_cannot_be_carried_out_say_why_and_stop_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fragile(seed: int, runs: list[tuple[Course, int]]) -> list[Ending]:
        if any(replicate == 1 and course.scenario.bargaining.protocol == "nash" for course, replicate in runs):
            raise RuntimeError("no maximum found")
        return simulate_endings(seed, runs)

    monkeypatch.setattr(made_by, "simulate_endings", fragile)
    summary = waico.sweep(write_design(tmp_path), tmp_path / "out")
    runs = waico.read_sweep(tmp_path / "out")
    failed = runs[runs["error"].notna()]
    assert summary.failed == len(failed) == 8
    assert set(failed["error"]) == {"RuntimeError: no maximum found"}
    assert failed["outcome"].isna().all()
    assert (failed["replicate"] == 1).all()
    assert sum(summary.outcomes.values()) == pytest.approx(1.0)


def test_a_sample_that_is_impossible_fails_alone(tmp_path: Path) -> None:
    """Each value fits the scenario alone; the second mean does not fit the lower bound."""
    design = """\
scenario = "small.toml"
sampler = "grid"
replicates = 2
[factors.decision.b_pressure]
mean = { values = [8.0, 0.0] }
lower = { values = [10.0] }
"""
    waico.sweep(write_design(tmp_path, design, SCENARIO + "[decision.b_pressure]\nmean = 8.0\nsd = 1.0\n"), tmp_path / "out")
    runs = waico.read_sweep(tmp_path / "out")
    assert runs["error"].isna().tolist() == [True, True, False, False]
    assert "has its lower bound 10 more than 5 sd above its mean 0" in runs["error"].iloc[3]


def test_a_full_disk_stops_a_sweep_cleanly(design: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Counter[str]()

    def full(path: Path, write: Any) -> None:
        written["parts"] += path.name.startswith("part-")
        if written["parts"] == 6:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_whole(path, write)

    monkeypatch.setattr(stores, "write_whole", full)
    with pytest.raises(Stopped) as caught:
        waico.sweep(design, tmp_path / "out")
    assert str(caught.value).startswith(f"{tmp_path / 'out'} cannot be written: No space left on device; ")
    assert "of 48 runs are kept in" in str(caught.value)
    monkeypatch.undo()
    waico.sweep(design, tmp_path / "out", resume=True)
    assert parts(tmp_path / "out") == parts(made)


def test_parts_of_a_worker_with_other_versions_are_refused(design: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_by, "environment", lambda: {**environment(), "numpy": "1.0.0"})
    with pytest.raises(Stopped, match=r"a worker has numpy 1\.0\.0, this machine has 2.*: install the same versions on both; 0 of 48"):
        waico.sweep(design, tmp_path / "out")
    assert waico.read_sweep(tmp_path / "out").empty


@given(runs=st.integers(1, 10**7), replicates=st.integers(1, 5000))
def test_parts_are_small_and_hold_whole_samples_where_they_fit(runs: int, replicates: int) -> None:
    size = part_size(runs, replicates)
    assert 1 <= size <= RUNS_PER_PART
    assert size % replicates == 0 or size < replicates
    assert -(-runs // size) >= min(runs // replicates, LEAST_PARTS)


def test_the_first_difference_of_two_trees_is_named() -> None:
    assert first_difference({"a": {"b": 1}, "c": 2}, {"a": {"b": 1}, "c": 2}) is None
    assert first_difference({"a": {"b": 1}}, {"a": {"b": 2}}) == ("a.b", 1, 2)
    assert first_difference({"a": 1}, {"a": 1, "d": 3}) == ("d", None, 3)

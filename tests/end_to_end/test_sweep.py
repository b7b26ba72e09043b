"""`waico sweep` as users type it, and as it is killed, interrupted, starved of disk and resumed."""

import json
import os
import signal
import subprocess
import sysconfig
import time
from pathlib import Path

import pandas as pd
import pytest

import waico
from tests.sweeps import DESIGN, RUNS, parts, workers_of, write_design
from waico.cli import _run

COMMAND = str(Path(sysconfig.get_path("scripts")) / "waico")
LONG = DESIGN.replace("samples = 16", "samples = 64")   # 192 runs in 64 parts
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be written to the folder that the tests are started in."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_design(tmp_path_factory.mktemp("design"))


@pytest.fixture(scope="module")
def made(design: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small sweep, made by one process. Read only."""
    folder = tmp_path_factory.mktemp("sweeps") / "made"
    assert sweep(design, folder, "--workers", "1") == 0
    return folder


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The design of a sweep that is long enough to be disturbed."""
    return write_design(tmp_path_factory.mktemp("long"), LONG)


@pytest.fixture(scope="module")
def whole(long: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the long sweep, undisturbed. Read only."""
    folder = tmp_path_factory.mktemp("sweeps") / "whole"
    assert sweep(long, folder, "--workers", "2") == 0
    return folder


def sweep(design: Path, out: Path, *options: str) -> int:
    return _run(["sweep", str(design), "--out", str(out), *options])


def started(design: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    """The command in a process group of its own, as a terminal starts it."""
    command = [COMMAND, "sweep", str(design), "--out", str(out), *options]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)   # else a test that runs in the background passes on its deafness
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    signal.signal(signal.SIGINT, before)
    return process


def wait_for_parts(process: subprocess.Popen[str], out: Path, number: int) -> None:
    """Until so many parts are there."""
    deadline = time.monotonic() + 120
    while len(list((out / "results").glob("part-*"))) < number:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_sweep_fills_its_folder_and_sums_up(design: Path, tmp_path: Path, capsys: Capture) -> None:
    assert sweep(design, tmp_path / "out") == 0
    printed = capsys.readouterr()
    assert printed.out.startswith(f"48 of 48 runs are in {tmp_path / 'out'} (")
    assert "binding_regime" in printed.out
    assert printed.err == ""
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"design.parquet", "manifest.json", "results"}
    assert len(pd.read_parquet(tmp_path / "out" / "design.parquet")) == 16
    assert len(pd.read_parquet(tmp_path / "out" / "results")) == RUNS
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["runs"] == RUNS


@pytest.mark.slow
def test_two_processes_give_the_same_bytes_as_one(design: Path, made: Path, tmp_path: Path) -> None:
    assert sweep(design, tmp_path / "out", "--workers", "2") == 0
    assert parts(tmp_path / "out") == parts(made)


def test_resume_begins_goes_on_and_ends(design: Path, made: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert sweep(design, out, "--resume", "--workers", "1") == 0
    for path in sorted((out / "results").iterdir())[::3]:
        path.unlink()
    assert sweep(design, out, "--resume", "--workers", "2") == 0
    assert "of them from before" in capsys.readouterr().out
    assert sweep(design, out, "--resume") == 0
    assert "48 of 48 runs are in" in capsys.readouterr().out
    assert parts(out) == parts(made)


@pytest.mark.slow
def test_a_killed_sweep_goes_on_to_the_same_table(long: Path, whole: Path, tmp_path: Path) -> None:
    """Killed three times, ever later, without a chance to clean up."""
    out = tmp_path / "out"
    for number in (1, 12, 30):
        process = started(long, out, "--resume", "--workers", "2")
        wait_for_parts(process, out, number)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        there = parts(out)
        assert all(there[name] == data for name, data in parts(whole).items() if name in there)
        assert len(waico.read_sweep(out)) < 192
    assert sweep(long, out, "--resume", "--workers", "2") == 0
    assert parts(out) == parts(whole)
    pd.testing.assert_frame_equal(waico.read_sweep(out), waico.read_sweep(whole))


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(workers: str, long: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = started(long, out, "--workers", workers)
    wait_for_parts(process, out, 5)
    os.killpg(process.pid, signal.SIGINT)
    printed, complaint = process.communicate(timeout=60)
    assert process.returncode == 130
    assert complaint.count("\n") == 1
    assert complaint.startswith("interrupted: ")
    assert complaint.endswith(f" of 192 runs are kept in {out}; go on with --resume\n")
    assert printed == ""
    assert len(parts(out)) >= 5
    assert sweep(long, out, "--resume", "--workers", "2") == 0
    assert parts(out) == parts(whole)


@pytest.mark.slow
def test_a_worker_that_dies_stops_the_sweep_in_one_line(long: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = started(long, out, "--workers", "2")
    wait_for_parts(process, out, 3)
    os.kill(workers_of(process.pid)[0], signal.SIGKILL)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == 1
    assert complaint.startswith("a worker process died, perhaps for want of memory, or of ")
    assert complaint.endswith("go on with --resume\n")
    assert sweep(long, out, "--resume", "--workers", "2") == 0
    assert parts(out) == parts(whole)


@pytest.mark.slow
def test_workers_end_with_the_command(long: Path, tmp_path: Path) -> None:
    """Killed alone, it cannot tell them."""
    process = started(long, tmp_path / "out", "--workers", "2")
    wait_for_parts(process, tmp_path / "out", 2)
    workers = workers_of(process.pid)
    assert len(workers) == 2
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{worker}/cmdline").exists() and b"spawn_main" in Path(f"/proc/{worker}/cmdline").read_bytes() for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [1.0, 2.0, 3.0, 4.0])
def test_ctrl_c_while_workers_start_is_one_line(seconds: float, long: Path, tmp_path: Path) -> None:
    process = started(long, tmp_path / "out", "--workers", "2")
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT)   # the latter while Python itself starts
    assert complaint.count("\n") <= 1 or "KeyboardInterrupt" in complaint.splitlines()[-1], complaint


@pytest.mark.slow
def test_a_limit_on_files_stops_the_sweep_in_one_line(long: Path, tmp_path: Path) -> None:
    """The system refuses to write beyond some size, as it does on a full disk."""
    out = tmp_path / "out"
    assert sweep(long, out, "--workers", "1", "--quiet") == 0
    largest = max(len(data) for data in parts(out).values())
    for path in sorted((out / "results").iterdir())[10:]:
        path.unlink()
    limit = f"ulimit -f {largest // 2048}; exec {COMMAND} sweep {long} --out {out} --resume --workers 1"
    done = subprocess.run(["bash", "-c", limit], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{out} cannot be written: File too large; ")
    assert done.stderr.count("\n") == 1
    assert not list((out / "results").glob(".*"))


@pytest.mark.parametrize("options, words", [
    (["--workers", "2", "--dask", "tcp://127.0.0.1:1"], "--workers: 2: does not go with --dask tcp://127.0.0.1:1; leave it out"),
    (["--workers", "0"], "--workers"),
])  # fmt: skip
def test_options_that_do_not_fit_are_refused(options: list[str], words: str, design: Path, tmp_path: Path, capsys: Capture) -> None:
    assert sweep(design, tmp_path / "out", *options) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text, words", [
    ("", "design.toml: is empty"),
    ("sampler = ", "design.toml: is not valid TOML"),
    (DESIGN.replace("samples", "sample"), "design.toml: sample: unknown key; did you mean 'samples'?"),
    (DESIGN.replace("b_pressure", "b_presure"), "design.toml: factors.decision.b_presure: there is no 'b_presure'"),
    (DESIGN.replace("small.toml", "none.toml"), "none.toml: does not exist"),
])  # fmt: skip
def test_a_wrong_design_is_refused_in_one_line(text: str, words: str, tmp_path: Path, capsys: Capture) -> None:
    assert sweep(write_design(tmp_path, text), tmp_path / "out") == 2
    complaint = capsys.readouterr().err
    assert words in complaint
    assert complaint.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_design_that_is_no_file_is_refused(tmp_path: Path, capsys: Capture) -> None:
    assert sweep(tmp_path / "none.toml", tmp_path / "out") == 2
    assert "none.toml: cannot be read: No such file" in capsys.readouterr().err
    assert sweep(tmp_path, tmp_path / "out") == 2
    assert "is not a .toml file" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["run.json", "SEAL", "outcomes.parquet", "members.csv"])
def test_folders_that_hold_something_else_are_left_alone(name: str, design: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine")
    assert sweep(design, tmp_path / "out") == 2
    assert "give a new folder" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]

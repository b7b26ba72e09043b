"""The fault matrix: every command against what goes wrong around it. docs/faults.md has it in words.

Each fault is met by all commands that can meet it. Wrong content of inputs is in test_bad_input.py and tests/property/test_hostile_files.py;
what is peculiar to sweeps (their parts, workers, resuming) in test_sweep.py and test_cluster.py.
"""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

import waico
from tests.absent import make_absent
from tests.everything import COMMANDS, NEEDS_ANALYSIS, OUTPUTS, prepare, run
from waico.runs import folders

pytest.importorskip("sklearn", reason="needs the extra `analysis`")
pytestmark = pytest.mark.extra

ROOT = Path(__file__).resolve().parents[2]
WRITERS = list(OUTPUTS)
RECORDS = {"explain": "made/run.json", "replay": "made/run.json", "report": "made/run.json", "analyze": "swept/manifest.json"}
READERS = {   # a word on the command line that names an input, and what is there in its place
    "validate": "small.toml", "run": "small.toml", "compare": "small.toml", "explain": "made", "bargain": "table.csv",
    "hindcast": "observed.csv", "forecast": "small.toml", "sweep": "design.toml", "analyze": "swept", "report": "made", "replay": "made",
}  # fmt: skip


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the inputs of all commands, among them a run and a sweep. Read only."""
    folder = tmp_path_factory.mktemp("inputs")
    prepare(folder)
    return folder


@pytest.fixture
def folder(inputs: Path, tmp_path: Path) -> Path:
    """A copy of it that may be spoilt."""
    return Path(shutil.copytree(inputs, tmp_path / "in"))


def at(arguments: list[str], place: str) -> list[str]:
    """The same command with another place to write to."""
    return [place if before == "--out" else word for before, word in zip(["", *arguments], arguments, strict=False)]


def left(folder: Path) -> set[str]:
    """All files below a folder, hidden ones too."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def is_one_line(complaint: str) -> bool:
    return complaint.endswith("\n") and complaint.count("\n") == 1 and "Traceback" not in complaint


@pytest.mark.parametrize("name", list(READERS))
@pytest.mark.parametrize("there", ["nothing", "a folder for a file, a file for a folder", "noise"])
def test_an_input_that_is_none(name: str, there: str, folder: Path) -> None:
    place = folder / READERS[name]
    was_folder = place.is_dir()
    shutil.rmtree(place) if was_folder else place.unlink()
    if there == "noise":
        if was_folder:
            place.mkdir()
            (place / Path(RECORDS[name]).name).write_bytes(bytes(range(256)))
        else:
            place.write_bytes(bytes(range(256)))
    elif there != "nothing":
        place.write_text("{}") if was_folder else place.mkdir()
    before = left(folder)
    code, out, complaint = run(folder, COMMANDS[name])
    assert (code, out) == (2, "")
    assert is_one_line(complaint)
    assert Path(READERS[name]).name in complaint
    assert left(folder) == before


@pytest.mark.parametrize("name", WRITERS)
def test_a_place_that_cannot_be_written(name: str, folder: Path) -> None:
    """Below /sys nobody may make anything, not even root."""
    ending = Path(OUTPUTS[name][0]).suffix
    before = left(folder)
    code, out, complaint = run(folder, at(COMMANDS[name], f"/sys/waico{ending}"))
    assert (code, out) == (2, "")
    assert is_one_line(complaint)
    assert complaint.startswith("--out: /sys/waico")
    assert left(folder) == before


@pytest.fixture
def little_room() -> Iterator[None]:
    """No file may grow beyond a kilobyte, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk(name: str, folder: Path, request: pytest.FixtureRequest) -> None:
    """One line; what has the name of a result is whole; with room again the command does its work."""
    run(folder, COMMANDS["scenarios"])   # what is compiled at first use is kept in files, too
    before = left(folder)
    request.getfixturevalue("little_room")
    code, _, complaint = run(folder, COMMANDS[name])
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    assert code in (1, 2)
    assert is_one_line(complaint)
    assert "File too large" in complaint
    new = left(folder) - before
    assert not [path for path in new if path.endswith((".part", folders.LOCK))]
    assert not new & {"run_out/run.json", "forecast_out/SEAL", "fit.toml", "analysis.html", "report.html"}
    again = at(COMMANDS[name], f"elsewhere{Path(OUTPUTS[name][0]).suffix}")
    assert run(folder, again)[0] == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in WRITERS if name != "analyze"])   # which writes as `report` does
def test_killed_at_any_moment_of_writing(name: str, folder: Path, tmp_path: Path) -> None:
    """
    Before some of the renames that make a file appear the process is gone, as by kill -9.

    What makes a folder a run or a forecast comes last; and the command can be given again, into the same place unless it holds
    files of a run or a forecast.
    """
    for renames in (0, 2):
        here = Path(shutil.copytree(folder, tmp_path / str(renames)))
        if not killed(here, COMMANDS[name], renames):
            break
        whole = [path for path in left(here) - left(folder) if not path.endswith((".part", folders.LOCK))]
        assert len(whole) == renames
        assert not {"run_out/run.json", "forecast_out/SEAL"} & set(whole)
        place = OUTPUTS[name][0]
        code, _, complaint = run(here, [*COMMANDS[name], "--resume"] if name == "sweep" else COMMANDS[name])
        if name in ("run", "forecast") and renames:
            assert (code, complaint.endswith("give a new folder\n")) == (2, True)
            place = "new"
            code, _, _ = run(here, at(COMMANDS[name], place))
        assert code == 0
        assert not [path for path in left(here / place) if path.endswith((".part", folders.LOCK))]
    assert renames > 0


DYING = """
import os, sys
from pathlib import Path
from tests.everything import run

left, replace = int(sys.argv[1]), Path.replace

def counted(path, target):
    global left
    if path.suffix == ".part":
        if left == 0:
            os._exit(9)
        left -= 1
    return replace(path, target)

Path.replace = counted
run(Path.cwd(), sys.argv[2:])
"""


def killed(folder: Path, arguments: list[str], renames: int) -> bool:
    """Run a command in a process that is gone before it renames a file once more; False if it came to its end."""
    child = [sys.executable, "-c", DYING, str(renames), *arguments]
    return subprocess.run(child, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=300).returncode == 9


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "calibrate"])
def test_two_processes_and_one_place(name: str, folder: Path) -> None:
    """The second is told so at once and touches nothing; a place is free again when the first has ended."""
    place = folder / (OUTPUTS[name][-1])
    with folders.lock(place):
        before = left(folder)
        code, out, complaint = run(folder, COMMANDS[name])
        assert (code, out) == (2, "")
        assert "is being written by another process; wait for it, or stop it" in complaint
        assert is_one_line(complaint)
        assert left(folder) == before
    assert run(folder, COMMANDS[name])[0] == 0


def test_a_fit_whose_file_appears_meanwhile_is_refused(folder: Path) -> None:
    (folder / "fit.toml").write_text("another's")
    with pytest.raises(waico.InputError, match="exists already"):
        folders.write_file(folder / "fit.toml", "mine")
    assert (folder / "fit.toml").read_text() == "another's"


@pytest.mark.parametrize("name", NEEDS_ANALYSIS)
def test_a_package_that_is_missing(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = {"report": "altair", "analyze": "altair"}.get(name, "scoringrules")
    make_absent(monkeypatch, package, "waico.analysis")
    before = left(folder)
    code, out, complaint = run(folder, COMMANDS[name])
    assert (code, out) == (2, "")
    assert complaint == f"waico {name}: needs {package} (pip install '.[analysis]' in a checkout of waico)\n"
    assert left(folder) == before


@pytest.mark.parametrize("name", list(RECORDS))
@pytest.mark.parametrize("what", ["a key more", "a key less", "an older schema"])
def test_a_folder_of_another_version(name: str, what: str, folder: Path) -> None:
    path = folder / RECORDS[name]
    text = path.read_text(encoding="utf-8")
    changed = {
        "a key more": text.replace('"decision": {', '"decision": {\n "b_vibes": 1.0,', 1),
        "a key less": text.replace('"replicates":', '"replications":'),
        "an older schema": text.replace('"salience"', '"weight"'),
    }[what]
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    before = left(folder)
    code, out, complaint = run(folder, COMMANDS[name])
    assert (code, out) == (2, "")
    assert is_one_line(complaint)
    assert "it is damaged or of another version" in complaint
    assert left(folder) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", list(COMMANDS))
def test_interrupted_at_any_moment(name: str, folder: Path) -> None:
    """As Ctrl-C in a terminal reaches all that was started: one line and 130, or it had ended; nothing half-written is left."""
    before = left(folder)
    for seconds in (0.3, 2.5) if name in OUTPUTS else (1.2,):
        process = subprocess.Popen(
            [sys.executable, "-m", "waico", *COMMANDS[name]], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        time.sleep(seconds)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
        assert process.returncode in (0, 130, -signal.SIGINT)   # the last while Python itself starts
        if process.returncode == 130:
            assert is_one_line(complaint)
            assert complaint.startswith("interrupted")
        new = left(folder) - before
        assert not [path for path in new if path.endswith((".part", folders.LOCK))]
        for place in OUTPUTS.get(name, []):
            shutil.rmtree(folder / place, ignore_errors=True)
            (folder / place).unlink(missing_ok=True)


def test_output_that_nobody_takes(folder: Path) -> None:
    """A full disk behind `>`, a reader that leaves, no standard output at all."""
    command = f"{sys.executable} -m waico scenarios"
    for redirected, code, complaint in [
        ("> /dev/full", 1, "the output cannot be written or read: No space left on device\n"),
        ("| head -n 0; exit ${PIPESTATUS[0]}", 0, ""),
        ("--json | head -n 0; exit ${PIPESTATUS[0]}", 0, ""),
        (">&-", 0, ""),
        ("--nonsense 2> /dev/full", 2, ""),
        ("--nonsense 2>&-", 2, ""),
    ]:
        done = subprocess.run(["bash", "-c", f"{command} {redirected}"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (code, complaint), redirected


@pytest.mark.parametrize("name", list(RECORDS))
@pytest.mark.parametrize("there", ["a pipe", "a device"])
def test_a_record_that_never_ends_is_not_waited_for(name: str, there: str, folder: Path) -> None:
    path = folder / RECORDS[name]
    path.unlink()
    os.mkfifo(path) if there == "a pipe" else path.symlink_to("/dev/zero")
    code, out, complaint = run(folder, COMMANDS[name])
    assert (code, out) == (2, "")
    assert "cannot be read: is a pipe or a device" in complaint
    assert is_one_line(complaint)


def forged(folder: Path, change: str) -> None:
    """Change a run, and its record so that all hashes fit."""
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    if change == "noise":
        (folder / "nations.parquet").write_bytes(bytes(range(256)))
    elif change == "a start that is none":
        record["start"] = "nonsense"
    elif change == "more replicates than were run":
        record["replicates"] = 1_000_000
    else:
        pd.read_parquet(folder / "outcomes.parquet").drop(columns="replicate").to_parquet(folder / "outcomes.parquet")
    record["hashes"] = {name: folders.sha256_of(folder / name) for name in record["hashes"]}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")


@pytest.mark.parametrize("change", ["noise", "a start that is none", "more replicates than were run", "a column less"])
def test_a_forged_run_is_refused(change: str, folder: Path) -> None:
    forged(folder / "made", change)
    code, out, complaint = run(folder, COMMANDS["report"])
    assert (code, out) == (2, "")
    assert is_one_line(complaint)
    assert "run the scenario again" in complaint

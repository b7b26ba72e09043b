"""Sweeps on a Dask cluster, started as users start one: the same bytes, also when workers die under it."""

import json
import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.sweeps import parts, workers_of, write_design
from waico.cli import _run

pytest.importorskip("distributed")
pytestmark = [pytest.mark.extra, pytest.mark.slow]

Capture = pytest.CaptureFixture[str]
COMMAND = str(Path(sysconfig.get_path("scripts")) / "waico")


class Cluster(NamedTuple):
    """Address of the scheduler; the process that keeps the workers."""

    address: str
    workers: int


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_design(tmp_path_factory.mktemp("design"))


@pytest.fixture(scope="module")
def made(design: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small sweep, made by one process. Read only."""
    folder = tmp_path_factory.mktemp("sweeps") / "made"
    assert sweep(design, folder, "--workers", "1") == 0
    return folder


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler with two workers, stopped after the test."""
    file = tmp_path / "scheduler.json"
    commands = [
        ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)],
        ["worker", "--scheduler-file", str(file), "--nworkers", "2", "--nthreads", "1", "--no-dashboard", "--local-directory", str(tmp_path)],
    ]  # fmt: skip
    processes = [
        subprocess.Popen([sys.executable, "-m", "dask", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        for command in commands
    ]
    deadline = time.monotonic() + 60
    while not file.exists() or not file.read_text().endswith("}"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield Cluster(json.loads(file.read_text())["address"], processes[1].pid)
    for process in processes:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def sweep(design: Path, out: Path, *options: str) -> int:
    return _run(["sweep", str(design), "--out", str(out), *options])


def test_a_cluster_on_this_machine_gives_the_same_bytes(design: Path, made: Path, tmp_path: Path) -> None:
    """In a process of its own, as the command runs: a cluster starts processes that import the main module."""
    command = [COMMAND, "sweep", str(design), "--out", str(tmp_path / "out"), "--dask", "local", "--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    assert parts(tmp_path / "out") == parts(made)


def test_a_scheduler_at_an_address_gives_the_same_bytes(cluster: Cluster, design: Path, made: Path, tmp_path: Path) -> None:
    assert sweep(design, tmp_path / "out", "--dask", cluster.address) == 0
    assert parts(tmp_path / "out") == parts(made)


def test_runs_of_a_worker_that_dies_go_to_another(cluster: Cluster, design: Path, made: Path, tmp_path: Path) -> None:
    command = [COMMAND, "sweep", str(design), "--out", str(tmp_path / "out"), "--dask", cluster.address]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while len(list((tmp_path / "out" / "results").glob("part-*"))) < 3:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    victims = workers_of(cluster.workers)
    assert victims
    os.kill(victims[-1], signal.SIGKILL)
    printed, complaint = process.communicate(timeout=300)
    assert process.returncode == 0, complaint
    assert printed.startswith("48 of 48 runs are in")
    assert parts(tmp_path / "out") == parts(made)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x", "127.0.0.1"])
def test_an_address_without_a_scheduler_is_refused_in_one_line(address: str, design: Path, tmp_path: Path, capsys: Capture) -> None:
    assert sweep(design, tmp_path / "out", "--dask", address) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith(f"--dask: {address}: is no Dask scheduler (")
    assert complaint.count("\n") == 1
    assert not (tmp_path / "out").exists()

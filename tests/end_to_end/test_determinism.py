"""The determinism matrix: same inputs, same bytes, for every command, whatever the machine around it is set to.

What the versions of Python and Mesa may change is told by the golden runs (tests/golden), which CI compares to 1e-9 on every Python
that the machine has. docs/determinism.md has the matrix in words.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.everything import CLOCK, COMMANDS, SPREAD, prepare, run, written

pytest.importorskip("sklearn", reason="needs the extra `analysis`")
pytestmark = [pytest.mark.extra, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
SURROUNDINGS = {
    "another hash order, one thread, a western time zone": {
        "PYTHONHASHSEED": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "TZ": "America/Adak",
    },
    "another year, plain C locale, an eastern time zone": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TZ": "Pacific/Kiritimati"},
}  # fmt: skip


def everything(folder: Path, surroundings: dict[str, str], *before: str) -> dict[str, dict[str, str | int]]:
    """What all commands give in a process of their own."""
    folder.mkdir()
    here = {**os.environ, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "2", "PYTHONPATH": str(ROOT), **surroundings}
    done = subprocess.run(
        [*before, sys.executable, "-m", "tests.everything"], cwd=folder, env=here, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, str | int]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str | int]]:
    return everything(tmp_path_factory.mktemp("usual") / "in", {})


@pytest.mark.parametrize("name", list(SURROUNDINGS))
def test_the_same_bytes_whatever_is_around(name: str, usual: dict[str, dict[str, str | int]], tmp_path: Path) -> None:
    before: list[str] = []
    if name.startswith("another year"):
        if shutil.which("faketime") is None:
            pytest.skip("there is no faketime here")
        before = ["faketime", "-f", "@2031-02-28 23:59:58"]
    assert set(usual) == set(COMMANDS)
    assert all(found["code"] == 0 for found in usual.values())
    assert everything(tmp_path / "in", SURROUNDINGS[name], *before) == usual


@pytest.mark.parametrize("name", SPREAD)
def test_the_same_bytes_from_two_processes(name: str, tmp_path: Path) -> None:
    """Printed, and written; a cluster and a sweep that is resumed are in test_cluster.py and test_sweep.py."""
    arguments = [word for word in COMMANDS[name] if word not in ("--workers", "1")]
    results = []
    for workers in ("1", "2"):
        folder = tmp_path / workers
        folder.mkdir()
        prepare(folder)
        code, out, _ = run(folder, [*arguments, "--workers", workers])
        assert code == 0
        results.append((CLOCK.sub(b"", out.encode()), {file: data for file, data in written(folder, name).items() if "manifest" not in file}))
    assert results[0] == results[1]
    assert name not in ("run", "forecast", "sweep") or results[0][1]

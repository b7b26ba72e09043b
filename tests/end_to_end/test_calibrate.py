"""The command as a user types it."""

import subprocess
import sysconfig
import tomllib
from pathlib import Path

import pytest

pytest.importorskip("scoringrules", reason="needs the extra `analysis`")
pytestmark = pytest.mark.extra


COMMAND = str(Path(sysconfig.get_path("scripts")) / "waico")


def waico(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False)


def test_a_fit_on_one_case_is_printed_and_written(tmp_path: Path) -> None:
    file = tmp_path / "coe.toml"
    done = waico("calibrate", "--cases", "coe_ai_convention,", "--out", str(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert "b_align" in done.stdout
    row = next(line for line in done.stdout.splitlines() if line.startswith("coe_ai_convention "))
    assert row.split()[1:3] == ["29", "12"]
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    assert content["cases"] == ["coe_ai_convention"]
    assert content["standard_error"]["b_align"] > 0
    assert content["skill"]["coe_ai_convention"]["n"] == 29
    again = waico("calibrate", "--cases", "coe_ai_convention", "--out", str(file))
    assert (again.returncode, again.stderr) == (2, f"--out: {file}: exists already; give a new name\n")


@pytest.mark.parametrize(("arguments", "said"), [
    (["--cases", "nato"], "--cases: there is no case 'nato'; one of aiib, belt_and_road, military_ai_declaration, gpai, coe_ai_convention"),
    (["--out", "x.csv"], "--out: x.csv: does not end in .toml; give the name of a .toml file"),
    (["--out", "nowhere/x.toml"], "--out: nowhere/x.toml: lies in a folder that does not exist; make the folder first"),
])  # fmt: skip
def test_wrong_options_are_refused_with_one_line(arguments: list[str], said: str) -> None:
    done = waico("calibrate", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said + "\n")

"""Every command on small inputs, for tests of what must hold for all of them: how they fail, and that they give the same bytes anywhere.

`python -m tests.everything` prepares the current folder, runs all of them there in one process, and prints what came out as JSON: for
each its exit code, and the SHA-256 of what it printed and of every file it wrote.
"""

import hashlib
import io
import json
import re
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from tests.sweeps import DESIGN, SCENARIO, write_design
from waico.cli import _run

TABLE = """\
actor,issue,position,salience,capability
north,limit,0.9,0.7,3
north,fund,0.2,0.3,3
south,limit,0.1,0.4,2
south,fund,0.8,0.6,2
Åland,limit,0.5,0.5,1
Åland,fund,0.4,0.5,1
"""
OBSERVED = "institution,iso3,date\nwaico,BRA,2026-08-01\nwaico,KEN,2026-09-15\n"
SHORT = ["--replicates", "3", "--seed", "5", "--quiet"]
COMMANDS = {
    "scenarios": ["scenarios", "--json"],
    "validate": ["validate", "small.toml"],
    "run": ["run", "small.toml", *SHORT, "--out", "run_out"],
    "compare": ["compare", "small.toml", "small.toml", "--set-b", "decision.b0=-4", *SHORT],
    "explain": ["explain", "made", "--nation", "KEN"],
    "bargain": ["bargain", "table.csv", "--protocol", "compromise"],
    "hindcast": ["hindcast", "small.toml", "--observed", "observed.csv", *SHORT],
    "forecast": ["forecast", "small.toml", "--until", "2026-08-31", *SHORT, "--out", "forecast_out"],
    "sweep": ["sweep", "design.toml", "--out", "sweep_out", "--workers", "1", "--quiet"],
    "calibrate": ["calibrate", "--cases", "coe_ai_convention", "--out", "fit.toml", "--quiet"],
    "analyze": ["analyze", "swept", "--out", "analysis.html"],
    "report": ["report", "made", "--out", "report.html"],
    "replay": ["replay", "made"],
}
OUTPUTS = {   # what a command writes
    "run": ["run_out"], "forecast": ["forecast_out"], "sweep": ["sweep_out"], "calibrate": ["fit.toml"],
    "analyze": ["analysis.html", "analysis_tables"], "report": ["report.html", "report_tables"],
}  # fmt: skip
NEEDS_ANALYSIS = ["hindcast", "forecast", "calibrate", "analyze", "report"]
SPREAD = ["run", "compare", "hindcast", "forecast", "sweep"]   # that take --workers
CLOCK = re.compile(   # all that may tell when, or how long: a seal is over the day on which it was made
    rb'"(?:start|seconds|made)": [^\n]*|^made = .*$|^sealed in .*$|\b\d+\.\d s\b', re.MULTILINE
)


def prepare(folder: Path) -> None:
    """Write the inputs of all commands into a folder: files, a run and a sweep."""
    write_design(folder, DESIGN.replace("samples = 16", "samples = 4"), SCENARIO)
    (folder / "table.csv").write_text(TABLE, encoding="utf-8")
    (folder / "observed.csv").write_text(OBSERVED)
    run(folder, ["run", "small.toml", *SHORT, "--out", "made"])
    run(folder, ["sweep", "design.toml", "--out", "swept", "--workers", "1", "--quiet"])


def run(folder: Path, arguments: list[str]) -> tuple[int, str, str]:
    """Run a command in this process with its paths taken from a folder; exit code, output, complaints."""
    out, err = io.StringIO(), io.StringIO()
    named = [str(folder / word) if is_path(folder, before, word) else word for before, word in zip(["", *arguments], arguments, strict=False)]
    with redirect_stdout(out), redirect_stderr(err):
        code = _run(named)
    return code, out.getvalue().replace(f"{folder}/", ""), err.getvalue().replace(f"{folder}/", "")


def is_path(folder: Path, before: str, word: str) -> bool:
    """Whether a word on the command line names a place: an input that is there, or an output."""
    return before in ("--out", "--observed") or (not word.startswith("-") and (folder / word).exists())


def written(folder: Path, name: str) -> dict[str, bytes]:
    """What a command has written, without what tells the time of day."""
    places = [folder / place for place in OUTPUTS.get(name, [])]
    files = [file for place in places for file in sorted([place, *place.rglob("*")]) if file.is_file() and file.name != "SEAL"]
    return {file.relative_to(folder).as_posix(): CLOCK.sub(b"", file.read_bytes()) for file in files}


def digests(folder: Path) -> dict[str, dict[str, str | int]]:
    """Run all commands in a folder that is prepared; see above for what is told of them."""
    found: dict[str, dict[str, str | int]] = {}
    for name, arguments in COMMANDS.items():
        code, out, err = run(folder, arguments)
        texts = {"printed": CLOCK.sub(b"", out.encode()), "complained": err.encode(), **written(folder, name)}
        found[name] = {"code": code, **{key: hashlib.sha256(data).hexdigest() for key, data in texts.items()}}
    return found


if __name__ == "__main__":
    prepare(Path.cwd())
    json.dump(digests(Path.cwd()), sys.stdout, indent=1)

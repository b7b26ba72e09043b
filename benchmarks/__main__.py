"""Measure how fast everything is, in one table: `python -m benchmarks`, or `python -m benchmarks NAME ...` for some of it.

Without names all of `TOGETHER` is measured, which takes some minutes, and docs/benchmarks.md is written. Needs the extras
`test` and `browser`, and a machine with nothing else to do.
"""

from __future__ import annotations

import argparse
import importlib
import platform
import subprocess
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import Row, table
from waico.runs.engines import cores

TOGETHER = ("page", "speed", "bargaining", "scaling", "sweep")
ALONE = ("full_sweep",)
ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
TEXT = """# How fast it is

<!-- written by `python -m benchmarks`; do not edit -->

Measured on {day} at commit {commit}, on {cores} cores, with {versions}.

Trust the ratios: what is compared was measured in turns within one run, so that a machine that was busy was busy for both. Times
are those of this machine on that day. `times` is the median of the ratios to what the next column names, turn by turn; `least` and
`most` are over all turns. Goals are for medians. In `scaling`, exponents are slopes fitted on log-log axes, one in every turn.

{table}
"""


def commit() -> str:
    """The commit that is checked out, and whether files differ from it."""
    said = [
        subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
        for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
    ]
    return f"{said[0]} with changes" if said[1] else said[0]


def page(rows: list[Row], at: str) -> str:
    """The text of docs/benchmarks.md."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("mesa", "numpy", "numba"))
    return TEXT.format(
        day=date.today().isoformat(), commit=at, cores=cores(), versions=f"Python {platform.python_version()}, {packages}", table=table(rows)
    )


def main() -> None:
    """Measure what was named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join((*TOGETHER, *ALONE))}; none: all but {ALONE[0]}")
    names = parser.parse_args().names
    if wrong := set(names) - {*TOGETHER, *ALONE}:
        parser.error(f"there is no {', '.join(sorted(wrong))}; give any of {', '.join((*TOGETHER, *ALONE))}")
    at = commit()
    modules = [importlib.import_module(f"benchmarks.{name}") for name in names or TOGETHER]
    rows: list[Row] = []
    for module in modules:
        sys.stderr.write(f"{module.__name__} ...\n")
        rows += module.measure()
    print(table(rows))
    if not names:
        PAGE.write_text(page(rows, at), encoding="utf-8")


if __name__ == "__main__":
    main()

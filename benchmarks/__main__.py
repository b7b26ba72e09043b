"""All benchmarks: `python -m benchmarks`, or some of them by name, as `python -m benchmarks speed page`.

Prints one table. All of them together also write docs/benchmarks.md and docs/figures/benchmarks.png; that takes under ten
minutes on two cores, and needs all extras and a Chromium.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from benchmarks.rows import Row, table

NAMES = ("page", "speed", "bargaining", "sweep", "scaling")   # the page first: it soon shows if there is no browser
ROOT = Path(__file__).resolve().parents[1]
PAGE, FIGURE = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "figures" / "benchmarks.png"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write if all were measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(NAMES)}; all if none is given")
    chosen = parser.parse_args(arguments).names
    if unknown := sorted(set(chosen) - set(NAMES)):
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    start, load = time.monotonic(), os.getloadavg()[0]
    benchmarks = [import_module(f"benchmarks.{name}") for name in chosen or NAMES]
    rows = [row for benchmark in benchmarks for row in benchmark.rows()]
    print(table(rows), end="")
    if not chosen:
        write(rows, load, time.monotonic() - start)


def write(rows: Sequence[Row], load: float, seconds: float) -> None:
    """The page of results, and the figure."""
    from benchmarks.chart import growth_chart
    from waico.analysis.plots import save

    save(growth_chart(rows), FIGURE)
    PAGE.write_text(page_of(rows, load, seconds), encoding="utf-8")


def page_of(rows: Sequence[Row], load: float, seconds: float) -> str:
    """docs/benchmarks.md.

    Args:
        rows: what was measured.
        load: of the machine before the benchmarks began: processes that wanted to run, on average over a minute.
        seconds: that all of it took.
    """
    from waico.runs.record import versions

    made = versions()
    return f"""# How fast it is

Written by `python -m benchmarks`, which runs all of benchmarks/; by hand, nothing is changed here.

| machine | {processor()}, {os.cpu_count()} cores, {platform.system()}; load {load:.1f} before the start |
|---|---|
| Python, Mesa, NumPy | {made["python"]}, {made["mesa"]}, {made["numpy"]} |
| date | {datetime.now(UTC):%Y-%m-%d}; took {seconds / 60:.1f} minutes |
| commit | `{(made["commit"] or "none")[:10]}` |

**What to trust are the ratios**: the two sides of each were measured in turn within this one run, so that a machine that is slow, or
busy with something else, slows both. Times on their own hold for this machine on this day. Every figure is a median over turns; min to max
is the spread of the turns, and behind a ratio stands the spread of the ratios of single turns. Goals are held against medians.

## Results

{table(rows)}
## Growth

![Log-log charts of times against sizes](figures/{FIGURE.name})

An exponent of 1 means that twice as much takes twice as long, one of 0 that it takes no longer. It is fitted to every turn; the chart shows the
median. At sizes as small as these, what every run costs anyway weighs as much as what grows, so that exponents say nothing of much larger
sizes. Of runs it is the time per run that is shown: it falls where set-up, or the start of workers, is shared by more of them.
"""


def processor() -> str:
    """What the machine calls its processor."""
    listed = Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in listed.read_text().splitlines() if line.startswith("model name")] if listed.exists() else []
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()

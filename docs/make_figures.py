"""Draw the pictures of the README and of docs/scenarios.md, and write what stands under them, from runs of all scenarios.

    python docs/make_figures.py

Needs the extra `analysis`. Run it again after every change that moves results.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import scenario_page

import waico
from waico.analysis import plots, scenario_plots

REPLICATES, REPLICATES_OF_BASE = 100, 200   # the README speaks of the base scenario alone
ROOT = Path(__file__).resolve().parents[1]


def finding(result: waico.RunResult) -> str:
    """What came out, in one sentence, from the tables."""
    summary = result.summary()
    body, numbers = next(iter(summary["institutions"].items()))
    states = result.nations["iso3"].nunique() - 2
    last = result.rounds[result.rounds["institution"] == body].groupby("replicate")["signed"].last()
    shares = sorted(summary["outcomes"].items(), key=lambda item: -item[1])[:3]
    named = [f"{name.replace('_', ' ')} ({share:.0%})" for name, share in shares]
    return (
        f"In {result.replicates} runs the Shanghai body comes into force in {numbers['in_force_share']:.0%} of them and\n"
        f"{last.median():.0f} of {states} states sign in the median, but anything from {numbers['signed_q05']:.0f} to "
        f"{numbers['signed_q95']:.0f} lies within 90% of the runs;\nthe most frequent endings are {', '.join(named[:-1])} "
        f"and {named[-1]}."
    )


def fill(page: Path, blocks: Mapping[str, str]) -> None:
    """Write text between `<!-- NAME -->` and `<!-- end -->`, for every name."""
    text = page.read_text(encoding="utf-8")
    for name, block in blocks.items():
        between = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- end -->)", re.DOTALL)
        text, found = between.subn(lambda match, block=block: f"{match[1]}{block}{match[2]}", text)
        if found != 1:
            raise SystemExit(f"{page.name} has {found} blocks named {name}, not 1")
    page.write_text(text, encoding="utf-8")


def main() -> None:
    """Draw and write."""
    library = scenario_page.simulate(REPLICATES, REPLICATES_OF_BASE)
    base = library.results[scenario_page.BASE]
    present = {name: result for name, result in library.results.items() if name not in scenario_page.PAST}
    figures = {
        "waic2025": plots.overview(base),
        "outcomes": scenario_plots.outcome_comparison(library.results, scenario_page.PAST),
        "members": scenario_plots.members_comparison(present, scenario_page.BASE),
    }
    for name, chart in figures.items():
        plots.save(chart, ROOT / "docs" / "figures" / f"{name}.png")
    fill(ROOT / "README.md", {"finding": finding(base)})
    fill(ROOT / "docs" / "scenarios.md", library.blocks())


if __name__ == "__main__":
    main()

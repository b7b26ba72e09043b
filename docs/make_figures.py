"""Draw the picture of the README and write the sentence under it: `python docs/make_figures.py` in a checkout.

Needs the extra `analysis`. Run it again after every change that moves results.
"""

from __future__ import annotations

import re
from pathlib import Path

import waico
from waico.analysis import plots

ROOT = Path(__file__).resolve().parents[1]
FINDING = re.compile(r"(?<=<!-- finding -->\n).*?(?=\n<!-- end -->)", re.DOTALL)


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


def main() -> None:
    """Draw and write."""
    result = waico.run(waico.load_scenario("waic2025"), seed=1, replicates=200, workers=2)
    plots.save(plots.overview(result), ROOT / "docs" / "figures" / "waic2025.png")
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(FINDING.sub(lambda _: finding(result), text), encoding="utf-8")


if __name__ == "__main__":
    main()

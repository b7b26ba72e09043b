"""Does the answer hang on the data? One body of data left out at a time, under the same draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from waico.agents import Setting
from waico.analysis.endings import Ends, ends_of
from waico.analysis.firm_groups import EVERY, without_firms
from waico.analysis.intervals import paired
from waico.scenarios.errors import InputError, nearest
from waico.scenarios.facts import load_facts
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario

SOURCES = {
    "trade": "trade", "unga": "UN votes", "stances": "stances of key states", "affiliations": "memberships and alliances", "firms": "firms",
}  # fmt: skip
NOTHING = "nothing (other draws)"


@dataclass(frozen=True)
class Robustness:
    """What changes without a body of data. R replicates.

    Attributes:
        differences: a row per source and quantity, with the columns of `waico.analysis.intervals.Paired` (a: with all data, b: without). quantity: in_force and
            binding_regime (shares of runs), depth of the text, breadth_states (share of the states at risk that sign).
        ranks: a row per source: correlation (Spearman's, over states at risk, of how often each signs with and without it). The last row says how far other draws alone
            move it, with R runs; a source that does not fall below it does not change who signs.
    """

    differences: pd.DataFrame
    ranks: pd.DataFrame

    def in_words(self) -> str:
        """Which sources change who signs, beyond what other draws do."""
        chance = float(self.ranks.set_index("source")["correlation"][NOTHING])
        lower = self.ranks[(self.ranks["source"] != NOTHING) & (self.ranks["correlation"] < chance)].sort_values("correlation")
        told = ", ".join(f"{row['source']} ({row['correlation']:.2f})" for _, row in lower.iterrows())
        start = f"Two sets of runs with all data rank the states alike by {chance:.2f} (Spearman)"
        return f"{start}. Less alike are runs without {told}." if told else f"{start}; no source moves them more than that."


def without(scenario: Scenario, source: str) -> Scenario:
    """A scenario that does not know a body of data, wherever it enters.

    - `trade`: every state trades the same share with all others. Trade enters the payoff (b_trade), the ties among states, what the rival can press with,
      and the markets of firms.
    - `unga`: all states stand halfway between China and the United States in UN votes. They enter alignment, with it the camps, and ideal points.
    - `stances`: what was read from acts of key states gives way to the general mapping; their ideal points follow from covariates like those of others.
    - `affiliations`: no membership or alliance ties a state to a sponsor. They enter the camp term, the camps of the fault line, and what a rival can press; clubs
      stay what they are as ties among states and in ideal points.
    - `firms`: no firms.

    Raises:
        InputError: there is no such source, or the scenario has no firms.
    """
    if source not in SOURCES:
        raise InputError(scenario.name, "source", f"there is no '{source}'", nearest(source, SOURCES))
    return replace(scenario, _changes(scenario, source))


def robustness(
    scenario: Scenario, sources: Iterable[str] = tuple(SOURCES), *, seed: int = 0, replicates: int = 100, workers: int = 1
) -> Robustness:
    """Leave out each source in turn and compare, replicate by replicate.

    Args:
        scenario: what to run, from `waico.load_scenario`.
        sources: of `SOURCES`.
        seed: of all runs but those of other draws, which have the next one.
        replicates: runs of each arm; there are two more arms than sources.
        workers: processes.

    Raises:
        InputError: see `without`.
        KeyboardInterrupt: the user stopped it.
    """
    sources = list(sources)
    arms = [scenario, *(without(scenario, source) for source in sources)]
    body, setting = scenario.institution_ids[0], Setting.of(scenario)
    as_is, *others = ends_of(arms, body, seed=seed, replicates=replicates, workers=workers)
    [again] = ends_of([scenario], body, seed=seed + 1, replicates=replicates)
    named = [SOURCES[source] for source in sources]
    return Robustness(
        pd.DataFrame([{"source": name, **row} for name, ends in zip(named, others, strict=True) for row in _rows(as_is, ends)]),
        pd.DataFrame([
            {"source": name, "correlation": _alike(as_is, ends, setting)} for name, ends in zip([*named, NOTHING], [*others, again], strict=True)
        ]),
    )  # fmt: skip


def _changes(scenario: Scenario, source: str) -> dict[str, Any]:
    if source == "firms":
        return without_firms(scenario)[f"without {EVERY}"]
    if source == "stances":
        return {"nations.stances": False}
    if source == "affiliations":
        return {"nations.ignore": sorted(set(load_facts(scenario).affiliations["column"]) | set(scenario.nations.ignore))}
    return {"nations.without": [*scenario.nations.without, source]}


def _rows(a: Ends, b: Ends) -> list[dict[str, Any]]:
    quantities = {
        "in_force": paired(a.in_force, b.in_force, binary=True),
        "binding_regime": paired(a.outcome == "binding_regime", b.outcome == "binding_regime", binary=True),
        "depth": paired(a.depth, b.depth), "breadth_states": paired(a.breadth, b.breadth),
    }  # fmt: skip
    return [{"quantity": quantity, **found._asdict()} for quantity, found in quantities.items()]


def _alike(a: Ends, b: Ends, setting: Setting) -> float:
    """Rank correlation of how often states sign; NaN where no state differs from another."""
    often = [ends.signed[:, setting.at_risk[:, 0]].mean(axis=0) for ends in (a, b)]
    if min(np.ptp(each) for each in often) == 0.0:
        return float("nan")
    return float(spearmanr(*often).statistic)

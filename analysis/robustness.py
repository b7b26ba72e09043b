"""Does the answer hang on the data? One body of data left out at a time.

How runs end is compared under the same draws. Who signs is compared under other draws: runs that share their draws rank the states alike for that reason
too, so that other draws with all data would be no yardstick for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit
from scipy.stats import rankdata

from waico.agents import Setting
from waico.analysis.endings import Ends, Flags, ends_of
from waico.analysis.firm_groups import EVERY, without_firms
from waico.analysis.intervals import TAIL, paired
from waico.scenarios.errors import InputError, nearest
from waico.scenarios.facts import load_facts
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario

SOURCES = {
    "trade": "trade", "unga": "UN votes", "stances": "stances of key states", "affiliations": "memberships and alliances", "firms": "firms",
}  # fmt: skip
NOTHING = "nothing"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Robustness:
    """What changes without a body of data. R replicates.

    Attributes:
        differences: a row per source and quantity, with the columns of `waico.analysis.intervals.Paired` (a: with all data, b: without). quantity: in_force and
            binding_regime (shares of runs), depth of the text, breadth_states (share of the states at risk that sign).
        ranks: a row per source: correlation (Spearman's, over states at risk, of how often each signs in runs without it and in runs with all data under other
            draws), loss (how much less that is than between two sets of runs with all data, which the last row has) and low, high, its 95% interval. Where low is
            above 0, who signs hangs on the source beyond chance: the order is another one, or more of it is left to chance. An interval that holds 0
            leaves it open, and does not say that the source changes nothing.
    """

    differences: pd.DataFrame
    ranks: pd.DataFrame

    def in_words(self) -> str:
        """Which sources change who signs, beyond chance."""
        chance = float(self.ranks.set_index("source")["correlation"][NOTHING])
        lower = self.ranks[self.ranks["low"] > 0.0].sort_values("correlation")
        told = ", ".join(
            f"{row['source']} ({row['correlation']:.2f}, loss {row['loss']:.2f}, 95% interval {row['low']:.2f} to {row['high']:.2f})"
            for _, row in lower.iterrows()
        )
        start = f"Two sets of runs with all data, of other draws, rank the states alike by {chance:.2f} (Spearman)"
        return f"{start}. Less alike beyond chance is one without {told}." if told else f"{start}; without a source they are not less alike beyond chance."


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
    """Leave out each source in turn and compare how runs end, replicate by replicate, and who signs.

    Args:
        scenario: what to run, from `waico.load_scenario`.
        sources: of `SOURCES`.
        seed: of all runs but those of other draws, with all data, which have the next one: the ranks of states are compared with theirs.
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
    named = {SOURCES[source]: ends for source, ends in zip(sources, others, strict=True)}
    of_risk = setting.at_risk[:, 0]
    known, apart = as_is.signed[:, of_risk], again.signed[:, of_risk]
    return Robustness(
        pd.DataFrame([{"source": name, **row} for name, ends in named.items() for row in _rows(as_is, ends)]),
        pd.DataFrame([
            *({"source": name, **_less_alike(known, ends.signed[:, of_risk], apart)} for name, ends in named.items()),
            {"source": NOTHING, "correlation": float(_alike(_often(known), _often(apart))[0])},
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


def _less_alike(known: Flags, without: Flags, apart: Flags) -> dict[str, float]:
    """How alike states rank without a source and in runs of other draws, and how much less that is than with it.

    The interval is that of the jackknife for two samples (Efron & Stein 1981), by Student's t: `known` and `without` share their draws, so that they lose the same run
    at a time, and `apart` loses its own. All are (R, M): who signed in which run.
    """
    a, b, c = (_often(signed) for signed in (known, without, apart))
    correlation, loss = float(_alike(b, c)[0]), float(_lost(a, b, c)[0])
    runs = len(known)
    if runs < 2:
        return {"correlation": correlation, "loss": loss, "low": np.nan, "high": np.nan}
    left = [_lost(_one_left_out(known), _one_left_out(without), c), _lost(a, b, _one_left_out(apart))]
    half = float(stdtrit(runs - 1, TAIL)) * np.sqrt(sum((runs - 1) * np.var(each) for each in left))
    return {"correlation": correlation, "loss": loss, "low": loss - half, "high": loss + half}


def _lost(known: Floats, without: Floats, apart: Floats) -> Floats:
    """How much more alike runs of other draws are to those with a source than to those without, (K,)."""
    return _alike(known, apart) - _alike(without, apart)


def _often(signed: Flags) -> Floats:
    """How often each state signs, (1, M)."""
    return signed.mean(axis=0, keepdims=True)


def _one_left_out(signed: Flags) -> Floats:
    """The same without one run at a time, (R, M)."""
    return (signed.sum(axis=0) - signed) / (len(signed) - 1)


def _alike(a: Floats, b: Floats) -> Floats:
    """Spearman's rank correlation of each row of one with that of the other, (K,); NaN where no state differs from another. One row pairs with all."""
    one, other = (rankdata(each, axis=1) for each in (a, b))
    one, other = (each - each.mean(axis=1, keepdims=True) for each in (one, other))
    with np.errstate(invalid="ignore"):
        return (one * other).sum(axis=1) / np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))

"""Which states are pivotal: what changes for all others when one state is forced in, or kept out.

A state is forced by `nations.ISO3.forced.INSTITUTION`: "signed" takes every step as soon as it is open to it, but may
withdraw later like any other member; "out" never joins. Replicates are paired by common random numbers, so that everything else that differs follows from that one state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.agents import Setting
from waico.analysis.bodies import row_of
from waico.analysis.endings import Ends, ends_of
from waico.analysis.intervals import paired
from waico.negotiation.measure import OUTCOMES
from waico.scenarios.errors import InputError, nearest
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

CANDIDATES = 20   # states tried if none are named: the weightiest of those at risk
FORCED = {"in": "signed", "out": "out"}
BINARY = ("outcome", "in_force", "signed")


def pivotality(
    scenario: Scenario,
    states: Sequence[str] | None = None,
    *,
    institution: str | None = None,
    seed: int = 0,
    replicates: int = 100,
    workers: int = 1,
    on_progress: Callable[[int], None] | None = None,
    outcome: str = "binding_regime",
) -> pd.DataFrame:
    """Force states in and out, one at a time, and see what becomes of outcome, breadth and depth.

    Args:
        scenario: what to run, from `waico.load_scenario`.
        states: ISO3 codes; if not given, the 20 states of most capability among those that decide on joining.
        institution: the one that states are forced into and out of; the first if not given.
        seed: of all runs.
        replicates: runs of each arm: one arm as the scenario is, two per state.
        workers: processes.
        on_progress: called with the number of replicates finished since the last call.
        outcome: outcome class (of the first institution) whose probability is looked at.

    Returns:
        One row per state (iso3, sorted), contrast and quantity, with columns a, b, difference, se, low, high, pairs,
        changed, missing_a and missing_b of `waico.analysis.intervals.Paired`.
        contrast: "in" (a: as the scenario is, b: forced in), "out" (a: as it is, b: kept out), "swing" (a: kept out,
        b: forced in).
        quantity: "outcome" (the class came out), "in_force" (the institution is in force at the end), "breadth_states"
        and "breadth_weight" (share of the other states at risk that signed or more, by number and by capability),
        "depth" (of its text at the end) and "signed" (the state itself signed or more).

    Raises:
        InputError: there is no such state, institution or outcome class, or the state does not decide on joining.
        KeyboardInterrupt: the user stopped it.
    """
    setting = Setting.of(scenario)
    j = row_of(setting, institution)
    body = setting.bodies[j]
    if outcome not in OUTCOMES:
        raise InputError(scenario.name, "outcome", f"there is no '{outcome}'", nearest(outcome, OUTCOMES))
    codes = weightiest(setting, j) if states is None else _known(setting, j, states)
    arms = [(code, how) for code in codes for how in FORCED]
    changed = [replace(scenario, {f"nations.{code}.forced.{body}": FORCED[how]}) for code, how in arms]
    ends = list(ends_of([scenario, *changed], body, seed=seed, replicates=replicates, workers=workers, on_progress=on_progress))
    of_arm = dict(zip(arms, ends[1:], strict=True))
    return pd.DataFrame([
        {"iso3": code, "contrast": contrast, **row}
        for code in codes
        for contrast, one, other in _contrasts(ends[0], of_arm[code, "in"], of_arm[code, "out"])
        for row in _rows(setting, j, setting.codes.index(code), outcome, one, other)
    ])


def weightiest(setting: Setting, j: int, count: int = CANDIDATES) -> list[str]:
    """The states of most capability among those that decide on joining institution `j`, sorted by code."""
    rows = np.flatnonzero(setting.at_risk[:, j])
    order = np.argsort(-np.round(setting.weight[rows], 12), kind="stable")
    return sorted(setting.codes[row] for row in rows[order[:count]])


def _known(setting: Setting, j: int, states: Iterable[str]) -> list[str]:
    """The states asked for, sorted, each once."""
    name, body = setting.scenario.name, setting.bodies[j]
    for code in states:
        if code not in setting.codes:
            raise InputError(name, "states", f"there is no state '{code}'", "give ISO3 codes, such as KEN")
        if not setting.at_risk[setting.codes.index(code), j]:
            raise InputError(name, "states", f"{code} is sponsor or rival of {body}", "give states that decide on joining")
    return sorted(set(states))


def _contrasts(as_is: Ends, forced_in: Ends, kept_out: Ends) -> list[tuple[str, Ends, Ends]]:
    return [("in", as_is, forced_in), ("out", as_is, kept_out), ("swing", kept_out, forced_in)]


def _rows(setting: Setting, j: int, i: int, outcome: str, a: Ends, b: Ends) -> Iterator[dict[str, Any]]:
    """All quantities of one contrast, state `i` itself left out of breadth."""
    others = setting.at_risk[:, j] & (np.arange(len(setting.codes)) != i)
    weight = setting.weight * others
    weighed = weight / weight.sum() if weight.sum() > 0 else weight
    counted = others / max(others.sum(), 1)
    values = {
        "outcome": (a.outcome == outcome, b.outcome == outcome),
        "in_force": (a.in_force, b.in_force),
        "breadth_states": (a.signed @ counted, b.signed @ counted),
        "breadth_weight": (a.signed @ weighed, b.signed @ weighed),
        "depth": (a.depth, b.depth),
        "signed": (a.signed[:, i], b.signed[:, i]),
    }
    for quantity, (one, other) in values.items():
        yield {"quantity": quantity, **paired(one, other, binary=quantity in BINARY)._asdict()}

"""What would have saved, or undone, a consensus: named changes to a scenario, each held against it under the same draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.analysis.endings import Ends, ends_of
from waico.analysis.intervals import paired
from waico.analysis.outputs import IN_FORCE
from waico.negotiation.measure import OUTCOMES
from waico.scenarios.errors import InputError, nearest
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario

Flags = NDArray[np.bool_]


def counterfactuals(
    scenario: Scenario,
    changes: Mapping[str, Mapping[str, Any]],
    *,
    outcome: str = IN_FORCE,
    seed: int = 0,
    replicates: int = 100,
    workers: int = 1,
    on_progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """Change a scenario in one way at a time, and see which of its runs that fails, and which it costs.

    Replicates are paired by common random numbers, so that a run that failed and now succeeds owes that to the change. A body that
    comes about by emptying its text is no rescue: depth and breadth stand beside it.

    Args:
        scenario: what to run, from `waico.load_scenario`.
        changes: new values by path as with `--set`, under the name that the change goes by.
        outcome: what counts as success: `in_force` (the first institution is in force at the end), or an outcome class of it.
        seed: of all runs.
        replicates: runs of each arm; there are as many arms as changes, and one more.
        workers: processes.
        on_progress: called with the number of replicates finished since the last call.

    Returns:
        One row per change, in order, with the columns a, b, difference, se, low, high, pairs, changed, missing_a and missing_b of
        `waico.analysis.intervals.Paired` for the share of runs with the outcome (a: as the scenario is, b: changed); then failed
        (runs without it as the scenario is), saved (of these, how many have it), lost (runs that had it and have it no more), saved_share (of the
        failed; missing if none failed), and depth and breadth: mean changes of the depth of the text (over runs with a text in both arms) and
        of the share of states that sign, each with _se, _low, _high (95%) and _pairs.

    Raises:
        InputError: there is no such outcome, no change is named, or a path or value is wrong.
        KeyboardInterrupt: the user stopped it.
    """
    if outcome not in (IN_FORCE, *OUTCOMES):
        raise InputError(scenario.name, "outcome", f"there is no '{outcome}'", nearest(outcome, (IN_FORCE, *OUTCOMES)))
    if not changes:
        raise InputError(scenario.name, "changes", "names no change", "give at least one, as {name: {path: value}}")
    arms = [scenario, *(replace(scenario, dict(change)) for change in changes.values())]
    as_is, *changed = ends_of(
        arms, scenario.institution_ids[0], seed=seed, replicates=replicates, workers=workers, on_progress=on_progress
    )
    return pd.DataFrame([{"change": name} | _row(as_is, ends, outcome) for name, ends in zip(changes, changed, strict=True)])


def _row(a: Ends, b: Ends, outcome: str) -> dict[str, Any]:
    before, after = _has(a, outcome), _has(b, outcome)
    failed, saved = int((~before).sum()), int((~before & after).sum())
    row = paired(before, after, binary=True)._asdict() | {
        "failed": failed, "saved": saved, "lost": int((before & ~after).sum()), "saved_share": saved / failed if failed else np.nan,
    }  # fmt: skip
    for name, one, other in (("depth", a.depth, b.depth), ("breadth", a.breadth, b.breadth)):
        moved = paired(one, other)
        row |= {name: moved.difference} | {f"{name}_{part}": getattr(moved, part) for part in ("se", "low", "high", "pairs")}
    return row


def _has(ends: Ends, outcome: str) -> Flags:
    return ends.in_force if outcome == IN_FORCE else np.asarray(ends.outcome == outcome)

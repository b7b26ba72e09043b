"""Whether accession was simulated in the right order and at the right time, where dates are known well enough."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LAST_DAYS = 20   # from 12 to 31 March 2015, in which more than half of the founders of the AIIB applied


def timing(first: Floats, last: Floats, joined: Flags, simulated: Floats, end: float) -> dict[str, Any] | None:
    """Order and time of accession, observed and simulated; None where observed dates do not differ.

    Args:
        first: days of the earliest date on which each state may have joined, (N,); any value for nonmembers.
        last: the same of the latest date.
        joined: who is a member on the day scored, (N,).
        simulated: days on which states became the members that they are at the end, infinite for nonmembers, (R, N).
        end: the day scored; all days are counted from the freeze date.

    Returns:
        concordance: share of pairs of states that joined in the order simulated (Harrell 1982), by the mean over
            replicates of the simulated day, with `end` for nonmembers and ties half. Pairs count whose order is known:
            their spans of days share no day; nonmembers come after all members, and have no order among each other.
        concordance_members: the same among members alone.
        median_observed, median_simulated: days of accession; observed ones at the middle of their spans, simulated ones
            of all replicates together.
        last_days_observed, last_days_simulated: share of accessions in the last 20 days; the observed one is None where a
            date is known less closely than that.
        What has no pairs or no accessions is None.
    """
    if len(set(zip(first[joined].tolist(), last[joined].tolist(), strict=True))) < 2:
        return None
    expected = np.minimum(simulated, end).mean(axis=0)
    starts, ends = np.where(joined, first, np.inf), np.where(joined, last, np.inf)
    known = bool((last[joined] - first[joined] < LAST_DAYS).all())
    reached = simulated[np.isfinite(simulated)]
    return {
        "concordance": concordance(starts, ends, expected),
        "concordance_members": concordance(starts[joined], ends[joined], expected[joined]),
        "median_observed": float(np.median((first[joined] + last[joined]) / 2.0)),
        "median_simulated": float(np.median(reached)) if len(reached) else None,
        "last_days_observed": _share_late(last[joined], end) if known else None,
        "last_days_simulated": _share_late(reached, end),
    }


def concordance(first: Floats, last: Floats, expected: Floats) -> float | None:
    """Share of pairs with disjoint spans, i wholly before j, in which i is expected before j, ties half; None without.

    lifelines has this for exact and right-censored times, not for spans.
    """
    before = last[:, None] < first[None, :]
    if not before.any():
        return None
    gap = np.round(expected[None, :] - expected[:, None], 9)[before]   # means of equal days may differ in the last digit
    return float(np.mean((gap > 0) + 0.5 * (gap == 0)))


def _share_late(days: Floats, end: float) -> float | None:
    return float(np.mean(days > end - LAST_DAYS)) if len(days) else None

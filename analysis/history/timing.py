"""Whether accession was simulated in the right order and at the right time, where dates are known well enough."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LAST_DAYS = 20   # from 12 to 31 March 2015, in which more than half of the founders of the AIIB applied


def timing(first: Floats, last: Floats, joined: Flags, simulated: Floats, day: float) -> dict[str, Any] | None:
    """Order and time of accession, observed and simulated; None where observed dates do not differ.

    Args:
        first: days of the earliest date on which each state may have joined, (N,); any value for nonmembers.
        last: the same of the latest date.
        joined: who is a member on the day scored, (N,).
        simulated: start and end of the rounds in which states became the members that they are at the end, infinite for
            nonmembers, (2, R, N). A state simulated to join in a round does so in the middle of it.
        day: the day scored, which counts to its end; all days are counted from the freeze date.

    Returns:
        concordance_members: share of pairs of members that joined in the order simulated (Harrell 1982), by the mean over
            replicates of the simulated day, with the end of `day` for nonmembers and ties half. Pairs count whose order is
            known: their spans of days share no day.
        concordance: the same with nonmembers, who come after all members and have no order among each other; where most
            states stay out it says mostly who joins.
        median_observed, median_simulated: days of accession; observed ones at the middle of their spans, simulated ones
            of all replicates together.
        last_days_observed, last_days_simulated: share of accessions in the last 20 days (see `share_late`); the observed
            one is None where a date is known less closely than that.
        What has no pairs or no accessions is None.
    """
    if len(set(zip(first[joined].tolist(), last[joined].tolist(), strict=True))) < 2:
        return None
    middle = simulated.mean(axis=0)
    expected = np.minimum(middle, day + 1.0).mean(axis=0)
    starts, ends = np.where(joined, first, np.inf), np.where(joined, last, np.inf)
    known = bool((last[joined] - first[joined] < LAST_DAYS).all())
    reached = np.isfinite(middle)
    return {
        "concordance_members": concordance(starts[joined], ends[joined], expected[joined]),
        "concordance": concordance(starts, ends, expected),
        "median_observed": float(np.median((first[joined] + last[joined]) / 2.0)),
        "median_simulated": float(np.median(middle[reached])) if reached.any() else None,
        "last_days_observed": share_late(last[joined], last[joined] + 1.0, day) if known else None,
        "last_days_simulated": share_late(simulated[0, reached], simulated[1, reached], day),
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


def share_late(start: Floats, end: Floats, day: float) -> float | None:
    """Share of accessions in the 20 days of which `day` is the last; None without any.

    Each counts by the part of its time, from `start` to `end`, (n,), that lies in them: a day for an observed one, the
    round for a simulated one, whose day within it is left open.
    """
    inside = np.clip(end - np.maximum(start, day + 1.0 - LAST_DAYS), 0.0, None) / (end - start)
    return float(inside.mean()) if len(inside) else None

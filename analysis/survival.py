"""When consensus forms and when it fails, over the runs of a sweep: curves of cumulative incidence, and shares of outcomes."""

from __future__ import annotations

import pandas as pd

from waico.runs.sweep import Sweep

EVENTS = ("adopted", "failed", "in_force", "not_in_force")
CLASSES = 4   # of a numeric factor


def incidence(sweep: Sweep, by: str | None = None, *, seed: int = 0) -> pd.DataFrame:
    """Cumulative incidence of what may happen to the first institution, in days after the freeze date.

    Args:
        sweep: complete or not; runs that failed with an error are left out.
        by: path of a factor, to get curves per class of it.
        seed: of the resamples behind the intervals.

    Returns:
        A row per curve and day on which it rises, with day 0 and the last day. Columns: [by,] event (`adopted`, `failed`,
        `in_force`, `not_in_force`), day, probability, low, high (95%), runs (behind the curve).
    """
    raise NotImplementedError


def outcome_shares(sweep: Sweep, by: str | None = None, *, seed: int = 0) -> pd.DataFrame:
    """Share of every outcome class, also of those that never occur.

    Returns:
        Columns: [by,] outcome (in the order of `waico.negotiation.measure.OUTCOMES`), share, low, high (95%), runs.
    """
    raise NotImplementedError

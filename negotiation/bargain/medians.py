"""Weighted medians: where half of the weight is reached."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ROUNDING = 1e-12   # share of the weight within which a half is a half


def weighted_median(values: Floats, weights: Floats) -> float:
    """The smallest value up to which half of the weight lies (Black 1948); midway to the next on an exact tie.

    On a tie every value between the two will do; the middle makes a scale turned round have the same median.

    Args:
        values: any numbers, (n,).
        weights: not negative and not all 0, (n,).
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    reached /= reached[-1]
    lower = values[order[np.argmax(reached >= 0.5 - ROUNDING)]]
    upper = values[order[np.argmax(reached > 0.5 + ROUNDING)]]
    return float(lower if lower == upper else 0.5 * (lower + upper))

"""95% intervals of differences between two arms whose replicates are paired by common random numbers."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

Floats = NDArray[np.float64]
Interval = tuple[float, float]

UNDEFINED: Interval = (math.nan, math.nan)
TAIL = 0.975   # both sides together leave 5%
Z = float(ndtri(TAIL))
NOISE = 12   # decimals beyond which differences are rounding noise


class Paired(NamedTuple):
    """One quantity in two arms, over the replicates in which both have it.

    Attributes:
        a, b: means of the arms. difference: mean of b - a. se: its standard error.
        low, high: 95% interval of the difference.
        pairs: replicates in which both arms have the quantity. changed: those of them in which it differs.
        missing_a, missing_b: replicates in which an arm lacks it, such as a text that was never tabled.

    What is not defined is NaN: everything without pairs; standard error and interval with a single pair.
    """

    a: float
    b: float
    difference: float
    se: float
    low: float
    high: float
    pairs: int
    changed: int
    missing_a: int
    missing_b: int


def paired(a: ArrayLike, b: ArrayLike, *, binary: bool = False) -> Paired:
    """Compare two arms replicate by replicate.

    Args:
        a: one value per replicate, NaN where it is missing.
        b: the same of the other arm, in the same order.
        binary: whether the values say yes (1) or no (0), so that the difference is one of shares.
    """
    one, other = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    both = np.isfinite(one) & np.isfinite(other)
    gap = np.round(other[both] - one[both], NOISE)
    n, up, down = len(gap), int((gap > 0).sum()), int((gap < 0).sum())
    low, high = share_interval(down, up, n) if binary else mean_interval(gap)
    return Paired(
        a=_mean(one[both]), b=_mean(other[both]), difference=_mean(gap), se=standard_error(gap), low=low, high=high,
        pairs=n, changed=up + down, missing_a=int((~np.isfinite(one)).sum()), missing_b=int((~np.isfinite(other)).sum()),
    )  # fmt: skip


def standard_error(differences: Floats) -> float:
    """Standard error of a mean of independent differences, sd / sqrt(n); NaN below two of them."""
    n = len(differences)
    return float(np.std(differences, ddof=1) / math.sqrt(n)) if n > 1 else math.nan


def mean_interval(differences: Floats) -> Interval:
    """Student's t interval of a mean of paired differences (Student 1908).

    Undefined below two differences, and where all are equal: the sample then says nothing about their spread, and an
    interval without width would claim certainty.
    """
    n = len(differences)
    if n < 2 or np.ptp(differences) == 0.0:
        return UNDEFINED
    centre, half = float(np.mean(differences)), float(stdtrit(n - 1, TAIL)) * standard_error(differences)
    return centre - half, centre + half


def share_interval(only_a: int, only_b: int, pairs: int) -> Interval:
    """Interval of a difference of two paired shares, B's less A's (Agresti & Min 2005, Wald with half a pair per cell).

    With c = only_b + 1/2, b = only_a + 1/2 and n = pairs + 2: (c - b)/n +- z sqrt(c + b - (c - b)^2/n) / n, cut off at
    -1 and 1. It holds the observed difference, and has a width even where no pair differs. Undefined below two pairs.

    Args:
        only_a: pairs with yes in A and no in B.
        only_b: pairs with no in A and yes in B.
        pairs: all pairs.
    """
    if pairs < 2:
        return UNDEFINED
    n, gap = pairs + 2, only_b - only_a
    half = Z * math.sqrt(only_a + only_b + 1 - gap**2 / n) / n
    return max(gap / n - half, -1.0), min(gap / n + half, 1.0)


def wilson(successes: ArrayLike, trials: int) -> tuple[Floats, Floats]:
    """Wilson's 95% score interval of a share: lower and upper ends."""
    share = np.asarray(successes, dtype=float) / trials
    centre = (share + Z**2 / (2 * trials)) / (1 + Z**2 / trials)
    half = Z * np.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2)) / (1 + Z**2 / trials)
    return np.clip(centre - half, 0.0, share), np.clip(centre + half, share, 1.0)   # against rounding at 0 and 1


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else math.nan

"""How well a frontier is known from its replicates, by a bootstrap of all points at once: they share their random draws."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from waico.analysis.intervals import Z
from waico.analysis.level_set import LevelSet, distances

Floats = NDArray[np.float64]

BOOTSTRAPS = 400
CONFIDENCE = 0.95


def bootstrap(came: Floats, seed: int) -> Floats:
    """Shares in samples drawn anew from the replicates, the same ones at all points.

    Args:
        came: 1 where the outcome came and 0 where not, (points, replicates); NaN where unknown.
        seed: of the drawing.

    Returns:
        (bootstraps, points); NaN where unknown.
    """
    replicates = came.shape[1]
    draws = np.random.default_rng(seed).multinomial(replicates, np.full(replicates, 1.0 / replicates), BOOTSTRAPS)
    return draws @ came.T / replicates


def band_margin(values: Floats, redrawn: Floats, level: float, replicates: int) -> float:
    """Half the height of a 95% confidence band of a level set (Mammen & Polonik 2013).

    With probability 95%, the estimates along the true level set stay within the margin of the level. What is bootstrapped is
    the largest of the deviations at the points whose own interval holds the level, each in units of its standard error. The
    margin of a single point is the least.

    Args:
        values: shares at the points, NaN where unknown.
        redrawn: the same in bootstrapped samples, (bootstraps, points).
        level: of the level set.
        replicates: of which they are shares.
    """
    error = float(np.sqrt(level * (1.0 - level) / replicates))
    near = (np.abs(values - level) <= Z * error) & (values > 0.0) & (values < 1.0)
    if not near.any():
        return Z * error
    spread = np.sqrt(values[near] * (1.0 - values[near]) / replicates)
    largest = (np.abs(redrawn[:, near] - values[near]) / spread).max(axis=1)
    return max(Z, float(np.quantile(largest, CONFIDENCE))) * error


def shift(found: LevelSet, redrawn: Iterable[LevelSet]) -> float:
    """The distance that 95% of bootstrapped level sets keep from the one found, on the mean along it."""
    length = np.linalg.norm(found.ends[:, 1] - found.ends[:, 0], axis=1)
    middle = found.ends.mean(axis=1)
    means = [float(np.average(distances(middle, other), weights=length)) for other in redrawn]
    return float(np.quantile(means, CONFIDENCE, method="higher"))

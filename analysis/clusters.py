"""Runs of a sweep are not independent of one another: resamples and intervals that know which belong together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta, t

from waico.runs.plan import Plan

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Statistic = Callable[[Floats], Floats]

RESAMPLES = 400   # a standard error is then itself known to 4%
TAIL = 0.025
TINY = 1e-9   # rounding noise in a number of runs


def blocks(plan: Plan) -> Integers:
    """Which samples were drawn together, (samples,): rows of a base point (sobol) or trajectory (morris), else none."""
    factors = len(plan.design.factors)
    size = {"sobol": factors + 2, "morris": factors + 1}.get(plan.design.sampler, 1)
    return np.arange(len(plan.samples)) // size


@dataclass(frozen=True)
class Clusters:
    """Runs by what they share.

    Runs of a sample share its factors, and runs with the same number of replicate share their random draws, whatever
    their sample: the coefficients of states, too, so that a replicate may decide more than the factors do. Samples (or
    what was drawn together with them) are resampled with replacement, replicates are, and the two variances are added
    (Cameron, Gelbach & Miller 2011, without their third term, the variance of independent runs: on average the sum is
    too large by no more than that). With one replicate only samples are resampled: intervals are then about other
    samples under the same draws. With two that decide all, 95% intervals hold the truth in 88% of cases.

    The points of a grid were not drawn but set: another study of it would have the same ones. Only its replicates are
    resampled, the same ones at all points, whose draws they share; with one replicate nothing is, and it counts as one run.

    Attributes:
        block: of each run, counted from 0, (runs,); the same for all runs of a grid.
        replicate: the same.
    """

    block: Integers
    replicate: Integers

    @classmethod
    def of(cls, runs: pd.DataFrame, plan: Plan) -> Clusters:
        """The clusters of some of the runs of a sweep."""
        sample = runs["sample"].to_numpy(dtype=int)
        drawn = np.zeros(len(sample)) if plan.design.sampler == "grid" else blocks(plan)[sample]
        return cls(
            np.unique(drawn, return_inverse=True)[1],
            np.unique(runs["replicate"].to_numpy(dtype=int), return_inverse=True)[1],
        )

    def limits(
        self, shares: Floats, cell: Integers, size: int, statistic: Statistic, seed: int
    ) -> tuple[Floats, Floats]:
        """95% intervals of shares of the runs (Korn & Graubard 1998).

        The exact binomial interval of Clopper & Pearson for the number of independent runs that would have the same
        variance, less a factor for how little few clusters say about it (degrees of freedom: Satterthwaite 1946). That
        number is never below the number of replicates, or of samples if those are fewer or there is one replicate, as
        if these decided all; where all or no runs count, nothing tells how alike runs are, and it is that. Nor is it
        above the number of runs, also where all resamples agree.

        Args:
            shares: what was found, (K,).
            cell: which of `size` cells each run is in, (runs,).
            size: number of cells.
            statistic: makes shares (..., K) of numbers of runs by cell (..., size).
            seed: of the resamples.

        Returns:
            Low and high ends, within [0, 1] and never without width.
        """
        rng = np.random.default_rng(seed)
        ways = [(group, many) for group in (self.block, self.replicate) if (many := int(group.max()) + 1) > 1]
        parts = np.array([
            statistic(_drawn(group, cell, size, rng)).var(axis=0) * many / (many - 1) for group, many in ways
        ])
        freedom = np.array([many - 1 for _, many in ways])
        least = min((many for _, many in ways), default=1)
        return _binomial(shares, _effective(shares, parts.reshape(-1, *shares.shape), freedom, len(cell), least))


def _drawn(group: Integers, cell: Integers, size: int, rng: np.random.Generator) -> Floats:
    """Runs by cell when groups of runs are drawn with replacement, (resamples, size)."""
    many = int(group.max()) + 1
    draws = (np.bincount(rng.integers(0, many, many), minlength=many) for _ in range(RESAMPLES))
    return np.array([np.bincount(cell, count[group], minlength=size) for count in draws])


def _effective(shares: Floats, parts: Floats, freedom: Integers, runs: int, least: int) -> Floats:
    """The number of independent runs that say as much, (K,), from variances (ways, K) and freedom (ways,)."""
    known = (shares > 0.0) & (shares < 1.0) & (len(parts) > 0)
    variance = np.maximum(parts.sum(axis=0), TINY**2)
    effective = variance**2 / np.maximum((parts**2 / freedom[:, None]).sum(axis=0), 1e-300)
    doubt = (t.ppf(TAIL, max(runs - 1, 1)) / t.ppf(TAIL, np.maximum(effective, 1.0))) ** 2
    alike = shares * (1.0 - shares) / variance * doubt
    return np.where(known, np.clip(alike, least, runs), least)


def _binomial(shares: Floats, runs: Floats) -> tuple[Floats, Floats]:
    """Clopper & Pearson's interval of shares of any number of runs, whole or not."""
    yes, no = runs * shares, runs * (1.0 - shares)
    low = np.where(yes > TINY, beta.ppf(TAIL, np.maximum(yes, TINY), no + 1.0), 0.0)
    high = np.where(no > TINY, beta.ppf(1.0 - TAIL, yes + 1.0, np.maximum(no, TINY)), 1.0)
    return low, high

"""Regions of the space of a sweep's factors: what they ask of factors, in words, and how well they tell runs apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import hypergeom

from waico.analysis.clusters import blocks
from waico.analysis.factors import short_names
from waico.runs.sweep import Sweep

Flags = NDArray[np.bool_]

PERMUTATIONS = 9999
ROUNDING = 1e-9   # of sums that are equal


class Fit(NamedTuple):
    """How well a region tells runs with an outcome from the others.

    Attributes:
        coverage: share of the runs with the outcome that are inside; NaN if no run has it.
        density: share of the runs inside that have the outcome; NaN if none is inside.
        mass: share of all runs that are inside.
    """

    coverage: float
    density: float
    mass: float


@dataclass(frozen=True)
class Restriction:
    """What a region asks of a factor: a number between two limits, infinite where open, or one of some values.

    Attributes:
        factor: its path.
        low, high: the limits.
        values: None for a number.
        quasi_p_low, quasi_p_high: of the limits, see `waico.analysis.discovery.Box`; of values in quasi_p_low.
    """

    factor: str
    low: float = -np.inf
    high: float = np.inf
    values: tuple[Any, ...] | None = None
    quasi_p_low: float = np.nan
    quasi_p_high: float = np.nan

    def holds(self, column: pd.Series) -> Flags:
        """Which values of the factor meet it."""
        if self.values is not None:
            return column.isin(list(self.values)).to_numpy(dtype=bool)
        return column.between(self.low, self.high).to_numpy(dtype=bool)

    def in_words(self, name: str) -> str:
        """Such as `opening enforcement below 0.31`."""
        if self.values is not None:
            *others, last = map(str, self.values)
            return f"{name} is {', '.join(others)} or {last}" if others else f"{name} is {last}"
        if np.isinf(self.low):
            return f"{name} below {self.high:.3g}"
        if np.isinf(self.high):
            return f"{name} above {self.low:.3g}"
        return f"{name} between {self.low:.3g} and {self.high:.3g}"


Region = list[Restriction]


@dataclass(frozen=True)
class Halves:
    """The runs of a sweep in two halves, one to find regions on and one to check them on.

    Samples are halved, not runs, and samples that were drawn together stay together.

    Attributes:
        x: factors of each run under their paths.
        y: whether it has the outcome, (runs,).
        sample: its number, (runs,).
        first: whether it is in the half to find regions on, (runs,).
    """

    x: pd.DataFrame
    y: Flags
    sample: NDArray[np.int64]
    first: Flags

    @classmethod
    def of(cls, sweep: Sweep, runs: pd.DataFrame, y: pd.Series, seed: int) -> Halves:
        """Halve some runs of a sweep at random."""
        sample = runs["sample"].to_numpy(dtype=int)
        block = blocks(sweep.plan)[sample]
        shuffled = np.random.default_rng(seed).permutation(np.unique(block))
        first = np.isin(block, shuffled[: (len(shuffled) + 1) // 2])
        return cls(runs[list(sweep.plan.samples.columns)], y.to_numpy(dtype=bool), sample, first)

    def inside(self, region: Region) -> Flags:
        """Which runs are inside of a region."""
        met = (each.holds(self.x[each.factor]) for each in region)
        return np.logical_and.reduce([np.ones(len(self.y), dtype=bool), *met])

    def fit(self, region: Region, *, held_out: bool) -> Fit:
        """How well a region does on a half."""
        part = self.first != held_out
        inside, y = self.inside(region)[part], self.y[part]
        both = int((inside & y).sum())
        coverage = both / int(y.sum()) if y.any() else np.nan
        density = both / int(inside.sum()) if inside.any() else np.nan
        return Fit(coverage, density, float(inside.mean()) if len(y) else np.nan)

    def share(self, *, held_out: bool) -> float:
        """Share of the runs of a half that have the outcome."""
        part = self.y[self.first != held_out]
        return float(part.mean()) if len(part) else np.nan

    def p_value(self, region: Region, *, held_out: bool, within: Region | None = None) -> float:
        """One-sided test on a half: inside of a region it is as common as outside, or less (`within` a wider one).

        A permutation test (Fisher 1935; Pitman 1937) of the shares of samples' replicates: replicates need not be
        independent, and draws that samples have in common are no noise. Exact where shares take two values, else from
        9,999 permutations, drawn as numbers of samples by share. NaN where a side is empty, or all samples are alike.
        """
        runs = pd.DataFrame({"sample": self.sample, "inside": self.inside(region), "y": self.y})
        part = runs[(self.first != held_out) & self.inside(within or [])]
        samples = part.groupby("sample").agg(inside=("inside", "first"), share=("y", "mean"))
        inside = samples["inside"].to_numpy(dtype=bool)
        shares, place = np.unique(samples["share"], return_inverse=True)
        if inside.all() or not inside.any() or len(shares) < 2:
            return np.nan
        all_, found = np.bincount(place), np.bincount(place[inside], minlength=len(shares))
        if len(shares) == 2:
            return float(hypergeom.sf(found[1] - 1, all_.sum(), all_[1], found.sum()))
        rng = np.random.default_rng(0)
        drawn = rng.multivariate_hypergeometric(all_, int(found.sum()), PERMUTATIONS, method="marginals") @ shares
        return float((1 + (drawn >= found @ shares - ROUNDING).sum()) / (1 + PERMUTATIONS))

    def p_value_of(self, restriction: Restriction, region: Region) -> float:
        """The same test of what a restriction adds to the others of a region, on the half to find regions on."""
        others = [each for each in region if each is not restriction]
        return self.p_value(region, held_out=False, within=others)

    def weakest(self, region: Region, level: float) -> Restriction | None:
        """The restriction that adds least to the others, if that is not significant at a level."""
        p_values = np.nan_to_num([self.p_value_of(each, region) for each in region], nan=1.0)
        return region[int(p_values.argmax())] if (p_values > level).any() else None

    def in_words(self, region: Region) -> str:
        """Such as `opening enforcement below 0.31 and bargaining protocol is nash`."""
        names = short_names(list(self.x.columns))
        return " and ".join(each.in_words(names[each.factor]) for each in region)

"""How a measure changes along the factors of a sweep: its mean over the runs of every class of a factor."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t

from waico.analysis.clusters import Clusters
from waico.analysis.factors import classes, is_numeric
from waico.analysis.outputs import INDICATORS, carried_out, output
from waico.runs.sweep import Sweep

Floats = NDArray[np.float64]

SAMPLES_PER_BIN = 20   # at least, so that a mean says something
MOST_BINS = 8
TAIL = 0.975


def binned_means(sweep: Sweep, measure: str, *, seed: int = 0) -> pd.DataFrame:
    """Mean of a measure by class of every factor, all other factors varying as they were swept.

    Numeric factors are cut at quantiles of the samples, into up to eight classes of at least 20, or into two; other factors, and
    numbers of few values, have a class per value. Intervals know that runs share samples and replicates, see
    `waico.analysis.clusters`.

    Args:
        sweep: complete or not; runs that failed, or lack the measure, are left out.
        measure: an outcome class or `in_force` (as shares of runs), or a numeric column of outcomes.
        seed: of the resamples behind the intervals of shares.

    Returns:
        A row per factor and class that has runs. Columns: measure, factor, class, at (mean of the factor in the class; missing
        for words), mean, low, high (95%; missing where it is not defined), samples, runs.

    Raises:
        InputError: there is no such measure, or no run.
    """
    runs = carried_out(sweep)
    value = output(runs, measure)
    runs, value = runs[value.notna()], value[value.notna()]
    rows = [
        {
            "measure": measure,
            "factor": str(path),
            "class": name,
            "at": at,
            **class_mean(sweep, part, value.loc[part.index], measure, seed),
        }
        for path in sweep.plan.samples
        for name, at, part in _classes(sweep, str(path), runs)
    ]
    return pd.DataFrame(rows, columns=["measure", "factor", "class", "at", "mean", "low", "high", "samples", "runs"])


def binned_pairs(sweep: Sweep, x: str, y: str, measure: str, *, seed: int = 0, count: int = 3) -> pd.DataFrame:
    """Mean of a measure by classes of two factors, which shows whether one works otherwise where the other is high.

    Args:
        sweep: complete or not; runs that failed, or lack the measure, are left out.
        x: path of one factor.
        y: path of the other.
        measure: as for `binned_means`.
        seed: of the resamples behind the intervals of shares.
        count: classes of each factor, at quantiles of the samples; those in words have one per value.

    Returns:
        A row per pair of classes that has runs. Columns: x, y (classes, in order), mean, low, high (95%; missing where it is not defined), samples, runs.

    Raises:
        InputError: there is no such factor or measure, or no run.
    """
    runs = carried_out(sweep)
    value = output(runs, measure)
    runs, value = runs[value.notna()], value[value.notna()]
    cuts = [classes(sweep, path, count).iloc[runs["sample"].to_numpy(dtype=int)].set_axis(runs.index) for path in (x, y)]
    rows = [
        {"x": str(one), "y": str(other), **class_mean(sweep, part, value.loc[part.index], measure, seed)}
        for (one, other), part in runs.groupby(cuts, observed=True)
    ]
    return pd.DataFrame(rows, columns=["x", "y", "mean", "low", "high", "samples", "runs"])


def _classes(sweep: Sweep, path: str, runs: pd.DataFrame) -> Iterator[tuple[str, float, pd.DataFrame]]:
    """The runs of every class of a factor that has any, in its order, with its name and the mean of the factor in it."""
    column = sweep.plan.samples[path]
    cut = classes(sweep, path, min(MOST_BINS, max(2, len(column) // SAMPLES_PER_BIN)))
    label = cut.iloc[runs["sample"].to_numpy(dtype=int)].set_axis(runs.index)
    for name, part in runs.groupby(label, observed=True):
        yield str(name), float(part[path].mean()) if is_numeric(column) else np.nan, part


def class_mean(sweep: Sweep, runs: pd.DataFrame, value: pd.Series, measure: str, seed: int) -> dict[str, float]:
    """Mean of a measure over runs, with its interval and what it rests on."""
    clusters, values = Clusters.of(runs, sweep.plan), value.to_numpy(dtype=float)
    mean = float(values.mean())
    if measure in INDICATORS:
        ends = clusters.limits(np.array([mean]), values.astype(int), 2, _share_of_ones, seed)
        low, high = (float(end[0]) for end in ends)
    else:
        low, high = clustered_interval(values, clusters)
    return {"mean": mean, "low": low, "high": high, "samples": runs["sample"].nunique(), "runs": len(runs)}


def _share_of_ones(numbers: Floats) -> Floats:
    return numbers[..., 1:] / numbers.sum(axis=-1, keepdims=True)


def clustered_interval(values: Floats, clusters: Clusters, tests: int = 1) -> tuple[float, float]:
    """95% interval of a mean over runs that share samples and replicates; not defined where neither shows any spread.

    The variances by samples and by replicates are added, as in `Clusters` (Cameron, Gelbach & Miller 2011): each is G/(G-1)
    times the sum over its G clusters of their summed residuals squared, over n^2. Student's t has as many degrees of freedom
    as the fewer clusters leave. Of several `tests`, intervals hold for all together (Bonferroni; Dunn 1961).
    """
    rest, variance, freedom = values - values.mean(), 0.0, []
    for group in (clusters.block, clusters.replicate):
        many = int(group.max()) + 1
        if many > 1:
            variance += many / (many - 1) * float((np.bincount(group, rest) ** 2).sum()) / len(values) ** 2
            freedom.append(many - 1)
    if variance <= np.finfo(float).eps ** 2:
        return np.nan, np.nan
    half = float(t.ppf(1.0 - (1.0 - TAIL) / tests, min(freedom))) * variance**0.5
    return float(values.mean()) - half, float(values.mean()) + half

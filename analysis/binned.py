"""How a measure changes along the factors of a sweep: its mean over the runs of every class of a factor."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import t

from waico.analysis.clusters import Clusters
from waico.analysis.factors import FEW, classes, is_numeric
from waico.analysis.outputs import INDICATORS, carried_out, output
from waico.runs.sweep import Sweep

SAMPLES_PER_BIN = 20   # at least, so that a mean says something
MOST_BINS = 8
TAIL = 0.975


def binned_means(sweep: Sweep, measure: str, *, seed: int = 0) -> pd.DataFrame:
    """Mean of a measure by class of every factor, all other factors varying as they were swept.

    Numeric factors are cut at quantiles of the samples, into up to eight classes of at least 20; other factors, and numbers of few
    values, have a class per value. Intervals rest on resamples of samples and replicates, see `waico.analysis.clusters`.

    Args:
        sweep: complete or not; runs that failed, or lack the measure, are left out.
        measure: an outcome class or `in_force` (as shares of runs), or a numeric column of outcomes.
        seed: of the resamples.

    Returns:
        A row per factor and class that has runs. Columns: measure, factor, class, at (mean of the factor in the class; missing for words),
        mean, low, high (95%; missing where it is not defined), samples, runs.

    Raises:
        InputError: there is no such measure, or no run.
    """
    runs = carried_out(sweep)
    value = output(runs, measure)
    runs, value = runs[value.notna()], value[value.notna()]
    rows = [
        {"measure": measure, "factor": str(path), "class": name, "at": at, **_mean(sweep, part, value.loc[part.index], measure, seed)}
        for path in sweep.plan.samples
        for name, at, part in _classes(sweep, str(path), runs)
    ]
    return pd.DataFrame(rows, columns=["measure", "factor", "class", "at", "mean", "low", "high", "samples", "runs"])


def _classes(sweep: Sweep, path: str, runs: pd.DataFrame) -> Iterator[tuple[str, float, pd.DataFrame]]:
    """The runs of every class of a factor that has any, in its order, with its name and the mean of the factor in it."""
    column = sweep.plan.samples[path]
    if is_numeric(column) and column.nunique() > FEW:
        count = min(MOST_BINS, max(2, len(column) // SAMPLES_PER_BIN))
        cut = pd.qcut(column, count, duplicates="drop")
        names = {place: f"{place.left:.3g} to {place.right:.3g}" for place in cut.cat.categories}
    else:
        cut = classes(sweep, path)
        names = {name: name for name in cut.cat.categories}
    label = cut.iloc[runs["sample"].to_numpy(dtype=int)].set_axis(runs.index)
    for place, part in runs.groupby(label, observed=True):
        yield names[place], float(part[path].mean()) if is_numeric(column) else np.nan, part


def _mean(sweep: Sweep, runs: pd.DataFrame, value: pd.Series, measure: str, seed: int) -> dict[str, float]:
    """Mean of a measure over runs, with its interval and what it rests on."""
    clusters, values = Clusters.of(runs, sweep.plan), value.to_numpy(dtype=float)
    mean = float(values.mean())
    variance = float(np.var([weights @ values / weights.sum() for weights in clusters.weights(seed) if weights.any()]))
    if measure in INDICATORS:
        low, high = (float(end) for end in clusters.limits(mean, variance))
    elif clusters.independent > 1 and variance > 0.0:
        half = float(t.ppf(TAIL, clusters.independent - 1)) * variance**0.5
        low, high = mean - half, mean + half
    else:
        low, high = np.nan, np.nan
    return {"mean": mean, "low": low, "high": high, "samples": runs["sample"].nunique(), "runs": len(runs)}

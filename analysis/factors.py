"""The factors of a sweep: their short names, and their samples by classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from waico.analysis.outputs import carried_out
from waico.analysis.wording import count
from waico.runs.sweep import Sweep
from waico.scenarios.errors import InputError, nearest

CLASSES = 4   # of a numeric factor of many values
FEW = 6   # values that are classes of their own


def short_names(paths: Sequence[str]) -> dict[str, str]:
    """Names for figures and sentences by path: its last two parts, with whose they are, or all of it where others end alike."""
    names = {path: " ".join([*_owner(path), *path.split(".")[-2:]]) for path in paths}
    count = Counter(names.values())
    return {path: name if count[name] == 1 else path for path, name in names.items()}


def _owner(path: str) -> list[str]:
    """The state or institution that a parameter belongs to, if its last two parts do not name it."""
    kind, *rest = path.split(".")
    return rest[:1] if kind in ("nations", "institutions") and len(rest) > 2 else []


def of_runs(sweep: Sweep) -> str:
    """Which runs a figure pools, for its subtitle: how many, of which samples, or of which mix of levels where they are a grid."""
    runs, design = carried_out(sweep), sweep.plan.design
    points = count(runs["sample"].nunique(), "sample")
    if design.sampler == "grid":
        names = short_names([str(path) for path in sweep.plan.samples])
        points = " x ".join(f"{sweep.plan.samples[path].nunique()} {name}" for path, name in names.items()) + ", all pooled alike"
    return f"{count(len(runs), 'run')}: {points}, {count(design.replicates, 'replicate')}, seed {design.seed}"


def is_numeric(column: pd.Series) -> bool:
    """Whether values are numbers, which true and false are not."""
    return bool(pd.api.types.is_numeric_dtype(column)) and not pd.api.types.is_bool_dtype(column)


def classes(sweep: Sweep, by: str, number: int = CLASSES) -> pd.Series:
    """The class of every sample, in words; as a categorical, in the order of the values.

    Words, dates, flags, and numbers of at most six values are classes of their own. Other numbers are cut at
    quantiles of the samples, so that the `number` of classes hold equally many of them, up to ties.

    Raises:
        InputError: the sweep has no such factor.
    """
    samples = sweep.plan.samples
    if by not in samples:
        raise InputError(str(sweep.folder), by, "is no factor of the sweep", nearest(by, map(str, samples.columns)))
    column = samples[by]
    if is_numeric(column) and column.nunique() > FEW:
        cut, edges = pd.qcut(column, number, retbins=True, duplicates="drop")
        return cut.cat.rename_categories(_spans(edges.tolist()))
    values = sorted(column.unique().tolist())
    names = {value: f"{value:g}" if is_numeric(column) else str(value) for value in values}
    return column.map(names).astype(pd.CategoricalDtype(list(names.values()), ordered=True))


def _spans(edges: list[float]) -> list[str]:
    """Words for the stretches between edges, with as many digits as tell them apart."""
    for digits in (3, 6, 12, 17):
        words = [f"{edge:.{digits}g}" for edge in edges]
        if len(set(words)) == len(words):
            break
    return [f"{low} to {high}" for low, high in pairwise(words)]


def codes(column: pd.Series) -> np.ndarray:
    """Numbers that stand for the values of a factor: themselves, or their places in order of appearance."""
    return column.to_numpy(dtype=float) if is_numeric(column) else pd.factorize(column)[0].astype(float)

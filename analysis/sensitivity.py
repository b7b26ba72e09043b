"""Which factors of a sweep matter: Sobol' and Morris indices of designs made for them, delta of any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from waico.analysis.factors import codes, is_numeric
from waico.analysis.given_data import RESAMPLES, Estimate, first_order_and_delta, missing
from waico.analysis.outputs import output
from waico.runs.sampling import problem
from waico.runs.sweep import Sweep
from waico.scenarios.errors import InputError, extra

Floats = NDArray[np.float64]
Found = dict[tuple[str, str], Estimate]   # by factor and index

MEASURES = (
    "binding_regime", "no_text", "in_force", "breadth_states", "depth", "agreement", "fault_line", "display_gap",
)  # fmt: skip
INDICES = {"sobol": ("S1", "ST"), "morris": ("mu", "mu_star", "sigma")}
GIVEN_DATA = ("S1", "delta")
NO_INTERVAL = "SALib gives no interval for sigma"


def indices(sweep: Sweep, measures: str | Sequence[str] = MEASURES, *, seed: int = 0) -> pd.DataFrame:
    """Sensitivity indices of measures to factors, by the methods that the sampler of the sweep is made for.

    - sobol: first-order (S1) and total (ST) shares of the variance (Saltelli et al. 2010), by SALib.
    - morris: mean (mu), mean size (mu_star; Campolongo et al. 2007) and spread (sigma) of elementary effects (Morris
      1991), by SALib: the change of the measure over the whole range of a factor, evenly in its logarithm where the
      design says so.
    - other samplers: S1, and the shift of the measure's whole distribution (delta; Borgonovo 2007), see
      `waico.analysis.given_data`.

    What is explained is the mean of a sample over its replicates, over those that have the measure. As all samples
    share the same random draws, it is a function of the factors alone, and indices are of that function: other draws
    would give others, and more replicates bring them closer. `noise` tells how much: the share of the variance of these
    means that is left when effects of sample and of replicate are taken out, s^2 / replicates over the variance of the
    means (two-way analysis of variance). About 1 or more says that draws decide which way factors work. What draws do
    to all samples alike is in no index, nor in `noise`.

    Numbers are as estimated: sampling noise may put indices outside [0, 1]. Where there is no number, `note` says why.

    Args:
        sweep: complete.
        measures: outcome classes and `in_force` (both as indicators), or numeric columns of outcomes; one or several.
        seed: of the resamples behind the intervals.

    Returns:
        A row per measure, factor and index. Columns: measure, factor, index, value, low, high (95%), noise, note.

    Raises:
        InputError: runs are missing, or failed and the method cannot do without; there is no such measure.
        NeedsExtra: SALib is missing.
    """
    _check(sweep)
    asked = [measures] if isinstance(measures, str) else measures
    return pd.concat([_of_measure(sweep, measure, seed) for measure in asked], ignore_index=True)


def _check(sweep: Sweep) -> None:
    """Refuse what would bias indices."""
    folder, sampler = str(sweep.folder), sweep.plan.design.sampler
    if not sweep.complete:
        what = f"has {len(sweep.runs):,} of {sweep.plan.runs:,} runs"
        raise InputError(folder, "", what, "finish it with waico sweep --resume: indices need all")
    failed = int(sweep.runs["error"].notna().sum())
    if failed and sampler in INDICES:
        what = f"has {failed:,} runs that failed, and indices of a {sampler} design need all"
        raise InputError(folder, "", what, "see the column error of its runs, and keep factors to what is possible")


def _of_measure(sweep: Sweep, measure: str, seed: int) -> pd.DataFrame:
    """All indices of a measure."""
    values = output(sweep.runs, measure)
    means = values.groupby(sweep.runs["sample"]).mean().to_numpy()
    known = np.isfinite(means)
    notes = _notes(values, known)
    paths = [str(path) for path in sweep.plan.samples.columns]
    names = INDICES.get(sweep.plan.design.sampler, GIVEN_DATA)
    reason = _no_index(sweep, means)
    if reason:
        found: Found = {(path, name): missing(reason) for path in paths for name in names}
    else:
        found = _estimates(sweep, paths, means, seed)
    noise, why = replicate_noise(values.to_numpy().reshape(len(means), -1))
    rows = [
        (measure, path, name, *estimate[:3], noise, "; ".join(filter(None, (estimate.note, why, *notes))))
        for (path, name), estimate in found.items()
    ]
    return pd.DataFrame(rows, columns=["measure", "factor", "index", "value", "low", "high", "noise", "note"])


def _notes(values: pd.Series, known: NDArray[np.bool_]) -> list[str]:
    """What is left out of the means of samples."""
    absent, lost = int(values.isna().sum()), int((~known).sum())
    notes = [f"missing in {absent:,} of {len(values):,} runs"] if absent else []
    return notes + ([f"{lost:,} of {len(known):,} samples have no run with it"] if lost else [])


def _no_index(sweep: Sweep, means: Floats) -> str:
    """Why a measure has no index at all; empty if it has."""
    sampler, factors = sweep.plan.design.sampler, sweep.plan.samples.shape[1]
    present = means[np.isfinite(means)]
    if sampler in INDICES and len(present) < len(means):
        return f"{sampler} needs all samples"
    if sampler in INDICES and sweep.plan.design.samples == 1:
        return "one base point" if sampler == "sobol" else "one trajectory"
    if sampler == "sobol":
        present = present.reshape(-1, factors + 2)[:, [0, -1]]   # the base points, which the variance is taken over
    return "does not vary" if present.size == 0 or np.ptp(present) <= np.finfo(float).eps else ""


def _estimates(sweep: Sweep, paths: list[str], means: Floats, seed: int) -> Found:
    """Indices by factor and name."""
    sampler = sweep.plan.design.sampler
    with extra("sensitivity indices"):
        if sampler == "sobol":
            return _sobol(paths, means, seed)
        if sampler == "morris":
            return _morris(sweep, paths, means, seed)
    known = np.isfinite(means)
    found: Found = {}
    for path in paths:
        column = sweep.plan.samples[path]
        estimates = first_order_and_delta(codes(column)[known], means[known], is_numeric(column), seed)
        found |= {(path, name): estimate for name, estimate in estimates.items()}
    return found


def _sobol(paths: list[str], means: Floats, seed: int) -> Found:
    from SALib.analyze import sobol

    made = sobol.analyze(
        problem(paths), means, calc_second_order=False, num_resamples=RESAMPLES, seed=seed + 1   # 0 is none to SALib
    )
    return {
        (path, name): _around(made[name][place], made[f"{name}_conf"][place])
        for place, path in enumerate(paths) for name in INDICES["sobol"]
    }  # fmt: skip


def _morris(sweep: Sweep, paths: list[str], means: Floats, seed: int) -> Found:
    """Elementary effects; the interval of mu is Student's."""
    from SALib.analyze import morris

    made: dict[str, Any] = morris.analyze(
        problem(paths), sweep.plan.unit, means, num_resamples=RESAMPLES, num_levels=sweep.plan.design.levels, seed=seed
    )
    trajectories = len(means) // (len(paths) + 1)
    found: Found = {}
    for place, path in enumerate(paths):
        mu, mu_star, sigma, half = (float(made[name][place]) for name in ("mu", "mu_star", "sigma", "mu_star_conf"))
        signless = "" if is_numeric(sweep.plan.samples[path]) else "its sign is by the order in which values are listed"
        student = float(stdtrit(trajectories - 1, 0.975)) * sigma / trajectories**0.5
        found[path, "mu"] = _around(mu, student)._replace(note=signless)
        found[path, "mu_star"] = _around(mu_star, half)
        found[path, "sigma"] = Estimate(sigma, np.nan, np.nan, NO_INTERVAL)
    return found


def _around(value: float, half: float) -> Estimate:
    return Estimate(float(value), float(value - half), float(value + half))


def replicate_noise(values: Floats) -> tuple[float, str]:
    """Share of the variance of samples' means that is noise of replicates, from values (samples, replicates).

    Returns:
        The share, of the samples that lack no value; missing if it cannot be told, with a word on why.
    """
    whole = values[np.isfinite(values).all(axis=1)]
    samples, replicates = whole.shape
    if replicates < 2:
        return np.nan, "one replicate: noise is not known"
    if samples < 2:
        return np.nan, "noise is not known"
    means = whole.mean(axis=1)
    if np.ptp(means) <= np.finfo(float).eps:
        return np.nan, "noise is not defined"
    rest = whole - means[:, None] - whole.mean(axis=0) + whole.mean()
    square = (rest**2).sum() / ((samples - 1) * (replicates - 1))
    return float(square / replicates / means.var(ddof=1)), ""

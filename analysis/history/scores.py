"""How well probabilities of membership told who joined: scores of ranking and of level, with bootstrap intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import scoringrules
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]

MEASURES = ("auc", "brier", "log_score")
BINS = 10
RESAMPLES = 1000
FEWEST = 5   # states that an interval is given for: samples of fewer are few and much the same
TAILS = (0.05, 0.95)   # what lies between them is 90%


def smoothed(successes: Counts, trials: int) -> Floats:
    """Probabilities from `successes` of so many simulated trials, (k + 1/2) / (R + 1): Jeffreys' prior (Jeffreys 1946).

    Never 0 or 1, so that no log score is infinite for want of replicates.
    """
    return np.asarray((successes + 0.5) / (trials + 1.0))


def scores(p: Floats, joined: Flags) -> dict[str, float | None]:
    """AUC, Brier and log score of probabilities p, strictly between 0 and 1, (N,), against who joined, (N,), N > 0.

    auc: share of pairs of a member and a nonmember in which the member has the higher p, ties half; None without both.
    brier: mean of (p - y)^2 (Brier 1950), from 0, which is best, to 1.
    log_score: mean of -ln of the probability given to what happened (Good 1952), 0 is best.
    """
    once = np.ones((1, len(p)), dtype=np.int64)
    return {name: _number(values[0]) for name, values in resampled(p, joined, once).items()}


def resamples(states: int, seed: int, count: int = RESAMPLES) -> Counts:
    """How often each state is drawn in bootstrap samples of them with replacement, (count, states)."""
    return np.random.default_rng(seed).multinomial(states, np.full(states, 1.0 / states), size=count)


def resampled(p: Floats, joined: Flags, times: Counts) -> dict[str, Floats]:
    """The scores of samples in which state i stands times[s, i] times, (S,) each; an AUC without both classes is NaN.

    AUC is the Mann-Whitney statistic over pairs, for all samples at once, which scikit-learn has for one at a time only.
    """
    inside, outside = p[joined], p[~joined]
    wins = (inside[:, None] > outside) + 0.5 * (inside[:, None] == outside)
    pairs = times[:, joined].sum(axis=1) * times[:, ~joined].sum(axis=1)
    won = ((times[:, joined] @ wins) * times[:, ~joined]).sum(axis=1)
    total = times.sum(axis=1)
    return {
        "auc": np.divide(won, pairs, out=np.full(len(times), np.nan), where=pairs > 0),
        "brier": times @ (p - joined) ** 2 / total,
        "log_score": times @ -np.log(np.where(joined, p, 1.0 - p)) / total,
    }


def interval(values: Floats, states: int) -> list[float] | None:
    """Percentile interval of 90% (Efron & Tibshirani 1993) from samples of so many states.

    None for fewer than five, and where no sample has a value.
    """
    known = values[~np.isnan(values)]
    return np.quantile(known, TAILS).tolist() if len(known) and states >= FEWEST else None


def judged(p: Floats, joined: Flags, times: Counts) -> dict[str, Any]:
    """Scores with their intervals."""
    spread = resampled(p, joined, times)
    return {**scores(p, joined), "intervals": {name: interval(spread[name], len(p)) for name in MEASURES}}


def differences(p: Floats, baseline: Floats, joined: Flags, times: Counts) -> dict[str, Any]:
    """Scores of p less those of a baseline, with intervals from the same samples of states."""
    ours, theirs = scores(p, joined), scores(baseline, joined)
    our_spread, their_spread = resampled(p, joined, times), resampled(baseline, joined, times)
    found = {}
    for name in MEASURES:
        one, other = ours[name], theirs[name]
        found[name] = {
            "difference": None if one is None or other is None else one - other,
            "interval": interval(our_spread[name] - their_spread[name], len(p)),
        }
    return found


def calibration(p: Floats, joined: Flags) -> list[dict[str, float]]:
    """Mean probability and share of members by ten equal bins of probability; empty ones are left out."""
    place = np.minimum((p * BINS).astype(int), BINS - 1)
    rows = []
    for number in np.unique(place).tolist():
        inside = place == number
        rows.append({
            "low": number / BINS, "high": (number + 1) / BINS, "n": int(inside.sum()),
            "mean": float(p[inside].mean()), "observed": float(joined[inside].mean()),
        })  # fmt: skip
    return rows


def level(counts: Counts, observed: int) -> dict[str, float]:
    """The number of members: simulated, one per replicate, (R,), against the observed one.

    crps: continuous ranked probability score of the simulated numbers, in states (Matheson & Winkler 1976); 0 is best.
    """
    low, high = np.quantile(counts, TAILS)
    return {
        "n_observed": observed,
        "n_mean": float(counts.mean()),
        "n_q05": float(low),
        "n_q95": float(high),
        "crps": float(scoringrules.crps_ensemble(float(observed), counts.astype(float), estimator="nrg")),
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

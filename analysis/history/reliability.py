"""Whether probabilities of joining mean what they say: bins against what happened, their level, and how far they would have to be stretched.

Needs the extra `analysis`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, stdtrit

from waico.analysis.history.hindcast import Hindcast
from waico.analysis.intervals import TAIL, Z, wilson
from waico.scenarios.errors import extra

Floats = NDArray[np.float64]

ALL = "all cases"
BINS = 10
SPAN = 50.0   # of a search for a shift of log odds, beyond the range of the odds themselves


def reliability(found: Mapping[str, Hindcast]) -> pd.DataFrame:
    """Predicted probability against observed share by ten bins, of each case and of all cases together.

    Returns:
        One row per case and bin that holds a state. Columns: case, n (states), predicted (their mean probability), observed (share of them
        that joined), low, high (its 95% Wilson interval, states taken as independent, which neighbours are not).
    """
    states = _pooled(found)
    rows = []
    for case in [*found, ALL]:
        of_case = states if case == ALL else states[states["case"] == case]
        bins = np.minimum((of_case["probability"] * BINS).astype(int), BINS - 1)
        for _, rows_in in of_case.groupby(bins):
            low, high = wilson(rows_in["observed"].sum(), len(rows_in))
            rows.append({
                "case": case, "n": len(rows_in), "predicted": rows_in["probability"].mean(), "observed": rows_in["observed"].mean(),
                "low": float(low), "high": float(high),
            })  # fmt: skip
    return pd.DataFrame(rows)


def recalibration(found: Mapping[str, Hindcast]) -> pd.DataFrame:
    """Whether the level of predictions is right, and how they would have to be stretched to fit what happened.

    Calibration in the large is the intercept a of logit(observed) = a + logit(p), with the slope held at 1 (Cox 1958; Steyerberg 2009): below 0 too many were
    expected to join, above 0 too few. The slope b is that of logit(observed) = c + b logit(p), with an intercept c of its own: below 1 probabilities are too
    extreme, above 1 too timid. c says nothing of the level unless b is 1, so that it is not given.

    Returns:
        One row per case, and one for all together. Columns: case, n, slope, slope_low, slope_high, large, large_low, large_high (95%, by Wald); missing where
        outcomes are alike or, for the slope, separated. Standard errors of a case take its states as independent; those of all together are clustered by case
        and by state (Cameron, Gelbach & Miller 2011), since what makes one state join a body makes others join, and states recur. Their quantile is that of
        Student's t with as many degrees as there are cases less one: with five, intervals are rough, and rather too narrow than too wide.

    Raises:
        NeedsExtra: statsmodels is missing.
    """
    states = _pooled(found)
    return pd.DataFrame([
        {"case": case, **_stretched(states if case == ALL else states[states["case"] == case])} for case in [*found, ALL]
    ])


def _stretched(states: pd.DataFrame) -> dict[str, float]:
    p, joined = states["probability"].to_numpy(dtype=float), states["observed"].to_numpy(dtype=float)
    logit = np.log(p / (1.0 - p))
    told = {"n": len(states)} | dict.fromkeys([f"{name}{end}" for name in ("slope", "large") for end in ("", "_low", "_high")], np.nan)
    if np.ptp(joined) == 0.0:
        return told
    shift = brentq(lambda a: float((joined - expit(a + logit)).sum()), -np.ptp(logit) - SPAN, np.ptp(logit) + SPAN)
    told |= _interval("large", shift, _error(np.ones((len(p), 1)), joined, expit(shift + logit), states), states)
    design = np.column_stack([logit, np.ones(len(p))])
    found = _logit(joined, design) if np.ptp(logit) > 0.0 else None
    if found is not None:
        told |= _interval("slope", found[0], _error(design, joined, expit(design @ found), states), states)
    return told


def _logit(joined: Floats, design: Floats) -> Floats | None:
    """Coefficients of a logit, None where outcomes are separated."""
    with extra("calibration"):
        import statsmodels.api as sm
        from statsmodels.tools.sm_exceptions import PerfectSeparationError
    try:
        fitted: Floats = sm.Logit(joined, design).fit(disp=0).params
    except (PerfectSeparationError, np.linalg.LinAlgError):
        return None
    return fitted


def _interval(name: str, value: float, error: float, states: pd.DataFrame) -> dict[str, float]:
    """An estimate with its 95% interval, by Student's t over cases where there are some."""
    cases = states["case"].nunique()
    half = (float(stdtrit(cases - 1, TAIL)) if cases > 1 else Z) * error
    return {name: value, f"{name}_low": value - half, f"{name}_high": value + half}


def _error(design: Floats, joined: Floats, p: Floats, states: pd.DataFrame) -> float:
    """Standard error of the first coefficient of a logit, by sandwich: clustered by state and by case where there are several of these.

    The two variances less that of single rows (Cameron, Gelbach & Miller 2011, eq. 2.11), each with its correction n / (n - 1) for n clusters. The difference can fall
    below either of them, even below 0, by chance; then the larger one counts.
    """
    bread = np.linalg.inv((design * (p * (1.0 - p))[:, None]).T @ design)
    scores = design * (joined - p)[:, None]

    def variance(groups: Iterable[Hashable]) -> float:
        summed = pd.DataFrame(scores).groupby(list(groups)).sum().to_numpy()
        return float((bread @ (summed.T @ summed) @ bread)[0, 0]) * len(summed) / (len(summed) - 1)

    rows = variance(range(len(scores)))
    if states["case"].nunique() == 1:
        return math.sqrt(rows)
    by_state, by_case = variance(states["iso3"]), variance(states["case"])
    return math.sqrt(max(by_state, by_case, by_state + by_case - rows))


def _pooled(found: Mapping[str, Hindcast]) -> pd.DataFrame:
    """States of all cases, one under the other."""
    return pd.concat([one.states.assign(case=name) for name, one in found.items()], ignore_index=True)

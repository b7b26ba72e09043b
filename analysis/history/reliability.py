"""Whether probabilities of joining mean what they say: bins against what happened, and how far they would have to be stretched.

Needs the extra `analysis`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from waico.analysis.history.hindcast import Hindcast
from waico.analysis.intervals import wilson
from waico.scenarios.errors import extra

ALL = "all cases"
BINS = 10


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
    """How predictions would have to be stretched and shifted to fit what happened: logit(observed) = intercept + slope logit(p) (Cox 1958).

    A slope of 1 and an intercept of 0 are perfect; a slope below 1 says that probabilities are too extreme, above 1 that they are too timid; an intercept below
    0 that too many were expected to join.

    Returns:
        One row per case, and one for all together, with standard errors clustered by state there, since states recur. Columns: case, n, slope, slope_low,
        slope_high, intercept, intercept_low, intercept_high (95%, Wald); missing where outcomes are separated or alike.

    Raises:
        NeedsExtra: statsmodels is missing.
    """
    states = _pooled(found)
    return pd.DataFrame([
        {"case": case, **_stretched(states if case == ALL else states[states["case"] == case])} for case in [*found, ALL]
    ])


def _stretched(states: pd.DataFrame) -> dict[str, float]:
    with extra("calibration"):
        import statsmodels.api as sm
        from statsmodels.tools.sm_exceptions import PerfectSeparationError
    p, joined = states["probability"].to_numpy(dtype=float), states["observed"].to_numpy(dtype=float)
    logit = np.log(p / (1.0 - p))
    told = {"n": len(states)} | dict.fromkeys([f"{name}{end}" for name in ("slope", "intercept") for end in ("", "_low", "_high")], np.nan)
    if np.ptp(joined) == 0.0 or np.ptp(logit) == 0.0:
        return told
    clusters = {"groups": pd.factorize(states["iso3"])[0]}
    try:
        fit = sm.Logit(joined, sm.add_constant(logit)).fit(disp=0, cov_type="cluster", cov_kwds=clusters)
    except (PerfectSeparationError, np.linalg.LinAlgError):
        return told
    for place, name in enumerate(("intercept", "slope")):
        low, high = fit.conf_int()[place]
        told |= {name: fit.params[place], f"{name}_low": low, f"{name}_high": high}
    return told


def _pooled(found: Mapping[str, Hindcast]) -> pd.DataFrame:
    """States of all cases, one under the other."""
    return pd.concat([one.states.assign(case=name) for name, one in found.items()], ignore_index=True)

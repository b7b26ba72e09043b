"""What is measured of each run of a sweep: numbers, and indicators of what came about."""

from __future__ import annotations

import numpy as np
import pandas as pd

from waico.negotiation.measure import MEASURES, OUTCOMES
from waico.runs.sweep import Sweep
from waico.scenarios.errors import InputError, nearest

IN_FORCE = "in_force"
INDICATORS = (*OUTCOMES, IN_FORCE)
NUMBERS = (*MEASURES, "polarization", "rounds")


def carried_out(sweep: Sweep) -> pd.DataFrame:
    """The runs that have an outcome; those that failed with an error are left out.

    Raises:
        InputError: there are none.
    """
    if sweep.runs.empty:
        raise InputError(str(sweep.folder), "", "has no run yet", "go on with waico sweep --resume")
    runs = sweep.runs[sweep.runs["error"].isna()].reset_index(drop=True)
    if runs.empty:
        raise InputError(str(sweep.folder), "", "has no run that could be carried out", "see the column error of runs")
    return runs


def indicator(runs: pd.DataFrame, outcome: str) -> pd.Series:
    """Whether runs ended in an outcome class or, for `in_force`, whether the first institution ever came into force.

    Raises:
        InputError: there is no such outcome.
    """
    if outcome == IN_FORCE:
        return runs["day_in_force"].notna()
    if outcome not in OUTCOMES:
        raise InputError("outcome", outcome, "does not exist", nearest(outcome, INDICATORS))
    return runs["outcome"] == outcome


def output(runs: pd.DataFrame, measure: str) -> pd.Series:
    """A measure of every run as a number, indicators as 0 and 1; missing where the run failed or lacks it.

    Raises:
        InputError: there is no such measure.
    """
    if measure in INDICATORS:
        return indicator(runs, measure).astype(float).where(runs["error"].isna(), np.nan)
    if measure not in NUMBERS:
        raise InputError("measure", measure, "does not exist", nearest(measure, (*INDICATORS, *NUMBERS)))
    return runs[measure].astype(float)

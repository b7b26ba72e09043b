"""Which factors of a sweep matter: Sobol' and Morris indices of designs made for them, delta of any other."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from waico.runs.sweep import Sweep

MEASURES = ("binding_regime", "no_text", "in_force", "breadth_states", "depth", "agreement", "fault_line", "display_gap")


def indices(sweep: Sweep, measures: Sequence[str] = MEASURES, *, seed: int = 0) -> pd.DataFrame:
    """Sensitivity indices of measures to factors.

    Args:
        sweep: complete.
        measures: outcome classes (as indicators), `in_force` (an indicator), or numeric columns of outcomes.
        seed: of the resamples behind the intervals.

    Returns:
        A row per measure, factor and index. Columns: measure, factor, index (sobol: S1, ST; morris: mu, mu_star, sigma; others:
        S1, delta), value, low, high (95%), noise (share of the measure's variance over samples that is noise of replicates),
        note (empty, or why a number is missing or what it leaves out).
    """
    raise NotImplementedError

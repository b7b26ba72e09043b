"""Coefficients of the payoff, drawn once per replicate and institution from their priors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from waico.agents import Setting
from waico.agents.draws import Draws
from waico.scenarios.schema import Decision, Prior

Floats = NDArray[np.float64]
DRAWN = tuple(name for name in Decision.model_fields if name.startswith("b_") or name in ("b0", "credibility"))


def draw_coefficients(setting: Setting, draws: Draws) -> dict[str, Floats]:
    """Every coefficient by name, shape (J,): a fixed number, or a draw keyed by coefficient and institution."""
    decision = setting.scenario.decision
    priors = [_prior(getattr(decision, name)) for name in DRAWN]
    mean, sd, lower = (np.array(column) for column in zip(*priors, strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = np.where(sd > 0, (lower - mean) / sd, -np.inf)
    values = np.stack(
        [mean + sd * draws.normal_above(bound, "coefficient", DRAWN, body) for body in setting.bodies], axis=1
    )
    return {name: values[row] for row, name in enumerate(DRAWN)}


def _prior(value: float | Prior) -> tuple[float, float, float]:
    if isinstance(value, Prior):
        return value.mean, value.sd, -np.inf if value.lower is None else value.lower
    return float(value), 0.0, -np.inf

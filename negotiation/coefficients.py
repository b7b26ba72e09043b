"""Coefficients of the payoff, drawn once per replicate and institution from their priors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from waico.agents import Setting
from waico.agents.draws import Draws
from waico.scenarios.schema import COEFFICIENTS, Prior

Floats = NDArray[np.float64]


def draw_coefficients(setting: Setting, draws: Draws) -> dict[str, Floats]:
    """Every coefficient by name, shape (J,): a fixed number, or a draw keyed by coefficient and institution.

    Priors are normal, cut off at their bounds; what ties them together is a Gaussian copula (Nelsen 2006, 2.3), so that
    each has the distribution that its prior states, whatever it is correlated with.
    """
    mean, sd, lower = (np.array(column) for column in zip(*map(_prior, _values(setting)), strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        below = ndtr(np.where(sd > 0, (lower - mean) / sd, -np.inf))[:, None]
    normal = setting.mixing @ draws.normals("coefficient", COEFFICIENTS, setting.bodies)
    values = mean[:, None] + sd[:, None] * ndtri(below + (1.0 - below) * ndtr(normal))
    return {name: values[row] for row, name in enumerate(COEFFICIENTS)}


def _values(setting: Setting) -> list[float | Prior]:
    return [getattr(setting.scenario.decision, name) for name in COEFFICIENTS]


def _prior(value: float | Prior) -> tuple[float, float, float]:
    if isinstance(value, Prior):
        return value.mean, value.sd, -np.inf if value.lower is None else value.lower
    return float(value), 0.0, -np.inf

"""Coefficients of the payoff, drawn once per replicate and institution from their priors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from waico.agents import Setting
from waico.agents.draws import Draws
from waico.scenarios.schema import COEFFICIENTS

Floats = NDArray[np.float64]


def draw_coefficients(setting: Setting, draws: Draws) -> dict[str, Floats]:
    """Every coefficient by name, shape (J,): a fixed number, or a draw keyed by coefficient and institution.

    Priors are normal, cut off at their bounds; what ties them together is a Gaussian copula (Nelsen 2006, 2.3), so that
    each has the distribution that its prior states, whatever it is correlated with.
    """
    mean, sd, below = setting.priors
    normal = setting.mixing @ draws.normals("coefficient", COEFFICIENTS, setting.bodies)
    values = mean + sd * ndtri(below + (1.0 - below) * ndtr(normal))
    return dict(zip(COEFFICIENTS, values, strict=True))

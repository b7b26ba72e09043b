"""Points in the unit cube, from which the samples of a design are made. SciPy and SALib draw them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from waico.scenarios.errors import extra

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sampler:
    """A way to fill the unit cube.

    Attributes:
        samples: what the number of samples of a design means.
        rows: number of points, from samples and dimensions.
        draw: points (rows, D), from samples, dimensions, seed, and levels of a factor, which the Morris design has alone.
    """

    samples: str
    rows: Callable[[int, int], int]
    draw: Callable[[int, int, int, int], Floats]


def problem(names: list[str]) -> dict[str, Any]:
    """Factors as SALib wants them, each on [0, 1]."""
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def _latin_hypercube(samples: int, dimensions: int, seed: int, levels: int) -> Floats:
    """One point in every stretch of 1/n of every factor (McKay, Beckman & Conover 1979)."""
    return np.asarray(qmc.LatinHypercube(dimensions, rng=np.random.default_rng(seed)).random(samples))


def _sobol(samples: int, dimensions: int, seed: int, levels: int) -> Floats:
    """Scrambled Sobol points A and B and, per factor, A with that column of B (Saltelli 2002), as SALib orders them."""
    with extra("sampler = 'sobol'"):
        from SALib.sample import sobol
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The balance properties", UserWarning)   # said in the how-to
        drawn = sobol.sample(problem(_names(dimensions)), samples, calc_second_order=False, scramble=True, seed=seed)
    return np.asarray(drawn)


def _morris(samples: int, dimensions: int, seed: int, levels: int) -> Floats:
    """Trajectories that change one factor at a time (Morris 1991)."""
    with extra("sampler = 'morris'"):
        from SALib.sample import morris
    return np.asarray(morris.sample(problem(_names(dimensions)), samples, num_levels=levels, seed=seed))


def _names(dimensions: int) -> list[str]:
    return [str(dimension) for dimension in range(dimensions)]


SAMPLERS = {
    "latin_hypercube": Sampler("rows of the design", lambda n, d: n, _latin_hypercube),
    "sobol": Sampler("base points, a power of 2; they make samples * (factors + 2) rows", lambda n, d: n * (d + 2), _sobol),
    "morris": Sampler("trajectories; they make samples * (factors + 1) rows", lambda n, d: n * (d + 1), _morris),
}

"""Compile the loops that run every round to machine code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a function on its first call and keep the code on disk, where that can be written.

    Compiled functions are plain loops over arrays: no objects, no randomness, strict floating point, so that results
    do not depend on the machine's number of cores.
    """
    try:
        return cast(F, numba.njit(cache=True, error_model="numpy")(function))
    except RuntimeError:   # neither the package's folder nor the user's cache can be written
        return cast(F, numba.njit(error_model="numpy")(function))


@compiled
def first_largest(values: NDArray[np.float64]) -> int:
    """Index of the largest value; ties within 1e-12 go to the first, so that rounding errors decide nothing."""
    return int(np.argmax(values >= values.max() - 1e-12))

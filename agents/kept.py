"""Results kept for the next scenario of a sweep that asks for the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")


def kept(maxsize: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the last results of a pure function of hashable arguments; arrays become read-only, as callers share them.

    Results must depend on nothing but the arguments. Give functions of a value that sweeps vary a small `maxsize`.
    """

    def decorate(compute: Callable[P, R]) -> Callable[P, R]:
        @wraps(compute)
        def compute_fixed(*args: P.args, **kwargs: P.kwargs) -> R:
            result = compute(*args, **kwargs)
            fix(result)
            return result

        return cast("Callable[P, R]", lru_cache(maxsize=maxsize)(compute_fixed))

    return decorate


def fix(value: Any) -> None:
    """Make an array, or the arrays in a tuple, read-only; anything else stays."""
    for part in value if isinstance(value, tuple) else (value,):
        if isinstance(part, np.ndarray):
            part.flags.writeable = False

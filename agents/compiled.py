"""Compile the loops that run every round to machine code."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])


def _cache_folder() -> str:
    """Where compiled code is kept: a folder named after the sources of everything that is compiled.

    Numba looks at the file of a function only, but code of other files is built into it; under another name, code that
    was compiled before an edit is never taken for that after it.
    """
    here = Path(__file__).resolve().parent
    sources = sorted([*here.glob("*.py"), *(here.parent / "negotiation").rglob("*.py")])
    digest = blake2b(b"".join(path.read_bytes() for path in sources), digest_size=8).hexdigest()
    return str(here / "__pycache__" / f"compiled-{digest}")


CACHE_FOLDER = _cache_folder()


def compiled(function: F) -> F:
    """Compile a function on its first call and keep the code on disk, where that can be written.

    Compiled functions are plain loops over arrays: no objects, no randomness, strict floating point, so that results
    do not depend on the machine's number of cores.
    """
    settings: Any = numba.config
    default = settings.CACHE_DIR
    try:
        settings.CACHE_DIR = default or CACHE_FOLDER
        return cast(F, numba.njit(cache=True, error_model="numpy")(function))
    except (RuntimeError, OSError):   # the folder cannot be written
        return cast(F, numba.njit(error_model="numpy")(function))
    finally:
        settings.CACHE_DIR = default


@compiled
def first_largest(values: NDArray[np.float64]) -> int:
    """Index of the largest value; ties within 1e-12 go to the first, so that rounding errors decide nothing."""
    highest = values[0]
    for value in values:
        highest = max(highest, value)
    for i in range(len(values)):
        if values[i] >= highest - 1e-12:
            return i
    return 0

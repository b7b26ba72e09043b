"""Packages of the extra `analysis`, imported where they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from waico.scenarios.errors import NeedsExtra

PACKAGES = {
    "SALib": "SALib", "ema_workbench": "ema_workbench", "lifelines": "lifelines", "sklearn": "scikit-learn",
    "threadpoolctl": "scikit-learn",   # which brings it
}  # fmt: skip


@contextmanager
def extra(asked: str) -> Iterator[None]:
    """Import packages of the extra within; `asked` says what for.

    Raises:
        NeedsExtra: one of them is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = PACKAGES.get((error.name or "").partition(".")[0])
        if package is None:
            raise
        raise NeedsExtra(asked, package, "analysis") from None

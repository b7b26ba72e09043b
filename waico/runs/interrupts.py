"""Ctrl-C while compiled code runs: held back until it is done, since it may swallow it otherwise."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold back Ctrl-C, to raise KeyboardInterrupt at the end; a second one is raised at once.

    Code compiled by numba calls Python when it hands over an array, and drops what is raised there (seen in 1 of 10 sweeps).
    Where Ctrl-C means something else than KeyboardInterrupt, and in other threads, which it does not reach, nothing changes.
    """
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
        return
    asked = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if asked:
        raise KeyboardInterrupt

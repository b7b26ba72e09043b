"""How runs are spread over machines: one seam through which all batch work goes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from waico.negotiation import adoption_rules, gates, protocols

Task = TypeVar("Task")
Result = TypeVar("Result")


def run_tasks(function: Callable[[Task], Result], tasks: Sequence[Task], workers: int) -> Iterator[Result]:
    """Results of a function over tasks, in the order of the tasks, computed on several processes.

    Workers are started afresh (spawn), so that they share nothing with this process but what a task carries; modules
    that registered rules of their own are imported in each.
    """
    modules = sorted({name for registry in (protocols, adoption_rules, gates) for name in registry.modules()})
    with ProcessPoolExecutor(workers, get_context("spawn"), _import_all, (modules,)) as pool:
        try:
            yield from pool.map(function, tasks)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _import_all(modules: list[str]) -> None:
    for name in modules:
        importlib.import_module(name)

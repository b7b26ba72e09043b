"""How runs are spread over machines: one seam through which all batch work goes, for processes and Dask alike."""

from __future__ import annotations

import importlib
import itertools
import logging
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from waico.negotiation import adoption_rules, gates, protocols
from waico.scenarios.errors import InputError, Stopped, extra

if TYPE_CHECKING:
    from distributed import Client

Task = TypeVar("Task")
Result = TypeVar("Result")

AHEAD = 2   # tasks handed out per worker: one to work on and one to turn to
LEAST_AHEAD = 16   # on a cluster, which may grow with what waits for it
DIED = "a worker process died, perhaps for want of memory, or of `if __name__ == '__main__':` in the script that sweeps"
PATIENCE = "10s"   # for a scheduler to answer


def run_tasks(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: int = 1, cluster: str | None = None
) -> Iterator[tuple[int, Result]]:
    """Results of a function over tasks as they finish, each with the number of its task, from 0.

    Tasks are taken from the iterable only when a worker will soon be free, so that memory does not grow with their number.

    Args:
        function: of a module, so that workers can import it.
        tasks: what it is called with; small, for each travels to a worker.
        workers: processes; 1 works in this one. With `cluster` = "local" their number there.
        cluster: address of a Dask scheduler, or "local" for a cluster on this machine.

    Raises:
        InputError: there is no cluster at the address.
        Stopped: a worker died.
    """
    with crew(workers, cluster) as work:
        yield from work(function, tasks)


class Crew(Protocol):
    """Workers that stay for several rounds of tasks."""

    def __call__(self, function: Callable[[Task], Result], tasks: Iterable[Task], /) -> Iterator[tuple[int, Result]]:
        """Results as they finish, each with the number of its task, as `run_tasks` gives them."""


@contextmanager
def crew(workers: int = 1, cluster: str | None = None) -> Iterator[Crew]:
    """Workers for tasks that depend on the results of those before; they start once. As for `run_tasks`."""
    if workers == 1 and cluster is None:
        yield lambda function, tasks: enumerate(map(function, tasks))
        return
    modules = sorted({name for registry in (protocols, adoption_rules, gates) for name in registry.modules()})
    with _processes(workers) if cluster is None else _dask(workers, cluster) as staff:
        yield lambda function, tasks: _finished(staff, partial(_call, modules, function), tasks)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(results: Iterable[tuple[int, Result]]) -> Iterator[Result]:
    """Results in the order of their tasks, held back until those before are there."""
    waiting: dict[int, Result] = {}
    due = itertools.count()
    number = next(due)
    for finished, result in results:
        waiting[finished] = result
        while number in waiting:
            yield waiting.pop(number)
            number = next(due)


def _call(modules: list[str], function: Callable[[Task], Result], task: Task) -> Result:
    """Work on a task, after importing the modules that registered rules of their own."""
    for name in modules:
        importlib.import_module(name)
    return function(task)


class Staff(NamedTuple):
    """An executor, how many tasks it should have at hand, and what it means when it raises some exceptions."""

    executor: Executor
    ahead: Callable[[], int]
    losses: dict[type[Exception], str]


def _finished(
    staff: Staff, function: Callable[[Task], Result], tasks: Iterable[Task]
) -> Iterator[tuple[int, Result]]:
    """Keep some tasks ahead of the workers, and yield what has finished."""
    numbered = enumerate(tasks)
    running: dict[Future[Result], int] = {}
    try:
        while True:
            for number, task in itertools.islice(numbered, max(0, staff.ahead() - len(running))):
                with _uninterrupted():   # to submit a task may start a process
                    running[staff.executor.submit(function, task)] = number
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
    except tuple(staff.losses) as error:
        raise Stopped(staff.losses[type(error)]) from None


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold back Ctrl-C, here until the end, and for good from processes started within.

    It reaches all processes of a terminal; workers are to leave it to this one, which ends them.
    """
    if not hasattr(signal, "pthread_sigmask"):   # on Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _processes(workers: int) -> Iterator[Staff]:
    """Processes started afresh (spawn), so that they share nothing with this one but what a task carries."""
    others = active_children()
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_follow_parent)
    try:
        yield Staff(pool, lambda: AHEAD * workers, {BrokenProcessPool: DIED})
        pool.shutdown()
    except BaseException:
        for process in active_children():
            if process not in others:
                process.terminate()
        pool.shutdown(wait=False)
        raise


def _follow_parent() -> None:
    """End this worker when its parent is gone: nothing else tells it so."""
    Thread(target=_end_with, args=(parent_process(),), daemon=True).start()


def _end_with(parent: BaseProcess | None) -> None:
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _dask(workers: int, address: str) -> Iterator[Staff]:
    """The workers of a Dask cluster, however many there are at the time. A task of a worker that dies goes to another."""
    with extra("--dask"):
        from distributed import Client, KilledWorker, LocalCluster
        from distributed.comm import CommClosedError, resolve_address
    with ExitStack() as stack:
        cluster = address
        try:
            if address == "local":
                quiet = {"dashboard_address": None, "silence_logs": logging.ERROR}
                with _uninterrupted():
                    cluster = stack.enter_context(LocalCluster(n_workers=workers, threads_per_worker=1, **quiet))
            else:
                resolve_address(address)   # a client that cannot even begin to look takes half a minute to give up
            client = stack.enter_context(Client(cluster, timeout=PATIENCE, set_as_default=False))
        except (OSError, ValueError) as error:
            raise InputError("--dask", address, f"is no Dask scheduler ({error})", "give its address, or local") from None
        yield Staff(client.get_executor(pure=False, retries=2), partial(_ahead_on, client), {
            KilledWorker: "three workers of the cluster died over the same runs, perhaps for want of memory",
            CommClosedError: "the connection to the cluster was lost",
        })


def _ahead_on(client: Client) -> int:
    return max(LEAST_AHEAD, AHEAD * sum(client.nthreads().values()))

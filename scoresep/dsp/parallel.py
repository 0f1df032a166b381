"""Apply a function to many items on several threads, with results in order.

Since the results are in order, sums over them are reproducible.  Threads suffice because NumPy, SciPy and libsndfile
release Python's global interpreter lock.  While a map runs, BLAS uses one thread: this is faster than one item at a
time on all cores, and matrix products give the same bits for any number of cores.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import cache
from typing import Any, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

#: Environment variable that sets the number of threads.
THREADS_VARIABLE = "SCORESEP_THREADS"

#: Rows and columns of the matrices that are multiplied to reserve buffers; BLAS needs no buffer for small ones.
_WARM_UP_SIZE = 384
#: How often all threads multiply at the same time, since a thread may miss the first times.
_WARM_UPS = 5

Item = TypeVar("Item")
Result = TypeVar("Result")


def count_threads() -> int:
    """Return the number of threads to use: ``SCORESEP_THREADS``, or else the cores that the process may run on."""
    wanted = os.environ.get(THREADS_VARIABLE, "")
    if wanted.isdecimal():
        return max(int(wanted), 1)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ordered_map(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield ``function(item)`` for each item, in order, computed on several threads.

    At most one item more than the number of threads is submitted before a result is taken.  A map inside a map uses
    the thread that it is called in.

    Parameters
    ----------
    function
        Function of one item.  An exception in it is raised when its result would be yielded.
    items
        The items.  The iterable is consumed in the thread of the caller.

    Yields
    ------
    Result
        The result of each item.
    """
    n_threads = count_threads()
    reserve_blas_buffers()
    with _BLAS_LIMIT.hold():
        if n_threads == 1 or _THIS_THREAD.works_for_a_map:
            yield from map(function, items)
            return
        pool = _pool(n_threads)
        pending: deque[Future[Result]] = deque()
        try:
            for item in items:
                pending.append(pool.submit(function, item))
                if len(pending) > n_threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
            wait(pending)


@cache
def reserve_blas_buffers() -> None:
    """Make BLAS allocate its buffers for all threads now, before large arrays are made.

    BLAS allocates a buffer when a thread first needs one, and keeps it.  If there is no memory left at that time,
    OpenBLAS ends the process.  If NumPy finds no memory later, it raises a MemoryError, which can be reported.
    """
    n_threads = count_threads() + 1  # the threads of a map and the one that takes the results
    matrix = np.ones((_WARM_UP_SIZE, _WARM_UP_SIZE), np.float32)
    together = threading.Barrier(n_threads)

    def multiply(_: int) -> None:
        for _ in range(_WARM_UPS):
            with suppress(threading.BrokenBarrierError):  # do not wait for a thread that could not start
                together.wait(timeout=1)
            matrix @ matrix

    with _BLAS_LIMIT.hold(), ThreadPoolExecutor(n_threads) as pool:
        deque(pool.map(multiply, range(n_threads)), maxlen=0)


class _ThisThread(threading.local):
    """What each thread knows of itself: whether it is one of those that maps use."""

    works_for_a_map = False


_THIS_THREAD = _ThisThread()


@cache
def _pool(n_threads: int) -> ThreadPoolExecutor:
    """Return the threads that all maps share; starting threads for each map would take longer than a small item."""

    def start() -> None:
        _THIS_THREAD.works_for_a_map = True

    return ThreadPoolExecutor(n_threads, thread_name_prefix="scoresep", initializer=start)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a forked process has no threads of its parent


class _SharedLimit:
    """A limit that is set while at least one ``with`` block holds it.

    A map that is not consumed to its end holds the limit until it is closed, so maps can end in any order.  If each
    map saved and restored the number of threads itself, two maps that end in the order of their start would restore a
    wrong number.
    """

    def __init__(self, limit: Callable[[], AbstractContextManager[Any]]) -> None:
        self._limit = limit
        self._lock = threading.RLock()  # the garbage collector may close a map at any time
        self._n_holders = 0
        self._set = ExitStack()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep the limit set during a ``with`` block."""
        with self._lock:
            if not self._n_holders:
                self._set.enter_context(self._limit())
            self._n_holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_holders -= 1
                if not self._n_holders:
                    self._set.close()


@cache
def _controller() -> ThreadpoolController:
    """Return the controller of the thread pools; it is cached, since finding the libraries takes milliseconds."""
    return ThreadpoolController()


_BLAS_LIMIT = _SharedLimit(lambda: _controller().limit(limits=1, user_api="blas"))

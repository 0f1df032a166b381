"""Apply a function to many items on several threads, with results in order.

Ordered results make sums over them reproducible.  Threads are enough, because NumPy, SciPy and libsndfile release
Python's global interpreter lock.  While a map runs, BLAS uses one thread: several blocks at once use the cores better
than one block on all cores, and a matrix product has the same bits for any number of cores.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import cache
from typing import Any, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

#: Environment variable that sets the number of threads.
THREADS_VARIABLE = "SCORESEP_THREADS"

#: Rows and columns of the matrices by which buffers are reserved; small products need none.
_WARM_UP_SIZE = 384
#: How often all threads multiply at once; one of them may be late.
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

    At most one item more than there are threads is computed ahead of the result that is taken.

    Parameters
    ----------
    function
        Function of one item.  Its exceptions are raised where its result would be yielded.
    items
        The items; they are taken from the iterable in the thread of the caller.

    Yields
    ------
    Result
        The result of each item.
    """
    n_threads = count_threads()
    reserve_blas_buffers()
    with _BLAS_LIMIT.hold(), ThreadPoolExecutor(n_threads) as pool:
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


@cache
def reserve_blas_buffers() -> None:
    """Let BLAS take its working memory for all threads now, before large arrays are made.

    BLAS takes a buffer when a thread first needs one and keeps it.  If there is no memory left then, OpenBLAS ends
    the process with a message of its own; whatever NumPy cannot take afterwards is a MemoryError, which can be told.
    """
    n_threads = count_threads() + 1  # those of a map and the one that takes its results
    matrix = np.ones((_WARM_UP_SIZE, _WARM_UP_SIZE), np.float32)
    together = threading.Barrier(n_threads)

    def multiply(_: int) -> None:
        for _ in range(_WARM_UPS):
            with suppress(threading.BrokenBarrierError):  # a thread that could not start is not waited for
                together.wait(timeout=1)
            matrix @ matrix

    with _BLAS_LIMIT.hold(), ThreadPoolExecutor(n_threads) as pool:
        deque(pool.map(multiply, range(n_threads)), maxlen=0)


class _SharedLimit:
    """A limit that is set when its first holder comes and removed when its last holder goes, in whatever order.

    A map that is not read to its end holds the limit until it is closed.  If each map saved and restored the number
    of threads by itself, two maps that are closed in the order in which they were begun would restore a wrong one.
    """

    def __init__(self, limit: Callable[[], AbstractContextManager[Any]]) -> None:
        self._limit = limit
        self._lock = threading.RLock()  # a map may be closed by the garbage collector at any time
        self._n_holders = 0
        self._set = ExitStack()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep the limit set for the time of a with-block."""
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
    """Return the controller of the libraries' thread pools; finding the libraries takes some milliseconds."""
    return ThreadpoolController()


_BLAS_LIMIT = _SharedLimit(lambda: _controller().limit(limits=1, user_api="blas"))

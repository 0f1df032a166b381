"""A map over the cores of the machine that keeps the order of its items, and so the bits of every sum over them.

The items of a map are worked on by threads, since NumPy, SciPy and libsndfile let go of Python's lock.  Meanwhile a
matrix product keeps to its own thread: blocks at once make better use of the cores than the rows of one block, and
a product is the same to the bit however many cores there are.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

#: How many cores to use, where not all of them are ours.
VARIABLE = "SCORESEP_THREADS"

Item = TypeVar("Item")
Result = TypeVar("Result")


def count_threads() -> int:
    """Return how many cores there are for us."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted.isdecimal():
        return max(int(wanted), 1)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ordered_map(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield ``function(item)`` for each item, in order, a few items ahead of what is taken."""
    threads = count_threads()
    with _controller().limit(limits=1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[Result]] = deque()
        try:
            for item in items:
                ahead.append(pool.submit(function, item))
                if len(ahead) > threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


@cache
def _controller() -> ThreadpoolController:
    """Return what caps the threads of the libraries that NumPy and SciPy use."""
    return ThreadpoolController()

"""A map over threads gives what a plain map gives."""

import threading
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from scoresep.dsp import parallel
from scoresep.dsp.parallel import THREADS_VARIABLE, count_threads, ordered_map


@pytest.fixture(params=["1", "2", "5"])
def number(request, monkeypatch):
    monkeypatch.setenv(THREADS_VARIABLE, request.param)
    return int(request.param)


def test_results_keep_the_order(number):
    def late(k):
        time.sleep(0.01 * (k % 3 == 0))
        return k * k

    assert list(ordered_map(late, range(20))) == [k * k for k in range(20)]


def test_only_a_few_items_are_ahead(number):
    taken = []
    results = ordered_map(lambda k: k, (taken.append(k) or k for k in range(100)))
    next(results)
    assert len(taken) <= number + 1
    results.close()


def test_as_many_threads_as_wanted_are_used(number):
    barrier = threading.Barrier(number, timeout=10)
    assert count_threads() == number
    assert len(list(ordered_map(lambda _: barrier.wait(), range(number)))) == number


def test_an_error_comes_through(number):
    def fail(k):
        return 1 / (3 - k)

    with pytest.raises(ZeroDivisionError):
        list(ordered_map(fail, range(6)))


def test_nothing_gives_nothing(number):
    assert not list(ordered_map(abs, []))


def test_products_are_the_same_bits_for_any_number(monkeypatch):
    matrix = np.random.default_rng(0).random((300, 300), np.float32)
    results = []
    for number in ("1", "2", "7"):
        monkeypatch.setenv(THREADS_VARIABLE, number)
        results.append(np.stack(list(ordered_map(lambda k: matrix[k:] @ matrix, [0] * 5))))
    assert all(np.array_equal(results[0], other) for other in results[1:])


@pytest.mark.parametrize("text", ["", "many", "-1", "0.5"])
def test_a_wrong_number_counts_the_cores(monkeypatch, text):
    monkeypatch.setenv(THREADS_VARIABLE, text)
    assert count_threads() >= 1


def test_without_affinity_the_cores_are_counted(monkeypatch):
    monkeypatch.delenv(THREADS_VARIABLE, raising=False)
    monkeypatch.delattr(parallel.os, "sched_getaffinity", raising=False)
    assert count_threads() >= 1


def blas_threads():
    """Return the numbers of threads of the BLAS libraries."""
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_blas_has_one_thread_until_the_last_map_is_closed(order):
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        maps = [ordered_map(abs, range(100)) for _ in order]
        for results in maps:
            next(results)
        for number in order:
            assert set(blas_threads()) == {1}
            maps[number].close()
        assert blas_threads() == before


def test_blas_has_its_threads_back_after_an_error():
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with pytest.raises(ZeroDivisionError):
            list(ordered_map(lambda k: 1 / k, range(3)))
        assert blas_threads() == before


def test_maps_may_be_nested():
    assert list(ordered_map(lambda n: sum(ordered_map(abs, range(n))), range(5))) == [0, 0, 1, 3, 6]


def test_buffers_are_reserved_once_and_leave_the_limits_as_they_were():
    with threadpool_limits(2, user_api="blas"):
        before = [pool["num_threads"] for pool in threadpool_info()]
        parallel.reserve_blas_buffers.cache_clear()
        for _ in range(2):
            parallel.reserve_blas_buffers()
        assert parallel.reserve_blas_buffers.cache_info().misses == 1
        assert [pool["num_threads"] for pool in threadpool_info()] == before


def test_nothing_goes_on_when_a_map_is_closed(monkeypatch):
    monkeypatch.setenv(THREADS_VARIABLE, "2")
    ended = []

    def slow(k):
        time.sleep(0.05)
        ended.append(k)

    results = ordered_map(slow, range(9))
    next(results)
    results.close()
    done = len(ended)
    time.sleep(0.1)
    assert len(ended) == done

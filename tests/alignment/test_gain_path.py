"""The path of the greatest gain is that of an exhaustive search."""

import numpy as np
import pytest

from scoresep.alignment.gain_path import greatest_gains, path_of_greatest_gain

STEPS = ((1, 1), (1, 2), (2, 1))


def features_of(gain):
    """Return two feature sequences whose inner products are a matrix of gains."""
    return np.eye(len(gain), dtype=np.float32), np.asarray(gain, np.float32)


def all_cells(gain):
    """Return the band of all cells."""
    return np.zeros(len(gain), int), np.full(len(gain), gain.shape[1])


def exhaustive(gain, is_allowed):
    """Return the greatest total gain of any path, found without dynamic programming."""

    def onward(i, j):
        best = 0.0
        for rows, columns in STEPS:
            k, m = i + rows, j + columns
            if k < len(gain) and m < gain.shape[1] and is_allowed[k, m]:
                passed = gain[k, m - 1] if columns == 2 else 0.0
                best = max(best, passed + gain[k, m] + onward(k, m))
        return best

    cells = np.argwhere(is_allowed)
    return max([0.0, *(gain[i, j] + onward(i, j) for i, j in cells)])


def gain_along(gain, path):
    """Return the total gain of a path."""
    total = sum(gain[i, j] for i, j in path.T)
    passed = [gain[i, j - 1] for (_, before), (i, j) in zip(path.T[:-1], path.T[1:], strict=True) if j - before == 2]
    return total + sum(passed)


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1), (5, 7), (7, 5)])
@pytest.mark.parametrize("seed", range(4))
def test_no_path_gains_more(shape, seed):
    gain = np.random.default_rng(seed).normal(size=shape)
    score, recording = features_of(gain)
    path = path_of_greatest_gain(score, recording, *all_cells(gain))
    best = exhaustive(gain, np.ones(shape, bool))
    assert greatest_gains(score[None], recording)[0] == pytest.approx(best, abs=1e-5)
    assert gain_along(gain, path) == pytest.approx(best, abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_a_path_takes_the_steps_and_stays_in_its_band(seed):
    gain = np.random.default_rng(seed).normal(size=(9, 9)) + np.eye(9)
    lower, upper = np.arange(9) // 2, np.minimum(np.arange(9) // 2 + 5, 9)
    path = path_of_greatest_gain(*features_of(gain), lower, upper)
    assert {tuple(step) for step in np.diff(path).T.tolist()} <= set(STEPS)
    assert ((lower[path[0]] <= path[1]) & (path[1] < upper[path[0]])).all()


def test_several_scores_are_as_good_as_one_by_one():
    rng = np.random.default_rng(0)
    scores, recording = rng.normal(size=(3, 4, 70)).astype(np.float32), rng.normal(size=(4, 60)).astype(np.float32)
    one_by_one = [greatest_gains(score[None], recording)[0] for score in scores]
    np.testing.assert_allclose(greatest_gains(scores, recording), one_by_one, rtol=1e-5)


def test_where_nothing_gains_there_is_no_path():
    gain = np.full((4, 5), -1.0)
    score, recording = features_of(gain)
    assert greatest_gains(score[None], recording)[0] == 0
    assert path_of_greatest_gain(score, recording, *all_cells(gain)).shape == (2, 0)


def test_rows_without_cells_are_passed_by():
    gain = np.eye(6)
    lower, upper = np.zeros(6, int), np.array([0, 6, 6, 6, 0, 0])
    path = path_of_greatest_gain(*features_of(gain), lower, upper)
    np.testing.assert_array_equal(path, [[1, 2, 3], [1, 2, 3]])

"""Paths rise, and map score times to recording times."""

import numpy as np

from scoresep.alignment.paths import map_times, monotonic_path


def test_the_monotonic_path_has_one_point_for_each_score_time():
    path = monotonic_path(np.array([0.0, 1.0, 1.0, 2.0]), np.array([5.0, 6.0, 8.0, 7.5]))
    np.testing.assert_allclose(path, [[0.0, 1.0, 2.0], [5.0, 7.0, 7.5]])


def test_the_monotonic_path_never_goes_back():
    path = monotonic_path(np.array([0.0, 1.0, 2.0]), np.array([5.0, 7.0, 6.0]))
    assert path[1].tolist() == [5.0, 7.0, 7.0]


def test_a_path_goes_on_at_its_mean_tempo():
    path = np.array([[1.0, 2.0, 3.0], [10.0, 11.0, 14.0]])
    np.testing.assert_allclose(map_times(path, np.array([0.0, 1.5, 2.5, 4.0])), [8.0, 10.5, 12.5, 16.0])
    np.testing.assert_allclose(map_times(path[:, :1], np.array([0.0, 3.0])), [9.0, 12.0])

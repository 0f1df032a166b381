"""The path is the cheapest one, and a path."""

import numpy as np
import pytest

from scoresep.alignment.dtw import (
    DIAGONAL,
    STRAIGHT,
    band_around,
    band_through,
    follow,
    halve,
    mean_path,
    path_in_band,
    unit,
    warp,
)

NO_PINS = np.zeros((0, 2), int)


def features(n_frames, *, seed=0):
    """Return slowly changing features of norm one."""
    steps = np.cumsum(np.random.default_rng(seed).standard_normal((6, n_frames)), axis=1)
    return steps / np.linalg.norm(steps, axis=0)


def unlike(n_frames):
    """Return features each of which is like none of the others."""
    return np.eye(n_frames)


def full(n, m):
    """Return the band that leaves nothing out."""
    return np.zeros(n, int), np.full(n, m)


def cost_of(path, score, recording, skip):
    """Return what a path costs, from its definition."""
    (i, j), costs = path, 1 - score.T @ recording
    straight = np.abs(np.diff(path)).sum(axis=0) == 1
    weights = np.where(straight, STRAIGHT, DIAGONAL)
    ends = i[0] + j[0] + (score.shape[1] - 1 - i[-1]) + (recording.shape[1] - 1 - j[-1])
    return DIAGONAL * costs[i[0], j[0]] + weights @ costs[i[1:], j[1:]] + skip * ends


def least_cost(score, recording, skip):
    """Return the cost of the cheapest path, cell by cell."""
    costs = 1 - score.T @ recording
    n, m = costs.shape
    D = np.full((n + 1, m + 1), np.inf)
    for i in range(n):
        for j in range(m):
            begin = skip * (i + j) if 0 in (i, j) else np.inf
            D[i + 1, j + 1] = min(
                min(D[i, j], begin) + DIAGONAL * costs[i, j], min(D[i, j + 1], D[i + 1, j]) + STRAIGHT * costs[i, j]
            )
    ends = [D[i + 1, m] + skip * (n - 1 - i) for i in range(n)] + [D[n, j + 1] + skip * (m - 1 - j) for j in range(m)]
    return min(ends)


def assert_is_path(path, n, m):
    assert path.shape[0] == 2
    assert path.min() >= 0
    assert (path[0].max(), path[1].max()) <= (n - 1, m - 1)
    assert {tuple(step) for step in np.diff(path).T} <= {(0, 1), (1, 0), (1, 1)}


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 9), (9, 1), (12, 12), (15, 40), (40, 15)])
@pytest.mark.parametrize("skip", [0.05, 0.5, 5.0])
def test_no_path_is_cheaper(n, m, skip):
    score, recording = features(n), features(m, seed=1)
    path = path_in_band(score, recording, *full(n, m), skip=skip)
    assert_is_path(path, n, m)
    assert cost_of(path, score, recording, skip) == pytest.approx(least_cost(score, recording, skip))


@pytest.mark.parametrize("n", [2, 50, 400])
def test_a_sequence_follows_itself(n):
    sequence = features(n)
    path = warp(sequence, sequence, skip=0.5, radius=10, pins=NO_PINS, largest=60)
    np.testing.assert_array_equal(path[0], path[1])
    assert path.shape[1] == n


def test_a_slower_recording_is_followed():
    score = features(300)
    path = warp(score, np.repeat(score, 2, axis=1), skip=0.5, radius=10, pins=NO_PINS, largest=60)
    assert np.abs(path[1] // 2 - path[0]).max() <= 1


def test_applause_before_and_after_is_skipped():
    score = unlike(100)
    noise = np.zeros((100, 30))
    path = warp(score, np.concatenate([noise, score, noise], axis=1), skip=0.5, radius=10, pins=NO_PINS)
    np.testing.assert_array_equal(path[1] - path[0], 30)


def test_a_recording_of_the_middle_is_found():
    score = unlike(200)
    path = warp(score, score[:, 50:150], skip=0.5, radius=10, pins=NO_PINS)
    np.testing.assert_array_equal(path[0] - path[1], 50)


@pytest.mark.parametrize(("n", "m"), [(500, 650), (650, 500), (300, 1201)])
def test_coarse_to_fine_finds_the_path_of_the_whole(n, m):
    score = np.repeat(features(150), 5, axis=1)[:, :n]
    recording = score[:, np.linspace(0, n - 1, m).astype(int)]
    path = warp(score, recording, skip=0.5, radius=20, pins=NO_PINS, largest=100)
    assert_is_path(path, n, m)
    whole = path_in_band(score, recording, *full(n, m), skip=0.5)
    assert cost_of(path, score, recording, 0.5) == pytest.approx(cost_of(whole, score, recording, 0.5), abs=1e-6)


def test_strangers_have_a_path_too():
    score, recording = features(300), features(170, seed=1)
    assert_is_path(warp(score, recording, skip=0.5, radius=2, pins=NO_PINS, largest=20), 300, 170)


def test_the_path_stays_in_its_band():
    lower, upper = np.arange(30).clip(0, 27), (np.arange(30) + 4).clip(max=30)
    i, j = path_in_band(features(30), features(30, seed=1), lower, upper, skip=0.5)
    assert (lower[i] <= j).all()
    assert (j < upper[i]).all()


@pytest.mark.parametrize(("n", "halved"), [(2, 1), (7, 4), (8, 4)])
def test_halving_averages_pairs(n, halved):
    sequence = features(n)
    result = halve(sequence)
    assert result.shape == (6, halved)
    np.testing.assert_allclose(result[:, 0], sequence[:, :2].mean(axis=1))
    if n % 2:
        np.testing.assert_array_equal(result[:, -1], sequence[:, -1])


@pytest.mark.parametrize("radius", [0, 3])
def test_the_band_holds_the_path_and_its_surroundings(radius):
    path = np.array([[2, 3, 3, 4, 5, 6], [4, 5, 6, 6, 6, 7]])
    lower, upper = band_around(path, 9, 12, radius)
    for i, j in path.T:
        assert lower[i] <= max(j - radius, 0)
        assert upper[i] >= min(j + radius + 1, 12)
    assert (np.diff(lower) >= 0).all()
    assert (np.diff(upper) >= 0).all()
    assert ((lower >= 0) & (lower < upper) & (upper <= 12)).all()


def test_arguments_are_unchanged():
    score, recording = features(90), features(120, seed=1)
    before = score.copy(), recording.copy()
    warp(score, recording, skip=0.5, radius=10, pins=NO_PINS, largest=40)
    assert np.array_equal(before[0], score)
    assert np.array_equal(before[1], recording)


def test_a_long_path_survives_averages_of_unlike_frames():
    frames = np.eye(60)[:, np.random.default_rng(0).integers(0, 60, 4000)]
    i, j = warp(frames, frames, skip=0.5, radius=20, pins=NO_PINS, largest=300)
    assert np.array_equal(i, np.arange(4000))
    assert np.array_equal(j, np.arange(4000))


def distance(pins, path):
    """Return how many frames the pin that is furthest from a path is away from it."""
    return max(np.abs(path - np.array(pin)[:, None]).max(axis=0).min() for pin in pins)


@pytest.mark.parametrize("count", [1, 3, 20])
@pytest.mark.parametrize("largest", [30, 100, 1000])
def test_the_path_passes_every_pin(largest, count):
    score, recording = features(400), features(530, seed=1)
    rng = np.random.default_rng(count)
    rows, columns = 2 * rng.choice(200, count, replace=False), rng.integers(0, 530, count)
    pins = np.stack([np.sort(rows), np.sort(columns)], axis=1)
    path = warp(score, recording, skip=0.5, radius=10, pins=pins, largest=largest)
    assert_is_path(path, 400, 530)
    assert distance(pins, path) <= 1


@pytest.mark.parametrize("pins", [[[100, 100], [101, 200]], [[100, 100], [100, 200]], [[100, 100], [200, 100]]])
@pytest.mark.parametrize("largest", [30, 100, 1000])
def test_pins_may_follow_at_once(largest, pins):
    score, recording = features(400), features(530, seed=1)
    path = warp(score, recording, skip=0.5, radius=10, pins=np.array(pins), largest=largest)
    assert_is_path(path, 400, 530)
    assert distance(pins, path) <= 1


@pytest.mark.parametrize("largest", [60, 1000])
def test_pins_on_the_best_path_hardly_change_it(largest):
    score = features(300)
    pins = np.array([[50, 100], [150, 301], [299, 598]])
    path = warp(score, np.repeat(score, 2, axis=1), skip=0.5, radius=10, pins=pins, largest=largest)
    assert np.abs(path[1] // 2 - path[0]).max() <= 1
    assert distance(pins, path) == 0


def test_a_pin_leads_to_the_other_of_two_like_passages():
    passage = unlike(50)
    score, recording = np.concatenate([passage, passage], axis=1), passage
    first = warp(score, recording, skip=0.5, radius=10, pins=np.array([[20, 20]]))
    second = warp(score, recording, skip=0.5, radius=10, pins=np.array([[70, 20]]))
    np.testing.assert_array_equal(first[0] - first[1], 0)
    np.testing.assert_array_equal(second[0] - second[1], 50)


def test_without_pins_the_band_stays():
    lower, upper = np.arange(5), np.arange(5) + 3
    assert all(np.array_equal(*pair) for pair in zip(band_through(NO_PINS, lower, upper), (lower, upper), strict=True))


@pytest.mark.parametrize("pins", [[[2, 3]], [[0, 0], [3, 5]], [[1, 1], [1, 4], [5, 4]], [[5, 7]]])
def test_a_band_through_pins_has_only_what_lies_before_or_after_each(pins):
    lower, upper = band_through(np.array(pins), *full(6, 8))
    assert (lower < upper).all()
    for i in range(6):
        for j in range(lower[i], upper[i]):
            assert all(j <= b if i < a else j >= b or [i, j] >= [a, b] for a, b in pins if i != a)


def test_a_band_through_pins_is_inside_the_band():
    lower, upper = np.arange(6), np.arange(6) + 3
    narrow = band_through(np.array([[3, 4]]), lower, upper)
    assert (narrow[0] >= lower).all()
    assert (narrow[1] <= upper).all()


def test_the_mean_path_has_one_point_for_each_score_time():
    path = mean_path(np.array([0.0, 1.0, 1.0, 2.0]), np.array([5.0, 6.0, 8.0, 7.5]))
    np.testing.assert_allclose(path, [[0.0, 1.0, 2.0], [5.0, 7.0, 7.5]])


def test_the_mean_path_never_goes_back():
    path = mean_path(np.array([0.0, 1.0, 2.0]), np.array([5.0, 7.0, 6.0]))
    assert path[1].tolist() == [5.0, 7.0, 7.0]


def test_a_path_goes_on_at_its_mean_pace():
    path = np.array([[1.0, 2.0, 3.0], [10.0, 11.0, 14.0]])
    np.testing.assert_allclose(follow(path, np.array([0.0, 1.5, 2.5, 4.0])), [8.0, 10.5, 12.5, 16.0])
    np.testing.assert_allclose(follow(path[:, :1], np.array([0.0, 3.0])), [9.0, 12.0])


def test_unit_columns_have_norm_one_and_silence_stays():
    scaled = unit(features(20) * np.arange(20))
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=0), [0.0] + [1.0] * 19)

"""The path is the cheapest one, and a path."""

import numpy as np
import pytest

from scoresep.alignment.dtw import (
    DIAGONAL_WEIGHT,
    STRAIGHT_WEIGHT,
    band_around,
    narrow_band,
    padded_slice,
    path_in_band,
    warping_path,
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
    weights = np.where(straight, STRAIGHT_WEIGHT, DIAGONAL_WEIGHT)
    ends = i[0] + j[0] + (score.shape[1] - 1 - i[-1]) + (recording.shape[1] - 1 - j[-1])
    return DIAGONAL_WEIGHT * costs[i[0], j[0]] + weights @ costs[i[1:], j[1:]] + skip * ends


def least_cost(score, recording, skip):
    """Return the cost of the cheapest path, cell by cell."""
    costs = 1 - score.T @ recording
    n, m = costs.shape
    D = np.full((n + 1, m + 1), np.inf)
    for i in range(n):
        for j in range(m):
            begin = skip * (i + j) if 0 in (i, j) else np.inf
            D[i + 1, j + 1] = min(
                min(D[i, j], begin) + DIAGONAL_WEIGHT * costs[i, j],
                min(D[i, j + 1], D[i + 1, j]) + STRAIGHT_WEIGHT * costs[i, j],
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
    path = warping_path(sequence, sequence, skip=0.5, radius=10, pins=NO_PINS, max_frames=60)
    np.testing.assert_array_equal(path[0], path[1])
    assert path.shape[1] == n


def test_a_slower_recording_is_followed():
    score = features(300)
    path = warping_path(score, np.repeat(score, 2, axis=1), skip=0.5, radius=10, pins=NO_PINS, max_frames=60)
    assert np.abs(path[1] // 2 - path[0]).max() <= 1


def test_applause_before_and_after_is_skipped():
    score = unlike(100)
    noise = np.zeros((100, 30))
    path = warping_path(score, np.concatenate([noise, score, noise], axis=1), skip=0.5, radius=10, pins=NO_PINS)
    np.testing.assert_array_equal(path[1] - path[0], 30)


def test_a_recording_of_the_middle_is_found():
    score = unlike(200)
    path = warping_path(score, score[:, 50:150], skip=0.5, radius=10, pins=NO_PINS)
    np.testing.assert_array_equal(path[0] - path[1], 50)


@pytest.mark.parametrize(("n", "m"), [(500, 650), (650, 500), (300, 1201)])
def test_coarse_to_fine_finds_the_path_of_the_whole(n, m):
    score = np.repeat(features(150), 5, axis=1)[:, :n]
    recording = score[:, np.linspace(0, n - 1, m).astype(int)]
    path = warping_path(score, recording, skip=0.5, radius=20, pins=NO_PINS, max_frames=100)
    assert_is_path(path, n, m)
    whole = path_in_band(score, recording, *full(n, m), skip=0.5)
    assert cost_of(path, score, recording, 0.5) == pytest.approx(cost_of(whole, score, recording, 0.5), abs=1e-6)


def test_strangers_have_a_path_too():
    score, recording = features(300), features(170, seed=1)
    assert_is_path(warping_path(score, recording, skip=0.5, radius=2, pins=NO_PINS, max_frames=20), 300, 170)


def test_the_path_stays_in_its_band():
    lower, upper = np.arange(30).clip(0, 27), (np.arange(30) + 4).clip(max=30)
    i, j = path_in_band(features(30), features(30, seed=1), lower, upper, skip=0.5)
    assert (lower[i] <= j).all()
    assert (j < upper[i]).all()


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
    warping_path(score, recording, skip=0.5, radius=10, pins=NO_PINS, max_frames=40)
    assert np.array_equal(before[0], score)
    assert np.array_equal(before[1], recording)


def test_a_long_path_survives_averages_of_unlike_frames():
    frames = np.eye(60)[:, np.random.default_rng(0).integers(0, 60, 4000)]
    i, j = warping_path(frames, frames, skip=0.5, radius=20, pins=NO_PINS, max_frames=300)
    assert np.array_equal(i, np.arange(4000))
    assert np.array_equal(j, np.arange(4000))


def distance(pins, path):
    """Return how many frames the pin that is furthest from a path is away from it."""
    return max(np.abs(path - np.array(pin)[:, None]).max(axis=0).min() for pin in pins)


@pytest.mark.parametrize("count", [1, 3, 20])
@pytest.mark.parametrize("max_frames", [30, 100, 1000])
def test_the_path_passes_every_pin(max_frames, count):
    score, recording = features(400), features(530, seed=1)
    rng = np.random.default_rng(count)
    rows, columns = 2 * rng.choice(200, count, replace=False), rng.integers(0, 530, count)
    pins = np.stack([np.sort(rows), np.sort(columns)], axis=1)
    path = warping_path(score, recording, skip=0.5, radius=10, pins=pins, max_frames=max_frames)
    assert_is_path(path, 400, 530)
    assert distance(pins, path) <= 1


@pytest.mark.parametrize("pins", [[[100, 100], [101, 200]], [[100, 100], [100, 200]], [[100, 100], [200, 100]]])
@pytest.mark.parametrize("max_frames", [30, 100, 1000])
def test_pins_may_follow_at_once(max_frames, pins):
    score, recording = features(400), features(530, seed=1)
    path = warping_path(score, recording, skip=0.5, radius=10, pins=np.array(pins), max_frames=max_frames)
    assert_is_path(path, 400, 530)
    assert distance(pins, path) <= 1


@pytest.mark.parametrize("max_frames", [60, 1000])
def test_pins_on_the_best_path_hardly_change_it(max_frames):
    score = features(300)
    pins = np.array([[50, 100], [150, 301], [299, 598]])
    path = warping_path(score, np.repeat(score, 2, axis=1), skip=0.5, radius=10, pins=pins, max_frames=max_frames)
    assert np.abs(path[1] // 2 - path[0]).max() <= 1
    assert distance(pins, path) == 0


def test_a_pin_leads_to_the_other_of_two_equal_passages():
    passage = unlike(50)
    score, recording = np.concatenate([passage, passage], axis=1), passage
    first = warping_path(score, recording, skip=0.5, radius=10, pins=np.array([[20, 20]]))
    second = warping_path(score, recording, skip=0.5, radius=10, pins=np.array([[70, 20]]))
    np.testing.assert_array_equal(first[0] - first[1], 0)
    np.testing.assert_array_equal(second[0] - second[1], 50)


def test_without_pins_the_band_stays():
    lower, upper = np.arange(5), np.arange(5) + 3
    assert all(np.array_equal(*pair) for pair in zip(narrow_band(lower, upper, NO_PINS), (lower, upper), strict=True))


@pytest.mark.parametrize("pins", [[[2, 3]], [[0, 0], [3, 5]], [[1, 1], [1, 4], [5, 4]], [[5, 7]]])
def test_a_narrow_band_pins_has_only_what_lies_before_or_after_each(pins):
    lower, upper = narrow_band(*full(6, 8), np.array(pins))
    assert (lower < upper).all()
    for i in range(6):
        for j in range(lower[i], upper[i]):
            assert all(j <= b if i < a else j >= b or [i, j] >= [a, b] for a, b in pins if i != a)


def test_a_narrow_band_pins_is_inside_the_band():
    lower, upper = np.arange(6), np.arange(6) + 3
    narrow = narrow_band(lower, upper, np.array([[3, 4]]))
    assert (narrow[0] >= lower).all()
    assert (narrow[1] <= upper).all()


@pytest.mark.parametrize(("n", "m"), [(12, 12), (15, 40), (40, 15)])
def test_the_path_agrees_with_librosa(n, m):
    """Without skipped frames the problem is that of librosa, where the weight of the first cell does not matter."""
    import librosa

    score, recording = features(n), features(m, seed=1)
    path = path_in_band(score, recording, *full(n, m), skip=1e6)
    steps = {
        "step_sizes_sigma": np.array([[1, 1], [0, 1], [1, 0]]),
        "weights_mul": np.array([DIAGONAL_WEIGHT, STRAIGHT_WEIGHT, STRAIGHT_WEIGHT]),
    }
    _, wanted = librosa.sequence.dtw(C=1 - score.T @ recording, **steps)
    np.testing.assert_array_equal(path, wanted[::-1].T)


@pytest.mark.parametrize(
    ("begin", "end", "wanted"), [(1, 3, [1, 2]), (-2, 1, [9, 9, 0]), (3, 6, [3, 9, 9]), (7, 9, [9, 9])]
)
def test_a_padded_slice_is_filled_outside(begin, end, wanted):
    assert padded_slice(np.arange(4), begin, end, fill=9).tolist() == wanted

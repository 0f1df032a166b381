"""Sections are found wherever the recording goes: on, back, ahead and out of the score."""

import numpy as np
import pytest

from scoresep.alignment.features import N_KEYS
from scoresep.alignment.viterbi import find_played_sections

RANDOM = np.random.default_rng(0)
SCORE = RANDOM.integers(0, N_KEYS, 200)


def features(keys):
    """Return frames in each of which one key sounds."""
    return np.eye(2 * N_KEYS, dtype=np.float32)[:, keys]


def silence(n_frames):
    """Return frames that are like all keys alike."""
    return np.full((2 * N_KEYS, n_frames), 1 / np.sqrt(2 * N_KEYS), np.float32)


def noise(n_frames, seed=1):
    """Return frames that are like none of the score."""
    frames = np.zeros((2 * N_KEYS, n_frames), np.float32)
    frames[N_KEYS + np.random.default_rng(seed).integers(0, N_KEYS, n_frames), np.arange(n_frames)] = 1.0
    frames[0] = 1e-3
    return frames


def played(*spans):
    """Return a recording of parts of the score, one after the other."""
    return features(np.concatenate([SCORE[begin:end] for begin, end in spans]))


def sections(recording, anchors=None):
    return find_played_sections(features(SCORE), recording, anchors)[1].tolist()


def near(found, wanted, *, frames=2):
    """Return whether there are as many sections as wanted, all near them."""
    return np.shape(found) == np.shape(wanted) and np.abs(np.subtract(found, wanted)).max() <= frames


def test_a_recording_of_the_whole_is_one_section_that_costs_nothing():
    cost, found = find_played_sections(features(SCORE), played((0, 200)))
    assert cost == pytest.approx(0)
    assert found.tolist() == [[0, 200, 0, 200]]


def test_a_repeat_is_two_sections():
    assert sections(played((0, 120), (40, 200))) == [[0, 120, 0, 120], [40, 200, 120, 280]]


def test_many_repeats_are_as_many_sections():
    spans = [(0, 80), (40, 80), (40, 80), (40, 200)]
    found = sections(played(*spans))
    assert [tuple(row[:2]) for row in found] == spans
    assert [row[3] - row[2] for row in found] == [end - begin for begin, end in spans]


def test_a_cut_is_two_sections():
    assert sections(played((0, 60), (130, 200))) == [[0, 60, 0, 60], [130, 200, 60, 130]]


@pytest.mark.parametrize(("begin", "end"), [(50, 200), (0, 120), (50, 120)])
def test_a_part_is_one_section(begin, end):
    cost, found = find_played_sections(features(SCORE), played((begin, end)))
    assert found.tolist() == [[begin, end, 0, end - begin]]
    assert cost < 0.03


def test_parts_in_another_order_are_found():
    assert sections(played((120, 200), (0, 120))) == [[120, 200, 0, 80], [0, 120, 80, 200]]


def test_applause_is_no_part_of_the_score():
    recording = np.concatenate([noise(50), played((0, 200)), noise(30, seed=2)], axis=1)
    assert sections(recording) == [[0, 200, 50, 250]]


@pytest.mark.parametrize("frames", [2, 3])
def test_a_short_resemblance_before_the_music_is_no_section(frames):
    recording = np.concatenate([played((0, frames)), noise(20), played((0, 200))], axis=1)
    assert sections(recording) == [[0, 200, 20 + frames, 220 + frames]]


def test_what_is_put_into_the_middle_is_left_out():
    recording = np.concatenate([played((0, 90)), noise(60), played((90, 200))], axis=1)
    assert sections(recording) == [[0, 90, 0, 90], [90, 200, 150, 260]]


def test_silence_is_skipped():
    recording = np.concatenate([silence(40), played((0, 200)), silence(40)], axis=1)
    found = np.array(sections(recording))
    assert (found[0, 0], found[-1, 1]) == (0, 200)
    assert len(found) == 1


@pytest.mark.parametrize("pace", [1, 2, 4])
def test_a_slower_recording_is_one_section(pace):
    recording = np.repeat(played((0, 200)), pace, axis=1)
    assert sections(recording) == [[0, 200, 0, 200 * pace]]


@pytest.mark.parametrize("pace", [2, 3])
def test_a_faster_recording_is_one_section(pace):
    cost, found = find_played_sections(features(SCORE), features(SCORE[::pace]))
    assert near(found, [[0, 200, 0, -(-200 // pace)]], frames=pace)
    assert cost < 0.2 * pace


def test_a_stranger_has_no_sections():
    cost, found = find_played_sections(features(SCORE), noise(150))
    assert found.shape == (0, 4)
    assert cost == pytest.approx(0.5, abs=0.01)


def test_a_short_wrong_note_is_no_jump():
    keys = SCORE.copy()
    keys[100:102] = (keys[100:102] + 7) % N_KEYS
    assert sections(features(keys)) == [[0, 200, 0, 200]]


def test_an_anchor_decides_between_two_equal_passages():
    score = features(np.concatenate([SCORE[:80], SCORE[:80]]))
    recording = played((0, 80))
    starts = [find_played_sections(score, recording, np.array([[k, 40]]))[1][0, 0] for k in (40, 120)]
    assert starts == [0, 80]


@pytest.mark.parametrize("place", [0, 70, 199])
def test_the_sections_go_through_its_anchors(place):
    found = sections(played((0, 200)), np.array([[100, place]]))
    begin, end, first, last = next(row for row in found if row[2] <= place < row[3])
    assert begin <= 100 < end
    assert last - first == 1 or place == 100 or begin + place - first == 100


def test_of_anchors_at_one_place_the_first_counts():
    found = sections(played((0, 200)), np.array([[100, 100], [20, 100]]))
    assert found == [[0, 200, 0, 200]]


def test_anchors_may_jump():
    spans = [(0, 120), (40, 200)]
    found = sections(played(*spans), np.array([[60, 60], [60, 140], [180, 260]]))
    assert found == [[0, 120, 0, 120], [40, 200, 120, 280]]


@pytest.mark.parametrize("n", [1, 2, 3, 200])
@pytest.mark.parametrize("m", [1, 2, 63, 64, 65, 200])
def test_sections_are_parts_of_score_and_recording(n, m):
    recording = features(RANDOM.integers(0, N_KEYS, m))
    _, found = find_played_sections(features(SCORE[:n]), recording)
    assert found.shape[1] == 4
    assert (found[:, 0] < found[:, 1]).all()
    assert (found[:, 2] < found[:, 3]).all()
    assert (found[1:, 2] >= found[:-1, 3]).all()
    assert found.min(initial=0) >= 0
    assert found[:, 1].max(initial=0) <= n
    assert found[:, 3].max(initial=0) <= m


def least_cost(score, recording):
    """Return the mean cost of the cheapest sequence of states, by all pairs of score frames."""
    n, m = score.shape[1], recording.shape[1]
    costs = 1 - score.T @ recording
    frames = np.arange(n)
    ahead = frames[None] - frames[:, None]
    going_on = np.where(ahead >= 0, 0.2 * np.maximum(ahead - 1, 0), np.inf)
    step = np.where((ahead >= 0) & (ahead <= 4), np.minimum(going_on, 2.5), 2.5)
    begin, finish = np.full(n, 0.75), np.full(n, 0.75)
    begin[0] = finish[-1] = 0.0
    inside, not_started, outside = begin + costs[:, 0], 0.5, np.inf
    for j in range(1, m):
        leaving = min(outside, (inside + finish).min()) + 0.5
        entered = np.minimum(not_started + begin, outside + 2.5)
        inside = np.minimum((inside[:, None] + step).min(axis=0), entered) + costs[:, j]
        not_started, outside = not_started + 0.5, leaving
    return min(not_started, outside, (inside + finish).min()) / m


@pytest.mark.parametrize("seed", range(8))
def test_no_sequence_of_states_is_cheaper(seed):
    rng = np.random.default_rng(seed)
    score, recording = features(rng.integers(0, 4, 9)), features(rng.integers(0, 4, 30))
    assert find_played_sections(score, recording)[0] == pytest.approx(least_cost(score, recording), abs=1e-6)


def test_arguments_are_unchanged():
    score, recording, anchors = features(SCORE), played((0, 50)), np.array([[10, 10], [20, 30]])
    before = score.copy(), recording.copy(), anchors.copy()
    find_played_sections(score, recording, anchors)
    for was, now in zip(before, (score, recording, anchors), strict=True):
        assert np.array_equal(was, now)

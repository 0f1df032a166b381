"""Contours of singers: the search over pitches, the path, and the refinement by phase."""

import numpy as np
import pytest

from scoresep.model.contour_path import best_path
from scoresep.model.contour_search import PERIOD, find_contours
from scoresep.model.pitch_search import SungNotes, allowed_states, hann_lobe, state_combs
from scoresep.values import Audio, Notes

RATE = 16000


def sung(pitch, seconds, depth=0.4, speed=5.5):
    """Return a harmonic sound with vibrato, and its frequency at every sample."""
    time = np.arange(int(seconds * RATE)) / RATE
    frequency = 440 * 2 ** ((pitch - 69 + depth * np.sin(2 * np.pi * speed * time)) / 12)
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    return sum(np.cos(k * phase) / k for k in range(1, 20)).astype(np.float32), frequency


def notes(pitches, seconds):
    """Return one note for each pitch, as long as the sound."""
    rows = [{"onset": 0.0, "offset": seconds, "pitch": pitch, "velocity": 80} for pitch in pitches]
    return Notes.from_rows(rows, ())


def errors(found, frequency):
    """Return how far (cents) a contour is off the true frequency at its times, but for its ends."""
    at = (np.arange(len(found)) * PERIOD * RATE).astype(int)
    inside = slice(10, len(found) - 10)
    return 1200 * np.abs(np.log2(found[inside] / frequency[np.minimum(at, len(frequency) - 1)][inside]))


def test_two_singers_in_a_mixture_are_followed():
    sounds = [sung(50, 3.0), sung(57.2, 3.0, speed=4.7)]
    mixture = Audio((sounds[0][0] + 0.7 * sounds[1][0])[None], RATE)
    found = find_contours(mixture, notes([50, 57], 3.0), np.array([0, 1]), tuning=0, n_background=0)
    for contour, (_, frequency) in zip(found, sounds, strict=True):
        assert np.median(errors(contour, frequency)) < 5
        assert np.mean(errors(contour, frequency) < 30) > 0.9


def test_free_components_leave_the_singer_alone():
    sound, frequency = sung(62, 3.0)
    chord = sum(np.sin(2 * np.pi * f * np.arange(len(sound)) / RATE) for f in (311.0, 415.3, 466.2))
    mixture = Audio((sound + 0.5 * chord).astype(np.float32)[None], RATE)
    found = find_contours(mixture, notes([62], 3.0), np.array([0]), tuning=0, n_background=10)
    assert np.mean(errors(found[0], frequency) < 30) > 0.8


def test_tuning_moves_the_search():
    sound, frequency = sung(61.5, 2.0, depth=0.1)
    found = find_contours(Audio(sound[None], RATE), notes([60], 2.0), np.array([0]), tuning=150, n_background=0)
    assert np.median(errors(found[0], frequency)) < 5


def test_contours_are_zero_without_notes_and_the_same_each_time():
    sound, _ = sung(60, 3.0)
    score = notes([60], 1.0)
    first, again = (
        find_contours(Audio(sound[None], RATE), score, np.array([0]), tuning=0, n_background=3) for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first[0, int(1.4 / PERIOD) :] == 0).all()
    assert (first[0, : int(1.0 / PERIOD)] > 0).all()


def test_silence_gives_finite_contours():
    found = find_contours(
        Audio(np.zeros((1, RATE), np.float32), RATE), notes([60], 0.5), np.array([0]), tuning=0, n_background=2
    )
    assert np.isfinite(found).all()


def test_states_are_allowed_around_the_notes():
    lowest, allowed = allowed_states(SungNotes(np.array([2, 5]), np.array([6, 9]), np.array([60.0, 62.0])), 10)
    assert lowest == 591
    assert not allowed[[0, 1, 9]].any()
    assert allowed[3].sum() == 19
    assert allowed[5].sum() == 38  # both notes


def test_combs_have_their_partials():
    combs = state_combs(np.array([57.0, 69.0]), 200, 10.0)
    assert combs.max() == pytest.approx(1, abs=0.01)
    assert combs[1, 44] > 0.99 > 0.5 > combs[1, 22]
    assert combs[0, 22] > 0.99


def test_lobe_is_that_of_a_hann_window():
    np.testing.assert_allclose(hann_lobe(np.array([0.0, 1.0, 2.0, 3.0])), [1, 0.5, 0, 0], atol=1e-6)


def test_path_is_smooth_and_jumps_where_it_must():
    value = np.zeros((40, 60))
    value[:20, 10], value[20:, 50] = 1, 1
    value[10, 30] = 1.01  # a single frame that is not worth two jumps
    allowed = np.ones(value.shape, bool)
    allowed[[0, 39]] = False
    path = best_path(value, allowed)
    assert path[0] == path[39] == -1
    assert (path[1:20] == 10).all()
    assert (path[20:39] == 50).all()

"""A score resembles its own recording, in the key that it is played in."""

import numpy as np
import pytest
import synth

from scoresep.numerics.features import RATE, pitch_energies, recording_features
from scoresep.numerics.likeness import SHIFTS, likeness, likeness_of_shifts
from scoresep.numerics.score import score_features

SCORE = synth.duet()
RECORDING = recording_features(pitch_energies(synth.tones(SCORE, rate=RATE)[0]), 4)


def features_of(pitch):
    return score_features(SCORE.onset, SCORE.offset, pitch, duration=8.0, n_frames=RECORDING.shape[1])


@pytest.mark.parametrize("semitones", [-5, 0, 1, 6])
def test_the_transposition_is_the_most_alike(semitones):
    likeness = likeness_of_shifts(features_of(SCORE.pitch - semitones), RECORDING, skip=0.5)
    assert tuple(likeness) == SHIFTS
    assert max(likeness, key=likeness.get) == semitones
    assert likeness[semitones] > 0.5


def test_another_score_is_not_alike():
    other = np.random.default_rng(0).integers(40, 90, len(SCORE))
    assert max(likeness_of_shifts(features_of(other), RECORDING, skip=0.5).values()) < 0.3


def test_the_likeness_is_that_of_no_shift():
    score = features_of(SCORE.pitch)
    shifts = likeness_of_shifts(score, RECORDING, skip=0.5)
    assert likeness(score, RECORDING, skip=0.5) == pytest.approx(shifts[0], rel=1e-5)


def test_what_is_skipped_is_not_alike():
    score = features_of(SCORE.pitch)
    whole, half = (likeness(score[:, :n], RECORDING, skip=0.5) for n in (score.shape[1], score.shape[1] // 2))
    assert half == pytest.approx(whole / 2, abs=0.05)


@pytest.mark.parametrize("times", [2, 5])
def test_long_sequences_are_averaged(times):
    score = features_of(SCORE.pitch)
    longer = likeness(np.repeat(score, times, axis=1), np.repeat(RECORDING, times, axis=1), skip=0.5)
    assert longer == pytest.approx(likeness(score, RECORDING, skip=0.5), abs=0.05)


def test_arguments_are_unchanged():
    score, before = features_of(SCORE.pitch), RECORDING.copy()
    copy = score.copy()
    likeness_of_shifts(score, RECORDING, skip=0.5)
    assert np.array_equal(score, copy)
    assert np.array_equal(RECORDING, before)

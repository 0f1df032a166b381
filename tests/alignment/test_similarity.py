"""A score resembles its own recording, in the key that it is played in."""

import numpy as np
import pytest
import synth

from scoresep.alignment.coarse import FRAME
from scoresep.alignment.features import RATE, pitch_energies, recording_features
from scoresep.alignment.score_features import score_features, shifted
from scoresep.alignment.similarity import SHIFTS, likeness, transposition_of

SCORE = synth.duet()
RECORDING = recording_features(pitch_energies(synth.tones(SCORE, rate=RATE)[0]), 8)


def features_of(pitch):
    return score_features(SCORE.onset, SCORE.offset, pitch, duration=8.0, n_frames=RECORDING.shape[1])


@pytest.mark.parametrize("semitones", [-5, 0, 1, 6])
def test_the_transposition_is_the_most_alike(semitones):
    assert (
        transposition_of(features_of(SCORE.pitch - semitones), RECORDING, frame=FRAME, skip=0.5, enough=0.4)
        == semitones
    )


def test_a_score_that_is_alike_enough_is_not_moved():
    assert transposition_of(features_of(SCORE.pitch - 1), RECORDING, frame=FRAME, skip=0.5, enough=-1.0) == 0


def test_another_score_is_not_alike():
    score = features_of(np.random.default_rng(0).integers(40, 90, len(SCORE)))
    assert max(likeness(shifted(score, shift), RECORDING, frame=FRAME, skip=0.5) for shift in SHIFTS) < 0.3


def test_what_is_skipped_is_not_alike():
    score = features_of(SCORE.pitch)
    whole, half = (
        likeness(score[:, :n], RECORDING, frame=FRAME, skip=0.5) for n in (score.shape[1], score.shape[1] // 2)
    )
    assert half == pytest.approx(whole / 2, abs=0.05)


@pytest.mark.parametrize("times", [2, 5])
def test_long_sequences_are_averaged(times):
    score = features_of(SCORE.pitch)
    longer = likeness(np.repeat(score, times, axis=1), np.repeat(RECORDING, times, axis=1), frame=FRAME, skip=0.5)
    assert longer == pytest.approx(likeness(score, RECORDING, frame=FRAME, skip=0.5), abs=0.05)


def test_the_key_of_long_music_is_found():
    random = np.random.default_rng(1)
    onset, pitch = np.arange(0, 1600, 0.5), random.integers(40, 80, 3200)
    sizes = {"duration": 1600.0, "n_frames": 2000}
    recording, score = (score_features(onset, onset + 0.5, pitch - moved, **sizes) for moved in (0, 2))
    assert likeness(score, recording, frame=0.8, skip=0.5) < 0.33
    assert transposition_of(score, recording, frame=0.8, skip=0.5, enough=0.33) == 2


def test_arguments_are_unchanged():
    score, before = features_of(SCORE.pitch), RECORDING.copy()
    copy = score.copy()
    transposition_of(score, RECORDING, frame=FRAME, skip=0.5, enough=1.0)
    assert np.array_equal(score, copy)
    assert np.array_equal(RECORDING, before)

"""A score resembles its own recording, in the key that it is played in."""

import numpy as np
import pytest
import synth

from scoresep.alignment.features import FEATURE_PERIOD, recording_features, transpose
from scoresep.alignment.pitch_energies import pitch_energies
from scoresep.alignment.score_features import score_features
from scoresep.alignment.similarity import TRANSPOSITIONS, estimate_transposition, similarity
from scoresep.dsp.downmix import MONO_SAMPLE_RATE

SCORE = synth.duet()
#: Frames of the recording of the score.
N_FRAMES = 201


@pytest.fixture(scope="module")
def recording():
    """Give the features of a recording of the score."""
    return recording_features(pitch_energies(synth.tones(SCORE, rate=MONO_SAMPLE_RATE)[0]))


def features_of(pitch):
    return score_features(SCORE.onset, SCORE.offset, pitch, duration=8.0, n_frames=N_FRAMES)


@pytest.mark.parametrize("semitones", [-5, 0, 1, 6])
def test_the_transposition_is_the_most_similar(recording, semitones):
    assert (
        estimate_transposition(
            features_of(SCORE.pitch - semitones), recording, frame_duration=FEATURE_PERIOD, skip=0.5, sufficient=0.4
        )
        == semitones
    )


def test_a_score_that_is_similar_enough_is_not_transposed(recording):
    assert (
        estimate_transposition(
            features_of(SCORE.pitch - 1), recording, frame_duration=FEATURE_PERIOD, skip=0.5, sufficient=-1.0
        )
        == 0
    )


def test_another_score_is_not_similar(recording):
    score = features_of(np.random.default_rng(0).integers(40, 90, len(SCORE)))
    assert (
        max(
            similarity(transpose(score, semitones), recording, frame_duration=FEATURE_PERIOD, skip=0.5)
            for semitones in TRANSPOSITIONS
        )
        < 0.3
    )


def test_what_is_skipped_is_not_similar(recording):
    score = features_of(SCORE.pitch)
    whole, half = (
        similarity(score[:, :n], recording, frame_duration=FEATURE_PERIOD, skip=0.5)
        for n in (score.shape[1], score.shape[1] // 2)
    )
    assert half == pytest.approx(whole / 2, abs=0.05)


@pytest.mark.parametrize("times", [2, 5])
def test_long_sequences_are_averaged(recording, times):
    score = features_of(SCORE.pitch)
    longer = similarity(
        np.repeat(score, times, axis=1), np.repeat(recording, times, axis=1), frame_duration=FEATURE_PERIOD, skip=0.5
    )
    assert longer == pytest.approx(similarity(score, recording, frame_duration=FEATURE_PERIOD, skip=0.5), abs=0.05)


def test_the_key_of_long_music_is_found():
    random = np.random.default_rng(1)
    onset, pitch = np.arange(0, 1600, 0.5), random.integers(40, 80, 3200)
    sizes = {"duration": 1600.0, "n_frames": 2000}
    recording, score = (score_features(onset, onset + 0.5, pitch - moved, **sizes) for moved in (0, 2))
    assert similarity(score, recording, frame_duration=0.8, skip=0.5) < 0.33
    assert estimate_transposition(score, recording, frame_duration=0.8, skip=0.5, sufficient=0.33) == 2


def test_arguments_are_unchanged(recording):
    score, before = features_of(SCORE.pitch), recording.copy()
    copy = score.copy()
    estimate_transposition(score, recording, frame_duration=FEATURE_PERIOD, skip=0.5, sufficient=1.0)
    assert np.array_equal(score, copy)
    assert np.array_equal(recording, before)

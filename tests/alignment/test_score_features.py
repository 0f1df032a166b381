"""A score becomes features that are like those of its recording."""

import numpy as np
import pytest
import synth

from scoresep.alignment.features import FEATURE_PERIOD, N_KEYS, recording_features
from scoresep.alignment.pitch_energies import ENERGY_PERIOD, LOWEST_PITCH, pitch_energies
from scoresep.alignment.score_features import ScoreFeatures, score_features
from scoresep.dsp.downmix import MONO_SAMPLE_RATE

NOTES = synth.notes((0.5, 1.0, 60, 1), (1.0, 1.6, 76, 1), (1.5, 1.9, 45, 1))


def features_of(notes, *, duration=2.0, n_frames=100):
    return score_features(notes.onset, notes.offset, notes.pitch, duration=duration, n_frames=n_frames)


def loudest(features):
    """Return the loudest pitch of each frame, or 0 where none stands out."""
    sound = features[:N_KEYS]
    return np.where(np.ptp(sound, axis=0) > 0, sound.argmax(axis=0) + LOWEST_PITCH, 0)


def test_features_of_a_score_have_norm_one():
    features = features_of(NOTES, n_frames=90)
    assert features.shape == (176, 90)
    np.testing.assert_allclose(np.linalg.norm(features, axis=0), 1, rtol=1e-5)


def test_the_score_resembles_its_recording_most_where_they_meet():
    recording = recording_features(pitch_energies(synth.tones(NOTES, seconds=2.0, rate=MONO_SAMPLE_RATE)[0]))
    n_frames = recording.shape[1]
    score = features_of(NOTES, duration=n_frames * FEATURE_PERIOD, n_frames=n_frames)
    similarity = [np.einsum("fn,fn->", score, np.roll(recording, shift, axis=1)) for shift in range(-20, 21)]
    assert abs(int(np.argmax(similarity)) - 20) <= 1


def test_a_note_sounds_from_its_onset_to_its_offset():
    found = loudest(features_of(NOTES))
    assert np.flatnonzero(found == 60).tolist() == list(range(25, 50))
    assert np.flatnonzero(found == 76).tolist() == list(range(50, 75))
    assert np.flatnonzero(found == 45).tolist() == list(range(75, 95))
    assert not found[:25].any()
    assert not found[95:].any()


def test_a_note_has_five_partials_that_grow_softer():
    column = features_of(synth.notes((0.0, 2.0, 40, 1)))[:N_KEYS, 50]
    partials = column[np.array([0, 12, 19, 24, 28]) + 40 - LOWEST_PITCH]
    assert (np.diff(partials) < 0).all()
    assert np.count_nonzero(column) == 5


def test_onsets_decay():
    onsets = features_of(synth.notes((0.5, 2.0, 60, 1)))[N_KEYS + 60 - LOWEST_PITCH]
    assert not onsets[:25].any()
    assert (np.diff(onsets[25:30]) < 0).all()
    assert not onsets[30:].any()


@pytest.mark.parametrize("pitch", [0, 20, 109, 127])
def test_pitches_beyond_the_keys_are_allowed(pitch):
    features = features_of(synth.notes((0.5, 1.0, pitch, 1)))
    np.testing.assert_allclose(np.linalg.norm(features, axis=0), 1, rtol=1e-5)


@pytest.mark.parametrize("notes", [synth.notes(), synth.notes((1.0, 1.0, 60, 1)), synth.notes((5.0, 6.0, 60, 1))])
def test_few_notes_and_none_have_features(notes):
    np.testing.assert_allclose(np.linalg.norm(features_of(notes), axis=0), 1, rtol=1e-5)


def test_the_score_is_as_long_as_its_notes():
    assert (ScoreFeatures(NOTES).begin, ScoreFeatures(NOTES).end) == (0.5, 1.9)
    moment = ScoreFeatures(synth.notes((3.0, 3.0, 60, 1)))
    assert moment.end == pytest.approx(moment.begin + ENERGY_PERIOD)


def test_a_part_of_a_score_is_what_the_whole_has_there():
    score = ScoreFeatures(NOTES)
    whole, part = score.passage(0.0, 2.0, 200), score.passage(0.5, 1.5, 100)
    assert loudest(part).tolist() == loudest(whole)[50:150].tolist()


def test_a_note_that_began_before_a_part_sounds_in_it():
    assert loudest(ScoreFeatures(NOTES).passage(0.7, 0.9, 10)).tolist() == [60] * 10


@pytest.mark.parametrize("semitones", [-5, 0, 7])
def test_a_transposed_score_has_transposed_pitches(semitones):
    plain, moved = (ScoreFeatures(NOTES, shift).passage(0.0, 2.0, 50) for shift in (0, semitones))
    assert loudest(moved).tolist() == (loudest(plain) + semitones * (loudest(plain) > 0)).tolist()


@pytest.mark.parametrize("oversampling", [1, 4])
def test_averaged_features_cover_the_whole_score(oversampling):
    features = ScoreFeatures(NOTES).whole(14, oversampling=oversampling)
    assert features.shape == (176, 14)
    np.testing.assert_allclose(np.linalg.norm(features, axis=0), 1, rtol=1e-5)
    assert loudest(features)[[0, -1]].tolist() == [60, 45]


def test_arguments_are_unchanged():
    features = features_of(NOTES)
    before = features.copy(), NOTES.onset.copy()
    ScoreFeatures(NOTES, 2).passage(0.5, 1.5, 30)
    assert np.array_equal(features, before[0])
    assert np.array_equal(NOTES.onset, before[1])

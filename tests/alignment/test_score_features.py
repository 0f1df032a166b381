"""A score becomes features that are like those of its recording."""

import numpy as np
import pytest
import synth

from scoresep.alignment.features import CLOCK, KEYS, LOWEST, RATE, pitch_energies, recording_features
from scoresep.alignment.score_features import Score, score_features, shifted

NOTES = synth.notes((0.5, 1.0, 60, 1), (1.0, 1.6, 76, 1), (1.5, 1.9, 45, 1))
RANDOM = np.random.default_rng(0)


def features_of(notes, *, duration=2.0, n_frames=100):
    return score_features(notes.onset, notes.offset, notes.pitch, duration=duration, n_frames=n_frames)


def loudest(features):
    """Return the loudest pitch of each frame, or 0 where none stands out."""
    sound = features[:KEYS]
    return np.where(np.ptp(sound, axis=0) > 0, sound.argmax(axis=0) + LOWEST, 0)


def test_features_of_a_score_have_norm_one():
    features = features_of(NOTES, n_frames=90)
    assert features.shape == (176, 90)
    np.testing.assert_allclose(np.linalg.norm(features, axis=0), 1, rtol=1e-5)


def test_the_score_resembles_its_recording_most_where_they_meet():
    recording = recording_features(pitch_energies(synth.tones(NOTES, seconds=2.0, rate=RATE)[0]), 8)
    n_frames = recording.shape[1]
    score = features_of(NOTES, duration=n_frames * 8 * CLOCK, n_frames=n_frames)
    likeness = [np.einsum("fn,fn->", score, np.roll(recording, shift, axis=1)) for shift in range(-20, 21)]
    assert abs(int(np.argmax(likeness)) - 20) <= 1


def test_a_note_sounds_from_its_onset_to_its_offset():
    heard = loudest(features_of(NOTES))
    assert np.flatnonzero(heard == 60).tolist() == list(range(25, 50))
    assert np.flatnonzero(heard == 76).tolist() == list(range(50, 75))
    assert np.flatnonzero(heard == 45).tolist() == list(range(75, 95))
    assert not heard[:25].any()
    assert not heard[95:].any()


def test_a_note_has_five_partials_that_grow_softer():
    column = features_of(synth.notes((0.0, 2.0, 40, 1)))[:KEYS, 50]
    partials = column[np.array([0, 12, 19, 24, 28]) + 40 - LOWEST]
    assert (np.diff(partials) < 0).all()
    assert np.count_nonzero(column) == 5


def test_onsets_decay():
    onsets = features_of(synth.notes((0.5, 2.0, 60, 1)))[KEYS + 60 - LOWEST]
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
    assert (Score(NOTES).begin, Score(NOTES).end) == (0.5, 1.9)
    moment = Score(synth.notes((3.0, 3.0, 60, 1)))
    assert moment.end == pytest.approx(moment.begin + CLOCK)


def test_a_part_of_a_score_is_what_the_whole_has_there():
    score = Score(NOTES)
    whole, part = score.features(0.0, 2.0, 200), score.features(0.5, 1.5, 100)
    assert loudest(part).tolist() == loudest(whole)[50:150].tolist()


def test_a_note_that_began_before_a_part_sounds_in_it():
    assert loudest(Score(NOTES).features(0.7, 0.9, 10)).tolist() == [60] * 10


@pytest.mark.parametrize("semitones", [-5, 0, 7])
def test_a_transposed_score_has_transposed_pitches(semitones):
    plain, moved = (Score(NOTES, shift).features(0.0, 2.0, 50) for shift in (0, semitones))
    assert loudest(moved).tolist() == (loudest(plain) + semitones * (loudest(plain) > 0)).tolist()


@pytest.mark.parametrize("detail", [1, 4])
def test_averaged_features_cover_the_whole_score(detail):
    features = Score(NOTES).averaged_features(14, detail)
    assert features.shape == (176, 14)
    np.testing.assert_allclose(np.linalg.norm(features, axis=0), 1, rtol=1e-5)
    assert loudest(features)[[0, -1]].tolist() == [60, 45]


def test_shifting_back_and_forth_gives_what_was_there():
    features = features_of(NOTES)
    np.testing.assert_allclose(shifted(shifted(features, 5), -5)[40:80], shifted(features, 0)[40:80], atol=0.05)


@pytest.mark.parametrize("semitones", [-6, -1, 0, 1, 6])
def test_shifted_features_have_norm_one(semitones):
    features = RANDOM.random((176, 20)).astype(np.float32)
    np.testing.assert_allclose(np.linalg.norm(shifted(features, semitones), axis=0), 1, rtol=1e-5)


def test_what_leaves_the_keys_is_lost():
    features = np.zeros((176, 2), np.float32)
    features[KEYS - 1, 0] = features[KEYS, 1] = 1.0
    assert not shifted(features, 1)[:, 0].any()
    assert not shifted(features, -1)[:, 1].any()


def test_arguments_are_unchanged():
    features = features_of(NOTES)
    before = features.copy(), NOTES.onset.copy()
    shifted(features, 3)
    Score(NOTES, 2).features(0.5, 1.5, 30)
    assert np.array_equal(features, before[0])
    assert np.array_equal(NOTES.onset, before[1])

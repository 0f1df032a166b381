"""A score that has a part of what sounds stands out among its decoys; another score does not."""

import dataclasses

import band
import numpy as np
import pytest
import synth

from scoresep.alignment.features import FEATURE_PERIOD, N_KEYS, has_no_salient_key, recording_features
from scoresep.alignment.partial_scores import (
    MAX_CELLS,
    MAX_SCORE_FRAMES,
    MIN_SIGNIFICANCE,
    PACES,
    SEARCH_GROUP,
    gain_features,
    is_melody,
    match_partial_score,
    search_group,
    sounding_frames,
    weaken_onsets,
)
from scoresep.alignment.pitch_energies import pitch_energies
from scoresep.dsp.downmix import downmix

MELODY = band.melody(1)


@pytest.fixture(scope="module")
def recording():
    """Return the features of the melody above a band, with weakened onsets."""
    return weaken_onsets(recording_features(pitch_energies(downmix(band.song(MELODY)).samples)))


def test_a_melody_above_a_band_stands_out(recording):
    match = match_partial_score(recording, [MELODY])
    assert match.significance > MIN_SIGNIFICANCE + 2
    assert match.score.transposition == 0
    assert match.gain > 0


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_another_melody_does_not(recording, seed):
    assert match_partial_score(recording, [band.melody(seed)]).significance < MIN_SIGNIFICANCE - 0.5


@pytest.mark.parametrize("semitones", [-12, -5, 3, 12])
def test_a_melody_is_found_in_other_keys_and_octaves(recording, semitones):
    match = match_partial_score(recording, [dataclasses.replace(MELODY, pitch=MELODY.pitch - semitones)])
    assert match.score.transposition == semitones
    assert match.significance > MIN_SIGNIFICANCE


def test_the_reading_that_is_played_is_found(recording):
    other = band.melody(11)
    assert match_partial_score(recording, [other, MELODY, other]).notes is MELODY


def test_drums_do_not_count(recording):
    with_drums = band.with_drums(MELODY)
    match = match_partial_score(recording, [with_drums])
    assert match.notes is with_drums
    assert not match.score.notes.is_drum.any()
    assert match.significance == match_partial_score(recording, [MELODY]).significance


def test_arguments_are_unchanged(recording):
    before = recording.copy(), MELODY.onset.copy()
    match_partial_score(recording, [MELODY])
    np.testing.assert_array_equal(recording, before[0])
    np.testing.assert_array_equal(MELODY.onset, before[1])


def test_rests_and_silence_neither_gain_nor_lose(recording):
    n_frames = recording.shape[1]
    is_sounding = np.arange(n_frames) % 3 > 0
    own, other = gain_features(recording, recording, is_sounding)
    gain = own.T @ other
    assert not gain[~is_sounding].any()
    assert not gain[:, has_no_salient_key(recording)].any()
    assert (np.diagonal(gain)[is_sounding & ~has_no_salient_key(recording)] > 0).mean() > 0.95


def test_silence_has_no_significance():
    silence = np.full((2 * N_KEYS, 200), (2 * N_KEYS) ** -0.5, np.float32)
    match = match_partial_score(silence, [MELODY])
    assert match.gain == 0
    assert match.significance == 0


def test_frames_sound_from_an_onset_to_an_offset():
    score = synth.notes((1.0, 2.0, 60, 1), (1.5, 3.5, 64, 1), (6.0, 6.0, 60, 1), (8.5, 20.0, 60, 1))
    expected = [False, True, True, True, False, False, False, False, True, True]
    assert sounding_frames(score, 0.0, 10.0, 10).tolist() == expected


def test_weaker_onsets_leave_columns_of_norm_one(recording):
    features = recording_features(pitch_energies(downmix(band.song(MELODY)).samples))
    weakened = weaken_onsets(features)
    np.testing.assert_allclose(np.linalg.norm(weakened, axis=0), 1, rtol=1e-5)
    assert (weakened[N_KEYS:] <= features[N_KEYS:]).all()


def test_a_melody_has_hardly_two_notes_at_once():
    assert is_melody(MELODY)
    assert is_melody(MELODY.take(np.array([0])))
    assert not is_melody(synth.duet())


def test_a_score_that_is_far_longer_than_the_recording_has_a_bounded_number_of_frames():
    assert 1e5 / (search_group(250, 1e5) * FEATURE_PERIOD * min(PACES)) <= MAX_SCORE_FRAMES


@pytest.mark.parametrize("minutes", [0.5, 5, 60, 600])
def test_a_search_has_a_bounded_number_of_cells(minutes):
    n_frames = round(60 * minutes / FEATURE_PERIOD)
    group = search_group(n_frames, 60 * minutes)
    cells = n_frames / group * 60 * minutes / (group * FEATURE_PERIOD * min(PACES))
    assert cells <= MAX_CELLS
    assert group == SEARCH_GROUP or minutes > 2

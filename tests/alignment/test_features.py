"""Features say which keys sound and begin to sound, in columns of norm one."""

import numpy as np
import pytest
import synth

from scoresep.alignment.features import (
    N_KEYS,
    average,
    halve,
    has_no_salient_key,
    normalize,
    recording_features,
    transpose,
)
from scoresep.alignment.pitch_energies import HIGHEST_PITCH, LOWEST_PITCH, pitch_energies
from scoresep.dsp.downmix import MONO_SAMPLE_RATE

SCORE = synth.notes((0.5, 1.0, 60, 1), (1.0, 1.6, 76, 1), (1.5, 1.9, 45, 1))
SILENCE = np.zeros((HIGHEST_PITCH - LOWEST_PITCH + 1, 201), np.float32)
RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def energies():
    """Give the pitch energies of three tones."""
    return pitch_energies(synth.tones(SCORE, seconds=2.0, rate=MONO_SAMPLE_RATE)[0])


@pytest.mark.parametrize("pooling", [1, 4, 7])
@pytest.mark.parametrize("n_frames", [401, 3], ids=["tones", "short"])
def test_features_have_norm_one(energies, n_frames, pooling):
    features = recording_features(energies[:, :n_frames], pooling=pooling)
    assert features.shape == (176, -(-n_frames // pooling))
    np.testing.assert_allclose(np.linalg.norm(features, axis=0), 1, rtol=1e-5)


@pytest.mark.parametrize("pooling", [1, 4, 7])
def test_features_of_silence_have_norm_one(pooling):
    features = recording_features(SILENCE, pooling=pooling)
    np.testing.assert_allclose(np.linalg.norm(features, axis=0), 1, rtol=1e-5)


@pytest.mark.parametrize("group", [1, 3, 50])
def test_averages_have_norm_one_and_rest_on_groups(energies, group):
    features = recording_features(energies, pooling=4)
    means = average(features, group)
    assert means.shape == (176, -(-features.shape[1] // group))
    np.testing.assert_allclose(np.linalg.norm(means, axis=0), 1, rtol=1e-5)
    first = features[:, :group].mean(axis=1)
    np.testing.assert_allclose(means[:, 0], first / np.linalg.norm(first), rtol=1e-4, atol=1e-6)


def test_silence_averages_to_silence():
    assert not average(np.zeros((176, 10)), 3).any()


def test_a_tone_has_a_salient_key_and_silence_has_none():
    assert has_no_salient_key(recording_features(SILENCE, pooling=4)).all()
    assert not has_no_salient_key(recording_features(pitch_energies(synth.sine(60)), pooling=4)).any()


def test_features_of_a_long_recording_are_those_of_its_parts():
    energies = np.random.default_rng(0).random((HIGHEST_PITCH - LOWEST_PITCH + 1, 18_000)).astype(np.float32)
    whole, part = (recording_features(part, pooling=4) for part in (energies, energies[:, 16_000:17_000]))
    np.testing.assert_allclose(whole[:, 4060:4190], part[:, 60:190], atol=1e-4)


def test_energies_are_unchanged(energies):
    before = energies.copy()
    recording_features(energies, pooling=4)
    assert np.array_equal(energies, before)


@pytest.mark.parametrize(("n", "halved"), [(2, 1), (7, 4), (8, 4)])
def test_halving_averages_pairs(n, halved):
    features = RANDOM.standard_normal((6, n))
    result = halve(features)
    assert result.shape == (6, halved)
    np.testing.assert_allclose(result[:, 0], features[:, :2].mean(axis=1))
    if n % 2:
        np.testing.assert_array_equal(result[:, -1], features[:, -1])


def test_normalized_columns_have_norm_one_and_silence_stays():
    scaled = normalize(RANDOM.random((6, 20)) * np.arange(20))
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=0), [0.0] + [1.0] * 19)


def test_transposing_back_and_forth_gives_what_was_there(energies):
    features = recording_features(energies)
    np.testing.assert_allclose(transpose(transpose(features, 5), -5)[40:80], transpose(features, 0)[40:80], atol=0.05)


@pytest.mark.parametrize("semitones", [-6, -1, 0, 1, 6])
def test_transposed_features_have_norm_one(semitones):
    features = RANDOM.random((176, 20)).astype(np.float32)
    np.testing.assert_allclose(np.linalg.norm(transpose(features, semitones), axis=0), 1, rtol=1e-5)


def test_what_leaves_the_keys_is_lost():
    features = np.zeros((176, 2), np.float32)
    features[N_KEYS - 1, 0] = features[N_KEYS, 1] = 1.0
    assert not transpose(features, 1)[:, 0].any()
    assert not transpose(features, -1)[:, 1].any()

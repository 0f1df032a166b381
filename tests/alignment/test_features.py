"""Energies say which pitch sounds, features what the recording has in common with the score."""

import numpy as np
import pytest
import synth

from scoresep.alignment.features import (
    HIGHEST,
    HOP,
    LOWEST,
    RATE,
    averaged,
    estimate_tuning,
    is_flat,
    pitch_energies,
    recording_features,
)
from scoresep.score.pitch import pitch_frequency

SCORE = synth.notes((0.5, 1.0, 60, 1), (1.0, 1.6, 76, 1), (1.5, 1.9, 45, 1))
SAMPLES = synth.tones(SCORE, seconds=2.0, rate=RATE)[0]
SILENCE = np.zeros(RATE, np.float32)


def sine(pitch, seconds=1.0):
    return np.sin(2 * np.pi * pitch_frequency(pitch) * np.arange(int(seconds * RATE)) / RATE).astype(np.float32)


@pytest.mark.parametrize("pitch", [30, 45, 54, 55, 60, 71, 72, 84, 108, 120])
def test_a_sine_has_the_energy_of_its_pitch(pitch):
    energies = pitch_energies(sine(pitch))
    assert set(energies[:, 40:-40].argmax(axis=0) + LOWEST) == {pitch}


@pytest.mark.parametrize("cents", [-40, 40])
def test_tuning_moves_the_bands(cents):
    samples = sine(84 + cents / 100)
    plain, tuned = (pitch_energies(samples, tuning=tuning)[:, 100] for tuning in (0.0, cents))
    assert tuned.argmax() == 84 - LOWEST
    assert tuned[83 - LOWEST] + tuned[85 - LOWEST] < plain[83 - LOWEST] + plain[85 - LOWEST]


@pytest.mark.parametrize("length", [0, 1, HOP - 1, HOP, 5 * HOP, 5000])
def test_energies_cover_any_length(length):
    energies = pitch_energies(SAMPLES[:length])
    assert energies.shape == (HIGHEST - LOWEST + 1, length // HOP + 1)
    assert np.isfinite(energies).all()


def test_energies_do_not_depend_on_the_level():
    assert pitch_energies(SAMPLES).max() == pytest.approx(1)
    np.testing.assert_allclose(pitch_energies(8 * SAMPLES), pitch_energies(SAMPLES), rtol=1e-4, atol=1e-9)


def test_later_samples_do_not_change_earlier_energies():
    whole, part = pitch_energies(SAMPLES), pitch_energies(SAMPLES[: len(SAMPLES) // 2])
    inner = slice(0, part.shape[1] - 2048 // HOP - 2)
    np.testing.assert_allclose(
        whole[:, inner] / whole[:, 140].max(), part[:, inner] / part[:, 140].max(), rtol=1e-3, atol=1e-9
    )


def test_silence_stays_silent():
    energies = pitch_energies(SILENCE)
    assert not energies.any()


@pytest.mark.parametrize("cents", [-45, -20, 0, 13, 45])
def test_tuning_is_found(cents):
    chord = sum(sine(pitch + cents / 100) for pitch in (57, 61, 64, 69))
    assert estimate_tuning(chord) == pytest.approx(cents, abs=1.5)


@pytest.mark.parametrize("samples", [SILENCE, SAMPLES[:100], np.ones(RATE, np.float32)], ids=["silent", "short", "dc"])
def test_what_has_no_pitch_is_in_tune(samples):
    assert estimate_tuning(samples) == 0


@pytest.mark.parametrize("pool", [1, 4, 7])
@pytest.mark.parametrize("samples", [SAMPLES, SAMPLES[:300], SILENCE], ids=["tones", "short", "silent"])
def test_features_have_norm_one(samples, pool):
    energies = pitch_energies(samples)
    features = recording_features(energies, pool)
    assert features.shape == (176, -(-energies.shape[1] // pool))
    np.testing.assert_allclose(np.linalg.norm(features, axis=0), 1, rtol=1e-5)


@pytest.mark.parametrize("group", [1, 3, 50])
def test_averages_have_norm_one_and_rest_on_groups(group):
    features = recording_features(pitch_energies(SAMPLES), 4)
    means = averaged(features, group)
    assert means.shape == (176, -(-features.shape[1] // group))
    np.testing.assert_allclose(np.linalg.norm(means, axis=0), 1, rtol=1e-5)
    first = features[:, :group].mean(axis=1)
    np.testing.assert_allclose(means[:, 0], first / np.linalg.norm(first), rtol=1e-4, atol=1e-6)


def test_silence_averages_to_silence():
    assert not averaged(np.zeros((176, 10)), 3).any()


def test_silence_is_flat_and_tones_are_not():
    assert is_flat(recording_features(pitch_energies(SILENCE), 4)).all()
    assert not is_flat(recording_features(pitch_energies(sine(60)), 4)).any()


def test_features_of_a_long_recording_are_those_of_its_parts():
    energies = np.random.default_rng(0).random((HIGHEST - LOWEST + 1, 18_000)).astype(np.float32)
    whole, part = recording_features(energies, 4), recording_features(energies[:, 16_000:17_000], 4)
    np.testing.assert_allclose(whole[:, 4060:4190], part[:, 60:190], atol=1e-4)


@pytest.mark.parametrize("function", [estimate_tuning, pitch_energies])
def test_samples_are_unchanged(function):
    before = SAMPLES.copy()
    function(SAMPLES)
    assert np.array_equal(SAMPLES, before)


def test_energies_are_unchanged():
    energies = pitch_energies(SAMPLES)
    before = energies.copy()
    recording_features(energies, 4)
    assert np.array_equal(energies, before)

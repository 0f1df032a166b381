"""Energies say which pitches sound, and when."""

import numpy as np
import pytest
import synth

from scoresep.alignment.pitch_energies import ENERGY_HOP, HIGHEST_PITCH, LOWEST_PITCH, pitch_energies
from scoresep.dsp.downmix import MONO_SAMPLE_RATE

SCORE = synth.notes((0.5, 1.0, 60, 1), (1.0, 1.6, 76, 1), (1.5, 1.9, 45, 1))


@pytest.fixture(scope="module")
def samples():
    """Give two seconds of three tones."""
    return synth.tones(SCORE, seconds=2.0, rate=MONO_SAMPLE_RATE)[0]


@pytest.mark.parametrize("pitch", [30, 45, 54, 55, 60, 71, 72, 84, 108, 120])
def test_a_sine_has_the_energy_of_its_pitch(pitch):
    energies = pitch_energies(synth.sine(pitch))
    assert set(energies[:, 40:-40].argmax(axis=0) + LOWEST_PITCH) == {pitch}


@pytest.mark.parametrize("cents", [-40, 40])
def test_tuning_moves_the_bands(cents):
    mistuned = synth.sine(84 + cents / 100)
    plain, tuned = (pitch_energies(mistuned, tuning=tuning)[:, 100] for tuning in (0.0, cents))
    assert tuned.argmax() == 84 - LOWEST_PITCH
    assert tuned[83 - LOWEST_PITCH] + tuned[85 - LOWEST_PITCH] < plain[83 - LOWEST_PITCH] + plain[85 - LOWEST_PITCH]


@pytest.mark.parametrize("length", [0, 1, ENERGY_HOP - 1, ENERGY_HOP, 5 * ENERGY_HOP, 5000])
def test_energies_cover_any_length(samples, length):
    energies = pitch_energies(samples[:length])
    assert energies.shape == (HIGHEST_PITCH - LOWEST_PITCH + 1, length // ENERGY_HOP + 1)
    assert np.isfinite(energies).all()


def test_energies_do_not_depend_on_the_level(samples):
    assert pitch_energies(samples).max() == pytest.approx(1)
    np.testing.assert_allclose(pitch_energies(8 * samples), pitch_energies(samples), rtol=1e-4, atol=1e-9)


def test_later_samples_do_not_change_earlier_energies(samples):
    whole, part = pitch_energies(samples), pitch_energies(samples[: len(samples) // 2])
    inner = slice(0, part.shape[1] - 2048 // ENERGY_HOP - 2)
    np.testing.assert_allclose(
        whole[:, inner] / whole[:, 140].max(), part[:, inner] / part[:, 140].max(), rtol=1e-3, atol=1e-9
    )


def test_silence_stays_silent():
    energies = pitch_energies(np.zeros(MONO_SAMPLE_RATE, np.float32))
    assert not energies.any()


def test_samples_are_unchanged(samples):
    before = samples.copy()
    pitch_energies(samples)
    assert np.array_equal(samples, before)


@pytest.mark.parametrize("cents", [-30, 0, 30])
def test_bands_are_where_librosa_has_the_pitches(cents):
    import librosa

    for pitch in range(48, HIGHEST_PITCH + 1, 15):
        frequency = librosa.midi_to_hz(pitch + cents / 100)
        energies = pitch_energies(librosa.tone(frequency, sr=MONO_SAMPLE_RATE, duration=0.5))
        assert energies[:, 50].argmax() + LOWEST_PITCH == pitch

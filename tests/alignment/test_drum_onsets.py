"""Onsets of drums in the bands of their families."""

import numpy as np
import pytest

from scoresep.alignment import drum_onsets
from scoresep.alignment.drum_onsets import DRUM_ONSETS, FAMILIES, drum_band_energies, drum_novelty
from scoresep.alignment.pitch_energies import ENERGY_PERIOD, pitch_energies
from scoresep.dsp.downmix import MONO_SAMPLE_RATE

HIT = 1.0


def recording(sound):
    """Return two seconds of faint noise with a sound from one second on."""
    samples = np.random.default_rng(1).normal(0, 0.003, 2 * MONO_SAMPLE_RATE).astype(np.float32)
    time = np.arange(MONO_SAMPLE_RATE // 2) / MONO_SAMPLE_RATE
    noise = np.random.default_rng(0).normal(size=len(time))
    made = {
        "kick": np.sin(2 * np.pi * 60 * time) * np.exp(-time / 0.1),
        "hihat": np.diff(noise, 3, prepend=[0, 0, 0]) * np.exp(-time / 0.03),
        "snare": noise * np.exp(-time / 0.08),
    }[sound]
    begin = int(HIT * MONO_SAMPLE_RATE)
    samples[begin : begin + len(made)] += (0.3 * made).astype(np.float32)
    return samples


@pytest.mark.parametrize("sound", ["kick", "hihat", "snare"])
def test_novelty_is_highest_at_the_hit(sound):
    onset = drum_novelty(drum_band_energies(recording(sound))).onset[FAMILIES.index(sound)]
    assert onset.argmax() * ENERGY_PERIOD == pytest.approx(HIT, abs=0.006)
    assert 0 <= onset.min() <= onset.max() <= 1


def test_frames_are_those_of_the_pitches():
    samples = recording("snare")
    energies = drum_band_energies(samples)
    assert energies.shape[1] == pitch_energies(samples).shape[1]
    assert energies.dtype == np.float32
    np.testing.assert_allclose(energies.max(axis=1), 1)


def test_energies_do_not_depend_on_the_chunks(monkeypatch):
    samples = recording("kick")
    whole = drum_band_energies(samples)
    monkeypatch.setattr(drum_onsets, "_CHUNK_FRAMES", 37)
    np.testing.assert_allclose(drum_band_energies(samples), whole, atol=1e-6)


def test_silence_has_no_novelty():
    novelty = drum_novelty(drum_band_energies(np.zeros(3000, np.float32)))
    assert not novelty.onset.any()
    assert not novelty.ending.any()


def test_each_key_has_the_row_of_its_family():
    assert [FAMILIES[DRUM_ONSETS.row(key)] for key in (36, 38, 42, 45, 49, 70, 12)] == [
        "kick", "snare", "hihat", "toms", "cymbals", "percussion", "percussion",
    ]  # fmt: skip

"""Novelty says when a note begins, and when it ends."""

import numpy as np
import pytest
import synth

from scoresep.alignment.onset_novelty import struck_novelty, sustained_novelty, unmasked_novelty
from scoresep.alignment.pitch_energies import ENERGY_HOP, ENERGY_PERIOD, LOWEST_PITCH, pitch_energies
from scoresep.dsp.downmix import MONO_SAMPLE_RATE

SCORE = synth.notes((0.5, 1.0, 60, 1), (1.0, 1.6, 76, 1), (1.5, 1.9, 45, 1))
KINDS = pytest.mark.parametrize("novelty_of", [struck_novelty, sustained_novelty])


@pytest.fixture(scope="module")
def energies():
    """Give the pitch energies of three tones."""
    return pitch_energies(synth.tones(SCORE, seconds=2.0, rate=MONO_SAMPLE_RATE)[0])


@KINDS
def test_novelty_is_greatest_where_a_note_begins(energies, novelty_of):
    onset = novelty_of(energies).onset
    assert onset.min() >= 0
    assert onset.max() <= 1
    for time, pitch in zip(SCORE.onset, SCORE.pitch, strict=True):
        assert onset[pitch - LOWEST_PITCH].argmax() * ENERGY_PERIOD == pytest.approx(time, abs=0.05)


def test_a_sustained_note_ends_where_it_fades_and_a_struck_one_nowhere(energies):
    ending = sustained_novelty(energies).ending[60 - LOWEST_PITCH]
    assert ending.argmax() * ENERGY_PERIOD == pytest.approx(1.1, abs=0.15)
    assert not struck_novelty(energies).ending.any()


@KINDS
@pytest.mark.parametrize("length", [0, 1, ENERGY_HOP, 5 * ENERGY_HOP, 5000])
def test_novelty_has_the_shape_of_the_energies(novelty_of, length):
    energies = pitch_energies(np.ones(length, np.float32))
    novelty = novelty_of(energies)
    assert novelty.bands.shape == novelty.onset.shape == novelty.ending.shape == energies.shape


@KINDS
def test_silence_and_a_steady_sound_have_no_novelty(novelty_of):
    assert not novelty_of(pitch_energies(np.zeros(MONO_SAMPLE_RATE, np.float32))).onset.any()
    assert novelty_of(pitch_energies(synth.sine(60, seconds=2.0))).onset[:, 60:-60].max() < 0.05


def test_a_note_is_told_by_the_partials_that_others_lack(energies):
    novelty = struck_novelty(energies)
    assert np.array_equal(unmasked_novelty(novelty, 60, []), unmasked_novelty(novelty, 60, [61]))
    chord = np.full((103, 400), 1e-9, np.float32)
    for semitones in (12, 24):  # the octave above begins first
        chord[60 + semitones - LOWEST_PITCH, 100:] = 1
    for semitones in (0, 19, 28):
        chord[60 + semitones - LOWEST_PITCH, 110:] = 1
    late = struck_novelty(chord)
    assert abs(int(unmasked_novelty(late, 60, [72]).argmax()) - 110) <= 2
    assert late.onset[60 - LOWEST_PITCH, 100] > 0


@KINDS
def test_energies_are_unchanged(energies, novelty_of):
    before = energies.copy()
    novelty_of(energies)
    assert np.array_equal(energies, before)

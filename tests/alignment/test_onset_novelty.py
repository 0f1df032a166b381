"""Novelty says when a note begins, and when it ends."""

import numpy as np
import pytest
import synth

from scoresep.alignment.features import CLOCK, HOP, LOWEST, RATE, pitch_energies
from scoresep.alignment.onset_novelty import own_novelty, struck_novelty, sustained_novelty
from scoresep.score.pitch import pitch_frequency

SCORE = synth.notes((0.5, 1.0, 60, 1), (1.0, 1.6, 76, 1), (1.5, 1.9, 45, 1))
ENERGIES = pitch_energies(synth.tones(SCORE, seconds=2.0, rate=RATE)[0])
KINDS = pytest.mark.parametrize("novelty_of", [struck_novelty, sustained_novelty])


@KINDS
def test_novelty_is_greatest_where_a_note_begins(novelty_of):
    onset = novelty_of(ENERGIES).onset
    assert onset.min() >= 0
    assert onset.max() <= 1
    for time, pitch in zip(SCORE.onset, SCORE.pitch, strict=True):
        assert onset[pitch - LOWEST].argmax() * CLOCK == pytest.approx(time, abs=0.05)


def test_a_sustained_note_ends_where_it_fades_and_a_struck_one_nowhere():
    ending = sustained_novelty(ENERGIES).ending[60 - LOWEST]
    assert ending.argmax() * CLOCK == pytest.approx(1.1, abs=0.15)
    assert not struck_novelty(ENERGIES).ending.any()


@KINDS
@pytest.mark.parametrize("length", [0, 1, HOP, 5 * HOP, 5000])
def test_novelty_has_the_shape_of_the_energies(novelty_of, length):
    energies = pitch_energies(np.ones(length, np.float32))
    novelty = novelty_of(energies)
    assert novelty.bands.shape == novelty.onset.shape == novelty.ending.shape == energies.shape


@KINDS
def test_silence_and_a_steady_sound_have_no_novelty(novelty_of):
    assert not novelty_of(pitch_energies(np.zeros(RATE, np.float32))).onset.any()
    sine = np.sin(2 * np.pi * pitch_frequency(60) * np.arange(2 * RATE) / RATE).astype(np.float32)
    assert novelty_of(pitch_energies(sine)).onset[:, 60:-60].max() < 0.05


def test_a_note_is_told_by_the_partials_that_others_lack():
    novelty = struck_novelty(ENERGIES)
    assert np.array_equal(own_novelty(novelty, 60, []), own_novelty(novelty, 60, [61]))
    energies = np.full((103, 400), 1e-9, np.float32)
    for semitones in (12, 24):  # the octave above begins first
        energies[60 + semitones - LOWEST, 100:] = 1
    for semitones in (0, 19, 28):
        energies[60 + semitones - LOWEST, 110:] = 1
    late = struck_novelty(energies)
    assert abs(int(own_novelty(late, 60, [72]).argmax()) - 110) <= 2
    assert late.onset[60 - LOWEST, 100] > 0


@KINDS
def test_energies_are_unchanged(novelty_of):
    before = ENERGIES.copy()
    novelty_of(ENERGIES)
    assert np.array_equal(ENERGIES, before)

"""How loud each note is played: as the recording has it, whatever the gain of the recording."""

from dataclasses import replace

import numpy as np
import pytest
import synth

from scoresep.model.note_velocities import note_levels, played_velocities
from scoresep.pipeline import align_and_decompose
from scoresep.values import Audio


@pytest.fixture(scope="module")
def played():
    """Give the gain of each note of a duet (dB), and its decomposition."""
    score = synth.duet()
    gain = np.random.default_rng(1).choice([-12.0, -6.0, 0.0], len(score))
    sounds = [synth.tones(score.take(np.array([i])))[0] * 10 ** (own / 20) for i, own in enumerate(gain)]
    audio = Audio(np.sum(sounds, axis=0).astype(np.float32), synth.RATE)
    return gain, align_and_decompose(audio, score, is_aligned=True)[1]


def test_louder_notes_have_higher_velocities(played):
    gain, decomposition = played
    velocity = played_velocities(decomposition)
    assert np.corrcoef(gain, velocity)[0, 1] > 0.9
    assert (velocity.min(), velocity.max()) >= (1, 65)
    assert np.median(velocity) == pytest.approx(64, abs=1)


def test_velocities_do_not_depend_on_the_gain_of_the_recording(played):
    _, decomposition = played
    louder = replace(decomposition, activations=decomposition.activations * 8)
    assert played_velocities(louder).tolist() == played_velocities(decomposition).tolist()
    assert note_levels(louder) - note_levels(decomposition) == pytest.approx(20 * np.log10(8), abs=1e-3)


def test_silence_has_velocities_too(played):
    _, decomposition = played
    silent = replace(decomposition, activations=np.zeros_like(decomposition.activations))
    assert set(played_velocities(silent).tolist()) == {64}

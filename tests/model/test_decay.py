"""Notes of struck strings die away, others are held."""

import numpy as np
import pytest
import synth

from scoresep.dsp.stft import magnitude
from scoresep.model.decay import decay_rates
from scoresep.stages.stft import stft
from scoresep.values import Audio

SCORE = synth.notes((0.2, 2.2, 60, 1), (2.5, 4.5, 67, 1), (4.6, 4.7, 62, 1))
SIZES = {"n_fft": 2048, "hop": 512}
ALL = np.arange(79)


def rates(decay, *, cents=0.0, score=SCORE, frames=ALL):
    """Return the decay rates of notes that lose ``decay`` decibels a second."""
    rate, samples = 8000, np.zeros(5 * 8000)
    for onset, offset, pitch in zip(score.onset, score.offset, score.pitch, strict=True):
        t = np.arange(int((offset - onset) * rate)) / rate
        tone = sum(np.sin(2 * np.pi * m * 440 * 2 ** ((pitch - 69 + cents / 100) / 12) * t) / m for m in (1, 2, 3))
        begin = int(onset * rate)
        samples[begin : begin + len(t)] += 0.2 * tone * 10 ** (-decay * t / 20)
    V = magnitude(stft(Audio(samples[None].astype(np.float32), rate), **SIZES))
    return decay_rates(V[:, frames], frames, score, sample_rate=rate, tuning=cents, **SIZES)


@pytest.mark.parametrize("decay", [0.0, 3.0, 12.0, 25.0])
def test_the_rate_is_measured(decay):
    np.testing.assert_allclose(rates(decay)[:2], -decay, atol=1.0)


@pytest.mark.parametrize("decay", [0.0, 12.0])
def test_some_of_the_frames_tell_enough(decay):
    runs = np.flatnonzero(np.arange(79) // 4 % 3 == 0)
    np.testing.assert_allclose(rates(decay, frames=runs)[:2], -decay, atol=1.0)


def test_the_tuning_is_taken_into_account():
    np.testing.assert_allclose(rates(12.0, cents=40.0)[:2], -12.0, atol=1.0)


def test_a_short_note_tells_nothing():
    assert np.isnan(rates(12.0)[2])


def test_silence_neither_dies_away_nor_warns():
    V = np.zeros((1025, 80), np.float32)
    found = decay_rates(V, np.arange(V.shape[1]), SCORE, sample_rate=8000, tuning=0.0, **SIZES)
    np.testing.assert_allclose(found[:2], 0, atol=1e-6)


def test_notes_outside_the_recording_or_the_spectrum_tell_nothing():
    score = synth.notes((-4.0, -1.0, 60, 1), (90.0, 95.0, 60, 1), (0.5, 2.0, 127, 1))
    found = decay_rates(np.ones((1025, 80), np.float32), np.arange(80), score, sample_rate=8000, tuning=0.0, **SIZES)
    assert np.isnan(found[[0, 2]]).all()
    assert not np.isinf(found).any()

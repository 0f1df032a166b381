"""The tuning of a recording is found."""

import numpy as np
import pytest
import synth

from scoresep.alignment.tuning import estimate_tuning
from scoresep.dsp.downmix import MONO_SAMPLE_RATE

SILENCE = np.zeros(MONO_SAMPLE_RATE, np.float32)


def chord(cents):
    """Return a chord that is off by some cents."""
    return sum(synth.sine(pitch + cents / 100) for pitch in (57, 61, 64, 69))


@pytest.mark.parametrize("cents", [-45, -20, 0, 13, 45])
def test_tuning_is_found(cents):
    assert estimate_tuning(chord(cents)) == pytest.approx(cents, abs=1.5)


@pytest.mark.parametrize("samples", [SILENCE, chord(0)[:100], SILENCE + 1], ids=["silent", "short", "constant"])
def test_what_has_no_pitch_is_in_tune(samples):
    assert estimate_tuning(samples) == 0


@pytest.mark.parametrize("cents", [-30, 20])
def test_tuning_agrees_with_librosa(cents):
    import librosa

    samples = chord(cents)
    wanted = 100 * librosa.estimate_tuning(y=samples, sr=MONO_SAMPLE_RATE)
    assert estimate_tuning(samples) == pytest.approx(wanted, abs=3)


def test_samples_are_unchanged():
    samples = chord(10)
    before = samples.copy()
    estimate_tuning(samples)
    assert np.array_equal(samples, before)

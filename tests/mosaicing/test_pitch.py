"""Source frames by their pitch."""

import numpy as np
import pytest
import synth

from scoresep.mosaicing.pitch import frames_of_pitches
from scoresep.stages.stft import stft
from scoresep.values import Audio

#: The source has these pitches one after the other.
PITCHES = range(48, 85)
#: How long each of them sounds (s).
SECONDS = 0.3


@pytest.fixture(scope="module")
def scale():
    """Give the STFT of a scale over three octaves, and its frames with sum one."""
    notes = synth.notes(*((k * SECONDS, (k + 1) * SECONDS, pitch, 1) for k, pitch in enumerate(PITCHES)))
    samples = synth.tones(notes, seconds=SECONDS * len(PITCHES), rate=16000)
    spectrogram = stft(Audio(samples, 16000), n_fft=2048, hop=1024)
    magnitudes = np.abs(spectrogram.stft[0])
    return spectrogram.transform, magnitudes / magnitudes.sum(axis=0)


@pytest.mark.parametrize("pitch", [50, 55, 60, 67])
def test_higher_pitches_with_the_same_partials_are_not_taken(scale, pitch):
    """Those an octave, a twelfth or two octaves above have no partial that the pitch itself lacks."""
    transform, templates = scale
    (found,) = frames_of_pitches(templates, transform.frequencies, np.array([pitch]))
    begin = SECONDS * (pitch - PITCHES[0])
    times = transform.frame_times[found]
    assert len(times)
    assert (np.abs(times - begin - SECONDS / 2) < SECONDS / 2 + 0.1).all()


def test_a_source_without_the_pitch_gives_its_best_frames(scale):
    transform, templates = scale
    found = frames_of_pitches(templates[:, :20], transform.frequencies, np.array([90, 30]))
    assert found.any(axis=1).all()


def test_frames_of_silence_are_not_taken(scale):
    transform, templates = scale
    silence = np.zeros_like(templates[:, :5])
    noise = np.full_like(silence, 1 / len(silence))
    found = frames_of_pitches(np.concatenate([silence, noise], axis=1), transform.frequencies, np.array([60]))
    assert not found[0, :5].any()
    assert found[0, 5:].all()

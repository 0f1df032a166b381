"""The spectrogram covers any recording, and any stretch of it has the same bits."""

import numpy as np
import pytest
import synth

from scoresep.dsp.stft import choose_transform, magnitude
from scoresep.stages.stft import stft
from scoresep.values import Audio

AUDIO = synth.recording(synth.duet(), channels=2)
RNG = np.random.default_rng(0)
NOISE = Audio(RNG.uniform(-1, 1, (2, 20_000)).astype(np.float32), 8000)


@pytest.mark.parametrize("sizes", [{}, {"n_fft": 512}, {"hop": 100}, {"n_fft": 512, "hop": 200}])
def test_a_spectrogram_says_how_it_was_made(sizes):
    spectrogram = stft(AUDIO, **sizes)
    assert {name: getattr(spectrogram.transform, name) for name in sizes} == sizes
    assert spectrogram.stft.shape == (
        2,
        spectrogram.transform.n_bins,
        spectrogram.transform.n_frames,
    )
    assert spectrogram.stft.dtype == np.complex64
    assert spectrogram.audio is AUDIO
    assert spectrogram.fingerprint == AUDIO.fingerprint


@pytest.mark.parametrize("cut", [1, 100, 255, 256, 257, 300])
def test_stretches_have_the_bits_of_the_whole(cut):
    whole = stft(NOISE, n_fft=256, hop=64)
    parts = [stft(NOISE, n_fft=256, hop=64, frames=frames) for frames in (whole.frames[:cut], whole.frames[cut:])]
    assert np.array_equal(np.concatenate([part.stft for part in parts], axis=2), whole.stft)
    assert [part.frames for part in parts] == [whole.frames[:cut], whole.frames[cut:]]


@pytest.mark.parametrize("n_samples", [0, 1, 5, 1499, 1500, 1501])
def test_short_recordings_have_a_spectrogram(n_samples):
    spectrogram = stft(Audio(np.ones((1, n_samples), np.float32), 8000))
    assert spectrogram.stft.shape[2] >= 1
    assert np.isfinite(spectrogram.stft).all()
    assert spectrogram.stft.any() == (n_samples > 0)


def test_double_precision_is_taken_too():
    fine = stft(Audio(AUDIO.samples.astype(np.float64), 8000))
    np.testing.assert_array_equal(fine.stft, stft(AUDIO).stft)


def test_silence_stays_silent():
    assert not stft(Audio(np.zeros((1, 4000), np.float32), 8000)).stft.any()


def test_the_recording_is_unchanged():
    before = AUDIO.samples.copy()
    stft(AUDIO)
    assert np.array_equal(AUDIO.samples, before)


@pytest.mark.parametrize(
    ("given", "sizes"), [((None, None), (2250, 375)), ((768, None), (768, 128)), ((None, 10), (60, 10))]
)
def test_what_is_not_given_is_filled_in(given, sizes):
    transform = choose_transform(8000, 8000, n_fft=given[0], hop=given[1])
    assert (transform.n_fft, transform.hop) == sizes


@pytest.mark.parametrize(("n_fft", "hop"), [(512, 257), (512, 0), (512, -1), (1, 1), (0, None)])
def test_a_hop_beyond_half_a_window_is_refused(n_fft, hop):
    with pytest.raises(ValueError, match=r"hop=.* must be from 1 to half of n_fft="):
        stft(AUDIO, n_fft=n_fft, hop=hop)


def test_magnitude_is_the_root_mean_square_of_the_channels():
    spectrogram = stft(NOISE, n_fft=256)
    power = sum(np.abs(channel) ** 2 for channel in spectrogram.stft) / len(spectrogram.stft)
    np.testing.assert_allclose(magnitude(spectrogram), np.sqrt(power), rtol=1e-5)
    assert magnitude(spectrogram).dtype == np.float32


def test_channels_that_cancel_are_heard():
    samples = AUDIO.samples * np.float32([[1], [-1]])
    np.testing.assert_allclose(magnitude(stft(Audio(samples, 8000))), magnitude(stft(AUDIO)), rtol=1e-5)

"""The transform can be undone, and cut anywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoresep.dsp.stft import (
    default_hop,
    finished_samples,
    forward,
    hann,
    inverse,
    join_stretch,
    stretches,
    windows_of,
)
from scoresep.values import Audio
from scoresep.values.transform import count_frames


def noise(n_samples, channels=2):
    return np.random.default_rng(n_samples).uniform(-1, 1, (channels, n_samples)).astype(np.float32)


def transformed(samples, n_fft, hop):
    frames = range(count_frames(samples.shape[1], hop))
    return forward(Audio(samples, 8000), n_fft=n_fft, hop=hop, frames=frames), frames


def back(spectrum, tail, *, frames, n_fft, hop, n_samples):
    total = inverse(spectrum, n_fft=n_fft, hop=hop)
    return join_stretch(total, tail, frames=frames, n_fft=n_fft, hop=hop, n_samples=n_samples)


@st.composite
def sizes(draw):
    """Return n_fft, hop and a length, small enough to meet every edge."""
    n_fft = draw(st.integers(2, 40))
    return n_fft, draw(st.integers(1, n_fft // 2)), draw(st.integers(0, 150))


@given(sizes())
@settings(deadline=None, max_examples=30)
def test_inverse_undoes_forward(drawn):
    n_fft, hop, n_samples = drawn
    samples = noise(n_samples)
    spectrum, frames = transformed(samples, n_fft, hop)
    again, _ = back(spectrum, None, n_fft=n_fft, hop=hop, frames=frames, n_samples=n_samples)
    np.testing.assert_allclose(again, samples, atol=1e-5)


@pytest.mark.parametrize(("n_fft", "hop"), [(2, 1), (3, 1), (5, 2), (16, 4), (16, 8), (17, 8), (30, 7)])
@pytest.mark.parametrize("n_samples", [1, 40, 150])
def test_stretches_give_the_whole(n_fft, hop, n_samples):
    samples = noise(n_samples)
    whole, frames = transformed(samples, n_fft, hop)
    kwargs = {"n_fft": n_fft, "hop": hop, "n_samples": n_samples}
    wanted, _ = back(whole, None, frames=frames, **kwargs)
    for cut in frames[1:]:
        spectra, sounds, tail = [], [], None
        for part in (frames[:cut], frames[cut:]):
            spectra.append(forward(Audio(samples, 8000), n_fft=n_fft, hop=hop, frames=part))
            sound, tail = back(spectra[-1], tail, frames=part, **kwargs)
            sounds.append(sound)
        assert np.array_equal(np.concatenate(spectra, axis=2), whole)
        np.testing.assert_allclose(np.concatenate(sounds, axis=1), wanted, atol=1e-6)


@given(sizes(), st.floats(0, 1))
@settings(deadline=None, max_examples=30)
def test_stretches_complete_every_sample_once(drawn, cut):
    n_fft, hop, n_samples = drawn
    n_frames = count_frames(n_samples, hop)
    border = int(cut * n_frames)
    parts = [range(border), range(border, n_frames)] if 0 < border < n_frames else [range(n_frames)]
    spans = [finished_samples(part, n_fft=n_fft, hop=hop, n_samples=n_samples) for part in parts]
    assert [sample for span in spans for sample in span] == list(range(n_samples))


@pytest.mark.parametrize(("n_fft", "hop"), [(2, 1), (3, 1), (5, 2), (16, 4), (17, 8), (64, 20)])
@pytest.mark.parametrize("n_samples", [0, 1, 7, 500])
def test_sums_of_spectra_are_spectra_of_sums(n_fft, hop, n_samples):
    one, other = noise(n_samples), noise(n_samples)[::-1]
    total, _ = transformed(one + other, n_fft, hop)
    np.testing.assert_allclose(
        total, transformed(one, n_fft, hop)[0] + transformed(other, n_fft, hop)[0], atol=1e-4 * n_fft
    )


def test_silence_has_no_sign():
    spectrum = np.full((1, 9, 6), -0.0, np.complex64)
    sound, tail = back(spectrum, None, n_fft=16, hop=8, frames=range(6), n_samples=40)
    assert not sound.any()
    assert not np.signbit(sound).any()
    assert not tail.any()


def test_a_frame_is_centred_on_its_sample():
    samples = np.zeros((1, 100), np.float32)
    samples[0, 40] = 1
    windows = windows_of(Audio(samples, 8000), length=16, hop=10, frames=range(11))
    assert windows.shape == (1, 11, 16)
    assert np.argwhere(windows[0]).tolist() == [[4, 8]]


@pytest.mark.parametrize("rate", [8000, 22050])
def test_a_sine_has_its_energy_in_its_bin(rate):
    samples = np.sin(2 * np.pi * 20 * np.arange(4000) / 256)[None].astype(np.float32)
    spectrum, _ = transformed(samples, 256, 64)
    assert set(np.abs(spectrum[0, :, 2:-3]).argmax(axis=0).tolist()) == {20}


def test_arguments_are_unchanged():
    samples, tail = noise(300), np.ones((2, 24), np.float32)
    spectrum, frames = transformed(samples, 32, 8)
    before = samples.copy(), spectrum.copy(), tail.copy()
    back(spectrum, tail, n_fft=32, hop=8, frames=frames, n_samples=300)
    for was, now in zip(before, (samples, spectrum, tail), strict=True):
        assert np.array_equal(was, now)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000])
def test_the_default_hop_is_46_ms(rate):
    assert 0.046 < default_hop(rate) / rate < 0.048


def test_even_the_slowest_clock_has_a_hop():
    assert default_hop(1) == 1


@pytest.mark.parametrize("length", [2, 3, 16, 17])
def test_the_window_is_periodic(length):
    window = hann(length)
    assert window[0] == 0
    np.testing.assert_allclose(window[1:], window[1:][::-1], atol=1e-7)


@pytest.mark.parametrize("frames", [range(1), range(256), range(257), range(100, 600), range(256, 512), range(5, 5)])
def test_stretches_meet_at_multiples_of_their_size(frames):
    parts = stretches(frames, 256)
    assert [frame for part in parts for frame in part] == list(frames)
    assert all(len(part) <= 256 for part in parts)
    assert all(part.stop % 256 == 0 for part in parts[:-1])


@pytest.mark.parametrize(("n_samples", "n_frames"), [(0, 1), (1, 2), (8, 2), (9, 3)])
def test_frames_reach_beyond_the_last_sample(n_samples, n_frames):
    assert count_frames(n_samples, 8) == n_frames

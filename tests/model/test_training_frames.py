"""What is learned from is bounded, and enough."""

import numpy as np
import pytest
import synth

from scoresep.dsp.stft import magnitude, stretches
from scoresep.model import training_frames as module
from scoresep.model.reconstruct import reconstruct
from scoresep.model.training_frames import lower_bins, select_training_frames
from scoresep.stages.align import align
from scoresep.stages.decompose import decompose
from scoresep.stages.stft import stft
from scoresep.values import Audio

SCORE = synth.duet()
AUDIO = Audio(synth.tones(SCORE, channels=2) * np.float32([[1.0], [0.5]]), synth.RATE)
SIZES = {"n_fft": 512, "hop": 64}
SPECTROGRAM = stft(AUDIO, **SIZES)
N_FRAMES = SPECTROGRAM.stft.shape[2]
LOWER = 90


def parts(size=50):
    """Return the spectrogram in stretches."""
    return (stft(AUDIO, frames=frames, **SIZES) for frames in stretches(range(N_FRAMES), size))


@pytest.fixture(autouse=True)
def limit(monkeypatch):
    """Part the spectrogram where a bin is about."""
    monkeypatch.setattr(module, "SPLIT_FREQUENCY", (LOWER - 0.5) * synth.RATE / SIZES["n_fft"])


def test_a_short_recording_is_fitted_as_a_whole():
    frames, V = select_training_frames(parts(), is_spatial=True), magnitude(SPECTROGRAM)
    assert lower_bins(SPECTROGRAM) == LOWER
    assert frames.learned.tolist() == list(range(frames.n_frames)) == list(range(N_FRAMES))
    assert np.array_equal(frames.lower, V[:LOWER])
    assert np.array_equal(frames.upper, V[LOWER:, :: frames.sparse_stride])
    assert np.array_equal(frames.channels, SPECTROGRAM.stft[:, :LOWER, :: frames.sparse_stride])


@pytest.mark.parametrize("size", [1, 7, 64, 5000])
@pytest.mark.parametrize("most", [N_FRAMES // 3, 50])
def test_a_long_recording_is_fitted_in_frames_at_equal_distances(monkeypatch, size, most):
    monkeypatch.setattr(module, "MOST_FRAMES", most)
    monkeypatch.setattr(module, "WANTED_SPARSE_FRAMES", 10)
    monkeypatch.setattr(module, "MOST_EXCERPT_FRAMES", 64)
    frames, V = select_training_frames(parts(size), is_spatial=True), magnitude(SPECTROGRAM)
    assert frames.lower.shape[1] <= most
    assert frames.sparse_stride > 1
    assert len(set(np.diff(frames.learned).tolist())) == 1
    assert np.array_equal(frames.excerpts, V[:LOWER, frames.excerpt_frames])
    fewer = frames.learned[:: frames.sparse_stride]
    assert np.array_equal(frames.lower, V[:LOWER, frames.learned])
    assert np.array_equal(frames.upper, V[LOWER:, fewer])
    assert np.array_equal(frames.channels, SPECTROGRAM.stft[:, :LOWER, fewer])


def test_one_sound_on_both_channels_is_no_image():
    alike = Audio(np.repeat(AUDIO.samples[:1], 2, axis=0), synth.RATE)
    assert not select_training_frames([stft(alike, **SIZES)], is_spatial=True).channels.size
    assert not select_training_frames([SPECTROGRAM], is_spatial=False).channels.size


def test_no_spectrogram_and_half_of_one_are_a_callers_mistake():
    with pytest.raises(ValueError, match="there is no spectrogram"):
        select_training_frames([], is_spatial=True)
    with pytest.raises(ValueError, match=f"has 50 of the {N_FRAMES} frames"):
        select_training_frames([next(parts())], is_spatial=True)


def test_frames_that_templates_are_not_learned_from_are_explained_as_well(monkeypatch):
    alignment = align(AUDIO, SCORE, is_aligned=True)
    whole = decompose(SPECTROGRAM, alignment)
    monkeypatch.setattr(module, "MOST_FRAMES", N_FRAMES // 2)
    thinned, again = decompose(SPECTROGRAM, alignment), decompose(lambda: parts(64), alignment)
    assert thinned.activations.shape == whole.activations.shape
    np.testing.assert_allclose(again.activations, thinned.activations, rtol=1e-3, atol=1e-5)
    V = magnitude(SPECTROGRAM)
    errors = [np.linalg.norm(reconstruct(d)[0] - V) for d in (whole, thinned)]
    assert errors[1] < 1.1 * errors[0]
    assert not thinned.activations[whole.activations == 0].any()


def test_templates_of_several_taps_are_learned_from_runs_of_frames(monkeypatch):
    monkeypatch.setattr(module, "MOST_FRAMES", N_FRAMES // 2)
    monkeypatch.setattr(module, "RUN_FRAMES", 40)
    heard = select_training_frames(parts(), is_spatial=True, in_runs=True)
    steps = np.diff(heard.learned)
    assert set(steps.tolist()) == {1, 81}
    assert np.array_equal(heard.lower, magnitude(SPECTROGRAM)[:LOWER, heard.learned])


@pytest.mark.parametrize("size", [7, 64, 5000])
def test_templates_of_several_taps_reach_over_the_borders_of_stretches(monkeypatch, size):
    alignment, options = align(AUDIO, SCORE, is_aligned=True), {"backend": "nmfd", "taps": 9}
    V = magnitude(SPECTROGRAM)
    monkeypatch.setattr(module, "MOST_FRAMES", N_FRAMES - 1)
    monkeypatch.setattr(module, "RUN_FRAMES", 40)
    found, one = decompose(lambda: parts(size), alignment, **options), decompose(SPECTROGRAM, alignment, **options)
    models = [reconstruct(d)[0] for d in (found, one)]
    assert np.linalg.norm(models[0] - models[1]) < 0.03 * np.linalg.norm(V)
    assert np.linalg.norm(models[0] - V) < 0.15 * np.linalg.norm(V)

"""All stems together are the recording."""

import dataclasses

import numpy as np
import pytest
import synth
from hypothesis import given, settings
from hypothesis import strategies as st

from scoresep.dsp.stft import choose_transform, stretches
from scoresep.errors import StaleError
from scoresep.io.groups_file import read_groups
from scoresep.score.selection import select
from scoresep.stages.align import align
from scoresep.stages.decompose import decompose
from scoresep.stages.mask import mask
from scoresep.stages.render import (
    PCM_BITS,
    MaskedSpectrogram,
    gather,
    join_stems,
    render,
    render_stretches,
    with_residual,
)
from scoresep.stages.stft import stft
from scoresep.streaming import MaskedDecomposition
from scoresep.values import Audio, Masks

SCORE = synth.notes((0.1, 0.3395, 60, 1), (0.3, 0.8, 64, 1), (0.4, 1.0, 48, 2), (2.0, 2.4, 55, 2))
N_FFT, HOP = 64, 16


def noise(subtype, n_samples, channels=2, level=1.0):
    """Return a recording of noise on the grid of a sample format."""
    samples = level * np.random.default_rng(n_samples).uniform(-1, 1, (channels, n_samples))
    if subtype in PCM_BITS:
        scale = 2.0 ** (PCM_BITS[subtype] - 1)
        samples = np.rint(samples * scale).clip(-scale, scale - 1) / scale
    return Audio(samples.astype(np.float64 if subtype in ("PCM_32", "DOUBLE") else np.float32), 8000, subtype)


def random_masks(audio, groups=3, channels=1):
    """Return masks that tear a recording apart as no music would."""
    transform = choose_transform(audio.sample_rate, audio.n_samples, n_fft=N_FFT, hop=HOP)
    frames = transform.n_frames
    shares = np.random.default_rng(groups).random((groups, channels, N_FFT // 2 + 1, frames)) ** 8
    names = (*(f"group {k}" for k in range(groups - 1)), "residual")
    shares = (shares / shares.sum(axis=0)).astype(np.float32)
    return Masks(names, shares, np.full(groups, -1), SCORE, transform, audio.fingerprint)


def all_for(group, audio):
    """Return masks of two groups that give everything to one."""
    masks = random_masks(audio, 2)
    shares = np.zeros_like(masks.shares)
    shares[group] = 1
    return dataclasses.replace(masks, shares=shares)


def rendered(audio, masks=None, **kwargs):
    return render(stft(audio, n_fft=N_FFT, hop=HOP), masks or random_masks(audio), **kwargs)


def on_grid(samples, subtype):
    """Return samples as the whole numbers that a PCM file would hold."""
    scale = 2.0 ** (PCM_BITS[subtype] - 1)
    whole = samples.astype(np.float64) * scale
    assert np.array_equal(whole, np.rint(whole))
    assert whole.min(initial=0) >= -scale
    assert whole.max(initial=0) <= scale - 1
    return whole.astype(np.int64)


@pytest.mark.parametrize("subtype", PCM_BITS)
@pytest.mark.parametrize("n_samples", [0, 1, 2, 15, N_FFT - 1, N_FFT, 700, 5000])
@pytest.mark.parametrize("channels", [1, 2])
def test_stems_sum_to_the_recording_exactly_in_pcm(subtype, n_samples, channels):
    audio = noise(subtype, n_samples, channels)
    stems = rendered(audio)
    assert stems.samples.shape == (3, channels, n_samples)
    assert np.array_equal(on_grid(stems.samples, subtype).sum(axis=0), on_grid(audio.samples, subtype))


@pytest.mark.parametrize(("subtype", "tolerance"), [("FLOAT", 1e-6), ("DOUBLE", 1e-12), ("VORBIS", 1e-6)])
@pytest.mark.parametrize("n_samples", [0, 1, 15, N_FFT, 5000])
@pytest.mark.parametrize("level", [1.0, 100.0])
def test_stems_sum_to_the_recording_within_rounding_in_float(subtype, tolerance, n_samples, level):
    audio = noise(subtype, n_samples, level=level)
    stems = rendered(audio)
    assert stems.samples.dtype == audio.samples.dtype
    np.testing.assert_allclose(stems.samples.sum(axis=0), audio.samples, atol=tolerance * level)


@pytest.mark.parametrize("subtype", PCM_BITS)
def test_a_float_recording_may_become_pcm(subtype):
    audio = noise("FLOAT", 900)
    scale = 2.0 ** (PCM_BITS[subtype] - 1)
    whole = np.rint(audio.samples * np.float64(scale)).clip(-scale, scale - 1)
    stems = rendered(audio, subtype=subtype)
    assert stems.subtype == subtype
    assert np.array_equal(on_grid(stems.samples, subtype).sum(axis=0), whole.astype(np.int64))


@pytest.mark.parametrize("subtype", PCM_BITS)
def test_stems_beyond_full_scale_sum_to_the_recording(subtype):
    square = np.sign(np.sin(np.arange(3000) / 3) + 1e-9)[None]
    highest = 1 - 2.0 ** (1 - PCM_BITS[subtype])
    audio = Audio(np.where(square > 0, highest, -1.0), 8000, subtype)
    loud = rendered(audio, subtype="DOUBLE").samples
    assert np.abs(loud).max() > 1
    stems = rendered(audio)
    assert np.array_equal(on_grid(stems.samples, subtype).sum(axis=0), on_grid(audio.samples, subtype))


@given(
    st.sampled_from(sorted(PCM_BITS)),
    st.lists(st.floats(-1, 1), min_size=1, max_size=1),
    st.lists(st.floats(-3, 3), max_size=5),
)
@settings(deadline=None, max_examples=30)
def test_whatever_is_clipped_goes_elsewhere(subtype, recording, sounds):
    recording = np.array([recording])
    result = with_residual(recording, np.array(sounds).reshape(-1, 1, 1), subtype)
    scale = 2.0 ** (PCM_BITS[subtype] - 1)
    whole = np.rint(recording * scale).clip(-scale, scale - 1)
    assert np.array_equal(on_grid(result, subtype).sum(axis=0), whole)


def test_stems_that_fit_are_only_rounded():
    sounds = np.random.default_rng(0).uniform(-0.3, 0.3, (2, 1, 50))
    result = with_residual(sounds.sum(axis=0), sounds, "PCM_16")
    np.testing.assert_allclose(result[:2], sounds, atol=0.5 / 2**15)


def test_a_group_with_everything_is_the_recording():
    audio = noise("FLOAT", 3000)
    stems = rendered(audio, all_for(0, audio))
    np.testing.assert_allclose(stems["group 0"], audio.samples, atol=1e-6)
    np.testing.assert_allclose(stems["residual"], 0, atol=1e-6)


@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_16"])
def test_a_group_with_nothing_is_silent(subtype):
    audio = noise(subtype, 3000)
    stems = rendered(audio, all_for(1, audio))
    assert not stems["group 0"].any()
    assert np.array_equal(stems["residual"], audio.samples)


def test_without_groups_the_residual_is_the_recording():
    audio = noise("PCM_24", 3000)
    stems = rendered(audio, random_masks(audio, 1))
    assert stems.names == ("residual",)
    assert np.array_equal(stems.samples[0], audio.samples)


@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_S8", "PCM_16", "PCM_32"])
def test_silence_stays_silent(subtype):
    audio = Audio(np.zeros((2, 1000), np.float32), 8000, subtype)
    assert not rendered(audio).samples.any()


def test_channels_keep_to_themselves():
    audio = noise("FLOAT", 3000)
    half = Audio(audio.samples * np.float32([[1], [0]]), 8000)
    stems = rendered(half)
    assert not stems.samples[:, 1].any()
    masks = dataclasses.replace(random_masks(half), fingerprint=audio.fingerprint)
    assert np.array_equal(rendered(audio, masks).samples[:-1, 0], stems.samples[:-1, 0])


def test_channels_may_have_masks_of_their_own():
    audio = noise("PCM_16", 3000)
    both = random_masks(audio, channels=2)
    stems = rendered(audio, both)
    for channel in range(2):
        own = dataclasses.replace(both, shares=both.shares[:, channel : channel + 1])
        assert np.array_equal(rendered(audio, own).samples[:, channel], stems.samples[:, channel])


@pytest.mark.parametrize("size", [1, 7, 100, 250])
def test_stretches_of_any_size_sound_like_the_whole(size):
    audio = noise("FLOAT", 5000)
    masks, spectrogram = random_masks(audio), stft(audio, n_fft=N_FFT, hop=HOP)
    rendering = MaskedSpectrogram(spectrogram, masks)
    parts = [rendering.sounds(frames) for frames in stretches(spectrogram.frames, size)]
    stretched = list(join_stems(parts, rendering))
    together = np.concatenate([stems.samples for stems in stretched], axis=2)
    np.testing.assert_allclose(together, rendered(audio, masks).samples, atol=1e-6)
    assert [stems.first_sample for stems in stretched] == np.cumsum(
        [0, *(stems.samples.shape[2] for stems in stretched[:-1])]
    ).tolist()


@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_16"])
def test_groups_that_are_left_out_have_the_bits_of_the_whole(subtype):
    audio = synth.recording(SCORE, seconds=3.0, subtype=subtype)
    spectrogram = stft(audio, n_fft=N_FFT, hop=HOP)
    alignment = align(audio, SCORE, is_aligned=True)
    decomposition = decompose(spectrogram, alignment, iterations=2, instrument="sustained")
    selection = select(read_groups({"note": {"each": "note"}}), alignment.notes)
    rendering = MaskedDecomposition(audio, decomposition, selection, exponent=1.5)
    parts = [rendering.sounds(frames) for frames in stretches(spectrogram.frames)]
    after = next(k for k, part in enumerate(parts) if k and selection.names[0] not in part.sums)
    stretched = list(render_stretches(rendering))
    assert selection.names[0] in stretched[after].names
    whole = render(spectrogram, mask(decomposition, selection))
    again = gather(stretched, selection.names, selection.note, audio.n_samples)
    assert again.names == whole.names
    assert again.note.tolist() == whole.note.tolist() == [0, 1, 2, 3, -1]
    assert np.array_equal(again.samples, whole.samples)
    assert np.array_equal(np.signbit(again.samples), np.signbit(whole.samples))
    for stems in stretched:
        assert stems.note.tolist() == [dict(zip(whole.names, whole.note, strict=True))[name] for name in stems.names]


def test_filters_take_the_place_of_shares_in_the_lower_bins():
    audio = noise("FLOAT", 3000, channels=2)
    spectrogram, masks = stft(audio, n_fft=N_FFT, hop=HOP), random_masks(audio)
    shares = np.zeros((2, *masks.shares.shape[1:]), np.float32)
    shares[1] = 1
    filters = np.zeros((2, 2, 2, *masks.shares.shape[2:]), np.complex64)
    filters[0, 0, 1] = filters[0, 1, 0] = 1
    filters[1] = np.eye(2)[:, :, None, None] - filters[0]
    swapped = {"names": ("swapped", "residual"), "note": np.array([-1, -1]), "shares": shares}
    stems = render(spectrogram, dataclasses.replace(masks, filters=filters, **swapped))
    np.testing.assert_allclose(stems["swapped"], audio.samples[::-1], atol=1e-5)
    np.testing.assert_allclose(stems.samples.sum(axis=0), audio.samples, atol=1e-6)
    assert not render(spectrogram, dataclasses.replace(masks, **swapped))["swapped"].any()


def test_arguments_are_unchanged():
    audio = noise("PCM_16", 2000)
    spectrogram, masks = stft(audio, n_fft=N_FFT, hop=HOP), random_masks(audio)
    arrays = (audio.samples, spectrogram.stft, masks.shares)
    before = [array.copy() for array in arrays]
    render(spectrogram, masks)
    assert all(np.array_equal(*pair) for pair in zip(before, arrays, strict=True))


def test_masks_of_another_recording_are_stale():
    audio, other = noise("FLOAT", 2000), noise("FLOAT", 2000, level=0.5)
    with pytest.raises(StaleError, match="masks are of another recording"):
        rendered(audio, random_masks(other))


@pytest.mark.parametrize("change", ["hop", "first_frame", "frames", "n_fft"])
def test_masks_of_another_stft_are_stale(change):
    audio = noise("FLOAT", 2000)
    masks = random_masks(audio)
    match change:
        case "frames":
            masks = dataclasses.replace(masks, shares=masks.shares[..., 1:])
        case "n_fft":
            masks = dataclasses.replace(masks, transform=dataclasses.replace(masks.transform, n_fft=N_FFT + 1))
        case "hop":
            masks = dataclasses.replace(masks, transform=dataclasses.replace(masks.transform, hop=8))
        case _:
            masks = dataclasses.replace(masks, first_frame=8)
    with pytest.raises(StaleError, match="masks are of another STFT"):
        rendered(audio, masks)


def test_groups_of_drums_divide_the_sound_that_they_have_together():
    notes = synth.notes(*((0.3 * k, 0.3 * k + 0.1, key, 1) for k, key in enumerate((36, 38, 42, 36, 38, 42, 36))))
    notes = dataclasses.replace(notes, channel=np.full(len(notes), 10))
    audio = noise("FLOAT", 20000)
    spectrogram = stft(audio, n_fft=N_FFT, hop=HOP)
    decomposition = decompose(spectrogram, align(audio, notes, is_aligned=True), iterations=2)
    stems = []
    for groups in ({"kit": {"part": "Right hand"}}, {"pieces": {"each": "note"}}):
        selection = select(read_groups(groups), notes)
        stems.append(render(spectrogram, mask(decomposition, selection)))
    np.testing.assert_allclose(stems[1].samples[:-1].sum(axis=0), stems[0]["kit"], atol=1e-5)
    np.testing.assert_allclose(stems[1].samples.sum(axis=0), audio.samples, atol=1e-6)

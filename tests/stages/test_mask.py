"""Every bin is shared out, to those whose notes may sound in it."""

import dataclasses

import numpy as np
import pytest
import synth

from scoresep.dsp.stft import STRETCH_FRAMES, stretches
from scoresep.errors import ScoresepWarning
from scoresep.io.groups_file import read_groups
from scoresep.model.reconstruct import reconstruct
from scoresep.score.selection import select
from scoresep.stages.align import align
from scoresep.stages.decompose import decompose
from scoresep.stages.mask import mask
from scoresep.stages.stft import stft
from scoresep.values import Audio

SCORE = synth.notes((0.2, 0.6, 72, 1), (0.5, 1.0, 76, 1), (0.2, 0.9, 48, 2), (3.6, 4.0, 55, 2), (0.7, 1.0, 76, 2))
AUDIO = synth.recording(SCORE, seconds=5.0)
SPECTROGRAM = stft(AUDIO, n_fft=256, hop=64)
DECOMPOSITION = decompose(SPECTROGRAM, align(AUDIO, SCORE, is_aligned=True), iterations=5, instrument="sustained")
GROUPS = {
    "hands": None,
    "one": {"left": {"part": 2}},
    "rest": {"high": {"pitch": "C5.."}, "rest": "rest"},
    "shared": {"left": {"part": 2}, "all": {"pitch": "..C8"}},
    "notes": {"note": {"each": "note"}},
}


def selected(name):
    groups = GROUPS[name]
    return select(groups if groups is None else read_groups(groups), DECOMPOSITION.notes)


def masked(name="hands", **kwargs):
    return mask(DECOMPOSITION, selected(name), **kwargs)


@pytest.mark.parametrize("groups", GROUPS)
@pytest.mark.parametrize("exponent", [0.5, 1.5, 40.0])
def test_masks_sum_to_one(groups, exponent):
    shares = masked(groups, exponent=exponent).shares
    assert shares.min() >= 0
    assert shares.max() <= 1
    np.testing.assert_allclose(shares.sum(axis=0), 1, atol=1e-6)


@pytest.mark.parametrize("groups", GROUPS)
def test_masks_name_their_groups_and_the_residual(groups):
    masks, selection = masked(groups), selected(groups)
    assert masks.names == (*selection.names, "residual")
    assert masks.note.tolist() == [*selection.note, -1]
    assert masks.shares.shape == (len(masks.names), 1, 129, SPECTROGRAM.stft.shape[2])
    assert (masks.transform, masks.fingerprint) == (SPECTROGRAM.transform, AUDIO.fingerprint)


@pytest.mark.parametrize("groups", GROUPS)
def test_stretches_have_the_bits_of_the_whole(groups):
    whole = masked(groups)
    for frames in stretches(whole.frames):
        part = masked(groups, frames=frames)
        assert part.frames == frames
        given = dict(zip(part.names, part.shares, strict=True))
        for name, shares in zip(whole.names, whole.shares[..., frames.start : frames.stop], strict=True):
            assert np.array_equal(given.get(name, np.zeros_like(shares)), shares)


@pytest.mark.parametrize("cut", [1, 100, STRETCH_FRAMES - 1, STRETCH_FRAMES + 1])
def test_stretches_may_be_cut_anywhere(cut):
    whole = masked("rest").shares
    for frames in (range(cut), range(cut, whole.shape[-1])):
        part = masked("rest", frames=frames)
        for name, shares in zip(part.names, part.shares, strict=True):
            wanted = whole[masked("rest").names.index(name)][..., frames.start : frames.stop]
            np.testing.assert_allclose(shares, wanted, atol=1e-5)


def test_silent_groups_are_left_out_of_a_stretch():
    assert masked("notes", frames=range(170, 400)).names == ("residual",)
    assert len(masked("notes", frames=range(100)).names) == 5


def test_what_no_note_explains_is_residual():
    masks = masked()
    nothing = reconstruct(DECOMPOSITION, weights=np.ones((1, len(SCORE))), frames=masks.frames)[0] == 0
    assert nothing.any()
    assert (masks.shares[-1][nothing] == 1).all()
    assert not masks.shares[:-1][:, nothing].any()


@pytest.mark.parametrize("exponent", [0.5, 1.5, 40.0])
def test_what_notes_explain_is_theirs_if_all_are_claimed(exponent):
    masks = masked(exponent=exponent)
    explained = reconstruct(DECOMPOSITION, weights=np.ones((1, len(SCORE))), frames=masks.frames)[0] > 0
    assert masks.shares[-1][explained].max() < 1e-6


def test_the_rest_is_what_the_residual_would_be():
    one = mask(DECOMPOSITION, select(read_groups({"high": {"pitch": "C5.."}}), DECOMPOSITION.notes)).shares
    two = masked("rest").shares
    np.testing.assert_allclose(two[1] + two[2], one[1], atol=1e-6)


def test_a_group_is_silent_where_its_notes_are():
    shares = dict(zip(masked("notes").names, masked("notes").shares, strict=True))
    for i, name in enumerate(selected("notes").names):
        own = (DECOMPOSITION.gates.note == i) & (DECOMPOSITION.gates.role == "sustain")
        start, stop = DECOMPOSITION.gates.begin[own][0], DECOMPOSITION.gates.end[own][0]
        assert not shares[name][..., :start].any()
        assert shares[name][..., start:stop].any()
        assert not shares[name][..., stop:].any()


def test_a_note_in_two_groups_is_shared():
    left, everything, _ = masked("shared", exponent=1.0, frames=range(420, 500)).shares
    assert left.any()
    np.testing.assert_allclose(left, everything, atol=1e-6)


def test_models_of_groups_add_up_to_that_of_all():
    weights = np.eye(len(SCORE))
    frames = range(60, 200)
    whole = DECOMPOSITION.templates[0, :, :, 0] @ DECOMPOSITION.activations[:, frames.start : frames.stop]
    np.testing.assert_allclose(
        reconstruct(DECOMPOSITION, weights=weights, frames=frames).sum(axis=0)[0], whole, atol=1e-4 * whole.max()
    )


def test_a_higher_exponent_decides_more_sharply():
    soft, sharp = (masked(exponent=exponent).shares.max(axis=0) for exponent in (0.7, 3.0))
    assert (sharp >= soft - 1e-6).all()
    assert sharp.mean() > soft.mean()


@pytest.mark.parametrize("exponent", [0.0, -1.0, float("nan")])
def test_an_exponent_that_is_not_positive_is_a_callers_mistake(exponent):
    with pytest.raises(ValueError, match=r"exponent=.* must be positive"):
        masked(exponent=exponent)


def test_the_level_does_not_matter():
    quiet = dataclasses.replace(DECOMPOSITION, activations=DECOMPOSITION.activations * np.float32(1e-6))
    np.testing.assert_allclose(mask(quiet, selected("hands")).shares, masked().shares, atol=1e-5)


def test_channels_may_have_templates_of_their_own():
    twice = dataclasses.replace(DECOMPOSITION, templates=np.repeat(DECOMPOSITION.templates, 2, axis=0))
    shares = mask(twice, selected("hands")).shares
    assert shares.shape[1] == 2
    np.testing.assert_allclose(shares, np.repeat(masked().shares, 2, axis=1), atol=1e-6)


@pytest.mark.filterwarnings("ignore:.* notes lie outside of the recording")
def test_a_silent_recording_is_all_residual():
    audio = Audio(np.zeros((1, 8000), np.float32), 8000)
    with pytest.warns(ScoresepWarning, match="is silent"):
        alignment = align(audio, SCORE)
    silent = decompose(stft(audio), alignment, iterations=3)
    shares = mask(silent, select(None, silent.notes)).shares
    assert (shares[-1] == 1).all()
    assert not shares[:-1].any()


def test_the_decomposition_is_unchanged():
    arrays = (DECOMPOSITION.templates, DECOMPOSITION.activations, DECOMPOSITION.gates.begin)
    before = [array.copy() for array in arrays]
    masked("notes")
    assert all(np.array_equal(*pair) for pair in zip(before, arrays, strict=True))


def stereo():
    """Return the decomposition of a recording with a part in each channel."""
    parts = [synth.tones(SCORE.take(SCORE.part == part), seconds=5.0)[0] for part in (1, 2)]
    audio = Audio(np.stack([parts[0] + 0.3 * parts[1], parts[1] + 0.3 * parts[0]]), synth.RATE)
    return decompose(stft(audio, n_fft=256, hop=64), align(audio, SCORE, is_aligned=True), iterations=5)


def test_one_channel_needs_no_filters():
    assert masked("hands").filters.size == 0


def test_two_channels_that_differ_have_filters_that_sum_to_the_identity():
    found = stereo()
    for groups in ("hands", "notes", "rest"):
        masks = mask(found, selected(groups))
        lower = found.covariances.shape[1]
        assert masks.filters.shape == (len(masks.names), 2, 2, lower, masks.shares.shape[3])
        total = np.moveaxis(masks.filters.sum(axis=0), (0, 1), (2, 3))
        np.testing.assert_allclose(total, np.broadcast_to(np.eye(2), total.shape), atol=1e-3)


def test_stretches_have_the_filters_of_the_whole():
    found = stereo()
    whole = mask(found, selected("notes"))
    for frames in stretches(whole.frames):
        part = mask(found, selected("notes"), frames=frames)
        given = dict(zip(part.names, part.filters, strict=True))
        for name, filters in zip(whole.names, whole.filters[..., frames.start : frames.stop], strict=True):
            assert np.array_equal(given.get(name, np.zeros_like(filters)), filters)


def test_a_group_takes_more_from_its_own_channel():
    masks = mask(stereo(), selected("hands"))
    left, right, _ = masks.filters
    sounding = (masks.shares[0, 0, : left.shape[2]] > 0.2) & (masks.shares[1, 0, : left.shape[2]] > 0.2)
    assert left[1, 1][sounding].real.mean() > left[0, 0][sounding].real.mean() + 0.2
    assert right[0, 0][sounding].real.mean() > right[1, 1][sounding].real.mean() + 0.2

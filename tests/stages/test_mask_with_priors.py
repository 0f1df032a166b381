"""Masks with priors share out every bin, follow the prior, and have the same bits in stretches."""

import dataclasses

import numpy as np
import pytest
import synth

from scoresep.dsp.stft import stretches
from scoresep.errors import InputError, StaleError
from scoresep.io.groups_file import read_groups
from scoresep.score.selection import select
from scoresep.stages.align import align
from scoresep.stages.decompose import decompose
from scoresep.stages.mask import mask
from scoresep.stages.render import render
from scoresep.stages.stft import stft
from scoresep.values import Audio, Priors

SECONDS = 5.0
ROWS = ((0.2, 1.6, 72, 1), (1.5, 3.0, 76, 1), (0.2, 1.9, 60, 2), (2.0, 4.0, 55, 2), (0.7, 2.5, 64, 3))
SCORE = synth.notes(*ROWS, parts=("High", "Low", "Middle"))
STEMS = [synth.tones(SCORE.take(SCORE.part == part), seconds=SECONDS) for part in (1, 2, 3)]
MONO = Audio(sum(STEMS), synth.RATE)
STEREO = Audio(np.concatenate([STEMS[0] + 0.5 * STEMS[1] + STEMS[2], STEMS[0] + STEMS[1] + 0.2 * STEMS[2]]), synth.RATE)
GROUPS = {
    "parts": {"high": {"part": 1}, "low": {"part": 2}, "middle": {"part": 3}},
    "some": {"high": {"part": 1}},
    "shared": {"high": {"part": 1}, "all": {"pitch": "..C8"}},
    "notes": {"note": {"each": "note"}},
}


def decomposed(audio):
    found = align(audio, SCORE, is_aligned=True)
    return decompose(stft(audio, n_fft=512, hop=128), found, iterations=5, instrument="sustained")


DECOMPOSITIONS = {"mono": decomposed(MONO), "stereo": decomposed(STEREO)}
AUDIO = {"mono": MONO, "stereo": STEREO}


def masked(kind, groups, names=("1", "2+3"), **kwargs):
    selection = select(read_groups(GROUPS[groups]), DECOMPOSITIONS[kind].notes)
    sounds = {"1": Audio(STEMS[0], synth.RATE), "2+3": Audio(0.9 * (STEMS[1] + STEMS[2]), synth.RATE)}
    priors = Priors(AUDIO[kind], {name: sounds[name] for name in names})
    return mask(DECOMPOSITIONS[kind], selection, priors=priors, **kwargs)


@pytest.mark.parametrize("kind", AUDIO)
@pytest.mark.parametrize("groups", GROUPS)
@pytest.mark.parametrize("names", [("1",), ("2+3",), ("1", "2+3")])
def test_masks_sum_to_one(kind, groups, names):
    masks = masked(kind, groups, names)
    assert masks.shares.min() >= 0
    np.testing.assert_allclose(masks.shares.sum(axis=0), 1, atol=1e-5)
    if kind == "stereo":
        assert masks.filters.size
        total = masks.filters.sum(axis=0)
        np.testing.assert_allclose(total, np.broadcast_to(np.eye(2)[:, :, None, None], total.shape), atol=1e-3)


@pytest.mark.parametrize("kind", AUDIO)
@pytest.mark.parametrize("groups", GROUPS)
def test_stretches_have_the_bits_of_the_whole(kind, groups):
    whole = masked(kind, groups)
    for frames in stretches(whole.frames):
        part = masked(kind, groups, frames=frames)
        for name, shares in zip(part.names, part.shares, strict=True):
            wanted = whole.shares[whole.names.index(name)][..., frames.start : frames.stop]
            assert np.array_equal(shares, wanted), name


def test_a_prior_divides_what_the_score_cannot():
    """Two parts play the same pitches at the same time, one of them with the upper partials only."""
    score = synth.notes(*((k + 0.2, k + 0.9, 60 + k, part) for k in range(4) for part in (1, 2)))
    both = synth.tones(score.take(score.part == 1), seconds=SECONDS)
    spectrum = np.fft.rfft(both)
    spectrum[:, : spectrum.shape[1] // 6] = 0
    upper = np.fft.irfft(spectrum, both.shape[1]).astype(np.float32)
    audio, truth = Audio(both, synth.RATE), [upper, both - upper]
    spectrogram = stft(audio, n_fft=512, hop=128)
    decomposition = decompose(spectrogram, align(audio, score, is_aligned=True), iterations=5, instrument="sustained")
    selection = select(read_groups({"one": {"part": 1}, "two": {"part": 2}}), decomposition.notes)
    priors = Priors(audio, {"one": Audio(upper + 0.1 * (both - upper), synth.RATE)})
    stems = [render(spectrogram, mask(decomposition, selection, priors=known)) for known in (None, priors)]
    for name, true in zip(("one", "two"), truth, strict=True):
        without, with_prior = (10 * np.log10(np.sum(true**2) / np.sum((true - each[name]) ** 2)) for each in stems)
        assert with_prior > without + 5, name
    np.testing.assert_allclose(stems[1].samples.sum(axis=0), audio.samples, atol=1e-5)


def test_priors_of_another_recording_are_refused():
    other = dataclasses.replace(DECOMPOSITIONS["mono"], fingerprint="0")
    selection = select(read_groups(GROUPS["parts"]), other.notes)
    priors = Priors(MONO, {"1": Audio(STEMS[0], synth.RATE)})
    with pytest.raises(StaleError, match="another recording"):
        mask(other, selection, priors=priors)
    with pytest.raises(InputError, match="no group or part is called 'nobody'"):
        mask(DECOMPOSITIONS["mono"], selection, priors=Priors(MONO, {"nobody": MONO}))

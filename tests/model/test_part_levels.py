"""Parts that a recording does not have are soft in its decomposition, and named."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import synth

from scoresep.errors import ScoresepWarning
from scoresep.model.part_levels import part_levels, warn_of_missing_parts
from scoresep.pipeline import align_and_decompose
from scoresep.values import Audio


@pytest.fixture(scope="module")
def duet():
    """Give the notes of two parts."""
    return replace(synth.duet(), part_names=("Upper", "Lower"))


def decomposed(notes, heard):
    """Return the decomposition of a recording of some of the notes by all of them."""
    audio = Audio(synth.tones(notes.take(heard)), synth.RATE, "PCM_16")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return align_and_decompose(audio, notes, is_aligned=True, iterations=10)[1]


def test_part_that_is_missing_is_named(duet):
    decomposition = decomposed(duet, duet.part == 1)
    levels = part_levels(decomposition)
    assert levels[1] == 0
    assert levels[2] < -12
    with pytest.warns(ScoresepWarning, match=r"part 2 'Lower' is very soft .* leave it out with --without 2"):
        warn_of_missing_parts(decomposition)


def test_parts_that_are_there_are_not_named(duet):
    decomposition = decomposed(duet, np.ones(len(duet), bool))
    assert min(part_levels(decomposition).values()) > -12
    warn_of_missing_parts(decomposition)


def test_silence_has_no_missing_parts(duet):
    decomposition = decomposed(duet, np.ones(len(duet), bool))
    silent = replace(decomposition, activations=np.zeros_like(decomposition.activations))
    assert set(part_levels(silent).values()) == {0.0}

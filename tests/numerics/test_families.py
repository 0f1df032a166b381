"""Templates of struck and of sustained instruments."""

import numpy as np
import pytest

from scoresep.numerics.families import FAMILIES, STRUCK, SUSTAINED, harmonic_template

SIZES = {"n_fft": 4096, "sample_rate": 22050}


def occupied(family, pitch, *, is_onset=False):
    return harmonic_template(family, pitch, is_onset=is_onset, **SIZES) > 0


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@pytest.mark.parametrize("is_onset", [False, True])
@pytest.mark.parametrize("pitch", [21, 60, 107.5])
def test_templates_sum_to_one(family, is_onset, pitch):
    template = harmonic_template(family, pitch, is_onset=is_onset, **SIZES)
    assert template.shape == (2049,)
    assert template.min() >= 0
    assert template.sum() == pytest.approx(1)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_an_onset_is_a_widened_comb(family):
    sustain, onset = occupied(family, 60), occupied(family, 60, is_onset=True)
    assert not (sustain & ~onset).any()
    assert onset.sum() > 2 * sustain.sum()


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_pitch_beyond_the_spectrum_has_an_empty_template(family):
    assert not harmonic_template(family, 140, is_onset=False, **SIZES).any()


def test_detuned_copies_lie_evenly_around_the_pitch():
    np.testing.assert_allclose(SUSTAINED.detunings, -np.array(SUSTAINED.detunings[::-1]))
    assert 0 in SUSTAINED.detunings
    assert STRUCK.detunings == (0.0,)


def test_detuned_copies_leave_no_gap():
    copies = [occupied(SUSTAINED, 60 + detuning) for detuning in SUSTAINED.detunings]
    assert all((one & other).any() for one, other in zip(copies, copies[1:], strict=False))


def test_only_strings_that_are_struck_are_stiff():
    highest = [np.flatnonzero(harmonic_template(f, 60, is_onset=False, **SIZES))[-1] for f in (STRUCK, SUSTAINED)]
    harmonic = 261.63 * np.arange(1, 43) * 4096 / 22050
    assert np.abs(harmonic - highest[1]).min() < 0.006 * highest[1] + 1
    assert np.abs(harmonic - highest[0]).min() > 0.01 * highest[0]

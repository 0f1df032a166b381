"""Templates of struck and of sustained instruments."""

import numpy as np
import pytest

from scoresep.model.harmonic_templates import piano_inharmonicity
from scoresep.model.instrument_models import FAMILIES, STRUCK, SUSTAINED, attack_template, harmonic_template

SIZES = {"n_fft": 4096, "sample_rate": 22050}


def template(family, pitch, *, is_onset=False, inharmonicity=0.0):
    if is_onset:
        return attack_template(family, pitch, inharmonicity, **SIZES)
    return harmonic_template(family, pitch, inharmonicity, **SIZES)[0]


def occupied(family, pitch, **how):
    return template(family, pitch, **how) > 0


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@pytest.mark.parametrize("is_onset", [False, True])
@pytest.mark.parametrize("pitch", [21, 60, 107.5])
def test_templates_sum_to_one(family, is_onset, pitch):
    made = template(family, pitch, is_onset=is_onset)
    assert made.shape == (2049,)
    assert made.min() >= 0
    assert made.sum() == pytest.approx(1)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_an_attack_may_be_anywhere_but_is_most_near_the_partials(family):
    attack, sustain = template(family, 60, is_onset=True), occupied(family, 60)
    assert (attack > 0).all()
    first = np.flatnonzero(sustain)[:3]
    assert attack[first].min() == pytest.approx(attack.max(), rel=0.1)
    assert attack[first].min() > 20 * np.median(attack)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_pitch_beyond_the_spectrum_has_an_empty_template(family):
    assert not occupied(family, 140).any()
    assert np.isfinite(template(family, 140, is_onset=True)).all()


def test_detuned_copies_lie_evenly_around_the_pitch():
    np.testing.assert_allclose(SUSTAINED.detunings, -np.array(SUSTAINED.detunings[::-1]))
    assert 0 in SUSTAINED.detunings
    assert STRUCK.detunings == (0.0,)


def test_detuned_copies_leave_no_gap():
    copies = [occupied(SUSTAINED, 60 + detuning) for detuning in SUSTAINED.detunings]
    assert all((one & other).any() for one, other in zip(copies, copies[1:], strict=False))


def test_stiff_strings_have_wider_combs():
    soft, stiff = occupied(STRUCK, 60), occupied(STRUCK, 60, inharmonicity=piano_inharmonicity(60))
    assert np.flatnonzero(soft)[0] == np.flatnonzero(stiff)[0]
    np.testing.assert_array_equal(soft[:120], stiff[:120])
    assert (soft != stiff)[1000:].any()

"""Templates of struck and of sustained instruments."""

import numpy as np
import pytest

from scoresep.model.harmonic_templates import piano_inharmonicity
from scoresep.model.instrument_models import INSTRUMENT_MODELS
from scoresep.model.instrument_models.harmonic import STRUCK, SUSTAINED, attack_template, harmonic_template
from scoresep.values import Transform

TRANSFORM = Transform(22050, 4096, 1024, 22050)
MODELS = {name: INSTRUMENT_MODELS.get(name) for name in ("struck", "sustained")}


def template(model, pitch, *, is_onset=False, inharmonicity=0.0):
    if is_onset:
        return attack_template(model, pitch, inharmonicity, TRANSFORM)
    return harmonic_template(model, pitch, inharmonicity, TRANSFORM)[0]


def occupied(model, pitch, **how):
    return template(model, pitch, **how) > 0


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("is_onset", [False, True])
@pytest.mark.parametrize("pitch", [21, 60, 107.5])
def test_templates_sum_to_one(model, is_onset, pitch):
    made = template(model, pitch, is_onset=is_onset)
    assert made.shape == (2049,)
    assert made.min() >= 0
    assert made.sum() == pytest.approx(1)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_an_attack_may_be_anywhere_but_is_most_near_the_partials(model):
    attack, sustain = template(model, 60, is_onset=True), occupied(model, 60)
    assert (attack > 0).all()
    first = np.flatnonzero(sustain)[:3]
    assert attack[first].min() == pytest.approx(attack.max(), rel=0.1)
    assert attack[first].min() > 20 * np.median(attack)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_a_pitch_beyond_the_spectrum_has_an_empty_template(model):
    assert not occupied(model, 140).any()
    assert np.isfinite(template(model, 140, is_onset=True)).all()


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


def test_a_model_has_the_name_that_it_is_found_by():
    assert {name: model.name for name, model in MODELS.items()} == {name: name for name in MODELS}
    with pytest.raises(ValueError, match="instrument='kazoo' must be one of struck, sustained"):
        INSTRUMENT_MODELS.get("kazoo")

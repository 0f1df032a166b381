"""Rows of component and tap stand for templates that go on over several frames."""

import numpy as np
import pytest

from scoresep.model.reconstruct import product
from scoresep.model.taps import TapRows, default_taps, with_taps, without_taps

BINS, COMPONENTS, TAPS, FRAMES = 5, 3, 4, 20


@pytest.fixture
def factors():
    """Return templates, some of whose taps are zero, and activations."""
    rng = np.random.default_rng(0)
    templates = rng.random((BINS, COMPONENTS, TAPS))
    templates[:, 1, 2:] = 0
    return templates, rng.random((COMPONENTS, FRAMES))


def test_rows_give_the_product(factors):
    templates, activations = factors
    rows = TapRows.of(templates)
    assert len(rows) == COMPONENTS * TAPS - 2
    frames = np.array([0, 1, 7, 19])
    found = templates[:, rows.component, rows.tap] @ rows.shifted(activations, frames)
    np.testing.assert_allclose(found, product(templates, activations)[:, frames])


def test_adding_back_is_the_transpose_of_shifting(factors):
    templates, activations = factors
    rows, frames = TapRows.of(templates), np.arange(6, 15)
    array = np.random.default_rng(1).random((len(rows), len(frames)))
    out = np.zeros((COMPONENTS, TAPS - 1 + FRAMES))
    rows.add_back(array, 6, out=out)
    np.testing.assert_allclose(
        (out[:, TAPS - 1 :] * activations).sum(), (array * rows.shifted(activations, frames)).sum()
    )


def test_one_tap_changes_nothing(factors):
    templates, activations = factors
    one = templates[..., :1]
    assert with_taps(one, 1) is one
    assert without_taps(one, activations)[1] is activations


def test_taps_die_away_and_keep_the_sum(factors):
    one = factors[0][..., :1]
    found = with_taps(one, 6)
    np.testing.assert_allclose(found.sum(axis=2), one[..., 0])
    assert (np.diff(found, axis=2) < 0).all()


def test_templates_of_one_colour_are_their_mean_spectrum_and_course(factors):
    templates, activations = with_taps(factors[0][..., :1], TAPS), factors[1]
    spectra, ringing = without_taps(templates, activations)
    np.testing.assert_allclose(spectra @ ringing, product(templates, activations))


@pytest.mark.parametrize(("frame_rate", "taps"), [(21.5, 5), (86.1, 22), (1.0, 1)])
def test_templates_go_on_for_a_quarter_of_a_second(frame_rate, taps):
    assert default_taps(frame_rate) == taps

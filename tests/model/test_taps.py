"""Rows of component and tap stand for templates that go on over several frames."""

import numpy as np
import pytest

from scoresep.model.reconstruct import product
from scoresep.model.taps import TapRows, default_taps, with_taps, without_taps
from scoresep.score.drum_kit import drum_decay

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
    assert with_taps(one, np.ones(one.shape[1], int)) is one
    assert without_taps(one, activations)[1] is activations


def test_taps_die_away_and_keep_the_sum(factors):
    one = factors[0][..., :1]
    lengths = np.arange(one.shape[1]) % 3 + 4
    found = with_taps(one, lengths)
    np.testing.assert_allclose(found.sum(axis=2), one[..., 0])
    for k, length in enumerate(lengths):
        assert (np.diff(found[:, k, :length], axis=1) < 0).all()
        assert not found[:, k, length:].any()


def test_templates_of_one_colour_are_their_mean_spectrum_and_course(factors):
    templates, activations = with_taps(factors[0][..., :1], np.full(factors[0].shape[1], TAPS)), factors[1]
    spectra, ringing = without_taps(templates, activations)
    np.testing.assert_allclose(spectra @ ringing, product(templates, activations))


@pytest.mark.parametrize(("frame_rate", "taps"), [(21.5, 5), (86.1, 22), (1.0, 1)])
def test_templates_go_on_for_a_quarter_of_a_second_or_as_a_drum_rings(frame_rate, taps):
    found = default_taps(np.array([60, 36, 49]), np.array([False, True, True]), frame_rate)
    assert found[0] == taps
    assert found[1:].tolist() == [max(round(drum_decay(key) * frame_rate), 1) for key in (36, 49)]

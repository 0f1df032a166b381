"""Filters on moving sources in the multiplicative fit."""

from dataclasses import replace

import numpy as np
import pytest

from scoresep.backends.contract import Problem
from scoresep.backends.nmf import NMF, fit_activations, fit_templates
from scoresep.model.reconstruct import product
from scoresep.model.smooth_filters import FilteredSource, bumps

BINS, FRAMES = 60, 200
RNG = np.random.default_rng(5)
BASIS = bumps(9, np.linspace(0, 4000, BINS), 4000)
SOURCE = (RNG.random((BINS, FRAMES)) ** 3).astype(np.float32)
PLAIN = 2


def problem(loss="kl", iterations=30):
    """Return two plain components, then three that filter a source, from a true mixture of such."""
    weights = RNG.random((3, len(BASIS))).astype(np.float32)
    true = np.concatenate([RNG.random((BINS, PLAIN)), (RNG.random((3, len(BASIS))) @ BASIS).T], axis=1)
    gains = RNG.random((5, FRAMES))
    gains[:, 150:] *= [[1], [1], [0], [0], [0]]
    spectrum = product(true[..., None], gains, sources=((slice(2, 5), SOURCE),)) + 0.01
    templates = np.concatenate([RNG.random((BINS, PLAIN)), (weights @ BASIS).T], axis=1)
    source = FilteredSource(slice(2, 5), weights, BASIS, SOURCE)
    return Problem(
        spectrum.astype(np.float32), templates[..., None], (gains > 0).astype(float), loss, iterations, sources=[source]
    )


@pytest.mark.parametrize("loss", ["kl", "euclidean", "is", "0.5", "1.5", "3"])
def test_loss_never_rises(loss):
    factors = NMF.fit(problem(loss), None)
    assert (np.diff(factors.loss) <= 1e-4 * np.abs(factors.loss[:-1]) + 1e-6).all()
    assert factors.loss[-1] < 0.5 * factors.loss[0]


def test_templates_stay_sums_of_bumps():
    templates = NMF.fit(problem(), None).templates[:, 2:5, 0]
    nearest = BASIS.T @ np.linalg.lstsq(BASIS.T, templates, rcond=None)[0]
    np.testing.assert_allclose(templates, nearest, atol=1e-5)


def test_zeros_stay_zero():
    assert not NMF.fit(problem(), None).activations[2:5, 150:].any()


def test_a_flat_source_is_a_plain_component():
    flat = problem()
    sources = [replace(flat.sources[0], spectrum=None)], [replace(flat.sources[0], spectrum=np.ones_like(SOURCE))]
    plain, moving = (NMF.fit(replace(flat, sources=each), None) for each in sources)
    np.testing.assert_allclose(plain.templates, moving.templates, rtol=1e-3, atol=1e-5)


def test_activations_and_templates_are_fitted_alone():
    whole = problem()
    fitted = NMF.fit(whole, None)
    again = fit_activations(replace(whole, templates=fitted.templates))
    model = product(fitted.templates, again, sources=((slice(2, 5), SOURCE),))
    assert np.abs(model - whole.spectrogram).mean() < 0.1 * whole.spectrogram.mean()
    templates = fit_templates(replace(whole, activations=fitted.activations))
    nearest = BASIS.T @ np.linalg.lstsq(BASIS.T, templates[:, 2:5, 0], rcond=None)[0]
    np.testing.assert_allclose(templates[:, 2:5, 0], nearest, atol=1e-5 * templates.max())

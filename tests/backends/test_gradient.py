"""The additive rules."""

from functools import partial

import fits
import numpy as np
import pytest

from scoresep.backends.gradient import _slope_and_curvature, _take_step
from scoresep.model.beta_divergence import divergence

gradient, nmf = partial(fits.fit, "gradient"), partial(fits.fit, "nmf")
LOSSES = ["kl", "euclidean", "is", "0.5", "1.5", "3"]


def problem(seed=0):
    """Return a noisy sum of four components, and a start that knows their zeros alone."""
    rng = np.random.default_rng(seed)
    templates, activations = (rng.random(shape) * (rng.random(shape) > 0.4) for shape in ((40, 4), (4, 300)))
    noise = 0.02 * rng.random((40, 300))
    return templates @ activations + noise, np.sign(templates), np.sign(activations)


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 1.5, 2.0, 3.0])
def test_the_slope_is_what_finite_differences_say(beta):
    rng = np.random.default_rng(2)
    V, W, h, step = rng.random((20, 6)), rng.random((3, 20)), 0.1 + rng.random((3, 6)), 1e-6
    slope, curvature = _slope_and_curvature(W, V, W.T @ h, beta)
    for k in range(3):
        nudge = step * (np.arange(3) == k)[:, None]
        more, less = (divergence(V, W.T @ (h + sign * nudge), beta, axis=0) for sign in (1, -1))
        np.testing.assert_allclose(slope[k], (more - less) / (2 * step), rtol=1e-4, atol=1e-6)
        more, less = (divergence(W.T @ h, W.T @ (h + 100 * sign * nudge), beta, axis=0) for sign in (1, -1))
        np.testing.assert_allclose(curvature[k], (more + less) / (100 * step) ** 2, rtol=1e-3)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("loss", LOSSES)
def test_additive_rules_get_as_far_as_multiplicative_ones(loss, seed):
    added, multiplied = (rules(*problem(seed), loss=loss, iterations=50).loss for rules in (gradient, nmf))
    assert added[0] == pytest.approx(multiplied[0], rel=1e-4)
    assert added[-1] < 1.02 * multiplied[-1]


def test_entries_return_from_zero_unless_they_start_there():
    uphill, pace, free = np.full((1, 3), -1.0), np.array([0.5, 0.25, 0.5]), np.array([[True, True, False]])
    assert _take_step(np.zeros((1, 3)), uphill, np.ones((1, 3)), pace, free).tolist() == [[0.5, 0.25, 0]]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("seed", range(4))
def test_no_data_breaks_the_descent(loss, seed):
    rng = np.random.default_rng(seed)
    spectrogram = np.exp(rng.normal(0, 10, (40, 150))) * (rng.random((40, 150)) > 0.5)
    start = np.sign(rng.random((40, 5)) - 0.5).clip(0), np.exp(rng.normal(-10, 5, (5, 150)))
    factors = gradient(spectrogram, *start, loss=loss, iterations=40)
    assert np.isfinite(factors.templates @ factors.activations).all()
    assert (np.diff(factors.loss) <= 1e-6 * factors.loss[0]).all()


def test_ties_do_not_apply():
    ties = [(np.zeros((40, 4), int), 3)]
    one, other = (gradient(*problem(), iterations=5, ties=given) for given in ((), ties))
    assert np.array_equal(one.templates, other.templates)

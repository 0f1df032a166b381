"""Templates of several taps keep the contract of the backends, too."""

import dataclasses
from functools import partial

import fits
import numpy as np
import pytest

from scoresep.backends.contract import Problem
from scoresep.backends.nmfd import NMFD
from scoresep.backends.options import NMFDOptions
from scoresep.model.beta_divergence import beta_of, divergence
from scoresep.model.reconstruct import product
from scoresep.values import Encoder

LOSSES = ["kl", "euclidean", "is", "0.5", "1.5", "3"]
BINS, COMPONENTS, TAPS, FRAMES = 30, 4, 5, 300
TIES = [(np.repeat(np.arange(BINS // 2), 2)[:, None] * np.ones(COMPONENTS, int), 4)]


def gated(shape, rng):
    """Return a nonnegative array of which a part is zero."""
    return rng.random(shape) * (rng.random(shape) > 0.4)


def problem(seed=0, frames=FRAMES, **fields):
    """Return a spectrogram and a start with zeros in both factors, one template shorter than the others."""
    rng = np.random.default_rng(seed)
    templates, activations = gated((BINS, COMPONENTS, TAPS), rng), gated((COMPONENTS, frames), rng)
    activations[0, 100:280] = 0
    templates[:, 1, 2:] = 0
    spectrogram = product(gated(templates.shape, rng), activations) + 0.1 * rng.random((BINS, frames))
    return Problem(spectrogram.astype(np.float32), templates, activations, **fields)


fit = partial(NMFD.fit, options=NMFDOptions())


def model(factors):
    return product(factors.templates, factors.activations)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("ties", [(), TIES], ids=["free", "tied"])
@pytest.mark.parametrize("seed", range(3))
def test_the_loss_never_rises(loss, ties, seed):
    loss = fit(problem(seed, loss=loss, ties=ties, iterations=60)).loss
    assert loss.shape == (61,)
    assert (np.diff(loss) <= 1e-6 * loss[0]).all()
    assert loss[-1] < 0.9 * loss[0]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("iterations", [0, 3])
def test_the_loss_is_that_of_the_product(loss, iterations):
    start = problem(loss=loss, iterations=iterations)
    factors, scale = fit(start), start.spectrogram.max()
    reached = product(start.templates, start.activations) > 0  # elsewhere the loss does not look
    V = np.where(reached | (beta_of(loss) > 1), start.spectrogram / scale, 0)
    expected = divergence(V.astype(np.float32), (model(factors) / scale).astype(np.float32), beta_of(loss))
    assert factors.loss[-1] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("loss", LOSSES)
def test_zeros_stay_zero_and_all_is_finite(loss):
    start = problem(loss=loss, iterations=10, ties=TIES)
    factors = fit(start)
    assert factors.templates.shape == start.templates.shape
    assert factors.activations.shape == start.activations.shape
    for found, before in ((factors.templates, start.templates), (factors.activations, start.activations)):
        assert np.isfinite(found).all()
        assert found.min() >= 0
        assert not found[before == 0].any()


@pytest.mark.parametrize("loss", LOSSES)
def test_one_tap_has_the_bits_of_nmf(loss):
    start = problem(loss=loss, iterations=10, ties=TIES)
    one, other = (
        fits.fit(name, start.spectrogram, start.templates[:, :, 0], start.activations, loss=loss, ties=TIES)
        for name in ("nmf", "nmfd")
    )
    for name in ("templates", "activations", "loss"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("loss", LOSSES)
def test_taps_that_are_silent_change_nothing(loss):
    start = problem(loss=loss, iterations=12, ties=TIES)
    alone = start.templates[:, :, :1]
    padded = np.pad(alone, ((0, 0), (0, 0), (0, TAPS - 1)))
    one, other = (fit(dataclasses.replace(start, templates=templates)) for templates in (alone, padded))
    np.testing.assert_allclose(model(other), model(one), rtol=2e-3, atol=1e-6)
    np.testing.assert_allclose(other.loss, one.loss, rtol=1e-3)


def test_templates_end_with_sum_one():
    np.testing.assert_allclose(fit(problem()).templates.sum(axis=(0, 2)), 1, rtol=1e-5)


def test_arguments_are_unchanged_and_the_same_arguments_give_the_same_bits():
    start = problem()
    arrays = start.spectrogram, start.templates, start.activations
    before = [array.copy() for array in arrays]
    one, other = fit(start), fit(start)
    assert all(np.array_equal(*pair) for pair in zip(before, arrays, strict=True))
    for name in ("templates", "activations", "loss"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("frames", [0, 1, TAPS - 1, 128, 129, 131])
def test_any_number_of_frames_is_fitted(frames):
    factors = fit(problem(frames=frames))
    assert factors.activations.shape == (COMPONENTS, frames)
    assert np.isfinite(factors.activations).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_silence_gives_silence(loss):
    start = problem(loss=loss)
    factors = fit(dataclasses.replace(start, spectrogram=np.zeros_like(start.spectrogram)))
    assert model(factors).max() < 1e-6
    assert np.isfinite(factors.loss).all()


@pytest.mark.parametrize("scale", [1e-6, 1e4])
def test_the_level_of_the_recording_does_not_matter(scale):
    start = problem()
    plain, scaled = fit(start), fit(dataclasses.replace(start, spectrogram=np.float32(scale) * start.spectrogram))
    np.testing.assert_allclose(model(scaled) / scale, model(plain), atol=1e-2 * start.spectrogram.max())


def test_a_threshold_stops_early_and_every_iteration_is_reported():
    told = []
    loss = fit(problem(iterations=200, threshold=0.05), on_iteration=lambda done, loss: told.append((done, loss))).loss
    assert 2 < len(loss) < 201
    assert [done for done, _ in told] == list(range(1, len(loss)))
    assert [loss for _, loss in told] == loss[:-1].tolist()


def hits(rng, frames=FRAMES):
    """Return the starts of two drums that now and then sound together, shape (2, frames)."""
    activations = np.zeros((2, frames))
    activations[0, ::12] = 0.5 + rng.random(len(activations[0, ::12]))
    activations[1, ::18] = 0.5 + rng.random(len(activations[1, ::18]))
    return activations


def test_templates_are_recovered_from_their_hits():
    rng = np.random.default_rng(2)
    templates, activations = rng.random((BINS, 2, TAPS)), hits(rng)
    truth = product(templates, activations)
    factors = fit(Problem(truth, np.ones_like(templates), np.sign(activations), iterations=300))
    np.testing.assert_allclose(factors.templates, templates / templates.sum(axis=(0, 2))[:, None], atol=2e-3)
    assert factors.loss[-1] < 1e-4 * factors.loss[0]


@pytest.mark.parametrize("loss", LOSSES)
def test_activations_are_recovered_from_templates(loss):
    rng = np.random.default_rng(3)
    templates, activations = 3 * rng.random((BINS, 2, TAPS)), hits(rng)
    start = Problem(product(templates, activations), templates, np.ones_like(activations), loss, 400)
    found = NMFD.fit_activations(start, Encoder())
    assert np.linalg.norm(product(templates, found) - start.spectrogram) < 0.05 * np.linalg.norm(start.spectrogram)


def test_bins_that_no_component_reaches_do_not_count():
    start = problem(iterations=10)
    reached = product(start.templates, start.activations) > 0
    assert not reached.all()
    filled = np.where(reached, start.spectrogram, start.spectrogram.max())
    one, other = fit(start), fit(dataclasses.replace(start, spectrogram=filled))
    assert np.array_equal(one.loss, other.loss)


def test_a_negative_number_of_taps_is_a_callers_mistake():
    with pytest.raises(ValueError, match="taps=-1 must not be negative"):
        NMFDOptions(-1)

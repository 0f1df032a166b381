"""Every backend keeps the contract, with every loss."""

from functools import partial

import fits
import numpy as np
import pytest

from scoresep.backends import BACKENDS

BINS, COMPONENTS, FRAMES = 40, 6, 300
SPARSE = 0.4
LOSSES = ["kl", "euclidean", "is", "0.5", "1.5", "3"]


def gated(shape, rng):
    """Return a nonnegative array of which a part is zero."""
    return rng.random(shape) * (rng.random(shape) > SPARSE)


def problem(seed=0):
    """Return a spectrogram and a start with zeros in both factors."""
    rng = np.random.default_rng(seed)
    templates, activations = gated((BINS, COMPONENTS), rng), gated((COMPONENTS, FRAMES), rng)
    activations[0, 100:280] = 0
    noise = 0.1 * rng.random((BINS, FRAMES))
    spectrogram = (gated((BINS, COMPONENTS), rng) @ activations + noise).astype(np.float32)
    return spectrogram, templates, activations


def backend_with_loss(name, loss):
    """Return a fit by a backend with a loss, ten iterations unless told."""
    if name == "torch":
        pytest.importorskip("torch", reason="PyTorch is an extra: pip install scoresep[torch]")
    return partial(fits.fit, name, loss=loss, iterations=10)


@pytest.fixture(params=BACKENDS.names())
def fit(request):
    """Give each backend with the usual loss."""
    return backend_with_loss(request.param, "kl")


@pytest.fixture(params=[(name, loss) for name in BACKENDS.names() for loss in LOSSES], ids="-".join)
def fit_of_any_loss(request):
    """Give each backend with each loss, where the loss makes a difference to what is promised."""
    return backend_with_loss(*request.param)


def test_factors_have_the_shapes_of_the_start(fit):
    factors = fit(*problem())
    assert factors.templates.shape == (BINS, COMPONENTS)
    assert factors.activations.shape == (COMPONENTS, FRAMES)


def test_factors_are_nonnegative_and_finite(fit_of_any_loss):
    factors = fit_of_any_loss(*problem())
    for array in (factors.templates, factors.activations):
        assert np.isfinite(array).all()
        assert array.min() >= 0


def test_zeros_stay_zero(fit_of_any_loss):
    spectrogram, templates, activations = problem()
    factors = fit_of_any_loss(spectrogram, templates, activations)
    assert not factors.templates[templates == 0].any()
    assert not factors.activations[activations == 0].any()


def test_what_starts_above_zero_is_used(fit):
    factors = fit(*problem())
    assert (factors.templates.sum(axis=0) > 0).all()
    assert (factors.activations.sum(axis=1) > 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_loss_never_rises(fit_of_any_loss, seed):
    loss = fit_of_any_loss(*problem(seed), iterations=60).loss
    assert np.isfinite(loss).all()
    assert (np.diff(loss) <= 1e-6 * loss[0]).all()
    assert loss[-1] < loss[0]


@pytest.mark.parametrize("iterations", [0, 1, 7])
def test_the_loss_is_told_before_and_after_each_iteration(fit, iterations):
    assert fit(*problem(), iterations=iterations).loss.shape == (iterations + 1,)


def test_arguments_are_unchanged(fit):
    arguments = problem()
    before = [argument.copy() for argument in arguments]
    fit(*arguments)
    for was, now in zip(before, arguments, strict=True):
        np.testing.assert_array_equal(was, now)


def test_the_same_arguments_give_the_same_bits(fit):
    one, other = fit(*problem()), fit(*problem())
    for name in ("templates", "activations", "loss"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("scale", [1e-6, 1e4])
def test_the_level_of_the_recording_does_not_matter(fit, scale):
    spectrogram, *start = problem()
    plain, scaled = fit(spectrogram, *start), fit(np.float32(scale) * spectrogram, *start)
    np.testing.assert_allclose(
        scaled.templates @ scaled.activations / scale,
        plain.templates @ plain.activations,
        atol=1e-2 * spectrogram.max(),
    )


def test_silence_gives_silence(fit_of_any_loss):
    _, *start = problem()
    factors = fit_of_any_loss(np.zeros((BINS, FRAMES), np.float32), *start)
    model = factors.templates @ factors.activations
    assert np.isfinite(model).all()
    assert model.max() < 1e-6
    assert np.isfinite(factors.loss).all()


def test_a_silent_stretch_is_silent(fit):
    spectrogram, *start = problem()
    spectrogram[:, 130:270] = 0
    factors = fit(spectrogram, *start)
    assert (factors.templates @ factors.activations)[:, 130:270].max() < 1e-6 * spectrogram.max()


def test_a_start_of_nothing_gives_nothing(fit):
    spectrogram, templates, activations = problem()
    factors = fit(spectrogram, templates, 0 * activations)
    assert not factors.activations.any()
    assert np.isfinite(factors.templates).all()


@pytest.mark.parametrize("frames", [0, 1, 128, 129])
def test_any_number_of_frames_is_fitted(fit, frames):
    spectrogram, templates, activations = problem()
    factors = fit(spectrogram[:, :frames], templates, activations[:, :frames])
    assert factors.activations.shape == (COMPONENTS, frames)
    assert np.isfinite(factors.activations).all()


def test_a_threshold_stops_early(fit):
    loss = fit(*problem(), iterations=100, threshold=0.05).loss
    assert 2 < len(loss) < 101
    np.testing.assert_array_equal(loss, fit(*problem(), iterations=len(loss) - 1).loss)


def test_no_iteration_returns_the_start(fit):
    spectrogram, templates, activations = problem()
    factors = fit(spectrogram, templates, activations, iterations=0)
    start, found = templates @ activations, factors.templates @ factors.activations
    np.testing.assert_allclose(found, start * (found.sum() / start.sum()), rtol=1e-4, atol=1e-6)


def test_two_components_are_recovered(fit):
    rng = np.random.default_rng(5)
    truth = rng.random((BINS, 2)) @ rng.random((2, FRAMES))
    loss = fit(truth, rng.random((BINS, 2)), rng.random((2, FRAMES)), iterations=500).loss
    assert loss[-1] < 1e-3 * loss[0]


def test_gates_recover_the_truth(fit):
    rng = np.random.default_rng(5)
    templates, activations = rng.random((BINS, 2)), np.zeros((2, FRAMES))
    activations[0, :180], activations[1, 120:] = 0.5 + rng.random(180), 0.5 + rng.random(180)
    factors = fit(templates @ activations, np.ones((BINS, 2)), np.sign(activations), iterations=200)
    for k in range(2):
        model, truth = (
            np.outer(W[:, k], H[k]) for W, H in ((factors.templates, factors.activations), (templates, activations))
        )
        assert np.linalg.norm(model - truth) < 0.1 * np.linalg.norm(truth)


def test_every_iteration_is_reported(fit):
    told = []
    fit(*problem(), iterations=5, on_iteration=lambda done, loss: told.append((done, loss)))
    assert [done for done, _ in told] == [1, 2, 3, 4, 5]
    assert np.isfinite([loss for _, loss in told]).all()


def test_ties_are_taken(fit):
    spectrogram, templates, activations = problem()
    ties = [(np.repeat(np.arange(BINS // 2), 2)[:, None] * np.ones(COMPONENTS, int), 4)]
    factors = fit(spectrogram, templates, activations, ties=ties)
    assert np.isfinite(factors.templates @ factors.activations).all()
    assert not factors.templates[templates == 0].any()
    assert (np.diff(factors.loss) <= 1e-6 * factors.loss[0]).all()


@pytest.mark.parametrize("loss", ["kl", "is", "0.5"])
@pytest.mark.parametrize("name", [name for name in BACKENDS.names() if name != "torch"])
def test_bins_that_no_component_reaches_do_not_count(name, loss):
    spectrogram, templates, activations = problem()
    filled = np.where(templates @ activations > 0, spectrogram, spectrogram.max())
    one, other = (fits.fit(name, V, templates, activations, loss=loss, iterations=10) for V in (spectrogram, filled))
    assert (filled > spectrogram).any()
    assert np.array_equal(one.activations, other.activations)
    assert np.array_equal(one.loss, other.loss)


@pytest.mark.parametrize("name", [name for name in BACKENDS.names() if name != "torch"])
def test_an_unknown_loss_is_a_callers_mistake(name):
    with pytest.raises(ValueError, match="loss='spam' must be one of kl, euclidean, is or a number"):
        fits.fit(name, *problem(), loss="spam", iterations=1, threshold=0.0)

"""Autoencoders: their derivatives, their code, and what their options do."""

from functools import partial

import fits
import numpy as np
import pytest

from scoresep.backends import dense_encoder as module
from scoresep.backends.alternating_fit import EPSILON
from scoresep.backends.dense_encoder import backpropagate, initial_layers, layer_outputs
from scoresep.backends.penalties import Penalties
from scoresep.errors import InputError
from scoresep.model.beta_divergence import curvature, divergence

BETAS = {"kl": 1.0, "euclidean": 2.0, "is": 0.0}
nae, nae_multiplicative = partial(fits.fit, "nae"), partial(fits.fit, "nae-multiplicative")
BACKENDS = [nae, nae_multiplicative]


def problem(seed=0):
    """Return a noisy sum of four components, and a start that knows their zeros alone."""
    rng = np.random.default_rng(seed)
    templates, activations = (rng.random(shape) * (rng.random(shape) > 0.4) for shape in ((40, 4), (4, 300)))
    return templates @ activations + 0.02 * rng.random((40, 300)), np.sign(templates), np.sign(activations)


def network(rng, widths, *, is_signed):
    """Return the layers of an encoder from 12 bins to 3 components, and a decoder."""
    sizes = (12, *widths, 3)
    low = -0.5 if is_signed else 0.05
    layers = [rng.uniform(low, 1, (n, m)) for m, n in zip(sizes, sizes[1:], strict=False)]
    return layers, rng.random((3, 12))


def loss_of(layers, decoder, V, gates, beta, penalties):
    H = layer_outputs(layers, V)[-1] * gates
    return float(divergence(V, decoder.T @ H + EPSILON, beta)) + penalties.evaluate(H).value


@pytest.mark.parametrize("beta", BETAS.values(), ids=BETAS)
@pytest.mark.parametrize("is_signed", [False, True], ids=["nonnegative", "signed"])
@pytest.mark.parametrize("widths", [(), (5,), (6, 4)], ids=str)
@pytest.mark.parametrize("penalties", [Penalties(0, 0, 1.0), Penalties(0.3, 0.2, 1.0)], ids=["plain", "penalized"])
def test_gradients_are_those_of_finite_differences(beta, is_signed, widths, penalties):
    rng, step = np.random.default_rng(3), 1e-6
    layers, decoder = network(rng, widths, is_signed=is_signed)
    V, gates = 0.1 + rng.random((12, 7)), rng.random((3, 7)) > 0.3
    given = layer_outputs(layers, V)
    H = given[-1] * gates
    model = decoder.T @ H + EPSILON
    weight = curvature(model, beta)
    _, penalty_gradient, penalty_positive = penalties.evaluate(H)
    gradient, positive_part = (
        decoder @ ((model - V) * weight) + penalty_gradient,
        decoder @ (model * weight) + penalty_positive,
    )
    parts = backpropagate(layers, V, [*given[:-1], H], gradient, positive_part)
    for k, (found, _) in enumerate(parts):
        for i, j in [(0, 0), (2, 3), (1, 2)]:
            losses = []
            for sign in (1, -1):
                nudged = [W.copy() for W in layers]
                nudged[k][i, j] += sign * step
                losses.append(loss_of(nudged, decoder, V, gates, beta, penalties))
            assert found[i, j] == pytest.approx((losses[0] - losses[1]) / (2 * step), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("beta", BETAS.values(), ids=BETAS)
def test_both_parts_of_the_gradient_are_those_of_the_lecture(beta):
    rng = np.random.default_rng(4)
    (W_E,), decoder = network(rng, (), is_signed=False)
    W_D, V, M = decoder.T, rng.random((12, 7)), rng.random((3, 7)) > 0.3
    H = (W_E @ V) * M
    model = W_D @ H
    weight = model ** (beta - 2)
    ((gradient, positive_part),) = backpropagate(
        [W_E], V, [H], decoder @ ((model - V) * weight), decoder @ (model * weight)
    )
    np.testing.assert_allclose(positive_part - gradient, ((W_D.T @ (V * weight)) * M) @ V.T)
    np.testing.assert_allclose(positive_part, ((W_D.T @ (model * weight)) * M) @ V.T)


@pytest.mark.parametrize("fit", BACKENDS, ids=["additive", "multiplicative"])
@pytest.mark.parametrize("layers", [(), (9,), (11, 8)], ids=str)
def test_activations_are_the_code_of_the_encoder(fit, layers):
    V, templates, activations = problem()
    factors = fit(V, templates, activations, loss="euclidean", iterations=10, layers=layers)
    code = layer_outputs(list(factors.encoder.arrays.values()), V)[-1]
    np.testing.assert_allclose(factors.activations, code * activations, rtol=1e-3, atol=1e-4)
    assert [shape[0] for shape in factors.encoder.shapes.values()] == [*layers, 4]


@pytest.mark.parametrize("fit", BACKENDS, ids=["additive", "multiplicative"])
@pytest.mark.parametrize("options", [{"layers": (9, 6)}, {"sparsity": 0.2}, {"continuity": 0.2}], ids=str)
@pytest.mark.parametrize("loss", BETAS)
def test_the_loss_never_rises_with_options(fit, options, loss):
    losses = fit(*problem(), loss=loss, iterations=40, **options).loss
    assert (np.diff(losses) <= 0).all()
    assert losses[-1] < losses[0]


def test_multiplicative_training_keeps_weights_nonnegative_and_additive_does_not():
    least = [fit(*problem(), iterations=20).encoder.weights.min() for fit in BACKENDS]
    assert least[0] < 0 <= least[1]


@pytest.mark.parametrize("fit", BACKENDS, ids=["additive", "multiplicative"])
def test_sparsity_leaves_fewer_notes_and_continuity_smoother_ones(fit):
    def code(**options):
        return fit(*problem(), iterations=40, **options).activations

    assert np.sqrt(code(sparsity=1.0)).sum() < np.sqrt(code()).sum()
    assert np.square(np.diff(code(continuity=1.0))).sum() < np.square(np.diff(code())).sum()


@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize("widths", [(4,), (7,), (10, 5)], ids=str)
def test_deeper_networks_start_like_shallow_ones(is_signed, widths):
    rng = np.random.default_rng(5)
    templates, V = rng.random((4, 60)).astype(np.float32), rng.random((60, 30))
    shallow, deep = (
        layer_outputs(initial_layers(templates, np.ones(4, np.float32), w, is_signed=is_signed), V)[-1]
        for w in ((), widths)
    )
    for one, other in zip(shallow, deep, strict=True):
        if one.any():
            assert np.corrcoef(one, other)[0, 1] > (0.3 if is_signed else 0.8)


def test_a_signed_start_is_a_pseudo_inverse_but_for_the_ridge(monkeypatch):
    monkeypatch.setattr(module, "RIDGE", 1e-3)
    rng = np.random.default_rng(6)
    templates = (rng.random((4, 60)) ** 4).astype(np.float32)
    (encoder,) = initial_layers(templates, np.ones(4, np.float32), is_signed=True)
    product = encoder @ templates.T
    assert np.abs(product - np.diag(np.diag(product))).max() < 0.01 * np.diag(product).min()


def test_layers_that_cannot_hold_the_components_are_named():
    with pytest.raises(InputError, match="a layer of 3 units is too narrow for the score's 4 components"):
        nae(*problem(), iterations=1, layers=(8, 3))

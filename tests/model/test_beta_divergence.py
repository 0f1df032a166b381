"""A divergence is zero for the truth and positive for all else."""

import numpy as np
import pytest

from scoresep.model.beta_divergence import BETAS, FLOOR, beta_of, curvature, divergence

RNG = np.random.default_rng(0)
V = RNG.random((20, 30)).astype(np.float32)
V[V < 0.2] = 0
SOME_BETAS = [0.0, 1e-6, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("loss", "beta"), [("kl", 1), ("euclidean", 2), ("is", 0), ("0.5", 0.5), ("1.0", 1), ("2", 2), ("0", 0), ("4", 4)]
)
def test_a_loss_is_a_name_or_a_number(loss, beta):
    assert beta_of(loss) == beta


@pytest.mark.parametrize("loss", ["spam", "", "nan", "inf", "-0.5", "4.5", "1,5", "KL"])
def test_any_other_loss_is_a_callers_mistake(loss):
    with pytest.raises(
        ValueError, match=rf"loss='{loss}' must be one of kl, euclidean, is or a number \(beta\) from 0 to 4"
    ):
        beta_of(loss)


@pytest.mark.parametrize("beta", SOME_BETAS)
def test_the_truth_costs_nothing(beta):
    assert divergence(V, V.copy(), beta) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("beta", SOME_BETAS)
def test_all_else_costs_something(beta):
    model = V + RNG.random(V.shape).astype(np.float32)
    assert divergence(V, model, beta) > 1


@pytest.mark.parametrize("beta", SOME_BETAS)
def test_silence_and_nothing_are_allowed(beta):
    assert divergence(np.zeros((3, 4)), np.zeros((3, 4)), beta) == 0
    assert divergence(np.zeros((3, 0)), np.zeros((3, 0)), beta) == 0


@pytest.mark.parametrize("beta", SOME_BETAS)
def test_zeros_cost_a_finite_amount(beta):
    nothing = np.zeros_like(V)
    for one, other in ((V, nothing), (nothing, V), (V, np.roll(V, 1))):
        assert 0 <= divergence(one, other, beta) < np.inf


@pytest.mark.parametrize("beta", SOME_BETAS)
def test_arguments_are_unchanged(beta):
    arguments = V.copy(), V + 1
    before = [argument.copy() for argument in arguments]
    divergence(*arguments, beta)
    assert all(np.array_equal(*pair) for pair in zip(before, arguments, strict=True))


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("beta", SOME_BETAS)
def test_the_parts_along_an_axis_add_up(beta, axis):
    parts = divergence(V, V + 0.1, beta, axis)
    assert parts.shape == (V.shape[1 - axis],)
    assert parts.sum() == pytest.approx(divergence(V, V + 0.1, beta))


def test_euclidean_is_the_sum_of_squares():
    assert divergence(np.array([[1.0, 2.0]]), np.array([[0.0, 4.0]]), BETAS["euclidean"]) == 5


def test_kullback_leibler_is_its_formula():
    model = V + 0.1
    wanted = np.where(V > 0, V * np.log(np.maximum(V, 1e-9) / model), 0) - V + model
    assert divergence(V, model, BETAS["kl"]) == pytest.approx(wanted.sum(), rel=1e-5)


def test_itakura_saito_is_its_formula():
    ratio = (V + FLOOR) / (V + 0.1 + FLOOR)
    assert divergence(V, V + 0.1, BETAS["is"]) == pytest.approx((ratio - np.log(ratio) - 1).sum(), rel=1e-5)


@pytest.mark.parametrize("beta", [0.5, 1.5, 3.0])
def test_the_others_are_their_formula(beta):
    v, m = V.astype(float) + FLOOR, V.astype(float) + 0.1 + FLOOR
    wanted = (v**beta + (beta - 1) * m**beta - beta * v * m ** (beta - 1)) / (beta * (beta - 1))
    assert divergence(V, V + 0.1, beta) == pytest.approx(wanted.sum(), rel=1e-5)


@pytest.mark.parametrize(("beta", "scale"), [(1, 1), (2, 0.5)])
def test_named_losses_are_no_exceptions(beta, scale):
    beside, at = (divergence(V.astype(float), V + 0.1, b) for b in (beta - 1e-4, beta))
    assert beside == pytest.approx(scale * at, rel=1e-2)


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 1.5, 2.0, 3.0])
def test_a_divergence_grows_with_the_scale(beta):
    loud, quiet = V + np.float32(0.5), V + np.float32(1.0)
    assert divergence(8 * loud, 8 * quiet, beta) == pytest.approx(8**beta * divergence(loud, quiet, beta), rel=1e-4)


@pytest.mark.parametrize("beta", SOME_BETAS)
def test_curvature_times_the_error_is_the_derivative(beta):
    truth, model, h = V.astype(float), V + 0.1 + RNG.random(V.shape), 1e-6
    difference = divergence(truth[:1], model[:1] + h, beta, axis=0) - divergence(truth[:1], model[:1] - h, beta, axis=0)
    derivative = (model - truth)[0] * curvature(model, beta)[0]
    np.testing.assert_allclose(derivative, difference / (2 * h), rtol=1e-5)


@pytest.mark.parametrize("beta", SOME_BETAS)
def test_curvature_is_that_of_the_truth(beta):
    truth, h = V[:1].astype(float) + 0.1, 1e-4
    around = [divergence(truth, truth + step, beta, axis=0) for step in (-h, h)]
    np.testing.assert_allclose(curvature(truth, beta)[0], sum(around) / h**2, rtol=1e-3)


def test_bins_that_no_model_reaches_are_left_out():
    model = V + 1
    model[3] = 0
    assert divergence(V, model, 1) == pytest.approx(divergence(np.delete(V, 3, 0), np.delete(model, 3, 0), 1))

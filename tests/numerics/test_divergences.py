"""A divergence is zero for the truth and positive for all else."""

import numpy as np
import pytest

from scoresep.numerics.divergences import DIVERGENCES, euclidean, kullback_leibler

RNG = np.random.default_rng(0)
V = RNG.random((20, 30)).astype(np.float32)
V[V < 0.2] = 0


@pytest.mark.parametrize("loss", DIVERGENCES)
def test_the_truth_costs_nothing(loss):
    assert DIVERGENCES[loss](V, V.copy()) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("loss", DIVERGENCES)
def test_all_else_costs_something(loss):
    model = V + RNG.random(V.shape).astype(np.float32)
    assert DIVERGENCES[loss](V, model) > 1


@pytest.mark.parametrize("loss", DIVERGENCES)
def test_silence_and_nothing_are_allowed(loss):
    assert DIVERGENCES[loss](np.zeros((3, 4)), np.zeros((3, 4))) == 0
    assert DIVERGENCES[loss](np.zeros((3, 0)), np.zeros((3, 0))) == 0


@pytest.mark.parametrize("loss", DIVERGENCES)
def test_arguments_are_unchanged(loss):
    arguments = V.copy(), V + 1
    before = [argument.copy() for argument in arguments]
    DIVERGENCES[loss](*arguments)
    assert all(np.array_equal(*pair) for pair in zip(before, arguments, strict=True))


def test_euclidean_is_the_sum_of_squares():
    assert euclidean(np.array([[1.0, 2.0]]), np.array([[0.0, 4.0]])) == 5


def test_kullback_leibler_is_its_formula():
    model = V + 0.1
    wanted = np.where(V > 0, V * np.log(np.maximum(V, 1e-9) / model), 0) - V + model
    assert kullback_leibler(V, model) == pytest.approx(wanted.sum(), rel=1e-5)


def test_kullback_leibler_grows_with_the_scale():
    assert kullback_leibler(8 * V, 8 * V + 4) == pytest.approx(8 * kullback_leibler(V, V + 0.5), rel=1e-5)


def test_bins_that_no_model_reaches_are_left_out():
    model = V + 1
    model[3] = 0
    assert kullback_leibler(V, model) == pytest.approx(kullback_leibler(np.delete(V, 3, 0), np.delete(model, 3, 0)))

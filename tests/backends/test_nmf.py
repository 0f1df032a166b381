"""The multiplicative rules, free and with bins that are tied."""

from functools import partial

import fits
import numpy as np
import pytest

nmf = partial(fits.fit, "nmf")
LOSSES = ["kl", "euclidean", "is", "0.5", "3"]
BINS, COMPONENTS, FRAMES = 30, 4, 150
#: Three bumps of ten bins a component, which are its partials; the ends of the bumps are zero.
BUMP = np.concatenate([np.arange(5.0), np.arange(5.0)[::-1]])
START = np.tile(BUMP, 3)[:, None] * np.ones(COMPONENTS)
PARTIALS = np.repeat([0, 1, 2], 10)[:, None] * np.ones(COMPONENTS, int)
OWN = PARTIALS + 3 * np.arange(COMPONENTS)


def problem(seed=0):
    """Return the sum of components whose partials have amplitudes of their own, and a start that has them alike."""
    rng = np.random.default_rng(seed)
    amplitudes = 0.1 + rng.random((3, COMPONENTS))
    gates = rng.random((COMPONENTS, FRAMES)) > 0.4
    truth = (START * np.repeat(amplitudes, 10, axis=0)) @ (gates * rng.random(gates.shape))
    return truth + 0.01 * rng.random(truth.shape), START, gates.astype(float)


def amplitudes_of(templates):
    """Return how large each partial is, relative to the first, shape (3, components); raise where a shape is lost."""
    partials = templates.reshape(3, 10, COMPONENTS)
    amplitudes = partials.max(axis=1)
    np.testing.assert_allclose(partials, amplitudes[:, None] * BUMP[:, None] / BUMP.max(), rtol=1e-5)
    return amplitudes / amplitudes[0]


def assert_alike(one, other):
    np.testing.assert_allclose(one.templates @ one.activations, other.templates @ other.activations, rtol=1e-3)
    np.testing.assert_allclose(one.loss, other.loss, rtol=1e-3)


@pytest.mark.parametrize("loss", LOSSES)
def test_tied_bins_keep_their_proportions(loss):
    templates = nmf(*problem(), loss=loss, ties=[(OWN, 20)], iterations=20).templates
    assert np.ptp(amplitudes_of(templates), axis=1)[1:].min() > 0.1


@pytest.mark.parametrize("loss", LOSSES)
def test_a_tie_may_span_components(loss):
    amplitudes = amplitudes_of(nmf(*problem(), loss=loss, ties=[(PARTIALS, 20)], iterations=20).templates)
    np.testing.assert_allclose(amplitudes, amplitudes[:, :1] * np.ones(COMPONENTS), rtol=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("numbers", [OWN, PARTIALS, np.maximum(OWN - 2, -1)])
def test_the_loss_never_rises_within_ties(loss, numbers):
    values = nmf(*problem(), loss=loss, ties=[(numbers, 40)], iterations=60).loss
    assert (np.diff(values) <= 1e-6 * values[0]).all()
    assert values[-1] < values[0]


def test_tied_amplitudes_are_recovered():
    rng = np.random.default_rng(1)
    amplitudes = np.stack([np.ones(COMPONENTS), *(0.1 + rng.random((2, COMPONENTS)))])
    gates = np.repeat(rng.random((COMPONENTS, 10)) > 0.5, 15, axis=1)
    truth = (START * np.repeat(amplitudes, 10, axis=0)) @ (gates * (0.1 + rng.random((COMPONENTS, FRAMES))))
    templates = nmf(truth, START, gates.astype(float), ties=[(OWN, 400)], iterations=400).templates
    np.testing.assert_allclose(amplitudes_of(templates), amplitudes, rtol=1e-2)


@pytest.mark.parametrize("loss", LOSSES)
def test_bins_of_no_tie_stay(loss):
    numbers = np.where(PARTIALS == 1, OWN, -1)
    templates = nmf(*problem(), loss=loss, ties=[(numbers, 5)], iterations=5).templates
    np.testing.assert_allclose(amplitudes_of(templates)[2], 1, rtol=1e-5)
    assert np.abs(amplitudes_of(templates)[1] - 1).min() > 1e-3


@pytest.mark.parametrize("loss", LOSSES)
def test_a_tie_of_one_bin_is_free(loss):
    alone = np.arange(START.size).reshape(START.shape)
    arguments = problem()
    assert_alike(nmf(*arguments, loss=loss, ties=[(alone, 9)], iterations=9), nmf(*arguments, loss=loss, iterations=9))


@pytest.mark.parametrize("loss", LOSSES)
def test_ties_follow_one_another_and_then_bins_are_free(loss):
    spectrogram, *start = problem()
    whole = nmf(spectrogram, *start, loss=loss, ties=[(PARTIALS, 3), (OWN, 2)], iterations=9)
    values = []
    for ties, iterations in (([(PARTIALS, 9)], 3), ([(OWN, 2)], 2), ((), 4)):
        part = nmf(spectrogram, *start, loss=loss, ties=ties, iterations=iterations)
        start = part.templates, part.activations / spectrogram.max()
        values += part.loss[:-1].tolist()
    np.testing.assert_allclose(whole.loss[:-1], values, rtol=1e-3)
    np.testing.assert_allclose(whole.templates @ whole.activations, part.templates @ part.activations, rtol=1e-2)


@pytest.mark.parametrize(("ties", "iterations"), [(0, 5), (3, 3), (3, 5), (9, 3), (9, 0)])
def test_templates_end_with_sum_one(ties, iterations):
    factors = nmf(*problem(), ties=[(OWN, ties)], iterations=iterations)
    np.testing.assert_allclose(factors.templates.sum(axis=0), 1, rtol=1e-5)
    assert factors.loss.shape == (iterations + 1,)


def test_a_threshold_stops_within_ties():
    factors = nmf(*problem(), ties=[(OWN, 200)], iterations=200, threshold=0.05)
    assert 2 < len(factors.loss) < 100
    assert_alike(factors, nmf(*problem(), ties=[(OWN, 200)], iterations=len(factors.loss) - 1))
    np.testing.assert_allclose(factors.templates.sum(axis=0), 1, rtol=1e-5)


def test_arguments_are_unchanged():
    arguments = (*problem(), OWN.copy())
    before = [argument.copy() for argument in arguments]
    nmf(*arguments[:3], ties=[(arguments[3], 3)], iterations=5)
    assert all(np.array_equal(*pair) for pair in zip(before, arguments, strict=True))


@pytest.mark.parametrize(("name", "number"), [("kl", "1.0"), ("euclidean", "2"), ("is", "0")])
def test_a_number_gives_the_bits_of_its_name(name, number):
    one, other = (nmf(*problem(), loss=loss, ties=[(OWN, 2)], iterations=5) for loss in (name, number))
    for field in ("templates", "activations", "loss"):
        assert np.array_equal(getattr(one, field), getattr(other, field))


@pytest.mark.parametrize(("name", "near"), [("kl", "1.0001"), ("euclidean", "2.0001"), ("is", "0.0001")])
def test_a_name_is_no_exception(name, near):
    one, other = (nmf(*problem(), loss=loss, iterations=5) for loss in (name, near))
    np.testing.assert_allclose(one.templates @ one.activations, other.templates @ other.activations, rtol=1e-2)


@pytest.mark.parametrize(
    ("loss", "power"), [("is", 1 / 2), ("0.5", 2 / 3), ("kl", 1), ("1.5", 1), ("3", 1 / 2), ("4", 1 / 3)]
)
def test_steps_have_the_power_with_which_no_loss_rises(loss, power):
    one = np.ones((1, 1))
    factors = nmf(one, one, 0.25 * one, loss=loss, iterations=1)
    assert (factors.templates @ factors.activations)[0, 0] == pytest.approx(0.25 ** ((1 - power) ** 2), rel=1e-5)

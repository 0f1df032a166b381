"""Covariances of two channels: algebra of 2-by-2 matrices, learning, and filters."""

import numpy as np
import pytest

from scoresep.model.stereo import channels_differ, estimate_covariances, invert, sample_covariances, wiener_filters

RNG = np.random.default_rng(3)


def matrices(planes):
    """Return planes as matrices, shape (..., 2, 2)."""
    first, second, real, imaginary = planes
    cross = real + 1j * imaginary
    return np.stack([np.stack([first, cross], axis=-1), np.stack([cross.conj(), second], axis=-1)], axis=-2)


def random_planes(*shape):
    """Return the planes of random positive definite matrices."""
    vectors = RNG.normal(size=(2, 3, *shape)) + 1j * RNG.normal(size=(2, 3, *shape))
    return sample_covariances(vectors).sum(axis=1)


def two_sources(frames=400):
    """Return the STFT of two sources in two places, their templates and activations, and the sources' own STFTs.

    They share bin 1; bins 0 and 2 are their own.
    """
    steering = np.array([[1.0, 0.3j], [0.2, 1.0]]).T
    templates = np.array([[0.5, 0.0], [0.5, 0.4], [0.0, 0.6]])
    activations = RNG.random((2, frames)) ** 2
    phases = np.exp(2j * np.pi * RNG.random((2, 3, frames)))
    sources = np.einsum("ck,fk,kt,kft->kcft", steering, templates, activations, phases)
    return sources.sum(axis=0).astype(np.complex64), templates, activations, sources


def test_planes_are_the_products_of_the_channels():
    stft = RNG.normal(size=(2, 5, 7)) + 1j * RNG.normal(size=(2, 5, 7))
    np.testing.assert_allclose(matrices(sample_covariances(stft)), np.einsum("aft,bft->ftab", stft, stft.conj()))


def test_inverses_are_inverses():
    planes = random_planes(4, 6)
    np.testing.assert_allclose(
        matrices(invert(planes)) @ matrices(planes), np.broadcast_to(np.eye(2), (4, 6, 2, 2)), atol=1e-8
    )


def test_filters_sum_to_the_identity():
    made = wiener_filters(np.stack([random_planes(5, 6) for _ in range(3)])).sum(axis=0)
    np.testing.assert_allclose(np.moveaxis(made, (0, 1), (2, 3)), np.broadcast_to(np.eye(2), (5, 6, 2, 2)), atol=1e-6)


def test_filters_of_sources_in_one_place_are_their_shares():
    place = random_planes(1, 1)
    made = wiener_filters(np.stack([3 * place, place]))[0, :, :, 0, 0]
    np.testing.assert_allclose(made, 0.75 * np.eye(2), atol=1e-6)


def test_filters_of_silence_are_zero():
    assert not wiener_filters(np.zeros((2, 4, 3, 3), np.float32)).any()


def test_each_component_is_found_in_its_place():
    stft, templates, activations, sources = two_sources()
    found = estimate_covariances(stft, templates, activations)
    assert found.shape == (4, 3, 2)
    np.testing.assert_allclose(found[0] + found[1], 1, atol=1e-5)
    for k, source in enumerate(sources):
        wanted = sample_covariances(source[:, 1, :1])
        np.testing.assert_allclose(found[:, 1, k], wanted[:, 0] / wanted[:2].sum(), atol=0.05)


def test_the_estimated_covariances_tell_sources_apart_that_share_a_bin():
    stft, templates, activations, sources = two_sources()
    strength = templates[:, None, :] * activations.T
    located = np.einsum("pfk,ftk->kpft", estimate_covariances(stft, templates, activations), strength)
    made = np.einsum("kabft,bft->kaft", wiener_filters(located), stft)
    plain = (strength / strength.sum(axis=2, keepdims=True)).transpose(2, 0, 1)[:, None] * stft
    errors = [np.square(np.abs(estimate - sources)[:, :, 1]).sum() for estimate in (made, plain)]
    assert errors[0] < 0.05 * errors[1]


@pytest.mark.parametrize("level", [1e-12, 1.0, 1e6])
def test_the_level_does_not_matter(level):
    stft, templates, activations, _ = two_sources()
    found = estimate_covariances((stft * level).astype(np.complex64), templates, activations * level)
    np.testing.assert_allclose(found, estimate_covariances(stft, templates, activations), atol=1e-4)


@pytest.mark.parametrize("frames", [0, 1])
def test_little_or_nothing_gives_equal_channels_or_finite_ones(frames):
    stft, templates, activations, _ = two_sources()
    found = estimate_covariances(stft[..., :frames], templates, activations[:, :frames])
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[0] + found[1], 1, atol=1e-5)


def test_silence_gives_finite_covariances():
    assert np.isfinite(estimate_covariances(np.zeros((2, 3, 9), np.complex64), np.ones((3, 2)), np.zeros((2, 9)))).all()


def test_channels_differ_unless_they_are_one():
    one = RNG.normal(size=(4, 9)) + 1j * RNG.normal(size=(4, 9))
    assert not channels_differ(np.stack([one, one]))
    assert not channels_differ(np.stack([one, one * (1 + 1e-3)]))
    assert channels_differ(np.stack([one, 0.5 * one]))
    assert not channels_differ(np.zeros((2, 0, 3), np.complex64))

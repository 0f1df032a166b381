"""What another separator has made decides how much its notes get, and the model divides it."""

import numpy as np
import pytest

from scoresep.model.priors import divide_groups, prior_shares, share_by_priors, undivided

RNG = np.random.default_rng(3)


def spectrum(channels=1):
    shape = (channels, 5, 4)
    return (RNG.normal(size=shape) + 1j * RNG.normal(size=shape)).astype(np.complex64)


@pytest.mark.parametrize("n_priors", [1, 2, 3])
def test_shares_of_priors_sum_to_one(n_priors):
    shares = prior_shares(spectrum(2), [spectrum(2) for _ in range(n_priors)], 1.5)
    assert shares.shape == (n_priors + 1, 5, 4)
    assert shares.min() >= 0
    np.testing.assert_allclose(shares.sum(axis=0), 1, atol=1e-6)


def test_the_whole_recording_as_a_prior_has_all_and_silence_nothing():
    recording = spectrum()
    np.testing.assert_allclose(prior_shares(recording, [recording], 1.5), [np.ones((5, 4)), np.zeros((5, 4))])
    np.testing.assert_allclose(prior_shares(recording, [0 * recording], 1.5), [np.zeros((5, 4)), np.ones((5, 4))])
    assert not prior_shares(0 * recording, [0 * recording], 1.5).any()


def test_a_prior_may_have_other_channels_than_the_recording():
    recording, prior = spectrum(2), spectrum(1)
    both = np.concatenate([prior, prior])
    np.testing.assert_allclose(prior_shares(recording, [prior], 1), prior_shares(recording, [both], 1), rtol=1e-5)
    np.testing.assert_allclose(prior_shares(prior, [both], 1), prior_shares(prior, [prior], 1), rtol=1e-5)


def test_parts_sum_to_one_and_keep_their_proportions():
    strength = RNG.random((4, 2, 5, 4)).astype(np.float32)
    strength[:, :, 0, 0] = 0  # no note explains this bin
    strength[:2, :, 1, 1] = 0  # no note of the first prior explains this one
    prior = np.array([0, 0, 1, 2])
    shares = prior_shares(spectrum(), [spectrum(), spectrum()], 1.5)
    shared = share_by_priors(strength, prior, shares)
    total = shared.sum(axis=0)
    assert not total[:, 0, 0].any()
    total[:, 0, 0] = 1
    np.testing.assert_allclose(total, 1, atol=1e-6)
    assert not shared[:2, :, 1, 1].any()
    np.testing.assert_allclose(shared[0] * strength[1], shared[1] * strength[0], rtol=1e-4)


def test_a_prior_that_is_sure_wins_and_one_that_is_silent_leaves_something():
    strength = np.ones((2, 1, 1, 2), np.float32)
    shares = np.array([[[1.0, 0.0]], [[0.0, 1.0]]], np.float32)
    shared = share_by_priors(strength, np.array([0, 1]), shares)[:, 0, 0]
    assert shared[0, 0] > 0.9
    assert 0.01 < shared[0, 1] < 0.1


def test_groups_are_divided_by_the_priors_of_their_notes():
    weights = np.array([[1, 0.5, 0, 0], [0, 0.5, 1, 0]])
    members = np.array([[True, True, False, False], [False, False, False, True]])
    divided = divide_groups(weights, members)
    # the first group within the first prior; the second within it and outside; the note of no group; the rest
    assert divided.group.tolist() == [0, 1, 1, 2, 2]
    assert divided.prior.tolist() == [0, 0, 2, 1, 2]
    assert divided.n_groups == 2
    np.testing.assert_array_equal(divided.weights.sum(axis=0), [1, 1, 1, 1])
    out = np.zeros((3, 2))
    divided.add_up(np.ones((5, 2)), out=out)
    assert out[:, 0].tolist() == [1, 2, 2]


def test_without_priors_each_group_is_one_part():
    divided = undivided(np.eye(2, 3))
    assert (divided.group.tolist(), divided.n_groups) == ([0, 1, 2], 2)

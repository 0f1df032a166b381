"""Smooth filters from bumps."""

import numpy as np

from scoresep.model.smooth_filters import bumps, mel, random_weights


def test_bumps_sum_to_one_and_are_equally_wide_in_mel():
    frequencies = np.linspace(0, 8000, 2000)
    basis = bumps(20, frequencies, 8000)
    np.testing.assert_allclose(basis.sum(axis=0), 1, atol=1e-5)
    peaks = mel(frequencies[basis.argmax(axis=1)])
    np.testing.assert_allclose(np.diff(peaks), mel(8000) / 19, rtol=0.05)


def test_weights_have_sum_one_and_fall_if_tilted():
    weights = random_weights(5, 30, np.random.default_rng(0), is_tilted=True)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    assert (weights[:, 0] > 3 * weights[:, -1]).all()

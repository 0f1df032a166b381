"""When a singer sounds."""

from types import SimpleNamespace

import numpy as np

from scoresep.model.voicing import DEPTH, voiced_levels
from scoresep.values import Contours, Transform


def test_level_follows_the_activations_and_is_least_without_a_note():
    transform = Transform(sample_rate=8000, n_fft=512, hop=160, n_samples=8000)
    frequency = np.full((1, 51), 200.0)
    frequency[0, :10] = 0
    activations = np.ones((2, transform.n_frames))
    activations[:, 30:] = 10 ** (-DEPTH / 20)
    fit = SimpleNamespace(
        transform=transform,
        contours=Contours(frequency, np.zeros(1, int), 0.02),
        templates=np.ones((1, transform.n_bins, 2, 1)),
        activations=activations,
    )
    level = voiced_levels(fit, slice(0, 2), 0)
    assert level[:10].max() < -100
    np.testing.assert_allclose(level[30:] - level[20], -DEPTH)

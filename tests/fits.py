"""A fit by any backend in one call, with templates of one tap as a matrix."""

import dataclasses

from scoresep.backends import BACKENDS, make_options
from scoresep.backends.contract import Problem


def fit(
    name,
    spectrogram,
    templates,
    activations,
    *,
    loss="kl",
    iterations=25,
    threshold=0.0,
    ties=(),
    on_iteration=None,
    **options,
):
    """Return the factors; ``templates`` have shape (bins, components), here and in the result."""
    problem = Problem(spectrogram, templates[:, :, None], activations, loss, iterations, threshold, ties)
    factors = BACKENDS.get(name).fit(problem, make_options(name, options), on_iteration)
    assert factors.templates.shape[2] == 1
    return dataclasses.replace(factors, templates=factors.templates[:, :, 0])

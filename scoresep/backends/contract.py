"""What every backend promises.

A backend fits templates and activations to a nonnegative spectrogram.  The zeros of the starting factors are the
score's constraints.  It gives factors of the same shapes, nonnegative and finite, whose zeros include those zeros, and
the loss before the first iteration and after each one.  It changes none of its arguments, draws random numbers only
from its arguments and gives the same bits for the same arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from scoresep.model.smooth_filters import FilteredSource
from scoresep.values import Array, Encoder

#: Called with the number of iterations done and the loss before the last of them.
OnIteration = Callable[[int, float], None]

#: Arrays of integers of shape (bins, components), each with the iterations it holds for.
Ties = Sequence[tuple[Array, int]]


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be fitted.

    Parameters
    ----------
    spectrogram : array, shape (bins, frames)
        Magnitudes.
    templates : array, shape (bins, components, taps)
        The templates before the fit.
    activations : array, shape (components, frames)
        The activations before the fit.
    loss : str
        A loss that `model.beta_divergence.beta_of` knows: a name or a number.
    iterations : int
        How many iterations there are at most.
    threshold : float
        The fit ends when both factors change by less than this in an iteration, relative to their norms.
    ties : sequence of (array of int of shape (bins, components), int)
        One tie after the other, each for so many iterations: entries of the templates that have the same number share
        one factor, so that their proportions stay; those with a negative number stay as they are.  A backend that
        knows no ties says so, and leaves the templates free.
    sources : sequence of FilteredSource
        Only for a backend that ``knows_sources``.
    """

    spectrogram: Array
    templates: Array
    activations: Array
    loss: str = "kl"
    iterations: int = 25
    threshold: float = 0.0
    ties: Ties = ()
    sources: Sequence[FilteredSource] = ()

    @property
    def spectra(self) -> Array:
        """The templates, shape (bins, components), for a backend that knows one tap; ValueError if there are more."""
        if self.templates.shape[2] != 1:
            raise ValueError(f"templates with {self.templates.shape[2]} taps need a backend that knows taps")
        return self.templates[:, :, 0]


@dataclass(frozen=True, eq=False)
class Factors:
    """What a fit came to.

    Parameters
    ----------
    templates : array, shape (bins, components, taps)
    activations : array, shape (components, frames)
    loss : array, shape (iterations + 1,)
        The loss before the first iteration and after each one.
    encoder : Encoder
        The encoder of a backend that trains one.
    """

    templates: Array
    activations: Array
    loss: Array
    encoder: Encoder = field(default_factory=Encoder)


class Backend(Protocol):
    """A way to fit templates and activations to a spectrogram."""

    @property
    def options(self) -> type:
        """The dataclass of its options."""

    @property
    def knows_sources(self) -> bool:
        """Whether it fits smooth filters on moving sources, `Problem.sources`; sung parts need that."""

    def fit(self, problem: Problem, options: Any, on_iteration: OnIteration | None = None) -> Factors:
        """Fit both factors; ``options`` is an instance of the backend's own class."""

    def fit_activations(self, problem: Problem, encoder: Encoder) -> Array:
        """Fit activations to templates that stay as they are, shape (components, frames).

        It is for the frames of a long recording that the templates were not fitted to.  A backend that trains an
        encoder applies it; the others do ``problem.iterations``.
        """

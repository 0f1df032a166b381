"""The interface of the backends, which fit templates and activations to a nonnegative spectrogram.

The zeros of the initial factors are the constraints of the score.  A backend returns factors of the same shapes,
nonnegative and finite, in which these zeros stay zero, and the loss before the first iteration and after each one.  It
does not change its arguments, and the same arguments give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from scoresep.model.smooth_filters import FilteredSource
from scoresep.values import Array, Encoder

#: Called with the number of iterations done and the loss before the last of them.
OnIteration = Callable[[int, float], None]

#: Arrays of integers of shape (bins, components), each with its number of iterations.
Ties = Sequence[tuple[Array, int]]


@dataclass(frozen=True, eq=False)
class Problem:
    """A spectrogram, the factors before the fit, and the options that all backends share.

    Parameters
    ----------
    spectrogram : array, shape (bins, frames)
        Magnitudes.
    templates : array, shape (bins, components, taps)
        The templates before the fit.
    activations : array, shape (components, frames)
        The activations before the fit.
    loss : str
        A name or a number, as in `model.beta_divergence.beta_of`.
    iterations : int
        The largest number of iterations.
    threshold : float
        The fit ends when both factors change by less than this in an iteration, relative to their norms.
    ties : sequence of (array of int of shape (bins, components), int)
        Ties of the templates, used one after the other, each for its number of iterations.  Entries with the same
        number are multiplied by the same factor, so that their ratios do not change; entries with a negative number do
        not change at all.  A backend without ties ignores them and documents that.
    sources : sequence of FilteredSource
        Only for a backend that ``knows_sources``.
    source_smoothing : float
        In all but the last few iterations, the activations of sources that move are drawn to their mean over
        neighbouring frames: 0 not at all, 1 wholly.  The loss may rise in these iterations.
    """

    spectrogram: Array
    templates: Array
    activations: Array
    loss: str = "kl"
    iterations: int = 25
    threshold: float = 0.0
    ties: Ties = ()
    sources: Sequence[FilteredSource] = ()
    source_smoothing: float = 0.0

    @property
    def spectra(self) -> Array:
        """The templates, shape (bins, components), for a backend without taps; ValueError if they have several."""
        if self.templates.shape[2] != 1:
            raise ValueError(f"templates with {self.templates.shape[2]} taps need a backend that supports taps")
        return self.templates[:, :, 0]


@dataclass(frozen=True, eq=False)
class Factors:
    """The result of a fit.

    Parameters
    ----------
    templates : array, shape (bins, components, taps)
    activations : array, shape (components, frames)
    loss : array, shape (iterations + 1,)
        The loss before the first iteration and after each one.
    encoder : Encoder
        The trained encoder; empty for a backend without one.
    """

    templates: Array
    activations: Array
    loss: Array
    encoder: Encoder = field(default_factory=Encoder)


class Backend(Protocol):
    """A way to fit templates and activations to a spectrogram."""

    @property
    def options(self) -> type:
        """The dataclass of the options of the backend."""

    @property
    def knows_sources(self) -> bool:
        """Whether it fits smooth filters on moving sources, `Problem.sources`; sung parts need that."""

    def fit(self, problem: Problem, options: Any, on_iteration: OnIteration | None = None) -> Factors:
        """Fit both factors; ``options`` is an instance of the class that `options` gives."""

    def fit_activations(self, problem: Problem, encoder: Encoder) -> Array:
        """Fit activations with fixed templates, and return them, shape (components, frames).

        This is used for the frames of a long recording to which the templates were not fitted.  A backend with an
        encoder applies it; the others take ``problem.iterations`` iterations.
        """

"""What every backend promises.

A backend takes a nonnegative spectrogram of shape (bins, frames) and starting factors, templates of shape
(bins, components) and activations of shape (components, frames).  The zeros of the starting factors are the
score's constraints.  It returns factors of the same shapes, nonnegative and finite, whose zeros include those
zeros, and the loss before the first iteration and after each one.  It changes none of its arguments, draws
random numbers only from its arguments and returns the same bits for the same arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from scoresep.values import Array, Encoder

#: Called with the number of iterations done and the loss before the last of them.
OnIteration = Callable[[int, float], None]

#: Arrays of integers with the templates' shape (bins, components), each with the iterations it holds for.
Ties = Sequence[tuple[Array, int]]


@dataclass(frozen=True, eq=False)
class Factors:
    """Templates (bins, components), activations (components, frames), and the loss before and after each iteration.

    A backend that trains an ``encoder`` gives it too; its sample rate is for others to fill in.
    """

    templates: Array
    activations: Array
    loss: Array
    encoder: Encoder = field(default_factory=Encoder)


class Backend(Protocol):
    """A way to fit ``templates @ activations`` to a spectrogram."""

    def __call__(
        self,
        spectrogram: Array,
        templates: Array,
        activations: Array,
        *,
        loss: str,
        iterations: int,
        threshold: float,
        ties: Ties = (),
        on_iteration: OnIteration | None = None,
    ) -> Factors:
        """Fit the factors; stop after ``iterations``, or when both factors change by less than ``threshold``.

        ``loss`` is a name or a number that `divergences.beta_of` knows.  The change of a factor is the norm of its
        difference over one iteration, relative to its own norm.  The first iterations may be tied, by one array of
        ``ties`` after the other: then the entries of the templates that have the same number share one factor, so that
        their proportions stay, and those with a negative number stay as they are.  A backend that knows no ties says
        so, and leaves the templates free.
        """
        ...

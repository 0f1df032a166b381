"""What every backend promises.

A backend takes a nonnegative spectrogram of shape (bins, frames) and starting factors, templates of shape
(bins, components) and activations of shape (components, frames).  The zeros of the starting factors are the
score's constraints.  It returns factors of the same shapes, nonnegative and finite, whose zeros include those
zeros, and the loss before the first iteration and after each one.  It changes none of its arguments, draws
random numbers only from its arguments and returns the same bits for the same arguments.

Templates may be tied at first: each of ``ties`` is an integer array of the templates' shape and a number of
iterations, one entry after the other.  In these iterations the bins that have the same number (from 0 on) keep their
proportions; a component without any number is free.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from scoresep.values import Array

#: Called with the number of iterations done and the loss before the last of them.
OnIteration = Callable[[int, float], None]


@dataclass(frozen=True, eq=False)
class Factors:
    """Templates (bins, components), activations (components, frames), and the loss before and after each iteration."""

    templates: Array
    activations: Array
    loss: Array


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
        ties: Sequence[tuple[Array, int]] = (),
        on_iteration: OnIteration | None = None,
    ) -> Factors:
        """Fit the factors; stop after ``iterations``, or when both factors change by less than ``threshold``.

        The change of a factor is the norm of its difference over one iteration, relative to its own norm.
        """
        ...

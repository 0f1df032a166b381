"""What the backends share: the spectrogram in blocks of frames, and the turns of a fit.

Conventions: the letters of Lee and Seung (NIPS 2000), V ≈ W H with V (bins, frames), W (bins, components), H
(components, frames); ``Wt`` is W transposed, so that the template of a component is a row in memory.  A component
costs nothing in the blocks of frames where its activation starts at zero throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scoresep.backends.contract import Factors, OnIteration
from scoresep.values import Array

#: Frames that are worked on at once; few enough that most components rest in most blocks.
BLOCK = 128
#: Keeps quotients finite, far below the smallest number that matters in a spectrogram scaled to one.
EPSILON = np.float32(1e-12)


@dataclass(frozen=True, eq=False)
class Block:
    """A block of frames and the components that are active in it."""

    V: Array
    frames: slice
    active: Array

    def factors(self, Wt: Array, H: Array) -> tuple[Array, Array]:
        """Return the templates (active, bins) and the activations (active, frames) of the block."""
        return Wt[self.active], H[self.active, self.frames]


#: From the blocks, Wt and H to a new H, and the loss before.
ActivationsStep = Callable[[list[Block], Array, Array], tuple[Array, float]]
#: From the blocks, Wt and H to a new Wt.
TemplatesStep = Callable[[list[Block], Array, Array], Array]


def fit(
    spectrogram: Array,
    templates: Array,
    activations: Array,
    step_activations: ActivationsStep,
    step_templates: TemplatesStep,
    *,
    beta: float,
    iterations: int,
    threshold: float,
    on_iteration: OnIteration | None,
    tied: int = 0,
) -> Factors:
    """Step by turns, activations first; after the ``tied`` iterations, templates are kept at sum one.

    See `contract` for the rest.
    """
    scale = np.float32(spectrogram.max(initial=0.0)) or np.float32(1.0)
    V = (spectrogram / scale).astype(np.float32)
    Wt, H = _normalized(np.ascontiguousarray(templates.T, dtype=np.float32), activations.astype(np.float32))
    blocks = _blocks(V, Wt, H, beta)
    losses = []
    for iteration in range(iterations):
        H_new, before = step_activations(blocks, Wt, H)
        losses.append(before)
        Wt_new = step_templates(blocks, Wt, H_new)
        if iteration + 1 >= tied:
            Wt_new, H_new = _normalized(Wt_new, H_new)
        change = max(_change(Wt, Wt_new), _change(H, H_new)) if threshold > 0 else np.inf
        Wt, H = Wt_new, H_new
        if on_iteration:
            on_iteration(iteration + 1, before)
        if change < threshold:
            break
    if len(losses) < tied:
        Wt, H = _normalized(Wt, H)
    losses.append(step_activations(blocks, Wt, H)[1])
    return Factors(np.ascontiguousarray(Wt.T), H * scale, np.array(losses))


def _blocks(V: Array, Wt: Array, H: Array, beta: float) -> list[Block]:
    """Cut V into blocks of frames; a component is active where its start is not zero.

    For beta up to one, bins that no component reaches are emptied: they cost much, whatever the fit does.
    """
    blocks = []
    for start in range(0, V.shape[1], BLOCK):
        frames = slice(start, start + BLOCK)
        block = Block(np.ascontiguousarray(V[:, frames]), frames, np.flatnonzero(H[:, frames].any(axis=1)))
        if beta <= 1:
            W, h = block.factors(Wt, H)
            block.V[W.T @ h == 0] = 0
        blocks.append(block)
    return blocks


def _normalized(Wt: Array, H: Array) -> tuple[Array, Array]:
    """Scale each template to sum one and its activations against it; the product stays."""
    total = Wt.sum(axis=1, keepdims=True)
    return Wt / np.where(total > 0, total, 1), H * total


def _change(before: Array, after: Array) -> float:
    """Return the norm of the change of a factor relative to the factor's own norm."""
    return float(np.linalg.norm(after - before) / max(float(np.linalg.norm(before)), 1e-30))

"""Nonnegative matrix factorization by the multiplicative rules of Lee and Seung (NIPS 2000).

Conventions: the paper's letters, V ≈ W H with V (bins, frames), W (bins, components), H (components, frames);
``Wt`` is W transposed, so that the template of a component is a row in memory.  A product with zero is zero: the
zeros of the start keep themselves, and a component costs nothing in the blocks of frames where its activation
is zero throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.backends.contract import Factors, OnIteration
from scoresep.numerics.divergences import DIVERGENCES
from scoresep.values import Array

#: Frames that are worked on at once; few enough that most components rest in most blocks.
BLOCK = 128
#: Keeps quotients finite, far below the smallest number that matters in a spectrogram scaled to one.
EPSILON = np.float32(1e-12)


@dataclass(frozen=True, eq=False)
class _Block:
    """A block of frames and the components that are active in it."""

    V: Array
    frames: slice
    active: Array


def nmf(
    spectrogram: Array,
    templates: Array,
    activations: Array,
    *,
    loss: str = "kl",
    iterations: int = 25,
    threshold: float = 0.0,
    on_iteration: OnIteration | None = None,
) -> Factors:
    """Fit the factors by turns, activations first; templates are kept at sum one.  See `contract`."""
    if loss not in DIVERGENCES:
        raise ValueError(f"{loss=} must be one of {', '.join(DIVERGENCES)}")
    scale = np.float32(spectrogram.max(initial=0.0)) or np.float32(1.0)
    V = (spectrogram / scale).astype(np.float32)
    Wt, H = _normalized(np.ascontiguousarray(templates.T, dtype=np.float32), activations.astype(np.float32))
    blocks = _blocks(V, H)
    losses = []
    for iteration in range(iterations):
        H_new, before = _updated_activations(blocks, Wt, H, loss)
        losses.append(before)
        Wt_new = _updated_templates(blocks, Wt, H_new, loss)
        Wt_new, H_new = _normalized(Wt_new, H_new)
        change = max(_change(Wt, Wt_new), _change(H, H_new)) if threshold > 0 else np.inf
        Wt, H = Wt_new, H_new
        if on_iteration:
            on_iteration(iteration + 1, before)
        if change < threshold:
            break
    losses.append(_updated_activations(blocks, Wt, H, loss)[1])
    return Factors(np.ascontiguousarray(Wt.T), H * scale, np.array(losses))


def _blocks(V: Array, H: Array) -> list[_Block]:
    """Cut V into blocks of frames; a component is active where its start is not zero."""
    cuts = [slice(start, start + BLOCK) for start in range(0, V.shape[1], BLOCK)]
    return [_Block(np.ascontiguousarray(V[:, cut]), cut, np.flatnonzero(H[:, cut].any(axis=1))) for cut in cuts]


def _normalized(Wt: Array, H: Array) -> tuple[Array, Array]:
    """Scale each template to sum one and its activations against it; the product stays."""
    total = Wt.sum(axis=1, keepdims=True)
    return Wt / np.where(total > 0, total, 1), H * total


def _updated_activations(blocks: list[_Block], Wt: Array, H: Array, loss: str) -> tuple[Array, float]:
    """Return H after one step with W held, and the loss before the step."""
    H_new, before = np.zeros_like(H), 0.0
    for block in blocks:
        W_t, h = Wt[block.active], H[block.active, block.frames]
        model = W_t.T @ h
        before += DIVERGENCES[loss](block.V, model)
        if loss == "kl":
            step = (W_t @ (block.V / (model + EPSILON))) / (W_t.sum(axis=1, keepdims=True) + EPSILON)
        else:
            step = (W_t @ block.V) / (W_t @ model + EPSILON)
        H_new[block.active, block.frames] = h * step
    return H_new, before


def _updated_templates(blocks: list[_Block], Wt: Array, H: Array, loss: str) -> Array:
    """Return W transposed after one step with H held."""
    gain, cost = np.zeros_like(Wt), np.zeros_like(Wt)
    for block in blocks:
        h = H[block.active, block.frames]
        model = Wt[block.active].T @ h
        if loss == "kl":
            gain[block.active] += h @ (block.V / (model + EPSILON)).T
            cost[block.active] += h.sum(axis=1, keepdims=True)
        else:
            gain[block.active] += h @ block.V.T
            cost[block.active] += h @ model.T
    return Wt * gain / (cost + EPSILON)


def _change(before: Array, after: Array) -> float:
    """Return the norm of the change of a factor relative to the factor's own norm."""
    return float(np.linalg.norm(after - before) / max(float(np.linalg.norm(before)), 1e-30))

"""Nonnegative matrix factorization by the multiplicative rules of Lee and Seung (NIPS 2000).

Conventions: the paper's letters, V ≈ W H with V (bins, frames), W (bins, components), H (components, frames);
``Wt`` is W transposed, so that the template of a component is a row in memory.  A product with zero is zero: the
zeros of the start keep themselves, and a component costs nothing in the blocks of frames where its activation
is zero throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
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


class _Tie:
    """Entries of W that keep their proportions: they share one factor (Raczyński, Ono and Sagayama, ISMIR 2007)."""

    def __init__(self, numbers: Array, Wt: Array) -> None:
        rows = np.ascontiguousarray(numbers.T)
        self.where = np.flatnonzero((rows >= 0) & (Wt > 0))
        self.number = rows.ravel()[self.where]
        self.is_free = (rows < 0).all(axis=1)

    def updated(self, Wt: Array, gain: Array, cost: Array) -> Array:
        """Return W transposed after a step of which ``gain`` and ``cost`` are those of single entries."""
        result = Wt.copy()
        result[self.is_free] *= (gain / (cost + EPSILON))[self.is_free]
        own = Wt.ravel()[self.where]
        grown = np.bincount(self.number, own * gain.ravel()[self.where])
        spent = np.bincount(self.number, own * np.broadcast_to(cost, Wt.shape).ravel()[self.where])
        factor = np.divide(grown, spent, out=np.zeros_like(grown), where=spent > 0)
        result.ravel()[self.where] = own * factor[self.number]
        return result


def nmf(
    spectrogram: Array,
    templates: Array,
    activations: Array,
    *,
    loss: str = "kl",
    iterations: int = 25,
    threshold: float = 0.0,
    ties: Sequence[tuple[Array, int]] = (),
    on_iteration: OnIteration | None = None,
) -> Factors:
    """Fit the factors by turns, activations first; templates are kept at sum one.  See `contract`."""
    if loss not in DIVERGENCES:
        raise ValueError(f"{loss=} must be one of {', '.join(DIVERGENCES)}")
    scale = np.float32(spectrogram.max(initial=0.0)) or np.float32(1.0)
    V = (spectrogram / scale).astype(np.float32)
    Wt, H = _normalized(np.ascontiguousarray(templates.T, dtype=np.float32), activations.astype(np.float32))
    blocks = _blocks(V, H)
    tied = [tie for numbers, count in ties for tie in count * [_Tie(numbers, Wt)]]
    losses = []
    for iteration in range(iterations):
        H_new, before = _updated_activations(blocks, Wt, H, loss)
        losses.append(before)
        gain, cost = _template_step(blocks, Wt, H_new, loss)
        if iteration < len(tied):
            Wt_new = tied[iteration].updated(Wt, gain, cost)
        else:
            Wt_new, H_new = _normalized(Wt * gain / (cost + EPSILON), H_new)
        change = max(_change(Wt, Wt_new), _change(H, H_new)) if threshold > 0 else np.inf
        Wt, H = Wt_new, H_new
        if on_iteration:
            on_iteration(iteration + 1, before)
        if change < threshold:
            break
    Wt, H = _normalized(Wt, H)
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


def _template_step(blocks: list[_Block], Wt: Array, H: Array, loss: str) -> tuple[Array, Array]:
    """Return by how much each entry of W transposed grows and what that is divided by, with H held."""
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
    return gain, cost


def _change(before: Array, after: Array) -> float:
    """Return the norm of the change of a factor relative to the factor's own norm."""
    return float(np.linalg.norm(after - before) / max(float(np.linalg.norm(before)), 1e-30))

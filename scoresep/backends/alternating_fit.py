"""A fit that updates activations and templates in turn, in blocks of frames; the backends give the update rules.

Conventions: the letters of Lee and Seung (NIPS 2000), V ≈ W H with V (bins, frames), W (bins, components), H
(components, frames); ``Wt`` is W transposed, so that the template of a component is contiguous in memory.  ``V`` of a
block has its frames only, and ``h`` the activations of the components that may be active in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from scoresep.backends.contract import Factors, OnIteration, Problem
from scoresep.dsp.parallel import ordered_map
from scoresep.model.beta_divergence import beta_of
from scoresep.model.excitation import Sources
from scoresep.model.reconstruct import product
from scoresep.model.smooth_filters import FilteredSource
from scoresep.values import Array

#: Frames in a block; few enough that most components are inactive in most blocks.
BLOCK = 128
#: Added to divisors; far below the smallest magnitude that matters in a spectrogram with the maximum one.
EPSILON = np.float32(1e-12)


@dataclass(frozen=True, eq=False)
class Block:
    """A stretch of frames.

    Parameters
    ----------
    V : array, shape (bins, frames)
    frames : slice
    active : array of int
        The numbers of the active components.
    h : array, shape (active, frames)
    sources : tuple of (slice, array of shape (bins, frames))
        Rows of ``h`` whose product is multiplied by the spectrum of a source.
    """

    V: Array
    frames: slice
    active: Array
    h: Array
    sources: Sources = ()

    def in_single_precision(self) -> Block:
        """Give the block with the spectra of its sources in single precision, with which products are fast."""
        sources = tuple((rows, spectrum.astype(np.float32, copy=False)) for rows, spectrum in self.sources)
        return replace(self, sources=sources)

    def model(self, W: Array) -> Array:
        """Multiply the active templates (active, bins) by the activations, shape (bins, frames)."""
        if not self.sources:
            return np.asarray(W.T @ self.h)
        return product(W.T[..., None], self.h, sources=self.sources)


class BlockUpdate(NamedTuple):
    """The update of a block: its new activations, the loss before it, and its terms of the update of the templates.

    ``parts`` are two arrays of shape (active, bins or 1), which are summed over the blocks.
    """

    h: Array
    loss: float
    parts: tuple[Array, Array]


#: From a block and its templates (active, bins) to its update.
UpdateBlock = Callable[[Block, Array], BlockUpdate]
#: From the blocks, Wt and the sums of the parts to a new Wt.
UpdateTemplates = Callable[[list[Block], Array, tuple[Array, Array]], Array]


def fit_alternately(
    problem: Problem,
    update_block: UpdateBlock,
    update_templates: UpdateTemplates,
    *,
    on_iteration: OnIteration | None,
    n_tied: int = 0,
) -> Factors:
    """Update activations and templates in turn, as `contract.Backend.fit` promises.

    Parameters
    ----------
    problem : Problem
    update_block : callable
        Updates the activations of a block.
    update_templates : callable
        Updates the templates after all blocks.
    on_iteration : callable, optional
    n_tied : int
        The number of iterations with ties; after them, templates are normalized to sum one in each iteration.

    Returns
    -------
    Factors
    """
    activations, beta = problem.activations, beta_of(problem.loss)
    scale, Wt = scaled_start(problem.spectrogram, problem.spectra)
    blocks = blocks_of(problem.spectrogram, scale, Wt, activations, beta, problem.sources)
    Wt, blocks = _normalized(Wt, blocks)
    losses = []
    for iteration in range(problem.iterations):
        stepped, before, parts = update_all_blocks(blocks, Wt, update_block)
        losses.append(before)
        Wt_new = update_templates(stepped, Wt, parts)
        if iteration + 1 >= n_tied:
            Wt_new, stepped = _normalized(Wt_new, stepped)
        is_settled = problem.threshold > 0 and (
            max(_change([Wt], [Wt_new]), _change(_h(blocks), _h(stepped))) < problem.threshold
        )
        Wt, blocks = Wt_new, stepped
        if on_iteration:
            on_iteration(iteration + 1, before)
        if is_settled:
            break
    if len(losses) < n_tied:
        Wt, blocks = _normalized(Wt, blocks)
    losses.append(update_all_blocks(blocks, Wt, update_block)[1])
    H = np.zeros(activations.shape, np.float32)
    for block in blocks:
        H[block.active, block.frames] = block.h * scale
    return Factors(Wt.T[..., None], H, np.array(losses))


def scaled_start(spectrogram: Array, templates: Array) -> tuple[np.float32, Array]:
    """Return the maximum of the spectrogram, or one if that is zero, and the transposed templates."""
    scale = np.float32(spectrogram.max(initial=0.0)) or np.float32(1.0)
    return scale, np.ascontiguousarray(templates.T, dtype=np.float32)


def update_all_blocks(
    blocks: list[Block], Wt: Array, update_block: UpdateBlock
) -> tuple[list[Block], float, tuple[Array, Array]]:
    """Update all blocks; return them, the loss before the update, and the sums of the terms for the templates."""
    stepped: list[Block] = []
    loss, totals = 0.0, [np.zeros_like(Wt), np.zeros_like(Wt)]
    for block, update in zip(
        blocks, ordered_map(lambda block: update_block(block, Wt[block.active]), blocks), strict=True
    ):
        if not stepped:
            totals = [np.zeros((len(Wt), part.shape[1]), np.float32) for part in update.parts]
        stepped.append(replace(block, h=update.h))
        loss += update.loss
        for i, part in enumerate(update.parts):
            if totals[i].shape[1] < part.shape[1]:
                totals[i] = np.repeat(totals[i], part.shape[1], axis=1)
            totals[i][block.active] += part
    return stepped, loss, (totals[0], totals[1])


def blocks_of(
    spectrogram: Array,
    scale: np.float32,
    Wt: Array,
    activations: Array,
    beta: float,
    sources: Sequence[FilteredSource] = (),
) -> list[Block]:
    """Divide the spectrogram by ``scale`` and cut it into blocks; a component is active where it is not zero.

    For beta up to 1, bins that no component reaches are set to zero: they would dominate the loss.
    """
    blocks = []
    for start in range(0, spectrogram.shape[1], BLOCK):
        frames = slice(start, start + BLOCK)
        active = np.flatnonzero(activations[:, frames].any(axis=1))
        block = Block(
            np.divide(spectrogram[:, frames], scale, dtype=np.float32),
            frames,
            active,
            activations[active, frames].astype(np.float32),
            _sources_of_block(sources, active, frames),
        )
        if beta <= 1:
            block.V[block.in_single_precision().model(Wt[active]) == 0] = 0
        blocks.append(block)
    return blocks


def plain_rows(n_rows: int, sources: Sources) -> Array:
    """Give the rows that filter no source."""
    is_plain = np.ones(n_rows, bool)
    for rows, _ in sources:
        is_plain[rows] = False
    return np.flatnonzero(is_plain)


def _sources_of_block(sources: Sequence[FilteredSource], active: Array, frames: slice) -> Sources:
    """Give the sources that sound in a block, with the rows of its active components."""
    found = []
    for source in sources:
        begin, end = np.searchsorted(active, [source.components.start, source.components.stop]).tolist()
        if source.spectrum is not None and end > begin:
            found.append((slice(begin, end), source.spectrum[:, frames]))
    return tuple(found)


def _normalized(Wt: Array, blocks: list[Block]) -> tuple[Array, list[Block]]:
    """Divide each template by its sum and multiply its activations by it, so that the product stays the same."""
    total = Wt.sum(axis=1, keepdims=True)
    return Wt / np.where(total > 0, total, 1), [replace(block, h=block.h * total[block.active]) for block in blocks]


def _h(blocks: list[Block]) -> list[Array]:
    """Return the activations of the blocks."""
    return [block.h for block in blocks]


def _change(before: list[Array], after: list[Array]) -> float:
    """Return the norm of the change of a factor, given in blocks, relative to the norm of the factor."""
    moved = sum(float(np.square(b - a).sum()) for b, a in zip(before, after, strict=True))
    return float(np.sqrt(moved / max(sum(float(np.square(b).sum()) for b in before), 1e-30)))

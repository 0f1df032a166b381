"""How loud each part of a score is in a decomposition, to notice parts that the recording does not have."""

from __future__ import annotations

import warnings

import numpy as np

from scoresep.errors import ScoresepWarning
from scoresep.model.reconstruct import note_activations
from scoresep.values import Array, Decomposition

#: Frames that are looked at together.
_BLOCK = 500
#: A part that is softer than the loudest one by so much (dB) while it plays is hardly there.  In quartets, choirs and
#: piano pieces none of 47 parts is below -10.2 dB; where one part was taken away, it is below -12 dB in 29 of 34.
HARDLY_THERE = -12.0


def part_levels(decomposition: Decomposition) -> dict[int, float]:
    """Give the level of each part while it plays, relative to the loudest part.

    Parameters
    ----------
    decomposition : Decomposition
        A decomposition of a recording, with the aligned notes.

    Returns
    -------
    dict of int to float
        The level (dB, at most 0) by the number of the part; -inf for a part without energy.
    """
    notes = decomposition.notes
    transform = decomposition.transform
    inside = (notes.onset >= 0) & (notes.onset < transform.n_samples / transform.sample_rate)
    parts = sorted(set(notes.part[inside].tolist()))
    if not parts:
        return {}
    weights = np.array([notes.part == part for part in parts], float)
    spectra = np.sqrt((decomposition.templates.astype(float) ** 2).sum(axis=(0, 1, 3)))
    energy = np.zeros(len(parts))
    for begin in range(0, decomposition.frames.stop, _BLOCK):
        frames = range(begin, min(begin + _BLOCK, decomposition.frames.stop))
        activations = note_activations(decomposition, weights, frames)[:-1]
        energy += ((spectra[:, None] * activations) ** 2).sum(axis=(1, 2))
    lengths = np.array([_played_seconds(notes.onset, notes.offset, (notes.part == part) & inside) for part in parts])
    power = energy / lengths
    loudest = power.max()
    with np.errstate(divide="ignore"):
        levels = 10 * np.log10(power / loudest) if loudest > 0 else np.zeros(len(parts))
    return dict(zip(parts, levels.tolist(), strict=True))


def warn_of_missing_parts(decomposition: Decomposition) -> None:
    """Warn of the parts of a score that a recording hardly has."""
    for part, level in part_levels(decomposition).items():
        if part and level < HARDLY_THERE:
            name = decomposition.notes.part_label(part)
            warnings.warn(
                f"part {part} '{name}' is hardly heard ({level:.0f} dB beside the loudest part); if it is not in the "
                f"recording, leave it out with --without {part}",
                ScoresepWarning,
                stacklevel=2,
            )


def _played_seconds(onset: Array, offset: Array, own: Array) -> float:
    """Return for how long at least one of some notes sounds."""
    order = np.argsort(onset[own], kind="stable")
    begins, ends = onset[own][order], np.maximum.accumulate(offset[own][order])
    starts = np.maximum(begins, np.concatenate([[-np.inf], ends[:-1]]))
    return float(np.maximum(ends - starts, 0.0).sum()) or 1.0

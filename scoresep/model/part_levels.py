"""The level of each part of a score in a decomposition, to find parts that are not in the recording."""

from __future__ import annotations

import warnings

import numpy as np

from scoresep.errors import ScoresepWarning
from scoresep.model.reconstruct import note_activations, sources_of
from scoresep.values import Array, Decomposition

#: The number of frames from which the mean power of moving sources is computed.
_SAMPLED_FRAMES = 100
#: Number of frames that are processed at once.
_FRAMES_AT_ONCE = 500
#: Level (dB, relative to the loudest part) below which a part is taken to be missing.  Of the 47 parts of the quartets,
#: choirs and piano pieces none is below -10.2 dB; of 34 parts that were removed from a recording, 29 are below -12 dB.
MISSING_PART_LEVEL = -12.0


def part_levels(decomposition: Decomposition) -> dict[int, float]:
    """Compute the level of each part during its notes, relative to the loudest part.

    Parameters
    ----------
    decomposition : Decomposition

    Returns
    -------
    dict of int to float
        From the number of a part to its level (dB, at most 0); -inf for a part without energy.
    """
    notes = decomposition.notes
    transform = decomposition.transform
    inside = (notes.onset >= 0) & (notes.onset < transform.n_samples / transform.sample_rate)
    parts = sorted(set(notes.part[inside].tolist()))
    if not parts:
        return {}
    weights = np.array([notes.part == part for part in parts], float)
    spectra = np.sqrt(_template_powers(decomposition))
    energy = np.zeros(len(parts))
    for begin in range(0, decomposition.frames.stop, _FRAMES_AT_ONCE):
        frames = range(begin, min(begin + _FRAMES_AT_ONCE, decomposition.frames.stop))
        activations = note_activations(decomposition, weights, frames)[:-1]
        energy += ((spectra[:, None] * activations) ** 2).sum(axis=(1, 2))
    lengths = np.array([_sounding_time(notes.onset, notes.offset, (notes.part == part) & inside) for part in parts])
    power = energy / lengths
    loudest = power.max()
    with np.errstate(divide="ignore"):
        levels = 10 * np.log10(power / loudest) if loudest > 0 else np.zeros(len(parts))
    return dict(zip(parts, levels.tolist(), strict=True))


def _template_powers(decomposition: Decomposition) -> Array:
    """Compute the power of each template, shape (components,); one that filters a source with that of the source."""
    templates = decomposition.templates
    power = np.einsum("cbkt,cbkt->k", templates, templates)
    frames = decomposition.frames[:: max(len(decomposition.frames) // _SAMPLED_FRAMES, 1)]
    for rows, spectrum in sources_of(decomposition, frames):
        own = templates[:, :, rows, 0]
        power[rows] = np.einsum("cbk,cbk,b->k", own, own, np.square(spectrum).mean(axis=1))
    return np.asarray(power)


def warn_of_missing_parts(decomposition: Decomposition) -> None:
    """Warn of each part whose level is below `MISSING_PART_LEVEL`.

    Not of drums, since hits are too short to tell, and not of parts that the decomposition has left out.
    """
    notes, gated = decomposition.notes, np.unique(decomposition.gates.note)
    sought = set(notes.part[gated[gated >= 0]].tolist()) - set(notes.part[notes.is_drum].tolist()) - {0}
    for part, level in part_levels(decomposition).items():
        if part in sought and level < MISSING_PART_LEVEL:
            name = decomposition.notes.part_label(part)
            warnings.warn(
                f"part {part} '{name}' is very soft ({level:.0f} dB relative to the loudest part); if it is not in the "
                f"recording, leave it out with --without {part}",
                ScoresepWarning,
                stacklevel=2,
            )


def _sounding_time(onset: Array, offset: Array, selected: Array) -> float:
    """Compute for how long (s) at least one of the selected notes sounds; 1 if none does."""
    order = np.argsort(onset[selected], kind="stable")
    begins, ends = onset[selected][order], np.maximum.accumulate(offset[selected][order])
    starts = np.maximum(begins, np.concatenate([[-np.inf], ends[:-1]]))
    return float(np.maximum(ends - starts, 0.0).sum()) or 1.0

"""Gates: in which frames each component may sound, and for which notes.

Conventions: frame ``n`` is centred at n / ``frame_rate`` seconds; a gate is a half-open pair of frames; a component
sounds for the notes of its own instrument and pitch.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from scoresep.model.instrument_models import Family
from scoresep.values import Array, Components, Gates, Notes

#: Two notes of one pitch that begin within this time (s) are struck together.
TOGETHER = 0.05


def note_gates(notes: Notes, instrument: Array, families: list[Family], *, frame_rate: float, n_frames: int) -> Gates:
    """Return where each note may sound, given the family of each instrument.

    The gate is open from a family's lead before the onset to its tail after the offset, or, where the next onset of the
    pitch damps the string, to that.
    """
    sustain, onset = np.zeros((len(notes), 2), int), np.zeros((len(notes), 2), int)
    keys = list(zip(instrument.tolist(), notes.pitch.tolist(), strict=True))
    struck: dict[tuple[int, int], list[float]] = {key: [] for key in keys}
    for key, time in sorted(zip(keys, notes.onset.tolist(), strict=True)):
        struck[key].append(time)
    for i in range(len(notes)):
        family = families[instrument[i]]
        end = notes.offset[i] + family.tail
        if family.damps:
            later = bisect_right(struck[keys[i]], notes.onset[i] + TOGETHER)
            end = min([end, *struck[keys[i]][later : later + 1]])
        sustain[i] = _frames(notes.onset[i] - family.lead, end, frame_rate, n_frames)
        onset[i] = _frames(notes.onset[i] - family.attack, notes.onset[i] + family.attack, frame_rate, n_frames)
    return Gates(instrument, sustain, onset)


def _frames(begin: float, end: float, frame_rate: float, n_frames: int) -> tuple[int, int]:
    """Return the frames centred from ``begin`` to ``end``, at least one if any of it is inside the recording."""
    first = int(np.ceil(np.clip(begin * frame_rate, 0, n_frames)))
    last = int(np.floor(np.clip(end * frame_rate, -1, n_frames - 1)))
    return first, max(last + 1, min(first + 1, n_frames) if end >= 0 else first)


def open_counts(components: Components, notes: Notes, gates: Gates, weight: Array, frames: range) -> Array:
    """Return how much weight of open notes each component has in each frame, shape (components, frames), float32.

    ``weight`` has one entry a note; with all weights one, the components' gates are where this is positive.
    """
    rows = _rows(components)
    counts = np.zeros((len(components), len(frames)), np.float32)
    for role, spans in (("sustain", gates.sustain), ("onset", gates.onset)):
        spans = (spans - frames.start).clip(0, len(frames))
        for i in np.flatnonzero((weight > 0) & (spans[:, 1] > spans[:, 0])):
            own = rows.get((int(gates.instrument[i]), int(notes.pitch[i]), role))
            if own is not None:
                counts[own, spans[i, 0] : spans[i, 1]] += weight[i]
    return counts


def _rows(components: Components) -> dict[tuple[int, int, str], slice]:
    """Return which consecutive components belong to each instrument, pitch and role."""
    rows: dict[tuple[int, int, str], slice] = {}
    for k, (instrument, pitch, _, role) in enumerate(components.rows()):
        key = instrument, pitch, role
        rows[key] = slice(rows[key].start if key in rows else k, k + 1)
    return rows

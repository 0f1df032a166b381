"""Gates: in which frames notes may sound, and which components are open then.

Conventions: frame ``n`` is centred at ``n / frame_rate`` seconds; a gate is a half-open range of frames.  A gate opens
the components of its instrument and role that have the pitch of its note, or that stand for all pitches.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scoresep.values import ANY_PITCH, NO_NOTE, Array, Components, Gates, Notes


def frames_between(begin: float, end: float, frame_rate: float, n_frames: int) -> tuple[int, int]:
    """Give the frames centred from ``begin`` to ``end`` (s), at least one if any of it is inside the recording."""
    first = int(np.ceil(np.clip(begin * frame_rate, 0, n_frames)))
    last = int(np.floor(np.clip(end * frame_rate, -1, n_frames - 1)))
    return first, max(last + 1, min(first + 1, n_frames) if end >= 0 else first)


def gate_weights(components: Components, notes: Notes, gates: Gates, weights: Array, frames: range) -> Array:
    """Sum up, for each component and frame, the weights of the notes whose gates are open.

    Parameters
    ----------
    components : Components
    notes : Notes
    gates : Gates
    weights : array, shape (notes,)
        How much each note counts.
    frames : range
        The frames to look at.

    Returns
    -------
    array of float32, shape (components, frames)
        Gates with a shape count by how far they are open.
    """
    total = np.zeros((len(components), len(frames)), np.float32)
    for gate, open_frames, rows in _open_gates(components, notes, gates, frames):
        note = int(gates.note[gate])
        weight = 0.0 if note == NO_NOTE else weights[note]
        if weight > 0:
            opening = _opening(gates, gate, open_frames, frames)
            for own in rows:
                total[own, open_frames] += weight * opening
    return total


def note_openings(
    components: Components, notes: Notes, gates: Gates, frames: range
) -> Iterator[tuple[int, slice, slice, Array | float]]:
    """Yield, for each gate of a note, the note, in which frames it is open, components that it opens, and how far."""
    for gate, open_frames, rows in _open_gates(components, notes, gates, frames):
        note = int(gates.note[gate])
        if note != NO_NOTE:
            for own in rows:
                yield note, open_frames, own, _opening(gates, gate, open_frames, frames)


def gate_openings(components: Components, notes: Notes, gates: Gates, frames: range) -> Array:
    """Give how far each component's gates are open, from 0 to 1, shape (components, frames), float32."""
    widest = np.zeros((len(components), len(frames)), np.float32)
    for gate, open_frames, rows in _open_gates(components, notes, gates, frames):
        opening = _opening(gates, gate, open_frames, frames)
        for own in rows:
            np.maximum(widest[own, open_frames], opening, out=widest[own, open_frames])
    return widest


def _open_gates(
    components: Components, notes: Notes, gates: Gates, frames: range
) -> Iterator[tuple[int, slice, list[slice]]]:
    """Yield each gate that is open in a stretch, in which of its frames, and the components that it opens."""
    rows = _rows(components)
    begin = (gates.begin - frames.start).clip(0, len(frames))
    end = (gates.end - frames.start).clip(0, len(frames))
    for gate in np.flatnonzero(end > begin).tolist():
        note = int(gates.note[gate])
        pitch = ANY_PITCH if note == NO_NOTE else int(notes.pitch[note])
        instrument, role = int(gates.instrument[gate]), str(gates.role[gate])
        own = [rows[key] for key in {(instrument, pitch, role), (instrument, ANY_PITCH, role)} if key in rows]
        if own:
            yield gate, slice(int(begin[gate]), int(end[gate])), own


def _opening(gates: Gates, gate: int, open_frames: slice, frames: range) -> Array | float:
    """Give how far a gate is open in some frames of a stretch."""
    if not gates.shape.size:
        return 1.0
    shape = gates.shape[gate]
    first = frames.start + open_frames.start - int(gates.begin[gate])
    index = np.arange(first, first + open_frames.stop - open_frames.start)
    return np.asarray(shape[np.minimum(index, len(shape) - 1)])


def _rows(components: Components) -> dict[tuple[int, int, str], slice]:
    """Give the consecutive components of each instrument, pitch and role."""
    rows: dict[tuple[int, int, str], slice] = {}
    for k, (instrument, pitch, _, role) in enumerate(components.rows()):
        key = instrument, pitch, role
        rows[key] = slice(rows[key].start if key in rows else k, k + 1)
    return rows

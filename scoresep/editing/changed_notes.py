"""The notes of a recording before and after an edit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoresep.values import Array, ComparedNotes, NoteChanges, Notes

#: The number of the version before the edit, and of the one after it.
BEFORE, AFTER = 0, 1


def compare_notes(notes: Notes, changes: NoteChanges) -> ComparedNotes:
    """Return the notes before and after an edit.

    Parameters
    ----------
    notes : Notes
        The notes in recording time.
    changes : NoteChanges
        What changes about each of them.

    Returns
    -------
    ComparedNotes
        Version 0 is the recording, version 1 its edit.
    """
    changed, is_there = changes.is_changed, changes.gain > 0
    remarks = np.array([describe_change(changes, note) for note in range(len(notes))], object)
    after = edited_notes(notes, changes)
    parts = [
        ComparedNotes.unchanged(notes.take(~changed)),
        _version(notes.take(changed), BEFORE, remarks[changed]),
        _version(after.take(changed & is_there), AFTER, remarks[changed & is_there]),
    ]
    if len(changes.added):
        added = replace(changes.added, part=np.zeros(len(changes.added), int))
        parts.append(_version(added, AFTER, np.full(len(added), "added", object)))
    return ComparedNotes.joined(parts)


def _version(notes: Notes, version: int, remarks: Array) -> ComparedNotes:
    """Return notes of one version."""
    return ComparedNotes(notes, np.full(len(notes), version), remarks.tolist())


def edited_notes(notes: Notes, changes: NoteChanges) -> Notes:
    """Return the notes as an edit makes them; those that are removed are as they were."""
    onset = notes.onset + changes.shift
    length = np.maximum(notes.offset - notes.onset + changes.longer, 0.0)
    pitch = np.clip(np.rint(notes.pitch + changes.semitones), 0, 127).astype(int)
    return replace(notes, onset=onset, offset=onset + length, pitch=pitch)


def describe_change(changes: NoteChanges, note: int) -> str:
    """Return what changes about a note in words; nothing if it stays as it is."""
    gain, semitones = float(changes.gain[note]), float(changes.semitones[note])
    shift, longer = float(changes.shift[note]), float(changes.longer[note])
    if gain == 0:
        return "removed"
    words = []
    if semitones:
        unit = "semitone" if abs(semitones) == 1 else "semitones"
        words.append(f"{abs(semitones):.3g} {unit} {'higher' if semitones > 0 else 'lower'}")
    if gain != 1:
        words.append(f"{abs(20 * np.log10(gain)):.1f} dB {'louder' if gain > 1 else 'softer'}")
    if shift:
        words.append(f"{abs(shift):.3g} s {'later' if shift > 0 else 'earlier'}")
    if longer:
        words.append(f"{abs(longer):.3g} s {'longer' if longer > 0 else 'shorter'}")
    if changes.is_sampled[note]:
        words.append("played by another note")
    return ", ".join(words)

"""Notes in the order in which the sections of a score are played.

Conventions: a section is a row that begins with its begin and end in the score (s); rows are in the order in which they
are played.  Unfolded time starts at the begin of the first section and runs on through all of them without a jump.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoresep.values import Array, Beats, Notes

#: A beat so close to the begin of a section (s) is its first.
TOLERANCE = 1e-6


def unfold(notes: Notes, sections: Array) -> tuple[Notes, Array]:
    """Return the notes as they are played, in unfolded time, and the index of each in ``notes``.

    A note that is longer than its section ends with it; the last section does not end its notes.
    """
    unfolded, index = [], []
    starts = unfolded_begin(sections)
    for k, (begin, end, *_) in enumerate(sections.tolist()):
        own = np.flatnonzero((notes.onset >= begin) & (notes.onset < end))
        section = notes.take(own)
        stop = section.offset if k == len(sections) - 1 else np.minimum(section.offset, end)
        moved = starts[k] - begin
        unfolded.append(replace(section, onset=section.onset + moved, offset=stop + moved))
        index.append(own)
    beats = None if notes.beats is None else unfold_beats(notes.beats, sections)[0]
    return replace(Notes.concatenated(unfolded), beats=beats), np.concatenate(index)


def unfold_beats(beats: Beats, sections: Array) -> tuple[Beats, Array]:
    """Return the beats as they are played, in unfolded time, and the index of each in ``beats``."""
    starts = unfolded_begin(sections)
    own = [
        np.flatnonzero((beats.time >= begin - TOLERANCE) & (beats.time < end - TOLERANCE))
        for begin, end, *_ in sections.tolist()
    ]
    index = np.concatenate(own)
    shift = np.repeat(starts - sections[:, 0], [len(part) for part in own])
    return replace(beats.take(index), time=beats.time[index] + shift), index


def unfolded_begin(sections: Array) -> Array:
    """Return the unfolded time at which each section begins, shape (sections,)."""
    lengths = sections[:, 1] - sections[:, 0]
    return np.asarray(sections[0, 0] + np.r_[0.0, np.cumsum(lengths[:-1])])


def unfolded_time(anchors: Array, sections: Array) -> Array:
    """Return the unfolded times of anchors, shape (anchors,).

    ``anchors`` has shape (anchors, 2), score and recording times (s).  Each lies in the section that sounds at its
    recording time, for which ``sections`` has the recording begin in its third column.
    """
    section = (np.searchsorted(sections[:, 2], anchors[:, 1], side="right") - 1).clip(0)
    time = unfolded_begin(sections)[section] + anchors[:, 0] - sections[section, 0]
    return np.maximum.accumulate(time)


def to_score_time(time: Array, sections: Array) -> Array:
    """Return the score times (s) of unfolded times."""
    starts = unfolded_begin(sections)
    section = (np.searchsorted(starts, time, side="right") - 1).clip(0)
    return np.asarray(time - starts[section] + sections[section, 0])

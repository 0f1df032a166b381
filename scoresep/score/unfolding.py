"""Notes in the order in which their sections are played.

A section is a row that begins with (score begin, score end) in seconds.  Unfolded score time runs on through the
sections in the order they are played, from the begin of the first one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoresep.values import Array, Notes


def unfold(notes: Notes, sections: Array) -> tuple[Notes, Array]:
    """Return the notes in the order that the sections are played, in unfolded score time, and the index of each.

    A note that sounds on where its section ends, ends there.
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
    return Notes.concatenated(unfolded), np.concatenate(index)


def unfolded_begin(sections: Array) -> Array:
    """Return where in unfolded score time each section begins."""
    lengths = sections[:, 1] - sections[:, 0]
    return np.asarray(sections[0, 0] + np.r_[0.0, np.cumsum(lengths[:-1])])


def unfolded_time(anchors: Array, sections: Array) -> Array:
    """Return the unfolded score times of anchors, by the sections that their recording times lie in."""
    section = (np.searchsorted(sections[:, 2], anchors[:, 1], side="right") - 1).clip(0)
    time = unfolded_begin(sections)[section] + anchors[:, 0] - sections[section, 0]
    return np.maximum.accumulate(time)


def written(time: Array, sections: Array) -> Array:
    """Return the score times of unfolded score times."""
    starts = unfolded_begin(sections)
    section = (np.searchsorted(starts, time, side="right") - 1).clip(0)
    return np.asarray(time - starts[section] + sections[section, 0])

"""The share of each changed note in a recording, cut out of it one stretch of time after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoresep.progress import OnProgress, ignore_progress
from scoresep.stages.render import Sounds, render_stretches
from scoresep.streaming import MaskedDecomposition
from scoresep.values import RESIDUAL, Array, Audio, Decomposition, NoteChanges, Selection

#: The numbers of notes, the sample of the recording at which their sound begins, and the sound (channels, samples).
NoteShare = tuple[Array, int, Array]


def note_shares(
    audio: Audio,
    decomposition: Decomposition,
    changes: NoteChanges,
    sources: set[int],
    exponent: float,
    on_progress: OnProgress | None,
) -> Iterator[NoteShare]:
    """Yield the shares of changed notes in the recording.

    A note that is moved, or that gives its sound to another one, is yielded alone.  The others, which become louder or
    softer, are yielded in stretches, together with all notes that change by the same factor.

    Parameters
    ----------
    audio : Audio
        The recording.
    decomposition : Decomposition
        The recording's notes.
    changes : NoteChanges
    sources : set of int
        The notes that give their sound to others.
    exponent : float
        The sharpness of the masks.
    on_progress : callable, optional
        Called with "edit", the samples done, all samples, and a text.

    Yields
    ------
    NoteShare
    """
    alone = changes.is_moved.copy()
    alone[list(sources)] = True
    spans = {note: _span(decomposition, note) for note in np.flatnonzero(alone).tolist()}
    queues = [_Queue(notes, spans) for notes in _without_overlap(spans)]
    others = ~alone & (changes.gain != 1)
    alike = [np.flatnonzero(others & (changes.gain == gain)) for gain in np.unique(changes.gain[others])]
    selection = _groups_of([*(queue.notes for queue in queues), *alike], len(changes))
    report = on_progress or ignore_progress
    rendering = _ChangedStretches(audio, decomposition, selection, exponent=exponent)
    for stems in render_stretches(rendering, subtype="FLOAT"):
        begin = stems.first_sample
        found = {int(name): stems[name] for name in stems.names if name != RESIDUAL}
        unfinished = {group for group, queue in enumerate(queues) if queue.sound is not None}
        for group in sorted(found.keys() | unfinished):
            sound = found.get(group, np.zeros_like(stems.samples[0]))
            if group < len(queues):
                yield from queues[group].cut(begin, sound)
            else:
                yield alike[group - len(queues)], begin, sound
        report("edit", begin + stems.samples.shape[2], audio.n_samples, "")


@dataclass(eq=False)
class _Queue:
    """Notes that do not overlap, in order, whose sound comes in stretches.

    ``spans`` has the samples that each note may reach; ``sound`` is that of the first note so far, if it has begun,
    from the sample ``first`` on.
    """

    notes: list[int]
    spans: Mapping[int, range]
    first: int = 0
    sound: Array | None = None

    def cut(self, begin: int, stretch: Array) -> Iterator[NoteShare]:
        """Take the next stretch of sound, which begins at a sample; yield the notes that end in it."""
        end = begin + stretch.shape[1]
        first = begin if self.sound is None else self.first
        sound = np.concatenate([stretch[:, :0] if self.sound is None else self.sound, stretch], axis=1)
        self.sound = None
        while self.notes and self.spans[self.notes[0]].stop <= end:
            note = self.notes.pop(0)
            start, stop = (max(edge - first, 0) for edge in (self.spans[note].start, self.spans[note].stop))
            yield np.array([note]), *_trimmed(first + start, sound[:, start:stop])
        if self.notes and self.spans[self.notes[0]].start < end:
            start = max(self.spans[self.notes[0]].start - first, 0)
            self.first, self.sound = first + start, sound[:, start:]


@dataclass(frozen=True, eq=False)
class _ChangedStretches(MaskedDecomposition):
    """The rendering of changed notes, which computes nothing where none of them may sound."""

    def sounds(self, frames: range) -> Sounds:
        """Give the sound of each group in a stretch."""
        gates, reach = self.decomposition.gates, self.decomposition.templates.shape[3] - 1
        is_open = (gates.begin < frames.stop) & (gates.end + reach > frames.start) & (gates.note >= 0)
        if not self.selection.weights[:, gates.note[is_open]].any():
            return Sounds(frames, {})
        return super().sounds(frames)


def _span(decomposition: Decomposition, note: int) -> range:
    """Return the samples of the recording that the share of a note may reach; none if it never sounds."""
    gates, transform = decomposition.gates, decomposition.transform
    own = (gates.note == note) & (gates.begin < gates.end)
    if not own.any():
        return range(0)
    last = int(gates.end[own].max()) - 1 + decomposition.templates.shape[3] - 1
    begin = int(gates.begin[own].min()) * transform.hop - transform.n_fft // 2
    return range(max(begin, 0), min(last * transform.hop + transform.n_fft, transform.n_samples))


def _without_overlap(spans: Mapping[int, range]) -> list[list[int]]:
    """Divide notes into few lists, in each of which every note has ended before the next one begins."""
    lists: list[list[int]] = []
    for note in sorted((note for note, span in spans.items() if span), key=lambda note: spans[note].start):
        for own in lists:
            if spans[own[-1]].stop <= spans[note].start:
                own.append(note)
                break
        else:
            lists.append([note])
    return lists


def _trimmed(begin: int, sound: Array) -> tuple[int, Array]:
    """Leave out the silence around a sound that begins at a sample."""
    sounding = np.flatnonzero(sound.any(axis=0))
    if not len(sounding):
        return begin, sound[:, :0]
    return begin + int(sounding[0]), sound[:, sounding[0] : sounding[-1] + 1]


def _groups_of(members: Sequence[Sequence[int] | Array], n_notes: int) -> Selection:
    """Return groups of notes, named by their numbers."""
    weights = np.zeros((len(members), n_notes), np.float32)
    for row, own in zip(weights, members, strict=True):
        row[own] = 1
    return Selection(tuple(map(str, range(len(members)))), weights, (-1,) * len(members))

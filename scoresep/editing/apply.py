"""Change the notes of a recording: take the share of each changed note out, and put its changed sound in."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoresep.dsp.time_stretch import stretch_after
from scoresep.editing.pitch_shift import ATTACK, shift_pitch
from scoresep.editing.sampler import Sampler
from scoresep.errors import ScoresepWarning
from scoresep.progress import OnProgress, ignore_progress
from scoresep.score.drum_kit import drum_piece
from scoresep.score.pitch import pitch_frequency, pitch_name
from scoresep.stages.render import Sounds, render_stretches
from scoresep.streaming import MaskedDecomposition
from scoresep.values import RESIDUAL, Array, Audio, Decomposition, NoteChanges, Notes, Selection

#: How long a note that becomes shorter takes to fade (s).
FADE = 0.06
#: How much before its onset a sampled note begins (s).
BEFORE_ONSET = 0.03
#: A note moved by more than this should be clear (semitones).
FAR = 3.0
#: The share of its own sound from which on a note is clear enough to be moved far.
CLEAR = 0.6
#: The most notes that a warning names.
MOST_NAMED = 4
#: A sampled note is made louder or softer by no more than this factor.
MOST_SCALING = 4.0


@dataclass(frozen=True, eq=False)
class _Sample:
    """A note that sounds by another note of the recording.

    ``note`` is the note that is replaced, or -1 for one that is added; ``source`` is the note that it takes; times are
    those of the recording (s).
    """

    note: int
    source: int
    semitones: float
    onset: float
    duration: float
    gain: float


def apply_changes(
    audio: Audio,
    decomposition: Decomposition,
    changes: NoteChanges,
    *,
    exponent: float = 1.5,
    on_progress: OnProgress | None = None,
) -> Array:
    """Change the notes of a recording.

    The result is the recording plus, for each changed note, its changed sound minus its share of the recording.  So
    samples that no changed note reaches have the bits that they had.

    Parameters
    ----------
    audio : Audio
        The recording.
    decomposition : Decomposition
        The recording's notes.
    changes : NoteChanges
    exponent : float
        The sharpness of the masks, as in `stages.mask`.
    on_progress : callable, optional
        Called with "edit", the samples done, all samples, and a text.

    Returns
    -------
    np.ndarray [shape=(channels, samples)]
        Not rounded to a sample format, and not limited to full scale.

    Warns
    -----
    ScoresepWarning
        If a note can hardly be moved well, or if the recording has nothing that could replace or add a note.
    """
    result = audio.samples.copy()
    if changes.is_empty:
        return result
    sampler = Sampler(decomposition, changes.is_sampled | (changes.gain == 0))
    samples = list(_samples(decomposition, changes, sampler))
    _warn_of_far_moves(decomposition.notes, changes, sampler)
    sources = {sample.source for sample in samples}
    sampled = {sample.note for sample in samples}
    kept: dict[int, tuple[int, Array]] = {}
    for notes, begin, share in _shares(audio, decomposition, changes, sources, exponent, on_progress):
        note = int(notes[0])
        if note in sources:
            kept[note] = begin, share
        if note in sampled or changes.gain[note] == 0:
            _add(result, begin, -share)
        elif changes.is_moved[note]:
            _add(result, begin, -share)
            _add(result, *_moved(decomposition, changes, note, begin, share))
        elif changes.gain[note] != 1:
            _add(result, begin, share * (changes.gain[note] - 1))
    for sample in samples:
        if sample.source in kept:
            _add(result, *_sampled(decomposition, sample, *kept[sample.source]))
    return result


def _add(result: Array, begin: int, sound: Array) -> None:
    """Add a sound to the recording from a sample on; what lies outside of it is left out."""
    first, last = max(begin, 0), min(begin + sound.shape[1], result.shape[1])
    if first < last:
        result[:, first:last] += sound[:, first - begin : last - begin].astype(result.dtype)


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


def _shares(
    audio: Audio,
    decomposition: Decomposition,
    changes: NoteChanges,
    sources: set[int],
    exponent: float,
    on_progress: OnProgress | None,
) -> Iterator[tuple[Array, int, Array]]:
    """Yield notes that are changed alike, the sample at which their sound begins, and their share of the recording."""
    alone = changes.is_moved.copy()
    alone[list(sources)] = True
    spans = {note: _span(decomposition, note) for note in np.flatnonzero(alone).tolist()}
    queues = _without_overlap(spans)
    others = ~alone & (changes.gain != 1)
    alike = [np.flatnonzero(others & (changes.gain == gain)) for gain in np.unique(changes.gain[others])]
    selection = _groups_of([*queues, *alike], len(changes))
    report = on_progress or ignore_progress
    buffers: dict[int, tuple[int, Array]] = {}
    rendering = _ChangedStretches(audio, decomposition, selection, exponent=exponent)
    for stems in render_stretches(rendering, subtype="FLOAT"):
        begin, end = stems.first_sample, stems.first_sample + stems.samples.shape[2]
        found = {int(name): stems[name] for name in stems.names if name != RESIDUAL}
        for group in sorted(found.keys() | buffers.keys()):
            sound = found.get(group, np.zeros_like(stems.samples[0]))
            if group >= len(queues):
                yield alike[group - len(queues)], begin, sound
                continue
            first, before = buffers.pop(group, (begin, sound[:, :0]))
            sound, queue = np.concatenate([before, sound], axis=1), queues[group]
            while queue and spans[queue[0]].stop <= end:
                note = queue.pop(0)
                part = slice(max(spans[note].start - first, 0), max(spans[note].stop - first, 0))
                yield np.array([note]), *_trimmed(first + part.start, sound[:, part])
            if queue and spans[queue[0]].start < end:
                late = max(spans[queue[0]].start - first, 0)
                buffers[group] = first + late, sound[:, late:]
        report("edit", end, audio.n_samples, "")


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


def _moved(
    decomposition: Decomposition, changes: NoteChanges, note: int, begin: int, share: Array
) -> tuple[int, Array]:
    """Return the sample at which the changed sound of a note begins, and this sound."""
    rate, notes = decomposition.transform.sample_rate, decomposition.notes
    onset = round(notes.onset[note] * rate) - begin
    fundamental = pitch_frequency(float(notes.pitch[note])) if _is_sung(decomposition, note) else None
    sound = shift_pitch(share, float(changes.semitones[note]), onset, rate, fundamental=fundamental)
    duration = float(notes.offset[note] - notes.onset[note])
    sound = _with_length(sound, onset, duration, duration + float(changes.longer[note]), rate)
    return begin + round(float(changes.shift[note]) * rate), sound * changes.gain[note]


def _with_length(sound: Array, onset: int, duration: float, wanted: float, rate: int) -> Array:
    """Make the sound of a note last as long as wanted (s): a longer one is stretched, a shorter one fades."""
    if wanted > duration:
        attack = min(ATTACK, duration / 2)
        start = max(onset + round(attack * rate), 0)
        return stretch_after(sound, (wanted - attack) / max(duration - attack, 1e-3), start, rate)
    if wanted < duration:
        time = (np.arange(sound.shape[1]) - onset) / rate
        return sound * (0.5 + 0.5 * np.cos(np.pi * np.clip((time - max(wanted, 0)) / FADE, 0, 1)))
    return sound


def _sampled(decomposition: Decomposition, sample: _Sample, begin: int, share: Array) -> tuple[int, Array]:
    """Return the sample at which a note begins that is made of another one, and its sound."""
    rate, notes = decomposition.transform.sample_rate, decomposition.notes
    onset = round(notes.onset[sample.source] * rate) - begin
    fundamental = None
    if _is_sung(decomposition, sample.source):
        fundamental = pitch_frequency(float(notes.pitch[sample.source]))
    sound = shift_pitch(share, sample.semitones, onset, rate, fundamental=fundamental)
    before = min(round(BEFORE_ONSET * rate), max(onset, 0))
    sound = sound[:, max(onset, 0) - before :] * sample.gain
    sound = sound * np.clip(np.arange(sound.shape[1]) / max(before, 1), 0, 1)
    duration = float(notes.offset[sample.source] - notes.onset[sample.source])
    return round(sample.onset * rate) - before, _with_length(sound, before, duration, sample.duration, rate)


def _samples(decomposition: Decomposition, changes: NoteChanges, sampler: Sampler) -> Iterator[_Sample]:
    """Yield the notes that sound by another note; warn of those that cannot."""
    notes, added = decomposition.notes, changes.added
    missing, own, used = [], {}, set()
    for note in np.flatnonzero(changes.is_sampled & (changes.gain > 0)).tolist():
        pitch = float(notes.pitch[note] + changes.semitones[note])
        duration = float(notes.offset[note] - notes.onset[note] + changes.longer[note])
        source = sampler.find(pitch, duration, int(notes.part[note]), is_drum=bool(notes.is_drum[note]))
        if source is None:
            missing.append(_label(notes, note, pitch))
            continue
        if source == note:
            own[note] = _label(notes, note, pitch)
        else:
            used.add(source)
        levels = sampler.clearness(note).level, sampler.clearness(source).level
        gain = float(np.clip(levels[0] / max(levels[1], 1e-12), 1 / MOST_SCALING, MOST_SCALING))
        onset = float(notes.onset[note] + changes.shift[note])
        semitones = pitch - float(notes.pitch[source])
        yield _Sample(note, source, semitones, onset, duration, gain * float(changes.gain[note]))
    missing += [label for note, label in own.items() if note not in used]  # there is no other of its pitch
    for note in range(len(added)):
        pitch, duration = float(added.pitch[note]), float(added.offset[note] - added.onset[note])
        part = _part_named(notes, added.part_name(note))
        source = sampler.find(pitch, duration, part, is_drum=bool(added.is_drum[note]))
        if source is None:
            missing.append(_label(added, note, pitch))
            continue
        velocities = float(added.velocity[note]), float(notes.velocity[source])
        gain = (velocities[0] / velocities[1]) ** 2 if min(velocities) > 0 else 1.0
        gain = float(np.clip(gain, 1 / MOST_SCALING, MOST_SCALING))
        yield _Sample(-1, source, pitch - float(notes.pitch[source]), float(added.onset[note]), duration, gain)
    if missing:
        _warn(f"the recording has nothing to replace or add {_listed(missing)}; left as they are, or out")


def _warn_of_far_moves(notes: Notes, changes: NoteChanges, sampler: Sampler) -> None:
    """Warn of notes that are moved far, though others cover their sound."""
    is_far = (np.abs(changes.semitones) > FAR) & changes.is_moved & ~changes.is_sampled
    doubtful = [
        f"{_label(notes, note, float(notes.pitch[note]))} by {changes.semitones[note]:+g}"
        for note in np.flatnonzero(is_far).tolist()
        if sampler.clearness(note).share < CLEAR
    ]
    if doubtful:
        _warn(f"moved far though other notes cover them: {_listed(doubtful)}; 'replace: sample' may sound better")


def _label(notes: Notes, note: int, pitch: float) -> str:
    """Return what a note is called in a message."""
    name = drum_piece(round(pitch)).name if notes.is_drum[note] else pitch_name(round(pitch))
    return f"{name} at {notes.onset[note]:.2f} s"


def _listed(labels: list[str]) -> str:
    """Return the first of many labels."""
    more = f" and {len(labels) - MOST_NAMED} more" if len(labels) > MOST_NAMED else ""
    return ", ".join(labels[:MOST_NAMED]) + more


def _part_named(notes: Notes, name: str) -> int:
    """Return the number of the part of a name; 0 if there is none."""
    names = [part.casefold() for part in notes.part_names]
    return names.index(name.casefold()) + 1 if name.casefold() in names else 0


def _is_sung(decomposition: Decomposition, note: int) -> bool:
    """Whether a singer with a pitch contour has a note."""
    instruments = decomposition.gates.instrument[decomposition.gates.note == note]
    return bool(np.isin(instruments, decomposition.contours.instrument).any())


def _warn(message: str) -> None:
    """Warn the user."""
    warnings.warn(message, ScoresepWarning, stacklevel=4)

"""Change the notes of a recording: take the share of each changed note out, and put its changed sound in."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scoresep.dsp.time_stretch import stretch_after
from scoresep.editing.note_shares import note_shares
from scoresep.editing.pitch_shift import ATTACK, shift_pitch
from scoresep.editing.sampler import Sampler
from scoresep.errors import ScoresepWarning
from scoresep.progress import OnProgress
from scoresep.score.drum_kit import drum_piece
from scoresep.score.pitch import pitch_frequency, pitch_name
from scoresep.values import Array, Audio, Decomposition, NoteChanges, Notes

#: How long a note that becomes shorter takes to fade (s).
SHORTENING_FADE = 0.06
#: How much before its onset a sampled note begins (s).
BEFORE_ONSET = 0.03
#: There is a warning of a note that is moved farther than this (semitones) if it is not clear.
FAR = 3.0
#: A note is clear if at least this share of the sound at its partials is its own.
CLEAR = 0.6
#: The most notes that a warning names.
MOST_NAMED = 4
#: A sampled note is made louder or softer by no more than this factor.
MOST_SCALING = 4.0


@dataclass(frozen=True, eq=False)
class _Sample:
    """A note that gets the sound of another note of the recording.

    ``note`` is the note that is replaced, or -1 for one that is added; ``source`` is the note whose sound it gets.
    Times are those of the recording (s).
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

    For each changed note, its share of the recording is subtracted and its changed sound is added.  Samples that no
    changed note reaches stay as they are, to the bit.

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
        If a note that is moved far is covered by others, or if no note of the recording can replace or add one.
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
    for notes, begin, share in note_shares(audio, decomposition, changes, sources, exponent, on_progress):
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
        return sound * (0.5 + 0.5 * np.cos(np.pi * np.clip((time - max(wanted, 0)) / SHORTENING_FADE, 0, 1)))
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
    """Yield the notes that get the sound of another note; warn of those for which there is none."""
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
        _warn(
            f"the recording has no note that could replace or add {_listed(missing)}; these are not replaced or added"
        )


def _warn_of_far_moves(notes: Notes, changes: NoteChanges, sampler: Sampler) -> None:
    """Warn of notes that are moved far while other notes cover their sound."""
    is_far = (np.abs(changes.semitones) > FAR) & changes.is_moved & ~changes.is_sampled
    doubtful = [
        f"{_label(notes, note, float(notes.pitch[note]))} by {changes.semitones[note]:+g}"
        for note in np.flatnonzero(is_far).tolist()
        if sampler.clearness(note).share < CLEAR
    ]
    if doubtful:
        _warn(f"other notes cover these, which are moved far: {_listed(doubtful)}; 'replace: sample' may sound better")


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

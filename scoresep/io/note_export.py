"""Aligned notes as files for other programs: MIDI in recording time, and labels for Audacity and Sonic Visualiser."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np

from scoresep.errors import ScoresepWarning
from scoresep.io.note_table import write_notes
from scoresep.score.drum_kit import drum_piece
from scoresep.score.hands import with_hands
from scoresep.score.pitch import pitch_name
from scoresep.score.selection import select
from scoresep.values import Alignment, Array, Notes, Selection
from scoresep.values.notes import DRUM_CHANNEL

if TYPE_CHECKING:
    import mido

#: The suffixes of what can be written.
SUFFIXES = (".mid", ".csv", ".txt", ".svl")
#: Ticks in a quarter of the MIDI files.
TICKS_PER_QUARTER = 1000
#: Microseconds in a quarter of the MIDI files.
_TEMPO = 500_000
#: MIDI's channel for drums, from 0.
_DRUM_CHANNEL = DRUM_CHANNEL - 1
#: The other channels of MIDI.
_CHANNELS = [channel for channel in range(16) if channel != _DRUM_CHANNEL]
#: The highest pitch of MIDI.
_HIGHEST_PITCH = 127
#: Frames in a second of Sonic Visualiser's layers.
_FRAME_RATE = 44_100


def export_notes(alignment: Alignment, path: str | Path, *, selection: Selection | None = None) -> None:
    """Write aligned notes, in recording time, for other programs.

    Parameters
    ----------
    alignment : Alignment
        The notes.
    path : str or Path
        The file to write; one that is there is replaced.  Its suffix tells the format: ``.mid`` is a MIDI file with a
        track for each group, ``.txt`` labels for Audacity, ``.svl`` a file for Sonic Visualiser with a layer for each
        group, ``.csv`` the table of `write_notes`, which has all notes and no groups.
    selection : Selection, optional
        The groups (default: two hands or one group for each part, as by `select` without groups).

    Raises
    ------
    ValueError
        If the suffix is another one.

    Warns
    -----
    ScoresepWarning
        If notes are too high or too low for MIDI.

    Notes
    -----
    Pitches are those that sound in the recording, except in the table, which has those of the score and the
    transposition.
    """
    path = Path(path)
    writers = {".mid": write_midi, ".txt": _write_labels, ".svl": _write_layers}
    suffix = path.suffix.lower()
    if suffix == ".csv":
        write_notes(replace(alignment, notes=with_hands(alignment.notes)), path)
    elif suffix in writers:
        writers[suffix](group_notes(alignment, selection or select(None, alignment.notes)), path)
    else:
        raise ValueError(f"{path} cannot be written; wanted {', '.join(SUFFIXES)}")


@dataclass(frozen=True, eq=False)
class GroupNotes:
    """The notes of a group that sound in the recording, and the pitch at which each sounds in it.

    For drums that is the key of General MIDI, which no transposition changes.
    """

    name: str
    notes: Notes
    pitch: Array

    @property
    def labels(self) -> list[str]:
        """What each note is called: by its pitch, or by the piece of the drum kit."""
        columns = zip(self.notes.is_drum.tolist(), self.pitch.tolist(), strict=True)
        return [drum_piece(pitch).name if is_drum else pitch_name(pitch) for is_drum, pitch in columns]


def group_notes(alignment: Alignment, selection: Selection, times: Array | None = None) -> list[GroupNotes]:
    """Return the notes of each group; ``times``, shape (2, notes), replaces when they begin and end."""
    found = []
    placed = alignment.notes if times is None else replace(alignment.notes, onset=times[0], offset=times[1])
    for name, weights in zip(selection.names, selection.weights, strict=True):
        notes = placed.take((weights > 0) & alignment.in_recording)
        found.append(GroupNotes(name, notes, notes.pitch + alignment.transposition * ~notes.is_drum))
    return found


def write_midi(
    groups: Sequence[GroupNotes],
    path: Path,
    *,
    conductor: Sequence[mido.MetaMessage] = (),
    ticks_per_quarter: int = TICKS_PER_QUARTER,
) -> None:
    """Write a MIDI file with a track for each group.

    The first track has the messages of ``conductor``, or an even tempo.  Half a second of notes is a quarter.
    """
    import mido

    midi = mido.MidiFile(type=1, ticks_per_beat=ticks_per_quarter, charset="utf-8")
    midi.tracks.append(mido.MidiTrack(conductor or [mido.MetaMessage("set_tempo", tempo=_TEMPO)]))
    programs = [_program(group.notes) for group in groups]
    left_out = 0
    for group, program, (port, channel) in zip(groups, programs, _channels(programs), strict=True):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=group.name)])
        if port:
            track.append(mido.MetaMessage("midi_port", port=port))
        if program:
            track.append(mido.Message("program_change", channel=channel, program=program - 1))
        is_in_range = (group.pitch >= 0) & (group.pitch <= _HIGHEST_PITCH)
        left_out += int(np.count_nonzero(~is_in_range))
        notes = group.notes.take(is_in_range)
        track.extend(_midi_notes(notes, group.pitch[is_in_range], channel, 2 * ticks_per_quarter))
        midi.tracks.append(track)
    if left_out:
        message = f"{left_out} notes are left out; MIDI has no pitch as high or as low as they sound in the recording"
        warnings.warn(message, ScoresepWarning, stacklevel=3)
    midi.save(path)


def _program(notes: Notes) -> int:
    """Return the most frequent program of the notes that are not drums, from 1, or 0 for none."""
    programs = notes.program[~notes.is_drum]
    return int(np.bincount(programs).argmax()) if len(programs) else 0


def _channels(programs: Sequence[int]) -> list[tuple[int, int]]:
    """Return the port and the channel of each group, so that groups of different programs never share one.

    Up to fifteen groups have a channel each, of port 0.  More groups share one channel for each program; beyond fifteen
    programs there is a further port for every fifteen of them.
    """
    keys: Sequence[int] = range(len(programs)) if len(programs) <= len(_CHANNELS) else programs
    place = {key: k for k, key in enumerate(dict.fromkeys(keys))}
    return [(place[key] // len(_CHANNELS), _CHANNELS[place[key] % len(_CHANNELS)]) for key in keys]


def _midi_notes(notes: Notes, pitches: Array, channel: int, ticks_per_second: int) -> Iterator[mido.Message]:
    """Yield the messages of notes on a channel, drums on theirs, each with the ticks since the one before."""
    import mido

    begins = np.rint(np.maximum(notes.onset, 0) * ticks_per_second).astype(int)
    ends = np.maximum(np.rint(notes.offset * ticks_per_second).astype(int), begins + 1)
    velocities = np.maximum(notes.velocity, 1)  # a note with velocity 0 would be an end
    channels = np.where(notes.is_drum, _DRUM_CHANNEL, channel)
    rows = zip(*(column.tolist() for column in (begins, ends, pitches, velocities, channels)), strict=True)
    events: list[tuple[int, int, int, int, int]] = []
    for begin, end, pitch, velocity, own in rows:
        events += [(begin, 1, pitch, velocity, own), (end, 0, pitch, 64, own)]
    now = 0
    for tick, is_begin, pitch, velocity, own in sorted(events):  # at one time, ends come first
        kind: Any = "note_on" if is_begin else "note_off"
        yield mido.Message(kind, channel=own, note=pitch, velocity=velocity, time=tick - now)
        now = tick


def _write_labels(groups: Sequence[GroupNotes], path: Path) -> None:
    """Write a label track for Audacity: begin, end and label of each note, separated by tabs."""
    rows = [
        (onset, max(offset, onset), f"{group.name} {label}")
        for group in groups
        for onset, offset, label in zip(
            np.maximum(group.notes.onset, 0).tolist(), group.notes.offset.tolist(), group.labels, strict=True
        )
    ]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{onset:.6f}\t{offset:.6f}\t{label}\n" for onset, offset, label in sorted(rows))


def _write_layers(groups: Sequence[GroupNotes], path: Path) -> None:
    """Write a file for Sonic Visualiser with a layer of notes for each group."""
    root = ET.Element("sv")
    data, display = ET.SubElement(root, "data"), ET.SubElement(root, "display")
    for number, group in enumerate(groups):
        name, notes = group.name, group.notes
        model, dataset = str(2 * number), str(2 * number + 1)
        frames = np.rint(np.maximum(notes.onset, 0) * _FRAME_RATE).astype(int)
        ends = np.rint(notes.offset * _FRAME_RATE).astype(int)
        ET.SubElement(
            data, "model", id=model, name=name, sampleRate=str(_FRAME_RATE), start=str(frames.min(initial=0)),
            end=str(ends.max(initial=0)), type="sparse", dimensions="3", resolution="1", notifyOnAdd="true",
            dataset=dataset, subtype="note", valueQuantization="0", minimum=str(group.pitch.min(initial=127)),
            maximum=str(group.pitch.max(initial=0)), units="MIDI Pitch",
        )  # fmt: skip
        points = ET.SubElement(data, "dataset", id=dataset, dimensions="3")
        for frame, end, pitch, velocity, label in zip(
            frames, ends, group.pitch, notes.velocity, group.labels, strict=True
        ):
            ET.SubElement(
                points, "point", frame=str(frame), value=str(pitch), duration=str(max(end - frame, 1)),
                level=f"{velocity / 127:.3f}", label=label,
            )  # fmt: skip
        ET.SubElement(display, "layer", id=str(number), type="notes", name=name, model=model)
    ET.indent(root)
    path.write_bytes(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE sonic-visualiser>\n' + ET.tostring(root) + b"\n"
    )

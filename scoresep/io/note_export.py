"""Aligned notes as files for other programs: MIDI in recording time, and labels for Audacity and Sonic Visualiser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np

from scoresep.io.note_table import write_notes
from scoresep.score.pitch import pitch_name
from scoresep.values import Alignment, Notes, Selection

#: The suffixes of what can be written.
SUFFIXES = (".mid", ".csv", ".txt", ".svl")
#: Ticks a beat and microseconds a beat of the MIDI files: two thousand ticks a second.
_TICKS, _TEMPO, _TICKS_A_SECOND = 1000, 500_000, 2000
#: Frames a second of Sonic Visualiser's layers.
_FRAME_RATE = 44_100


def export_notes(alignment: Alignment, selection: Selection, path: Path, suffix: str) -> None:
    """Write aligned notes, by groups, as what a suffix asks for; a table has all notes whatever the groups."""
    writers = {".mid": _write_midi, ".txt": _write_labels, ".svl": _write_layers}
    if suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            write_notes(alignment, file)
    else:
        writers[suffix](alignment, selection, path)


def _groups(alignment: Alignment, selection: Selection) -> Iterator[tuple[str, Notes]]:
    """Return the notes of each group from the recording's start on, at the pitch that sounds in it."""
    notes = alignment.notes
    for name, weights in zip(selection.names, selection.weights, strict=True):
        yield name, notes.take((weights > 0) & (notes.offset > 0))


def _write_midi(alignment: Alignment, selection: Selection, path: Path) -> None:
    """Write a MIDI file with a track for each group; pitches are as written."""
    import mido

    midi = mido.MidiFile(type=1, ticks_per_beat=_TICKS, charset="utf-8")
    midi.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=_TEMPO)]))
    for number, (name, notes) in enumerate(_groups(alignment, selection)):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        channel = [k for k in range(16) if k != 9][number % 15]
        if len(notes) and (program := int(np.bincount(notes.program).argmax())):
            track.append(mido.Message("program_change", channel=channel, program=program - 1))
        begins = np.rint(np.maximum(notes.onset, 0) * _TICKS_A_SECOND).astype(int)
        ends = np.maximum(np.rint(notes.offset * _TICKS_A_SECOND).astype(int), begins + 1)
        events = [
            (int(tick), 1, int(p), int(v)) for tick, p, v in zip(begins, notes.pitch, notes.velocity, strict=True)
        ]
        events += [(int(tick), 0, int(pitch), 0) for tick, pitch in zip(ends, notes.pitch, strict=True)]
        now = 0
        for tick, is_on, pitch, velocity in sorted(events):
            kind = "note_on" if is_on else "note_off"
            level = max(velocity, 1) if is_on else 64
            track.append(mido.Message(kind, channel=channel, note=pitch, velocity=level, time=tick - now))
            now = tick
        midi.tracks.append(track)
    midi.save(path)


def _write_labels(alignment: Alignment, selection: Selection, path: Path) -> None:
    """Write a label track for Audacity: begin, end and label of each note, by tabs."""
    rows = [
        (onset, max(offset, onset), f"{name} {pitch_name(pitch)}")
        for name, notes in _groups(alignment, selection)
        for onset, offset, pitch in zip(
            np.maximum(notes.onset, 0).tolist(), notes.offset.tolist(), notes.pitch.tolist(), strict=True
        )
    ]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{onset:.6f}\t{offset:.6f}\t{label}\n" for onset, offset, label in sorted(rows))


def _write_layers(alignment: Alignment, selection: Selection, path: Path) -> None:
    """Write a file for Sonic Visualiser with a layer of notes for each group."""
    root = ET.Element("sv")
    data, display = ET.SubElement(root, "data"), ET.SubElement(root, "display")
    for number, (name, notes) in enumerate(_groups(alignment, selection)):
        model, dataset = str(2 * number), str(2 * number + 1)
        frames = np.rint(np.maximum(notes.onset, 0) * _FRAME_RATE).astype(int)
        ends = np.rint(notes.offset * _FRAME_RATE).astype(int)
        ET.SubElement(
            data, "model", id=model, name=name, sampleRate=str(_FRAME_RATE), start=str(frames.min(initial=0)),
            end=str(ends.max(initial=0)), type="sparse", dimensions="3", resolution="1", notifyOnAdd="true",
            dataset=dataset, subtype="note", valueQuantization="0", minimum=str(notes.pitch.min(initial=127)),
            maximum=str(notes.pitch.max(initial=0)), units="MIDI Pitch",
        )  # fmt: skip
        points = ET.SubElement(data, "dataset", id=dataset, dimensions="3")
        for frame, end, pitch, velocity in zip(frames, ends, notes.pitch, notes.velocity, strict=True):
            ET.SubElement(
                points, "point", frame=str(frame), value=str(pitch), duration=str(max(end - frame, 1)),
                level=f"{velocity / 127:.3f}", label=pitch_name(int(pitch)),
            )  # fmt: skip
        ET.SubElement(display, "layer", id=str(number), type="notes", name=name, model=model)
    ET.indent(root)
    path.write_bytes(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE sonic-visualiser>\n' + ET.tostring(root) + b"\n"
    )

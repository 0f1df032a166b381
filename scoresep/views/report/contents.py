"""What the page of the report shows besides sound and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scoresep.alignment.beats import played_beats
from scoresep.io.stems_reader import StemSet
from scoresep.values import RESIDUAL, Alignment, Array, SeparationRecord
from scoresep.views.colours import LOW_CONFIDENCE, RESIDUAL_COLOUR, group_colours, on_dark
from scoresep.views.note_rows import NoteRows
from scoresep.views.report import pictures, tracks
from scoresep.views.report.blocks import as_text
from scoresep.views.report.corrections import correction_command, correction_data
from scoresep.views.tempo import tempo_lines

#: The time from one value of a pitch contour in the page to the next (s): fine enough for a vibrato.
CONTOUR_PERIOD = 0.04
#: Values of a contour for each semitone.
CONTOUR_STEPS = 100
#: What the page does not repeat of the manifest: files, and where they were.
LEFT_OUT = {"stems", "files", "folder", "recording", "score"}


def page_data(stem_set: StemSet, shown: Sequence[tracks.Track], outline: Sequence[Array]) -> dict[str, Any]:
    """Return the data of the page, ready for JSON.

    Parameters
    ----------
    stem_set : StemSet
        The stems and what their folder says of them.
    shown : sequence of Track
        The tracks of the report.
    outline : array
        Peaks of the recording, block by block.
    """
    summary = stem_set.summary
    return {
        **sound_data(stem_set.n_samples, stem_set.sample_rate, outline),
        "title": Path(str(summary.get("recording") or stem_set.folder.resolve().name)).stem,
        "score": Path(str(summary.get("score", ""))).name,
        "groups": sum(stem.name.casefold() != RESIDUAL for stem in stem_set.stems),
        "tracks": _tracks(stem_set, shown),
        "summary": {key: value for key, value in summary.items() if key not in LEFT_OUT},
        **_record(stem_set.record, shown, stem_set.n_samples / stem_set.sample_rate),
        **_corrections(stem_set, shown),
    }


def sound_data(n_samples: int, sample_rate: int, outline: Sequence[Array]) -> dict[str, Any]:
    """Return what the page has to know of its sound and its pictures, and the colours that all pages have."""
    peaks = np.concatenate(outline)
    return {
        "duration": n_samples / sample_rate,
        "sampleRate": tracks.playing_rate(sample_rate),
        "blockLength": tracks.BLOCK_LENGTH,
        "margin": tracks.MARGIN,
        "impulse": {"sound": as_text(tracks.encoded_impulse(sample_rate)), "at": tracks.IMPULSE_AT},
        "noTrackColour": RESIDUAL_COLOUR,
        "lowConfidence": LOW_CONFIDENCE,
        "outline": np.round(peaks / max(float(peaks.max(initial=0.0)), 1e-9), 3).tolist(),
        "picture": {"lowest": pictures.LOWEST_PITCH, "end": pictures.END_PITCH},
    }


def _tracks(stem_set: StemSet, shown: Sequence[tracks.Track]) -> list[dict[str, Any]]:
    """Return the name, colours and levels of each track."""
    record, others = stem_set.record, [*(stem.name for stem in stem_set.stems), *(track.name for track in shown)]
    names = list(dict.fromkeys([*(record.names if record else ()), *others]))
    colours = group_colours(names, *((record.notes, record.weights) if record else ()))
    rows = {row.get("name"): row for row in stem_set.summary.get("stems", [])}
    return [
        {
            "name": track.name,
            "colour": colours[track.name],
            "colourOnDark": on_dark(colours[track.name]),
            "isResidual": track.is_residual,
            "level": rows.get(track.name, {}).get("level"),
            "peak": rows.get(track.name, {}).get("peak"),
        }
        for track in shown
    ]


def _record(record: SeparationRecord | None, shown: Sequence[tracks.Track], duration: float) -> dict[str, Any]:
    """Return the aligned notes, each with its track, the local tempo and the loss."""
    if record is None:
        return {"notes": []}
    alignment = record.alignment
    return {
        "notes": _notes(record, shown, duration),
        **({"kit": kit} if (kit := NoteRows.of(alignment.notes).kit()) else {}),
        **({"contours": _contours(record, shown)} if len(record.contours) else {}),
        "transposition": alignment.transposition,
        "tuning": alignment.tuning,
        "confidence": alignment.overall_confidence,
        "unmatched": alignment.unmatched.round(3).tolist(),
        "beats": _beats(alignment),
        "tempo": [np.stack([time, tempo], 1).round(3).tolist() for time, tempo in tempo_lines(alignment)],
        "loss": [float(f"{loss:.5g}") for loss in record.loss],
    }


def _beats(alignment: Alignment) -> list[list[float]]:
    """Return the time, the bar, the number in the bar and the repeat of each beat that is played."""
    beats = played_beats(alignment)
    columns = (beats.time.round(4), beats.bar, beats.beat, beats.repeat)
    return [list(row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _contours(record: SeparationRecord, shown: Sequence[tracks.Track]) -> list[dict[str, Any]]:
    """Return the name, the track and the pitch of each singer.

    Pitches are those of the score's rows, in hundredths of a semitone, 0 where there is none: whole numbers of two
    bytes, the lower one first, as base 64.  An hour of a singer takes 240 kB.
    """
    alignment, contours = record.alignment, record.contours
    step = max(round(CONTOUR_PERIOD / contours.period), 1)
    own_tracks = _tracks_of_notes(record, shown)
    offset = alignment.transposition + alignment.tuning / 100
    found = []
    for name, part, frequency in zip(record.singers, record.singer_parts, contours.sounding[:, ::step], strict=True):
        sung = frequency > 0
        pitch = np.where(sung, 69 + 12 * np.log2(np.where(sung, frequency, 440.0) / 440) - offset, 0.0)
        values = (CONTOUR_STEPS * pitch).round().clip(0, 2**16 - 1).astype("<u2")
        tracks_of_part = own_tracks[alignment.notes.part == part]
        track = int(np.bincount(tracks_of_part[tracks_of_part >= 0], minlength=1).argmax())
        found.append({"name": name, "track": track, "pitch": as_text(values.tobytes())})
    return [each | {"period": step * contours.period, "steps": CONTOUR_STEPS} for each in found]


def _corrections(stem_set: StemSet, shown: Sequence[tracks.Track]) -> dict[str, Any]:
    """Return what the page needs to write corrected notes, if there are notes."""
    record = stem_set.record
    if record is None:
        return {}
    sounds = record.notes.sounding_before(stem_set.n_samples / stem_set.sample_rate)
    if not sounds.any():
        return {}
    data = correction_data(record, sounds, _tracks_of_groups(record, shown))
    return {"corrections": data | {"command": correction_command(stem_set.summary)}}


def _tracks_of_groups(record: SeparationRecord, shown: Sequence[tracks.Track]) -> list[int]:
    """Return the track of each group, and last that of notes in no group; -1 for none."""
    track_of_stem = {stem.name: k for k, track in enumerate(shown) for stem in track.stems}
    residual = track_of_stem.get(RESIDUAL, -1)
    return [*(track_of_stem.get(name, residual) for name in record.names), residual]


def _tracks_of_notes(record: SeparationRecord, shown: Sequence[tracks.Track]) -> Array:
    """Return the track of each note, -1 for none."""
    return np.array(_tracks_of_groups(record, shown))[record.group_of_notes()]


def _notes(record: SeparationRecord, shown: Sequence[tracks.Track], duration: float) -> list[list[float]]:
    """Return the onset, offset, row, velocity, track, confidence and bar of each note that sounds.

    A track or a bar that is not known is -1.  The row is the pitch, or for drums one of ``kit``.
    """
    notes = record.alignment.notes
    columns = (
        notes.onset.round(4),
        notes.offset.round(4),
        NoteRows.of(notes).heights(notes.pitch, notes.is_drum),
        notes.velocity,
        _tracks_of_notes(record, shown),
        record.alignment.confidence.round(3),
        notes.bar,
    )
    sounds = notes.sounding_before(duration)
    return [list(row) for row in zip(*(column[sounds].tolist() for column in columns), strict=True)]

"""Score file → Notes, by the reader for what is in it."""

from __future__ import annotations

from pathlib import Path

from scoresep.errors import InputError
from scoresep.io.checks import check_file
from scoresep.io.scores.notated import Reading
from scoresep.values import Notes

MIDI_SUFFIXES = (".mid", ".midi", ".kar", ".rmi")
NOTATION_SUFFIXES = (".musicxml", ".xml", ".mxl", ".mei", ".krn")
TABLE_SUFFIXES = (".csv",)
SUFFIXES = (*MIDI_SUFFIXES, *NOTATION_SUFFIXES, *TABLE_SUFFIXES)
#: A file beyond this size (bytes) is no score.
LARGEST = 50_000_000
#: What can be done with the repeats of a score.
REPEATS = ("auto", "written", "none", "found")


def read_score(path: str | Path, *, repeats: str = "written") -> Notes:
    """Return the notes of a score file in score time (s): MIDI, MusicXML, MEI, kern or a table of notes.

    ``repeats`` are played as "written", or "none" are, or each bar stands once ("found": the alignment finds which
    ones a recording repeats).  Warns of what had to be mended or left out.  Raises InputError if the file cannot be
    read as a score or has no notes.
    """
    return read_readings(path, repeats=repeats)[0]


def read_readings(path: str | Path, *, repeats: str = "auto") -> tuple[Notes, ...]:
    """Return the notes of a score file in each of the orders that `align` may choose from, "written" first."""
    if repeats not in REPEATS:
        raise ValueError(f"{repeats=} must be one of {', '.join(REPEATS)}")
    _, readings = open_score(path)
    if repeats != "auto":
        return (readings.get(repeats, readings["written"]).notes,)
    distinct: list[Notes] = []
    for reading in readings.values():
        if not any(_are_same(reading.notes, other) for other in distinct):
            distinct.append(reading.notes)
    return tuple(distinct)


def open_score(path: str | Path) -> tuple[str, dict[str, Reading]]:
    """Return the format of a score file, and its readings by what is done with repeats, "written" first.

    The file is told by what is in it; its suffix must be that of a score all the same.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    check_file(path, "a score")
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: not a score that can be read; wanted {' '.join(SUFFIXES)}")
    content = _content(path)
    if suffix in TABLE_SUFFIXES:
        from scoresep.io.note_table import read_notes

        kind, readings = "table", {"written": Reading(read_notes(path).notes)}
    elif content.startswith((b"MThd", b"RIFF")) or (suffix in MIDI_SUFFIXES and not _is_notation(content)):
        from scoresep.io.scores.midi import read_midi

        kind, readings = "MIDI", {"written": Reading(read_midi(path, content))}
    else:
        from scoresep.io.scores.notation import read_notation

        kind, readings = read_notation(path, content)
    if not len(readings["written"].notes):
        raise InputError(f"{path}: the score has no notes")
    return kind, readings


def _content(path: Path) -> bytes:
    """Return the bytes of a file, unless they are too many for a score."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    if len(content) > LARGEST:
        raise InputError(f"{path}: too large for a score (more than {LARGEST} bytes)")
    return content


def _is_notation(content: bytes) -> bool:
    """Whether a file begins as an archive, as XML or as kern."""
    return content.startswith(b"PK") or content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"**", b"!!"))


def _are_same(notes: Notes, others: Notes) -> bool:
    """Whether notes are the same at the same times."""
    return len(notes) == len(others) and bool(
        (notes.onset == others.onset).all() and (notes.pitch == others.pitch).all()
    )

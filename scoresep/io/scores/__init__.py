"""Score file → Notes, by the reader for what is in it; a new reader is a file and a line in `READERS`."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from scoresep.errors import InputError, ScoresepWarning
from scoresep.io.checks import check_file
from scoresep.io.scores.contract import ScoreContent, ScoreReader, Section
from scoresep.io.scores.notated import MOST_NOTES
from scoresep.io.scores.parts import without_parts
from scoresep.io.scores.percussion import standard_keys
from scoresep.registry import Registry
from scoresep.score.doubling import describe_doubling, doubling_parts
from scoresep.score.hands import hand_source, with_hands
from scoresep.score.unfolding import unfold
from scoresep.values import Notes

#: Suffixes of MIDI files.
MIDI_SUFFIXES = (".mid", ".midi", ".kar", ".rmi")
#: Suffixes of notation files.
NOTATION_SUFFIXES = (".musicxml", ".xml", ".mxl", ".mei", ".krn", ".abc")
#: Suffixes of tables of notes.
TABLE_SUFFIXES = (".csv",)
#: Suffixes of all scores that our own readers read.
SUFFIXES = (*MIDI_SUFFIXES, *NOTATION_SUFFIXES, *TABLE_SUFFIXES)
#: The score readers by the suffixes of their files, without the dot.
READERS = Registry(
    "scoresep.score_readers",
    "suffix",
    {
        **{suffix[1:]: "scoresep.io.scores.midi:read_midi_score" for suffix in MIDI_SUFFIXES},
        **{suffix[1:]: "scoresep.io.scores.notation:read_notation" for suffix in NOTATION_SUFFIXES},
        **{suffix[1:]: "scoresep.io.scores.table:read_table" for suffix in TABLE_SUFFIXES},
    },
)
#: What to do with files that are scores but cannot be read.
_EXPORTS = {
    **dict.fromkeys(
        (".mscz", ".mscx"),
        "a MuseScore file; export it as MusicXML: mscore -o score.mxl FILE, or File > Export in MuseScore",
    ),
    **dict.fromkeys(
        (".wav", ".flac", ".mp3", ".ogg", ".aif", ".aiff", ".m4a"),
        "a sound file, not a score; name the recording first, then the score",
    ),
    ".pdf": "a picture of a score; export MusicXML from the program that made it, or recognize it with Audiveris",
    **dict.fromkeys(
        (".sib", ".musx", ".mus", ".dorico", ".gp", ".gp5", ".gpx", ".ly"),
        "a file of a notation program; export it there as MusicXML or MIDI",
    ),
}
#: A file beyond this size (bytes) is no score.
LARGEST = 50_000_000
#: What can be done with the repeats of a score.
REPEATS = ("auto", "written", "none", "found")
#: What can be done with the ornaments of a score.
ORNAMENTS = ("played", "written")


@dataclass(frozen=True, eq=False)
class Unfolding:
    """The notes of a score in one of the orders in which it may be played, and the sections in that order."""

    notes: Notes
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True)
class ScoreFile:
    """What a score file holds: its format, and its notes by what is done with repeats, "written" first.

    ``tempo_marks`` is -1 where the format has real times, ``ornaments`` are those that are played, by kind, and
    ``hands_from`` is what `hand_source` says.
    """

    format: str
    unfoldings: dict[str, Unfolding]
    tempo_marks: int = -1
    ornaments: Counter[str] = field(default_factory=Counter)
    hands_from: str = ""


def read_score(
    path: str | Path,
    *,
    repeats: str = "written",
    ornaments: str = "played",
    without: Sequence[str | int] = (),
    hands: bool = False,
) -> Notes:
    """Return the notes of a score file in score time.

    Parameters
    ----------
    path
        A MIDI, MusicXML, MEI, kern or ABC file, or a table of notes (.csv).
    repeats
        They are played as "written", "none" are, or each bar stands once ("found": the alignment finds which ones a
        recording repeats).
    ornaments
        Trills, mordents, turns, tremolos, arpeggios and grace notes are "played", as the notes that a player makes of
        them, or left as "written": plain notes.
    without
        Names or numbers (from 1) of parts to leave out.
    hands
        Whether to find which hand of a keyboard plays each note (the column ``hand``), by an estimate if the score does
        not tell.

    Returns
    -------
    found : Notes
        The notes, times in seconds at the tempo of the score, sorted by onset.  The pitch of a drum note
        (`Notes.is_drum`) is its key in General MIDI.

    Raises
    ------
    InputError
        If the file cannot be read as a score, has no notes, or has no part of a name to leave out.

    Warns
    -----
    ScoresepWarning
        Of what had to be mended or left out.
    """
    return read_unfoldings(path, repeats=repeats, ornaments=ornaments, without=without, hands=hands)[0]


def read_unfoldings(
    path: str | Path,
    *,
    repeats: str = "auto",
    ornaments: str = "played",
    without: Sequence[str | int] = (),
    hands: bool = False,
) -> tuple[Notes, ...]:
    """Return the notes of a score file in each of the orders that `align` may choose from.

    Parameters
    ----------
    path, ornaments, without, hands
        As in `read_score`.
    repeats
        As in `read_score`; "auto" gives all orders that differ.

    Returns
    -------
    unfoldings : tuple of Notes
        The notes in each order, as written first; one entry unless ``repeats`` is "auto".

    Raises
    ------
    InputError
        As `read_score` does.
    """
    if repeats not in REPEATS:
        raise ValueError(f"{repeats=} must be one of {', '.join(REPEATS)}")
    unfoldings = open_score(path, ornaments=ornaments, without=without, hands=hands).unfoldings
    notes = unfoldings["written"].notes
    for part in doubling_parts(notes):
        warnings.warn(f"{path}: {describe_doubling(part, notes.part_label(part))}", ScoresepWarning, stacklevel=2)
    if repeats != "auto":
        return (unfoldings.get(repeats, unfoldings["written"]).notes,)
    distinct: list[Notes] = []
    for unfolding in unfoldings.values():
        if not any(_are_same(unfolding.notes, other) for other in distinct):
            distinct.append(unfolding.notes)
    return tuple(distinct)


def open_score(
    path: str | Path,
    *,
    ornaments: str = "played",
    without: Sequence[str | int] = (),
    hands: bool = False,
) -> ScoreFile:
    """Return what a score file holds; parameters are those of `read_score`.

    The file is told by what is in it; its suffix must be that of a score all the same.
    """
    if ornaments not in ORNAMENTS:
        raise ValueError(f"{ornaments=} must be one of {', '.join(ORNAMENTS)}")
    path = Path(path)
    check_file(path, "a score")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES and suffix not in score_suffixes():
        what = _EXPORTS.get(suffix, f"not a score that can be read; wanted {' '.join(score_suffixes())}")
        raise InputError(f"{path}: {what}")
    content = _content(path)
    read = _reader(path, content)(path, content, ornaments=ornaments)
    notes = replace(standard_keys(read.notes), beats=read.beats)
    if not len(notes):
        raise InputError(f"{path}: the score has no notes")
    if without:
        notes = without_parts(notes, without, path)
    source = hand_source(notes) if hands else ""
    if hands:
        notes = with_hands(notes)  # once, before repeats are unfolded
    return ScoreFile(read.format, _unfoldings(notes, read, path), read.tempo_marks, read.ornaments, source)


def score_suffixes() -> tuple[str, ...]:
    """Return the suffixes of all files that can be read as scores, our own first; nothing is imported."""
    return tuple(f".{name}" for name in READERS.names())


def _reader(path: Path, content: bytes) -> ScoreReader:
    """Return the reader of a file: among ours the one for what is in it, else the one for its suffix."""
    suffix = path.suffix.lower()
    if suffix in (*MIDI_SUFFIXES, *NOTATION_SUFFIXES):
        if content.startswith((b"MThd", b"RIFF")):
            suffix = MIDI_SUFFIXES[0]
        elif suffix in MIDI_SUFFIXES and _is_notation(content):
            suffix = NOTATION_SUFFIXES[0]
    try:
        reader: ScoreReader = READERS.get(suffix[1:])
    except (ImportError, AttributeError) as error:
        place = READERS.place(suffix[1:])
        raise InputError(
            f"{path}: its reader {place} cannot be imported ({error}); update or remove its package"
        ) from error
    return reader


def _unfoldings(notes: Notes, read: ScoreContent, path: Path) -> dict[str, Unfolding]:
    """Return the notes of a score in each of its orders; in the order "found" they stay as they stand in the file."""
    unfoldings = {}
    for name, sections in (read.orders or {"written": ()}).items():
        bounds = np.array([(section.begin, section.end) for section in sections]).reshape(-1, 2)
        played = unfold(notes, bounds)[0] if sections and name != "found" else notes
        if len(played) > MOST_NOTES:
            raise InputError(f"{path}: more than {MOST_NOTES} notes with all repeats; split the score")
        unfoldings[name] = Unfolding(played, sections)
    if not len(unfoldings["written"].notes):
        raise InputError(f"{path}: the score has no notes")
    return unfoldings


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

"""MusicXML, MEI or kern file → Notes, in the readings that its repeats allow.

Files are told by what is in them.  Everything is read from the bytes of one local file: nothing is fetched or started.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from scoresep.errors import InputError
from scoresep.io.scores.kern import read_kern
from scoresep.io.scores.mei import read_mei
from scoresep.io.scores.musicxml import read_musicxml
from scoresep.io.scores.notated import MOST_NOTES, Bar, Reading, Sheet, notes_of, seconds_of
from scoresep.io.scores.playback_order import course_of, sections_of
from scoresep.io.scores.xml import parse_xml, unzipped
from scoresep.score.unfolding import unfold


def read_notation(path: Path, content: bytes) -> tuple[str, dict[str, Reading]]:
    """Return the format of a notation file, and its readings by what is done with repeats.

    There are "written" (with a da capo, but not the repeats in it), "none", "found" (all bars once, in the order of the
    page), and "all" (with the repeats in the da capo) if that is another.  Warns of what is mended or left out.
    Raises InputError for a file that is no notation.
    """
    try:
        kind, sheet = _sheet(content)
    except InputError as error:
        raise InputError(f"{path}: cannot be read as a score, {error}") from error
    notes = notes_of(sheet)
    sheet.warn(path)
    readings = {}
    for name, course in _courses(sheet).items():
        sections = tuple((sheet.bars[first], sheet.bars[last]) for first, last in sections_of(course))
        bounds = seconds_of(sheet, [time for first, last in sections for time in (first.begin, last.end)])
        played = unfold(notes, bounds.reshape(-1, 2))[0] if sections and len(notes) and name != "found" else notes
        if len(played) > MOST_NOTES:
            raise InputError(f"{path}: more than {MOST_NOTES} notes with all repeats; split the score")
        readings[name] = Reading(played, sections)
    return kind, readings


def _sheet(content: bytes) -> tuple[str, Sheet]:
    """Return the format of a file and what it says."""
    faults = []
    if content.startswith(b"PK"):
        content, fault = unzipped(content)
        faults.append(fault)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"**", b"!!")):
        kind, sheet = "kern", read_kern(_text(content))
    else:
        root, fault = parse_xml(content)
        faults.append(fault)
        is_mei = root.tag in ("mei", "music", "meiCorpus")
        kind, sheet = ("MEI", read_mei(root)) if is_mei else ("MusicXML", read_musicxml(root))
    for fault in filter(None, faults):
        sheet.fault(fault)
    if sheet.notes and (not sheet.bars or max(note.onset for note in sheet.notes) >= sheet.bars[-1].end):
        begin = sheet.bars[-1].end if sheet.bars else Fraction(0)
        sheet.bars.append(Bar(begin, max(note.onset for note in sheet.notes) + 1))
    return kind, sheet


def _courses(sheet: Sheet) -> dict[str, list[int]]:
    """Return the bars in the orders in which they may be played."""
    bars = sheet.bars
    written = sheet.course.get("written") or course_of(bars)
    courses = {
        "written": written,
        "none": sheet.course.get("none") or course_of(bars, repeats=False, jumps=False),
        "found": list(range(len(bars))),
    }
    everything = course_of(bars, repeats_again=True)
    return courses if everything == course_of(bars) else courses | {"all": everything}


def _text(content: bytes) -> str:
    """Return a text that is UTF-8, or else Latin-1."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")

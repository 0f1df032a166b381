"""The text of a score file as verovio takes it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from scoresep.errors import InputError
from scoresep.io.checks import check_file
from scoresep.io.scores import LARGEST, MIDI_SUFFIXES, TABLE_SUFFIXES
from scoresep.io.scores.abc import musicxml_of_abc
from scoresep.io.scores.xml import parse_xml, unzipped


def score_text(path: Path) -> tuple[str, str] | None:
    """Return the text of a notation file, and its format as verovio calls it; None for MIDI and tables.

    Raises InputError if the file cannot be read.
    """
    check_file(path, "a score")
    if path.suffix.lower() in TABLE_SUFFIXES:
        return None
    content = _content(path)
    try:
        if content.startswith((b"MThd", b"RIFF")) or path.suffix.lower() in MIDI_SUFFIXES:
            return None
        if content.startswith(b"PK"):
            content, _ = unzipped(content)
        start = content.lstrip(b"\xef\xbb\xbf \t\r\n")
        if start.startswith((b"**", b"!!")):
            return _text(content), "humdrum"
        if not start.startswith(b"<"):
            content = musicxml_of_abc(content)
        root, _ = parse_xml(content)
    except InputError as error:
        raise InputError(f"{path}: cannot be read as a score, {error}") from error
    if root.tag in ("mei", "music", "meiCorpus"):
        return _text(content), "mei"
    return _musicxml(root), "xml"


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


def _text(content: bytes) -> str:
    """Return a text that is UTF-8, or else Latin-1."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _musicxml(root: ET.Element) -> str:
    """Return MusicXML as text, with the number of staves where it is missing and no name for the only part."""
    for part in root.iterfind("part"):
        numbers = [text for staff in part.iterfind("measure/note/staff") if (text := staff.text or "").isdecimal()]
        count = max(map(int, numbers), default=1)
        attributes = part.find("measure/attributes")
        if attributes is not None and count > 1 and part.find("measure/attributes/staves") is None:
            before = [k for k, child in enumerate(attributes) if child.tag in ("divisions", "key", "time")]
            staves = ET.Element("staves")
            staves.text = str(count)
            attributes.insert(before[-1] + 1 if before else 0, staves)
    parts = root.findall("part-list/score-part")
    if len(parts) == 1:
        for tag in ("part-name", "part-abbreviation", "part-name-display", "part-abbreviation-display"):
            if (name := parts[0].find(tag)) is not None:
                name.clear()
    return ET.tostring(root, encoding="unicode")

"""Bytes → a tree of XML elements, or an error: nothing is fetched, no entity is expanded, no archive swells up.

Tags and attributes have no prefixes.  A text that breaks off gives the tree up to there.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET
from xml.parsers import expat

from scoresep.errors import InputError

#: Bytes that a score has at most, as text.
LARGEST = 50_000_000
#: Elements that a score has at most.
MOST_ELEMENTS = 1_500_000
#: Elements of a score are nested no more deeply.
DEEPEST = 100
#: Characters of an element's text that are kept.
LONGEST_TEXT = 10_000


class _Tree:
    """Builds a tree from what the parser meets."""

    def __init__(self) -> None:
        self.root: ET.Element | None = None
        self._open: list[ET.Element] = []
        self._last: ET.Element | None = None
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        self._count += 1
        if self._count > MOST_ELEMENTS:
            raise InputError(f"more than {MOST_ELEMENTS} elements; split the score")
        if len(self._open) >= DEEPEST:
            raise InputError("elements nested too deeply for a score")
        plain = {name.rpartition(":")[2]: value for name, value in attributes.items()}
        element = ET.Element(tag.rpartition(":")[2], plain)
        if self._open:
            self._open[-1].append(element)
        elif self.root is None:
            self.root = element
        self._open.append(element)
        self._last = None

    def end(self, _: str) -> None:
        """Close an element."""
        self._last = self._open.pop()

    def text(self, text: str) -> None:
        """Take text; what follows a child is of no interest."""
        if self._open and self._last is None:
            before = self._open[-1].text or ""
            self._open[-1].text = before if len(before) > LONGEST_TEXT else before + text


def parse_xml(content: bytes) -> tuple[ET.Element, str]:
    """Return the root of an XML text, and what is wrong with it ("" for nothing).

    Raises InputError for what is no XML at all, is too large, or declares entities.
    """
    if len(content) > LARGEST:
        raise InputError(f"too large for a score ({len(content)} bytes)")
    tree = _Tree()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = tree.start, tree.end
    parser.CharacterDataHandler = tree.text
    parser.EntityDeclHandler = _refuse_entities
    problem = ""
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the latter for unknown encodings
        problem = f"the XML is damaged, what follows is left out ({error})"
    if tree.root is None:
        raise InputError(f"not XML ({problem or 'no element'})")
    return tree.root, problem


def unzipped(content: bytes) -> tuple[bytes, str]:
    """Return the score in a compressed MusicXML file, and what is wrong with the file ("" for nothing).

    Raises InputError for a damaged archive, one without a score, or one that unpacks to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            name, problem = _rootfile(archive)
            return _member(archive, name), problem
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError, ValueError) as error:
        raise InputError(f"a damaged archive ({error})") from error
    except OSError as error:
        raise InputError(f"a damaged archive ({error.strerror or error})") from error


def _rootfile(archive: zipfile.ZipFile) -> tuple[str, str]:
    """Return the name of the score in an archive."""
    names = archive.namelist()
    if "META-INF/container.xml" in names:
        container, _ = parse_xml(_member(archive, "META-INF/container.xml"))
        for rootfile in container.iter("rootfile"):
            if (name := rootfile.get("full-path", "")) in names:
                return name, ""
    for name in names:
        path = PurePosixPath(name)
        if path.suffix.lower() in (".xml", ".musicxml") and path.parts[0] != "META-INF":
            return name, f"the archive does not name its score; {path.name} is taken"
    raise InputError("an archive without a score")


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a member of an archive, whatever size it claims to have."""
    with archive.open(name) as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise InputError(f"unpacks to more than {LARGEST} bytes")
    return content


def _refuse_entities(*_: object) -> None:
    raise InputError("declares entities, which no score needs; they are not read")

"""ABC → MusicXML, by music21 in a process of its own, so that what goes wrong there goes wrong there alone."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys

from scoresep.errors import InputError, install_line

#: Seconds after which the conversion is given up.
_LONGEST = 120
#: Bytes that an ABC file has at most.
_LARGEST = 1_000_000
#: Bytes of memory that the other process may take, where the system can limit it.
_MOST_MEMORY = 4 * 2**30
#: Bytes of MusicXML that may come of it.
_MOST_MUSICXML = 50_000_000
#: The field at the begin of a line that is not music.
_FIELD = re.compile(r"([A-Za-z+]):")
#: What may stand among the notes and has other numbers: texts, ornaments and comments.
_TEXTS = re.compile(r'"[^"]*"|![^!]*!|%.*')
#: A number that no length and no metre has; music21 takes hours for some.
_DAMAGED_NUMBER = re.compile(r"\d{4,}")
#: What the other process runs: text in, MusicXML out.
_CONVERT = """
import sys, warnings
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), int(sys.argv[1])))
except (ImportError, ValueError, OSError):
    pass
warnings.simplefilter("ignore")
from music21 import converter
from music21.musicxml.m21ToXml import GeneralObjectExporter
text = sys.stdin.buffer.read().decode("utf-8", "replace")
score = converter.parseData(text, format="abc")
if not hasattr(score, "parts"):
    sys.exit("wanted one tune")
sys.stdout.buffer.write(GeneralObjectExporter().parse(score))
"""


def musicxml_of_abc(content: bytes) -> bytes:
    """Return an ABC tune as MusicXML.

    Parameters
    ----------
    content
        The bytes of the file.

    Returns
    -------
    bytes
        A MusicXML document.

    Raises
    ------
    InputError
        If music21 is not installed, or cannot read the tune.
    """
    if importlib.util.find_spec("music21") is None:
        raise InputError(f"ABC needs music21; install it: {install_line('score')}")
    if len(content) > _LARGEST:
        raise InputError(f"too large for an ABC tune ({len(content)} bytes)")
    _check_numbers(content.decode("utf-8", "replace"))
    try:
        done = subprocess.run(  # noqa: S603 (the program and its text are our own)
            [sys.executable, "-c", _CONVERT, str(_MOST_MEMORY)],
            input=content,
            capture_output=True,
            timeout=_LONGEST,
            check=False,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # whose threads would count as memory
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"not ABC that can be read in {_LONGEST} s") from error
    if done.returncode or not done.stdout:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise InputError(f"not ABC that music21 can read ({lines[-1][:200] if lines else 'it stopped'})")
    if len(done.stdout) > _MOST_MUSICXML:
        raise InputError(f"an ABC tune that gives more than {_MOST_MUSICXML} bytes of MusicXML")
    return done.stdout


def _check_numbers(text: str) -> None:
    """Raise InputError for a length or a metre with a number of more than three digits."""
    for number, line in enumerate(text.splitlines(), start=1):
        field = _FIELD.match(line)
        if field and field[1] not in "LM":
            continue
        if found := _DAMAGED_NUMBER.search(_TEXTS.sub("", line)):
            raise InputError(f"ABC line {number} has the number {found[0][:20]}; a length or a metre has at most 999")

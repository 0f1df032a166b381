"""ABC → MusicXML, by music21 in a process of its own, so that what goes wrong there goes wrong there alone."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

from scoresep.errors import InputError

#: Seconds after which the conversion is given up.
_LONGEST = 120
#: Bytes that an ABC file has at most.
_LARGEST = 1_000_000
#: What the other process runs: text in, MusicXML out.
_CONVERT = """
import sys, warnings
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
        raise InputError("ABC needs music21; install it with: pip install 'scoresep[score]'")
    if len(content) > _LARGEST:
        raise InputError(f"too large for an ABC tune ({len(content)} bytes)")
    try:
        done = subprocess.run(  # noqa: S603 (the program and its text are our own)
            [sys.executable, "-c", _CONVERT], input=content, capture_output=True, timeout=_LONGEST, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"not ABC that can be read in {_LONGEST} s") from error
    if done.returncode or not done.stdout:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise InputError(f"not ABC that music21 can read ({lines[-1][:200] if lines else 'it stopped'})")
    return done.stdout

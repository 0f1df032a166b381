"""Engraves a score with verovio: JSON in, JSON out, run as a program of its own.

Whatever goes wrong in verovio goes wrong in this process alone.  Nothing of scoresep is imported here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

#: What verovio makes of a score: long pages without titles, each bar once.
OPTIONS = {
    "pageHeight": 20000,
    "adjustPageHeight": True,
    "breaks": "auto",
    "condense": "none",
    "header": "none",
    "footer": "none",
    "expandNever": True,
    "spacingSystem": 12,
    "svgHtml5": True,
    "svgViewBox": True,
    "svgFormatRaw": True,
    "smuflTextFont": "none",
}
#: What is engraved first and thrown away: with the first score of a process verovio puts notes far off their lines.
FIRST = """<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score><scoreDef><staffGrp>
<staffDef n="1" lines="5" clef.shape="G" clef.line="2"/></staffGrp></scoreDef><section><measure><staff n="1"><layer>
<note pname="c" oct="4" dur="1"/></layer></staff></measure></section></score></mdiv></body></music></mei>"""
#: What tags and identities of MEI begin with.
MEI, XML = "{http://www.music-encoding.org/ns/mei}", "{http://www.w3.org/XML/1998/namespace}"
#: Semitones of the letters above C, and of accidentals.
STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
ALTERATIONS = {"s": 1, "ss": 2, "x": 2, "xs": 3, "ts": 3, "f": -1, "ff": -2, "tf": -3}


def engrave(text: str, format: str, widths: list[int]) -> dict[str, Any]:
    """Return the notes and bars of a score, and its pages as SVG for each width.

    Notes are identity, quarters from the beginning, MIDI pitch and number of the staff, each head by itself even if it
    is tied; bars are identity, quarters and printed number.
    """
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.loadData(FIRST)
    toolkit.renderToSVG(1)
    toolkit.setOptions(OPTIONS | {"inputFrom": format, "pageWidth": widths[0]})
    if not toolkit.loadData(text) or not toolkit.getPageCount():
        raise ValueError("verovio cannot read it")
    timemap = toolkit.renderToTimemap({"includeMeasures": True})
    score = ET.fromstring(toolkit.getMEI())  # noqa: S314 (verovio's own text)
    pitches = sounding_pitches(score, toolkit)
    names = {bar.get(f"{XML}id"): bar.get("n", "") for bar in score.iter(f"{MEI}measure")}
    layouts = []
    for width in widths:
        toolkit.setOptions({"pageWidth": width})
        toolkit.redoLayout()
        layouts.append([toolkit.renderToSVG(page) for page in range(1, toolkit.getPageCount() + 1)])
    on = [(name, entry["qstamp"]) for entry in timemap for name in entry.get("on", ())]
    bars = [(entry["measureOn"], entry["qstamp"]) for entry in timemap if "measureOn" in entry]
    return {
        "notes": [[name, quarter, *pitches[name]] for name, quarter in on if name in pitches],
        "bars": [[name, quarter, names.get(name, "")] for name, quarter in bars],
        "layouts": layouts,
    }


def sounding_pitches(score: ET.Element, toolkit: Any) -> dict[str, tuple[int, int]]:
    """Return the MIDI pitch and the staff of each note by its identity.

    Verovio is asked for one note of each staff, which tells how the staff transposes: it searches long for each.
    """
    shifts: dict[int, int] = {}
    found = {}
    for staff, note in notes_of(score):
        name, written = note.get(f"{XML}id", ""), written_pitch(note)
        if staff not in shifts:
            shifts[staff] = toolkit.getMIDIValuesForElement(name).get("pitch", written) - written
        found[name] = (written + shifts[staff], staff)
    return found


def notes_of(score: ET.Element) -> Iterator[tuple[int, ET.Element]]:
    """Give the notes of a score, each with the number of its staff."""
    for staff in score.iter(f"{MEI}staff"):
        number = staff.get("n", "")
        for note in staff.iter(f"{MEI}note"):
            yield int(number) if number.isdecimal() else 1, note


def written_pitch(note: ET.Element) -> int:
    """Return the MIDI pitch of a note as it is written."""
    signs = [note, *note.iter(f"{MEI}accid")]
    accidental = next((sign.get(key) for key in ("accid.ges", "accid") for sign in signs if sign.get(key)), "")
    octave = note.get("oct.ges") or note.get("oct") or "4"
    step = STEPS.get(note.get("pname.ges") or note.get("pname") or "c", 0)
    return 12 * (int(octave) + 1) + step + ALTERATIONS.get(accidental or "", 0)


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    try:
        json.dump(engrave(**asked), sys.stdout)
    except ValueError as error:
        sys.exit(str(error))

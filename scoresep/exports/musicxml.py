"""A copy of a MusicXML score with the tempo of a performance, in the key in which it sounds."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np

from scoresep.errors import InputError
from scoresep.exports.tempo_map import tempo_map
from scoresep.exports.timeline import beats_of, timeline
from scoresep.io.scores.xml import parse_xml, unzipped
from scoresep.values import Alignment

#: What follows <transpose> in <attributes>.
AFTER_TRANSPOSE = ("for-part", "directive", "measure-style")
#: The document type of the copy.
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 '
    'Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)


def export_musicxml(alignment: Alignment, score: str | Path, path: str | Path) -> None:
    """Write a copy of a MusicXML score that is played back in the tempo of a recording.

    Parameters
    ----------
    alignment : Alignment
        The notes of this score in the recording.
    score : str or Path
        The MusicXML file (.musicxml, .xml or .mxl) that was aligned.
    path : str or Path
        The file to write; one that is there is replaced.

    Raises
    ------
    InputError
        If the score is no MusicXML, has other bars than the alignment, or if the alignment has no bars.

    Notes
    -----
    The tempo changes at every beat, and between beats where notes would be off by more than 15 ms.  A bar that is
    repeated has the tempo of the first time that it is played.  Playback begins with the first bar, not with the
    recording.  If the recording is in another key, ``<transpose>`` says so: the page stays as it is written.
    """
    content = Path(score).read_bytes()
    try:
        root, problem = parse_xml(unzipped(content)[0] if content.startswith(b"PK") else content)
    except InputError as error:
        raise InputError(f"{score}: cannot be read as a score, {error}") from error
    if root.tag != "score-partwise" or problem or root.find("part") is None:
        raise InputError(f"{score}: is no MusicXML with parts (score-partwise) that is whole; {problem or root.tag}")
    tempos = _tempos_of_bars(alignment)
    parts = [part.findall("measure") for part in root.iterfind("part")]
    if max(tempos) >= max(map(len, parts)):
        raise InputError(f"{score}: has {max(map(len, parts))} bars; the alignment is of a score with more")
    for part in parts:
        divisions = 1.0
        for number, measure in enumerate(part):
            divisions = float(measure.findtext("attributes/divisions") or divisions)
            if own := tempos.get(number):
                _replace_tempos(measure, own, divisions)
                if part is parts[0]:
                    _insert_tempos(measure, own, divisions)
    if alignment.transposition:
        for part in parts:
            _transpose(part, alignment.transposition)
    ET.indent(root)
    Path(path).write_text(HEAD + ET.tostring(root, encoding="unicode") + "\n", encoding="utf-8")


def _tempos_of_bars(alignment: Alignment) -> dict[int, list[tuple[float, float]]]:
    """Return the tempos of each bar of the file, as (quarters from its begin, quarters a minute)."""
    line, beats = timeline(alignment), beats_of(alignment)
    position, time = tempo_map(line, alignment)
    tempo = 60 * np.diff(position) / np.diff(time)
    begin = line.position[-len(beats) - 1 :]
    found: dict[int, list[tuple[float, float]]] = defaultdict(list)
    bar_begin: dict[int, float] = {}
    for k, (bar, repeat) in enumerate(zip(beats.bar_index.tolist(), beats.repeat.tolist(), strict=True)):
        if repeat == 1:
            # The file has no beats that are not in the bar; one that begins late in the recording misses some.
            first = bar_begin.setdefault(bar, float(begin[k]) - _missing(alignment, bar, int(beats.beat[k])))
            inside = np.flatnonzero((position[:-1] >= begin[k] - 1e-9) & (position[:-1] < begin[k + 1] - 1e-9))
            found[bar] += [(float(position[i]) - first, float(tempo[i])) for i in inside.tolist()]
    return dict(found)


def _missing(alignment: Alignment, bar: int, beat: int) -> float:
    """Return how many quarters of a bar of the file come before a beat."""
    score = alignment.beats
    if score is None:
        return 0.0
    before = (score.bar_index == bar) & (score.beat < beat)
    return float(score.quarters[before].sum())


def _replace_tempos(measure: ET.Element, tempos: list[tuple[float, float]], divisions: float) -> None:
    """Give the tempo marks that a measure has the tempo that is played where they stand."""
    now = 0.0
    for child in measure:
        duration = float(child.findtext("duration") or 0) if child.find("chord") is None else 0.0
        now += duration / divisions * (-1 if child.tag == "backup" else 1)
        sounds = [child] if child.tag == "sound" else child.findall("sound")
        if child.find("direction-type/metronome") is not None and not sounds:
            sounds = [ET.SubElement(child, "sound", tempo="")]
        for sound in sounds:
            if "tempo" in sound.attrib or child.find("direction-type/metronome") is not None:
                before = [tempo for quarters, tempo in tempos if quarters <= now + 1e-6]
                sound.set("tempo", f"{(before or [tempos[0][1]])[-1]:.3f}")


def _insert_tempos(measure: ET.Element, tempos: list[tuple[float, float]], divisions: float) -> None:
    """Put tempos into a measure, each where it begins by an offset from the first."""
    after = max((k + 1 for k, child in enumerate(measure) if child.tag in ("print", "attributes") and k < 3), default=0)
    for k, (quarters, tempo) in enumerate(tempos):
        direction = ET.Element("direction")
        ET.SubElement(ET.SubElement(direction, "direction-type"), "words")
        if quarters > 0:
            offset = ET.SubElement(direction, "offset", sound="yes")
            offset.text = f"{quarters * divisions:g}"
        ET.SubElement(direction, "sound", tempo=f"{tempo:.3f}")
        measure.insert(after + k, direction)


def _transpose(measures: list[ET.Element], semitones: int) -> None:
    """Make a part sound so many semitones higher than it would."""
    found = [own for measure in measures for own in measure.iterfind("attributes/transpose")]
    for own in found:
        chromatic = own.find("chromatic")
        if chromatic is not None:
            chromatic.text = f"{float(chromatic.text or 0) + semitones:g}"
    first = next((measure.find("attributes") for measure in measures if measure.find("attributes") is not None), None)
    if not found and first is not None:
        element = ET.Element("transpose")
        ET.SubElement(element, "chromatic").text = str(semitones)
        place = next((k for k, child in enumerate(first) if child.tag in AFTER_TRANSPOSE), len(first))
        first.insert(place, element)

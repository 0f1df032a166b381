"""A project of the program Reaper with the stems on tracks, the bars as markers, and the tempo of the performance.

The format is text: a block begins with ``<NAME`` and ends with ``>``, and each line in it is a name with its values.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from scoresep.exports.bars import bar_label
from scoresep.exports.timeline import LEAD_IN, Timeline, timeline
from scoresep.io.stems_reader import StemSet, StemSound

#: What Reaper calls the formats of sound files, by their suffixes; all others are WAVE to it.
SOURCES = {".flac": "FLAC", ".mp3": "MP3", ".ogg": "VORBIS", ".oga": "VORBIS"}
#: The shape of the tempo between two points: it jumps.
SQUARE = 1
#: A time signature is one number: this times the lower number, and the upper one.
METRE_UNIT = 65536


def export_project(stems: StemSet, path: str | Path) -> None:
    """Write a project for Reaper: a track for each stem, a marker for each bar, and the tempo as it is played.

    Parameters
    ----------
    stems : StemSet
        The stems in a folder, by `read_stems`; the project refers to their files.
    path : str or Path
        The file to write (.rpp); one that is there is replaced.

    Notes
    -----
    Without bars in the alignment there are no markers, and the tempo is Reaper's.
    """
    path = Path(path)
    alignment = None if stems.record is None else stems.record.alignment
    line = None if alignment is None or alignment.beats is None else timeline(alignment)
    folder = path.absolute().parent
    lines = ['<REAPER_PROJECT 0.1 "7.0" 0', f"  SAMPLERATE {stems.sample_rate} 1 0"]
    if line is not None:
        lines += [*_tempos(line), *_markers(line)]
    for stem in stems.stems:
        lines += _track(stem, os.path.relpath(stem.path.absolute(), folder))
    path.write_text("\n".join([*lines, ">"]) + "\n", encoding="utf-8")


def _tempos(line: Timeline) -> Iterator[str]:
    """Yield the tempo of the project, and the envelope that changes it at every beat."""
    metres = {bar.position: bar.metre for bar in line.bars}
    first = line.bars[0].metre
    yield f"  TEMPO {line.tempo[0]:.6f} {first[0]} {first[1]}"
    yield "  <TEMPOENVEX"
    yield "    ACT 1 -1"
    before = None
    for position, time, tempo in zip(line.position.tolist(), line.time.tolist(), line.tempo.tolist(), strict=False):
        metre = metres.get(position)
        change = "" if metre in (None, before) else f" {METRE_UNIT * metre[1] + metre[0]}"
        before = metre or before
        yield f"    PT {time:.9f} {tempo:.6f} {SQUARE}{change}"
    yield "  >"


def _markers(line: Timeline) -> Iterator[str]:
    """Yield a marker for each bar."""
    bars = [bar for bar in line.bars if bar.number != LEAD_IN]
    for k, bar in enumerate(bars, start=1):
        yield f'  MARKER {k} {bar.time:.9f} "{bar_label(bar.number, bar.repeat)}" 0'


def _track(stem: StemSound, file: str) -> Iterator[str]:
    """Yield a track with the sound of a stem."""
    yield "  <TRACK"
    yield f"    NAME {_quoted(stem.name)}"
    yield "    <ITEM"
    yield f"      POSITION {stem.first_sample / stem.sample_rate:.9f}"
    yield f"      LENGTH {stem.n_samples / stem.sample_rate:.9f}"
    yield f"      NAME {_quoted(stem.name)}"
    yield f"      <SOURCE {SOURCES.get(stem.path.suffix.lower(), 'WAVE')}"
    yield f"        FILE {_quoted(file)}"
    yield "      >"
    yield "    >"
    yield "  >"


def _quoted(text: str) -> str:
    """Return a text between quotation marks that it does not contain."""
    mark = next((mark for mark in "\"'`" if mark not in text), "`")
    return mark + text.replace(mark, "'") + mark

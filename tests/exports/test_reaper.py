"""Reaper projects: stems on tracks, bars as markers, and a tempo map that leads to every bar."""

import shlex
from pathlib import Path

import numpy as np
import pytest
from performance import performed, scale

from scoresep.exports.reaper import export_project
from scoresep.exports.timeline import timeline
from scoresep.io.stems_reader import StemSet, StemSound
from scoresep.values import SeparationRecord


def parsed(path):
    """Return a project as (name, values, lines and blocks in it)."""
    stack = [("", [], [])]
    for line in path.read_text(encoding="utf-8").splitlines():
        words = shlex.split(line.strip().removeprefix("<"))
        if line.strip().startswith("<"):
            stack.append((words[0], words[1:], []))
        elif line.strip() == ">":
            block = stack.pop()
            stack[-1][2].append(block)
        else:
            stack[-1][2].append((words[0], words[1:], None))
    assert len(stack) == 1
    (project,) = stack[0][2]
    return project


def children(block, name):
    """Return the lines or blocks of a name in a block."""
    return [child for child in block[2] if child[0] == name]


@pytest.fixture
def project(tmp_path):
    """Give a project of two stems, and the timeline of their alignment."""
    alignment = performed(*scale())
    record = SeparationRecord(alignment, ("High",), np.ones((1, 12), np.float32), np.zeros(1))
    stems = [
        StemSound("High", tmp_path / "stems/High.flac", 0, 8000, 1, 1000),
        StemSound("residual", tmp_path / "stems/residual.wav", 2000, 8000, 1, 1000),
    ]
    path = tmp_path / "song.rpp"
    export_project(StemSet(tmp_path / "stems", stems, {}, record), path)
    return parsed(path), timeline(alignment)


def test_stems_are_on_tracks(project):
    tracks = children(project[0], "TRACK")
    assert [children(track, "NAME")[0][1] for track in tracks] == [["High"], ["residual"]]
    items = [children(track, "ITEM")[0] for track in tracks]
    assert [float(children(item, "POSITION")[0][1][0]) for item in items] == [0, 2]
    assert [float(children(item, "LENGTH")[0][1][0]) for item in items] == [8, 8]
    sources = [children(item, "SOURCE")[0] for item in items]
    assert [source[1] for source in sources] == [["FLAC"], ["WAVE"]]
    files = [Path(children(source, "FILE")[0][1][0]).as_posix() for source in sources]
    assert files == ["stems/High.flac", "stems/residual.wav"]


def test_bars_are_markers(project):
    markers = children(project[0], "MARKER")
    assert [marker[1][2] for marker in markers] == ["1", "2", "3", "4"]
    bars = [bar.time for bar in project[1].bars[1:]]
    assert [float(marker[1][1]) for marker in markers] == pytest.approx(bars)


def test_the_tempo_map_leads_to_every_bar(project):
    envelope = children(project[0], "TEMPOENVEX")[0]
    points = [[float(word) for word in point[1]] for point in children(envelope, "PT")]
    time, tempo = np.array([point[:2] for point in points]).T
    position = np.concatenate([[0], np.cumsum(np.diff(time) * tempo[:-1] / 60)])
    for bar in project[1].bars:
        assert np.interp(bar.time, time, position) == pytest.approx(bar.position, abs=1e-4)
    metres = [divmod(int(point[3]), 65536)[::-1] for point in points if len(point) > 3]
    assert metres == list(dict.fromkeys(bar.metre for bar in project[1].bars))


def test_without_an_alignment_there_are_tracks_only(tmp_path):
    stems = StemSet(tmp_path, [StemSound('a "b"', tmp_path / "a.wav", 0, 10, 1, 10)])
    export_project(stems, tmp_path / "song.rpp")
    project = parsed(tmp_path / "song.rpp")
    assert {child[0] for child in project[2]} == {"SAMPLERATE", "TRACK"}

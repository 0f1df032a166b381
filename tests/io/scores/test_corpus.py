"""Whole scores, beside what an independent reader makes of them: partitura for MusicXML, verovio for MEI and kern.

Besides the fixtures these are the scores in the folder that SCORESEP_SCORES names, or every fifth of those in
../shared/data/scores if that is there.  Compared is what stands in the file: every bar once, ornaments as written.
"""

import json
import os
import warnings
from collections import Counter
from pathlib import Path

import pytest

from scoresep.io.scores import read_score
from scoresep.io.scores.notation import _notated
from scoresep.io.scores.ties import join_ties

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "fixtures"
NEAR = ROOT.parent / "shared" / "data" / "scores"
#: Times are compared in so many parts of a quarter: programs round the lengths of irregular groups.
PARTS = 12
#: Scores that partitura reads in another way: how many notes differ, who is right, and why.
DIFFERENCES = {
    # We are: these ties are told by <tied> alone, which partitura takes for slurs of a kind, so it has two notes.
    "chopin-ballades-1": 7,
    "mozart-fantasie_475": 1,
    # Partitura's durations are negative; we let such a note sound as long as it is written.
    "schumann-kreisleriana-3": 4,
}


def corpus():
    """Return the scores to read besides the fixtures."""
    if folder := os.environ.get("SCORESEP_SCORES"):
        return sorted(Path(folder).glob("*.mxl"))
    paths = sorted(NEAR.glob("*.mxl"))
    return [path for k, path in enumerate(paths) if k % 5 == 0 or path.stem in DIFFERENCES]


def ours(path):
    """Return (onset, duration, pitch, staff) of the notes of a score, in quarters from the first one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, score = _notated(path.read_bytes(), path.suffix)
        notes = join_ties(score)
    first = min(note.onset for note in notes)
    return [(note.onset - first, note.offset - note.onset, note.pitch, note.staff) for note in notes]


def theirs(path):
    """Return the same by partitura."""
    partitura = pytest.importorskip("partitura")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [row for part in partitura.load_musicxml(path).parts for row in part.note_array(include_staff=True)]
    first = min(row["onset_quarter"] for row in rows)
    return [(row["onset_quarter"] - first, row["duration_quarter"], row["pitch"], row["staff"]) for row in rows]


def by_verovio(path):
    """Return (onset, pitch) of the notes of a score in quarters, by verovio, with those that are tied to one before."""
    verovio = pytest.importorskip("verovio")
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions({"expandNever": True})
    assert toolkit.loadFile(str(path))
    timemap = toolkit.renderToTimemap({})
    return [
        (moment["qstamp"], toolkit.getMIDIValuesForElement(name)["pitch"])
        for moment in (json.loads(timemap) if isinstance(timemap, str) else timemap)
        for name in moment.get("on", [])
    ]


def differing(one, other):
    """Return how many notes are in one list and not in the other; times may differ by a rounding."""
    left, right = (
        Counter((round(float(o) * PARTS), round(float(d) * PARTS), int(p), int(s)) for o, d, p, s in rows)
        for rows in (one, other)
    )
    missing, extra = left - right, right - left
    for onset, duration, pitch, staff in list(missing.elements()):
        near = [
            (onset + a, duration + b, pitch, staff)
            for a in (0, -1, 1)
            for b in (0, -1, 1)
            if extra[onset + a, duration + b, pitch, staff]
        ]
        if near:
            extra[near[0]] -= 1
            missing[onset, duration, pitch, staff] -= 1
    return max((+missing).total(), (+extra).total())


@pytest.mark.parametrize(
    "path", [FIXTURES / "minuet.musicxml", FIXTURES / "waltz.musicxml", *corpus()], ids=lambda p: p.stem
)
def test_musicxml_is_read_as_partitura_reads_it(path):
    found = differing(ours(path), theirs(path))
    assert found <= DIFFERENCES.get(path.stem, 0) * 2


@pytest.mark.parametrize("name", ["minuet.musicxml", "waltz.musicxml", "minuet.mei", "minuet.krn"])
def test_fixtures_are_read_as_verovio_reads_them(name):
    _, score = _notated((FIXTURES / name).read_bytes(), Path(name).suffix)
    assert sorted((float(note.onset), note.pitch) for note in score.notes) == sorted(by_verovio(FIXTURES / name))


@pytest.mark.parametrize("path", corpus(), ids=lambda path: path.stem)
def test_small_notes_of_piano_scores_are_kept(path):
    """All of these scores are for a piano alone: none of their small notes is a cue of another part."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert len(read_score(path, repeats="found", ornaments="written")) == len(ours(path))
    assert not any("cues" in str(warning.message) for warning in caught)

"""ABC tunes, which music21 turns into MusicXML."""

import importlib.util
import random
from contextlib import suppress

import pytest

from scoresep.errors import InputError
from scoresep.io.scores import abc, read_score

TUNE = """X:1
T:Two voices
M:3/4
L:1/8
Q:1/4=60
K:G
V:1
|: G2 A2 B2 | d4 z2 |1 e6 :|2 (3efg a4 |]
V:2
|: G,6 | D6 |1 C6 :|2 D6 |]
"""
needs_music21 = pytest.mark.skipif(importlib.util.find_spec("music21") is None, reason="needs the extra score")


@needs_music21
def test_voices_repeats_and_endings_are_read(tmp_path):
    (tmp_path / "tune.abc").write_text(TUNE)
    notes = read_score(tmp_path / "tune.abc")
    upper = notes.take(notes.part == 1)
    assert upper.pitch.tolist() == [67, 69, 71, 74, 76, 67, 69, 71, 74, 76, 78, 79, 81]
    assert upper.onset.tolist() == pytest.approx([0, 1, 2, 3, 6, 9, 10, 11, 12, 15, 15 + 1 / 3, 15 + 2 / 3, 16])
    assert notes.take(notes.part == 2).pitch.tolist() == [55, 62, 60, 55, 62, 62]


@needs_music21
@pytest.mark.filterwarnings("ignore::scoresep.errors.ScoresepWarning")
def test_damaged_tunes_are_notes_or_input_errors(tmp_path):
    rng = random.Random(0)
    for _ in range(3):
        text = bytearray(TUNE.encode())
        for _ in range(12):
            text[rng.randrange(len(text))] = rng.randrange(256)
        (tmp_path / "tune.abc").write_bytes(text)
        with suppress(InputError):
            assert len(read_score(tmp_path / "tune.abc"))


def test_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(abc.importlib.util, "find_spec", lambda name: None)
    (tmp_path / "tune.abc").write_text(TUNE)
    with pytest.raises(InputError, match=r"tune.abc: .*ABC needs music21; install it: pip install"):
        read_score(tmp_path / "tune.abc")


@pytest.mark.parametrize(
    ("old", "new", "line"), [("A2", "A99999", 8), ("3/4", "2147483648/4", 3), ("1/8", "99999/8", 4), ("z2", "z1234", 8)]
)
def test_lengths_that_music21_never_ends_with_are_refused(tmp_path, monkeypatch, old, new, line):
    monkeypatch.setattr(abc.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(abc.subprocess, "run", lambda *_, **__: pytest.fail("it went on"))
    (tmp_path / "tune.abc").write_text(TUNE.replace(old, new, 1))
    with pytest.raises(InputError, match=rf"tune.abc: .*ABC line {line} has the number \d+; .* at most 999"):
        read_score(tmp_path / "tune.abc")


@needs_music21
def test_numbers_in_texts_are_no_lengths(tmp_path):
    text = (
        TUNE.replace("T:Two voices", "T:Tune of 1792").replace("G2 A2", '"12345"G2 A2').replace("a4 |]", "a4 |] % 1792")
    )
    (tmp_path / "tune.abc").write_text(text)
    assert len(read_score(tmp_path / "tune.abc")) == 19


@needs_music21
def test_memory_of_the_conversion_is_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(abc, "_MOST_MEMORY", 2**25)
    (tmp_path / "tune.abc").write_text(TUNE)
    with pytest.raises(InputError, match="not ABC that music21 can read"):
        read_score(tmp_path / "tune.abc")

"""A recording that is too long for memory, whose samples stay in its file, gives the same results as any other."""

from pathlib import Path

import pytest
import soundfile
import synth

import scoresep
from scoresep.cli.main import run
from scoresep.io.audio import AudioFile, read_audio


@pytest.fixture
def song(tmp_path, monkeypatch):
    """Give a folder with song.wav and score.mid, eight seconds of two hands, and work in it."""
    monkeypatch.chdir(tmp_path)
    notes = synth.duet()
    soundfile.write("song.wav", synth.tones(notes, channels=2).T, synth.RATE, "PCM_16")
    synth.write_score("score.mid", notes)
    return tmp_path


@pytest.fixture
def from_file(monkeypatch):
    """Give a function after which recordings of the command line stay in their files."""
    kept = lambda *args, **options: read_audio(*args, **options | {"in_memory": 10})  # noqa: E731
    return lambda: monkeypatch.setattr("scoresep.io.recording.read_audio", kept)


def test_stems_are_the_same_and_the_samples_are_never_read_at_once(song, monkeypatch):
    files = read_audio("song.wav", in_memory=10)
    assert isinstance(files, AudioFile)
    wanted = scoresep.separate(read_audio("song.wav"), "score.mid", iterations=2).stems
    monkeypatch.setattr(AudioFile, "samples", property(lambda _: pytest.fail("all samples were read")))
    found = scoresep.separate(files, "score.mid", iterations=2).stems
    assert found.samples.tobytes() == wanted.samples.tobytes()


def test_files_of_all_stages_are_kept(song, from_file):
    words = "separate song.wav score.mid --iterations 1 --minus-one".split()
    assert run([*words, "-o", "memory", "--keep", "kept-memory"]) == 0
    from_file()
    assert run([*words, "-o", "file", "--keep", "kept-file"]) == 0
    for folder in ("memory", "kept-memory"):
        files = [path for path in Path(folder).rglob("*.*") if path.suffix != ".json"]
        assert len(files) >= 4
        for path in files:
            assert path.read_bytes() == Path(str(path).replace("memory", "file")).read_bytes(), path

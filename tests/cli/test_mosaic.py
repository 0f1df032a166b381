"""``scoresep mosaic``."""

import shutil

import numpy as np
import pytest
import soundfile
import synth
from browsing import data_of

import scoresep
from scoresep.cli.main import run
from scoresep.score.selection import select


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Work in a folder with a target, a source, and stems."""
    monkeypatch.chdir(tmp_path)
    score = synth.duet()
    audio = synth.recording(score)
    song = scoresep.separate(audio, score, is_aligned=True, iterations=2)
    selection, fit = select(None, song.alignment.notes), song.decomposition
    record = scoresep.SeparationRecord(song.alignment, selection.names, selection.weights, fit.loss)
    scoresep.write_stems("stems", song.stems, record=record)
    soundfile.write("song.wav", audio.samples.T, audio.sample_rate)
    shutil.copy("song.wav", "source.wav")
    return audio


def test_a_mosaic_is_kept_and_made_sound_again(files, capsys):
    assert run(["mosaic", "song.wav", "source.wav", "--iterations", "3", "--keep", "m.npz", "-o", "m.wav"]) == 0
    assert capsys.readouterr().out == "m.wav\n"
    assert run(["mosaic", "m.npz", "source.wav", "-o", "again.flac"]) == 0
    assert np.array_equal(soundfile.read("m.wav")[0], soundfile.read("again.flac")[0])
    kept = scoresep.load("m.npz", scoresep.Mosaic)
    assert len(kept.loss) == 4


def test_one_group_is_imitated_by_frames_of_its_pitches(files):
    words = ["mosaic", "stems", "source.wav", "--iterations", "3", "--group", "left"]
    assert run([*words, "-o", "left.wav"]) == 0
    assert run([*words, "--score", "stems/separation.npz", "-o", "tuned.wav", "--report"]) == 0
    assert [track["name"] for track in data_of("tuned.html")["tracks"]] == ["target", "mosaic"]
    found, tuned = (soundfile.read(name)[0] for name in ("left.wav", "tuned.wav"))
    assert len(found) == len(tuned) == files.n_samples
    assert not np.array_equal(found, tuned)


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["song.wav", "none.wav", "-o", "m.wav"], 1, "none.wav: no such file"),
        (["song.wav", "source.wav", "-o", "m"], 1, "no suffix"),
        (["song.wav", "source.wav", "-o", "song.wav", "--overwrite"], 1, "would replace"),
        (["stems", "source.wav", "-o", "m.wav"], 2, "--group STEM need each other"),
        (["song.wav", "source.wav", "--group", "left", "-o", "m.wav"], 2, "--group STEM need each other"),
        (["stems", "source.wav", "--group", "lft", "-o", "m.wav"], 1, "no stem 'lft'"),
        (["stems", "source.wav", "--group", "left", "--score", "s.mid", "-o", "m.wav"], 2, "takes the separation.npz"),
        (["stems/separation.npz", "source.wav", "-o", "m.wav"], 1, "wanted mosaic, made by 'scoresep mosaic'"),
        (["song.wav", "source.wav", "--report", "-o", "m.html"], 2, "cannot take two results"),
        (["song.wav", "source.wav", "--polyphony", "-1", "-o", "m.wav"], 2, "polyphony"),
    ],
)
def test_mistakes_are_said_before_anything_is_written(files, error_of, words, status, message):
    assert message in error_of(["mosaic", *words], status)

"""Many songs in one call."""

import json
import os
import shutil
import subprocess
import sys
import time

import pytest

from scoresep.cli import batch
from scoresep.cli.main import run

STEMS = ("left.wav", "right.wav", "residual.wav")


@pytest.fixture
def songs(waltz):
    """Work in a folder with a table of two songs, each of a few seconds."""
    for name in ("one", "two"):
        shutil.copy("song.flac", f"{name}.flac")
        shutil.copy("score.mid", f"{name}.mid")
    (waltz / "songs.csv").write_text(
        "recording,score,groups,out\none.flac,one.mid,hands.yaml,first\ntwo.flac,two.mid\n"
    )
    return waltz


PART = ["--end", "4", "--iterations", "2", "--force"]


def stems_of(folder):
    return [(folder / name).read_bytes() for name in STEMS]


def test_songs_are_separated_as_each_alone(songs, capsys):
    assert run(["separate", "--manifest", "songs.csv", "--jobs", "2", *PART]) == 0
    printed = capsys.readouterr()
    assert sorted(printed.out.split()) == sorted(f"{d}/{s}" for d in ("first", "two_stems") for s in STEMS)
    assert "2 songs separated, 0 failed" in printed.err
    assert run(["separate", "song.flac", "score.mid", "-o", "alone", *PART]) == 0
    assert stems_of(songs / "alone") == stems_of(songs / "first") == stems_of(songs / "two_stems")


def test_one_failure_does_not_stop_the_rest(songs, capsys):
    (songs / "one.flac").write_text("no sound")
    assert run(["separate", "one.flac", "one.mid", "two.flac", "two.mid", "-o", "out", *PART]) == 1
    printed = capsys.readouterr().err
    assert "scoresep: error: one.flac: not a sound file" in printed
    assert "1 songs separated, 1 failed" in printed
    assert sorted(path.name for path in (songs / "out").iterdir()) == ["two_stems"]


def test_resume_leaves_out_what_is_there(songs, capsys):
    words = ["separate", "--manifest", "songs.csv", *PART]
    assert run(words) == 0
    before = (songs / "first/left.wav").stat().st_mtime_ns
    (songs / "two_stems/left.wav").unlink()
    assert run([*words, "--resume", "--overwrite"]) == 0
    assert "1 songs separated, 0 failed, 1 were there already" in capsys.readouterr().err
    assert (songs / "first/left.wav").stat().st_mtime_ns == before
    assert (songs / "two_stems/left.wav").exists()


def test_resume_does_again_what_has_changed(songs, capsys):
    words = ["separate", "--manifest", "songs.csv", "--resume", "--overwrite", *PART]
    assert run(words) == 0
    os.utime(songs / "two.mid", (time.time() + 10,) * 2)
    assert run(words) == 0
    assert "1 songs separated, 0 failed, 1 were there already" in capsys.readouterr().err


def test_resume_serves_one_song_too(songs, capsys):
    words = ["separate", "one.flac", "one.mid", "--resume", *PART]
    assert run(words) == 0
    capsys.readouterr()
    assert run(words) == 0
    assert not capsys.readouterr().out


def test_summaries_are_json(songs, capsys):
    (songs / "two.mid").write_text("no score")
    assert run(["separate", "--manifest", "songs.csv", "--json", *PART]) == 1
    entries = map(json.loads, capsys.readouterr().out.splitlines())
    done = {entry["recording"].split("/")[-1]: entry for entry in entries}
    assert done["one.flac"]["error"] is None
    assert [stem["name"] for stem in done["one.flac"]["stems"]] == ["left", "right", "residual"]
    assert "two.mid" in done["two.flac"]["error"]


def test_folders_are_checked_before_the_work(songs, error_of):
    (songs / "first").mkdir()
    (songs / "first/precious.txt").write_text("mine")
    assert "first: the folder is there already" in error_of(["separate", "--manifest", "songs.csv"])
    assert not (songs / "two_stems").exists()


@pytest.mark.parametrize(
    "words", [[], ["one.flac"], ["one.flac", "one.mid", "two.flac"], ["one.flac", "one.mid", "--manifest", "songs.csv"]]
)
def test_pairs_or_a_table_are_wanted(songs, error_of, words):
    assert "Name a recording and its score" in error_of(["separate", *words], status=2)


def test_the_same_folder_twice_is_refused(songs, error_of):
    words = ["separate", "one.flac", "one.mid", "one.flac", "two.mid"]
    assert "is the folder for both" in error_of(words)


def test_a_cluster_that_is_not_there_is_said(songs, error_of, monkeypatch):
    pytest.importorskip("distributed", reason="Dask is not installed")
    monkeypatch.setattr(batch, "CLUSTER_TIMEOUT", 1.0)
    words = ["-q", "separate", "--manifest", "songs.csv", "--cluster", "tcp://localhost:1"]
    assert "there is no cluster" in error_of(words)


def test_a_dask_cluster_of_two_workers_does_the_work(songs):
    pytest.importorskip("distributed", reason="Dask is not installed")
    code = (
        "import sys\n"
        "from distributed import LocalCluster\n"
        "from scoresep.cli.main import run\n"
        "if __name__ == '__main__':\n"
        "    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:\n"
        "        sys.exit(run(['separate', '--cluster', cluster.scheduler_address, *sys.argv[1:]]))\n"
    )
    (songs / "work.py").write_text(code)
    words = ["--manifest", "songs.csv", *PART]
    done = subprocess.run([sys.executable, "work.py", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 songs separated, 0 failed" in done.stderr
    assert run(["separate", "song.flac", "score.mid", "-o", "alone", *PART]) == 0
    assert stems_of(songs / "alone") == stems_of(songs / "first") == stems_of(songs / "two_stems")


def test_files_to_keep_of_two_songs_of_one_name_are_refused(songs, error_of):
    for folder in ("a", "b"):
        (songs / folder).mkdir()
        shutil.copy("song.flac", songs / folder / "song.flac")
    words = ["separate", "a/song.flac", "score.mid", "b/song.flac", "score.mid"]
    (songs / "songs.csv").write_text("recording,score,out\na/song.flac,score.mid,one\nb/song.flac,score.mid,two\n")
    words = ["separate", "--manifest", "songs.csv", "--keep", "kept", "--jobs", "2", *PART]
    assert "a/song.flac has the same name" in error_of(words)
    assert not any((songs / name).exists() for name in ("one", "two", "kept"))


def test_files_to_keep_are_checked_before_the_work(songs, error_of):
    (songs / "kept").mkdir()
    (songs / "kept/two.masks.npz").write_text("mine")
    words = ["separate", "--manifest", "songs.csv", "--keep", "kept", *PART]
    assert "kept/two.masks.npz: is there already" in error_of(words)
    assert not (songs / "first").exists()


@pytest.mark.parametrize(
    ("folder", "says"),
    [("song.flac/such", "song.flac is a file, not a folder"), ("song.flac", "song.flac: is a file; -o names a folder")],
)
@pytest.mark.parametrize("pairs", [["one.flac", "one.mid"], ["one.flac", "one.mid", "two.flac", "two.mid"]])
@pytest.mark.parametrize("overwrite", [[], ["--overwrite"]])
def test_a_folder_that_cannot_be_made_is_said_before_the_work(songs, error_of, pairs, folder, says, overwrite):
    before = {path: path.read_bytes() for path in songs.iterdir()}
    assert says in error_of(["separate", *pairs, "-o", folder, *overwrite, *PART])
    assert {path: path.read_bytes() for path in songs.iterdir()} == before


def test_no_empty_folder_is_left(songs, capsys):
    assert run(["separate", "one.flac", "one.mid", "one.flac", "two.mid", "-o", "out", *PART]) == 1
    assert not (songs / "out").exists()
    for name in ("one.flac", "two.flac"):
        (songs / name).write_text("no sound")
    assert run(["separate", "one.flac", "one.mid", "two.flac", "two.mid", "-o", "out", *PART]) == 1
    assert not (songs / "out").exists()


def test_the_summary_of_one_finished_song_is_printed(songs, capsys):
    words = ["separate", "one.flac", "one.mid", "--json", *PART]
    assert run(words) == 0
    first = json.loads(capsys.readouterr().out)
    assert run([*words, "--resume"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == first
    assert printed.err == "one_stems was there already\n"


def test_one_shape_of_json_for_a_song_and_for_several_finished_or_failed(songs, capsys):
    words = ["separate", "--manifest", "songs.csv", "--json", "--resume", *PART]
    assert run(words) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert run(words) == 0
    finished = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(len(entry["stems"]), entry["error"]) for entry in finished] == [(3, None)] * 2
    (songs / "two.mid").write_text("no score")
    assert run(["separate", "two.flac", "two.mid", "-o", "x", "--json", *PART]) == 1
    (failed,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert failed["recording"] == "two.flac"
    assert "two.mid" in failed["error"]


def test_an_outdated_song_does_not_stop_the_others(songs, capsys):
    words = ["separate", "--manifest", "songs.csv", "--resume", *PART]
    shutil.copy("one.flac", "three.flac")
    assert run(["separate", "one.flac", "one.mid", "-o", "first", *PART]) == 0
    os.utime(songs / "one.mid", (time.time() + 10,) * 2)
    assert run(words) == 1
    shown = capsys.readouterr().err
    assert "first: is older than one.mid; --overwrite makes it anew" in shown
    assert "1 songs separated, 1 failed" in shown
    assert (songs / "two_stems/left.wav").exists()


def test_resume_says_that_stems_of_other_options_are_kept(songs, capsys):
    words = ["separate", "one.flac", "one.mid", "--resume", *PART]
    assert run(words) == 0
    assert run(words) == 0
    assert "other options" not in capsys.readouterr().err
    assert run([*words, "--exponent", "2"]) == 0
    assert "one_stems: has the results of other options (--exponent)" in capsys.readouterr().err


def test_folders_of_folders_are_made(songs):
    assert run(["separate", "--manifest", "songs.csv", "-o", "a/b", *PART]) == 0
    assert (songs / "a/b/two_stems/left.wav").exists()

"""E. Disks, signals, memory and terminals."""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from scoresep.cli.main import run

SEPARATE = ["separate", "song.wav", "score.mid", "-o", "out"]
STEMS = {"left.wav", "right.wav", "residual.wav"}


def process(words, **kwargs):
    """Start the command in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "scoresep", *words], stderr=subprocess.PIPE, text=True, **kwargs)


def test_38_full_disk(song, answer, monkeypatch):
    """A disk without room for the stems: said before the work."""
    usage = SimpleNamespace(free=200_000)
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    answer(SEPARATE, status=1, says="out: needs 0 MB, 0 MB are free on its disk; make room")


def test_38_quota(song, answer):
    """A limit on the size of files, met while writing: no half file is left."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))  # noqa: E731
    answer(SEPARATE, status=1, says="cannot be written", in_process=False, preexec_fn=limit)
    answer("stft song.wav -o x.npz", status=1, says="x.npz: cannot be written", in_process=False, preexec_fn=limit)
    assert not Path("out").exists()
    assert not Path("x.npz").exists()


def test_38_no_right_to_write(song, answer, monkeypatch):
    """A folder that may not be written to."""
    monkeypatch.setattr("os.access", lambda path, mode: False)
    answer(SEPARATE, status=1, says="cannot be written to")


def test_38_full_device(song, answer):
    """A device for an output, and standard output on a full disk."""
    answer("stft song.wav -o /dev/full", status=1, says="is neither a file nor a folder")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "scoresep", *SEPARATE], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_38_output_is_there(song, answer):
    """An output that is there already, or a file of the user's under a stem's name."""
    Path("out").mkdir()
    Path("out/left.wav").write_text("mine")
    answer(SEPARATE, status=1, says="--overwrite")
    answer([*SEPARATE, "--overwrite"], status=1, says="out/left.wav: is there already, but not made by scoresep")
    assert Path("out/left.wav").read_text() == "mine"


@pytest.mark.parametrize("name", ["separation.npz", "report.html", "notes.csv", "stems.json"])
def test_38_file_of_somebody_else(song, answer, monkeypatch, name):
    """A file of the user's under the name of one that comes with the stems: found before the work."""
    monkeypatch.setattr("scoresep.pipeline.align", lambda *_, **__: pytest.fail("it went to work"))
    Path("out").mkdir()
    Path("out", name).write_text("mine")
    Path("notes.yaml").write_text("note: {each: note}\n")
    words = [*SEPARATE, "--overwrite", "--report", "--groups", "notes.yaml"]
    answer(words, status=1, says=f"out/{name}: is there already, but not made by scoresep; move it away")
    assert Path("out", name).read_text() == "mine"


@pytest.mark.parametrize(
    "words",
    [
        "stft song.wav -o song.wav",
        "align song.wav score.mid -o score.mid",
        "align song.wav score.mid -o x.npz --csv song.wav",
        "separate song.wav score.mid -o . --groups song.yaml",
        "plot s.npz -o s.npz.png --end 2",
    ],
)
def test_38_output_is_an_input(song, answer, words):
    """An output in the place of an input, even with --overwrite."""
    Path("song.yaml").write_text("song: {part: Left hand}\n")
    assert run("stft song.wav -o s.npz".split()) == 0
    Path("s.npz.png").symlink_to("s.npz")
    before = {path.name: path.read_bytes() for path in song.iterdir()}
    answer([*words.split(), "--overwrite"], status=1)
    assert {path.name: path.read_bytes() for path in song.iterdir()} == before


def test_38_stem_as_a_recording(song, answer):
    """A stem of an earlier run as the recording of the next into the same folder."""
    answer(SEPARATE)
    answer(
        "separate out/left.wav score.mid -o out --overwrite", status=1, says="would replace out/left.wav, which is read"
    )


def test_38_two_results_in_one_file(song, answer):
    """One file for two results."""
    answer("align song.wav score.mid -o x --csv x", status=2, says="x cannot take two results")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda sent: sent.name)
@pytest.mark.parametrize("before", [False, True], ids=["first", "again"])
def test_39_killed(song, sent, before):
    """Ctrl-C, SIGTERM or kill -9 at a random time: old or new stems or none, and the next run sweeps up."""
    rng = random.Random(sent.value)
    if before:
        assert run([*SEPARATE, "--iterations", "1"]) == 0
    running = process([*SEPARATE, "--iterations", "400", "--overwrite"])
    time.sleep(rng.uniform(0.5, 2.0))
    running.send_signal(sent)
    running.communicate(timeout=30)
    statuses = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}
    assert running.returncode in (0, statuses[sent], -sent, 1 if sent == signal.SIGINT else 0)
    if Path("out").exists():
        assert all(len(soundfile.read(path)[0]) == 64_000 for path in Path("out").glob("*.wav"))
    assert run([*SEPARATE, "--iterations", "1", "--overwrite"]) == 0
    assert {path.name for path in Path("out").glob("*.wav")} == STEMS
    assert [path.name for path in song.rglob(".*")] == []


def test_39_what_a_killed_run_has_left(song, answer):
    """Hidden files of a run that was killed: removed by the next; those of one that still works stay."""
    fcntl = pytest.importorskip("fcntl")
    for name in (".out.scoresep-abandon", ".out.scoresep-at_work"):
        Path(name).mkdir()
        (Path(name) / "left.wav").write_text("half")
    handle = os.open(".out.scoresep-at_work", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    assert run(SEPARATE) == 0
    assert [path.name for path in song.glob(".*")] == [".out.scoresep-at_work"]
    os.close(handle)


def test_39_cut_off_while_replacing(song, answer, monkeypatch):
    """A run that is killed while it replaces the stems of another: they are made anew, and nothing old is left."""
    Path("low.yaml").write_text("low: {pitch: ..C4}\n")
    assert run([*SEPARATE, "--groups", "low.yaml"]) == 0
    moved = Path.replace

    def stop(path, target):
        if Path(target).name == "residual.wav":
            raise KeyboardInterrupt
        return moved(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", stop)
        assert run([*SEPARATE, "--overwrite"]) == 130
    assert "stems" not in json.loads(Path("out/stems.json").read_text())
    answer([*SEPARATE, "--overwrite", "--resume"])
    assert {path.name for path in Path("out").glob("*.wav")} == STEMS


def test_39_two_runs_on_one_folder(song):
    """Two processes with one folder: one of them puts its stems there, the other says so."""
    running = [process([*SEPARATE, "--iterations", "20"]) for _ in range(2)]
    said = [one.communicate(timeout=60)[1] for one in running]
    assert sorted(one.returncode for one in running) == [0, 1]
    assert any("another run has put its files there meanwhile" in text or "is there already" in text for text in said)
    assert {path.name for path in Path("out").glob("*.wav")} == STEMS
    assert [path.name for path in song.glob(".*")] == []


def test_39_resumed_run_gives_the_same_bits(song):
    """Some of two songs, then the rest: bytewise what one run gives."""
    shutil.copy("song.wav", "two.wav")
    words = ["separate", "song.wav", "score.mid", "two.wav", "score.mid", "--iterations", "2"]
    assert run([*words, "-o", "whole"]) == 0
    assert run([*words, "-o", "parts"]) == 0
    shutil.rmtree("parts/two_stems")
    assert run([*words, "-o", "parts", "--resume"]) == 0
    for stem in Path("whole").glob("*/*.wav"):
        assert stem.read_bytes() == (Path("parts") / stem.relative_to("whole")).read_bytes()


def test_40_little_memory(song, answer):
    """Too little memory."""

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (600_000_000, 600_000_000))

    soundfile.write("song.wav", np.zeros((20_000_000, 2), np.int16), 44100, "PCM_16")
    answer(SEPARATE, status=1, says="out of memory; take a part", in_process=False, preexec_fn=limit)
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "LANG": "C"},
        {"PYTHONIOENCODING": "ascii"},
        {"HOME": "", "XDG_CACHE_HOME": "/nowhere", "MPLCONFIGDIR": ""},
        {"NO_COLOR": "1", "TERM": "dumb"},
        {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "error"},
    ],
    ids=",".join,
)
def test_40_plain_environment(song, answer, environment):
    """LANG=C, an ASCII terminal, no HOME, NO_COLOR, read-only packages: no rubbish in what is printed."""
    shutil.copy("song.wav", "Übung.wav")
    known = {key: value for key, value in os.environ.items() if key != "HOME"}
    found = answer("separate Übung.wav score.mid -o out", in_process=False, env=known | environment)
    assert found.out.split() == [f"out/{name}" for name in ("left.wav", "right.wav", "residual.wav")]
    assert found.err == ""
    found = answer("align Übung.wav score.mid --csv -", in_process=False, env=known | environment)
    assert found.out.startswith("onset,offset,pitch")


def test_40_closed_standard_output(song):
    """Standard output that is closed (scoresep … | head)."""
    command = f"{sys.executable} -m scoresep {' '.join(SEPARATE)} | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert {path.name for path in Path("out").glob("*.wav")} == STEMS


def test_40_one_bad_song_among_many(song, answer):
    """One bad song in a batch: the others are separated, and the summary says which failed."""
    Path("bad.wav").write_text("no sound")
    shutil.copy("song.wav", "two.wav")
    words = "separate song.wav score.mid bad.wav score.mid two.wav score.mid -o many --iterations 1"
    found = answer(words, status=1, says="2 songs separated, 1 failed")
    assert "scoresep: error: bad.wav: not a sound file" in found.err
    assert sorted(path.name for path in Path("many").iterdir()) == ["song_stems", "two_stems"]


def test_40_thousands_of_notes_in_few_files(song, answer):
    """A stem of full length for each note, and few files that may be open at once."""
    Path("notes.yaml").write_text("note: {each: note}\n")

    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

    words = [*SEPARATE, "--groups", "notes.yaml", "--full-length", "--minus-one", "--iterations", "1"]
    answer(words, in_process=False, preexec_fn=limit)
    stems = sorted(Path("out").glob("*.wav"))
    assert len(stems) == 22
    recording = soundfile.read("song.wav", dtype="int16")[0].astype(int)
    assert np.array_equal(sum(soundfile.read(stem, dtype="int16")[0].astype(int) for stem in stems), recording)
    single = soundfile.read(stems[0], dtype="int16")[0].astype(int)
    assert np.array_equal(
        soundfile.read(Path("out/minus-one") / f"without-{stems[0].name}", dtype="int16")[0] + single, recording
    )

"""D. Files of the stages that are damaged, crafted or of another song."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
import synth

from scoresep.cli.main import run

MASK, RENDER = "mask s.parts.npz -o x.npz", "render s.stft.npz s.masks.npz -o out"


@pytest.fixture
def stages(song):
    """Give the files of all stages."""
    words = "stft song.wav -o s.stft.npz align score.mid -o s.align.npz decompose --iterations 1 -o s.parts.npz"
    assert run([*words.split(), "mask", "-o", "s.masks.npz"]) == 0
    return song


def change(name, **arrays):
    """Replace arrays of a file."""
    with np.load(name) as file:
        kept = dict(file)
    np.savez(name, **(kept | arrays))


def member(shape, data=b"", descr="<f4"):
    """Return the bytes of an array that declares a shape."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": descr, "fortran_order": False, "shape": shape})
    return header.getvalue() + data


def test_36_no_archive_or_half_of_one(stages, answer):
    """A file that is no archive, or only half of one."""
    content = Path("s.parts.npz").read_bytes()
    for damaged in (b"", b"dear reader", content[: len(content) // 2]):
        Path("s.parts.npz").write_bytes(damaged)
        answer(MASK, status=1, says="s.parts.npz: not a sound .npz file")


def test_36_pickled_objects(stages, answer):
    """An archive with pickled objects: nothing is unpickled."""
    np.savez("s.parts.npz", templates=np.array([print], object), kind="decomposition")
    answer(MASK, status=1, says="is pickled")


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_36_more_than_it_holds(stages, answer, compression):
    """A file that declares 10^12 numbers, or unpacks to a hundred times its size and more."""
    with zipfile.ZipFile("s.parts.npz", "w", compression) as archive:
        archive.writestr("templates.npy", member((10**12,)))
    answer(MASK, status=1, says="has another size than it declares")
    with (
        zipfile.ZipFile("s.parts.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("templates.npy", "w") as file,
    ):
        file.write(member((2**28 + 2**18,)))
        for _ in range(1025):
            file.write(bytes(2**20))
    answer(MASK, status=1, says="unpacks to 107")


def test_36_members_that_climb(stages, answer):
    """Members named ../../x: nothing is ever unpacked to a file."""
    with zipfile.ZipFile("s.parts.npz", "a") as archive:
        archive.writestr("../../climbed.npy", member((1,), bytes(4)))
    answer(MASK)
    assert not (stages.parent.parent / "climbed.npy").exists()


@pytest.mark.parametrize(
    ("file", "changed", "command"),
    [
        ("s.parts.npz", {"templates": np.full((1, 5, 5), np.nan, "f4")}, MASK),
        ("s.parts.npz", {"templates": np.ones((1, 5, 5), "f4")}, MASK),
        ("s.parts.npz", {"transform.hop": np.array(0)}, MASK),
        ("s.parts.npz", {"transform.hop": np.array(-5)}, MASK),
        ("s.parts.npz", {"transform.n_fft": np.array(2**40)}, MASK),
        ("s.parts.npz", {"loss": np.zeros(0)}, MASK),
        ("s.parts.npz", {"gates.end": np.full(42, 10**9)}, MASK),
        ("s.parts.npz", {"gates.begin": np.full(42, -1)}, MASK),
        ("s.parts.npz", {"gates.instrument": np.full(21, 7)}, MASK),
        ("s.parts.npz", {"version": np.array(99)}, MASK),
        ("s.stft.npz", {"transform.hop": np.array(0)}, RENDER),
        ("s.stft.npz", {"first_frame": np.array(-1)}, RENDER),
        ("s.stft.npz", {"audio.sample_rate": np.array(-1)}, RENDER),
        ("s.masks.npz", {"names": np.array('["../../up", "right", "residual"]')}, RENDER),
        ("s.masks.npz", {"names": np.array('["left", "left", "residual"]')}, RENDER),
        ("s.masks.npz", {"note": np.array([99, 5, -1])}, RENDER),
    ],
    ids=str,
)
def test_36_values_that_no_stage_has_made(stages, answer, file, changed, command):
    """Values that no stage has made: NaN, wrong shapes, hop 0, gates beyond the end, names that leave the folder."""
    change(file, **changed)
    answer(command, status=1, says=f"scoresep: error: {file}: ")
    assert not Path("out").exists()


def test_37_files_of_two_songs(stages, answer):
    """Files of two songs in one chain."""
    samples, _ = soundfile.read("song.wav")
    soundfile.write("other.wav", samples[::-1], synth.RATE, "PCM_16")
    assert run("stft other.wav -o o.stft.npz".split()) == 0
    answer("decompose o.stft.npz s.align.npz -o x.npz", status=1, says="the alignment is of another recording")
    answer("render o.stft.npz s.masks.npz -o out", status=1, says="the masks are of another recording")


def test_37_files_of_two_transforms(stages, answer):
    """Files of one song, but of other window lengths."""
    assert run("stft song.wav --n-fft 1024 -o o.stft.npz".split()) == 0
    answer("render o.stft.npz s.masks.npz -o out", status=1, says="the masks are of another STFT")


def test_a_pipe_that_breaks_blames_the_command_before(stages):
    done = subprocess.run(
        [sys.executable, "-m", "scoresep", "mask", "-", "-o", "x.npz"], input=b"", capture_output=True, check=False
    )
    assert done.returncode == 1
    assert b"the command before has failed" in done.stderr

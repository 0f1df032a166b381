"""Sound of phones, read with ffmpeg where that is installed."""

import os
import shutil
import sys

import numpy as np
import pytest
import soundfile

from scoresep.errors import InputError
from scoresep.io.audio import read_audio


@pytest.fixture
def ffmpeg(tmp_path, monkeypatch):
    """Put a program named ffmpeg on the path: it copies its input, and fails if that is empty."""
    program = tmp_path / "bin" / "ffmpeg"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\nimport sys, shutil\n"
        "source = sys.argv[sys.argv.index('-i') + 1].removeprefix('file:')\n"
        "sys.exit(1) if not open(source, 'rb').read(1) else shutil.copy(source, sys.argv[-1])\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def test_sound_of_a_phone_is_read_with_ffmpeg(ffmpeg, tmp_path):
    samples = np.sin(np.arange(4000) / 10)
    soundfile.write(tmp_path / "song.wav", samples, 8000)
    shutil.move(tmp_path / "song.wav", tmp_path / "song.m4a")
    found = read_audio(tmp_path / "song.m4a", start=0.1)
    assert np.allclose(found.samples[0], samples[800:], atol=1e-4)


def test_what_ffmpeg_cannot_read_is_said_to_be_no_sound_file(ffmpeg, tmp_path):
    (tmp_path / "song.m4a").write_bytes(b"")
    with pytest.raises(InputError, match="not a sound file that can be read"):
        read_audio(tmp_path / "song.m4a")

"""Commands as texts show them, run in a shell, and the files that they name."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import soundfile

ROOT = Path(__file__).parent.parent
#: A block of code in Markdown: its language and its text.
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
#: How the lines begin that are commands, not their output.
STARTS = ("scoresep", "printf")


def songs(folder):
    """Put the files into a folder that commands name; return it."""
    samples, rate = soundfile.read(ROOT / "fixtures/waltz.flac", always_2d=True, dtype="int16")
    soundfile.write(folder / "song.wav", samples, rate)
    shutil.copy(ROOT / "fixtures/waltz.mid", folder / "score.mid")
    shutil.copy(ROOT / "fixtures/hands.yaml", folder)
    samples, rate = soundfile.read(ROOT / "fixtures/groove.flac", always_2d=True, dtype="int16")
    soundfile.write(folder / "band.wav", samples, rate)
    shutil.copy(ROOT / "fixtures/groove.mid", folder / "band.mid")
    samples, rate = soundfile.read(ROOT / "fixtures/trio.flac", always_2d=True, dtype="int16")
    soundfile.write(folder / "choir.wav", samples, rate)
    shutil.copy(ROOT / "fixtures/trio.musicxml", folder / "choir.musicxml")
    shutil.copytree(ROOT / "fixtures/stems", folder / "true_stems")
    shutil.copy(ROOT / "fixtures/truth.csv", folder / "true_notes.csv")
    return folder


def run(command, folder):
    """Run a shell command with this environment's scoresep."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr

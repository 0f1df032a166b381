"""What the tests of faults share: a small song, and a command line whose answers can be written down.

With the environment variable ``FAULTS_TABLE`` set, all commands and answers are added to that file, a line of JSON
each; `benchmarks/faults.py` makes the table of docs/faults.md of them.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile
import synth
from synth import write_score

from scoresep.cli.main import run

STEMS = ("left.wav", "right.wav", "residual.wav")


@pytest.fixture
def song(tmp_path, monkeypatch):
    """Give a folder with song.wav, eight seconds of two hands, score.mid and hands.yaml, and work in it."""
    monkeypatch.chdir(tmp_path)
    notes = synth.duet()
    soundfile.write("song.wav", synth.tones(notes).T, synth.RATE, "PCM_16")
    write_score("score.mid", notes)
    Path("hands.yaml").write_text("left: {part: Left hand}\nright: {part: Right hand}\n")
    return tmp_path


@dataclass
class Answer:
    """What a command has printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def warnings(self):
        """The warnings, without what stands before each."""
        return [line.partition("warning: ")[2] for line in self.err.splitlines() if "warning: " in line]


@pytest.fixture
def answer(song, capsys, request):
    """Give a function that runs a command and returns its answer, which must be in whole lines and no traceback."""

    def ask(words, *, status=0, says="", in_process=True, **kwargs):
        words = words.split() if isinstance(words, str) else words
        if in_process:
            capsys.readouterr()
            found = Answer(run(words), *capsys.readouterr())
        else:
            done = subprocess.run(
                [sys.executable, "-m", "scoresep", *words], capture_output=True, check=False, **kwargs
            )
            found = Answer(done.returncode, *(text.decode(errors="replace") for text in (done.stdout, done.stderr)))
        note(request, words, found)
        assert found.status == status, found.err
        assert says in found.err, found.err
        assert "Traceback" not in found.err
        assert "unexpected" not in found.err, found.err
        errors = [line for line in found.err.splitlines() if line.startswith("scoresep: error: ")]
        assert len(errors) <= 1
        assert bool(errors) == (status in (1, 2)) or "failed" in found.err
        assert leftovers(song) == []
        return found

    return ask


def leftovers(folder):
    """Return the hidden files and folders that a run should have removed."""
    return [path for path in folder.rglob(".*") if "scoresep-" in path.name]


def note(request, words, found):
    """Write a command and its answer down."""
    if "FAULTS_TABLE" not in os.environ:
        return
    number = re.match(r"test_(\d\d)_", request.node.name)
    if not number:
        return
    record = {
        "number": int(number[1]),
        "fault": " ".join(request.function.__doc__.split()),
        "command": " ".join(["scoresep", *words]),
        "printed": found.err.strip() or found.out.strip(),
        "status": found.status,
    }
    text = json.dumps(record, ensure_ascii=True).replace(str(Path.cwd()), ".")
    with Path(os.environ["FAULTS_TABLE"]).open("a", encoding="utf-8") as table:
        table.write(f"{text}\n")

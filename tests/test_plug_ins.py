"""Another package adds a backend, an instrument model, a command and a score reader by its entry points alone."""

import os
import subprocess
import sys

import pytest

from scoresep.io.scores import read_score

MODULE = '''
import dataclasses
import click
from scoresep.backends.nmf import NMF
from scoresep.model.instrument_models.harmonic import SUSTAINED


@dataclasses.dataclass(frozen=True)
class Options:
    boldness: float = dataclasses.field(default=1.0, metadata={"help": "How bold it is."})


class Backend:
    knows_sources = False
    options = Options

    def fit(self, problem, options, on_iteration=None):
        return NMF.fit(dataclasses.replace(problem, iterations=int(options.boldness)), None, on_iteration)

    def fit_activations(self, problem, encoder):
        return NMF.fit_activations(problem, encoder)


BACKEND = Backend()
THEREMIN = dataclasses.replace(SUSTAINED, name="theremin", has_onset=True)


@click.command()
@click.pass_obj
def greet(session):
    """Greet."""
    yield
    click.echo("hello")
'''
READER = '''
from scoresep.errors import InputError
from scoresep.io.scores.contract import ScoreContent, Section
from scoresep.values import Notes


def read_toy(path, content, *, ornaments):
    """Read lines of onset, offset and pitch."""
    rows = []
    for number, line in enumerate(content.decode().splitlines(), start=1):
        try:
            onset, offset, pitch = map(float, line.split())
        except ValueError as error:
            raise InputError(f"{path}, line {number}: wanted onset, offset and pitch, not '{line}'") from error
        rows.append({"onset": onset, "offset": offset, "pitch": int(pitch), "part": 1})
    twice = (Section(0.0, 1.5, "1", "1"), Section(0.0, 1.5, "1", "1"), Section(1.5, 99.0, "2", "9"))
    once = (Section(0.0, 99.0, "1", "9"),)
    return ScoreContent("toy notation", Notes.from_rows(rows, ("Toy",)), {"written": once, "none": once, "all": twice})
'''
ENTRY_POINTS = """
[scoresep.backends]
bold = plugged:BACKEND
[scoresep.instrument_models]
theremin = plugged:THEREMIN
[scoresep.commands]
greet = plugged:greet
[scoresep.score_readers]
toy = plugged_reader:read_toy
mid = plugged_reader:read_toy
old = no_such_module:read
"""


@pytest.fixture
def plugged(waltz):
    """Install a small package that has one of each; work beside the waltz."""
    site = waltz / "site"
    metadata = site / "plugged-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "plugged.py").write_text(MODULE)
    (site / "plugged_reader.py").write_text(READER)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: plugged\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)

    def run(words, start="-m scoresep"):
        """Run a command line, or with "-c" a program."""
        places = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
        return subprocess.run(
            [sys.executable, *start.split(), *([words] if start == "-c" else words.split())],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(places)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_a_backend_is_found_with_its_options(plugged):
    assert "--boldness" in plugged("decompose --help").stdout
    done = plugged("separate song.flac score.mid --backend bold --boldness 2 -o stems --json")
    assert done.returncode == 0, done.stderr
    assert '"boldness": 2.0' in done.stdout
    assert '"iterations": 25' in done.stdout
    refused = plugged("separate song.flac score.mid --boldness 2 -o other")
    assert "the backend nmf has no option boldness; those that have it are bold" in refused.stderr


def test_an_instrument_model_is_found_by_its_name(plugged):
    done = plugged("separate song.flac score.mid --instrument theremin -o stems --json")
    assert done.returncode == 0, done.stderr
    assert '"theremin"' in done.stdout


def test_a_command_is_found(plugged):
    assert "greet" in plugged("--help").stdout
    assert plugged("greet").stdout == "hello\n"


@pytest.fixture
def toy(waltz):
    """Write the waltz as a toy score, and return its lines."""
    score = read_score(waltz / "score.mid")
    lines = [
        f"{onset} {offset} {pitch}\n"
        for onset, offset, pitch in zip(score.onset, score.offset, score.pitch, strict=True)
    ]
    (waltz / "song.toy").write_text("".join(lines))
    return lines


def test_a_score_reader_is_found_by_the_ending_of_the_file(plugged, toy):
    done = plugged("inspect song.toy")
    assert done.returncode == 0, done.stderr
    assert f"song.toy: toy notation, {len(toy)} notes" in done.stdout
    assert "all: bars 1, 1, 2-9" in done.stdout
    done = plugged("separate song.flac song.toy -o stems --json --iterations 2")
    assert done.returncode == 0, done.stderr
    assert f'"notes": {len(toy)}' in done.stdout


def test_what_a_score_reader_refuses_is_one_line(plugged, toy, waltz):
    (waltz / "song.toy").write_text("0 1 60\n1 2 C4\n")
    done = plugged("inspect song.toy")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "scoresep: error: song.toy, line 2: wanted onset, offset and pitch, not '1 2 C4'\n"


def test_a_score_reader_does_not_replace_ours_and_is_imported_only_when_it_reads(plugged, toy, waltz):
    assert "MIDI, 118 notes" in plugged("inspect score.mid").stdout
    (waltz / "song.txt").write_text("")
    assert ".abc .csv .old .toy" in plugged("inspect song.txt").stderr
    code = (
        "import sys, scoresep; from scoresep.io.scores import score_suffixes; assert '.toy' in score_suffixes();"
        "scoresep.read_score('score.mid'); assert 'plugged_reader' not in sys.modules;"
        "assert len(scoresep.read_score('song.toy')) == 118; assert 'plugged_reader' in sys.modules"
    )
    done = plugged(code, start="-c")
    assert done.returncode == 0, done.stderr


def test_a_score_reader_that_cannot_be_imported_is_named(plugged, waltz):
    (waltz / "song.old").write_text("")
    done = plugged("inspect song.old")
    assert done.returncode == 1
    assert "song.old: its reader no_such_module:read cannot be imported (" in done.stderr
    assert "update or remove its package" in done.stderr


def test_what_nobody_has_added_is_refused(plugged):
    assert "nmf, nmfd, gradient, nae, nae-multiplicative, torch, bold" in plugged(
        "separate song.flac score.mid --backend meek"
    ).stderr.replace("'", "")

"""Another package adds a backend, an instrument model and a command by its entry points, without a change of ours."""

import os
import subprocess
import sys

import pytest

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
ENTRY_POINTS = """
[scoresep.backends]
bold = plugged:BACKEND
[scoresep.instrument_models]
theremin = plugged:THEREMIN
[scoresep.commands]
greet = plugged:greet
"""


@pytest.fixture
def plugged(waltz):
    """Install a small package that has one of each; work beside the waltz."""
    site = waltz / "site"
    metadata = site / "plugged-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "plugged.py").write_text(MODULE)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: plugged\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)

    def run(words):
        places = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
        return subprocess.run(
            [sys.executable, "-m", "scoresep", *words.split()],
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


def test_what_nobody_has_added_is_refused(plugged):
    assert "nmf, gradient, nae, nae-multiplicative, torch, bold" in plugged(
        "separate song.flac score.mid --backend meek"
    ).stderr.replace("'", "")

"""Commands of other packages."""

import importlib
import json
import sys

import pytest

from scoresep.cli import commands
from scoresep.cli.main import run

MODULE = """
import click

from scoresep.cli.arguments import Command, Stage


@click.command(cls=Command)
@click.argument("song")
@click.pass_obj
def sing(session, song):
    click.echo(f"checked {song}")
    yield
    click.echo(f"sang {song}")


@click.command(cls=Stage)
@click.pass_obj
def count(session):
    spectrogram = session.resolve_input("spectrogram", None, None, "a spectrogram")
    yield
    click.echo(spectrogram().stft.shape[0])


@click.command()
def plain():
    click.echo("plain")


number = 3
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a small package with commands of its own."""
    (tmp_path / "singing.py").write_text(MODULE)
    info = tmp_path / "singing-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: singing\nVersion: 1.0\n")
    names = {name: f"singing:{name}" for name in ("sing", "count", "plain", "number", "missing")}
    names |= {"separate": "singing:sing", "absent": "no_such_module:command"}
    lines = "".join(f"{name} = {target}\n" for name, target in names.items())
    (info / "entry_points.txt").write_text(f"[scoresep.commands]\n{lines}")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    commands.plugins.cache_clear()
    yield
    commands.plugins.cache_clear()
    sys.modules.pop("singing", None)


def test_help_names_commands_without_importing_them(package, capsys):
    assert run(["--help"]) == 0
    printed = capsys.readouterr().out
    assert "The command sing of the package singing." in printed
    assert printed.count("separate  ") == 1
    assert "singing" not in sys.modules


def test_a_command_of_another_package_works(package, capsys):
    assert run(["sing", "one.wav"]) == 0
    assert capsys.readouterr().out == "checked one.wav\nsang one.wav\n"
    assert run(["plain"]) == 0
    assert capsys.readouterr().out == "plain\n"


def test_a_command_of_another_package_can_follow_a_stage(package, waltz, capsys):
    assert run(["stft", "song.flac", "count"]) == 0
    assert capsys.readouterr().out == "2\n"


def test_our_own_commands_are_not_replaced(package, waltz, capsys):
    assert run("separate song.flac score.mid --end 4 --iterations 0 --force --json -q".split()) == 0
    assert json.loads(capsys.readouterr().out)["stems"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("number", "is not a Click command"),
        ("missing", "cannot be imported (AttributeError"),
        ("absent", "cannot be imported (ModuleNotFoundError"),
    ],
)
def test_a_broken_package_is_one_line(package, name, says, error_of):
    assert f"the command {name} of the package singing {says}" in error_of([name])


def test_similar_names_are_suggested(error_of):
    assert "separate" in error_of(["seperate"], status=2)

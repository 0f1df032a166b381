"""Help texts tell the truth about defaults, and every command has one."""

import inspect
import re
from dataclasses import fields

import click
import pytest
from click.shell_completion import BashComplete

from scoresep.backends import BACKENDS, options_class
from scoresep.cli.commands import COMMANDS, load_command
from scoresep.cli.help import split_help
from scoresep.cli.main import cli, run
from scoresep.pipeline import Options
from scoresep.stages.align import align
from scoresep.stages.decompose import decompose
from scoresep.stages.mask import mask
from scoresep.stages.render import render
from scoresep.stages.stft import stft
from scoresep.synthesis.methods import METHODS

STAGES = {"stft": stft, "align": align, "decompose": decompose, "mask": mask, "render": render}
DEFAULTS = {
    name: parameter.default
    for stage in STAGES.values()
    for name, parameter in inspect.signature(stage).parameters.items()
    if parameter.kind is parameter.KEYWORD_ONLY and name not in ("frames", "on_iteration", "priors")
} | {field.name: field.default for name in BACKENDS.names() for field in fields(options_class(name))}
DEFAULTS |= {"method": METHODS[0], "adversarial": False}


def options(command):
    """Return the options of a command by name."""
    return {param.name: param for param in load_command(command).params if isinstance(param, click.Option)}


def test_separate_takes_the_options_of_the_stages():
    assert set(Options.__annotations__) == set(DEFAULTS)
    assert set(DEFAULTS) <= set(options("separate"))


@pytest.mark.parametrize("stage", STAGES)
def test_stage_and_separate_share_their_options(stage):
    own, whole = options(stage), options("separate")
    for name in set(own) & set(whole):
        if name != "output":
            assert own[name].help == whole[name].help
            assert own[name].opts == whole[name].opts


@pytest.mark.parametrize("name", [name for name, default in DEFAULTS.items() if default not in (None, False, ())])
def test_help_tells_the_default(name):
    shown = re.search(r"\[default: (.*)\]", options("separate")[name].help or "")
    assert shown is not None
    assert shown.group(1) == str(DEFAULTS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_command_has_help_for_everything(name):
    command = load_command(name)
    assert command.help.splitlines()[0] == COMMANDS[name].help
    assert all(param.help for param in command.params if isinstance(param, click.Option))


@pytest.mark.parametrize("name", COMMANDS)
def test_command_has_an_example(name):
    _, examples = split_help(load_command(name).help)
    assert any(example.startswith(f"scoresep {name}") for example in examples)


def shown(*words, capsys):
    """Return what a call prints."""
    assert run(list(words)) == 0
    return capsys.readouterr().out


def test_help_has_formats_examples_and_headings(capsys):
    text = shown("separate", "--help", capsys=capsys)
    order = (
        "Arguments:",
        "MP3",
        "MusicXML",
        "Examples:",
        "Groups:",
        "Output:",
        "Decomposition:",
        "Messages:",
        "--help",
    )
    places = [text.index(word) for word in order]
    assert places == sorted(places)
    assert "INTEGER RANGE" not in text
    assert "MP3" in shown("--help", capsys=capsys)


def test_few_options_stand_under_two_headings(capsys):
    text = shown("doctor", "-h", capsys=capsys)
    assert re.findall(r"^(\w+):$", text, re.MULTILINE) == ["Examples", "Options", "Messages"]


@pytest.mark.parametrize("words", [("help",), ("help", "align"), ("help", "help")])
def test_help_is_a_word_too(words, capsys):
    if words == ("help", "help"):
        assert run(list(words)) == 2
        return
    assert shown(*words, capsys=capsys) == shown(*words[1:], "--help", capsys=capsys)


@pytest.mark.parametrize(
    ("words", "current", "found"),
    [
        ("scoresep ali", 1, "plain,align"),
        ("scoresep separate --minus", 2, "plain,--minus-one"),
        ("scoresep separate so", 2, "file,so"),
        ("scoresep separate --groups ha", 3, "file,ha"),
        ("scoresep align --anchors an", 3, "file,an"),
        ("scoresep separate --constraints bo", 3, "plain,both"),
    ],
)
def test_words_are_completed(words, current, found, monkeypatch):
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(current))
    completion = BashComplete(cli, {}, "scoresep", "_SCORESEP_COMPLETE")
    assert completion.complete() == found


def test_wrong_numbers_are_told_in_plain_words(capsys):
    assert run(["separate", "a.wav", "a.mid", "--jobs", "many"]) == 2
    assert "'many' is not a whole number from 1." in capsys.readouterr().err
    assert run(["stft", "a.wav", "--n-fft", "8"]) == 2
    assert "'8' is not a whole number from 16 to 1048576." in capsys.readouterr().err

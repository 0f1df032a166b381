"""Help texts tell the truth about defaults, and every command has one."""

import inspect
import re
from dataclasses import fields

import click
import pytest

from scoresep.backends import BACKENDS, options_class
from scoresep.cli.commands import COMMANDS, load_command
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
DEFAULTS["method"] = METHODS[0]


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

"""The commands of ``scoresep``: our own from a table, those of other packages from entry points.

A command is imported when it is called, so that ``scoresep --help`` is quick. Another package adds a command by an
entry point that names a Click command::

    [project.entry-points."scoresep.commands"]
    tune = "my_package.tune:tune"

The command should have the class `scoresep.cli.arguments.Command`, or `Stage` if other stages can follow it. Its
function takes the `Session` by ``@click.pass_obj``, checks its arguments, yields once, and then does its work. Our own
commands cannot be replaced.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click
from click.exceptions import NoSuchCommand

from scoresep.cli.help import CLOSING, split_help, write_examples, write_options, write_text

#: The group of entry points in which other packages name their commands.
ENTRY_POINTS = "scoresep.commands"


@dataclass(frozen=True)
class CommandSource:
    """Where a command of our own is defined, and its line in ``scoresep --help``."""

    module: str
    help: str


#: Our own commands, in the order of the help.
COMMANDS = {
    "separate": CommandSource("separate", "Separate a recording into one stem for each group of notes."),
    "stft": CommandSource("stages", "Compute the spectrogram of a recording."),
    "align": CommandSource("stages", "Find where each note of a score sounds in a recording."),
    "decompose": CommandSource("stages", "Decompose a spectrogram into the notes of a score."),
    "mask": CommandSource("stages", "Compute the share of each group of notes in a spectrogram."),
    "render": CommandSource("stages", "Write the sound of each group of notes, and the residual."),
    "remix": CommandSource("remix", "Mix the stems anew: louder, softer, left out, left or right."),
    "practice": CommandSource("practice", "Write what a musician practises with: each part louder, missing and alone."),
    "warp": CommandSource("warp", "Play a recording, or its stems, in the tempo of the score or in another one."),
    "mosaic": CommandSource("mosaic", "Imitate a recording by the sound of another one."),
    "edit": CommandSource("edit", "Change single notes of a recording."),
    "inspect": CommandSource("inspect", "Show what a score contains."),
    "export": CommandSource("export", "Write what an alignment knows, or the pitch of singers, for other programs."),
    "plot": CommandSource("plot", "Draw the results of the stages."),
    "report": CommandSource("report", "Make a page to see and hear the stems, or to compare sounds."),
    "evaluate": CommandSource("evaluate", "Compare stems, onsets or pitches with the true ones."),
    "doctor": CommandSource("doctor", "Show what is installed, and test whether it works."),
}
#: Our own commands that can follow one another in one call.
STAGES = ("stft", "align", "decompose", "mask", "render")


@cache
def plugins() -> dict[str, EntryPoint]:
    """Return the commands of other packages by name, without importing them."""
    points = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    return {point.name: point for point in points if point.name not in COMMANDS}


def can_follow(name: str) -> bool:
    """Whether a command of this name can follow a stage in one call."""
    return name in STAGES or name in plugins()


def load_command(name: str) -> click.Command | None:
    """Import a command; return None if there is none of this name."""
    if name in COMMANDS:
        module = importlib.import_module(f"scoresep.cli.{COMMANDS[name].module}")
        command: click.Command = getattr(module, name)
        return command
    return _load_plugin(plugins()[name]) if name in plugins() else None


def _load_plugin(point: EntryPoint) -> click.Command:
    """Import a command of another package; raise ClickException if that fails."""
    try:
        command = point.load()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise click.ClickException(f"{_origin(point)} cannot be imported ({reason}); update or remove it") from error
    if not isinstance(command, click.Command):
        raise click.ClickException(f"{_origin(point)} is not a Click command; update or remove the package")
    return command


def _origin(point: EntryPoint) -> str:
    """Return how messages name a command of another package."""
    package = point.dist.name if point.dist else point.module
    return f"the command {point.name} of the package {package}"


class CommandGroup(click.Group):
    """A group that lists all commands and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return [*COMMANDS, *plugins()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; return None if there is none of this name."""
        return load_command(cmd_name)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Find the command that ``args`` begin with; if there is none, suggest similar names."""
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            names = self.list_commands(ctx)
            raise NoSuchCommand(error.command_name, possibilities=names, ctx=ctx) from None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options before the first command; ``help`` and a command ask for its help."""
        return super().parse_args(ctx, [*args[1:2], "--help"] if args[:1] == ["help"] else args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the commands do, examples, the commands, and the options."""
        paragraphs, examples = split_help(self.help)
        write_text(self, ctx, formatter, paragraphs)
        write_examples(examples, formatter)
        self.format_commands(ctx, formatter)
        write_options(self, ctx, formatter)
        formatter.write_paragraph()
        formatter.write_text(CLOSING)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        rows = [(name, source.help) for name, source in COMMANDS.items()]
        rows += [(name, f"{_origin(point)[0].upper()}{_origin(point)[1:]}.") for name, point in plugins().items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

"""How the words of a command line are read.

Options may stand before, between and after other words. Files are named from the last to the first, and the first ones
may be left out. The words of a stage end where the next stage is named; Click's own chains would stop reading options
at the first word that is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from scoresep.cli.commands import can_follow
from scoresep.cli.help import MESSAGES, split_help, write_arguments, write_examples, write_options, write_text
from scoresep.cli.parameter_types import FileName
from scoresep.cli.session import Session

#: What stands for the name of a file or a folder in the help of an option.
FILES = ("FILE", "DIR", "FOLDER", "PAGE")


class Command(click.Command):
    """A command that stands alone: all words after its name belong to it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for param in self.params:
            if param.type is click.STRING and (isinstance(param, click.Argument) or param.metavar in FILES):
                param.type = FileName()
        self.params += verbosity_options()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read options before, between and after the other words."""
        ctx.allow_interspersed_args = True
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Give the steps of the command; errors about its words name its own help."""
        step = super().invoke(ctx)
        return _with_own_help(step, ctx) if isinstance(step, Iterator) else step

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the command does, its words, examples, and its options under headings."""
        paragraphs, examples = split_help(self.help)
        write_text(self, ctx, formatter, paragraphs)
        write_arguments(self, formatter)
        write_examples(examples, formatter)
        write_options(self, ctx, formatter)


class Stage(Command):
    """A command that other stages can follow."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words before the name of the next stage and leave the rest."""
        end = self._end_of_own_words(args)
        super().parse_args(ctx, args[:end])
        ctx.args = args[end:]
        return ctx.args

    def _end_of_own_words(self, args: Sequence[str]) -> int:
        """Return how many words belong to this stage.

        The value of an option, and a word after ``--``, is never the name of a stage.
        """
        with_value = {
            name
            for param in self.params
            if isinstance(param, click.Option) and not (param.is_flag or param.count)
            for name in param.opts
        }
        position = 0
        while position < len(args):
            word = args[position]
            if word == "--":
                return len(args)
            if can_follow(word):
                return position
            position += 2 if word in with_value else 1
        return len(args)


def _with_own_help(step: Iterator[None], ctx: click.Context) -> Iterator[None]:
    """Yield what a command yields; tell errors of the command line which command they are of."""
    try:
        yield from step
    except click.UsageError as error:
        error.ctx = error.ctx or ctx
        raise


def verbosity_options() -> list[click.Parameter]:
    """Return the options that every command and the group take: how many messages to show."""
    return [
        _verbosity_option("quiet", "-q", "Print errors only."),
        _verbosity_option("verbose", "-v", "Also print what was found."),
        _verbosity_option("debug", None, "Also print every iteration, and where an error comes from."),
    ]


def _verbosity_option(name: str, letter: str | None, text: str) -> click.Option:
    """Return a flag that sets a field of the session."""

    def set_field(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            session = ctx.find_root().ensure_object(Session)
            setattr(session, name, True)
            session.set_level()

    names = [f"--{name}", *([letter] if letter else [])]
    option = click.Option(names, is_flag=True, expose_value=False, callback=set_field, help=text)
    vars(option)["heading"] = MESSAGES
    return option


def assign_words(words: Sequence[str], names: Sequence[str]) -> list[str | None]:
    """Return the word for each of ``names``, assigned from the last to the first; None where words are missing."""
    if len(words) > len(names):
        raise click.UsageError(f"Got {' '.join(words)}; wanted no more than {' '.join(names)}.")
    return [None] * (len(names) - len(words)) + list(words)

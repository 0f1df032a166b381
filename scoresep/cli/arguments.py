"""How words become a command: options anywhere, positional words assigned from the right, stages one after the other.

Click's own chains stop reading a command's options at its first argument; these commands read on to the name of the
next stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from scoresep.cli.session import Session

#: The commands that can follow one another in a chain.
STAGES = ("stft", "align", "decompose", "mask", "render")


class Command(click.Command):
    """A command that stands alone: all words after its name are its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += talk_options()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read options before, between and after the words."""
        ctx.allow_interspersed_args = True
        return super().parse_args(ctx, args)


class Stage(Command):
    """A command that may be followed by another stage."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words up to the next stage's name and leave the rest."""
        cut = self._end_of_own(args)
        super().parse_args(ctx, args[:cut])
        ctx.args = args[cut:]
        return ctx.args

    def _end_of_own(self, args: Sequence[str]) -> int:
        """Return how many of the words are this stage's own.

        An option's value, or a word after ``--``, is never a stage's name.
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
            if word in STAGES:
                return position
            position += 2 if word in with_value else 1
        return len(args)


def talk_options() -> list[click.Parameter]:
    """Return the options that every command and the group itself take: how much to say."""
    return [
        _talk_option("quiet", "-q", "Say nothing but errors."),
        _talk_option("verbose", "-v", "Say what was found."),
        _talk_option("debug", None, "Show where an error comes from."),
    ]


def _talk_option(name: str, letter: str | None, text: str) -> click.Option:
    """Return a flag that is noted in the session, wherever it stands."""

    def note(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            setattr(ctx.find_root().ensure_object(Session), name, True)

    names = [f"--{name}", *([letter] if letter else [])]
    return click.Option(names, is_flag=True, expose_value=False, callback=note, help=text)


def assign(words: Sequence[str], names: Sequence[str]) -> list[str | None]:
    """Return the word for each of ``names``, assigned from the right; what is left out on the left is None."""
    if len(words) > len(names):
        raise click.UsageError(f"Got {' '.join(words)}; wanted no more than {' '.join(names)}.")
    return [None] * (len(names) - len(words)) + list(words)

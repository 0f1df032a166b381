"""Errors as one line and an exit status.

The status is 1 if the input is at fault, 2 if the command line is, 130 if interrupted and 143 if terminated.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click


class Terminated(BaseException):
    """The process was asked to end (SIGTERM)."""


def describe_error(error: BaseException) -> tuple[str, int]:
    """Return the message of an error in one line, and the exit status."""
    text, status = _text_and_status(error)
    return " ".join(text.split()), status


def _text_and_status(error: BaseException) -> tuple[str, int]:
    """Return the message of an error, and the exit status."""
    from scoresep.errors import ScoresepError

    match error:
        case click.UsageError():
            hint = f" See '{error.ctx.command_path} --help'." if error.ctx else " See 'scoresep --help'."
            return f"{error.format_message()}{hint}", 2
        case click.ClickException():
            return error.format_message(), 1
        case ScoresepError():
            return str(error), 1
        case KeyboardInterrupt() | click.Abort():
            return "interrupted", 130
        case Terminated():
            return "terminated", 143
        case MemoryError():
            return "out of memory; take a part of the recording with --start and --end", 1
        case _:
            return f"unexpected {type(error).__name__}: {error}; --debug shows where it comes from", 1


@contextmanager
def usage_errors(kind: type[ValueError] = ValueError) -> Iterator[None]:
    """Turn a ValueError about an argument into an error of the command line."""
    try:
        yield
    except kind as error:
        raise click.UsageError(f"{error}.") from error

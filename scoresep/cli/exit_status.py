"""What went wrong, in one line and with an exit status.

1: the input is at fault, 2: the command line is, 130: interrupted, 143: terminated.
"""

from __future__ import annotations

import click


class Terminated(BaseException):
    """The process was asked to end (SIGTERM)."""


def described(error: BaseException) -> tuple[str, int]:
    """Return what an error says to a user, and the exit status."""
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

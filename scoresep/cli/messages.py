"""Messages and progress on standard error.

All messages go through the logger ``scoresep``, and the command line prints them as plain lines. By default it prints
errors, warnings and notices; with ``-q`` only errors, with ``-v`` also what was found, with ``--debug`` all messages.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from scoresep.progress import OnProgress

logger = logging.getLogger("scoresep")

#: The level of messages about the outcome, such as "2 songs separated": between INFO and WARNING.
NOTICE = 25


class LineHandler(logging.Handler):
    """Prints each message as a line on standard error, above the progress bars if there are any."""

    console: Console | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Print a message."""
        kind = {logging.WARNING: "scoresep: warning: ", logging.ERROR: "scoresep: error: "}.get(record.levelno, "")
        line = f"{kind}{record.getMessage()}"
        if self.console is None:
            click.echo(line, err=True)
        else:
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def messages_on_stderr(handler: LineHandler) -> Iterator[None]:
    """Show the messages of the logger ``scoresep`` by a handler; leave the logger as it was."""
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(NOTICE)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


@contextmanager
def no_messages() -> Iterator[None]:
    """Show no messages of the logger ``scoresep``."""
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def warnings_to(take: Callable[[str], None]) -> Iterator[None]:
    """Call ``take`` with the text of each ScoresepWarning; all other warnings stay as they are."""
    from scoresep.errors import ScoresepWarning

    with warnings.catch_warnings():
        warnings.simplefilter("always", ScoresepWarning)
        show_others = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *rest: Any, **named: Any) -> None:
            if issubclass(category, ScoresepWarning):
                take(str(message))
            else:
                show_others(message, category, *rest, **named)

        warnings.showwarning = show
        yield


@contextmanager
def progress_bars(handler: LineHandler) -> Iterator[OnProgress]:
    """Show a progress bar for each stage; give the function that moves them."""
    if not sys.stderr.isatty() or not logger.isEnabledFor(NOTICE):
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:9}"),
        BarColumn(),
        TextColumn("{task.fields[detail]}"),
        TimeElapsedColumn(),
    )
    handler.console = Console(stderr=True)
    with Progress(*columns, console=handler.console, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int, detail: str) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, detail="")
            bars.update(tasks[stage], completed=done, total=total, detail=detail)

        try:
            yield report
        finally:
            handler.console = None

"""What the commands of one call share: how much to say, the values of the chain, and standard input."""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from scoresep.pipeline import OnProgress

#: What the page on stems is called among them.
REPORT = "report.html"
#: A command in two parts: up to its ``yield`` it checks its words, after it it works.
Step = Iterator[None]


@dataclass
class Session:
    """The state of one call of ``scoresep``."""

    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    #: Whether no other stage follows the one that is checking its words.
    is_last: bool = True
    #: What the recording is called, for default names of outputs.
    name: str = "scoresep"
    warnings: list[str] = field(default_factory=list)
    _values: dict[str, Any] = field(default_factory=dict)
    _promised: set[str] = field(default_factory=set)
    _inputs: list[str] = field(default_factory=list)
    _outputs: list[Path] = field(default_factory=list)
    _console: Console | None = None
    _stdin_is_taken: bool = False
    _stdout_is_taken: bool = False

    def run(self, steps: list[Step]) -> None:
        """Let all steps check their words, then let them work, in order."""
        from scoresep.io.checks import check_not_an_input

        for k, step in enumerate(steps):
            self.is_last = k == len(steps) - 1
            next(step, None)
        for output in self._outputs:
            check_not_an_input(output, self._inputs)
        for step in steps:
            next(step, None)

    def reads(self, *files: str | None) -> None:
        """Note files that are read, so that no result is put in their place."""
        self._inputs += [file for file in files if file not in (None, "-")]

    def promise(self, *kinds: str) -> None:
        """Say in a check that the step will ``put`` values of these kinds."""
        self._promised.update(kinds)

    def put(self, kind: str, value: Any) -> None:
        """Leave a value to the steps that follow."""
        self._values[kind] = value

    def source(self, kind: str, word: str | None, read: Callable[[str], Any], wanted: str) -> Callable[[], Any]:
        """Return a function that gives the value that ``word`` names, or that a step before has read or made.

        A file is read at once, standard input when the value is asked for.
        """
        if word is None:
            if kind not in self._promised:
                raise click.UsageError(
                    f"There is no {kind} to work on; name {wanted}, or put the stage that makes it before."
                )
            return lambda: self._values[kind]
        self.promise(kind)
        self.reads(word)
        if word != "-":
            self.put(kind, read(word))
            return lambda: self._values[kind]
        if self._stdin_is_taken:
            raise click.UsageError("Standard input (-) can be read only once.")
        self._stdin_is_taken = True

        @cache
        def from_stdin() -> Any:
            self.put(kind, read(word))
            return self._values[kind]

        return from_stdin

    def save(self, value: Any, output: str | None) -> None:
        """Write a value to a file, or to standard output for ``-``."""
        from scoresep.io.atomic import new_file
        from scoresep.io.npz import save

        if output == "-":
            save(value, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        elif output is not None:
            with new_file(Path(output)) as temporary, temporary.open("wb") as file:
                save(value, file)

    def check_output(self, output: str | None, *, overwrite: bool) -> None:
        """Complain of an ``-o`` that cannot be written, before any work."""
        from scoresep.io.checks import check_output

        if output is None:
            if self.is_last:
                raise click.UsageError("Nothing would be done with the result; add -o FILE, or a stage that uses it.")
        elif output == "-":
            if self._stdout_is_taken or sys.stdout.isatty():
                raise click.UsageError("Standard output (-) takes one result, and no terminal; name a file.")
            self._stdout_is_taken = True
        else:
            check_output(Path(output), overwrite=overwrite)
            if Path(output).absolute() in self._outputs:
                raise click.UsageError(f"{output} cannot take two results; name another file.")
            self._outputs.append(Path(output).absolute())

    def save_notes(self, alignment: Any, table: str | None) -> None:
        """Write the aligned notes as a table, to standard output for ``-``."""
        from scoresep.io.atomic import new_file
        from scoresep.io.note_table import write_notes

        if table == "-":
            text = io.StringIO()
            write_notes(alignment, text)
            click.echo(text.getvalue().encode(), nl=False)  # UTF-8 like a file, whatever the terminal takes
        elif table is not None:
            with new_file(Path(table)) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
                write_notes(alignment, file)

    def stem_folder(self, output: str | None, *, overwrite: bool) -> Path:
        """Return the folder for stems, once it is sure that they can be put there."""
        from scoresep.io.checks import check_output

        folder = Path(output or f"{self.name}_stems")
        check_output(folder, overwrite=overwrite)
        self._outputs.append(folder.absolute())
        return folder

    def tell_files(self, summary: dict[str, Any]) -> None:
        """Name the stems that were written, and the page on them, on standard output."""
        if not self.quiet:
            pages = [file for file in summary["files"] if file == REPORT]
            for file in [*(stem["file"] for stem in summary["stems"]), *pages]:
                click.echo(os.fsencode(Path(summary["folder"]) / file))

    def get(self, kind: str) -> Any:
        """Return a value that a step before has put, if it has."""
        return self._values.get(kind)

    def say(self, text: str) -> None:
        """Say what was done, with ``-v``."""
        if self.verbose and not self.quiet:
            self._print(text)

    def warn(self, text: str) -> None:
        """Take a warning, and show it once."""
        if text not in self.warnings:
            self.warnings.append(text)
            if not self.quiet:
                self._print(f"scoresep: warning: {text}")

    def complain(self, text: str, recording: str) -> None:
        """Say what went wrong with one of many recordings, while the work goes on."""
        self._print(f"scoresep: error: {text if text.startswith(recording) else f'{recording}: {text}'}")

    def note(self, text: str) -> None:
        """Say what came of the work, beside the results."""
        if not self.quiet:
            self._print(text)

    def _print(self, text: str) -> None:
        """Print to standard error, above the progress if there is one."""
        if self._console is None:
            click.echo(text, err=True)
        else:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def collecting_warnings(self) -> Iterator[None]:
        """Take the library's warnings as our own; leave all others alone."""
        from scoresep.errors import ScoresepWarning

        with warnings.catch_warnings():
            warnings.simplefilter("always", ScoresepWarning)
            show_others = warnings.showwarning

            def show(message: Warning | str, category: type[Warning], *rest: Any, **named: Any) -> None:
                if issubclass(category, ScoresepWarning):
                    self.warn(str(message))
                else:
                    show_others(message, category, *rest, **named)

            warnings.showwarning = show
            yield

    @contextmanager
    def progress(self) -> Iterator[OnProgress]:
        """Show how far the work is, on a terminal."""
        if self.quiet or not sys.stderr.isatty():
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
        self._console = Console(stderr=True)
        with Progress(*columns, console=self._console, transient=True) as bars:
            tasks: dict[str, Any] = {}

            def report(stage: str, done: int, total: int, detail: str) -> None:
                if stage not in tasks:
                    tasks[stage] = bars.add_task(stage, detail="")
                bars.update(tasks[stage], completed=done, total=total, detail=detail)

            try:
                yield report
            finally:
                self._console = None

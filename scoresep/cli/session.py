"""The state of one call of ``scoresep``, which all its commands share."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.messages import NOTICE, LineHandler, logger, progress_bars
from scoresep.cli.outputs import check_folder

if TYPE_CHECKING:
    from scoresep.progress import OnProgress

#: A command in two parts. Up to its ``yield`` it checks its arguments; after it, it does its work.
Step = Iterator[None]


@dataclass
class Session:
    """The state of one call of ``scoresep``.

    The commands of a chain pass values on by their kind: "spectrogram", "alignment", "notes" and so on. While the
    arguments are checked, a command declares the kinds of values that it will make, and the files that it will write.
    """

    quiet: bool = False
    verbose: bool = False
    debug: bool = False
    #: The name of the recording, from which the names of outputs are made.
    name: str = "scoresep"
    #: The warnings so far, each once.
    warnings: list[str] = field(default_factory=list)
    handler: LineHandler = field(default_factory=LineHandler)
    _is_last: bool = True
    _values: dict[str, Any] = field(default_factory=dict)
    _declared: set[str] = field(default_factory=set)
    _input_files: list[str] = field(default_factory=list)
    _output_files: list[Path] = field(default_factory=list)
    _stdin_is_taken: bool = False
    _stdout_is_taken: bool = False

    def run(self, steps: list[Step]) -> None:
        """Let all commands check their arguments, then let them work, in order."""
        for k, step in enumerate(steps):
            self._is_last = k == len(steps) - 1
            next(step, None)
        self.check_outputs()
        for step in steps:
            next(step, None)

    def set_level(self) -> None:
        """Show as many messages as the options -q, -v and --debug ask for."""
        if self.debug:
            logger.setLevel(logging.DEBUG)
        elif self.quiet:
            logger.setLevel(logging.ERROR)
        else:
            logger.setLevel(logging.INFO if self.verbose else NOTICE)

    def add_warning(self, text: str) -> None:
        """Show a warning, unless it has been shown, and keep it for the summary."""
        if text not in self.warnings:
            self.warnings.append(text)
            logger.warning("%s", text)

    def progress(self) -> AbstractContextManager[OnProgress]:
        """Show progress bars on a terminal; give the function that moves them."""
        return progress_bars(self.handler)

    def add_inputs(self, *files: str | None) -> None:
        """Declare files that are read, so that no output replaces them."""
        self._input_files += [file for file in files if file not in (None, "-")]

    def add_output(self, path: str | Path) -> None:
        """Declare a file or a folder of stems that will be written."""
        self._output_files.append(Path(path).absolute())

    def check_outputs(self) -> None:
        """Raise OutputError if an output would replace an input."""
        from scoresep.io.checks import check_not_an_input

        for output in self._output_files:
            check_not_an_input(output, self._input_files)

    def check_output_file(self, output: str | None, *, overwrite: bool) -> None:
        """Declare an output of the option -o; raise an error if it cannot be written."""
        from scoresep.io.checks import check_output

        if output is None:
            if self._is_last:
                raise click.UsageError("The result would not be used; add -o FILE, or a stage that uses it.")
        elif output == "-":
            if self._stdout_is_taken or sys.stdout.isatty():
                raise click.UsageError("Standard output (-) takes one result, and no terminal; name a file.")
            self._stdout_is_taken = True
        else:
            check_output(Path(output), overwrite=overwrite)
            if Path(output).absolute() in self._output_files:
                raise click.UsageError(f"{output} cannot take two results; name another file.")
            self.add_output(output)

    def check_output_folder(self, output: str | None, *, overwrite: bool) -> Path:
        """Declare the folder for stems and return it; raise an error if it cannot be written."""
        folder = Path(output or f"{self.name}_stems")
        check_folder(folder, overwrite=overwrite)
        self.add_output(folder)
        return folder

    def declare_output(self, *kinds: str) -> None:
        """Declare, during the checks, that the command will make values of these kinds."""
        self._declared.update(kinds)

    def put_value(self, kind: str, value: Any) -> None:
        """Pass a value on to the commands that follow."""
        self._values[kind] = value

    def get_value(self, kind: str) -> Any:
        """Return a value that a command before has passed on, or None."""
        return self._values.get(kind)

    def resolve_input(self, kind: str, word: str | None, read: Callable[[str], Any], wanted: str) -> Callable[[], Any]:
        """Return a function that gives an input of a command.

        Parameters
        ----------
        kind : str
            The kind of value.
        word : str, optional
            The file to read at once, or ``-`` for standard input, which is read when the function is called. If it is
            None, a command before makes the value.
        read : callable
            Reads the file.
        wanted : str
            What the file should be, for messages.
        """
        if word is None:
            if kind not in self._declared:
                raise click.UsageError(
                    f"There is no {kind} to work on; name {wanted}, or put the stage that makes it before."
                )
            return lambda: self._values[kind]
        self.declare_output(kind)
        self.add_inputs(word)
        if word != "-":
            self.put_value(kind, read(word))
            return lambda: self._values[kind]
        if self._stdin_is_taken:
            raise click.UsageError("Standard input (-) can be read only once.")
        self._stdin_is_taken = True

        @cache
        def from_stdin() -> Any:
            self.put_value(kind, read(word))
            return self._values[kind]

        return from_stdin

"""The results of commands: files, and standard output for ``-``."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.messages import NOTICE, logger
from scoresep.errors import OutputError

if TYPE_CHECKING:
    from scoresep.values import Alignment

#: The name of the page that ``report`` makes, among the stems.
REPORT = "report.html"


def write_value(value: Any, output: str | None) -> None:
    """Write a value to an ``.npz`` file, or to standard output for ``-``; do nothing for None."""
    from scoresep.io.atomic import new_file
    from scoresep.io.npz import save

    if output == "-":
        save(value, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    elif output is not None:
        with new_file(Path(output)) as temporary, temporary.open("wb") as file:
            save(value, file)


def write_note_table(alignment: Alignment, table: str | None) -> None:
    """Write the aligned notes as a table, to standard output for ``-``; do nothing for None."""
    from scoresep.io.atomic import new_file
    from scoresep.io.note_table import write_notes

    if table == "-":
        text = io.StringIO()
        write_notes(alignment, text)
        click.echo(text.getvalue().encode(), nl=False)  # UTF-8 like a file, whatever the encoding of the terminal
    elif table is not None:
        with new_file(Path(table)) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
            write_notes(alignment, file)


def print_stem_paths(summary: dict[str, Any]) -> None:
    """Print the paths of the stems that were written, of the recording without each, and of the page."""
    from scoresep.io.stems_manifest import MINUS_ONE

    others = [file for file in summary["files"] if file == REPORT or Path(file).parts[0] == MINUS_ONE]
    for file in [*(stem["file"] for stem in summary["stems"]), *others]:
        click.echo(os.fsencode(Path(summary["folder"]) / file))


def tell_residual(summary: dict[str, Any], method: str | None) -> None:
    """Say that stems of a method without masks need the residual to add up to the recording, and how loud it is."""
    if method not in (None, "mask"):
        level = summary["stems"][-1]["level"]
        text = "silent" if level is None else f"{-level:.1f} dB below full scale"
        logger.log(NOTICE, "the stems are made anew and add up to the recording only with the residual (%s)", text)


def check_folder(folder: Path, *, overwrite: bool) -> None:
    """Raise OutputError unless stems can be written to a folder, which need not exist yet."""
    from scoresep.io.checks import check_output

    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file; -o names a folder")
    check_output(folder, overwrite=overwrite)

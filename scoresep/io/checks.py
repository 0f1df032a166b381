"""Checks of files before any work: can an input be read, can an output be written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from scoresep.errors import InputError, OutputError
from scoresep.io.atomic import existing_folder, os_errors_as_output_errors
from scoresep.io.stems_manifest import listed_files


def check_file(path: str | Path, wanted: str) -> None:
    """Raise InputError unless ``path`` is a plain file.  Reading a pipe or a device might never end."""
    path = Path(path)
    if not path.is_file():
        kind = f"a folder, not {wanted}" if path.is_dir() else "not a plain file; save it to one first"
        missing = f"standard input is not read as {wanted}; name a file" if str(path) == "-" else "no such file"
        raise InputError(f"{path}: {kind if path.exists() else missing}")


def check_output(path: Path, *, overwrite: bool) -> None:
    """Raise OutputError unless a file or folder may be put at ``path``: it is free, or may be replaced."""
    parent = existing_folder(path)
    if not parent.is_dir():
        raise OutputError(f"{path}: {parent} is a file, not a folder; -o names another place")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(f"{path}: the folder {parent} cannot be written to")
    with os_errors_as_output_errors(path):
        if path.is_dir():
            if not overwrite and any(path.iterdir()):
                raise OutputError(
                    f"{path}: the folder is there already and not empty; "
                    "--overwrite replaces its stems, -o names another"
                )
        elif path.exists() and not path.is_file():
            raise OutputError(f"{path}: is neither a file nor a folder, and is not replaced; name another")
        elif path.exists() and not overwrite:
            raise OutputError(f"{path}: is there already; --overwrite replaces it, -o names another")


def check_space(path: Path, needed: float) -> None:
    """Raise OutputError unless there is room for ``needed`` bytes on the disk of ``path``."""
    with os_errors_as_output_errors(path):
        free = shutil.disk_usage(existing_folder(path)).free
    if needed > free:
        raise OutputError(
            f"{path}: needs {needed / 1e6:,.0f} MB, {free / 1e6:,.0f} MB are free on its disk; "
            "make room, or -o names another place"
        )


def check_not_an_input(path: Path, inputs: Iterable[str | Path]) -> None:
    """Raise OutputError if what will be put at ``path`` would replace one of the inputs."""
    replaced = {file.resolve() for file in (listed_files(path) if path.is_dir() else [path])}
    for file in inputs:
        if Path(file).resolve() in replaced:
            raise OutputError(f"{path}: would replace {file}, which is read; -o names another place")

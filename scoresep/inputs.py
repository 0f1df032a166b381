"""Files that are read: there, and plain ones, so that reading ends."""

from __future__ import annotations

from pathlib import Path

from scoresep.errors import InputError


def check_file(path: str | Path, wanted: str) -> None:
    """Raise InputError unless there is a plain file; a pipe or a device is none, since it might never end."""
    path = Path(path)
    if not path.is_file():
        kind = f"a folder, not {wanted}" if path.is_dir() else "not a plain file; save it to one first"
        missing = f"standard input is not read as {wanted}; name a file" if str(path) == "-" else "no such file"
        raise InputError(f"{path}: {kind if path.exists() else missing}")

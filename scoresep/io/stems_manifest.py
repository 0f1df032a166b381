"""``stems.json``, the manifest of a folder of stems: what the folder holds, and which files a later run may replace."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from scoresep.errors import OutputError
from scoresep.io.atomic import move_files, new_file, new_files, new_folder

#: The manifest; its list "files" has all files of the run that wrote it.
MANIFEST = "stems.json"
#: The table of single notes: where each of them lies in the recording.
NOTES_TABLE = "notes.csv"
#: The subfolder of the recording without each group; its files are not among those that add up.
MINUS_ONE = "minus-one"
#: What the names of its files begin with.
WITHOUT = "without-"
#: How the stems were made, a `SeparationRecord`; the report needs it.
RECORD = "separation.npz"
#: What earlier versions called that file; it is still read.
OLD_RECORD = "account.npz"


def minus_one_path(name: str) -> str:
    """Return where the recording without a group lies in a folder of stems, without its suffix."""
    return f"{MINUS_ONE}/{WITHOUT}{name}"


def write_manifest(folder: Path, summary: dict[str, Any]) -> None:
    """Write what a folder of stems holds."""
    (folder / MANIFEST).write_bytes(as_json(summary))


def as_json(content: Any, *, indent: int | None = 2) -> bytes:
    """Return JSON in UTF-8; bytes of file names that are no text become escapes, by which Python finds them again."""
    return (json.dumps(content, indent=indent, ensure_ascii=False) + "\n").encode(errors="backslashreplace")


def listed_files(folder: Path) -> list[Path]:
    """Return the files of an earlier run in a folder, by its manifest; none that lies elsewhere, and no missing one."""
    try:
        names = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        files = {folder / name for name in (*names, MANIFEST)}
        return [file for file in files if file.is_file() and folder.resolve() in file.resolve().parents]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return []


def check_foreign_files(folder: Path, files: Iterable[str]) -> None:
    """Raise OutputError if one of ``files`` is in the folder already and is not of an earlier run."""
    own = {str(file.relative_to(folder)) for file in listed_files(folder)}
    for name in files:
        if name not in own and os.path.lexists(folder / name):
            raise OutputError(f"{folder / name}: is there already, but not made by scoresep; move it away")


@contextmanager
def new_stems_folder(path: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Give a folder to write stems to; put it at ``path`` when done, remove it if something goes wrong.

    Where ``path`` is there already, the files that its manifest lists are replaced and all others left alone.
    Raises what `atomic.new_folder` raises, and OutputError if a file would replace one that is not listed.
    """
    with new_folder(path, overwrite=overwrite, merge=_replace_listed_files) as temporary:
        yield temporary


@contextmanager
def new_listed_files(folder: Path) -> Iterator[Path]:
    """Give a folder to write to; put its files into a folder of stems, and on its manifest, when all are complete."""
    with new_files(folder, merge=_add_files) as temporary:
        yield temporary


def _replace_listed_files(folder: Path, temporary: Path) -> None:
    """Put new files into a folder of stems, in place of those of an earlier run.

    Until all are in place, the manifest lists the old and the new files but no stems.  So after a run that was killed
    here, the next one knows which files it may replace.
    """
    names = [name for name in _files_in(temporary) if name != MANIFEST]
    check_foreign_files(folder, names)
    old = listed_files(folder)
    marker = temporary / "marker"
    marker.write_text(json.dumps({"files": [*names, *(str(file.relative_to(folder)) for file in old)]}))
    marker.replace(folder / MANIFEST)
    for file in old:
        if file.name != MANIFEST:
            file.unlink()
    move_files(folder, temporary, last=MANIFEST)


def _add_files(folder: Path, temporary: Path) -> None:
    """Put new files into a folder, and add them to its manifest if it has one."""
    names = _files_in(temporary)
    move_files(folder, temporary)
    with suppress(OSError, ValueError, LookupError, TypeError):
        summary = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        summary["files"] = sorted({*summary["files"], *names})
        with new_file(folder / MANIFEST) as manifest:
            manifest.write_bytes(as_json(summary))


def _files_in(folder: Path) -> list[str]:
    """Return the files in a folder and its subfolders, by their places in it."""
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())

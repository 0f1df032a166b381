"""Files that are complete or absent: written beside their place, then renamed into it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from scoresep.errors import OutputError

#: What a folder of stems says of itself; its "files" are what a later run may replace.
MANIFEST = "stems.json"


def check_output(path: Path, *, overwrite: bool) -> None:
    """Raise OutputError unless a file or folder may be put at ``path``: it is free, or may be replaced."""
    parent = path.absolute().parent
    if not parent.is_dir():
        raise OutputError(f"{path}: there is no folder {parent}; make it first")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(f"{path}: the folder {parent} cannot be written to")
    with _explained(path):
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


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a path to write to; rename it to ``path`` when done, remove it if something goes wrong."""
    with _explained(path):
        if path.is_dir():
            raise OutputError(f"{path}: is a folder; name a file")
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:50]}-", suffix=path.suffix, dir=path.absolute().parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        finally:
            with suppress(OSError):
                temporary.unlink()


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a folder to write to; put its files at ``path`` when done, remove it if something goes wrong.

    Where ``path`` is there already, the files that its manifest lists are replaced and all others left alone.
    """
    with _explained(path):
        if path.exists() and not path.is_dir():
            raise OutputError(f"{path}: is a file; name a folder")
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name[:50]}-", dir=path.absolute().parent))
        try:
            yield temporary
            temporary.chmod(0o777 & ~_umask())
            for file in _listed(path):
                file.unlink()
            if path.is_dir():
                _move(temporary, path)
            else:
                temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def new_files(folder: Path) -> Iterator[Path]:
    """Give a folder to write to; put its files into ``folder``, which is there, when all of them are complete.

    If a manifest in ``folder`` lists the files of an earlier run, it lists them too.
    """
    with _explained(folder):
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name[:50]}-", dir=folder.absolute()))
        try:
            yield temporary
            names = [str(file.relative_to(temporary)) for file in temporary.rglob("*") if file.is_file()]
            _move(temporary, folder)
            with suppress(OSError, ValueError, LookupError, TypeError):
                summary = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
                summary["files"] = sorted({*summary["files"], *names})
                with new_file(folder / MANIFEST) as manifest:
                    manifest.write_text(_as_json(summary), encoding="utf-8")
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _move(source: Path, target: Path) -> None:
    """Move all files to another folder, those in folders of their own first, and replace what is there."""
    files = sorted((file.relative_to(source) for file in source.rglob("*") if file.is_file()), key=_depth_and_name)
    for file in files:
        (target / file).parent.mkdir(exist_ok=True)
        (source / file).chmod(0o666 & ~_umask())
        (source / file).replace(target / file)


def _depth_and_name(file: Path) -> tuple[int, Path]:
    return -len(file.parts), file


def write_manifest(folder: Path, summary: dict[str, Any]) -> None:
    """Write what a folder of stems holds."""
    (folder / MANIFEST).write_text(_as_json(summary), encoding="utf-8")


def _as_json(summary: dict[str, Any]) -> str:
    return json.dumps(summary, indent=2, ensure_ascii=False) + "\n"


def _listed(folder: Path) -> list[Path]:
    """Return the files in a folder that an earlier run wrote, as its manifest lists them; none that lies elsewhere."""
    try:
        names = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        files = {folder / name for name in (*names, MANIFEST)}
        return [file for file in files if file.is_file() and folder.resolve() in file.resolve().parents]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return []


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what the system says against writing to ``path`` into an error that a user can mend."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error


def _umask() -> int:
    """Return the process's mask of permissions."""
    mask = os.umask(0)
    os.umask(mask)
    return mask

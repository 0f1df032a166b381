"""Files that are complete or absent: written beside their place, then renamed into it."""

from __future__ import annotations

import glob
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scoresep.errors import OutputError
from scoresep.io.checks import check_foreign_files, os_errors_as_output_errors
from scoresep.io.stems_manifest import MANIFEST, as_json, listed_files

_MEANWHILE = "another run has put its files there meanwhile; they stay"

#: How long to wait for another run that is putting its files into the same folder (s).
_PATIENCE = 3.0


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a path to write to; rename it to ``path`` when done, remove it if something goes wrong."""

    def make(prefix: str, folder: Path) -> Path:
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=path.suffix, dir=folder)
        os.close(handle)
        return Path(name)

    with os_errors_as_output_errors(path):
        if path.is_dir():
            raise OutputError(f"{path}: is a folder; name a file")
        with _temporary(path, make) as temporary:
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)


@contextmanager
def new_folder(path: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Give a folder to write to; put its files at ``path`` when done, remove it if something goes wrong.

    Where ``path`` is there already, the files that its manifest lists are replaced and all others left alone.  If
    another run makes it meanwhile, or has made it and is not to be overwritten, its files stay.
    """
    with os_errors_as_output_errors(path):
        if path.exists() and not path.is_dir():
            raise OutputError(f"{path}: is a file; name a folder")
        replaces = path.is_dir() and any(path.iterdir())
        if replaces and not overwrite:
            raise OutputError(f"{path}: {_MEANWHILE}")
        with _temporary(path, _make_folder) as temporary:
            yield temporary
            temporary.chmod(0o777 & ~_umask())
            try:
                if not replaces:
                    temporary.rename(path)
            except OSError as error:
                if path.is_dir() and any(path.iterdir()):
                    raise OutputError(f"{path}: {_MEANWHILE}") from error
                replaces = path.is_dir()  # an empty folder that cannot be replaced as a whole, such as a mounted disk
                if not replaces:
                    raise
            if replaces:
                with _alone_in(path):
                    _replace_files(path, temporary)


def _replace_files(folder: Path, temporary: Path) -> None:
    """Put the files of a temporary folder into one that is there, in place of those of an earlier run.

    Until all are in place, the manifest lists the old and the new ones but no stems; so the next run knows what is
    left of one that was cut off.
    """
    files = sorted(file for file in temporary.rglob("*") if file.is_file() and file != temporary / MANIFEST)
    names = [str(file.relative_to(temporary)) for file in files]
    check_foreign_files(folder, names)
    old = listed_files(folder)
    marker = temporary / "marker"
    marker.write_text(json.dumps({"files": [*names, *(str(file.relative_to(folder)) for file in old)]}))
    marker.replace(folder / MANIFEST)
    for file in old:
        if file.name != MANIFEST:
            file.unlink()
    _move(temporary, folder)


@contextmanager
def new_files(folder: Path) -> Iterator[Path]:
    """Give a folder to write to; put its files into ``folder``, which is there, when all of them are complete.

    If a manifest in ``folder`` lists the files of an earlier run, it lists them too.
    """
    with os_errors_as_output_errors(folder), _temporary(folder / "files", _make_folder) as temporary:
        yield temporary
        names = [str(file.relative_to(temporary)) for file in temporary.rglob("*") if file.is_file()]
        _move(temporary, folder)
        with suppress(OSError, ValueError, LookupError, TypeError):
            summary = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            summary["files"] = sorted({*summary["files"], *names})
            with new_file(folder / MANIFEST) as manifest:
                manifest.write_bytes(as_json(summary))


def _move(source: Path, target: Path) -> None:
    """Move all files to another folder, the manifest last, and replace what is there."""
    files = sorted((file.relative_to(source) for file in source.rglob("*") if file.is_file()), key=_order)
    for file in files:
        (target / file).parent.mkdir(exist_ok=True)
        (source / file).chmod(0o666 & ~_umask())
        (source / file).replace(target / file)


def _order(file: Path) -> tuple[bool, int, Path]:
    return str(file) == MANIFEST, -len(file.parts), file


def _make_folder(prefix: str, parent: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=prefix, dir=parent))


@contextmanager
def _temporary(path: Path, make: Callable[[str, Path], Path]) -> Iterator[Path]:
    """Give a hidden file or folder beside ``path``, and remove it in the end if it is still there.

    It is locked as long as its process lives.  By that, those that killed runs have left are known, and removed.
    """
    folder, prefix = path.absolute().parent, f".{path.name[:50]}.scoresep-"
    for left in folder.glob(f"{glob.escape(prefix)}*"):
        if (lock := _lock(left)) is not None:
            _remove(left)
            os.close(lock)
    unlocked = make(".scoresep-", folder)
    lock = _lock(unlocked)
    temporary = unlocked.rename(folder / f"{prefix}{unlocked.name.removeprefix('.scoresep-')}")
    try:
        yield temporary
    finally:
        _remove(temporary)
        if lock is not None:
            os.close(lock)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other run is putting files into a folder, but not for long."""
    end = time.monotonic() + _PATIENCE
    while (lock := _lock(folder)) is None and time.monotonic() < end:
        time.sleep(0.05)
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)


def _lock(path: Path) -> int | None:
    """Return a handle that locks a file or folder until it is closed or the process ends; None if that cannot be."""
    try:
        import fcntl  # not on every system

        handle = os.open(path, os.O_RDONLY)
    except (ImportError, OSError):
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _remove(path: Path) -> None:
    """Remove a file or folder, if it is there."""
    shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        path.unlink()


def _umask() -> int:
    """Return the process's mask of permissions."""
    mask = os.umask(0)
    os.umask(mask)
    return mask

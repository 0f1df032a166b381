"""Files that are complete or absent: written beside their place, then renamed into it."""

from __future__ import annotations

import glob
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from scoresep.errors import OutputError

#: What a folder of stems says of itself; its "files" are what a later run may replace.
MANIFEST = "stems.json"
_MEANWHILE = "another run has put its files there meanwhile; they stay"
#: How long to wait for another run that is putting its files into the same folder (s).
_PATIENCE = 3.0


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


def check_space(path: Path, needed: float) -> None:
    """Raise OutputError unless there is room for ``needed`` bytes on the disk of ``path``."""
    with _explained(path):
        free = shutil.disk_usage(path.absolute().parent).free
    if needed > free:
        raise OutputError(
            f"{path}: needs {needed / 1e6:,.0f} MB, {free / 1e6:,.0f} MB are free on its disk; "
            "make room, or -o names another place"
        )


def check_apart(path: Path, inputs: Iterable[str | Path]) -> None:
    """Raise OutputError if what will be put at ``path`` would replace one of the inputs."""
    replaced = {file.resolve() for file in (_listed(path) if path.is_dir() else [path])}
    for file in inputs:
        if Path(file).resolve() in replaced:
            raise OutputError(f"{path}: would replace {file}, which is read; -o names another place")


def check_strangers(folder: Path, files: Iterable[str]) -> None:
    """Raise OutputError if one of ``files`` is in the folder already and is not of an earlier run."""
    own = {str(file.relative_to(folder)) for file in _listed(folder)}
    for name in files:
        if name not in own and os.path.lexists(folder / name):
            raise OutputError(f"{folder / name}: is there already, but not made by scoresep; move it away")


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a path to write to; rename it to ``path`` when done, remove it if something goes wrong."""

    def make(prefix: str, folder: Path) -> Path:
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=path.suffix, dir=folder)
        os.close(handle)
        return Path(name)

    with _explained(path):
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
    with _explained(path):
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
    check_strangers(folder, names)
    old = _listed(folder)
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
    with _explained(folder), _temporary(folder / "files", _make_folder) as temporary:
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


def write_manifest(folder: Path, summary: dict[str, Any]) -> None:
    """Write what a folder of stems holds."""
    (folder / MANIFEST).write_bytes(as_json(summary))


def as_json(content: Any) -> bytes:
    """Return JSON in UTF-8; bytes of file names that are no text become escapes, by which Python finds them again."""
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode(errors="backslashreplace")


def _listed(folder: Path) -> list[Path]:
    """Return the files in a folder that an earlier run wrote, as its manifest lists them; none that lies elsewhere."""
    try:
        names = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        files = {folder / name for name in (*names, MANIFEST)}
        return [file for file in files if file.is_file() and folder.resolve() in file.resolve().parents]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return []


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

"""Files and folders that are complete or absent: written beside their place, then renamed into it.

While it is written, the new file or folder has a hidden name, ``.NAME.scoresep-XXXXXXXX``, and is locked.  The lock
ends with the process.  So the leftovers of killed runs are those without a lock, and the next run removes them.  The
lock is on the file or folder itself: a lock file beside it would be one more thing that a killed run leaves.
"""

from __future__ import annotations

import glob
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from scoresep.errors import OutputError

#: How long to wait for another run that is putting its files into the same folder (s).
LOCK_TIMEOUT = 3.0
#: Characters of a file's name that its hidden name keeps; names of files are limited to 255 bytes.
_KEPT_CHARACTERS = 50


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a hidden path to write to; rename it to ``path`` at the end, or remove it after an error.

    Raises OutputError if the system does not let it be written.
    """
    with os_errors_as_output_errors(path):
        if path.is_dir():
            raise OutputError(f"{path}: is a folder; name a file")
    with _hidden(path, lambda place: place.touch(exist_ok=False), suffix=path.suffix) as temporary:
        yield temporary
        temporary.replace(path)


@contextmanager
def new_folder(
    path: Path, *, overwrite: bool = True, merge: Callable[[Path, Path], None] | None = None
) -> Iterator[Path]:
    """Give a hidden folder to write to; put it at ``path`` at the end, or remove it after an error.

    Parameters
    ----------
    path : Path
        Where the folder is to be.  An empty folder there is replaced.
    overwrite : bool
        Whether ``path`` may be a folder with files already.  If another run fills it meanwhile, its files stay.
    merge : callable, optional
        Called with the folder that is there and with the new one, to put the files of the new one into it (default:
        `move_files`, which replaces files of the same name).  No other run does so at the same time.

    Raises
    ------
    OutputError
        If the system does not let it be written, or if the files of another run are there.
    """
    with os_errors_as_output_errors(path):
        if path.exists() and not path.is_dir():
            raise OutputError(f"{path}: is a file; name a folder")
        is_filled = _is_filled(path)
        if is_filled and not overwrite:
            raise _taken(path)
    with _hidden(path, Path.mkdir) as temporary:
        yield temporary
        if is_filled or not _renamed(temporary, path):
            with _only_run_in(path):
                (merge or move_files)(path, temporary)


@contextmanager
def new_files(folder: Path, *, merge: Callable[[Path, Path], None] | None = None) -> Iterator[Path]:
    """Give a hidden folder to write to; at the end, put its files into ``folder``, which is there already.

    ``merge`` is as in `new_folder`.
    """
    with _hidden(folder, Path.mkdir, parent=folder) as temporary:
        yield temporary
        (merge or move_files)(folder, temporary)


def move_files(folder: Path, source: Path, *, last: str | None = None) -> None:
    """Move all files of ``source`` into ``folder``, those in subfolders first and the one named ``last`` at the end."""
    files = [file.relative_to(source) for file in source.rglob("*") if file.is_file()]
    for file in sorted(files, key=lambda file: (str(file) == last, -len(file.parts), file)):
        (folder / file).parent.mkdir(exist_ok=True)
        (source / file).replace(folder / file)


def existing_folder(path: Path) -> Path:
    """Return the nearest of the folders that a path lies in that is there already (it may be a file)."""
    return next(parent for parent in path.absolute().parents if os.path.lexists(parent))


@contextmanager
def missing_folders(folder: Path) -> Iterator[None]:
    """Make a folder and those that it lies in; in the end, remove those of them that are empty."""
    folder = folder.absolute()
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        with suppress(OSError):
            for place in made:
                place.rmdir()


@contextmanager
def os_errors_as_output_errors(path: Path) -> Iterator[None]:
    """Turn the system's errors in writing to ``path`` into OutputError."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error


@contextmanager
def _hidden(
    path: Path, make: Callable[[Path], None], *, suffix: str = "", parent: Path | None = None
) -> Iterator[Path]:
    """Give a locked, hidden file or folder, in ``parent`` or beside ``path``; at the end, remove it if it is left.

    The system's errors in writing it become OutputError.  Other errors of the caller's code stay as they are, those of
    the system about other files among them.
    """
    folder = parent.absolute() if parent else path.absolute().parent
    with ExitStack() as stack:
        with os_errors_as_output_errors(path):
            stack.enter_context(missing_folders(folder))
        yield stack.enter_context(_hidden_in(folder, path, make, suffix))


@contextmanager
def _hidden_in(folder: Path, path: Path, make: Callable[[Path], None], suffix: str) -> Iterator[Path]:
    """Do the work of `_hidden` in a folder that is there."""
    with os_errors_as_output_errors(path):
        prefix = f".{path.absolute().name[:_KEPT_CHARACTERS]}.scoresep-"
        _remove_leftovers(folder, prefix)
        token = f"{secrets.token_hex(4)}{suffix}"
        unlocked = folder / f".scoresep-{token}"  # another name until it is locked, so that no other run removes it
        make(unlocked)
        lock = _lock(unlocked)
        temporary = unlocked.rename(folder / f"{prefix}{token}")
    try:
        yield temporary
    except OSError as error:
        if _names_another_file(error, temporary, path.absolute()):
            raise
        raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        _remove(temporary)
        if lock is not None:
            os.close(lock)


def _names_another_file(error: OSError, *places: Path) -> bool:
    """Whether an error is about a file that is none of ``places`` and lies in none of them.

    An error in writing to an open file, such as a full disk, names no file.
    """
    if not isinstance(error.filename, str | bytes):
        return isinstance(error, ConnectionError | ChildProcessError)
    file = Path(os.fsdecode(error.filename)).absolute()
    return not any(place in (file, *file.parents) for place in places)


def _remove_leftovers(folder: Path, prefix: str) -> None:
    """Remove the hidden files and folders that killed runs have left."""
    for left in folder.glob(f"{glob.escape(prefix)}*"):
        if (lock := _lock(left)) is not None:
            _remove(left)
            os.close(lock)


def _renamed(temporary: Path, path: Path) -> bool:
    """Rename a folder to ``path``; return False if an empty folder there cannot be replaced, such as a mounted disk."""
    try:
        temporary.rename(path)
    except OSError as error:
        if _is_filled(path):
            raise _taken(path) from error
        if not path.is_dir():
            raise
        return False
    return True


def _is_filled(path: Path) -> bool:
    """Whether a path is a folder with something in it."""
    return path.is_dir() and any(path.iterdir())


def _taken(path: Path) -> OutputError:
    """Return the error for a folder that another run has filled."""
    return OutputError(f"{path}: another run has put its files there meanwhile; they stay")


@contextmanager
def _only_run_in(folder: Path) -> Iterator[None]:
    """Lock a folder against other runs; after ``LOCK_TIMEOUT``, go on without."""
    end = time.monotonic() + LOCK_TIMEOUT
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
        import fcntl  # Unix only; elsewhere nothing is locked, and leftovers stay

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

"""Values as ``.npz`` files.

A file holds one value: each field under its name (a field of a value within the value as ``outer.inner``), besides
``kind``, ``version`` and ``fingerprint``.  Text, lists of names and options are JSON text.  Nothing is pickled, and the
size that an array declares is checked against that of the file before memory is taken.
"""

from __future__ import annotations

import dataclasses
import io
import json
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

from scoresep.errors import FormatError, InputError
from scoresep.io.checks import check_file
from scoresep.values import Alignment, Array, Decomposition, Masks, Mosaic, SeparationRecord, Spectrogram

#: The version of the format; it grows when the fields of a value change.
VERSION = 3
#: The class of each kind of file.
KINDS: Mapping[str, type] = {
    "spectrogram": Spectrogram,
    "alignment": Alignment,
    "decomposition": Decomposition,
    "masks": Masks,
    "separation": SeparationRecord,
    "mosaic": Mosaic,
}
#: The subcommand that makes each kind of file, for messages.
MAKERS = {
    "spectrogram": "stft",
    "alignment": "align",
    "decomposition": "decompose",
    "masks": "mask",
    "separation": "separate",
    "mosaic": "mosaic",
}
#: What earlier versions called a kind; it is still read.
OLD_KINDS = {"account": "separation"}
#: The oldest version with the same fields, of the kinds that have not changed since.
_OLDEST = {"alignment": 1, "separation": 1, "spectrogram": 2}
#: Fields that earlier versions lack; they get their default.
_NEWER_FIELDS = {
    "is_partial", "duration", "hand", "lyrics", "bar", "beats", "contours", "is_voiced", "singer_parts",
    "played_velocity", "quarters",
}  # fmt: skip
#: What reads the header of an array, by the version of NumPy's format.
_READ_HEADER = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
#: The most bytes that a compressed array may unpack to; our own files are not compressed.
_MOST_UNPACKED = 2**30

Value = TypeVar("Value")


def save(value: Any, file: str | Path | IO[bytes]) -> None:
    """Write a value to an ``.npz`` file.

    Parameters
    ----------
    value : Spectrogram, Alignment, Decomposition, Masks, SeparationRecord or Mosaic
        The value.
    file : str, Path or binary file
        Where to write it; a file that is there is replaced.

    Raises
    ------
    ValueError
        If the value is of another class.
    """
    kind = _kind_of(type(value))
    fields = {"kind": np.array(kind), "version": np.array(VERSION), "fingerprint": np.array(value.fingerprint)}
    fields |= _flattened(value)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for key, array in fields.items():
            with archive.open(zipfile.ZipInfo(f"{key}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def load(source: str | Path | IO[bytes], wanted: type[Value], *, name: str | None = None) -> Value:
    """Read a value from an ``.npz`` file.

    Parameters
    ----------
    source : str, Path or binary file
        What `save` has written.
    wanted : type
        The class that the value must have, such as `Alignment`.
    name : str, optional
        What messages call the source (default: the path).

    Returns
    -------
    wanted

    Raises
    ------
    FormatError
        If the file is damaged, or holds a value of another class or of another version of the format.

    Examples
    --------
    >>> import scoresep
    >>> alignment = scoresep.load("song.align.npz", scoresep.Alignment)  # doctest: +SKIP
    """
    name = name or str(source)
    kind = _kind_of(wanted)
    value = load_any(source, name=name, remedy=f"wanted {kind}, made by 'scoresep {MAKERS[kind]}'")
    if not isinstance(value, wanted):
        found = _kind_of(type(value))
        raise FormatError(f"{name}: holds {found}; wanted {kind}, made by 'scoresep {MAKERS[kind]}'")
    return value


def load_any(
    source: str | Path | IO[bytes],
    *,
    name: str | None = None,
    remedy: str = "wanted a file made by a stage of scoresep",
) -> Any:
    """Return the value in a file or a binary stream, of whatever kind; the text ``remedy`` ends all messages."""
    name = name or str(source)
    try:
        if isinstance(source, str | Path):
            check_file(source, "an .npz file")
        arrays = _read(source)
    except InputError as error:
        raise FormatError(f"{error}; {remedy}") from error
    except OSError as error:
        raise FormatError(f"{name}: cannot be read ({error.strerror or error}); {remedy}") from error
    except Exception as error:  # a damaged archive can make zipfile and NumPy raise nearly anything
        raise FormatError(f"{name}: not a sound .npz file ({_first_line(error)}); {remedy}") from error
    kind, version = (str(arrays.get(key)) for key in ("kind", "version"))
    kind = OLD_KINDS.get(kind, kind)
    if kind not in KINDS:
        raise FormatError(f"{name}: an .npz file, but none of scoresep's; {remedy}")
    if version not in map(str, range(_OLDEST.get(kind, VERSION), VERSION + 1)):
        raise FormatError(
            f"{name}: {kind} of format version {version!r}; this scoresep reads version {VERSION}; make it anew"
        )
    try:
        return _built(KINDS[kind], arrays, "")
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise FormatError(f"{name}: not a sound {kind} ({_first_line(error)}); {remedy}") from error


def _kind_of(class_: type) -> str:
    """Return the kind of file that holds values of a class."""
    for kind, candidate in KINDS.items():
        if class_ is candidate:
            return kind
    raise ValueError(f"{class_.__name__} has no file; wanted {', '.join(c.__name__ for c in KINDS.values())}")


def _flattened(value: Any, prefix: str = "") -> dict[str, Array]:
    """Return the fields of a value as arrays; those of a value within it have its name and a dot before theirs."""
    arrays: dict[str, Array] = {}
    for field in dataclasses.fields(value):
        content = getattr(value, field.name)
        if content is None:
            continue
        if dataclasses.is_dataclass(content):
            arrays |= _flattened(content, f"{prefix}{field.name}.")
        elif isinstance(content, tuple | dict):
            arrays[prefix + field.name] = np.array(json.dumps(content))
        else:
            arrays[prefix + field.name] = np.asarray(content)
    return arrays


def _built(class_: type[Value], arrays: Mapping[str, Array], prefix: str) -> Value:
    """Return the value of a class whose fields are the arrays with ``prefix`` before their names."""
    fields: dict[str, Any] = {}
    for name, hint in get_type_hints(class_).items():
        if name in _NEWER_FIELDS and not any(f"{key}.".startswith(f"{prefix}{name}.") for key in arrays):
            continue
        hint = next((own for own in get_args(hint) if dataclasses.is_dataclass(own)), hint)  # Beats of Beats | None
        if dataclasses.is_dataclass(hint):
            fields[name] = _built(hint, arrays, f"{prefix}{name}.")  # type: ignore[arg-type]
            continue
        if prefix + name not in arrays:
            raise ValueError(f"'{prefix}{name}' is missing")
        array = arrays[prefix + name]
        if array.dtype.kind in "fc" and not np.isfinite(array).all():
            raise ValueError(f"'{prefix}{name}' has values that are not finite numbers")
        if hint in (int, float, str, bool):
            fields[name] = hint(array.item())
        elif get_origin(hint) in (tuple, dict):
            content = json.loads(str(array))
            fields[name] = tuple(map(str, content)) if get_origin(hint) is tuple else dict(content)
        else:
            fields[name] = array
    return class_(**fields)


def _read(source: str | Path | IO[bytes]) -> dict[str, Array]:
    """Return all arrays of an archive, each checked before it is read."""
    arrays = {}
    file = source if isinstance(source, str | Path) else io.BytesIO(source.read())
    if isinstance(file, io.BytesIO) and not file.getbuffer().nbytes:
        raise ValueError("it is empty; the command before has failed")
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            with archive.open(info) as member:
                _check_member(info, member)
            with archive.open(info) as member:
                arrays[info.filename.removesuffix(".npy")] = np.lib.format.read_array(member, allow_pickle=False)
                member.read()  # to the end, where zipfile checks the sum
    return arrays


def _check_member(info: zipfile.ZipInfo, member: IO[bytes]) -> None:
    """Raise ValueError for a member that is no plain array, or not of the size that it declares."""
    version = np.lib.format.read_magic(member)
    if version not in _READ_HEADER:
        raise ValueError(f"'{info.filename}' is an array of another format")
    shape, _, dtype = _READ_HEADER[version](member)
    if dtype.hasobject:
        raise ValueError(f"'{info.filename}' is pickled")
    if math.prod(shape) * dtype.itemsize + member.tell() != info.file_size:
        raise ValueError(f"'{info.filename}' has another size than it declares")
    if info.compress_type != zipfile.ZIP_STORED and info.file_size > _MOST_UNPACKED:
        raise ValueError(f"'{info.filename}' unpacks to {info.file_size} bytes")


def _first_line(error: Exception) -> str:
    """Return the first line of an error's message."""
    return (str(error) or type(error).__name__).splitlines()[0]

"""A table of songs to separate: the recording and the score of each and, if wanted, its groups and its folder."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from scoresep.errors import InputError
from scoresep.io.checks import check_file

#: The columns of a table of songs; the first two are needed.
COLUMNS = ("recording", "score", "groups", "out")


@dataclass(frozen=True)
class Song:
    """The paths of a recording, its score, its groups file (None without one) and the folder for its stems."""

    recording: str
    score: str
    groups: str | None
    out: str


def read_songs(path: str | Path, *, groups: str | None = None, parent: str | None = None) -> list[Song]:
    """Read a table of songs (.csv).

    Parameters
    ----------
    path : str or Path
        A table with the columns ``recording`` and ``score`` and, if wanted, ``groups`` and ``out`` (the folder for the
        stems).  Its paths are relative to the folder that it lies in.
    groups : str, optional
        The groups file of songs whose row names none.
    parent : str, optional
        Where the stems of songs go whose row names no folder (default: beside the table).

    Returns
    -------
    list of Song

    Raises
    ------
    InputError
        If the table cannot be read, or lacks a recording or a score.
    """
    path = Path(path)
    check_file(path, "a table of songs")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file, restkey="more")
            names = [name.strip().lower() for name in table.fieldnames or ()]
            rows = [dict(zip([*names, "more"], row.values(), strict=False)) | {"line": table.line_num} for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as a table of songs ({error})") from error
    if unknown := [name for name in names if name not in COLUMNS]:
        raise InputError(f"{path}: has a column '{unknown[0]}'; wanted {', '.join(COLUMNS)}")
    if missing := [name for name in COLUMNS[:2] if name not in names]:
        raise InputError(f"{path}: has no column '{missing[0]}'; wanted {', '.join(COLUMNS)}")
    songs = []
    for row in rows:
        if "more" in row:
            raise InputError(f"{path}, line {row['line']}: has more cells than columns")
        cells = {name: str(row[name] or "").strip() for name in names if name in row}
        if empty := [name for name in COLUMNS[:2] if not cells.get(name)]:
            raise InputError(f"{path}, line {row['line']}: names no {empty[0]}")
        place = {name: str(path.parent / cell) for name, cell in cells.items() if cell}
        out = place.get("out") or stems_folder(place["recording"], parent or str(path.parent))
        songs.append(Song(place["recording"], place["score"], place.get("groups", groups), out))
    if not songs:
        raise InputError(f"{path}: has no songs")
    return songs


def stems_folder(recording: str, parent: str) -> str:
    """Return the folder in ``parent`` for the stems of a recording."""
    return str(Path(parent) / f"{Path(recording).stem}_stems")


def check_songs(songs: list[Song]) -> None:
    """Raise InputError if two songs would be written to one folder."""
    seen: dict[Path, str] = {}
    for song in songs:
        folder = Path(song.out).resolve()
        if folder in seen:
            raise InputError(
                f"{song.out}: is the folder for both {seen[folder]} and {song.recording}; name folders in a manifest"
            )
        seen[folder] = song.recording

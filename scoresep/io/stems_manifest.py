"""The manifest of a folder of stems: which files an earlier run has written there, and what they hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: What a folder of stems says of itself; its "files" are what a later run may replace.
MANIFEST = "stems.json"
#: The table of single notes.
NOTES_TABLE = "notes.csv"
#: The subfolder of the recording without each group; its files are not among those that add up.
MINUS_ONE = "minus-one"
#: How the stems came about; the report needs it.
ACCOUNT = "account.npz"


def write_manifest(folder: Path, summary: dict[str, Any]) -> None:
    """Write what a folder of stems holds."""
    (folder / MANIFEST).write_bytes(as_json(summary))


def as_json(content: Any) -> bytes:
    """Return JSON in UTF-8; bytes of file names that are no text become escapes, by which Python finds them again."""
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode(errors="backslashreplace")


def listed_files(folder: Path) -> list[Path]:
    """Return the files in a folder that an earlier run wrote, as its manifest lists them; none that lies elsewhere."""
    try:
        names = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        files = {folder / name for name in (*names, MANIFEST)}
        return [file for file in files if file.is_file() and folder.resolve() in file.resolve().parents]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return []

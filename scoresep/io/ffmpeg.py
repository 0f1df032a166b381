"""Sound files that libsndfile does not read, decoded by ffmpeg where that is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

#: Suffixes of formats that libsndfile does not read but ffmpeg does: those of phones above all.
CONVERTIBLE_SUFFIXES = (".m4a", ".aac", ".wma", ".mp4", ".amr", ".3gp", ".webm")
#: What ffmpeg is told before the input: say errors only, ask nothing, and open no file but those named.
_BEFORE_INPUT = ("-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe")
#: What it is told after the input: the first sound alone, 16 bits a sample, in a container of any length.
_AFTER_INPUT = ("-map", "0:a:0", "-c:a", "pcm_s16le", "-f", "w64")


def decoded_file(path: Path) -> Path | None:
    """Return a file with the sound of ``path`` that libsndfile reads; None if ffmpeg is not needed or cannot help.

    The file lies in a temporary folder, and is removed when Python ends.
    """
    if path.suffix.lower() not in CONVERTIBLE_SUFFIXES or (program := shutil.which("ffmpeg")) is None:
        return None
    return _decoded(program, str(path.absolute()), path.stat().st_mtime_ns)


@cache
def _decoded(program: str, path: str, _changed: int) -> Path | None:
    """Decode a file once, as long as it does not change."""
    folder = Path(_folder().name)
    target = folder / f"{sum(1 for _ in folder.iterdir())}.w64"
    words = [program, *_BEFORE_INPUT, "-i", f"file:{path}", *_AFTER_INPUT, str(target)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603 (no shell)
    return target if done.returncode == 0 and target.is_file() else None


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Make the temporary folder of this process."""
    return tempfile.TemporaryDirectory(prefix="scoresep-")

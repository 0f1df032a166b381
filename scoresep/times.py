"""Read and write times as people do: ``0:32.5`` is 32.5 seconds."""

from __future__ import annotations

import re


def parse_time(text: str) -> float:
    """Return the seconds that a text like '32', '0:32.5' or '1:02:03' stands for.

    Raises
    ------
    ValueError
        If the text is something else.  The message says what is wanted; a caller puts the place and the text before it.
    """
    if not re.fullmatch(r"(\d+:){0,2}\d+(\.\d+)?", text.strip()):
        raise ValueError("a time like 0:32 or 32.5")
    seconds = 0.0
    for field in text.strip().split(":"):
        seconds = 60 * seconds + float(field)
    return seconds


def show_time(seconds: float) -> str:
    """Return seconds as minutes and seconds, '0:32.5', and from an hour on with hours, '1:02:03.0'."""
    tenths = round(abs(seconds) * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{'-' if seconds < 0 and tenths else ''}{text}:{rest // 10:02}.{rest % 10}"

"""The report as a file: a page that needs nothing else or, of a long recording, a page and a folder of blocks.

What the page shows is one object of JSON, ``data``; sound and pictures come in blocks, each of them a call of the
page's ``addBlock``, in the page itself or in a script beside it, since a page opened from disk may load scripts but
not fetch files.
"""

from __future__ import annotations

import json
import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from scoresep.io.stems_reader import StemSet
from scoresep.values import RESIDUAL, Array, SeparationRecord
from scoresep.views.panels import COLOURS
from scoresep.views.report import pictures, tracks
from scoresep.views.tempo import tempo_lines

#: The sizes (bytes) that a page may have, and its sound; a longer recording has its blocks in a folder beside it.
LARGEST_PAGE, LARGEST_SOUND = 15_000_000, 12_000_000
#: How much the sound is compressed, from the best; the best that fits is taken.
LEVELS = (BEST := 0.3, 0.5, 0.7, 0.9)
#: What a second of a track can take at most (bytes).
MOST_BYTES = 40_000
#: How many samples of the sound are tried, and their length (s).
SAMPLES, SAMPLE = 8, 2.0
#: Points of the outline of the whole recording.
OUTLINE = 1500
GREY = "#8A8A8A"
#: What the page does not repeat of the manifest: files, and where they were.
UNTOLD = {"stems", "files", "folder", "recording", "score"}

#: Called with how many blocks are done, and of how many.
OnBlock = Callable[[int, int], None]


@dataclass(frozen=True)
class Made:
    """A block as text for the page, and what is known of the recording only when all blocks are: its levels."""

    sounds: dict[str, str]
    shares: list[str]
    power: Array
    outline: Array


def write_report(stem_set: StemSet, page: Path, *, on_block: OnBlock | None = None) -> list[Path]:
    """Write the report on a folder of stems; return the files, the page last.

    Where the page would be too large, its blocks are in the folder ``PAGE_files`` beside it.
    """
    shown = tracks.tracks_of(stem_set)
    for level in _levels(stem_set, shown):
        data, scripts = _contents(stem_set, shown, level, on_block)
        text = _assembled(data, scripts)
        if len(text) < LARGEST_PAGE:
            page.write_text(text, encoding="utf-8")
            return [page]
    data, scripts = _contents(stem_set, shown, BEST, on_block)
    folder = page.with_name(f"{page.stem}_files")
    folder.mkdir(exist_ok=True)
    written = [folder / f"{k}.js" for k in range(len(scripts))]
    for file, script in zip(written, scripts, strict=True):
        file.write_text(script, encoding="utf-8")
    page.write_text(_assembled(data | {"folder": folder.name}, []), encoding="utf-8")
    return [*written, page]


def _levels(stem_set: StemSet, shown: list[tracks.Track]) -> Iterator[float]:
    """Return how much the sound may be compressed so that a page holds it, as far as some samples of it tell."""
    rate, n_samples = stem_set.sample_rate, stem_set.n_samples
    if (len(shown) + 1) * n_samples / rate * MOST_BYTES * 4 / 3 < LARGEST_SOUND:
        yield from LEVELS
        return
    length = min(round(SAMPLE * rate), n_samples)
    begins = np.linspace(0, n_samples - length, SAMPLES).astype(int).tolist()
    sounds = [np.concatenate([track.read(begin, begin + length) for begin in begins], axis=1) for track in shown]
    sounds.append(np.asarray(sum(sounds)))
    for level in LEVELS:
        size = sum(len(tracks.encoded(sound, rate, level)) for sound in sounds) * 4 / 3
        if size * n_samples / (SAMPLES * length) < LARGEST_SOUND:
            yield level


def _contents(
    stem_set: StemSet, shown: list[tracks.Track], level: float, on_block: OnBlock | None
) -> tuple[dict[str, Any], list[str]]:
    """Return the data of the page and the scripts of its blocks."""
    made = list(_made_blocks(stem_set, shown, level, on_block))
    loudest = max(float(block.power.max(initial=0.0)) for block in made)
    scripts = [_block_script(k, block, loudest) for k, block in enumerate(made)]
    return _data(stem_set, shown, np.concatenate([block.outline for block in made])), scripts


def _made_blocks(
    stem_set: StemSet, shown: list[tracks.Track], level: float, on_block: OnBlock | None
) -> Iterator[Made]:
    """Return all blocks, encoded."""
    rate, n_samples = stem_set.sample_rate, stem_set.n_samples
    n_blocks = -(-n_samples // round(tracks.BLOCK * rate))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for block in tracks.blocks_of(shown, n_samples, rate):
            sounds = [block.recording, *block.tracks]
            coded = pool.map(lambda sound: tracks.encoded(sound, rate, level), sounds)
            powers = pictures.powers_of(block, rate)
            shares = [_text(pictures.picture(share)) for share in powers.shares]
            named = {str(k - 1): _text(sound) for k, sound in enumerate(coded) if sound}
            yield Made(named, shares, powers.recording, _outline(block, rate, n_samples))
            if on_block is not None:
                on_block(block.number + 1, n_blocks)


def _outline(block: tracks.Block, rate: int, n_samples: int) -> Array:
    """Return the peaks of the recording in the block's own columns of the outline."""
    pad, length = round(tracks.PAD * rate), round(tracks.BLOCK * rate)
    own = np.abs(block.recording[:, pad : pad + min(length, n_samples - block.number * length)]).max(axis=0)
    step = max(n_samples // OUTLINE, 1)
    return np.maximum.reduceat(own, np.arange(0, len(own), step))


def _block_script(number: int, block: Made, loudest: float) -> str:
    """Return the script that gives a block to the page."""
    content = {
        "sounds": block.sounds,
        "level": _text(pictures.level_picture(block.power, loudest)),
        "shares": block.shares,
    }
    return f"addBlock({number}, {json.dumps(content)});"


def _text(content: bytes) -> str:
    """Return bytes as text."""
    return b64encode(content).decode("ascii")


def _data(stem_set: StemSet, shown: list[tracks.Track], outline: Array) -> dict[str, Any]:
    """Return all that the page shows besides sound and pictures."""
    summary, account = stem_set.summary, stem_set.record
    of_stem = {stem.name: k for k, track in enumerate(shown) for stem in track.stems}
    levels = {row.get("name"): row for row in summary.get("stems", [])}
    return {
        "title": Path(str(summary.get("recording") or stem_set.folder.resolve().name)).stem,
        "score": Path(str(summary.get("score", ""))).name,
        "duration": stem_set.n_samples / stem_set.sample_rate,
        "rate": tracks.playing_rate(stem_set.sample_rate),
        "block": tracks.BLOCK,
        "pad": tracks.PAD,
        "probe": {"sound": _text(tracks.probe(stem_set.sample_rate)), "at": tracks.PROBE_AT},
        "groups": sum(stem.name.casefold() != RESIDUAL for stem in stem_set.stems),
        "tracks": [_track(track, k, shown, levels) for k, track in enumerate(shown)],
        "outline": np.round(outline / max(float(outline.max(initial=0.0)), 1e-9), 3).tolist(),
        "picture": {
            "columns": pictures.COLUMNS,
            "lowest": pictures.LOWEST,
            "rows": pictures.ROWS_PER_SEMITONE,
            "highest": pictures.HIGHEST,
        },
        "summary": {key: value for key, value in summary.items() if key not in UNTOLD},
        **(_account(account, of_stem) if account is not None else {"notes": []}),
    }


def _track(track: tracks.Track, k: int, shown: list[tracks.Track], levels: dict[str, Any]) -> dict[str, Any]:
    """Return what the page says of a track."""
    is_residual = track.name.casefold() == RESIDUAL and k == len(shown) - 1
    row = levels.get(track.name, {})
    colour = GREY if is_residual else COLOURS[k % len(COLOURS)]
    return {
        "name": track.name,
        "colour": colour,
        "isResidual": is_residual,
        "level": row.get("level"),
        "peak": row.get("peak"),
    }


def _account(account: SeparationRecord, of_stem: dict[str, int]) -> dict[str, Any]:
    """Return the aligned notes, each with its track, the local tempo and the loss."""
    alignment = account.alignment
    notes, residual = alignment.notes, of_stem.get(RESIDUAL, -1)
    track = [of_stem.get(account.names[g], residual) if g >= 0 else residual for g in account.group_of_notes()]
    columns = (
        notes.onset.round(4),
        notes.offset.round(4),
        notes.pitch,
        notes.velocity,
        track,
        alignment.confidence.round(3),
    )
    return {
        "notes": [list(row) for row in zip(*(np.asarray(column).tolist() for column in columns), strict=True)],
        "transposition": alignment.transposition,
        "tuning": alignment.tuning,
        "confidence": alignment.overall_confidence,
        "unmatched": alignment.unmatched.round(3).tolist(),
        "tempo": [np.stack([time, tempo], 1).round(3).tolist() for time, tempo in tempo_lines(alignment)],
        "loss": [float(f"{loss:.5g}") for loss in account.loss],
    }


def _assembled(data: dict[str, Any], scripts: list[str]) -> str:
    """Return the page, with its style, its scripts and its data in it."""
    here = files("scoresep.views.report")
    parts = {
        "title": escape(data["title"]),
        "style": here.joinpath("page.css").read_text(encoding="utf-8"),
        "data": _script_json(data),
        "script": "\n".join(
            here.joinpath(name).read_text(encoding="utf-8") for name in ("player.js", "drawing.js", "page.js")
        ),
        "blocks": "\n".join(f"<script>{script}</script>" for script in scripts),
    }
    template = here.joinpath("page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template)


def _script_json(content: Any) -> str:
    """Return JSON that can stand in a script element, whatever text it holds."""
    return re.sub(r"[<>&\u2028\u2029]", lambda match: f"\\u{ord(match[0]):04x}", json.dumps(content))

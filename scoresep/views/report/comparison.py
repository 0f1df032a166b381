"""A page that compares versions of one recording, such as before and after an edit.

One version is heard at a time, and a switch goes from one to another at the same place.  The page is that of the
report; its tracks are the versions, and notes that are the same in all of them have no track.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from scoresep.io.stem_files import WrittenFile
from scoresep.values import Array, Audio, ComparedNotes, Notes
from scoresep.views.colours import COLOURS, on_dark
from scoresep.views.note_rows import NoteRows
from scoresep.views.report import pictures, tracks
from scoresep.views.report.blocks import COMPRESSIONS, OnBlock, as_text, block_outline, choose_compression
from scoresep.views.report.contents import sound_data
from scoresep.views.report.page import write_page


@dataclass(frozen=True, eq=False)
class Version:
    """A recording as a track of the page.

    Beyond its ends it is silent.  If it goes above full scale, it is softer as a whole, as in a sound file.
    """

    name: str
    audio: Audio

    def read(self, start: int, stop: int) -> Array:
        """Return samples from ``start`` to ``stop``, shape (1 or 2 channels, samples)."""
        first = max(start, 0)
        found = self.audio.read(first, max(stop, first)) / max(self._measured.peak, 1.0)
        found = found if len(found) <= 2 else found.mean(axis=0, keepdims=True)
        return np.pad(found, ((0, 0), (first - start, stop - first - found.shape[1])))

    def levels(self) -> dict[str, float | None]:
        """Return the level and the peak (dB, relative to full scale; None for silence)."""
        summary = self._measured.summary(self.audio.sample_rate)
        return {name: summary[name] for name in ("level", "peak")}

    @cached_property
    def _measured(self) -> WrittenFile:
        """What is known of all samples."""
        measured = WrittenFile(self.name, 0)
        for block in self.audio.blocks():
            measured.add(block)
        return measured


@dataclass(frozen=True, eq=False)
class _Block:
    """A block as text for the page: the sound of each version that is not silent, and the power of each."""

    sounds: dict[str, str]
    power: Array
    outline: Array

    def script(self, number: int, maximum: float) -> str:
        """Return the script that gives the block to the page, given its number and the maximum power of all blocks."""
        levels = [as_text(pictures.level_picture(power, maximum)) for power in self.power]
        return f"addBlock({number}, {json.dumps({'sounds': self.sounds, 'levels': levels})});"


def write_comparison(
    page: str | Path,
    versions: Mapping[str, Audio],
    *,
    notes: Notes | ComparedNotes | None = None,
    title: str | None = None,
    summary: Mapping[str, Any] | None = None,
    on_block: OnBlock | None = None,
) -> list[Path]:
    """Write a page to see and hear versions of one recording, such as before and after an edit.

    One version is heard at a time, and a switch goes from one to another at the same place.  Spectrograms show two of
    them, in colour where one is louder than the other.

    Parameters
    ----------
    page : str or Path
        The page to write. Where it would be too large, its blocks are in the folder ``PAGE_files`` beside it.
    versions : mapping of str to Audio
        Two or more recordings by their names, in the order of the page. Those of another sample rate than the first
        are resampled; shorter ones end in silence.
    notes : Notes or ComparedNotes, optional
        The notes in recording time; `ComparedNotes` tell which of them change.
    title : str, optional
        The title of the page. The default is the name of its file.
    summary : mapping of str to object, optional
        What is listed at the end of the page.
    on_block : callable, optional
        Called with the number of blocks that are done and of all, after each block of 20 s.

    Returns
    -------
    list of Path
        The files written, the page last.

    Raises
    ------
    ValueError
        If there are fewer than two versions.

    Examples
    --------
    >>> import scoresep
    >>> song, edited = scoresep.read_audio("song.wav"), scoresep.read_audio("edited.wav")  # doctest: +SKIP
    >>> scoresep.write_comparison("edited.html", {"recording": song, "edited": edited})  # doctest: +SKIP
    """
    if len(versions) < 2:
        raise ValueError(f"versions has {len(versions)}; wanted two or more")
    page, shown = Path(page), _at_one_rate(versions)
    n_samples, rate = max(version.audio.n_samples for version in shown), shown[0].audio.sample_rate
    compression = choose_compression(shown, n_samples, rate)
    blocks = _encode(shown, n_samples, rate, compression or COMPRESSIONS[0], on_block)
    maximum = max((float(block.power.max(initial=0.0)) for block in blocks), default=0.0)
    scripts = [block.script(number, maximum) for number, block in enumerate(blocks)]
    compared = ComparedNotes.unchanged(notes) if isinstance(notes, Notes) else notes
    data = {
        **sound_data(n_samples, rate, [block.outline for block in blocks]),
        "title": page.stem if title is None else title,
        "compares": True,
        "tracks": [_track(version, COLOURS[k % len(COLOURS)]) for k, version in enumerate(shown)],
        "summary": dict(summary or {}),
        **({"notes": []} if compared is None else _notes(compared, n_samples / rate)),
    }
    return write_page(page, data, scripts, in_folder=compression is None)


def _at_one_rate(versions: Mapping[str, Audio]) -> list[Version]:
    """Return the versions with the sample rate of the first one."""
    rate = next(iter(versions.values())).sample_rate
    shown = []
    for name, audio in versions.items():
        if audio.sample_rate != rate:
            samples = soxr.resample(audio.read(0, audio.n_samples).T.astype(np.float32), audio.sample_rate, rate)
            audio = Audio(np.ascontiguousarray(samples.T), rate)
        shown.append(Version(name, audio))
    return shown


def _encode(
    shown: Sequence[Version], n_samples: int, sample_rate: int, compression: float, on_block: OnBlock | None
) -> list[_Block]:
    """Encode all blocks."""
    n_blocks, found = tracks.number_of_blocks(n_samples, sample_rate), []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for block in tracks.blocks_of(shown, n_samples, sample_rate):
            coded = pool.map(lambda sound: tracks.encoded(sound, sample_rate, compression), block.tracks)
            named = {str(k): as_text(sound) for k, sound in enumerate(coded) if sound}
            power = pictures.track_power(block, sample_rate)[:, ::-1].astype(np.float32)
            outline = block_outline(block.tracks[0], block.number, n_samples, sample_rate)
            found.append(_Block(named, power, outline))
            if on_block is not None:
                on_block(block.number + 1, n_blocks)
    return found


def _track(version: Version, colour: str) -> dict[str, Any]:
    """Return the name, colours and levels of a version."""
    return {"name": version.name, "colour": colour, "colourOnDark": on_dark(colour), **version.levels()}


def _notes(compared: ComparedNotes, duration: float) -> dict[str, Any]:
    """Return the rows of the notes as the report has them, with the version as track, and the remarks on them."""
    notes, rows = compared.notes, NoteRows.of(compared.notes)
    sounds = np.flatnonzero(notes.sounding_before(duration))
    order = sounds[np.lexsort([compared.version[sounds], notes.onset[sounds]])]
    columns = (
        notes.onset.round(4),
        notes.offset.round(4),
        rows.heights(notes.pitch, notes.is_drum),
        notes.velocity,
        compared.version,
        np.ones(len(notes)),
    )
    return {
        "notes": [list(row) for row in zip(*(column[order].tolist() for column in columns), strict=True)],
        "remarks": [compared.remarks[note] for note in order.tolist()],
        **({"kit": kit} if (kit := rows.kit()) else {}),
    }

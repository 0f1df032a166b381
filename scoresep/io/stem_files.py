"""The sound files of stems, one for each group, written stretch by stretch."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scoresep.errors import OutputError
from scoresep.io.audio_writer import FLOATING, SoundFormat, SoundWriter, factor_without_clipping, suffix_of
from scoresep.io.stems_manifest import NOTES_TABLE, minus_one_path
from scoresep.io.stems_reader import StemSound
from scoresep.values import BLOCK, RESIDUAL, Array, Audio, Notes, Selection, Stems

#: The columns of the table of single notes.
NOTES_COLUMNS = ("file", "first_sample", "samples", "onset", "offset", "pitch", "velocity", "part")


@dataclass
class WrittenFile:
    """What is known of the file of a stem: its name, its place in the recording, its energy and its peak so far."""

    file: str
    first_sample: int
    n_samples: int = 0
    energy: float = 0.0
    peak: float = 0.0

    def add(self, samples: Array) -> None:
        """Count samples of shape (channels, samples)."""
        self.n_samples += samples.shape[1]
        self.energy += float(np.einsum("cn,cn->", samples, samples, dtype=np.float64)) / len(samples)
        self.peak = max(self.peak, float(np.abs(samples).max(initial=0.0)))

    def summary(self, sample_rate: int) -> dict[str, Any]:
        """Return start and length (s), level and peak (dB below full scale; None for silence)."""
        power = self.energy / max(self.n_samples, 1)
        return {
            "file": self.file,
            "start": self.first_sample / sample_rate,
            "seconds": self.n_samples / sample_rate,
            "level": round(10 * float(np.log10(power)), 2) if power > 0 else None,
            "peak": round(20 * float(np.log10(self.peak)), 2) if self.peak > 0 else None,
        }


class StemFiles:
    """The sound files of stems in a folder, while they are written; ``written`` has what is known of each group's file.

    Parameters
    ----------
    folder : Path
        Where the files are put.
    recording : Audio
        What all stems add up to.
    selection : Selection
        The groups.
    format : SoundFormat
        The format of the files.
    minus_one : bool
        Whether to write the recording without each group as well, turned down as a whole if it would clip.
    full_length : bool
        Whether single notes are written as long as the recording.  If not, they are cropped to where they sound, and a
        table tells where that is.
    """

    def __init__(
        self,
        folder: Path,
        recording: Audio,
        selection: Selection,
        *,
        format: SoundFormat,
        minus_one: bool,
        full_length: bool,
    ) -> None:
        self.written: dict[str, WrittenFile] = {}
        self._folder, self._recording = folder, recording
        self._open_sound = partial(
            SoundWriter, sample_rate=recording.sample_rate, n_channels=recording.n_channels, format=format
        )
        self._suffix = suffix_of(format.container)
        self._minus_one, self._full_length = minus_one, full_length
        self._can_clip = format.subtype not in FLOATING
        #: The highest peak so far of the recording without each group.
        self._peaks: dict[str, float] = {}
        self._note = dict(zip(selection.names, selection.note, strict=True))
        #: Of each single note the stretches that are not written yet; it is written as a whole, when it has ended.
        self._stretches: dict[str, list[Array]] = {name: [] for name in self._note if self._note[name] >= 0}
        #: The sample of the recording at which the first of these stretches begins.
        self._begin = dict.fromkeys(self._stretches, 0)
        #: The single notes that are in the last stretch, and the other stems.
        self._sounding: list[str] = []
        self._whole = [name for name in (*self._note, RESIDUAL) if name not in self._stretches]
        self._writers: dict[str, SoundWriter] = {}
        for name in self._whole:
            self._open(name, name)
            if minus_one and name != RESIDUAL:
                self._open(minus_one_path(name))

    def add(self, stems: Stems) -> None:
        """Write the next stretch; a group that is not in it is silent."""
        if unknown := set(stems.names) - {*self._note, RESIDUAL}:
            raise ValueError(f"a stretch has stems of {sorted(unknown)}; the groups are {list(self._note)}")
        given = dict(zip(stems.names, stems.samples, strict=True))
        silence = np.zeros_like(stems.samples[-1])
        begin, end = stems.first_sample, stems.first_sample + silence.shape[1]
        for name in self._sounding:
            if name not in given:
                self._write_single(name)
        self._sounding = [name for name in given if name in self._stretches]
        for name in self._sounding:
            self._begin[name] = self._begin[name] if self._stretches[name] else begin
            self._stretches[name].append(given[name].copy())
        for name in self._whole:
            samples = given.get(name, silence)
            self._write(name, samples, name)
            if minus_one_path(name) in self._writers:
                self._write_without(name, self._recording.read(begin, end) - samples)

    def complete(self, notes: Notes) -> None:
        """Complete all files, and write the table of the single notes if there are any."""
        for name in self._stretches:
            if name not in self.written:
                self._write_single(name)
        while self._writers:
            self._writers.popitem()[1].close()
        for name, peak in self._peaks.items():
            if self._can_clip and peak > 1:
                self._turn_down(name, peak)
        if self._stretches and not self._full_length:
            self._write_table(notes)

    def release(self) -> None:
        """Close what is still open, after an error."""
        while self._writers:
            with suppress(OutputError):
                self._writers.popitem()[1].close()

    def _open(self, path: str, group: str | None = None, first_sample: int = 0) -> None:
        """Begin a file; with a group, it is one of those that add up to the recording."""
        target = self._folder / f"{path}{self._suffix}"
        target.parent.mkdir(exist_ok=True)
        self._writers[path] = self._open_sound(target)
        if group is not None:
            self.written[group] = WrittenFile(target.name, first_sample)

    def _write(self, path: str, samples: Array, group: str | None = None) -> None:
        """Append samples to a file."""
        self._writers[path].write(samples)
        if group is not None:
            self.written[group].add(samples)

    def _write_without(self, name: str, samples: Array) -> None:
        """Append samples to the recording without a group."""
        self._write(minus_one_path(name), samples)
        self._peaks[name] = max(self._peaks.get(name, 0.0), float(np.abs(samples).max(initial=0.0)))

    def _turn_down(self, name: str, peak: float) -> None:
        """Write the recording without a group again, softer, so that it does not clip."""
        path, row = minus_one_path(name), self.written[name]
        factor = factor_without_clipping(f"{path}{self._suffix}", peak)
        sizes = row.n_samples, self._recording.n_channels, self._recording.sample_rate
        stem = StemSound(name, self._folder / row.file, row.first_sample, *sizes)
        self._open(path)
        for start in range(0, self._recording.n_samples, BLOCK):
            stop = min(start + BLOCK, self._recording.n_samples)
            self._write(path, factor * (self._recording.read(start, stop) - stem.read(start, stop)))
        self._writers.pop(path).close()

    def _write_single(self, name: str) -> None:
        """Write a note that has ended, without the silence around it unless that is wanted.

        There may be thousands of notes, so their files are open only here.  A note that is silent becomes one
        sample of silence, since some formats cannot hold none.
        """
        stretches = self._stretches[name] or [np.zeros((self._recording.n_channels, 1), np.float32)]
        samples = np.concatenate(stretches, axis=1)
        sounding = np.flatnonzero(samples.any(axis=0))
        first, last = (int(sounding[0]), int(sounding[-1]) + 1) if len(sounding) else (0, 1)
        self._stretches[name] = []
        begin, sound = self._begin[name] + first, samples[:, first:last]
        self._open(name, name, 0 if self._full_length else begin)
        for part in self._with_silence_around(begin, sound) if self._full_length else [sound]:
            self._write(name, part, name)
        self._writers.pop(name).close()
        if self._minus_one:
            path = minus_one_path(name)
            self._open(path)
            for block, part in zip(self._recording.blocks(), self._with_silence_around(begin, sound), strict=True):
                self._write_without(name, block - part)
            self._writers.pop(path).close()

    def _with_silence_around(self, begin: int, sound: Array) -> Iterator[Array]:
        """Yield a note that begins at a sample of the recording, in blocks like those of the recording."""
        for start in range(0, self._recording.n_samples, BLOCK):
            block = np.zeros((len(sound), min(BLOCK, self._recording.n_samples - start)), sound.dtype)
            first, last = max(start, begin), min(start + block.shape[1], begin + sound.shape[1])
            if first < last:
                block[:, first - start : last - start] = sound[:, first - begin : last - begin]
            yield block

    def _write_table(self, notes: Notes) -> None:
        """Write where each single note lies in the recording."""
        with (self._folder / NOTES_TABLE).open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(NOTES_COLUMNS)
            for name in self._stretches:
                stem, i = self.written[name], self._note[name]
                times = (f"{notes.onset[i]:.4f}", f"{notes.offset[i]:.4f}")
                place = (stem.file, stem.first_sample, stem.n_samples)
                table.writerow([*place, *times, notes.pitch[i], notes.velocity[i], notes.part_name(i)])

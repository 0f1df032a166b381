"""Stems as files: one sound file a group, written stretch by stretch, single notes cropped to where they sound."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scoresep.errors import OutputError
from scoresep.io.atomic import new_folder
from scoresep.io.audio_writer import SoundWriter, sample_size, suffix_of
from scoresep.io.checks import check_foreign_files, check_space
from scoresep.io.npz import save
from scoresep.io.stems_manifest import ACCOUNT, MANIFEST, MINUS_ONE, NOTES_TABLE, write_manifest
from scoresep.values import BLOCK, RESIDUAL, Array, Audio, Notes, Selection, SeparationRecord, Stems


@dataclass
class StemFile:
    """What is known of a file so far: ``first_sample`` of the recording, ``n_samples``, and their energy and peak."""

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
        """Return the file's place and level, in seconds and decibels below full scale; a silent file has no level."""
        power = self.energy / max(self.n_samples, 1)
        return {
            "file": self.file,
            "start": self.first_sample / sample_rate,
            "seconds": self.n_samples / sample_rate,
            "level": round(10 * float(np.log10(power)), 2) if power > 0 else None,
            "peak": round(20 * float(np.log10(self.peak)), 2) if self.peak > 0 else None,
        }


def write_stems(
    folder: Path,
    parts: Iterable[Stems],
    recording: Audio,
    names: Sequence[str],
    note: Sequence[int],
    *,
    container: str,
    subtype: str,
    minus_one: bool = False,
    full_length: bool = False,
    about: Callable[[], dict[str, Any]] = dict,
    account: SeparationRecord | None = None,
    finish: Callable[[Path], object] | None = None,
    overwrite: bool = True,
) -> dict[str, Any]:
    """Write stretches of stems to a folder that is complete or absent; return what its manifest says.

    ``names`` and ``note`` are those of all groups but the residual, as in `Stems`.  ``about`` is asked at the end
    for what the manifest is to say besides the stems.  ``finish`` may add files that are made of the stems; it is
    called with the folder before that is put in its place.
    """
    with ExitStack() as stack:
        temporary = stack.enter_context(new_folder(folder, overwrite=overwrite))
        files = StemFolder(
            temporary,
            recording,
            names,
            note,
            container=container,
            subtype=subtype,
            minus_one=minus_one,
            full_length=full_length,
        )
        stack.callback(files.release)
        for stems in parts:
            files.add(stems)
        files.complete(stems.notes)
        summary = about() | {
            "folder": str(folder),
            "stems": [{"name": name, **file.summary(recording.sample_rate)} for name, file in files.files.items()],
        }
        if account is not None:
            save(account, temporary / ACCOUNT)
        if finish is not None:
            write_manifest(temporary, summary)
            finish(temporary)
        written = (file.relative_to(temporary) for file in temporary.rglob("*") if file.is_file())
        summary["files"] = sorted(str(file) for file in written if str(file) != MANIFEST)
        write_manifest(temporary, summary)
    return summary


def check_stems(
    folder: Path,
    recording: Audio,
    selection: Selection,
    notes: Notes,
    *,
    container: str,
    subtype: str,
    minus_one: bool = False,
    full_length: bool = False,
) -> None:
    """Raise OutputError if the stems of a selection would not fit on the disk, or replace what is not theirs."""
    names = [*selection.names, RESIDUAL, *(f"{MINUS_ONE}/{name}" for name in selection.names if minus_one)]
    check_foreign_files(folder, [f"{name}{suffix_of(container)}" for name in names])
    single = [i for i in selection.note if i >= 0 and not full_length]
    seconds = (len(names) - len(single)) * recording.duration + (notes.offset - notes.onset)[single].sum()
    size = sample_size(container, subtype) * len(recording.samples) * recording.sample_rate
    check_space(folder, seconds * size)


class StemFolder:
    """Sound files in a folder that take stems stretch by stretch; ``files`` tells what was written, by group.

    ``note`` has, for each of ``names``, the only note of the group or -1, as in `Stems`.  Single notes are cropped
    to where they sound, unless ``full_length``, and listed in a table.
    """

    def __init__(
        self,
        folder: Path,
        recording: Audio,
        names: Sequence[str],
        note: Sequence[int],
        *,
        container: str,
        subtype: str,
        minus_one: bool = False,
        full_length: bool = False,
    ) -> None:
        self.files: dict[str, StemFile] = {}
        self._folder, self._recording = folder, recording
        self._open_sound = partial(
            SoundWriter,
            sample_rate=recording.sample_rate,
            channels=len(recording.samples),
            container=container,
            subtype=subtype,
        )
        self._suffix = suffix_of(container)
        self._minus_one, self._full_length = minus_one, full_length
        self._note = dict(zip(names, note, strict=True))
        single = [name for name in names if self._note[name] >= 0]
        self._heard: dict[str, list[Array]] = {name: [] for name in single}
        self._begin = dict.fromkeys(single, 0)
        self._writers: dict[str, SoundWriter] = {}
        for name in (*names, RESIDUAL):
            if name not in self._heard:
                self._open(name, name)
                if minus_one and name != RESIDUAL:
                    self._open(f"{MINUS_ONE}/{name}")

    def add(self, stems: Stems) -> None:
        """Write a stretch of stems; a group that is not in it is silent."""
        given = dict(zip(stems.names, stems.samples, strict=True))
        silence = np.zeros_like(stems.samples[-1])
        span = slice(stems.first_sample, stems.first_sample + silence.shape[1])
        for name in (*self._note, RESIDUAL):
            samples = given.get(name, silence)
            if name not in self._heard:
                self._write(name, samples, name)
            elif name in given:
                self._begin[name] = self._begin[name] if self._heard[name] else span.start
                self._heard[name].append(samples.copy())
            elif self._heard[name]:
                self._write_single(name)
            if f"{MINUS_ONE}/{name}" in self._writers:
                self._write(f"{MINUS_ONE}/{name}", self._recording.samples[:, span] - samples)

    def complete(self, notes: Notes) -> None:
        """Complete all files, and the table of the single notes among them."""
        for name in self._heard:
            if name not in self.files:
                self._write_single(name)
        while self._writers:
            self._writers.popitem()[1].close()
        if self._heard and not self._full_length:
            self._write_table(notes)

    def release(self) -> None:
        """Let go of what is still open, after an error."""
        while self._writers:
            with suppress(OutputError):
                self._writers.popitem()[1].close()

    def _open(self, path: str, group: str | None = None, first_sample: int = 0) -> None:
        """Begin a file; with a group, it is one of those that add up to the recording."""
        target = self._folder / f"{path}{self._suffix}"
        target.parent.mkdir(exist_ok=True)
        self._writers[path] = self._open_sound(target)
        if group is not None:
            self.files[group] = StemFile(target.name, first_sample)

    def _write(self, path: str, samples: Array, group: str | None = None) -> None:
        """Append samples to a file."""
        self._writers[path].write(samples)
        if group is not None:
            self.files[group].add(samples)

    def _write_single(self, name: str) -> None:
        """Write a note that has ended, without the silence around it unless asked for it.

        Its files are open only now, since there may be thousands of notes.  A note that is never heard is one sample
        of silence, since not every format can hold none.
        """
        heard = self._heard[name] or [np.zeros((len(self._recording.samples), 1), np.float32)]
        samples = np.concatenate(heard, axis=1)
        sounding = np.flatnonzero(samples.any(axis=0))
        first, last = (sounding[0], sounding[-1] + 1) if len(sounding) else (0, 1)
        self._heard[name] = []
        begin, sound = self._begin[name] + int(first), samples[:, first:last]
        self._open(name, name, 0 if self._full_length else begin)
        for part in self._embedded(begin, sound) if self._full_length else [sound]:
            self._write(name, part, name)
        self._writers.pop(name).close()
        if self._minus_one:
            path = f"{MINUS_ONE}/{name}"
            self._open(path)
            for block, part in zip(self._recording.blocks(), self._embedded(begin, sound), strict=True):
                self._write(path, block - part)
            self._writers.pop(path).close()

    def _embedded(self, begin: int, sound: Array) -> Iterator[Array]:
        """Yield a note with silence around it, in blocks like those of the recording."""
        for start in range(0, self._recording.n_samples, BLOCK):
            block = np.zeros((len(sound), min(BLOCK, self._recording.n_samples - start)), sound.dtype)
            first, last = max(start, begin), min(start + block.shape[1], begin + sound.shape[1])
            if first < last:
                block[:, first - start : last - start] = sound[:, first - begin : last - begin]
            yield block

    def _write_table(self, notes: Notes) -> None:
        """Write where each cropped note stands in the recording."""
        with (self._folder / NOTES_TABLE).open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["file", "first_sample", "samples", "onset", "offset", "pitch", "velocity", "part"])
            for name in self._heard:
                stem, i = self.files[name], self._note[name]
                times = (f"{notes.onset[i]:.4f}", f"{notes.offset[i]:.4f}")
                table.writerow(
                    [
                        stem.file,
                        stem.first_sample,
                        stem.n_samples,
                        *times,
                        notes.pitch[i],
                        notes.velocity[i],
                        notes.part_name(i),
                    ]
                )

"""A folder of stems, read back piece by piece, for the report and for figures.

Conventions: all files lie on the recording's clock; what a cropped file does not reach is silence; samples have
shape (channels, samples).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from scoresep.errors import InputError
from scoresep.io.audio import read_span, sound_info
from scoresep.io.npz import load
from scoresep.io.stems_manifest import ACCOUNT, MANIFEST
from scoresep.values import RESIDUAL, Array, SeparationRecord

#: Suffixes of what may be a stem in a folder without a manifest.
SUFFIXES = frozenset(f".{name.lower()}" for name in soundfile.available_formats()) | {".aif", ".oga"}


@dataclass(frozen=True)
class StemSound:
    """A sound file that begins at sample ``first_sample`` of the recording."""

    name: str
    path: Path
    first_sample: int
    n_samples: int
    channels: int
    sample_rate: int

    def read(self, start: int, stop: int) -> Array:
        """Return samples of the recording from ``start`` to ``stop``, which may lie outside."""
        samples = np.zeros((self.channels, stop - start))
        begin, end = (int(np.clip(t - self.first_sample, 0, self.n_samples)) for t in (start, stop))
        if end > begin:
            at = begin + self.first_sample - start
            found = read_span(self.path, begin, end)
            samples[:, at : at + found.shape[1]] = found
        return samples


@dataclass(frozen=True)
class StemSet:
    """The stems in a folder, the residual last; ``summary`` and ``account`` are what the folder says of them."""

    folder: Path
    stems: Sequence[StemSound]
    summary: dict[str, Any] = field(default_factory=dict)
    account: SeparationRecord | None = None

    @property
    def sample_rate(self) -> int:
        """Samples a second."""
        return self.stems[0].sample_rate

    @property
    def n_samples(self) -> int:
        """The length of the recording, as far as the stems tell."""
        return max(stem.first_sample + stem.n_samples for stem in self.stems)

    def named(self, name: str) -> StemSound | None:
        """Return the stem of that name, case ignored."""
        return next((stem for stem in self.stems if stem.name.casefold() == name.casefold()), None)


def read_stem_set(folder: str | Path) -> StemSet:
    """Return the stems that a folder holds: those of its manifest or, without one, all sound files in it.

    Raises InputError if there are none, or if they are no sound files of one sample rate.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder of stems; 'scoresep separate' makes one")
    summary = _manifest(folder)
    rows = summary.get("stems") or [
        {"name": path.stem, "file": path.name}
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    ]
    try:
        stems = [_stem(folder, row["name"], row["file"], row.get("start", 0.0)) for row in rows]
    except (LookupError, TypeError, AttributeError) as error:
        raise InputError(f"{folder / MANIFEST}: not what 'scoresep separate' writes; make the stems anew") from error
    if not stems:
        raise InputError(f"{folder}: no sound files in it; 'scoresep separate' makes them")
    for stem in stems[1:]:
        if stem.sample_rate != stems[0].sample_rate:
            raise InputError(
                f"{stem.path}: has {stem.sample_rate} Hz and {stems[0].path.name} {stems[0].sample_rate} Hz; "
                "stems of one recording have the same"
            )
    stems.sort(key=lambda stem: stem.name.casefold() == RESIDUAL)
    account = load(folder / ACCOUNT, SeparationRecord) if (folder / ACCOUNT).exists() else None
    return StemSet(folder, tuple(stems), summary, account)


def _manifest(folder: Path) -> dict[str, Any]:
    """Return what the manifest of a folder says, if it has one."""
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON that can be read ({error}); make the stems anew") from error
    if not isinstance(summary, dict):
        raise InputError(f"{path}: not what 'scoresep separate' writes; make the stems anew")
    return summary


def _stem(folder: Path, name: str, file: str, start: float) -> StemSound:
    """Return a stem, whose file lies in the folder."""
    path = folder / str(file)
    if folder.resolve() not in path.resolve().parents:
        raise InputError(f"{folder / MANIFEST}: names {file}, which lies elsewhere; make the stems anew")
    return sound_file(path, name=str(name), start=float(start))


def sound_file(path: Path, *, name: str | None = None, start: float = 0.0) -> StemSound:
    """Return a sound file that begins ``start`` seconds into the recording.  Raises InputError if it is none."""
    rate, channels, n_samples = sound_info(path)
    return StemSound(name or path.stem, path, round(start * rate), n_samples, channels, rate)

"""A folder of stems, read stretch by stretch.

Conventions: all files lie on the clock of the recording; where a cropped file does not reach there is silence; samples
have shape (channels, samples).
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
from scoresep.io.stems_manifest import MANIFEST, OLD_RECORD, RECORD
from scoresep.values import RESIDUAL, Array, SeparationRecord

#: Suffixes of the files that are taken for stems in a folder without a manifest.
SUFFIXES = frozenset(f".{name.lower()}" for name in soundfile.available_formats()) | {".aif", ".oga"}


@dataclass(frozen=True)
class StemSound:
    """The sound file of a stem, which begins at sample ``first_sample`` of the recording."""

    name: str
    path: Path
    first_sample: int
    n_samples: int
    channels: int
    sample_rate: int

    def read(self, start: int, stop: int) -> Array:
        """Return the stem from sample ``start`` up to ``stop`` of the recording, silent where its file does not reach.

        Returns
        -------
        np.ndarray [shape=(channels, stop - start), dtype=float64]
        """
        samples = np.zeros((self.channels, stop - start))
        begin, end = (int(np.clip(t - self.first_sample, 0, self.n_samples)) for t in (start, stop))
        if end > begin:
            at = begin + self.first_sample - start
            found = read_span(self.path, begin, end)
            samples[:, at : at + found.shape[1]] = found
        return samples


@dataclass(frozen=True)
class StemSet:
    """The stems in a folder, the residual last.

    ``stems["left"]`` is the sound of the stem ``left``, shape (channels, samples), read from its file.

    Parameters
    ----------
    folder : Path
        The folder.
    stems : sequence of StemSound
        The sound files; ``stems[0].read(start, stop)`` reads a stretch of one.
    summary : dict
        What the manifest ``stems.json`` says; empty without one.
    record : SeparationRecord or None
        How the stems were made, if the folder tells.
    """

    folder: Path
    stems: Sequence[StemSound]
    summary: dict[str, Any] = field(default_factory=dict)
    record: SeparationRecord | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the stems."""
        return tuple(stem.name for stem in self.stems)

    @property
    def sample_rate(self) -> int:
        """Samples per second."""
        return self.stems[0].sample_rate

    @property
    def n_samples(self) -> int:
        """The length of the recording, as far as the stems reach."""
        return max(stem.first_sample + stem.n_samples for stem in self.stems)

    def __getitem__(self, name: str) -> Array:
        """Return the samples of the stem ``name``, shape (channels, samples).  Raises KeyError for another name."""
        if name not in self.names:
            raise KeyError(f"{name!r}; the stems are {', '.join(self.names)}")
        return self.stems[self.names.index(name)].read(0, self.n_samples)

    def named(self, name: str) -> StemSound | None:
        """Return the stem of that name, case ignored; None if there is none."""
        return next((stem for stem in self.stems if stem.name.casefold() == name.casefold()), None)


def read_stems(folder: str | Path) -> StemSet:
    """Open a folder of stems: those of its manifest or, without one, all sound files in it.

    Parameters
    ----------
    folder : str or Path
        What ``scoresep separate`` or `write_stems` has made, or any folder of sound files of one recording.

    Returns
    -------
    StemSet
        The stems; their sound is read when it is asked for.

    Raises
    ------
    InputError
        If there are no stems, or if they are not sound files of one sample rate.
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
        raise _not_a_manifest(folder) from error
    if not stems:
        raise InputError(f"{folder}: no sound files in it; 'scoresep separate' makes them")
    for stem in stems[1:]:
        if stem.sample_rate != stems[0].sample_rate:
            raise InputError(
                f"{stem.path}: has {stem.sample_rate} Hz and {stems[0].path.name} {stems[0].sample_rate} Hz; "
                "stems of one recording have the same"
            )
    stems.sort(key=lambda stem: stem.name.casefold() == RESIDUAL)
    return StemSet(folder, tuple(stems), summary, _record(folder))


def sound_file(path: Path, *, name: str | None = None, start: float = 0.0) -> StemSound:
    """Return a sound file that begins ``start`` seconds into the recording.  Raises InputError if it is none."""
    rate, channels, n_samples = sound_info(path)
    return StemSound(name or path.stem, path, round(start * rate), n_samples, channels, rate)


def _manifest(folder: Path) -> dict[str, Any]:
    """Return what the manifest of a folder says; nothing if it has none."""
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON that can be read ({error}); make the stems anew") from error
    if not isinstance(summary, dict):
        raise _not_a_manifest(folder)
    return summary


def _not_a_manifest(folder: Path) -> InputError:
    """Return the error for a manifest that says something else than it should."""
    return InputError(f"{folder / MANIFEST}: not what 'scoresep separate' writes; make the stems anew")


def _stem(folder: Path, name: str, file: str, start: float) -> StemSound:
    """Return a stem of the manifest; InputError if its file does not lie in the folder."""
    path = folder / str(file)
    if folder.resolve() not in path.resolve().parents:
        raise InputError(f"{folder / MANIFEST}: names {file}, which lies elsewhere; make the stems anew")
    return sound_file(path, name=str(name), start=float(start))


def _record(folder: Path) -> SeparationRecord | None:
    """Return how the stems in a folder were made, if there is a file that tells."""
    for name in (RECORD, OLD_RECORD):
        if (folder / name).exists():
            return load(folder / name, SeparationRecord)
    return None

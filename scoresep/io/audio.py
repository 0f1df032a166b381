"""Sound file → samples, through libsndfile."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import numpy as np
import soundfile

from scoresep.dsp.downmix import Mono, listen
from scoresep.errors import InputError, ScoresepWarning
from scoresep.io.checks import check_file
from scoresep.values import BLOCK, Array, Audio, Fingerprint

#: Samples beyond this (200 dB above full scale) are no sound, and their squares would overflow.
LOUDEST = 1e10

#: Three samples alike in a row, as loud as this, are the flat top of a clipped peak.
CLIPPED = 0.99

#: No format has more samples in a byte, not even of silence; a header that says so would cost memory for nothing.
_DENSEST = 10_000

#: How libsndfile's log says that a file ends before the samples that its header promises.
_CUT_OFF = re.compile(r"^(?:data|SSND)\s*: (\d+) \(should be (\d+)\)", re.MULTILINE)

#: Sample formats whose samples float32 cannot hold exactly.
_FINE = ("PCM_32", "DOUBLE")


def read_audio(
    path: str | Path, *, start: float | None = None, end: float | None = None, in_memory: float = np.inf
) -> Audio:
    """Return a sound file, or the part of it from ``start`` to ``end`` seconds.

    If the samples take more than ``in_memory`` bytes, they stay in the file until they are asked for.  Raises
    InputError if it is not a sound file, has no samples there or has samples that are not finite, at once or, for
    samples that stay in the file, when they are met.  Warns of a recording that is clipped or shorter than it says.
    """
    if not all(0 <= time < np.inf for time in (start, end) if time is not None):
        raise ValueError(f"{start=} and {end=} must be finite and not negative")
    with _opened(path) as file:
        first = min(round((start or 0) * file.samplerate), file.frames)
        last = file.frames if end is None else min(round(end * file.samplerate), file.frames)
        if last <= first:
            where = (f" from {start:g} s" if start else "") + (f" to {end:g} s" if end is not None else "")
            length = file.frames / file.samplerate
            raise InputError(f"{path}: no samples{where}; the recording is {length:.2f} s long")
        if (last - first) * file.channels * np.dtype(_dtype_of(file)).itemsize > in_memory:
            return Audio(cast("Array", FileSamples(path, first, last)), file.samplerate, file.subtype)
        samples = np.empty((file.channels, last - first), _dtype_of(file))
        done = 0
        for block in warn_if_clipped(_blocks(file, path, first, last), path):
            samples[:, done : done + block.shape[1]] = block
            done += block.shape[1]
        if not done:
            raise InputError(f"{path}: none of the samples that its header promises can be read; it is damaged")
        return Audio(samples[:, :done], file.samplerate, file.subtype)


class FileSamples:
    """The samples of a file from ``first`` up to ``last``, which look like an array but are read when asked for.

    Of arrays, they know only how to give a range of samples of all channels: ``samples[:, begin:end]``.
    """

    ndim = 2

    def __init__(self, path: str | Path, first: int, last: int) -> None:
        self._path, self._first = path, first
        with _opened(path) as file:
            self.shape = file.channels, last - first
            self.dtype = np.dtype(_dtype_of(file))

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, key: tuple[slice, slice]) -> Array:
        begin, end, _ = key[1].indices(self.shape[1])
        samples = np.zeros((len(self), max(end - begin, 0)), self.dtype)
        with _opened(self._path) as file:
            done = 0
            for block in _blocks(file, self._path, self._first + begin, self._first + end):
                samples[:, done : done + block.shape[1]] = block
                done += block.shape[1]
        return samples


def read_mono(path: str | Path) -> Mono:
    """Return a sound file as the alignment hears it; only that is in memory.  Raises what `read_audio` raises."""
    with _opened(path) as file:
        if not file.frames:
            raise InputError(f"{path}: no samples; the recording is 0.00 s long")
        fingerprints = []

        def blocks() -> Iterator[Array]:
            fingerprints.append(Fingerprint(file.samplerate))
            for block in warn_if_clipped(_blocks(file, path, 0, file.frames), path):
                fingerprints[-1].update(block)
                yield block

        samples = listen(blocks, file.samplerate, file.frames)
        return Mono(samples, str(fingerprints[0]))


def check_audio(path: str | Path) -> None:
    """Raise InputError if a file is not a sound file."""
    with _opened(path):
        pass


def sound_info(path: str | Path) -> tuple[int, int, int]:
    """Return the sample rate, channels and samples of a sound file.  Raises InputError if it is none."""
    with _opened(path) as file:
        return file.samplerate, file.channels, file.frames


def read_span(path: str | Path, start: int, stop: int) -> Array:
    """Return the samples of a sound file from ``start`` to ``stop``, shape (channels, samples).  Raises InputError."""
    with _opened(path) as file:
        return np.concatenate([np.zeros((file.channels, 0)), *_blocks(file, path, start, stop)], axis=1)


@contextmanager
def _opened(path: str | Path) -> Iterator[soundfile.SoundFile]:
    """Open a sound file; raise InputError for what libsndfile complains of, then or later."""
    path = Path(path)
    check_file(path, "a sound file")
    try:
        # Opened by us: libsndfile then never interprets the name.
        with path.open("rb") as raw, soundfile.SoundFile(raw) as file:
            if file.frames * file.channels > _DENSEST * path.stat().st_size:
                raise InputError(f"{path}: its header promises {file.frames} samples, more than the file can hold")
            if cut := _CUT_OFF.search(file.extra_info):
                _warn(f"{path}: its header promises {cut[1]} bytes of sound, {cut[2]} are there; it may be cut off")
            yield file
    except (soundfile.LibsndfileError, OSError, ValueError, TypeError) as error:
        reason = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
        hint = "; convert it to WAV or FLAC first" if path.suffix.lower() in (".m4a", ".aac", ".wma", ".mp4") else ""
        raise InputError(f"{path}: not a sound file that can be read ({reason.strip(' .')}){hint}") from error


def _blocks(file: soundfile.SoundFile, path: str | Path, first: int, last: int) -> Iterator[Array]:
    """Return the samples of a file piece by piece, shape (channels, samples); raise InputError if one is not finite."""
    file.seek(first)
    for begin in range(first, last, BLOCK):
        end = min(begin + BLOCK, last)
        block = file.read(end - begin, dtype=_dtype_of(file), always_2d=True)
        if not np.abs(block).max(initial=0.0) <= LOUDEST:  # nor is it if one of them is not a number
            bad = int(np.flatnonzero(~(np.abs(block) <= LOUDEST).all(axis=1))[0])
            kind = f"beyond {LOUDEST:g}" if np.isfinite(block[bad]).all() else "that are not finite numbers"
            raise InputError(f"{path}: has samples {kind}, the first at {(begin + bad) / file.samplerate:.3f} s")
        if len(block):
            yield block.T
        if begin + len(block) < end:
            found, promised = ((n - first) / file.samplerate for n in (begin + len(block), last))
            _warn(f"{path}: of {promised:.2f} s of sound only {found:.2f} s can be read; it is damaged")
            return


def warn_if_clipped(blocks: Iterable[Array], path: str | Path) -> Iterator[Array]:
    """Yield the blocks of a recording as they are; warn at the end if it is clipped."""
    places = 0
    for block in blocks:
        if np.abs(block).max() >= CLIPPED:
            alike = (block[:, 1:] == block[:, :-1]) & (np.abs(block[:, 1:]) >= CLIPPED)
            flat = np.diff(alike[:, 1:] & alike[:, :-1], axis=1, prepend=False)
            places += int(np.count_nonzero(flat) + 1) // 2
        yield block
    if places:
        _warn(f"{path}: is clipped at {places} places; what was cut off there is lost, the stems share what is left")


def _warn(message: str) -> None:
    warnings.warn(message, ScoresepWarning, stacklevel=3)


def _dtype_of(file: soundfile.SoundFile) -> str:
    """Return the type that holds a file's samples exactly."""
    return "float64" if file.subtype in _FINE else "float32"

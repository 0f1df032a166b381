"""Sound file → samples, through libsndfile."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from scoresep.dsp.downmix import MonoAudio, downmix_blocks
from scoresep.errors import InputError, ScoresepWarning
from scoresep.io.checks import check_file
from scoresep.io.ffmpeg import CONVERTIBLE_SUFFIXES, decoded_file
from scoresep.values import BLOCK, Array, Audio, Fingerprint

#: Samples beyond this (200 dB above full scale) are a damaged file, and their squares could overflow.
LOUDEST = 1e10
#: Three equal samples in a row that are at least this loud are a clipped peak.
CLIPPED = 0.99
#: No format packs more samples into a byte, not even for silence.  A header that promises more is damaged, and
#: memory for that many samples is not to be taken.
_MOST_SAMPLES_PER_BYTE = 10_000
#: How libsndfile's log says that a file ends before the samples that its header promises.
_CUT_OFF = re.compile(r"^(?:data|SSND)\s*: (\d+) \(should be (\d+)\)", re.MULTILINE)
#: Sample formats that need float64; float32 holds all others exactly.
_FLOAT64_SUBTYPES = ("PCM_32", "DOUBLE")
#: What to do with files that libsndfile does not read, by their suffixes.
_HINTS = {
    **dict.fromkeys(
        CONVERTIBLE_SUFFIXES, "; convert it to WAV or FLAC first, or install ffmpeg, which scoresep then reads it with"
    ),
    **dict.fromkeys(
        (".mid", ".midi", ".musicxml", ".mxl", ".mei", ".krn", ".abc"),
        "; this is a score; name the recording first, then the score",
    ),
}


def read_audio(
    path: str | Path, *, start: float | None = None, end: float | None = None, in_memory: float = np.inf
) -> Audio:
    """Read a sound file, or a part of one.

    Parameters
    ----------
    path : str or Path
        Any format that libsndfile reads, such as WAV, FLAC, AIFF, Ogg or MP3.
    start, end : float, optional
        The part to read (s); the whole file unless given.
    in_memory : float
        The most bytes that the samples may take.  If they would take more, they stay in the file, and the `Audio` reads
        each stretch when it is used.

    Returns
    -------
    Audio
        The samples, float32 if that holds them exactly, else float64.

    Raises
    ------
    InputError
        If the file is no sound file, if it has no samples in that part, or if a sample is not a finite number.  Samples
        that stay in the file are checked when they are read.
    ValueError
        If ``start`` or ``end`` is negative or not finite.

    Warns
    -----
    ScoresepWarning
        If the recording is clipped, or shorter than its header says.
    """
    if not all(0 <= time < np.inf for time in (start, end) if time is not None):
        raise ValueError(f"{start=} and {end=} must be finite and not negative")
    with _open_sound(path) as file:
        first = min(round((start or 0) * file.samplerate), file.frames)
        last = file.frames if end is None else min(round(end * file.samplerate), file.frames)
        if last <= first:
            where = (f" from {start:g} s" if start else "") + (f" to {end:g} s" if end is not None else "")
            length = file.frames / file.samplerate
            raise InputError(f"{path}: no samples{where}; the recording is {length:.2f} s long")
        if (last - first) * file.channels * _dtype_of(file).itemsize > in_memory:
            return AudioFile(path, first, last)
        samples = np.empty((file.channels, last - first), _dtype_of(file))
        done = 0
        for block in warn_if_clipped(_blocks(file, path, first, last), path):
            samples[:, done : done + block.shape[1]] = block
            done += block.shape[1]
        if not done:
            raise InputError(f"{path}: none of the samples that its header promises can be read; it is damaged")
        return Audio(samples[:, :done], file.samplerate, file.subtype)


class AudioFile(Audio):
    """A recording whose samples stay in their file: those from ``first`` up to ``last``.

    `read` and `blocks` read only what is asked for.  ``samples`` reads all of them, each time that it is used.
    Samples that are not finite raise InputError when they are read.
    """

    def __init__(self, path: str | Path, first: int, last: int) -> None:
        with _open_sound(path) as file:
            # The fields of a frozen dataclass can be set in no other way.
            object.__setattr__(self, "sample_rate", file.samplerate)
            object.__setattr__(self, "subtype", file.subtype)
            self._shape: tuple[int, int] = file.channels, last - first
            self._dtype = _dtype_of(file)
        self._path = path
        self._first = first

    def __repr__(self) -> str:
        return f"AudioFile({str(self._path)!r}, {self._first}, {self._first + self.n_samples})"

    @property
    def samples(self) -> Array:
        """All samples, read from the file, shape (channels, samples)."""
        return self.read(0, self.n_samples)

    @property
    def n_channels(self) -> int:
        """The number of channels."""
        return self._shape[0]

    @property
    def n_samples(self) -> int:
        """The number of samples in each channel."""
        return self._shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the samples."""
        return self._dtype

    def read(self, start: int, stop: int) -> Array:
        """Return the samples from ``start`` up to ``stop``, as `Audio.read` does."""
        stop = min(stop, self.n_samples)
        samples = np.zeros((self.n_channels, max(stop - start, 0)), self._dtype)
        if not samples.size:
            return samples
        with _open_sound(self._path) as file:
            done = 0
            for block in _blocks(file, self._path, self._first + start, self._first + stop):
                samples[:, done : done + block.shape[1]] = block
                done += block.shape[1]
        return samples


def read_mono(path: str | Path) -> MonoAudio:
    """Return a sound file in one channel and at the sample rate of the alignment, read block by block.

    Raises what `read_audio` raises.
    """
    with _open_sound(path) as file:
        if not file.frames:
            raise InputError(f"{path}: no samples; the recording is 0.00 s long")
        fingerprints, lengths = [], []

        def blocks() -> Iterator[Array]:
            fingerprints.append(Fingerprint(file.samplerate))
            lengths.append(0)
            for block in warn_if_clipped(_blocks(file, path, 0, file.frames), path):
                fingerprints[-1].update(block)
                lengths[-1] += block.shape[1]
                yield block

        samples = downmix_blocks(blocks, file.samplerate, file.frames)
        return MonoAudio(samples, str(fingerprints[0]), lengths[0] / file.samplerate)


def check_audio(path: str | Path) -> None:
    """Raise InputError unless a file is a sound file."""
    with _open_sound(path):
        pass


def sound_info(path: str | Path) -> tuple[int, int, int]:
    """Return the sample rate, channels and samples of a sound file.  Raises InputError if it is none."""
    with _open_sound(path) as file:
        return file.samplerate, file.channels, file.frames


def read_span(path: str | Path, start: int, stop: int) -> Array:
    """Return the samples of a sound file from ``start`` up to ``stop``, shape (channels, samples), float64.

    Raises InputError if it is no sound file.
    """
    with _open_sound(path) as file:
        return np.concatenate([np.zeros((file.channels, 0)), *_blocks(file, path, start, stop)], axis=1)


def warn_if_clipped(blocks: Iterable[Array], path: str | Path) -> Iterator[Array]:
    """Yield the blocks of a recording unchanged; warn after the last one if the recording is clipped."""
    places = 0
    for block in blocks:
        if np.abs(block).max() >= CLIPPED:
            is_flat = (block[:, 1:] == block[:, :-1]) & (np.abs(block[:, 1:]) >= CLIPPED)
            edges = np.diff(is_flat[:, 1:] & is_flat[:, :-1], axis=1, prepend=False)
            places += int(np.count_nonzero(edges) + 1) // 2
        yield block
    if places:
        where = "1 place" if places == 1 else f"{places} places"
        _warn(f"{path}: is clipped at {where}; what was cut off there is lost, the stems share what is left")


@contextmanager
def _open_sound(path: str | Path) -> Iterator[soundfile.SoundFile]:
    """Open a sound file for reading; raise InputError if it is none, warn if it is cut off."""
    path = Path(path)
    check_file(path, "a sound file")
    with ExitStack() as stack:
        with _as_input_errors(path):
            # Given a name, libsndfile would take some, such as "-", for something else.
            raw = stack.enter_context((decoded_file(path) or path).open("rb"))
            file = stack.enter_context(soundfile.SoundFile(raw))
            size = Path(raw.name).stat().st_size
        if file.frames * file.channels > _MOST_SAMPLES_PER_BYTE * size:
            raise InputError(f"{path}: its header promises {file.frames} samples, more than the file can hold")
        if cut := _CUT_OFF.search(file.extra_info):
            _warn(f"{path}: its header promises {cut[1]} bytes of sound, {cut[2]} are there; it may be cut off")
        yield file


@contextmanager
def _as_input_errors(path: str | Path) -> Iterator[None]:
    """Turn the errors of libsndfile and of the system into InputError; to be put around nothing but their calls."""
    try:
        yield
    except (soundfile.LibsndfileError, OSError, ValueError, TypeError) as error:
        reason = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
        hint = _HINTS.get(Path(path).suffix.lower(), "")
        raise InputError(f"{path}: not a sound file that can be read ({reason.strip(' .')}){hint}") from error


def _blocks(file: soundfile.SoundFile, path: str | Path, first: int, last: int) -> Iterator[Array]:
    """Yield the samples from ``first`` up to ``last`` in blocks of shape (channels, samples).

    Raises InputError for samples that are not finite.  Stops early, with a warning, where the file cannot be read on.
    """
    with _as_input_errors(path):
        file.seek(first)
    for begin in range(first, last, BLOCK):
        end = min(begin + BLOCK, last)
        with _as_input_errors(path):
            block = file.read(end - begin, dtype=_dtype_of(file).name, always_2d=True)
        _check_samples(block, path, begin, file.samplerate)
        if len(block):
            yield block.T
        if begin + len(block) < end:
            found, promised = ((n - first) / file.samplerate for n in (begin + len(block), last))
            _warn(f"{path}: of {promised:.2f} s of sound only {found:.2f} s can be read; it is damaged")
            return


def _check_samples(block: Array, path: str | Path, begin: int, sample_rate: int) -> None:
    """Raise InputError if a block, shape (samples, channels), has samples that are not finite or far too loud."""
    if np.abs(block).max(initial=0.0) <= LOUDEST:  # false also if a sample is not a number
        return
    bad = int(np.flatnonzero(~(np.abs(block) <= LOUDEST).all(axis=1))[0])
    kind = f"beyond {LOUDEST:g}" if np.isfinite(block[bad]).all() else "that are not finite numbers"
    raise InputError(f"{path}: has samples {kind}, the first at {(begin + bad) / sample_rate:.3f} s")


def _warn(message: str) -> None:
    """Warn the user."""
    warnings.warn(message, ScoresepWarning, stacklevel=3)


def _dtype_of(file: soundfile.SoundFile) -> np.dtype[Any]:
    """Return the smaller of float32 and float64 that holds the samples of a file exactly."""
    return np.dtype("float64" if file.subtype in _FLOAT64_SUBTYPES else "float32")

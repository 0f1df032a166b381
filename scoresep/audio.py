"""Sound file ⇄ samples, through libsndfile."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import soundfile

from scoresep.errors import InputError, OutputError, ScoresepWarning
from scoresep.inputs import check_file
from scoresep.mono import Mono, listen
from scoresep.values import BLOCK, Array, Audio, Fingerprint

#: What a sample takes.
_BYTES = {"PCM_S8": 1, "PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "DOUBLE": 8}
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
#: Sample formats that keep samples as they are; every other one is lossy.
LOSSLESS = ("PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")
#: Containers whose files do not tell by themselves what they hold.
_NOT_ALONE = ("RAW", "SD2")
#: Containers whose size depends on what is in them.
_COMPRESSED = ("FLAC", "OGG", "MP3", "CAF")
#: Beyond this many bytes the sizes in a WAV header overflow.
_LARGEST_WAV = 2**32 - 2**16


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
        for block in watched(_blocks(file, path, first, last), path):
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
            for block in watched(_blocks(file, path, 0, file.frames), path):
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


def watched(blocks: Iterable[Array], path: str | Path) -> Iterator[Array]:
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


def stem_format(audio: Audio, format: str | None, subtype: str | None) -> tuple[str, str]:
    """Return libsndfile's names of the container and the sample format of stems.

    Without ``format`` that is WAV (RF64 if a stem would be too large for WAV); without ``subtype`` the recording's
    PCM depth, float where the recording is float or lossy, and the usual one where the container cannot hold that.
    Warns of one that is lossy or coarser than the recording, and raises OutputError for a combination that there is
    not, or that cannot hold the recording's peaks.
    """
    container = (format or "wav").upper()
    if container not in soundfile.available_formats() or container in _NOT_ALONE:
        raise OutputError(f"--format {format}: there is no such sound format; wanted wav, flac, aiff, ogg, mp3 …")
    chosen = (subtype or (audio.subtype if audio.subtype in LOSSLESS else "FLOAT")).upper()
    if not subtype and not soundfile.check_format(container, chosen):
        chosen = "PCM_24" if soundfile.check_format(container, "PCM_24") else soundfile.default_subtype(container)
    if not soundfile.check_format(container, chosen):
        wanted = ", ".join(s for s in soundfile.available_subtypes(container))
        raise OutputError(f"--subtype {chosen}: {container} does not hold it; wanted {wanted}")
    shape = {"samplerate": audio.sample_rate, "channels": len(audio.samples)}
    try:
        soundfile.SoundFile(io.BytesIO(), "w", **shape, format=container, subtype=chosen).close()
    except soundfile.LibsndfileError as error:
        raise OutputError(
            f"--format {container}: does not hold {shape['channels']} channels at {shape['samplerate']} Hz "
            f"({error.error_string.strip(' .')}); wav does"
        ) from error
    _check_depth(audio, container, chosen)
    size = audio.n_samples * len(audio.samples) * _BYTES.get(chosen, 4)
    if container == "WAV" and size > _LARGEST_WAV:
        container = "RF64"
    return container, chosen


def _check_depth(audio: Audio, container: str, chosen: str) -> None:
    """Warn of a sample format that cannot hold the recording exactly; raise OutputError if it cannot hold its peaks."""
    depth = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_32": 32, "DOUBLE": 32}  # float32 has the 24 bits of PCM_24
    if chosen not in LOSSLESS:
        _warn(f"{container} is lossy: the files will add up to the recording only nearly; wav and flac keep the sum")
    elif depth.get(chosen, 24) < depth.get(audio.subtype, 24):
        _warn(f"{chosen} is coarser than the recording ({audio.subtype}): the files will add up to it rounded")
    if chosen.startswith("PCM") and not audio.subtype.startswith("PCM"):
        peak = max(float(np.abs(block).max()) for block in audio.blocks())
        if peak > 1:
            raise OutputError(
                f"--subtype {chosen}: the recording goes {20 * np.log10(peak):.1f} dB above full scale, which would be "
                "cut off; wav with --subtype FLOAT keeps it"
            )


def sample_size(container: str, subtype: str) -> int:
    """Return the bytes that a sample takes, 0 where that depends on the sound."""
    return 0 if container in _COMPRESSED else _BYTES.get(subtype, 4)


def suffix_of(container: str) -> str:
    """Return the suffix of files of a container."""
    return ".wav" if container in ("WAV", "WAVEX", "RF64") else f".{container.lower()}"


class _Careful(io.FileIO):
    """A file that notes what the system says against writing, since libsndfile's callbacks must not raise."""

    error: OSError | None = None

    def write(self, data: Any) -> int:
        """Write; return how many bytes were written."""
        try:
            return super().write(data)
        except OSError as error:
            self.error = self.error or error
            return 0


class SoundWriter:
    """A sound file that is written stretch by stretch."""

    def __init__(self, path: Path, *, sample_rate: int, channels: int, container: str, subtype: str) -> None:
        self.path = path
        try:
            with ExitStack() as stack:
                self._raw = stack.enter_context(_Careful(path, "w+"))
                self._file = soundfile.SoundFile(self._raw, "w", sample_rate, channels, subtype, format=container)
                stack.pop_all()
        except (soundfile.LibsndfileError, OSError, ValueError, AssertionError) as error:
            raise self._failed(error) from error
        self._check()

    def write(self, samples: Array) -> None:
        """Append samples of shape (channels, samples)."""
        if self._file.subtype == "PCM_16":  # libsndfile takes three times as long from floats, to the same bits
            samples = np.rint(samples * np.float32(2**15)).clip(-(2**15), 2**15 - 1).astype(np.int16)
        try:
            self._file.write(samples.T)
        except (soundfile.LibsndfileError, OSError, AssertionError) as error:  # soundfile asserts that all was written
            raise self._failed(error) from error
        self._check()

    def close(self) -> None:
        """Complete the file."""
        try:
            self._file.close()
            self._raw.close()
        except (soundfile.LibsndfileError, OSError) as error:
            raise self._failed(error) from error
        self._check()

    def _check(self) -> None:
        if self._raw.error is not None:
            raise self._failed(self._raw.error)

    def _failed(self, error: Exception) -> OutputError:
        error = getattr(getattr(self, "_raw", None), "error", None) or error
        return OutputError(f"{self.path}: cannot be written ({getattr(error, 'strerror', None) or error})")

"""Samples → sound file, through libsndfile."""

from __future__ import annotations

import io
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from scoresep.errors import OutputError, ScoresepWarning
from scoresep.values import Array, Audio

#: What a sample takes.
_BYTES = {"PCM_S8": 1, "PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "DOUBLE": 8}

#: Sample formats that keep samples as they are; every other one is lossy.
LOSSLESS = ("PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")

#: Containers whose files do not tell by themselves what they hold.
_NOT_ALONE = ("RAW", "SD2")

#: Containers whose size depends on what is in them.
_COMPRESSED = ("FLAC", "OGG", "MP3", "CAF")

#: Beyond this many bytes the sizes in a WAV header overflow.
_LARGEST_WAV = 2**32 - 2**16


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
        warnings.warn(
            f"{container} is lossy: the files will add up to the recording only nearly; wav and flac keep the sum",
            ScoresepWarning,
            stacklevel=3,
        )
    elif depth.get(chosen, 24) < depth.get(audio.subtype, 24):
        warnings.warn(
            f"{chosen} is coarser than the recording ({audio.subtype}): the files will add up to it rounded",
            ScoresepWarning,
            stacklevel=3,
        )
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

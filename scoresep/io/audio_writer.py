"""Samples → sound file, through libsndfile."""

from __future__ import annotations

import io
import warnings
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile

from scoresep.errors import OutputError, ScoresepWarning
from scoresep.io.atomic import new_file
from scoresep.io.checks import check_output
from scoresep.values import Array, Audio

#: Bytes of a sample in each sample format; 4 in those that are not listed.
_BYTES = {"PCM_S8": 1, "PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "DOUBLE": 8}
#: Bits of a sample that count for the comparison of two sample formats; 24 in those that are not listed (float32
#: holds PCM of 24 bits exactly).
_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_32": 32, "DOUBLE": 32}
#: Sample formats without lossy compression.
LOSSLESS = ("PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")
#: Containers without a header, or with the header in a second file.
_WITHOUT_HEADER = ("RAW", "SD2")
#: Containers with compression; the size of their files cannot be told beforehand.
_COMPRESSED = ("FLAC", "OGG", "MP3", "CAF")
#: The most bytes of samples that a WAV file can hold; its header has sizes of 32 bits.
_LARGEST_WAV = 2**32 - 2**16
#: Sample formats that hold samples above full scale.
FLOATING = ("FLOAT", "DOUBLE")
#: The peak of what was turned down: the largest sample of 16-bit PCM.
_HIGHEST = 1.0 - 2.0**-15
#: Full scale of 16-bit PCM.
_FULL_SCALE_16 = 2**15


class SoundFormat(NamedTuple):
    """libsndfile's names of a container, such as "WAV", and of a sample format, such as "PCM_16"."""

    container: str
    subtype: str


def stem_format(audio: Audio, format: str | None, subtype: str | None) -> SoundFormat:
    """Choose the format of the stems of a recording.

    Parameters
    ----------
    audio : Audio
        The recording.
    format : str, optional
        The container, such as "flac"; WAV unless given, and RF64 for stems that are too large for WAV.
    subtype : str, optional
        The sample format, such as "PCM_24".  Unless given, it is that of the recording, or float if that is lossy, or
        the usual one of the container if it cannot hold that.

    Returns
    -------
    SoundFormat

    Raises
    ------
    OutputError
        If there is no such format, or if it cannot hold the recording's channels, sample rate or peaks.

    Warns
    -----
    ScoresepWarning
        If the format is lossy, or coarser than the recording.
    """
    chosen = choose_format(audio, format, subtype)
    _check_depth(audio, *chosen)
    return chosen


def choose_format(audio: Audio, format: str | None, subtype: str | None) -> SoundFormat:
    """Choose a format that can hold the channels and the sample rate of ``audio``, as `stem_format` does.

    Raises OutputError if there is none.
    """
    container = (format or "wav").upper()
    if container not in soundfile.available_formats() or container in _WITHOUT_HEADER:
        raise OutputError(f"--format {format}: there is no such sound format; wanted wav, flac, aiff, ogg, mp3 …")
    chosen = (subtype or (audio.subtype if audio.subtype in LOSSLESS else "FLOAT")).upper()
    if not subtype and not soundfile.check_format(container, chosen):
        chosen = "PCM_24" if soundfile.check_format(container, "PCM_24") else soundfile.default_subtype(container)
    if not soundfile.check_format(container, chosen):
        wanted = ", ".join(s for s in soundfile.available_subtypes(container))
        raise OutputError(f"--subtype {chosen}: {container} does not hold it; wanted {wanted}")
    try:
        soundfile.SoundFile(io.BytesIO(), "w", audio.sample_rate, audio.n_channels, chosen, format=container).close()
    except soundfile.LibsndfileError as error:
        raise OutputError(
            f"--format {container}: does not hold {audio.n_channels} channels at {audio.sample_rate} Hz "
            f"({error.error_string.strip(' .')}); wav does"
        ) from error
    size = audio.n_samples * audio.n_channels * _BYTES.get(chosen, 4)
    return SoundFormat("RF64" if container == "WAV" and size > _LARGEST_WAV else container, chosen)


def _check_depth(audio: Audio, container: str, chosen: str) -> None:
    """Warn of a sample format that cannot hold the recording exactly; raise OutputError if it cannot hold its peaks."""
    if chosen not in LOSSLESS:
        warnings.warn(
            f"{container} is lossy: the files will add up to the recording only nearly; wav and flac keep the sum",
            ScoresepWarning,
            stacklevel=3,
        )
    elif _BITS.get(chosen, 24) < _BITS.get(audio.subtype, 24):
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


def sample_size(format: SoundFormat) -> int:
    """Return the bytes of a sample, 0 for a compressed format."""
    return 0 if format.container in _COMPRESSED else _BYTES.get(format.subtype, 4)


def suffix_of(container: str) -> str:
    """Return the suffix of the files of a container, such as ".wav"."""
    return ".wav" if container in ("WAV", "WAVEX", "RF64") else f".{container.lower()}"


class _ErrorRecordingFile(io.FileIO):
    """A file that records the system's errors in writing, since they cannot be raised through libsndfile."""

    error: OSError | None = None

    def write(self, data: Any) -> int:
        """Write; return how many bytes were written, none after an error."""
        try:
            return super().write(data)
        except OSError as error:
            self.error = self.error or error
            return 0


class SoundWriter:
    """A sound file that is written stretch by stretch.

    All methods raise OutputError if the file cannot be written.
    """

    def __init__(self, path: Path, *, sample_rate: int, n_channels: int, format: SoundFormat) -> None:
        self.path = path
        try:
            with ExitStack() as stack:
                self._raw = stack.enter_context(_ErrorRecordingFile(path, "w+"))
                self._file = soundfile.SoundFile(
                    self._raw, "w", sample_rate, n_channels, format.subtype, format=format.container
                )
                stack.pop_all()
        except (soundfile.LibsndfileError, OSError, ValueError, AssertionError) as error:
            raise self._failed(error) from error
        self._check()

    def write(self, samples: Array) -> None:
        """Append samples of shape (channels, samples)."""
        if self._file.subtype == "PCM_16":  # libsndfile rounds floats to the same bits, but takes three times as long
            whole = np.rint(samples * np.float32(_FULL_SCALE_16))
            samples = whole.clip(-_FULL_SCALE_16, _FULL_SCALE_16 - 1).astype(np.int16)
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
        """Raise the error that was recorded, if any."""
        if self._raw.error is not None:
            raise self._failed(self._raw.error)

    def _failed(self, error: Exception) -> OutputError:
        """Return the error to raise: the system's, which is the cause, if one was recorded."""
        error = getattr(getattr(self, "_raw", None), "error", None) or error
        return OutputError(f"{self.path}: cannot be written ({getattr(error, 'strerror', None) or error})")


def factor_without_clipping(name: str, peak: float) -> float:
    """Return the factor that brings a peak below full scale, 1 if it is there; warn that a file is turned down."""
    if peak <= 1:
        return 1.0
    factor = _HIGHEST / peak
    warnings.warn(
        f"{name}: turned down by {-20 * np.log10(factor):.1f} dB, since it would clip; "
        "wav with --subtype FLOAT keeps it as loud",
        ScoresepWarning,
        stacklevel=3,
    )
    return factor


def suffix_format(path: Path, audio: Audio, subtype: str | None) -> SoundFormat:
    """Choose the format of a sound file by its suffix.  Raises OutputError if there is none."""
    suffix = path.suffix.removeprefix(".").lower()
    if not suffix:
        raise OutputError(f"{path}: has no suffix that names a sound format; wanted one like .wav or .flac")
    return choose_format(audio, "aiff" if suffix == "aif" else suffix, subtype)


def write_audio(path: str | Path, audio: Audio, *, subtype: str | None = None, overwrite: bool = False) -> None:
    """Write a recording to a sound file, turned down as a whole if it would clip.

    Parameters
    ----------
    path : str or Path
        The file; its suffix names the format.
    audio : Audio
    subtype : str, optional
        The sample format, such as "PCM_24" (default: that of the recording).
    overwrite : bool
        Whether a file that is there may be replaced.

    Raises
    ------
    OutputError
        If the file cannot be written.

    Warns
    -----
    ScoresepWarning
        If the recording was turned down.
    """
    path = Path(path)
    format = suffix_format(path, audio, subtype)
    check_output(path, overwrite=overwrite)
    factor = 1.0
    if format.subtype not in FLOATING:
        peak = max((float(np.abs(block).max(initial=0.0)) for block in audio.blocks()), default=0.0)
        factor = factor_without_clipping(path.name, peak)
    sizes: dict[str, Any] = {"sample_rate": audio.sample_rate, "n_channels": audio.n_channels}
    with new_file(path) as temporary, closing(SoundWriter(temporary, **sizes, format=format)) as writer:
        for block in audio.blocks():
            writer.write(block if factor == 1 else block * factor)

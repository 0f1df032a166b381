"""A recording imitated by another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import soxr

from scoresep.dsp.stft import channel_mean, default_hop
from scoresep.errors import StaleError
from scoresep.mosaicing.fit import fit_mosaic
from scoresep.mosaicing.phase import griffin_lim
from scoresep.mosaicing.pitch import allowed_by_notes, frames_of_pitches
from scoresep.stages.stft import stft
from scoresep.values import Array, Audio, Mosaic, Notes

#: Hops in the window: 93 ms at the usual hop, short enough for the rhythm of the target.
_HOPS_IN_WINDOW = 2


@dataclass(frozen=True)
class MosaicOptions:
    """The settings of a mosaic.  The first three are those of the paper, and 0 turns a constraint off.

    Parameters
    ----------
    repetition : int
        A frame of the source is not used again within so many frames.
    polyphony : int
        At most so many frames of the source sound at a time.
    continuity : int
        So many frames of the source before and after one follow in their own order.
    iterations : int
        Iterations of the fit.
    transpose : int
        The source is also used up to so many semitones higher and lower.
    n_fft, hop : int, optional
        The window and the hop of the STFT in samples (default: 93 ms and 46 ms).
    seed : int
        Seed of the random numbers that the fit starts from.

    Raises
    ------
    ValueError
        If one of them is out of range.
    """

    repetition: int = 3
    polyphony: int = 10
    continuity: int = 3
    iterations: int = 20
    transpose: int = 0
    n_fft: int | None = None
    hop: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("repetition", "polyphony", "continuity", "transpose", "seed"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}={getattr(self, name)} must not be negative")
        if self.iterations < 1:
            raise ValueError(f"iterations={self.iterations} must be positive")


def mosaic(
    target: Audio, source: Audio, *, notes: Notes | None = None, phase_iterations: int = 50, **options: int | None
) -> Audio:
    """Imitate a recording by the sound of another one [1]_.

    Parameters
    ----------
    target : Audio
        What is imitated, such as a song.
    source : Audio
        What it is imitated with, such as the buzzing of bees.
    notes : Notes, optional
        Notes in the time of the target, such as those of an alignment.  Where they sound, only those frames of the
        source are used that have these pitches, or come nearest to them.
    phase_iterations : int
        Iterations of Griffin and Lim.
    **options
        Those of `MosaicOptions`: ``repetition``, ``polyphony``, ``continuity``, ``iterations``, ``transpose``,
        ``n_fft``, ``hop``, ``seed``.

    Returns
    -------
    Audio
        As long as the target, with the channels and the sample rate of the source.

    Raises
    ------
    ValueError
        If an option is out of range.

    References
    ----------
    .. [1] Driedger, Prätzlich and Müller, "Let It Bee: Towards NMF-inspired audio mosaicing", ISMIR 2015.

    Examples
    --------
    >>> import scoresep
    >>> song, bees = scoresep.read_audio("song.wav"), scoresep.read_audio("bees.wav")  # doctest: +SKIP
    >>> buzzing = scoresep.mosaic(song, bees, polyphony=5)  # doctest: +SKIP
    """
    found = find_mosaic(target, source, notes=notes, options=MosaicOptions(**options))  # type: ignore[arg-type]
    return render_mosaic(found, source, phase_iterations=phase_iterations)


def find_mosaic(
    target: Audio,
    source: Audio,
    *,
    notes: Notes | None = None,
    options: MosaicOptions = MosaicOptions(),
    on_iteration: Callable[[int, float], None] | None = None,
) -> Mosaic:
    """Find which frames of the source imitate each frame of the target; the first half of `mosaic`.

    Parameters
    ----------
    target, source, notes
        As in `mosaic`.
    options : MosaicOptions
    on_iteration : callable, optional
        Called with the number of each iteration and the loss before it.

    Returns
    -------
    Mosaic
    """
    hop = options.hop or (options.n_fft or 0) // _HOPS_IN_WINDOW or default_hop(source.sample_rate)
    sizes: dict[str, Any] = {"n_fft": options.n_fft or _HOPS_IN_WINDOW * hop, "hop": hop}
    shifts = np.arange(-options.transpose, options.transpose + 1)
    shifts = shifts[np.argsort(np.abs(shifts), kind="stable")]
    templates = np.concatenate([_normalized(spectra) for spectra, _ in _spectra(source, shifts, sizes)], axis=1)
    target_there = resampled(target, source.sample_rate)
    spectrogram = stft(target_there, **sizes)
    allowed = None
    if notes is not None:
        notes = notes.take(~notes.is_drum)
        pitches = np.unique(notes.pitch)
        has_pitch = frames_of_pitches(templates, spectrogram.transform.frequencies, pitches)
        allowed = allowed_by_notes(has_pitch, pitches, notes, spectrogram.transform)
    activations, loss = fit_mosaic(
        channel_mean(spectrogram.stft), templates,
        iterations=options.iterations, repetition=options.repetition, polyphony=options.polyphony,
        continuity=options.continuity, allowed=allowed, seed=options.seed, on_iteration=on_iteration,
    )  # fmt: skip
    return Mosaic(activations, loss, spectrogram.transform, shifts, source.fingerprint, target.fingerprint)


def render_mosaic(mosaic: Mosaic, source: Audio, *, phase_iterations: int = 50) -> Audio:
    """Compute the sound of a mosaic from the frames of the source, with phases that fit together.

    Parameters
    ----------
    mosaic : Mosaic
    source : Audio
        The source that the mosaic was made with.
    phase_iterations : int
        Iterations of Griffin and Lim.

    Returns
    -------
    Audio
        As long as the target, with the channels and the sample rate of the source.

    Raises
    ------
    StaleError
        If the mosaic was made with another source.
    """
    if mosaic.source != source.fingerprint:
        raise StaleError("the mosaic was made with another source; make it anew, or name that one")
    transform = mosaic.transform
    sizes = {"n_fft": transform.n_fft, "hop": transform.hop}
    spectrum = np.zeros((source.n_channels, transform.n_bins, transform.n_frames), np.complex64)
    first = 0
    for spectra, complex_spectra in _spectra(source, mosaic.shifts, sizes):
        level = spectra.sum(axis=0)
        frames = complex_spectra / np.where(level > 0, level, 1)
        spectrum += frames @ mosaic.activations[first : first + frames.shape[2]]
        first += frames.shape[2]
    samples = griffin_lim(spectrum, transform, iterations=phase_iterations)
    return Audio(samples, source.sample_rate, source.subtype)


def _spectra(source: Audio, shifts: Array, sizes: dict[str, Any]) -> list[tuple[Array, Array]]:
    """Return the magnitudes and the STFT of the source, and of its copies at other pitches."""
    spectra = []
    for shift in shifts:
        moved = source if shift == 0 else resampled(source, source.sample_rate / 2 ** (shift / 12))
        spectrum = stft(Audio(moved.samples, source.sample_rate), **sizes).stft
        spectra.append((channel_mean(spectrum), spectrum))
    return spectra


def _normalized(magnitudes: Array) -> Array:
    """Return spectra with sum one, those of silence zero."""
    level = magnitudes.sum(axis=0)
    return np.asarray(magnitudes / np.where(level > 0, level, 1))


def resampled(audio: Audio, sample_rate: float) -> Audio:
    """Return a recording at another sample rate, in float32."""
    samples = audio.samples.T.astype(np.float32)
    if sample_rate != audio.sample_rate:
        samples = soxr.resample(samples, audio.sample_rate, sample_rate)
    return Audio(np.ascontiguousarray(samples.T), round(sample_rate), audio.subtype)

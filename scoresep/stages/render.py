"""Compute the sound of each group from a spectrogram and masks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from scoresep.dsp.parallel import ordered_map
from scoresep.dsp.stft import finished_samples, inverse, join_stretch, stretches
from scoresep.errors import StaleError
from scoresep.model.kit_hits import kit_hits
from scoresep.model.kit_passages import JoinedSounds, divided_sounds, learned_division
from scoresep.values import RESIDUAL, Array, Audio, Masks, Notes, Selection, Spectrogram, Stems, Transform

#: Bits of a sample in libsndfile's PCM subtypes; every other subtype is rendered in floating point.
PCM_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
#: Largest full scale (16 bits) at which float32 holds each sample and each half exactly, and int32 holds the sum
#: of thousands of stems.
LARGEST_INT32_SCALE = 2.0**15


@dataclass(frozen=True, eq=False)
class Sounds:
    """The sound of each group in a stretch of frames.

    Parameters
    ----------
    frames : range
        The stretch.
    sums : dict of arrays, shape (channels, (frames - 1) * hop + n_fft)
        The overlap-add of the windowed frames of each group, as `dsp.stft.inverse` gives it.
    """

    frames: range
    sums: dict[str, Array]


class Rendering(Protocol):
    """A way to compute the sound of each group, one stretch of frames after the other.

    ``selection`` has the groups.  The residual is what they leave of the recording, so the sounds of all groups and
    the residual always add up to it.
    """

    @property
    def audio(self) -> Audio:
        """The recording."""

    @property
    def transform(self) -> Transform:
        """The STFT that the frames belong to."""

    @property
    def notes(self) -> Notes:
        """The notes of the groups."""

    @property
    def selection(self) -> Selection:
        """The groups without the residual."""

    def sounds(self, frames: range) -> Sounds:
        """Compute the sound of each group in a stretch; groups that are silent there may be left out."""


@dataclass(frozen=True, eq=False)
class MaskedSpectrogram:
    """The rendering that applies masks to a spectrogram.

    Parameters
    ----------
    spectrogram : Spectrogram
    masks : Masks
        Those of the same recording and STFT.
    """

    spectrogram: Spectrogram
    masks: Masks

    @property
    def audio(self) -> Audio:
        """The recording."""
        return self.spectrogram.audio

    @property
    def transform(self) -> Transform:
        """The STFT that the masks are for."""
        return self.masks.transform

    @property
    def notes(self) -> Notes:
        """The notes of the groups."""
        return self.masks.notes

    @property
    def selection(self) -> Selection:
        """The groups without the residual."""
        return self.masks.selection

    def sounds(self, frames: range) -> Sounds:
        """Apply the masks to a stretch of frames."""
        part = slice(frames.start - self.masks.first_frame, frames.stop - self.masks.first_frame)
        masks = replace(
            self.masks,
            shares=self.masks.shares[..., part],
            filters=self.masks.filters[..., part],
            first_frame=frames.start,
        )
        return masked_sounds(self.spectrogram.stft[..., part], masks)


def render(spectrogram: Spectrogram, masks: Masks, *, subtype: str | None = None) -> Stems:
    """Compute the stem of each group of a recording, and the residual: the recording minus all groups.

    Parameters
    ----------
    spectrogram : Spectrogram
    masks : Masks
        Those of the same recording and STFT.
    subtype : str, optional
        libsndfile's name of a sample format; that of the recording unless given.  In PCM, samples are rounded before
        the residual is computed, and samples that would clip in one stem are moved to another, so that the stems and
        the residual add up to the recording exactly.  In floating point they add up within rounding errors.

    Returns
    -------
    Stems

    Raises
    ------
    StaleError
        If the masks belong to another recording or another STFT.
    """
    check_match(spectrogram, masks)
    rendered = list(render_stretches(MaskedSpectrogram(spectrogram, masks), subtype=subtype))
    return gather(rendered, masks.names[:-1], masks.note[:-1].tolist(), spectrogram.audio.n_samples)


def render_stretches(rendering: Rendering, *, subtype: str | None = None) -> Iterator[Stems]:
    """Render a recording one stretch after the other; concatenated, the stretches equal the result of `render`.

    Where the notes of two or more groups are drum notes alone, these groups divide their sound in a shorter window.
    """
    parts = ordered_map(rendering.sounds, stretches(range(rendering.transform.n_frames)))
    hits = kit_hits(rendering.notes, rendering.selection.weights)
    if hits is None:
        return join_stems(parts, rendering, subtype=subtype)

    def joined_run(run: range) -> Iterator[JoinedSounds]:
        return join_sounds(ordered_map(rendering.sounds, stretches(run)), rendering)

    audio, names = rendering.audio, rendering.selection.names
    division = learned_division(joined_run, audio, names, hits, rendering.transform)
    return _stems(divided_sounds(join_sounds(parts, rendering), audio, names, division), rendering, subtype)


def gather(parts: Sequence[Stems], order: Sequence[str], note: Sequence[int], n_samples: int) -> Stems:
    """Concatenate consecutive stretches of stems; a group that is left out in a stretch is silent there.

    Parameters
    ----------
    parts : sequence of Stems
    order : sequence of str
        The names of all groups but the residual.
    note : sequence of int
        The only note of each group, or -1.
    n_samples : int
        The length of the recording in samples.

    Returns
    -------
    Stems
    """
    first = parts[0]
    row = {name: k for k, name in enumerate((*order, RESIDUAL))}
    samples = np.zeros((len(row), first.samples.shape[1], n_samples), first.samples.dtype)
    for part in parts:
        span = slice(part.first_sample, part.first_sample + part.samples.shape[2])
        samples[[row[name] for name in part.names], :, span] = part.samples
    return Stems(tuple(row), samples, np.array([*note, -1]), first.notes, first.sample_rate, first.subtype)


def masked_sounds(stft: Array, masks: Masks) -> Sounds:
    """Compute the sound of each group in the frames of the masks; ``stft`` has shape (channels, bins, frames)."""
    sizes = {"n_fft": masks.transform.n_fft, "hop": masks.transform.hop}
    sums = {name: inverse(masks.apply(stft, g), **sizes) for g, name in enumerate(masks.names[:-1])}
    return Sounds(masks.frames, sums)


def join_stems(parts: Iterable[Sounds], rendering: Rendering, *, subtype: str | None = None) -> Iterator[Stems]:
    """Join consecutive stretches, and yield after each stretch the samples that no later stretch overlaps.

    Parameters
    ----------
    parts : iterable of Sounds
        All stretches in order.  A group may be left out where it is silent.
    rendering : Rendering
    subtype : str, optional
        As in `render`.

    Yields
    ------
    Stems
        The groups of the stretch, those of the stretch before that overlap it, and the residual.
    """
    return _stems(join_sounds(parts, rendering), rendering, subtype)


def join_sounds(parts: Iterable[Sounds], rendering: Rendering) -> Iterator[JoinedSounds]:
    """Join consecutive stretches as `join_stems` does, without the residual."""
    audio, transform = rendering.audio, rendering.transform
    sizes = {"n_fft": transform.n_fft, "hop": transform.hop, "n_samples": audio.n_samples}
    place = {name: k for k, name in enumerate(rendering.selection.names)}
    tails: dict[str, Array] = {}
    for part in parts:
        silence = np.zeros((audio.n_channels, (len(part.frames) - 1) * transform.hop + transform.n_fft), np.float32)
        sounds: dict[str, Array] = {}
        next_tails: dict[str, Array] = {}
        for name in sorted(part.sums.keys() | tails.keys(), key=lambda name: place[name]):
            total = part.sums.get(name, silence)
            sounds[name], next_tails[name] = join_stretch(total, tails.get(name), frames=part.frames, **sizes)
        tails = {name: tail for name, tail in next_tails.items() if tail.any()}
        yield JoinedSounds(finished_samples(part.frames, **sizes), sounds)


def _stems(joined: Iterable[JoinedSounds], rendering: Rendering, subtype: str | None) -> Iterator[Stems]:
    """Yield the sounds as stems, with the residual."""
    audio, wanted = rendering.audio, subtype or rendering.audio.subtype
    note = dict(zip(rendering.selection.names, rendering.selection.note, strict=True))
    for each in joined:
        names = list(each.sounds)
        sounds = np.zeros((len(names), audio.n_channels, len(each.span)), _dtype(audio, wanted))
        for g, name in enumerate(names):
            sounds[g] = each.sounds[name]
        yield Stems(
            (*names, RESIDUAL),
            with_residual(audio.read(each.span.start, each.span.stop), sounds, wanted),
            np.array([note[name] for name in names] + [-1]),
            rendering.notes,
            audio.sample_rate,
            wanted,
            each.span.start,
        )


def with_residual(recording: Array, sounds: Array, subtype: str) -> Array:
    """Round sounds to a sample format and append the residual.

    Parameters
    ----------
    recording : array, shape (channels, samples)
    sounds : array, shape (groups, channels, samples)
    subtype : str
        libsndfile's name of the sample format.

    Returns
    -------
    array, shape (groups + 1, channels, samples)
    """
    if subtype not in PCM_BITS:
        return np.concatenate([sounds, (recording - sounds.sum(axis=0))[None]], dtype=sounds.dtype)
    bits = PCM_BITS[subtype]
    scale, limits = 2.0 ** (bits - 1), (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    whole, parts = (_as_integers(array, scale, limits) for array in (recording, sounds))
    left = whole - parts.sum(axis=0, dtype=whole.dtype)
    residual = left.clip(*limits)
    over = left - residual
    if over.any():
        for part in parts:
            taken = (part + over).clip(*limits) - part
            part += taken
            over -= taken
    result = np.empty((len(parts) + 1, *recording.shape), sounds.dtype)
    np.divide(parts, scale, out=result[:-1])
    np.divide(residual, scale, out=result[-1])
    return result


def _as_integers(samples: Array, scale: float, limits: tuple[int, int]) -> Array:
    """Round samples to integers of a type that holds the sum of all groups."""
    is_small = scale <= LARGEST_INT32_SCALE
    exact = samples * np.float32(scale) if is_small else samples * np.float64(scale)
    return np.rint(exact).clip(*limits).astype(np.int32 if is_small else np.int64)


def check_match(spectrogram: Spectrogram, masks: Masks) -> None:
    """Raise StaleError unless masks and spectrogram belong to the same recording, STFT and frames."""
    if masks.fingerprint != spectrogram.fingerprint:
        raise StaleError("the masks are of another recording than the spectrogram; make them anew from this one")
    found, wanted = ((v.transform.n_fft, v.transform.hop, v.frames) for v in (masks, spectrogram))
    if found != wanted:
        raise StaleError(
            f"the masks are of another STFT (n_fft, hop, frames {found}) than the spectrogram {wanted}; "
            "make them anew from this one"
        )


def _dtype(audio: Audio, subtype: str) -> np.dtype[Any]:
    """Choose the smallest floating-point type that holds both the recording and the ``subtype`` exactly."""
    return np.result_type(
        audio.dtype, np.float64 if PCM_BITS.get(subtype, 0) > 24 or subtype == "DOUBLE" else np.float32
    )

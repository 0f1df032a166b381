"""Spectrogram and masks → the sound of each group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scoresep.dsp.parallel import ordered_map
from scoresep.dsp.stft import completed, inverse, joined, stretches
from scoresep.errors import StaleError
from scoresep.values import RESIDUAL, Array, Audio, Decomposition, Masks, Spectrogram, Stems

#: Bits of a sample in libsndfile's PCM subtypes; every other subtype is rendered in floating point.
PCM_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
#: Up to this full scale (16 bits) float32 tells all whole numbers and halves apart, and int32 holds thousands of stems.
SMALL = 2.0**15


def render(spectrogram: Spectrogram, masks: Masks, *, subtype: str | None = None) -> Stems:
    """Return the stems of a whole recording, and the residual, which is what they leave of it.

    A mask is applied to each channel, a filter to both of two.  In a PCM ``subtype`` (the recording's own unless given)
    the samples are rounded first, and all stems and the residual add up to the recording exactly; what is clipped
    in one file goes to another.  In floating point they add up within rounding.  Raises StaleError if the masks are
    of another recording or another STFT.
    """
    rendered = list(render_stretches(spectrogram, masks, subtype=subtype))
    return gather(rendered, masks.names[:-1], masks.note[:-1].tolist(), spectrogram.audio.n_samples)


def render_stretches(spectrogram: Spectrogram, masks: Masks, *, subtype: str | None = None) -> Iterator[Stems]:
    """Yield what `render` returns, one stretch after the other."""
    check_match(spectrogram, masks)

    def sounds(frames: range) -> Sounds:
        part = slice(frames.start - spectrogram.first_frame, frames.stop - spectrogram.first_frame)
        stft, shares, filters = (array[..., part] for array in (spectrogram.stft, masks.shares, masks.filters))
        return sounds_of(
            replace(spectrogram, stft=stft, first_frame=frames.start),
            replace(masks, shares=shares, filters=filters, first_frame=frames.start),
        )

    parts = ordered_map(sounds, stretches(spectrogram.frames))
    return joined_stems(parts, spectrogram.audio, masks, masks.names[:-1], subtype=subtype)


def gather(parts: Sequence[Stems], order: Sequence[str], note: Sequence[int], n_samples: int) -> Stems:
    """Return consecutive stretches of stems as one, with silence where a group is left out.

    ``order`` has the names of all groups but the residual, ``note`` what `Stems` has for each.
    """
    first = parts[0]
    row = {name: k for k, name in enumerate((*order, RESIDUAL))}
    samples = np.zeros((len(row), first.samples.shape[1], n_samples), first.samples.dtype)
    for part in parts:
        span = slice(part.first_sample, part.first_sample + part.samples.shape[2])
        samples[[row[name] for name in part.names], :, span] = part.samples
    return Stems(tuple(row), samples, np.array([*note, -1]), first.notes, first.sample_rate, first.subtype)


@dataclass(frozen=True, eq=False)
class Sounds:
    """What the groups of a stretch sound like, by name, as `fourier.inverse` gives it, and the note of each."""

    frames: range
    sums: dict[str, Array]
    note: dict[str, int]


def sounds_of(spectrogram: Spectrogram, masks: Masks) -> Sounds:
    """Return what the groups of a stretch sound like by themselves."""
    sums = {}
    lower = masks.filters.shape[3]
    below, above = spectrogram.stft[:, :lower], spectrogram.stft[:, lower:]
    spectrum = np.empty_like(spectrogram.stft)
    for g, name in enumerate(masks.names[:-1]):
        np.multiply(masks.shares[g][:, lower:], above, out=spectrum[:, lower:])
        if lower:
            np.sum(masks.filters[g] * below, axis=1, out=spectrum[:, :lower])
        sums[name] = inverse(spectrum, n_fft=spectrogram.n_fft, hop=spectrogram.hop)
    return Sounds(spectrogram.frames, sums, dict(zip(masks.names, masks.note.tolist(), strict=True)))


def joined_stems(
    parts: Iterable[Sounds],
    audio: Audio,
    like: Decomposition | Masks,
    order: Sequence[str],
    *,
    subtype: str | None = None,
) -> Iterator[Stems]:
    """Join consecutive stretches; yield, after each, the samples that no later one has a part in.

    A group may be missing from the stretches in which it is silent.  What is yielded has the groups of the stretch
    and those that still ring from the one before, in the ``order`` of all groups.  ``like`` has the sizes of the STFT.
    """
    sizes = {"n_fft": like.n_fft, "hop": like.hop, "n_samples": audio.n_samples}
    wanted = subtype or audio.subtype
    tails: dict[str, Array] = {}
    note: dict[str, int] = {}
    for part in parts:
        span = completed(part.frames, **sizes)
        note |= part.note
        names = [name for name in order if name in part.sums or name in tails]
        sounds = np.zeros((len(names), len(audio.samples), len(span)), _dtype(audio, wanted))
        silence = np.zeros((len(audio.samples), (len(part.frames) - 1) * like.hop + like.n_fft), np.float32)
        ringing: dict[str, Array] = {}
        for g, name in enumerate(names):
            total = part.sums.get(name, silence)
            sounds[g], ringing[name] = joined(total, tails.get(name), frames=part.frames, **sizes)
        tails = {name: tail for name, tail in ringing.items() if tail.any()}
        complete = with_residual(audio.samples[:, span.start : span.stop], sounds, wanted)
        yield Stems(
            (*names, RESIDUAL),
            complete,
            np.array([note[name] for name in names] + [-1]),
            like.notes,
            audio.sample_rate,
            wanted,
            span.start,
        )


def with_residual(recording: Array, sounds: Array, subtype: str) -> Array:
    """Return the sounds as the ``subtype`` will hold them and, last, what they leave of the recording.

    ``recording`` has shape (channels, samples), ``sounds`` (groups, channels, samples), the result
    (groups + 1, channels, samples).
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
    """Return samples as whole numbers, of a type that holds the sum of as many as there are groups."""
    is_small = scale <= SMALL
    exact = samples * np.float32(scale) if is_small else samples * np.float64(scale)
    return np.rint(exact).clip(*limits).astype(np.int32 if is_small else np.int64)


def check_match(spectrogram: Spectrogram, masks: Masks) -> None:
    """Raise StaleError unless the masks fit the spectrogram."""
    if masks.fingerprint != spectrogram.fingerprint:
        raise StaleError("the masks are of another recording than the spectrogram; make them anew from this one")
    found, wanted = ((v.n_fft, v.hop, v.frames) for v in (masks, spectrogram))
    if found != wanted:
        raise StaleError(
            f"the masks are of another STFT (n_fft, hop, frames {found}) than the spectrogram {wanted}; "
            "make them anew from this one"
        )


def _dtype(audio: Audio, subtype: str) -> np.dtype[Any]:
    """Return the smallest floating-point type that holds both the recording and the ``subtype`` exactly."""
    return np.result_type(
        audio.samples, np.float64 if PCM_BITS.get(subtype, 0) > 24 or subtype == "DOUBLE" else np.float32
    )

"""Spectrogram and masks → the sound of each group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from scoresep.errors import StaleError
from scoresep.numerics.fourier import completed, inverse, stretches
from scoresep.values import Array, Audio, Masks, Spectrogram, Stems

#: Bits of a sample in libsndfile's PCM subtypes; every other subtype is rendered in floating point.
PCM_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


def render(spectrogram: Spectrogram, masks: Masks, *, subtype: str | None = None) -> Stems:
    """Return the stems of a whole recording, and the residual, which is what they leave of it.

    A mask is applied to each channel, a filter to both of two.  In a PCM ``subtype`` (the recording's own unless given)
    the samples are rounded first, and all stems and the residual add up to the recording exactly; what is clipped
    in one file goes to another.  In floating point they add up within rounding.  Raises StaleError if the masks are
    of another recording or another STFT.
    """
    check_match(spectrogram, masks)
    rendered = list(render_stretches(masked_stretches(spectrogram, masks), masks.names[:-1], subtype=subtype))
    return gather(rendered, masks.names[:-1], masks.note[:-1].tolist(), spectrogram.audio.n_samples)


def masked_stretches(spectrogram: Spectrogram, masks: Masks) -> Iterator[tuple[Spectrogram, Masks]]:
    """Return a spectrogram and its masks, one stretch after the other."""
    for frames in stretches(spectrogram.frames):
        part = slice(frames.start - spectrogram.first_frame, frames.stop - spectrogram.first_frame)
        yield (
            replace(spectrogram, stft=spectrogram.stft[..., part], first_frame=frames.start),
            replace(
                masks,
                shares=masks.shares[..., part],
                filters=masks.filters[..., part],
                first_frame=frames.start,
            ),
        )


def gather(parts: Sequence[Stems], order: Sequence[str], note: Sequence[int], n_samples: int) -> Stems:
    """Return consecutive stretches of stems as one, with silence where a group is left out.

    ``order`` has the names of all groups but the residual, ``note`` what `Stems` has for each.
    """
    first = parts[0]
    row = {name: k for k, name in enumerate((*order, "residual"))}
    samples = np.zeros((len(row), first.samples.shape[1], n_samples), first.samples.dtype)
    for part in parts:
        span = slice(part.first_sample, part.first_sample + part.samples.shape[2])
        samples[[row[name] for name in part.names], :, span] = part.samples
    return Stems(tuple(row), samples, np.array([*note, -1]), first.notes, first.sample_rate, first.subtype)


def render_stretches(
    parts: Iterable[tuple[Spectrogram, Masks]], order: Sequence[str], *, subtype: str | None = None
) -> Iterator[Stems]:
    """Render consecutive stretches; yield, after each, the samples that no later one has a part in.

    A group may be missing from the stretches in which it is silent.  What is yielded has the groups of the stretch
    and those that still ring from the one before, in the ``order`` of all groups.
    """
    tails: dict[str, Array] = {}
    notes_of: dict[str, int] = {}
    for spectrogram, masks in parts:
        audio, frames = spectrogram.audio, spectrogram.frames
        span = completed(frames, n_fft=spectrogram.n_fft, hop=spectrogram.hop, n_samples=audio.n_samples)
        notes_of |= dict(zip(masks.names, masks.note.tolist(), strict=True))
        shares = dict(zip(masks.names[:-1], masks.shares, strict=False))
        filters = dict(zip(masks.names[:-1], masks.filters, strict=False))
        names = [name for name in order if name in shares or name in tails]
        wanted = subtype or audio.subtype
        sounds = np.zeros((len(names), len(audio.samples), len(span)), _dtype(audio, wanted))
        ringing: dict[str, Array] = {}
        for g, name in enumerate(names):
            spectrum = shares.get(name, np.float32(0)) * spectrogram.stft
            if name in filters:
                lower = filters[name].shape[2]
                spectrum[:, :lower] = (filters[name] * spectrogram.stft[:, :lower]).sum(axis=1)
            sounds[g], tail = inverse(
                spectrum,
                tails.get(name),
                n_fft=spectrogram.n_fft,
                hop=spectrogram.hop,
                frames=frames,
                n_samples=audio.n_samples,
            )
            if tail.any():
                ringing[name] = tail
        tails = ringing
        complete = with_residual(audio.samples[:, span.start : span.stop], sounds, wanted)
        note = np.array([notes_of[name] for name in names] + [-1])
        yield Stems((*names, "residual"), complete, note, masks.notes, audio.sample_rate, wanted, span.start)


def with_residual(recording: Array, sounds: Array, subtype: str) -> Array:
    """Return the sounds as the ``subtype`` will hold them and, last, what they leave of the recording.

    ``recording`` has shape (channels, samples), ``sounds`` (groups, channels, samples), the result
    (groups + 1, channels, samples).
    """
    if subtype not in PCM_BITS:
        return np.concatenate([sounds, (recording - sounds.sum(axis=0))[None]], dtype=sounds.dtype)
    scale = 2.0 ** (PCM_BITS[subtype] - 1)
    lowest, highest = -int(scale), int(scale) - 1
    whole = np.rint(recording * scale, dtype=np.float64).clip(lowest, highest).astype(np.int64)
    parts = np.rint(sounds * scale, dtype=np.float64).clip(lowest, highest).astype(np.int64)
    left = whole - parts.sum(axis=0)
    residual = left.clip(lowest, highest)
    over = left - residual
    if over.any():
        for part in parts:
            taken = (part + over).clip(lowest, highest) - part
            part += taken
            over -= taken
    return (np.concatenate([parts, residual[None]]) / scale).astype(sounds.dtype)


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

"""The tracks of the report, and their sound in blocks that a browser can decode one by one.

Conventions: a block is `BLOCK_LENGTH` seconds long and is read with a margin of `MARGIN` seconds on both sides, so that
the errors of the codec at its edges are not played and windows reach beyond them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import soundfile
import soxr

from scoresep.io.stems_reader import StemSet, StemSound
from scoresep.values import RESIDUAL, Array

#: The length of a block (s).
BLOCK_LENGTH = 20.0
#: What a block has of the sound before and after it (s).
MARGIN = 0.25
#: Sample rates of MP3 (Hz); sound of any other rate is resampled to the last one.
MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
#: Tracks at most; of more stems the shortest and softest share one track.
MOST_TRACKS = 24
#: A block without a sample above this is not encoded.
SILENT_PEAK = 1e-5
#: The length (samples) of an encoded impulse, by which the page measures the delay of its decoder.
IMPULSE_LENGTH = 8192
#: Where the impulse lies in it (samples).
IMPULSE_AT = 4096


class Sound(Protocol):
    """What can be encoded block by block."""

    def read(self, start: int, stop: int) -> Array:
        """Return samples of the recording from ``start`` to ``stop``, shape (1 or 2 channels, samples)."""
        ...


@dataclass(frozen=True)
class Track:
    """A sound with its own row in the report: a stem, or the sum of the stems that have no row of their own."""

    name: str
    stems: Sequence[StemSound]

    @property
    def is_residual(self) -> bool:
        """Whether this is what no group has."""
        return self.name.casefold() == RESIDUAL

    def read(self, start: int, stop: int) -> Array:
        """Return samples of the recording from ``start`` to ``stop``, shape (1 or 2 channels, samples)."""
        samples = np.asarray(sum(stem.read(start, stop) for stem in self.stems))
        return samples if len(samples) <= 2 else samples.mean(axis=0, keepdims=True)


def tracks_of(stem_set: StemSet) -> list[Track]:
    """Return the tracks of a folder of stems, the residual last."""
    stems = list(stem_set.stems)
    if len(stems) <= MOST_TRACKS:
        return [Track(stem.name, [stem]) for stem in stems]
    level = {row["name"]: row.get("level") or -200.0 for row in stem_set.summary.get("stems", [])}
    groups = [stem for stem in stems if stem.name.casefold() != RESIDUAL]
    groups.sort(key=lambda stem: level.get(stem.name, 0.0) + 10 * np.log10(stem.n_samples + 1), reverse=True)
    shown = {stem.name for stem in groups[: MOST_TRACKS - 2]}
    tracks = [Track(stem.name, [stem]) for stem in stems if stem.name in shown]
    others = [stem for stem in groups if stem.name not in shown]
    residual = [Track(stem.name, [stem]) for stem in stems if stem.name.casefold() == RESIDUAL]
    return [*tracks, Track(f"{len(others)} other stems", others), *residual]


@dataclass(frozen=True, eq=False)
class Block:
    """Samples of all tracks in a block and its margins, shape (tracks, channels, samples)."""

    number: int
    tracks: Array

    @property
    def recording(self) -> Array:
        """The sum of the tracks, shape (channels, samples)."""
        return np.asarray(self.tracks.sum(axis=0))


def number_of_blocks(n_samples: int, sample_rate: int) -> int:
    """Return how many blocks a recording has."""
    return -(-n_samples // round(BLOCK_LENGTH * sample_rate))


def blocks_of(tracks: Sequence[Sound], n_samples: int, sample_rate: int) -> Iterator[Block]:
    """Return the blocks of a recording, one after the other."""
    length, margin = round(BLOCK_LENGTH * sample_rate), round(MARGIN * sample_rate)
    for number, begin in enumerate(range(0, n_samples, length)):
        sounds = [track.read(begin - margin, begin + length + margin) for track in tracks]
        channels = max(len(sound) for sound in sounds)
        yield Block(number, np.stack([np.broadcast_to(sound, (channels, sound.shape[1])) for sound in sounds]))


def playing_rate(sample_rate: int) -> int:
    """Return the sample rate (Hz) of the encoded sound."""
    return sample_rate if sample_rate in MP3_RATES else MP3_RATES[-1]


def encoded(samples: Array, sample_rate: int, compression: float) -> bytes:
    """Return samples as MP3; silence gives no bytes.

    Parameters
    ----------
    samples : array, shape (channels, samples)
        The samples, shape (channels, samples).
    sample_rate : int
        Their sample rate (Hz).
    compression : float
        From 0 to 1; more compression takes fewer bits.
    """
    if np.abs(samples).max(initial=0.0) < SILENT_PEAK:
        return b""
    rate = playing_rate(sample_rate)
    if rate != sample_rate:
        samples = soxr.resample(samples.T, sample_rate, rate).T
    return _mp3(samples, rate, compression)


def encoded_impulse(sample_rate: int) -> bytes:
    """Return an encoded impulse: decoders differ in how much of the encoder's delay they remove."""
    samples = np.zeros((1, IMPULSE_LENGTH))
    samples[0, IMPULSE_AT] = 0.9
    return _mp3(samples, playing_rate(sample_rate), 0.0)


def _mp3(samples: Array, rate: int, compression: float) -> bytes:
    """Return samples as MP3 of variable bit rate."""
    file = io.BytesIO()
    how = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "VARIABLE", "compression_level": compression}
    with soundfile.SoundFile(file, "w", rate, len(samples), **how) as sound:
        sound.write(np.ascontiguousarray(samples.T, np.float32))
    return file.getvalue()

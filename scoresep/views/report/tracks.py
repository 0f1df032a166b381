"""What the report plays: the recording and its stems, in blocks that can be decoded one by one.

Conventions: a block is ``BLOCK`` seconds long and is read with ``PAD`` seconds on both sides, so that what a codec does
to its edges is not heard and windows reach beyond them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import soundfile
import soxr

from scoresep.io.stems_reader import StemSet, StemSound
from scoresep.values import RESIDUAL, Array

BLOCK, PAD = 20.0, 0.25
#: Sample rates that MP3 has; others become the last one.
MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
#: More stems than this would not be legible; the others are heard together.
MOST_STEMS = 24
#: Below this no sample of a block is worth encoding.
SILENT = 1e-5
#: Where in a probe of this length (samples) the impulse lies by which the page measures the delay of its decoder.
PROBE, PROBE_AT = 8192, 4096


@dataclass(frozen=True)
class Track:
    """One of the sounds that are heard apart: a stem, or the stems that have no track of their own."""

    name: str
    stems: Sequence[StemSound]

    def read(self, start: int, stop: int) -> Array:
        """Return its samples, of shape (channels, samples) with at most two channels."""
        samples = np.asarray(sum(stem.read(start, stop) for stem in self.stems))
        return samples if len(samples) <= 2 else samples.mean(axis=0, keepdims=True)


def tracks_of(stem_set: StemSet) -> list[Track]:
    """Return the tracks of a folder: each stem, but of very many only the longest and loudest."""
    stems = list(stem_set.stems)
    if len(stems) <= MOST_STEMS:
        return [Track(stem.name, [stem]) for stem in stems]
    level = {row["name"]: row.get("level") or -200.0 for row in stem_set.summary.get("stems", [])}
    groups = [stem for stem in stems if stem.name.casefold() != RESIDUAL]
    groups.sort(key=lambda stem: level.get(stem.name, 0.0) + 10 * np.log10(stem.n_samples + 1), reverse=True)
    shown = {stem.name for stem in groups[: MOST_STEMS - 2]}
    tracks = [Track(stem.name, [stem]) for stem in stems if stem.name in shown]
    others = [stem for stem in groups if stem.name not in shown]
    residual = [Track(stem.name, [stem]) for stem in stems if stem.name.casefold() == RESIDUAL]
    return [*tracks, Track(f"{len(others)} other stems", others), *residual]


@dataclass(frozen=True)
class Block:
    """Samples of all tracks, shape (tracks, channels, samples), with the pads, and of the recording, their sum."""

    number: int
    tracks: Array

    @property
    def recording(self) -> Array:
        """The recording, shape (channels, samples)."""
        return np.asarray(self.tracks.sum(axis=0))


def blocks_of(tracks: Sequence[Track], n_samples: int, sample_rate: int) -> Iterator[Block]:
    """Return the blocks of a recording."""
    length, pad = round(BLOCK * sample_rate), round(PAD * sample_rate)
    for number, begin in enumerate(range(0, n_samples, length)):
        sounds = [track.read(begin - pad, begin + length + pad) for track in tracks]
        channels = max(len(sound) for sound in sounds)
        yield Block(number, np.stack([np.broadcast_to(sound, (channels, sound.shape[1])) for sound in sounds]))


def playing_rate(sample_rate: int) -> int:
    """Return the sample rate of the encoded sound."""
    return sample_rate if sample_rate in MP3_RATES else MP3_RATES[-1]


def encoded(samples: Array, sample_rate: int, level: float) -> bytes:
    """Return samples as MP3, with fewer bits for a higher ``level`` from 0 to 1; silence is no bytes."""
    if np.abs(samples).max(initial=0.0) < SILENT:
        return b""
    rate = playing_rate(sample_rate)
    if rate != sample_rate:
        samples = soxr.resample(samples.T, sample_rate, rate).T
    return _mp3(samples, rate, level)


def probe(sample_rate: int) -> bytes:
    """Return an impulse, encoded: decoders differ in how much of the encoder's delay they take away."""
    samples = np.zeros((1, PROBE))
    samples[0, PROBE_AT] = 0.9
    return _mp3(samples, playing_rate(sample_rate), 0.0)


def _mp3(samples: Array, rate: int, level: float) -> bytes:
    """Return samples as MP3 of variable bit rate."""
    file = io.BytesIO()
    how = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "VARIABLE", "compression_level": level}
    with soundfile.SoundFile(file, "w", rate, len(samples), **how) as sound:
        sound.write(np.ascontiguousarray(samples.T, np.float32))
    return file.getvalue()

"""The spectrogram of a block in the report: the level of the recording at each pitch, and the share of each track.

Conventions: a picture has one row for each third of a semitone, the highest first, and `COLUMNS_PER_SECOND` columns a
second; its rows are pitches rather than frequencies, so that spectrogram and piano roll have one axis.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
import scipy.sparse
from PIL import Image

from scoresep.dsp.stft import hann
from scoresep.score.pitch import pitch_frequency
from scoresep.values import Array
from scoresep.views.report import tracks

#: Columns of a picture for each second.
COLUMNS_PER_SECOND = 20
#: The lowest pitch shown (MIDI): A0.
LOWEST_PITCH = 21
#: The first pitch above those shown (MIDI).
END_PITCH = 117
#: Rows of a picture for each semitone.
ROWS_PER_SEMITONE = 3
#: The length of the window (s); the margins of a block hold half of it on each side.
WINDOW_LENGTH = 0.19
#: How far below the loudest the faintest is shown (dB).
LEVEL_RANGE = 75.0
#: The quality of the pictures' JPEG, up to 100.
JPEG_QUALITY = 65


@dataclass(frozen=True, eq=False)
class BlockPower:
    """What the pictures of a block show.

    Attributes
    ----------
    recording : array
        The power of the recording, shape (rows, columns).
    shares : array
        The share of each track in it, shape (tracks, rows, columns), from 0 to 255.
    """

    recording: Array
    shares: Array


def block_power(block: tracks.Block, sample_rate: int) -> BlockPower:
    """Return the power of the recording and the shares of the tracks in a block."""
    power = track_power(block, sample_rate)
    recording = np.asarray(_rows(sample_rate) @ _power(block.recording, sample_rate))
    shares = np.divide(power, power.sum(axis=0), out=np.zeros_like(power), where=power.sum(axis=0) > 0)
    return BlockPower(recording[::-1].astype(np.float32), (255 * shares[:, ::-1]).round().astype(np.uint8))


def track_power(block: tracks.Block, sample_rate: int) -> Array:
    """Return the power of each track in a block, the lowest pitch first, shape (tracks, rows, columns)."""
    rows = _rows(sample_rate)
    return np.stack([rows @ _power(track, sample_rate) for track in block.tracks])


def level_picture(power: Array, maximum: float) -> bytes:
    """Return powers, shape (rows, columns), as a grey JPEG: white is the maximum, black `LEVEL_RANGE` below it."""
    decibels = 10 * np.log10(np.maximum(power, 1e-30) / max(maximum, 1e-30))
    return jpeg((255 * np.clip(1 + decibels / LEVEL_RANGE, 0, 1)).round().astype(np.uint8))


def jpeg(grey: Array) -> bytes:
    """Return grey values, shape (rows, columns), from 0 to 255, as JPEG."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(grey)).save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def _power(samples: Array, sample_rate: int) -> Array:
    """Return the mean power of the channels in each bin, shape (bins, columns), at the middle of each column."""
    length = scipy.fft.next_fast_len(round(WINDOW_LENGTH * sample_rate), real=True)
    columns = np.arange(round(tracks.BLOCK_LENGTH * COLUMNS_PER_SECOND))
    middles = (columns + 0.5) / COLUMNS_PER_SECOND + tracks.MARGIN
    begins = (middles * sample_rate - length / 2).round().astype(int)
    windows = np.lib.stride_tricks.sliding_window_view(samples, length, axis=1)[:, begins] * hann(length)
    return np.asarray((np.abs(scipy.fft.rfft(windows.astype(np.float32), axis=2)) ** 2).mean(axis=0).T)


@lru_cache(maxsize=4)
def _rows(sample_rate: int) -> scipy.sparse.csr_array:
    """Return the matrix, shape (rows, bins), that interpolates or averages bins to rows of a picture."""
    length = scipy.fft.next_fast_len(round(WINDOW_LENGTH * sample_rate), real=True)
    n_rows = (END_PITCH - LOWEST_PITCH) * ROWS_PER_SEMITONE
    edges = LOWEST_PITCH - 0.5 + (np.arange(n_rows + 1)) / ROWS_PER_SEMITONE
    bins = np.array([pitch_frequency(pitch) for pitch in edges]) / sample_rate * length
    weights = np.zeros((n_rows, length // 2 + 1), np.float32)
    for row, (low, high) in enumerate(zip(bins[:-1], bins[1:], strict=True)):
        middle, half = (low + high) / 2, max((high - low) / 2, 1.0)
        near = np.arange(max(int(middle - half), 0), min(int(middle + half) + 2, weights.shape[1]))
        weights[row, near] = np.maximum(1 - np.abs(near - middle) / half, 0)
    return scipy.sparse.csr_array(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9))

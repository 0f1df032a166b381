"""What the report shows of a block's sound: how loud the recording is at each pitch, and the share of each track.

Conventions: a picture has a row for each third of a semitone, the highest first, and ``COLUMNS`` columns a second;
rows are pitches rather than frequencies, so that spectrogram and piano roll have one axis.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import scipy.fft
import scipy.sparse
from PIL import Image

from scoresep.dsp.stft import hann
from scoresep.values import Array
from scoresep.views.report.tracks import BLOCK, PAD, Block

COLUMNS = 20
LOWEST, HIGHEST, ROWS_PER_SEMITONE = 21, 117, 3
#: The window (s); the pads of a block hold half of it on each side.
WINDOW = 0.19
#: How far below the loudest the faintest is shown (dB).
DEPTH = 75.0
QUALITY = 65


@dataclass(frozen=True)
class Powers:
    """The power of the recording, shape (rows, columns), and the share of each track, (tracks, rows, columns)."""

    recording: Array
    shares: Array


def powers_of(block: Block, sample_rate: int) -> Powers:
    """Return what a block's pictures show."""
    rows = _rows(sample_rate)
    power = np.stack([rows @ _power(track, sample_rate) for track in block.tracks])
    recording = np.asarray(rows @ _power(block.recording, sample_rate))
    shares = np.divide(power, power.sum(axis=0), out=np.zeros_like(power), where=power.sum(axis=0) > 0)
    return Powers(recording[::-1].astype(np.float32), (255 * shares[:, ::-1]).round().astype(np.uint8))


def level_picture(power: Array, loudest: float) -> bytes:
    """Return a picture of powers in decibels below the ``loudest``, white for that."""
    decibels = 10 * np.log10(np.maximum(power, 1e-30) / max(loudest, 1e-30))
    return picture((255 * np.clip(1 + decibels / DEPTH, 0, 1)).round().astype(np.uint8))


def picture(grey: Array) -> bytes:
    """Return bytes of shape (rows, columns) as JPEG."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(grey)).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def _power(samples: Array, sample_rate: int) -> Array:
    """Return the power of each bin, shape (bins, columns), a column in the middle of its twentieth of a second."""
    length = scipy.fft.next_fast_len(round(WINDOW * sample_rate), real=True)
    centres = (np.arange(round(BLOCK * COLUMNS)) + 0.5) / COLUMNS + PAD
    begins = (centres * sample_rate - length / 2).round().astype(int)
    windows = np.lib.stride_tricks.sliding_window_view(samples, length, axis=1)[:, begins] * hann(length)
    return np.asarray((np.abs(scipy.fft.rfft(windows.astype(np.float32), axis=2)) ** 2).mean(axis=0).T)


def _rows(sample_rate: int) -> scipy.sparse.csr_array:
    """Return the matrix, shape (rows, bins), that interpolates or averages bins to rows of a picture."""
    length = scipy.fft.next_fast_len(round(WINDOW * sample_rate), real=True)
    n_rows = (HIGHEST - LOWEST) * ROWS_PER_SEMITONE
    edges = LOWEST - 0.5 + (np.arange(n_rows + 1)) / ROWS_PER_SEMITONE
    bins = 440 * 2 ** ((edges - 69) / 12) / sample_rate * length
    weights = np.zeros((n_rows, length // 2 + 1), np.float32)
    for row, (low, high) in enumerate(zip(bins[:-1], bins[1:], strict=True)):
        middle, half = (low + high) / 2, max((high - low) / 2, 1.0)
        near = np.arange(max(int(middle - half), 0), min(int(middle + half) + 2, weights.shape[1]))
        weights[row, near] = np.maximum(1 - np.abs(near - middle) / half, 0)
    return scipy.sparse.csr_array(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9))

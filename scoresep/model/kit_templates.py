"""How the hits of a drum kit look in a spectrogram with a short window, before a fit.

The template of a key goes on for as long as its piece rings.  At its begin each tap has a spectrum of its own; later
taps share one, over which they die away: the longer after the hit, the more of them.  Such a shared spectrum is a row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.model.kit_hits import KitHits
from scoresep.model.taps import TapRows
from scoresep.score.drum_kit import drum_family
from scoresep.values import Array, Transform

#: How far (s) the time of a hit may be off.
HIT_WIDTH = 0.012
#: How many taps from the hit on have a spectrum of their own.
SINGLE_TAPS = 4
#: How much longer than the one before each following row is, as a factor.
ROW_GROWTH = 1.5
#: A template ends where its piece has died away by 30 dB: after so many times in which it rings, which is by 20 dB.
EXTENT = 1.5


@dataclass(frozen=True, eq=False)
class KitRows:
    """The rows of the templates of all keys, and how they go on.

    Parameters
    ----------
    keys : array of int, shape (keys,)
    taps : TapRows
        All pairs of key and tap, those of a row one after the other; the component is an index into ``keys``.
    level : array, shape (pairs,)
        How strong the spectrum of the row is in each tap; over a row it sums to one.
    first : array of int, shape (rows,)
        The first pair of each row.
    n_before : int
        How many taps lie before the hit: its window reaches it already.
    """

    keys: Array
    taps: TapRows
    level: Array
    first: Array
    n_before: int

    @property
    def key_of_row(self) -> Array:
        """The index of the key of each row."""
        return self.taps.component[self.first]

    @property
    def reach(self) -> int:
        """How many frames after its activation a template may still sound."""
        return self.taps.n_taps - 1

    def of_key(self, key: int) -> tuple[slice, KitRows]:
        """Give which rows are those of a key, and them alone."""
        rows = slice(*np.searchsorted(self.key_of_row, [key, key + 1]).tolist())
        pairs = slice(*np.searchsorted(self.taps.component, [key, key + 1]).tolist())
        taps = TapRows(self.taps.component[pairs] - key, self.taps.tap[pairs], self.taps.n_taps)
        alone = KitRows(self.keys[[key]], taps, self.level[pairs], self.first[rows] - pairs.start, self.n_before)
        return rows, alone

    def activations(self, H: Array) -> Array:
        """Give the activations of the rows, shape (rows, frames), from those of the keys (keys, reach + frames)."""
        single = self.taps.shifted(H, np.arange(self.reach, H.shape[1])) * self.level[:, None]
        return np.asarray(np.add.reduceat(single, self.first, axis=0))

    def add_back(self, array: Array) -> Array:
        """Give the transpose of `activations`: from (rows, frames) to (keys, reach + frames)."""
        counts = np.diff(self.first, append=len(self.taps))
        single = np.repeat(array, counts, axis=0) * self.level[:, None]
        out = np.zeros((len(self.keys), 2 * self.reach + array.shape[1]), np.float32)
        self.taps.add_back(single, self.reach, out=out)
        return out[:, self.reach :]


def kit_rows(keys: Array, transform: Transform) -> tuple[KitRows, Array]:
    """Lay out the rows of some keys, with their spectra before the fit.

    Parameters
    ----------
    keys : array of int
    transform : Transform
        The short window.

    Returns
    -------
    rows : KitRows
    spectra : array, shape (rows, bins)
        Those of a key sum to one.
    """
    n_before = -(-transform.n_fft // 2 // transform.hop)
    levels: list[Array] = []
    spectra, n_taps = [], []
    for key in keys.tolist():
        family = drum_family(key)
        ring = max(family.ring * transform.frame_rate, 1.0)
        time = np.arange(n_before + 1 + int(np.ceil(EXTENT * ring))) - n_before
        course = np.where(time < 0, _rise(time + n_before, n_before), 10 ** -(np.maximum(time, 0) / ring))
        spans = _row_spans(n_before, len(time))
        decays = [10 ** -(np.arange(end - begin) / ring) for begin, end in spans]
        levels += [decay / decay.sum() for decay in decays]
        heights = np.array([course[begin:end].sum() for begin, end in spans])
        spectra.append(heights[:, None] / heights.sum() * family.spectrum(transform.frequencies))
        n_taps.append(len(time))
    pairs = TapRows(
        np.repeat(np.arange(len(keys)), n_taps), np.concatenate([np.arange(n) for n in n_taps]), max(n_taps)
    )
    first = np.cumsum([0, *map(len, levels)])[:-1]
    rows = KitRows(keys, pairs, np.concatenate(levels).astype(np.float32), first, n_before)
    return rows, np.concatenate(spectra).astype(np.float32)


def _rise(position: Array, n_before: int) -> Array:
    """Give how the sound of a hit rises in the windows that begin to reach it."""
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * (position + 1) / (n_before + 1)))


def _row_spans(n_before: int, n_taps: int) -> list[tuple[int, int]]:
    """Give the first tap of each row, and the one after its last."""
    spans, begin, width = [], 0, 1.0
    while begin < n_taps:
        end = min(begin + int(width), n_taps)
        spans.append((begin, end))
        begin = end
        if begin >= n_before + SINGLE_TAPS:
            width *= ROW_GROWTH
    return spans


def hit_frame(onset: Array, rows: KitRows, transform: Transform, frames: range) -> Array:
    """Give where the activations of some hits lie, as a fraction of frames.

    Frames count from ``frames.start - rows.reach``, as `KitRows.activations` takes them.
    """
    return np.asarray(onset * transform.frame_rate + rows.reach - frames.start - rows.n_before)


def open_frames(
    hits: KitHits,
    rows: KitRows,
    transform: Transform,
    frames: range,
    *,
    before: Array | float = HIT_WIDTH,
    after: Array | float = HIT_WIDTH,
) -> list[tuple[int, int, int]]:
    """Give, for each hit, the index of its key and where its activations may lie, from one frame to before another.

    That is from ``before`` it to ``after`` it (s).  Frames count as in `hit_frame`.
    """
    last = rows.reach + len(frames)
    begin = np.floor(hit_frame(hits.onset - before, rows, transform, frames)).clip(0, last).astype(int)
    end = (np.ceil(hit_frame(hits.onset + after, rows, transform, frames)) + 1).clip(0, last).astype(int)
    return list(zip(np.searchsorted(rows.keys, hits.key).tolist(), begin.tolist(), end.tolist(), strict=True))

"""Onsets of drums: how strongly the energy rises in the bands of each family of pieces.

Conventions: energies have shape (bands, frames), in the frames of `scoresep.alignment.pitch_energies`; the bands of one
family after the other, from low to high.  Novelty functions have a row for each family of `score.drum_kit`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy.fft

from scoresep.alignment.features import rise
from scoresep.alignment.onset_novelty import EnergiesOf, Novelty
from scoresep.alignment.pitch_energies import ENERGY_HOP
from scoresep.dsp.downmix import MONO_SAMPLE_RATE
from scoresep.dsp.parallel import ordered_map
from scoresep.dsp.stft import hann, stretches, windows_of
from scoresep.score.drum_kit import DRUM_FAMILIES, drum_piece
from scoresep.values import Array, Audio

#: Length of the window in samples (23 ms): hits are placed more sharply than with those of the pitches.
_WINDOW = 512
#: Sub-bands of an octave.
_BANDS_AN_OCTAVE = 2
#: Exponent that compresses energies before their rise is taken, as for struck notes.
_EXPONENT = 0.2
#: Frames to each side over which a hit rises (10 ms in all).
_REACH = 1
#: Frames by which the rise is moved: a window rises most when its edge, not its middle, meets a hit.
_LATENESS = 1
#: Factor on the mean rise of the bands of a family, before it is limited to 1.
_GAIN = 3
#: How far a hit may be from what is written together with it (s): a band is not more than so far apart, while the next
#: hit is often nearer than pianists spread a chord.
_CHORD_REACH = 0.05
#: Frames that are transformed at once; this bounds the memory.
_CHUNK_FRAMES = 4096
#: The families by the number of their row.
FAMILIES = tuple(DRUM_FAMILIES)


def drum_band_energies(samples: Array, *, tuning: float = 0.0) -> Array:
    """Compute the energy of a recording in the bands of drums.

    Parameters
    ----------
    samples
        Shape (samples,), at ``MONO_SAMPLE_RATE``.
    tuning
        Is not used.

    Returns
    -------
    Array
        Shape (bands, frames), float32; the maximum of each band is one, or zero in silence.
    """
    bands = np.concatenate(_bands(), dtype=np.float32)
    frames = range(len(samples) // ENERGY_HOP + 1)
    energies = np.empty((len(bands), len(frames)), np.float32)
    chunks = stretches(frames, _CHUNK_FRAMES)
    energies_of = partial(_chunk_energies, Audio(samples, MONO_SAMPLE_RATE), bands)
    for chunk, part in zip(chunks, ordered_map(energies_of, chunks), strict=True):
        energies[:, chunk.start : chunk.stop] = part
    energies /= np.maximum(energies.max(axis=1, keepdims=True, initial=0.0), 1e-20)
    return energies


def drum_novelty(energies: Array) -> Novelty:
    """Compute the novelty of each family: the mean rise of compressed energy over 10 ms in its bands."""
    rises = np.zeros_like(energies)
    rises[:, _LATENESS:] = rise(energies**_EXPONENT, _REACH)[:, : energies.shape[1] - _LATENESS]
    ends = np.cumsum([len(bands) for bands in _bands()])[:-1]
    onset = np.stack([np.minimum(_GAIN * own.mean(axis=0), 1) for own in np.split(rises, ends)])
    return Novelty(onset, onset, np.zeros_like(onset))


@dataclass(frozen=True)
class DrumOnsets:
    """The onsets of drums, by the energies in the bands of their families; an `OnsetEvidence`."""

    energies_of: EnergiesOf = drum_band_energies
    has_endings: bool = False
    chord_reach: float = _CHORD_REACH

    def novelty(self, energies: Array) -> Novelty:
        """Compute the novelty functions from a stretch of the energies."""
        return drum_novelty(energies)

    def row(self, pitch: int) -> int:
        """Give the row of a key."""
        return FAMILIES.index(drum_piece(pitch).family)

    def unmasked_onset(self, novelty: Novelty, row: int, others: list[int]) -> Array:
        """Give the onset novelty of a family, whatever else begins."""
        return np.asarray(novelty.onset[row])


#: All drums.
DRUM_ONSETS = DrumOnsets()


def _bands() -> list[Array]:
    """Return which bins belong to the sub-bands of each family, each of shape (bands, bins)."""
    frequencies = np.arange(_WINDOW // 2 + 1) * MONO_SAMPLE_RATE / _WINDOW
    found = []
    for family in DRUM_FAMILIES.values():
        low, high = family.onset_band
        count = max(int(_BANDS_AN_OCTAVE * np.log2(high / low)), 1)
        edges = np.geomspace(low, high, count + 1)
        bands = (frequencies >= edges[:-1, None]) & (frequencies < edges[1:, None])
        found.append(bands[bands.any(axis=1)])
    return found


def _chunk_energies(audio: Audio, bands: Array, frames: range) -> Array:
    """Return the energy in each band for a range of frames, shape (bands, frames)."""
    windows = windows_of(audio, length=_WINDOW, hop=ENERGY_HOP, frames=frames)[0]
    spectrum = scipy.fft.rfft(windows * (hann(_WINDOW) / _WINDOW), axis=1)
    return np.asarray(bands @ (spectrum.real**2 + spectrum.imag**2).T)

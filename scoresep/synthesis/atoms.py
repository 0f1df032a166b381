"""The spectrum of each partial in one frame: what the window makes of it while its frequency moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft
import scipy.linalg
import scipy.sparse

from scoresep.dsp.stft import hann
from scoresep.synthesis.tracks import Track
from scoresep.values import Array, Transform

#: A partial is computed at about this sample rate (Hz), shifted to zero; its sidebands are much nearer than that.
PARTIAL_SAMPLE_RATE = 1500
#: Bins to each side of a partial that are kept: attacks and vibrato spread it.
SIDE_BINS = 12
#: The least squared norm of the spectrum of a partial: of those that hardly sound in the frame.
LEAST_NORM = 1e-6


@dataclass(frozen=True, eq=False)
class Atoms:
    """The spectra of some partials in one frame, each of amplitude one and of phase zero in its middle.

    Parameters
    ----------
    bins : array of int, shape (partials, 2 * SIDE_BINS + 1)
        The bins that are kept.
    spectra : array of complex, shape (partials, 2 * SIDE_BINS + 1)
        The values there.
    track : array of int, shape (partials,)
        The track that each partial belongs to, an index into the tracks given.
    """

    bins: Array
    spectra: Array
    track: Array

    def __len__(self) -> int:
        return len(self.track)

    def take(self, index: Array) -> Atoms:
        """Return some of the partials."""
        return Atoms(self.bins[index], self.spectra[index], self.track[index])

    def sum(self, amplitudes: Array, n_bins: int) -> Array:
        """Add up partials of some complex amplitudes, shape (partials, channels), to spectra (channels, bins)."""
        total = np.zeros((amplitudes.shape[1], n_bins), np.complex128)
        for channel, own in enumerate(amplitudes.T):
            values = (self.spectra * own[:, None]).ravel()
            for part, unit in ((values.real, 1), (values.imag, 1j)):
                total[channel] += unit * np.bincount(self.bins.ravel(), part, n_bins)
        return total


def make_atoms(tracks: Sequence[Track], frame: int, transform: Transform) -> Atoms:
    """Compute the spectra of the partials of each note in one frame.

    Parameters
    ----------
    tracks : sequence of Track
        The notes that sound.
    frame : int
    transform : Transform
    """
    n_fft, rate = transform.n_fft, transform.sample_rate
    step = next(d for d in range(max(rate // PARTIAL_SAMPLE_RATE, 1), 0, -1) if n_fft % d == 0)
    length = n_fft // step
    offsets = (np.arange(length) - length // 2) * (step / rate)
    times = frame * transform.hop / rate + offsets
    near = np.arange(-SIDE_BINS, SIDE_BINS + 1)
    bins, spectra, owner = [np.zeros((0, len(near)), int)], [np.zeros((0, len(near)), np.complex64)], []
    for k, track in enumerate(tracks):
        window = hann(length) * (2 * step / n_fft) * track.envelope_at(times)
        frequency = track.frequency_at(times)
        phase = np.concatenate([[0.0], np.cumsum((frequency[1:] + frequency[:-1]) / 2)]) * (2 * np.pi * step / rate)
        phase -= phase[length // 2]
        mean = float(frequency @ window / max(window.sum(), 1e-12)) or float(frequency[length // 2])
        waves = window * np.exp(1j * track.ratios[:, None] * phase)
        own = np.rint(track.ratios * mean * n_fft / rate).astype(int)[:, None] + near
        spectrum = np.take_along_axis(scipy.fft.fft(waves, axis=1), own % length, axis=1)
        is_inside = (own >= 0) & (own < transform.n_bins)
        bins.append(np.where(is_inside, own, 0))
        spectra.append(np.where(is_inside, spectrum, 0).astype(np.complex64))
        owner += [k] * len(track.ratios)
    return Atoms(np.concatenate(bins), np.concatenate(spectra), np.array(owner, int))


def fit_amplitudes(atoms: Atoms, spectrum: Array, shares: Array, weight: float) -> Array:
    """Find the complex amplitudes of partials by regularized least squares.

    Where partials coincide, the spectrum tells only their sum, and their shares in the model divide it.

    Parameters
    ----------
    atoms : Atoms
    spectrum : array of complex, shape (channels, bins)
        The recording in the frame.
    shares : array, shape (partials, channels or 1, 2 * SIDE_BINS + 1)
        The share of each partial's note in the bins of the partial.
    weight : float
        How much a departure from the shares counts, relative to the error of the spectrum; positive.

    Returns
    -------
    array of complex, shape (partials, channels)
    """
    if not len(atoms):
        return np.zeros((0, len(spectrum)), np.complex128)
    order = np.argsort(atoms.bins[:, SIDE_BINS], kind="stable")
    atoms, shares = atoms.take(order), shares[order]
    norm = np.maximum(np.sum(np.abs(atoms.spectra) ** 2, axis=1), LEAST_NORM)[:, None]
    divided = spectrum[:, atoms.bins].swapaxes(0, 1) * shares
    expected = np.sum(divided * atoms.spectra.conj()[:, None], axis=2) / norm
    pointers = np.arange(len(atoms) + 1) * atoms.bins.shape[1]
    values = atoms.spectra.astype(np.complex128).ravel(), atoms.bins.ravel(), pointers
    rows = scipy.sparse.csr_matrix(values, (len(atoms), spectrum.shape[1]))
    gram = (rows.conj() @ rows.T).tocoo()
    is_lower = gram.row >= gram.col
    row, column = gram.row[is_lower], gram.col[is_lower]
    band = np.zeros((int((row - column).max(initial=0)) + 1, len(atoms)), np.complex128)
    band[row - column, column] = gram.data[is_lower]
    band[0] += weight * norm[:, 0]
    right = rows.conj() @ spectrum.T + weight * norm * expected
    amplitudes = np.empty_like(right)
    amplitudes[order] = scipy.linalg.solveh_banded(band, right, lower=True)
    return np.asarray(amplitudes)

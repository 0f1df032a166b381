"""The stereo image: a spatial covariance for each component in each bin, and multichannel Wiener filters.

Conventions: the covariance of two channels is a Hermitian 2-by-2 matrix, stored as four real arrays along the first
axis: the power of the first channel, the power of the second, and the real and the imaginary part of the first times
the complex conjugate of the second.  The model is that of Duong, Vincent and Gribonval (2010): the covariance of a
component in a bin and a frame is its magnitude there times a matrix of trace one that does not change with time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scoresep.dsp.parallel import ordered_map
from scoresep.values import Array

#: Number of iterations of expectation-maximization.
EM_ITERATIONS = 8
#: Share of each covariance that is replaced by uncorrelated noise, so that the matrix can be inverted.
UNCORRELATED_SHARE = 0.003
#: Number of frames that are processed at once.
FRAMES_AT_ONCE = 32
#: Two channels count as one if the power of their difference is below this share (-40 dB) of their total power.
LEAST_DIFFERENCE = 1e-4
#: Least value of the model where it is a divisor; the largest activation is one.
MODEL_FLOOR = np.float32(1e-9)
#: Added to other divisors, or their least value, to avoid a division by zero.
TINY = np.float32(1e-20)


def sample_covariances(stft: Array) -> Array:
    """Compute the covariance of two channels in each single bin and frame.

    Parameters
    ----------
    stft : array of complex, shape (2, bins, frames)

    Returns
    -------
    array, shape (4, bins, frames)
    """
    cross = stft[0] * stft[1].conj()
    return np.stack([np.abs(stft[0]) ** 2, np.abs(stft[1]) ** 2, cross.real, cross.imag])


def channels_differ(stft: Array) -> bool:
    """Tell whether two channels differ by more than `LEAST_DIFFERENCE`; ``stft`` has shape (2, bins, frames)."""
    difference = float(np.square(np.abs(stft[0] - stft[1])).sum(dtype=np.float64))
    return difference > LEAST_DIFFERENCE * float(np.square(np.abs(stft)).sum(dtype=np.float64))


def estimate_covariances(stft: Array, templates: Array, activations: Array) -> Array:
    """Estimate the spatial covariance of each component in each bin by expectation-maximization [1]_.

    Templates and activations stay as they are.  Frames are weighted by their magnitude, not by their power, so that
    soft frames count too.

    Parameters
    ----------
    stft : array of complex, shape (2, bins, frames)
    templates : array, shape (bins, components)
    activations : array, shape (components, frames)

    Returns
    -------
    array, shape (4, bins, components)
        Covariances of trace one; where a component has no energy, two uncorrelated channels of equal power.

    References
    ----------
    .. [1] Duong, Vincent and Gribonval, "Under-determined reverberant audio source separation using a full-rank
       spatial covariance model", IEEE TASLP 18(7), 2010.
    """
    W, H = templates.astype(np.float32), _normalize_peak(activations.astype(np.float32))
    stft = _normalize_peak(stft)
    starts = range(0, stft.shape[2], FRAMES_AT_ONCE)
    blocks = [_Block(stft, W, H, slice(start, start + FRAMES_AT_ONCE)) for start in starts]
    weight, *products = _sum_over_blocks(lambda block: block.weighted_sums(), blocks, (5, *W.shape))
    weight += TINY
    R = _normalize_trace(np.stack(products) / weight)
    for _ in range(EM_ITERATIONS):
        residual = _sum_over_blocks(lambda block, R=R: block.residual(W, R), blocks, R.shape)  # type: ignore[misc]
        R = _normalize_trace(R + _multiply_both_sides(R, residual * (W / weight)))
    return R


def _sum_over_blocks(function: Callable[[_Block], Array], blocks: list[_Block], shape: tuple[int, ...]) -> Array:
    """Return the sum over the blocks of arrays whose last axis is that of the active components of the block."""
    total = np.zeros(shape, np.float32)
    for block, part in zip(blocks, ordered_map(function, blocks), strict=True):
        total[..., block.active] += part
    return total


class _Block:
    """A block of frames, with the components that are active in it.

    ``h`` has the activations (active, frames), ``covariances`` the sample covariances (4, bins, frames) of trace one,
    ``weight`` the magnitudes (bins, frames) and ``model`` the model spectrogram (bins, frames).
    """

    def __init__(self, stft: Array, W: Array, H: Array, frames: slice) -> None:
        self.active = np.flatnonzero(H[:, frames].any(axis=1))
        self.h = H[self.active, frames]
        covariances = sample_covariances(stft[..., frames])
        power = covariances[0] + covariances[1] + TINY
        self.covariances = covariances / power
        self.weight = np.sqrt(power)
        self.model = np.maximum(W[:, self.active] @ self.h, MODEL_FLOOR)

    def weighted_sums(self) -> Array:
        """Return the sums over the frames of the weight, and of the weighted covariances, (5, bins, active).

        Each frame is weighted by the share of the component in the model.
        """
        scale = self.weight / self.model
        return np.stack([scale @ self.h.T, *((scale * plane) @ self.h.T for plane in self.covariances)])

    def residual(self, W: Array, R: Array) -> Array:
        """Return M⁻¹ (X - M) M⁻¹ of the sample covariances X and the modelled ones M, summed, (4, bins, active)."""
        W_active = W[:, self.active]
        mixed = [(W_active * plane) @ self.h / self.model for plane in R[..., self.active]]
        mixed[0] += UNCORRELATED_SHARE
        mixed[1] += UNCORRELATED_SHARE
        inverse = invert(np.stack(mixed))
        difference = _multiply_both_sides(inverse, self.covariances) - inverse
        scale = self.weight / self.model**2
        return np.stack([(scale * plane) @ (self.h**2).T for plane in difference])


def invert(covariances: Array) -> Array:
    """Invert positive definite matrices, shape (4, ...)."""
    first, second, real, imaginary = covariances
    determinant = np.maximum(first * second - real**2 - imaginary**2, TINY)
    return np.asarray(np.stack([second, first, -real, -imaginary]) / determinant)


def wiener_filters(covariances: Array) -> Array:
    """Compute the multichannel Wiener filter of each source.

    Parameters
    ----------
    covariances : array, shape (sources, 4, bins, frames)
        The covariance of each source.

    Returns
    -------
    array of complex64, shape (sources, 2, 2, bins, frames)
        Matrices from the channels of the recording to the channels of a source.  Where any source has energy, the
        matrices of all sources sum to the identity.
    """
    noise = 0.5 * UNCORRELATED_SHARE * (covariances[:, 0] + covariances[:, 1])
    covariances = (1 - UNCORRELATED_SHARE) * covariances
    covariances[:, 0] += noise
    covariances[:, 1] += noise
    i, k, real, imaginary = invert(covariances.sum(axis=0))
    j = real + 1j * imaginary
    a, b, c = covariances[:, 0], covariances[:, 1], covariances[:, 2] + 1j * covariances[:, 3]
    filters = np.empty((len(covariances), 2, 2, *i.shape), np.complex64)
    filters[:, 0, 0], filters[:, 0, 1] = a * i + c * j.conj(), a * j + c * k
    filters[:, 1, 0], filters[:, 1, 1] = c.conj() * i + b * j.conj(), c.conj() * j + b * k
    return filters


def _multiply_both_sides(outer: Array, inner: Array) -> Array:
    """Return the matrix product outer · inner · outer of Hermitian matrices, shape (4, ...)."""
    a, b, c = outer[0], outer[1], outer[2] + 1j * outer[3]
    i, k, j = inner[0], inner[1], inner[2] + 1j * inner[3]
    upper_left, upper_right = a * i + c * j.conj(), a * j + c * k
    lower_left, lower_right = c.conj() * i + b * j.conj(), c.conj() * j + b * k
    cross = upper_left * c + upper_right * b
    first = upper_left * a + upper_right * c.conj()
    second = lower_left * c + lower_right * b
    return np.stack([first.real, second.real, cross.real, cross.imag])


def _normalize_peak(array: Array) -> Array:
    """Divide an array by its largest magnitude."""
    return np.asarray(array / max(float(np.abs(array).max(initial=0.0)), float(TINY)))


def _normalize_trace(covariances: Array) -> Array:
    """Divide matrices by their traces; a matrix of zeros becomes half the identity."""
    powers = np.maximum(covariances[:2], TINY)
    return np.asarray(np.concatenate([powers, covariances[2:]]) / (powers[0] + powers[1]))

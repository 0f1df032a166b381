"""Where components are in the stereo image: how the two channels of their sound go together, bin by bin.

Conventions: the covariance of two channels is a Hermitian 2-by-2 matrix, kept as its four planes, along the first axis:
the power of the first channel, that of the second, and the real and the imaginary part of first times conjugate
second.  The model is that of Duong, Vincent and Gribonval (2010): a component's covariance in a bin is its strength
times a matrix of trace one that does not change with time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scoresep.dsp.parallel import ordered_map
from scoresep.model.excitation import Sources
from scoresep.model.reconstruct import product
from scoresep.values import Array

#: Steps of the expectation-maximization.
STEPS = 8
#: How much of every covariance is noise that the channels do not share; it keeps their inverses tame.
DIFFUSE = 0.003
#: Frames that are worked on at once.
BLOCK = 32
#: What is fainter than this, relative to the loudest, is of no account.
FAINT = np.float32(1e-9)
TINY = np.float32(1e-20)


def planes_of(stft: Array) -> Array:
    """Return the four planes of the products of two channels, shape (4, bins, frames), from (2, bins, frames)."""
    cross = stft[0] * stft[1].conj()
    return np.stack([np.abs(stft[0]) ** 2, np.abs(stft[1]) ** 2, cross.real, cross.imag])


def differ(stft: Array) -> bool:
    """Whether two channels differ by more than what encoding and noise do to one, -40 dB."""
    difference = float(np.square(np.abs(stft[0] - stft[1])).sum(dtype=np.float64))
    return difference > 1e-4 * float(np.square(np.abs(stft)).sum(dtype=np.float64))


def learned_covariances(stft: Array, templates: Array, activations: Array, sources: Sources = ()) -> Array:
    """Return the covariance of each component in each bin, of trace one, shape (4, bins, components).

    ``stft`` has shape (2, bins, frames).  Expectation-maximization after Duong, Vincent and Gribonval (2010), with the
    strengths held; a frame counts by its magnitude, so that loud and soft ones have a say.
    """
    W, H = templates.astype(np.float32), _of_peak_one(activations.astype(np.float32))
    stft = _of_peak_one(stft)
    blocks = [_Block(stft, W, H, slice(start, start + BLOCK), sources) for start in range(0, stft.shape[2], BLOCK)]
    weight, *planes = _summed(lambda block: block.shares(), blocks, (5, *W.shape))
    weight += TINY
    R = _of_trace_one(np.stack(planes) / weight)
    for _ in range(STEPS):
        excess = _summed(lambda block, R=R: block.excess(W, R), blocks, R.shape)  # type: ignore[misc]
        R = _of_trace_one(R + _sandwiched(R, excess * (W / weight)))
    return R


def _summed(function: Callable[[_Block], Array], blocks: list[_Block], shape: tuple[int, ...]) -> Array:
    """Return the sum over the blocks of what a function gives for their active components, the last axis."""
    total = np.zeros(shape, np.float32)
    for block, part in zip(blocks, ordered_map(function, blocks), strict=True):
        total[..., block.active] += part
    return total


class _Block:
    """Some frames: the components that sound in them, how loud they are, and what the channels do."""

    def __init__(self, stft: Array, W: Array, H: Array, frames: slice, sources: Sources) -> None:
        self.active = np.flatnonzero(H[:, frames].any(axis=1))
        self.h = H[self.active, frames]
        rows = [np.searchsorted(self.active, [own.start, own.stop]).tolist() for own, _ in sources]
        self.sources = [(slice(*own), spectrum[:, frames]) for own, (_, spectrum) in zip(rows, sources, strict=True)]
        products = planes_of(stft[..., frames])
        power = products[0] + products[1] + TINY
        self.products = products / power
        self.weight = np.sqrt(power)
        self.model = np.maximum(product(W[:, self.active, None], self.h, sources=tuple(self.sources)), FAINT)

    def shares(self) -> Array:
        """Return the weight of each component and, times it, the products that it accounts for, (5, bins, active)."""
        scale = self.weight / self.model
        return np.stack([self._over_time(each) for each in (scale, *(scale * plane for plane in self.products))])

    def excess(self, W: Array, R: Array) -> Array:
        """Return by how much the products exceed what the model expects, seen by each component, (4, bins, active)."""
        W_active, sources = W[:, self.active, None], tuple(self.sources)
        mixed = [product(W_active * plane[..., None], self.h, sources=sources) for plane in R[..., self.active]]
        mixed = [each / self.model for each in mixed]
        mixed[0] += DIFFUSE
        mixed[1] += DIFFUSE
        inverse = inverted(np.stack(mixed))
        difference = _sandwiched(inverse, self.products) - inverse
        scale = self.weight / self.model**2
        return np.stack([self._over_time(scale * plane, 2) for plane in difference])

    def _over_time(self, plane: Array, power: int = 1) -> Array:
        """Return the sum over time of a plane times the activations of each component, shape (bins, active)."""
        total: Array = plane @ (self.h**power).T
        for rows, spectrum in self.sources:
            total[:, rows] = (plane * spectrum**power) @ (self.h[rows] ** power).T
        return total


def inverted(planes: Array) -> Array:
    """Return the inverses of positive definite matrices."""
    first, second, real, imaginary = planes
    determinant = np.maximum(first * second - real**2 - imaginary**2, TINY)
    return np.asarray(np.stack([second, first, -real, -imaginary]) / determinant)


def wiener_filters(covariances: Array) -> Array:
    """Return the multichannel Wiener filter of each source, shape (sources, 2, 2, bins, frames), complex64.

    ``covariances`` has shape (sources, 4, bins, frames).  The filters give what each channel takes of each, and sum to
    the identity where any source sounds.
    """
    diffuse = 0.5 * DIFFUSE * (covariances[:, 0] + covariances[:, 1])
    covariances = (1 - DIFFUSE) * covariances
    covariances[:, 0] += diffuse
    covariances[:, 1] += diffuse
    i, k, real, imaginary = inverted(covariances.sum(axis=0))
    j = real + 1j * imaginary
    a, b, c = covariances[:, 0], covariances[:, 1], covariances[:, 2] + 1j * covariances[:, 3]
    filters = np.empty((len(covariances), 2, 2, *i.shape), np.complex64)
    filters[:, 0, 0], filters[:, 0, 1] = a * i + c * j.conj(), a * j + c * k
    filters[:, 1, 0], filters[:, 1, 1] = c.conj() * i + b * j.conj(), c.conj() * j + b * k
    return filters


def _sandwiched(outer: Array, inner: Array) -> Array:
    """Return outer · inner · outer for Hermitian matrices."""
    a, b, c = outer[0], outer[1], outer[2] + 1j * outer[3]
    i, k, j = inner[0], inner[1], inner[2] + 1j * inner[3]
    upper_left, upper_right = a * i + c * j.conj(), a * j + c * k
    lower_left, lower_right = c.conj() * i + b * j.conj(), c.conj() * j + b * k
    cross = upper_left * c + upper_right * b
    first = upper_left * a + upper_right * c.conj()
    second = lower_left * c + lower_right * b
    return np.stack([first.real, second.real, cross.real, cross.imag])


def _of_peak_one(array: Array) -> Array:
    """Return an array over its largest magnitude."""
    return np.asarray(array / max(float(np.abs(array).max(initial=0.0)), float(TINY)))


def _of_trace_one(planes: Array) -> Array:
    """Return the matrices over their traces; where there is nothing, equal and unrelated channels."""
    planes[:2] = np.maximum(planes[:2], TINY)
    return np.asarray(planes / (planes[0] + planes[1]))

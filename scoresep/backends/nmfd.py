"""Nonnegative matrix factor deconvolution (NMFD; Smaragdis, ICA 2004): templates that go on over several frames.

The model is the sum over the taps t of W_t H, shifted by t frames.  Numerators and denominators of the multiplicative
rules are summed over the taps before they are divided, so that, with the exponent of Févotte and Idier (Neural
Computation 23(9), 2011), the loss never rises; the mean of the quotients of all taps, which is also in use, does not
promise that.  With one tap this is the backend `nmf`.

Conventions: those of `alternating_fit`; a row of ``Wt`` is one tap of one component (`model.taps`), and ``h`` its
activations, those of the component t frames earlier.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from scoresep.backends.alternating_fit import BLOCK
from scoresep.backends.contract import Factors, OnIteration, Problem, Ties
from scoresep.backends.nmf import NMF, Tie, apply_mm_exponent, update_terms
from scoresep.backends.options import NMFDOptions, NoOptions
from scoresep.dsp.parallel import ordered_map
from scoresep.model.beta_divergence import beta_of, divergence
from scoresep.model.taps import TapRows
from scoresep.values import Array, Encoder


class _NMFD:
    """The backend."""

    options = NMFDOptions
    knows_sources = False

    def fit(self, problem: Problem, options: NMFDOptions, on_iteration: OnIteration | None = None) -> Factors:
        """Update activations first; templates are kept at sum one over bins and taps.  See `contract`.

        Where templates are tied, each tap is tied by itself.
        """
        if problem.templates.shape[2] == 1:
            return NMF.fit(problem, NoOptions(), on_iteration)
        fit = _Deconvolution(problem)
        losses = []
        for iteration, tie in zip(range(problem.iterations), fit.ties(problem.ties), strict=False):
            before = fit.Wt, fit.H
            losses.append(fit.update_activations())
            fit.update_templates(tie)
            if on_iteration:
                on_iteration(iteration + 1, losses[-1])
            if problem.threshold > 0 and max(map(_change, before, (fit.Wt, fit.H))) < problem.threshold:
                break
        losses.append(fit.loss())
        return Factors(fit.templates(), fit.H * fit.scale, np.array(losses))

    def fit_activations(self, problem: Problem, encoder: Encoder) -> Array:
        """Fit activations to templates that stay as they are.  See `contract`.

        A frame depends on those around it, as far as the templates reach.
        """
        if problem.templates.shape[2] == 1:
            return NMF.fit_activations(problem, encoder)
        fit = _Deconvolution(problem)
        for _ in range(problem.iterations):
            fit.update_activations()
        return np.asarray(fit.H * fit.scale / np.maximum(fit.level, TINY))


#: Nonnegative matrix factor deconvolution by multiplicative updates.
NMFD = _NMFD()
#: The least level of a template.
TINY = np.float32(1e-30)


@dataclass(frozen=True, eq=False)
class _Stretch:
    """A stretch of frames: V (bins, frames), where it begins, and the rows that may sound in it."""

    V: Array
    first: int
    active: Array
    rows: TapRows

    def h(self, H: Array) -> Array:
        """Give the activations of the active rows."""
        return self.rows.shifted(H, np.arange(self.first, self.first + self.V.shape[1]))


class _Deconvolution:
    """A fit with its factors, which its methods replace."""

    def __init__(self, problem: Problem) -> None:
        V, templates = problem.spectrogram, problem.templates
        self.problem, self.beta = problem, beta_of(problem.loss)
        self.scale = np.float32(V.max(initial=0.0)) or np.float32(1.0)
        self.rows = TapRows.of(templates)
        self.Wt = templates[:, self.rows.component, self.rows.tap].T.astype(np.float32, order="C")
        self.H = problem.activations.astype(np.float32)
        self.level = self._normalize()
        self.stretches = list(self._stretches(V))

    def _stretches(self, V: Array) -> Iterator[_Stretch]:
        """Cut V into stretches; for beta up to one, bins that no component reaches are emptied."""
        for first in range(0, V.shape[1], BLOCK):
            part = np.divide(V[:, first : first + BLOCK], self.scale, dtype=np.float32)
            reach = self.H[:, max(first - self.rows.n_taps + 1, 0) : first + BLOCK]
            active = np.flatnonzero(np.any(reach, axis=1)[self.rows.component])
            stretch = _Stretch(part, first, active, self.rows.take(active))
            if self.beta <= 1:
                part[self._model(stretch, self.H)[0] == 0] = 0
            yield stretch

    def _model(self, stretch: _Stretch, H: Array) -> tuple[Array, Array]:
        """Give the model of a stretch, and the activations of its rows."""
        h = stretch.h(H)
        return self.Wt[stretch.active].T @ h, h

    def loss(self) -> float:
        """Give the loss of the factors as they are."""
        return sum(
            ordered_map(
                lambda stretch: float(divergence(stretch.V, self._model(stretch, self.H)[0], self.beta)),
                self.stretches,
            ),
            0.0,
        )

    def update_activations(self) -> float:
        """Update H with W held; give the loss before it."""

        def terms(stretch: _Stretch) -> tuple[float, Array, Array]:
            model, _ = self._model(stretch, self.H)
            loss = float(divergence(stretch.V, model, self.beta))
            return loss, *update_terms(self.Wt[stretch.active], stretch.V, model, self.beta)

        shape = len(self.H), self.rows.n_taps - 1 + self.H.shape[1]
        total = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        loss = 0.0
        for stretch, (before, *parts) in zip(self.stretches, ordered_map(terms, self.stretches), strict=True):
            loss += before
            for part, out in zip(parts, total, strict=True):
                wide = np.broadcast_to(part, (len(part), stretch.V.shape[1]))
                stretch.rows.add_back(wide, stretch.first, out=out)
        before = self.rows.n_taps - 1
        numerator, denominator = apply_mm_exponent(total[0][:, before:], total[1][:, before:], self.beta)
        self.H = np.asarray(self.H * (numerator / denominator))
        return loss

    def update_templates(self, tie: Tie | None) -> None:
        """Update W with H held, within a tie if there is one, and scale each template to sum one."""

        def terms(stretch: _Stretch) -> tuple[Array, Array]:
            model, h = self._model(stretch, self.H)
            return update_terms(h, stretch.V.T, model.T, self.beta)

        total = np.zeros_like(self.Wt), np.zeros_like(self.Wt)
        for stretch, parts in zip(self.stretches, ordered_map(terms, self.stretches), strict=True):
            for part, out in zip(parts, total, strict=True):
                out[stretch.active] += part
        if tie:
            self.Wt = tie.update(self.Wt, *total, self.beta)
        else:
            numerator, denominator = apply_mm_exponent(*total, self.beta)
            self.Wt = np.asarray(self.Wt * (numerator / denominator))
        self._normalize()

    def _normalize(self) -> Array:
        """Scale each template to sum one and its activations against it; give the sums, shape (components, 1)."""
        level = np.zeros((len(self.H), 1), np.float32)
        np.add.at(level[:, 0], self.rows.component, self.Wt.sum(axis=1))
        level = np.where(level > 0, level, 1)
        self.Wt, self.H = self.Wt / level[self.rows.component], self.H * level
        return level

    def ties(self, ties: Ties) -> Iterator[Tie | None]:
        """Yield the tie of each iteration, and None when all are used up."""
        spectra = self.problem.templates[:, self.rows.component, self.rows.tap]
        for numbers, count in ties:
            if count:
                by_tap = np.where(numbers >= 0, numbers, -1)[:, self.rows.component]
                by_tap = np.where(by_tap >= 0, by_tap + self.rows.tap * (int(numbers.max(initial=0)) + 1), -1)
                yield from repeat(Tie(by_tap, spectra), count)
        yield from repeat(None)

    def templates(self) -> Array:
        """Give the templates, shape (bins, components, taps)."""
        array = np.zeros(self.problem.templates.shape, np.float32)
        array[:, self.rows.component, self.rows.tap] = self.Wt.T
        return array


def _change(before: Array, after: Array) -> float:
    """Give the norm of the change of a factor relative to the factor's own norm."""
    return float(np.linalg.norm(after - before) / max(float(np.linalg.norm(before)), 1e-30))

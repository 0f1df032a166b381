"""Fit initial factors to a recording: the lower bins first, then what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from scoresep.backends import BACKENDS
from scoresep.backends.contract import Factors, OnIteration, Problem
from scoresep.backends.nmf import fit_templates
from scoresep.backends.options import changed_options, has_taps
from scoresep.backends.pretrained import PretrainedEncoder, pretrained_encoder
from scoresep.dsp.parallel import ordered_map
from scoresep.dsp.stft import magnitude
from scoresep.model.beta_divergence import beta_of
from scoresep.model.excitation import Sources, source_spectra
from scoresep.model.initial_factors import InitialFactors
from scoresep.model.smooth_filters import SOURCE_SMOOTHING, FilteredSource
from scoresep.model.stereo import TINY, estimate_covariances
from scoresep.model.taps import TapRows, default_taps, with_taps, without_taps
from scoresep.model.training_frames import TrainingFrames
from scoresep.model.voicing import with_voicing
from scoresep.score.instruments import DRUMS
from scoresep.values import Alignment, Array, Decomposition, Spectrogram

#: Where the score constrains the fit.
CONSTRAINTS = ("both", "templates", "activations", "none")
#: Whether the stereo image is used to separate components; with "auto", it is if two channels differ.
SPATIAL = ("auto", "off")
#: Whether each pitch has a second template for its attack; with "auto", those of struck instruments do.
ONSETS = ("auto", "on", "off")
#: What is given in words for the free components; else it is their number.
BACKGROUND = ("auto", "off")
#: Largest number of iterations in which the templates of the upper bins are fitted.
UPPER_ITERATIONS = 5

#: A whole spectrogram, or a function that gives its consecutive stretches from the first on.
Spectrograms = Spectrogram | Callable[[], Iterable[Spectrogram]]
#: From a spectrogram, activations before the fit, and which frames these are, to activations.
FitStretch = Callable[[Array, Array, range], Array]


@dataclass(frozen=True)
class FitOptions:
    """The options of `decompose` that do not belong to one backend; see there."""

    backend: str = "nmf"
    loss: str = "kl"
    iterations: int = 25
    threshold: float = 0.0
    constraints: str = "both"
    onsets: str = "auto"
    instrument: str | Sequence[str] = "auto"
    spatial: str = "auto"
    background: str | int = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        beta_of(self.loss)
        _check_choice("backend", self.backend, BACKENDS.names())
        _check_choice("constraints", self.constraints, CONSTRAINTS)
        _check_choice("onsets", self.onsets, ONSETS)
        _check_choice("spatial", self.spatial, SPATIAL)
        if self.background not in BACKGROUND and not (isinstance(self.background, int) and self.background > 0):
            raise ValueError(f"background={self.background!r} must be auto, off, or a number from 1")


@dataclass(frozen=True, eq=False)
class RecordingFit:
    """A fit of a recording: what it starts from, and its options.

    Parameters
    ----------
    frames : TrainingFrames
        The bins and frames that the factors are fitted to.
    initial : InitialFactors
    options : FitOptions
    backend_options : object
        An instance of the options of the backend.
    init : Decomposition or None
        A decomposition with a trained encoder, which is applied instead of a fit.
    """

    frames: TrainingFrames
    initial: InitialFactors
    options: FitOptions
    backend_options: Any
    init: Decomposition | None

    def loss(self) -> float:
        """Fit the lower bins alone, and give the loss after the last iteration."""
        templates, activations = _randomize_unconstrained(self.initial, self.options)
        return float(self._fitted(with_taps(templates, self._taps()), activations, None).loss[-1])

    def run(self, spectrogram: Spectrograms, alignment: Alignment, on_iteration: OnIteration | None) -> Decomposition:
        """Fit the lower bins, then the upper ones, the stereo image and the frames that were not learned from."""
        frames, options, lower = self.frames, self.options, len(self.frames.lower)
        templates, activations = _randomize_unconstrained(self.initial, options)
        templates = with_taps(templates, self._taps())
        encoder = pretrained_encoder(self.init, frames.first.transform, self.initial) if self.init else None
        if encoder is None:
            factors = self._fitted(templates, activations, on_iteration)
            templates = np.concatenate([factors.templates, self._upper_templates(factors, templates)])
        else:
            factors = encoder.factors(frames.lower, activations[:, frames.learned] > 0)
            templates = encoder.templates
        spectra, ringing = without_taps(templates[: frames.channels.shape[1]], factors.activations)
        covariances = estimate_covariances(
            frames.channels,
            spectra,
            ringing[:, :: frames.sparse_stride],
            self._spectra(frames.learned[:: frames.sparse_stride], frames.channels.shape[1]),
        )
        if len(frames.learned) < frames.n_frames:
            fit_stretch = self._fit_of_stretches(templates[:lower], factors, encoder)
            activations = _fit_stretches(
                stretches_of(spectrogram), fit_stretch, activations, lower, reach=templates.shape[2] - 1
            )
        else:
            activations = factors.activations
        return with_voicing(
            Decomposition(
                templates[None],
                activations,
                self.initial.components,
                alignment.notes,
                self.initial.gates,
                self.initial.instruments,
                covariances,
                factors.loss,
                transform=frames.first.transform,
                fingerprint=frames.first.fingerprint,
                backend=self.init.backend if self.init else options.backend,
                options=self._described(encoder),
                encoder=factors.encoder,
                contours=self.initial.contours,
            )
        )

    def _taps(self) -> Array:
        """Give the number of taps of each template, one for a backend that knows no more."""
        components = self.initial.components
        taps = self.backend_options.taps if has_taps(self.backend_options) else 1
        if taps:
            return np.full(len(components), taps)
        is_drum = np.array(self.initial.instruments)[components.instrument] == DRUMS[0]
        return default_taps(components.pitch, is_drum, self.frames.first.transform.frame_rate)

    def _fitted(self, templates: Array, activations: Array, on_iteration: OnIteration | None) -> Factors:
        """Fit the factors in the lower bins of the frames that are learned from."""
        options = self.options
        problem = Problem(
            self.frames.lower,
            templates[: len(self.frames.lower)],
            activations[:, self.frames.learned],
            options.loss,
            options.iterations,
            options.threshold,
            self.initial.ties if options.constraints in ("both", "templates") else [],
            self._sources(self.frames.learned, slice(len(self.frames.lower))),
            SOURCE_SMOOTHING,
        )
        factors: Factors = BACKENDS.get(options.backend).fit(problem, self.backend_options, on_iteration)
        return factors

    def _upper_templates(self, factors: Factors, templates: Array) -> Array:
        """Fit the templates above the limit; ``templates`` has those before the fit."""
        lower, upper = len(self.frames.lower), self.frames.upper
        rows = TapRows.of(templates)
        scale = np.maximum(templates[:lower].sum(axis=0).sum(axis=1), TINY)
        start = templates[lower:, rows.component, rows.tap] / scale[rows.component]
        fewer = rows.shifted(factors.activations, np.arange(len(self.frames.learned))[:: self.frames.sparse_stride])
        iterations = min(self.options.iterations, UPPER_ITERATIONS)
        sources = self._sources(self.frames.learned[:: self.frames.sparse_stride], slice(lower, None))
        found = fit_templates(Problem(upper, start[..., None], fewer, self.options.loss, iterations, sources=sources))
        result = np.zeros((len(upper), *templates.shape[1:]), found.dtype)
        result[:, rows.component, rows.tap] = found[..., 0]
        return result

    def _sources(self, frames: Array, bins: slice) -> list[FilteredSource]:
        """Give the sources in some frames and bins."""
        spectra = {rows.start: spectrum[bins] for rows, spectrum in self._spectra(frames, bins.stop)}
        return [
            replace(each, basis=each.basis[:, bins], spectrum=spectra.get(each.components.start))
            for each in self.initial.sources
        ]

    def _spectra(self, frames: Array, n_bins: int | None) -> Sources:
        """Give the spectra of the sources that move, in some frames and the lowest bins."""
        initial = self.initial
        return source_spectra(initial.components, initial.contours, self.frames.first.transform, frames, n_bins)

    def _fit_of_stretches(self, templates: Array, factors: Factors, encoder: PretrainedEncoder | None) -> FitStretch:
        """Give the function that fits activations to a spectrogram and initial activations of a stretch."""
        if encoder is not None:
            return lambda V, start, _: encoder.encode(V, start > 0)
        backend, options = BACKENDS.get(self.options.backend), self.options

        def fit_stretch(V: Array, start: Array, frames: range) -> Array:
            sources = self._sources(np.array(frames), slice(len(V)))
            problem = Problem(V, templates, start, options.loss, options.iterations, sources=sources)
            return np.asarray(backend.fit_activations(problem, factors.encoder))

        return fit_stretch

    def _described(self, encoder: PretrainedEncoder | None) -> dict[str, Any]:
        """Give the options as they are kept with the result."""
        described = asdict(self.options) | changed_options(self.backend_options)
        del described["backend"]
        described = {name: list(value) if isinstance(value, tuple) else value for name, value in described.items()}
        if encoder is not None and self.init is not None:
            described |= {"loss": encoder.loss, "iterations": 0, "init": self.init.fingerprint}
        return described


def _check_choice(name: str, value: str, choices: Collection[str]) -> None:
    """Raise a ValueError for a value that is not among its choices."""
    if value not in choices:
        raise ValueError(f"{name}={value!r} must be one of {', '.join(choices)}")


def stretches_of(spectrogram: Spectrograms) -> Iterable[Spectrogram]:
    """Give the stretches of a spectrogram from the first on."""
    return [spectrogram] if isinstance(spectrogram, Spectrogram) else spectrogram()


def _fit_stretches(
    stretches: Iterable[Spectrogram],
    fit_stretch: FitStretch,
    start: Array,
    lower: int,
    *,
    reach: int,
) -> Array:
    """Fit activations for all frames of a long recording, stretch by stretch, from their ``lower`` bins.

    Templates reach ``reach`` frames further than the first, so each stretch is fitted with so many more on either side.
    """
    activations = np.zeros(start.shape, np.float32)

    def fitted(item: tuple[Array, range, range]) -> tuple[range, Array]:
        V, wide, frames = item
        own = slice(frames.start - wide.start, frames.stop - wide.start)
        return frames, fit_stretch(V, start[:, wide.start : wide.stop], wide)[:, own]

    for frames, part in ordered_map(fitted, _with_context(stretches, lower, reach)):
        activations[:, frames.start : frames.stop] = part
    return activations


def _with_context(stretches: Iterable[Spectrogram], lower: int, reach: int) -> Iterator[tuple[Array, range, range]]:
    """Yield magnitudes, their frames, and those of them that no other item is for."""
    held, begin, first = np.zeros((lower, 0), np.float32), 0, 0
    for stretch in stretches:
        n_frames, V = stretch.transform.n_frames, magnitude(stretch)[:lower]
        held = np.concatenate([held, V], axis=1) if reach else V
        first = stretch.frames.stop - held.shape[1]
        is_last = stretch.frames.stop == n_frames
        end = stretch.frames.stop if is_last else stretch.frames.stop - reach
        if end - begin >= reach or is_last:
            yield held, range(first, stretch.frames.stop), range(begin, end)
            held = held[:, max(end - reach - first, 0) :]
            begin = end


def _randomize_unconstrained(initial: InitialFactors, options: FitOptions) -> tuple[Array, Array]:
    """Replace the initial factors that the score shall not constrain by random ones."""
    rng = np.random.default_rng(options.seed)
    templates, activations = initial.templates, initial.activations
    if options.constraints not in ("both", "templates"):
        templates = rng.random(templates.shape)
    if options.constraints not in ("both", "activations"):
        activations = rng.random(activations.shape)
    return templates, activations

"""Apply a trained encoder to another recording, without further training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.backends import BACKENDS
from scoresep.backends.contract import Factors, Problem
from scoresep.errors import InputError
from scoresep.model.beta_divergence import beta_of, divergence
from scoresep.model.initial_factors import InitialFactors
from scoresep.values import Array, Decomposition, Transform


@dataclass(frozen=True, eq=False)
class PretrainedEncoder:
    """A trained encoder, ready for the components of another score.

    Parameters
    ----------
    trained : Decomposition
        The decomposition that the encoder was trained in.
    own : array of int, shape (components,)
        The index of each component of the score among the trained ones.
    """

    trained: Decomposition
    own: Array

    @property
    def loss(self) -> str:
        """The loss of the training."""
        return str(self.trained.options["loss"])

    @property
    def templates(self) -> Array:
        """The trained templates of the score's components, shape (bins, components, taps)."""
        return np.asarray(self.trained.templates[0][:, self.own])

    def encode(self, spectrogram: Array, gates: Array) -> Array:
        """Encode a spectrogram (lower bins, frames) where the gates are open, shape (components, frames)."""
        everything = np.zeros((len(self.trained.components), spectrogram.shape[1]), gates.dtype)
        everything[self.own] = gates
        templates = self.trained.templates[0][: len(spectrogram)]
        problem = Problem(spectrogram, templates, everything, loss=self.loss)
        backend = BACKENDS.get(self.trained.backend)
        return np.asarray(backend.fit_activations(problem, self.trained.encoder)[self.own])

    def factors(self, spectrogram: Array, gates: Array) -> Factors:
        """Encode a spectrogram; return the factors and their loss."""
        templates, activations = self.templates[: len(spectrogram)], self.encode(spectrogram, gates)
        scale = np.float32(spectrogram.max(initial=0.0)) or np.float32(1.0)
        model = templates[:, :, 0] @ (activations / scale)
        loss = divergence(np.where(model > 0, spectrogram / scale, 0), model, beta_of(self.loss))
        return Factors(templates, activations, np.array([loss]))


def pretrained_encoder(trained: Decomposition, transform: Transform, factors: InitialFactors) -> PretrainedEncoder:
    """Prepare a trained encoder for another recording.

    Raises
    ------
    InputError
        If the encoder was trained for another STFT, or if it lacks a component of the score.
    """
    known, found = ((t.n_fft, t.hop, t.sample_rate) for t in (trained.transform, transform))
    if known != found:
        raise InputError(
            "the trained encoder is of another STFT (n_fft {}, hop {}, {} Hz); this one has n_fft {}, hop {}, {} Hz; "
            "make it alike, or train anew".format(*known, *found)
        )
    return PretrainedEncoder(trained, _own_components(factors, trained))


def _own_components(factors: InitialFactors, trained: Decomposition) -> Array:
    """Find the score's components among the trained ones; raise InputError if any is missing."""
    known = {(trained.instruments[row[0]], *row[1:]): k for k, row in enumerate(trained.components.rows())}
    wanted = [(factors.instruments[row[0]], *row[1:]) for row in factors.components.rows()]
    missing = sorted({(pitch, name) for name, pitch, *rest in wanted if (name, pitch, *rest) not in known})
    if missing:
        names = ", ".join(f"{pitch} ({name})" for pitch, name in missing)
        raise InputError(
            f"the trained encoder lacks pitches of this score: {names}; train one on a recording with them"
        )
    return np.array([known[row] for row in wanted], int)

"""A trained encoder on another recording: its activations in one pass, without training."""

from __future__ import annotations

import numpy as np

from scoresep.backends.contract import Factors
from scoresep.backends.dense_encoder import heard, outputs
from scoresep.errors import InputError
from scoresep.model.beta_divergence import beta_of, divergence
from scoresep.model.initial_factors import Start
from scoresep.model.training_frames import TrainingFrames
from scoresep.values import Array, Decomposition, Spectrogram


def encoded(known: TrainingFrames, start: Start, gates: Array, trained: Decomposition) -> tuple[Factors, Array]:
    """Return the factors below the limit, with the activations that a trained encoder gives where the gates are open.

    ``gates`` are booleans of shape (components, frames).  Also returns the templates over all bins.  Raises InputError
    for other spectra than the encoder knows, and for components that it lacks.
    """
    _check_spectra(known.first, trained)
    own = _components(start, trained)
    learned, beta = trained.templates[0][:, own], beta_of(str(trained.options["loss"]))
    templates = learned[: len(known.lower)]
    V = heard(known.lower, templates.T, gates, beta)
    activations = _code(V, trained)[own] * gates
    scale = np.float32(V.max(initial=0.0)) or np.float32(1.0)
    loss = divergence(V / scale, templates @ (activations / scale), beta)
    return Factors(templates, activations, np.array([loss])), learned


def _code(V: Array, trained: Decomposition) -> Array:
    """Return what the encoder gives for all its components, shape (components, frames)."""
    if trained.encoder.kind == "dense":
        return outputs(list(trained.encoder.arrays.values()), V)[-1]
    from scoresep.backends.torch_nae import code_of

    return code_of(V, trained.encoder)


def _check_spectra(like: Spectrogram, trained: Decomposition) -> None:
    """Raise InputError if the encoder was trained on other spectra."""
    known = trained.n_fft, trained.hop, trained.encoder.sample_rate
    found = like.n_fft, like.hop, like.audio.sample_rate
    if known != found:
        raise InputError(
            "the trained encoder is of another STFT (n_fft {}, hop {}, {} Hz); this one has n_fft {}, hop {}, {} Hz; "
            "make it alike, or train anew".format(*known, *found)
        )


def _components(start: Start, trained: Decomposition) -> Array:
    """Return which of the trained components those of the score are; raise InputError if any is missing."""
    known = {(trained.instruments[row[0]], *row[1:]): k for k, row in enumerate(trained.components.rows())}
    wanted = [(start.instruments[row[0]], *row[1:]) for row in start.components.rows()]
    missing = sorted({(pitch, name) for name, pitch, *rest in wanted if (name, pitch, *rest) not in known})
    if missing:
        names = ", ".join(f"{pitch} ({name})" for pitch, name in missing)
        raise InputError(
            f"the trained encoder lacks pitches of this score: {names}; train one on a recording with them"
        )
    return np.array([known[row] for row in wanted], int)

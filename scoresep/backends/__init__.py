"""Ways to fit ``templates @ activations`` to a spectrogram; a new one is a file and a line here."""

from __future__ import annotations

from scoresep.backends.contract import Backend, Factors, OnIteration, Ties
from scoresep.backends.gradient import gradient
from scoresep.backends.nae import nae, nae_multiplicative
from scoresep.backends.nmf import nmf
from scoresep.backends.torch_nae import torch_nae

BACKENDS: dict[str, Backend] = {
    "nmf": nmf,
    "gradient": gradient,
    "nae": nae,
    "nae-multiplicative": nae_multiplicative,
    "torch": torch_nae,
}

__all__ = ["BACKENDS", "Backend", "Factors", "OnIteration", "Ties"]

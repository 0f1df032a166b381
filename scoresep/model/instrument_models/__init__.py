"""How the notes of each kind of instrument look in a spectrogram; a new kind is a file and a line here."""

from __future__ import annotations

from scoresep.model.instrument_models.contract import FIXED, FREE, InstrumentModel, Templates
from scoresep.registry import Registry

#: The instrument models by name.
INSTRUMENT_MODELS = Registry(
    "scoresep.instrument_models",
    "instrument",
    {
        "struck": "scoresep.model.instrument_models.harmonic:STRUCK",
        "sustained": "scoresep.model.instrument_models.harmonic:SUSTAINED",
        "sung": "scoresep.model.instrument_models.sung:SUNG",
        "section": "scoresep.model.instrument_models.sung:SECTION",
        "percussive": "scoresep.model.instrument_models.percussive:PERCUSSIVE",
    },
)

__all__ = ["FIXED", "FREE", "INSTRUMENT_MODELS", "InstrumentModel", "Templates"]

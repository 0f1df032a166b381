"""Separate a recording into hands, voices, instruments or notes by its score.

``separate`` does it all; the five stages ``stft``, ``align``, ``decompose``, ``mask`` and ``render`` can be had one
by one. Everything is loaded when it is first used, so that ``import scoresep`` is quick.
"""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoresep.errors import (
        FormatError,
        InputError,
        OptionError,
        OutputError,
        ScoresepError,
        ScoresepWarning,
        StaleError,
    )
    from scoresep.evaluation.compare import compare_onsets, compare_stems
    from scoresep.io.audio import read_audio
    from scoresep.io.groups_file import read_groups
    from scoresep.io.note_table import read_anchors, read_notes
    from scoresep.io.npz import load, save
    from scoresep.io.scores import read_score
    from scoresep.pipeline import Separation, SeparationPlan, StreamedSeparation, plan_separation, separate
    from scoresep.score.selection import select
    from scoresep.stages.align import align
    from scoresep.stages.decompose import decompose
    from scoresep.stages.mask import mask
    from scoresep.stages.render import render
    from scoresep.stages.stft import stft
    from scoresep.values import Alignment, Audio, Decomposition, Masks, Notes, Selection, Spectrogram, Stems

_MODULES = {
    "errors": (
        "FormatError",
        "InputError",
        "OptionError",
        "OutputError",
        "ScoresepError",
        "ScoresepWarning",
        "StaleError",
    ),
    "evaluation.compare": ("compare_onsets", "compare_stems"),
    "io.audio": ("read_audio",),
    "io.groups_file": ("read_groups",),
    "io.note_table": ("read_anchors", "read_notes"),
    "io.npz": ("load", "save"),
    "pipeline": ("Separation", "SeparationPlan", "StreamedSeparation", "plan_separation", "separate"),
    "io.scores": ("read_score",),
    "score.selection": ("select",),
    **{f"stages.{stage}": (stage,) for stage in ("stft", "align", "decompose", "mask", "render")},
    "values": ("Alignment", "Audio", "Decomposition", "Masks", "Notes", "Selection", "Spectrogram", "Stems"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "Alignment",
    "Audio",
    "Decomposition",
    "FormatError",
    "InputError",
    "Masks",
    "Notes",
    "OptionError",
    "OutputError",
    "ScoresepError",
    "ScoresepWarning",
    "Selection",
    "Separation",
    "SeparationPlan",
    "Spectrogram",
    "StaleError",
    "Stems",
    "StreamedSeparation",
    "align",
    "compare_onsets",
    "compare_stems",
    "decompose",
    "load",
    "mask",
    "plan_separation",
    "read_anchors",
    "read_audio",
    "read_groups",
    "read_notes",
    "read_score",
    "render",
    "save",
    "select",
    "separate",
    "stft",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its home."""
    if name == "__version__":
        return version("scoresep")
    if name not in _HOMES:
        raise AttributeError(f"module 'scoresep' has no attribute {name!r}")
    return getattr(importlib.import_module(f"scoresep.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__, "__version__"]

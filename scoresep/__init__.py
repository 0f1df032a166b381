"""Separate a recording into hands, voices, instruments or notes by its score.

``separate`` does it all; the five stages ``stft``, ``align``, ``decompose``, ``mask`` and ``render`` can be used one by
one.  A name is loaded when it is first used, so ``import scoresep`` takes no time.
"""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoresep.alignment.beats import played_beats
    from scoresep.editing.edit import EditPlan, EditResult, edit, plan_edit
    from scoresep.errors import (
        FormatError,
        InputError,
        OptionError,
        OutputError,
        ScoresepError,
        ScoresepWarning,
        StaleError,
    )
    from scoresep.evaluation.compare import compare_onsets, compare_pitch, compare_stems
    from scoresep.evaluation.metrics import (
        bss_eval,
        ideal_mask,
        null_level,
        onset_errors,
        si_sdr,
        snr,
        spectral_distance,
    )
    from scoresep.evaluation.pitch_measures import pitch_figures
    from scoresep.exports.bars import export_bars
    from scoresep.exports.musicxml import export_musicxml
    from scoresep.exports.reaper import export_project
    from scoresep.exports.score_midi import export_score_midi
    from scoresep.io.audio import read_audio
    from scoresep.io.audio_writer import write_audio
    from scoresep.io.contour_table import read_contours, write_contours
    from scoresep.io.edits_file import read_edits
    from scoresep.io.groups_file import read_groups
    from scoresep.io.mixes_file import read_mixes
    from scoresep.io.note_export import export_notes
    from scoresep.io.note_table import read_anchors, read_notes, write_notes
    from scoresep.io.npz import load, save
    from scoresep.io.scores import read_score, read_unfoldings
    from scoresep.io.stems_reader import StemSet, read_stems
    from scoresep.io.stems_writer import write_stems
    from scoresep.mixing.remix import remix
    from scoresep.model.note_velocities import played_velocities
    from scoresep.mosaicing.mosaic import MosaicOptions, find_mosaic, mosaic, render_mosaic
    from scoresep.pipeline import Separation, SeparationPlan, StreamedSeparation, plan_separation, separate
    from scoresep.practising.clicks import click_track
    from scoresep.practising.files import PracticePlan, practice
    from scoresep.practising.warp import warp
    from scoresep.score.selection import select
    from scoresep.stages.align import align
    from scoresep.stages.decompose import decompose
    from scoresep.stages.mask import mask
    from scoresep.stages.render import render
    from scoresep.stages.stft import stft
    from scoresep.synthesis.methods import resynthesize
    from scoresep.values import (
        Alignment,
        Audio,
        Beats,
        ComparedNotes,
        Contours,
        Decomposition,
        Group,
        Masks,
        Mix,
        Mosaic,
        Notes,
        PlayedBeats,
        Priors,
        Selection,
        SeparationRecord,
        Spectrogram,
        Stems,
    )
    from scoresep.views.activations import plot_activations
    from scoresep.views.alignment import plot_alignment, plot_tempo, plot_warping_path
    from scoresep.views.contours import plot_contours
    from scoresep.views.decomposition import plot_model, plot_templates
    from scoresep.views.figures import plot
    from scoresep.views.loss import plot_loss
    from scoresep.views.masks import plot_mask, plot_masks
    from scoresep.views.mosaic import plot_mosaic
    from scoresep.views.piano_roll import plot_piano_roll
    from scoresep.views.report.comparison import write_comparison
    from scoresep.views.spectrogram import plot_spectrogram
    from scoresep.views.view import View

#: The public names of each module.
_NAMES = {
    "alignment.beats": ("played_beats",),
    "editing.edit": ("EditPlan", "EditResult", "edit", "plan_edit"),
    "errors": (
        "FormatError",
        "InputError",
        "OptionError",
        "OutputError",
        "ScoresepError",
        "ScoresepWarning",
        "StaleError",
    ),
    "evaluation.compare": ("compare_onsets", "compare_pitch", "compare_stems"),
    "evaluation.metrics": (
        "bss_eval",
        "ideal_mask",
        "null_level",
        "onset_errors",
        "si_sdr",
        "snr",
        "spectral_distance",
    ),
    "evaluation.pitch_measures": ("pitch_figures",),
    "exports.bars": ("export_bars",),
    "exports.musicxml": ("export_musicxml",),
    "exports.reaper": ("export_project",),
    "exports.score_midi": ("export_score_midi",),
    "io.audio": ("read_audio",),
    "io.audio_writer": ("write_audio",),
    "io.contour_table": ("read_contours", "write_contours"),
    "io.edits_file": ("read_edits",),
    "io.groups_file": ("read_groups",),
    "io.mixes_file": ("read_mixes",),
    "io.note_export": ("export_notes",),
    "io.note_table": ("read_anchors", "read_notes", "write_notes"),
    "io.npz": ("load", "save"),
    "io.scores": ("read_unfoldings", "read_score"),
    "io.stems_reader": ("StemSet", "read_stems"),
    "io.stems_writer": ("write_stems",),
    "mixing.remix": ("remix",),
    "model.note_velocities": ("played_velocities",),
    "mosaicing.mosaic": ("MosaicOptions", "find_mosaic", "mosaic", "render_mosaic"),
    "pipeline": ("Separation", "SeparationPlan", "StreamedSeparation", "plan_separation", "separate"),
    "practising.clicks": ("click_track",),
    "practising.files": ("PracticePlan", "practice"),
    "practising.warp": ("warp",),
    "score.selection": ("select",),
    **{f"stages.{stage}": (stage,) for stage in ("stft", "align", "decompose", "mask", "render")},
    "synthesis.methods": ("resynthesize",),
    "values": (
        "Alignment",
        "Audio",
        "Beats",
        "ComparedNotes",
        "Contours",
        "Decomposition",
        "Group",
        "Masks",
        "Mix",
        "Mosaic",
        "Notes",
        "PlayedBeats",
        "Priors",
        "Selection",
        "SeparationRecord",
        "Spectrogram",
        "Stems",
    ),
    "views.activations": ("plot_activations",),
    "views.alignment": ("plot_alignment", "plot_tempo", "plot_warping_path"),
    "views.contours": ("plot_contours",),
    "views.decomposition": ("plot_model", "plot_templates"),
    "views.figures": ("plot",),
    "views.loss": ("plot_loss",),
    "views.masks": ("plot_mask", "plot_masks"),
    "views.mosaic": ("plot_mosaic",),
    "views.piano_roll": ("plot_piano_roll",),
    "views.report.comparison": ("write_comparison",),
    "views.spectrogram": ("plot_spectrogram",),
    "views.view": ("View",),
}
#: The module of each public name.
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "Alignment",
    "Audio",
    "Beats",
    "ComparedNotes",
    "Contours",
    "Decomposition",
    "EditPlan",
    "EditResult",
    "FormatError",
    "Group",
    "InputError",
    "Masks",
    "Mix",
    "Mosaic",
    "MosaicOptions",
    "Notes",
    "OptionError",
    "OutputError",
    "PlayedBeats",
    "PracticePlan",
    "Priors",
    "ScoresepError",
    "ScoresepWarning",
    "Selection",
    "Separation",
    "SeparationPlan",
    "SeparationRecord",
    "Spectrogram",
    "StaleError",
    "StemSet",
    "Stems",
    "StreamedSeparation",
    "View",
    "align",
    "bss_eval",
    "click_track",
    "compare_onsets",
    "compare_pitch",
    "compare_stems",
    "decompose",
    "edit",
    "export_bars",
    "export_musicxml",
    "export_notes",
    "export_project",
    "export_score_midi",
    "find_mosaic",
    "ideal_mask",
    "load",
    "mask",
    "mosaic",
    "null_level",
    "onset_errors",
    "pitch_figures",
    "plan_edit",
    "plan_separation",
    "played_beats",
    "played_velocities",
    "plot",
    "plot_activations",
    "plot_alignment",
    "plot_contours",
    "plot_loss",
    "plot_mask",
    "plot_masks",
    "plot_model",
    "plot_mosaic",
    "plot_piano_roll",
    "plot_spectrogram",
    "plot_templates",
    "plot_tempo",
    "plot_warping_path",
    "practice",
    "read_anchors",
    "read_audio",
    "read_contours",
    "read_edits",
    "read_groups",
    "read_mixes",
    "read_notes",
    "read_score",
    "read_stems",
    "read_unfoldings",
    "remix",
    "render",
    "render_mosaic",
    "resynthesize",
    "save",
    "select",
    "separate",
    "si_sdr",
    "snr",
    "spectral_distance",
    "stft",
    "warp",
    "write_audio",
    "write_comparison",
    "write_contours",
    "write_notes",
    "write_stems",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name == "__version__":
        return version("scoresep")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'scoresep' has no attribute {name!r}")
    return getattr(importlib.import_module(f"scoresep.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__, "__version__"]

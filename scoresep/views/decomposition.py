"""A decomposition: what the score allows, the templates and activations that were learned, and their product.

The figure is arranged as in Müller's lectures: what is allowed above what was learned, the recording V above its model
W·H.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scoresep.model.gates import gate_openings
from scoresep.model.reconstruct import reconstruct
from scoresep.score.drum_kit import drum_piece
from scoresep.score.instruments import DRUMS
from scoresep.values import ANY_PITCH, Array, Decomposition, Spectrogram
from scoresep.views.axes import (
    axes_or_current,
    colour_patches,
    legend_columns,
    set_pitch_axis,
    set_title,
    show_decibels,
    show_image,
)
from scoresep.views.colours import SUSTAIN_TINT, instrument_colour, tint
from scoresep.views.note_rows import NoteRows, pitch_names
from scoresep.views.spectrogram import plot_spectrogram
from scoresep.views.view import View

#: How far below the loudest the darkest activations, and bins of a template, lie (dB).
FACTOR_RANGE = 50.0
#: Names of pitches that have room below the templates.
MOST_PITCH_NAMES = 32
#: Letters that have room in a legend above the figure.
LETTERS_ABOVE_FIGURE = 150


def decomposition_figure(decomposition: Decomposition, spectrogram: Spectrogram | None, view: View) -> Figure:
    """Return a figure of the templates and activations and, with a spectrogram, of the model."""
    rows: list[Any] = [["allowed templates", "gates"], ["templates", "activations"]]
    if spectrogram is not None:
        rows += [["recording", "recording"], ["model", "model"]]
    figure = Figure(figsize=(12, 0.8 + 2.6 * len(rows)), layout="constrained")
    axes = figure.subplot_mosaic(rows, width_ratios=(2, 3))
    plot_allowed_templates(decomposition, view=view, ax=axes["allowed templates"])
    axes["allowed templates"].tick_params(labelbottom=False)
    axes["allowed templates"].set_xlabel("")
    plot_templates(decomposition, view=view, ax=axes["templates"])
    plot_gates(decomposition, view=view, ax=axes["gates"])
    plot_activations(decomposition, view=view, ax=axes["activations"])
    set_title(axes["activations"], "Activations H: learned")
    entries = colour_patches(_meaning_of_colours(decomposition))
    n_columns = legend_columns(entries, LETTERS_ABOVE_FIGURE)
    figure.legend(handles=entries, loc="outside upper center", ncols=n_columns, frameon=False, fontsize=9)
    view.set_time_axis(axes["gates"], is_labelled=False)
    if spectrogram is not None:
        plot_spectrogram(spectrogram, view=view, ax=axes["recording"])
        set_title(axes["recording"], "Recording V")
        view.set_time_axis(axes["recording"], is_labelled=False)
        plot_model(decomposition, view=view, ax=axes["model"])
    return figure


def plot_activations(decomposition: Decomposition, *, view: View | None = None, ax: Axes | None = None) -> Axes:
    """Draw how loud each pitch is, in decibels below the loudest.

    Activations count by the mean of their templates.

    Parameters
    ----------
    decomposition : Decomposition
        The decomposition.
    view : View, optional
        The times shown; by default all.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.
    """
    ax, view = axes_or_current(ax), view or View.of([decomposition])
    grid, components, rows = view.grid(decomposition), decomposition.components, NoteRows.of(decomposition.notes)
    loudness = grid.over_time(lambda frames: decomposition.activations[:, frames])
    loudness = loudness * decomposition.templates.sum(axis=3).mean(axis=(0, 1))[:, None]
    picture = np.zeros((rows.stop - rows.start, loudness.shape[1]))
    has_pitch = components.pitch != ANY_PITCH
    np.add.at(picture, (_heights(decomposition, rows) - rows.start)[has_pitch], loudness[has_pitch])
    show_decibels(ax, picture, grid.times(picture), _edges(rows), dynamic_range=FACTOR_RANGE)
    set_pitch_axis(ax, rows)
    view.set_time_axis(ax)
    set_title(ax, "Activations")
    return ax


def plot_gates(decomposition: Decomposition, *, view: View | None = None, ax: Axes | None = None) -> Axes:
    """Draw when the score lets each pitch sound, in the colours of the instruments.

    Parameters
    ----------
    decomposition : Decomposition
        The decomposition.
    view : View, optional
        The times shown; by default all.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.
    """
    ax, view = axes_or_current(ax), view or View.of([decomposition])
    grid, rows = view.grid(decomposition), NoteRows.of(decomposition.notes)
    is_free = _is_free(decomposition, "activations")
    is_open = grid.over_time(lambda frames: (_is_open(decomposition, frames) | is_free).astype(np.float32))
    picture = np.ones((rows.stop - rows.start, is_open.shape[1], 3), np.float32)
    columns = (decomposition.components.pitch, _heights(decomposition, rows), is_open, _colours(decomposition))
    for pitch, height, gate, colour in zip(*columns, strict=True):
        if pitch != ANY_PITCH:
            row = picture[height - rows.start]
            np.minimum(row, 1 - gate[:, None] * (1 - colour), out=row)
    show_image(ax, picture, grid.times(picture), _edges(rows))
    set_pitch_axis(ax, rows)
    view.set_time_axis(ax)
    set_title(ax, f"Activations H: {'not constrained' if is_free else 'allowed by the score'}")
    return ax


def plot_allowed_templates(decomposition: Decomposition, *, view: View | None = None, ax: Axes | None = None) -> Axes:
    """Draw which bins of the templates are not zero, in the colours of the instruments.

    Parameters
    ----------
    decomposition : Decomposition
        The decomposition.
    view : View, optional
        The frequencies shown; by default up to 4 kHz.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.
    """
    ax, view = axes_or_current(ax), view or View.of([decomposition])
    grid, order = view.grid(decomposition), _order(decomposition)
    support = decomposition.templates[:, : grid.n_bins, order].max(axis=(0, 3)) > 0
    picture = grid.over_frequency(support.astype(np.float32))
    colours = 1 - picture[..., None] * (1 - _colours(decomposition)[order])
    view.set_frequency_axis(ax)
    show_image(ax, colours, (-0.5, len(order) - 0.5), grid.frequencies(picture))
    _name_templates(ax, decomposition)
    is_free = _is_free(decomposition, "templates")
    set_title(ax, f"Templates W: {'not constrained' if is_free else 'allowed by the score'}")
    return ax


def plot_templates(decomposition: Decomposition, *, view: View | None = None, ax: Axes | None = None) -> Axes:
    """Draw the templates by instrument and pitch, each in decibels below its loudest bin.

    Templates of attacks come after those of sustained sounds.

    Parameters
    ----------
    decomposition : Decomposition
        The decomposition.
    view : View, optional
        The frequencies shown; by default up to 4 kHz.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.
    """
    ax, view = axes_or_current(ax), view or View.of([decomposition])
    grid, order = view.grid(decomposition), _order(decomposition)
    picture = grid.over_frequency(decomposition.templates[:, : grid.n_bins, order].sum(axis=3).mean(axis=0))
    picture = picture / np.maximum(picture.max(axis=0), 1e-20)
    view.set_frequency_axis(ax)
    x = -0.5, len(order) - 0.5
    show_decibels(ax, picture, x, grid.frequencies(picture), dynamic_range=FACTOR_RANGE)
    _name_templates(ax, decomposition)
    set_title(ax, "Templates W: learned")
    return ax


def plot_model(decomposition: Decomposition, *, view: View | None = None, ax: Axes | None = None) -> Axes:
    """Draw the product of templates and activations, in decibels below the loudest bin.

    Parameters
    ----------
    decomposition : Decomposition
        The decomposition.
    view : View, optional
        The times and frequencies shown; by default all times, up to 4 kHz.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.
    """
    ax, view = axes_or_current(ax), view or View.of([decomposition])
    grid = view.grid(decomposition)
    templates = decomposition.templates[:, : grid.n_bins]

    def read(frames: slice) -> Array:
        model = reconstruct(decomposition, frames=range(frames.start, frames.stop), templates=templates)
        return np.asarray(np.sqrt(np.mean(model**2, axis=0)))

    picture = grid.over_frequency(grid.over_time(read))
    view.set_frequency_axis(ax)
    show_decibels(ax, picture, grid.times(picture), grid.frequencies(picture))
    view.set_time_axis(ax)
    set_title(ax, "Model W·H")
    return ax


def _name_templates(ax: Axes, decomposition: Decomposition) -> None:
    """Name the pitches of the templates in the colours of their instruments, with lines between these."""
    rows = [decomposition.components.rows()[k] for k in _order(decomposition)]
    begin, named, drums = 0, list[tuple[float, str, str]](), _is_of_drums(decomposition)
    for (instrument, pitch, role), own in groupby(rows, key=lambda row: (*row[:2], row[3])):
        end = begin + len(list(own))
        middle = 0.5 * (begin + end - 1)
        if begin and (instrument, role) != (rows[begin - 1][0], rows[begin - 1][3]):
            ax.axvline(begin - 0.5, color="grey", linewidth=0.8)
        if not named or middle - named[-1][0] >= len(rows) / MOST_PITCH_NAMES:
            name = drum_piece(pitch).name if drums[instrument] else pitch_names([pitch])[0]
            named.append((middle, name, instrument_colour(instrument)))
        begin = end
    middles, names, colours = zip(*named, strict=True)
    ax.set_xticks(middles, names, rotation=90, fontsize=7)
    for label, colour in zip(ax.get_xticklabels(), colours, strict=True):
        label.set_color(colour)
    ax.set_xlabel("pitch")


def _is_open(decomposition: Decomposition, frames: slice) -> Array:
    """Return where the score lets each component sound, shape (components, frames)."""
    stretch = range(frames.start, frames.stop)
    return np.asarray(gate_openings(decomposition.components, decomposition.notes, decomposition.gates, stretch) > 0)


def _is_free(decomposition: Decomposition, factor: str) -> bool:
    """Return whether the score did not constrain the "templates" or the "activations"."""
    return decomposition.options.get("constraints", "both") not in ("both", factor)


def _heights(decomposition: Decomposition, rows: NoteRows) -> Array:
    """Return the row of each component in a picture of pitches."""
    components = decomposition.components
    return rows.heights(components.pitch, _is_of_drums(decomposition)[components.instrument])


def _is_of_drums(decomposition: Decomposition) -> Array:
    """Return whether each instrument is that of drum notes, shape (instruments,)."""
    return np.array([name == DRUMS[0] for name in decomposition.instruments], bool)


def _edges(rows: NoteRows) -> tuple[float, float]:
    """Return where a picture of pitches begins and ends."""
    return rows.start - 0.5, rows.stop - 0.5


def _order(decomposition: Decomposition) -> Array:
    """Return the components in the order of instrument, role (attacks last), pitch and detuning."""
    components = decomposition.components
    return np.lexsort((components.detuning, components.pitch, components.role == "onset", components.instrument))


def _colours(decomposition: Decomposition) -> Array:
    """Return the colour of each component, shape (components, 3)."""
    return np.array([_colour(instrument, role) for instrument, _, _, role in decomposition.components.rows()])


def _colour(instrument: int, role: str) -> Array:
    """Return the colour of an instrument, pale for sustained sounds."""
    return tint(instrument_colour(instrument), 1.0 if role == "onset" else SUSTAIN_TINT)


def _meaning_of_colours(decomposition: Decomposition) -> list[tuple[str, Array]]:
    """Return the instruments and their attacks, as a legend calls them, with their colours."""
    kinds = sorted({(instrument, role == "onset", role) for instrument, _, _, role in decomposition.components.rows()})
    return [
        (decomposition.instruments[instrument] + (", attack" if is_attack else ""), _colour(instrument, role))
        for instrument, is_attack, role in kinds
    ]

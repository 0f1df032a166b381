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

from scoresep.model.reconstruct import reconstruct
from scoresep.score.drum_kit import drum_piece
from scoresep.score.instruments import DRUMS
from scoresep.values import ANY_PITCH, Array, Decomposition, Spectrogram
from scoresep.views.activations import FACTOR_RANGE, is_unconstrained, plot_activations, plot_gates
from scoresep.views.axes import axes_or_current, colour_patches, legend_columns, set_title, show_decibels, show_image
from scoresep.views.component_colours import component_colours, instrument_colours, meaning_of_colours
from scoresep.views.contours import plot_contours
from scoresep.views.note_rows import pitch_names
from scoresep.views.spectrogram import plot_spectrogram
from scoresep.views.view import View

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
    entries = colour_patches(meaning_of_colours(decomposition))
    n_columns = legend_columns(entries, LETTERS_ABOVE_FIGURE)
    figure.legend(handles=entries, loc="outside upper center", ncols=n_columns, frameon=False, fontsize=9)
    view.set_time_axis(axes["gates"], is_labelled=False)
    if spectrogram is not None:
        plot_spectrogram(spectrogram, view=view, ax=axes["recording"])
        if has_contours := len(decomposition.contours) > 0:
            plot_contours(decomposition, view=view, ax=axes["recording"])
        set_title(axes["recording"], "Recording V" + ", and the pitch of the singers" * has_contours)
        view.set_time_axis(axes["recording"], is_labelled=False)
        plot_model(decomposition, view=view, ax=axes["model"])
    return figure


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
    colours = 1 - picture[..., None] * (1 - component_colours(decomposition)[order])
    view.set_frequency_axis(ax)
    show_image(ax, colours, (-0.5, len(order) - 0.5), grid.frequencies(picture))
    _name_templates(ax, decomposition)
    is_free = is_unconstrained(decomposition, "templates")
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
    begin, named, colours = 0, list[tuple[float, str, str]](), instrument_colours(decomposition)
    for (instrument, pitch, role), own in groupby(rows, key=lambda row: (*row[:2], row[3])):
        end = begin + len(list(own))
        middle = 0.5 * (begin + end - 1)
        if begin and (instrument, role) != (rows[begin - 1][0], rows[begin - 1][3]):
            ax.axvline(begin - 0.5, color="grey", linewidth=0.8)
        if not named or middle - named[-1][0] >= len(rows) / MOST_PITCH_NAMES:
            named.append((middle, _name(decomposition, instrument, pitch, role), colours[instrument]))
        begin = end
    middles, names, shades = zip(*named, strict=True)
    ax.set_xticks(middles, names, rotation=90, fontsize=7)
    for label, colour in zip(ax.get_xticklabels(), shades, strict=True):
        label.set_color(colour)
    ax.set_xlabel("" if (decomposition.components.pitch == ANY_PITCH).all() else "pitch")


def _name(decomposition: Decomposition, instrument: int, pitch: int, role: str) -> str:
    """Return what is written below templates: the pitch, the piece of the drum kit, or the role."""
    if pitch == ANY_PITCH:
        return role
    if decomposition.instruments[instrument] == DRUMS[0]:
        return drum_piece(pitch).name
    return pitch_names([pitch])[0]


def _order(decomposition: Decomposition) -> Array:
    """Return the components in the order of instrument, role (attacks last), pitch and detuning."""
    components = decomposition.components
    return np.lexsort((components.detuning, components.pitch, components.role == "onset", components.instrument))

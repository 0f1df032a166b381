"""Figures of the stages' values, one below the other on one time axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, singledispatch
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scoresep.values import Alignment, Decomposition, Masks, Mosaic, Notes, SeparationRecord, Spectrogram
from scoresep.views.activations import plot_activations
from scoresep.views.alignment import plot_alignment, plot_tempo, plot_warping_path
from scoresep.views.contours import plot_contours
from scoresep.views.decomposition import decomposition_figure
from scoresep.views.encoder import plot_decoder, plot_encoder, plot_encoder_product
from scoresep.views.loss import plot_loss
from scoresep.views.masks import largest_groups, plot_mask, plot_masks
from scoresep.views.mosaic import plot_mosaic
from scoresep.views.piano_roll import plot_piano_roll
from scoresep.views.record import record_figure
from scoresep.views.spectrogram import plot_spectrogram
from scoresep.views.view import View, spectrogram_among

#: Draws into the axes given as ``ax``.
Plot = Callable[..., Axes]


def plot(values: Sequence[Any], *, view: View | None = None) -> Figure:
    """Draw the values of stages below one another, as ``scoresep plot`` does.

    A decomposition or a record of a separation, alone or with its spectrogram, has a figure of its own. Of an
    alignment among later stages only the notes are drawn, else also its path and its local tempo.

    Parameters
    ----------
    values : sequence
        `Spectrogram`, `Alignment`, `Decomposition`, `Masks`, `Mosaic`, `SeparationRecord` or `Notes`.
    view : View, optional
        The times and frequencies shown; by default ``View.of(values)``.

    Returns
    -------
    matplotlib.figure.Figure
        The figure; its ``savefig`` writes it to a file.
    """
    view = view or View.of(values)
    spectrogram = spectrogram_among(values)
    match [value for value in values if value is not spectrogram]:
        case [Decomposition() as decomposition]:
            return decomposition_figure(decomposition, spectrogram, view)
        case [SeparationRecord() as record]:
            return record_figure(record, spectrogram, view)
    is_of_alignment = all(isinstance(value, Spectrogram | Alignment) for value in values)
    plots = [each for value in values for each in _plots(value, view, spectrogram, is_of_alignment)]
    figure = Figure(figsize=(10, 0.8 + 2.0 * len(plots)), layout="constrained")
    axes = figure.subplots(len(plots), 1, squeeze=False)[:, 0]
    for ax, plot_one in zip(axes, plots, strict=True):
        plot_one(view=view, ax=ax)
        view.set_time_axis(ax, is_labelled=ax is axes[-1])
    return figure


def loss_figure(decompositions: Sequence[Decomposition], names: Sequence[str] | None = None) -> Figure:
    """Return a figure of the losses of decompositions, each with its name."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    plot_loss(*decompositions, names=names, ax=figure.subplots())
    return figure


def encoder_figure(decomposition: Decomposition) -> Figure:
    """Return a figure of decoder, encoder and their product.

    Raises
    ------
    ValueError
        If the decomposition has no dense encoder of one layer.
    """
    figure = Figure(figsize=(14, 4.5), layout="constrained")
    decoder, positive, negative, product = figure.subplots(1, 4)
    plot_decoder(decomposition, ax=decoder)
    plot_encoder(decomposition, ax=positive)
    plot_encoder(decomposition, is_negative=True, ax=negative)
    plot_encoder_product(decomposition, ax=product)
    for ax in (positive, negative):
        ax.set_ylabel("")
    return figure


@singledispatch
def _plots(value: Any, view: View, spectrogram: Spectrogram | None, is_of_alignment: bool) -> list[Plot]:
    """Return what draws a value, one function for each of its axes."""
    raise TypeError(f"there is no picture of {type(value).__name__}")


@_plots.register
def _(value: Spectrogram, view: View, spectrogram: Spectrogram | None, is_of_alignment: bool) -> list[Plot]:
    return [partial(plot_spectrogram, value)]


@_plots.register
def _(value: Notes, view: View, spectrogram: Spectrogram | None, is_of_alignment: bool) -> list[Plot]:
    return [partial(plot_piano_roll, value)]


@_plots.register
def _(value: Alignment, view: View, spectrogram: Spectrogram | None, is_of_alignment: bool) -> list[Plot]:
    notes = partial(plot_alignment, value, spectrogram=spectrogram)
    return [notes, partial(plot_warping_path, value), partial(plot_tempo, value)] if is_of_alignment else [notes]


@_plots.register
def _(value: Decomposition, view: View, spectrogram: Spectrogram | None, is_of_alignment: bool) -> list[Plot]:
    contours = [partial(plot_contours, value)] if len(value.contours) else []
    return [partial(plot_activations, value), *contours]


@_plots.register
def _(value: Masks, view: View, spectrogram: Spectrogram | None, is_of_alignment: bool) -> list[Plot]:
    groups = [value.names[group] for group in largest_groups(value, view)]
    return [partial(plot_masks, value, spectrogram=spectrogram), *(partial(plot_mask, value, name) for name in groups)]


@_plots.register
def _(value: Mosaic, view: View, spectrogram: Spectrogram | None, is_of_alignment: bool) -> list[Plot]:
    return [partial(plot_mosaic, value)]


@_plots.register
def _(value: SeparationRecord, view: View, spectrogram: Spectrogram | None, is_of_alignment: bool) -> list[Plot]:
    return [partial(plot_piano_roll, value.alignment.notes, groups=value)]

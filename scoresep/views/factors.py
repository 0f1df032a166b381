"""A decomposition as in Müller's lectures: what the score allows above what was learned, and V above its model W H."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scoresep.model.gates import gate_openings
from scoresep.model.reconstruct import product
from scoresep.score.pitch import pitch_name
from scoresep.values import Array, Decomposition, Spectrogram
from scoresep.views.panels import (
    COLOURS,
    View,
    columns,
    image,
    levels_image,
    patches,
    pitch_axis,
    recording,
    tint,
    title,
)

#: How far below the loudest the darkest activations, and bins of a template, lie (dB).
FACTOR_RANGE = 50.0
#: More names of pitches than this would not be legible below the templates.
MOST_NAMES = 32
#: Letters that have room above the figure.
ABOVE = 150


def factors_figure(value: Decomposition, spectrogram: Spectrogram | None, view: View) -> Figure:
    """Return a figure of the templates and activations and, with a spectrogram, of the model."""
    rows: list[Any] = [["allowed templates", "gates"], ["templates", "activations"]]
    if spectrogram is not None:
        rows += [["recording", "recording"], ["model", "model"]]
    figure = Figure(figsize=(12, 0.8 + 2.6 * len(rows)), layout="constrained")
    panels = figure.subplot_mosaic(rows, width_ratios=(2, 3))
    _allowed_templates(panels["allowed templates"], value, view)
    panels["allowed templates"].tick_params(labelbottom=False)
    _templates(panels["templates"], value, view)
    panels["templates"].set_xlabel("pitch")
    _gates(panels["gates"], value, view)
    activations(panels["activations"], value, view, "Activations H: learned")
    handles = patches(_names(value))
    figure.legend(handles=handles, loc="outside upper center", ncols=columns(handles, ABOVE), frameon=False, fontsize=9)
    view.time_axis(panels["gates"], is_last=False)
    view.time_axis(panels["activations"], is_last=True)
    if spectrogram is not None:
        recording(panels["recording"], spectrogram, view, "Recording V")
        _model(panels["model"], value, view)
        view.time_axis(panels["recording"], is_last=False)
        view.time_axis(panels["model"], is_last=True)
    return figure


def activations(panel: Axes, value: Decomposition, view: View, name: str = "Activations") -> None:
    """Show how loud each pitch is."""
    grid, components = view.grid(value), value.components
    loudness = grid.over_time(lambda frames: value.activations[:, frames])
    loudness = loudness * value.templates.sum(axis=3).mean(axis=(0, 1))[:, None]
    picture = np.zeros((len(_pitches(value)), loudness.shape[1]))
    np.add.at(picture, components.pitch - _pitches(value).start, loudness)
    levels_image(panel, picture, grid.times(picture), _heights(value), depth=FACTOR_RANGE)
    pitch_axis(panel, value.notes)
    title(panel, name)


def _gates(panel: Axes, value: Decomposition, view: View) -> None:
    """Show when the score lets each pitch sound, in the colours of the instruments."""
    grid, components = view.grid(value), value.components
    is_free = _is_free(value, "activations")

    def gates(frames: slice) -> Array:
        counts = gate_openings(components, value.notes, value.gates, range(frames.start, frames.stop))
        return ((counts > 0) | is_free).astype(np.float32)

    opened = grid.over_time(gates)
    picture = np.ones((len(_pitches(value)), opened.shape[1], 3), np.float32)
    for pitch, gate, colour in zip(components.pitch.tolist(), opened, _colours(value), strict=True):
        row = picture[pitch - _pitches(value).start]
        np.minimum(row, 1 - gate[:, None] * (1 - colour), out=row)
    image(panel, picture, grid.times(picture), _heights(value))
    pitch_axis(panel, value.notes)
    title(panel, f"Activations H: {'not constrained' if is_free else 'allowed by the score'}")


def _allowed_templates(panel: Axes, value: Decomposition, view: View) -> None:
    """Show which bins of the templates were not held at zero, in the colours of the instruments."""
    grid, order = view.grid(value), _order(value)
    support = value.templates[:, : grid.bins, order].max(axis=(0, 3)) > 0
    picture = grid.over_frequency(support.astype(np.float32))
    colours = 1 - picture[..., None] * (1 - _colours(value)[order])
    image(panel, colours, (-0.5, len(order) - 0.5), grid.frequencies(picture))
    _template_axes(panel, value, view)
    title(panel, f"Templates W: {'not constrained' if _is_free(value, 'templates') else 'allowed by the score'}")


def _templates(panel: Axes, value: Decomposition, view: View) -> None:
    """Show the templates, each relative to its loudest bin."""
    grid, order = view.grid(value), _order(value)
    picture = grid.over_frequency(value.templates[:, : grid.bins, order].sum(axis=3).mean(axis=0))
    picture /= np.maximum(picture.max(axis=0), 1e-20)
    levels_image(panel, picture, (-0.5, len(order) - 0.5), grid.frequencies(picture), depth=FACTOR_RANGE)
    _template_axes(panel, value, view)
    title(panel, "Templates W: learned")


def _template_axes(panel: Axes, value: Decomposition, view: View) -> None:
    """Name the pitches of the templates in the colours of their instruments, and part these."""
    rows = [value.components.rows()[k] for k in _order(value)]
    begin, named = 0, list[tuple[float, str, str]]()
    for (instrument, pitch, role), own in groupby(rows, key=lambda row: (*row[:2], row[3])):
        end = begin + len(list(own))
        place = 0.5 * (begin + end - 1)
        if begin and (instrument, role) != (rows[begin - 1][0], rows[begin - 1][3]):
            panel.axvline(begin - 0.5, color="grey", linewidth=0.8)
        if not named or place - named[-1][0] >= len(rows) / MOST_NAMES:
            named.append((place, pitch_name(pitch), COLOURS[instrument % len(COLOURS)]))
        begin = end
    places, names, colours = zip(*named, strict=True)
    panel.set_xticks(places, names, rotation=90, fontsize=7)
    for label, colour in zip(panel.get_xticklabels(), colours, strict=True):
        label.set_color(colour)
    view.frequency_axis(panel)


def _model(panel: Axes, value: Decomposition, view: View) -> None:
    """Show the product of templates and activations."""
    grid = view.grid(value)
    loudness = grid.over_time(lambda frames: value.activations[:, frames])
    model = product(value.templates[:, : grid.bins], loudness)
    picture = grid.over_frequency(np.asarray(np.sqrt(np.mean(model**2, axis=0))))
    levels_image(panel, picture, grid.times(picture), grid.frequencies(picture))
    view.frequency_axis(panel)
    title(panel, "Model W·H")


def _is_free(value: Decomposition, factor: str) -> bool:
    """Whether the score did not constrain the "templates" or the "activations"."""
    return value.options.get("constraints", "both") not in ("both", factor)


def _pitches(value: Decomposition) -> range:
    """Return the rows of a picture of pitches."""
    return range(int(value.components.pitch.min()), int(value.components.pitch.max()) + 1)


def _heights(value: Decomposition) -> tuple[float, float]:
    """Return where a picture of pitches begins and ends."""
    return _pitches(value).start - 0.5, _pitches(value).stop - 0.5


def _order(value: Decomposition) -> Array:
    """Return the components in the order of instrument, role (attacks last), pitch and detuning."""
    components = value.components
    return np.lexsort((components.detuning, components.pitch, components.role == "onset", components.instrument))


def _colours(value: Decomposition) -> Array:
    """Return the colour of each component, shape (components, 3): attacks are darker."""
    return np.array([_colour(instrument, role) for instrument, _, _, role in value.components.rows()])


def _colour(instrument: int, role: str) -> Array:
    """Return the colour of an instrument, pale but for attacks."""
    return tint(COLOURS[instrument % len(COLOURS)], 1.0 if role == "onset" else 0.5)


def _names(value: Decomposition) -> list[tuple[str, Array]]:
    """Return what the colours mean."""
    kinds = sorted({(instrument, role == "onset", role) for instrument, _, _, role in value.components.rows()})
    return [
        (value.instruments[instrument] + (", attack" if is_attack else ""), _colour(instrument, role))
        for instrument, is_attack, role in kinds
    ]

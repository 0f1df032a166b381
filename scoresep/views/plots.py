"""Pictures of the stages' values, in the manner of Müller's lectures: one panel below the other on one time axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, singledispatch
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scoresep.alignment.pitch_energies import ENERGY_PERIOD, LOWEST_PITCH, pitch_energies
from scoresep.dsp.downmix import downmix
from scoresep.values import Alignment, Decomposition, Masks, Notes, SeparationRecord, Spectrogram
from scoresep.views.factors import activations, factors_figure
from scoresep.views.panels import COLOURS, MOST_COLUMNS, View, legend, local_tempo, pitch_axis, recording, title
from scoresep.views.record import account_figure, notes_by_group
from scoresep.views.shares import masks_panels
from scoresep.views.tempo import path_lines

#: Notes with less confidence are marked, in this colour.
UNSURE, DOUBTFUL = 0.6, "#D00000"
#: Up to where pictures reach: in hertz, or as a share of the bins.
FMAX = 4000.0

#: The recording that the values belong to, if it is among them.
Context = Spectrogram | None
#: What draws a panel.
Draw = Callable[[Axes], None]


def view_of(values: Sequence[Any], *, start: float = 0.0, end: float | None = None, fmax: float | None = None) -> View:
    """Return the view of values from ``start`` to ``end`` seconds and up to ``fmax`` hertz, 4000 unless given.

    Raises
    ------
    ValueError
        If nothing can be shown.
    """
    if end is not None and end <= start:
        raise ValueError(f"there is nothing from {start:g} to {end:g} s; the end must come after the start")
    length = max(_duration(value) for value in values)
    if start >= length:
        raise ValueError(f"there is nothing from {start:g} s on; the last is at {round(length, 2):g} s")
    highest = min((value.transform.sample_rate / 2 for value in values if _has_frames(value)), default=FMAX)
    return View(start, length if end is None else min(end, length), min(fmax or FMAX, highest))


def draw(values: Sequence[Any], path: Path, view: View | None = None) -> None:
    """Draw the values to a PNG, SVG or PDF file, as `view_of` shows them unless another view is given.

    A decomposition or an account, alone or with its spectrogram, has a figure of its own.  Other values are panels one
    below the other: an alignment among later stages is only a piano roll, else its path and its local tempo are drawn
    too.
    """
    view = view or view_of(values)
    figure_of(values, view).savefig(path, dpi=120)


def figure_of(values: Sequence[Any], view: View) -> Figure:
    """Return the figure of the values."""
    context = _context(values)
    match [value for value in values if value is not context]:
        case [Decomposition() as decomposition]:
            return factors_figure(decomposition, context, view)
        case [SeparationRecord() as account]:
            return account_figure(account, context, view)
    is_about_alignment = all(isinstance(value, Spectrogram | Alignment) for value in values)
    draws = [panel for value in values for panel in _panels(value, view, context, is_alone=is_about_alignment)]
    figure = Figure(figsize=(10, 0.8 + 2.0 * len(draws)), layout="constrained")
    panels = figure.subplots(len(draws), 1, squeeze=False)[:, 0]
    for panel, draw_panel in zip(panels, draws, strict=True):
        draw_panel(panel)
        view.time_axis(panel, is_last=panel is panels[-1])
    return figure


def _context(values: Sequence[Any]) -> Context:
    """Return the first spectrogram among values."""
    return next((value for value in values if isinstance(value, Spectrogram)), None)


def _duration(value: Any) -> float:
    """Give where a value ends, in seconds."""
    if _has_frames(value):
        return float(value.transform.n_samples / value.transform.sample_rate)
    alignment = value.alignment if isinstance(value, SeparationRecord) else value
    return float(alignment.notes.offset.max())


def _has_frames(value: Any) -> bool:
    """Whether a value has frames of an STFT."""
    return not isinstance(value, Alignment | SeparationRecord)


@singledispatch
def _panels(value: Any, view: View, context: Context, *, is_alone: bool) -> list[Draw]:
    """Return what draws the panels of a value."""
    raise TypeError(f"there is no picture of {type(value).__name__}")


@_panels.register
def _(value: Spectrogram, view: View, context: Context, *, is_alone: bool) -> list[Draw]:
    return [partial(recording, value=value, view=view)]


@_panels.register
def _(value: Decomposition, view: View, context: Context, *, is_alone: bool) -> list[Draw]:
    return [partial(activations, value=value, view=view)]


@_panels.register
def _(value: SeparationRecord, view: View, context: Context, *, is_alone: bool) -> list[Draw]:
    return [partial(notes_by_group, value=value)]


@_panels.register
def _(value: Masks, view: View, context: Context, *, is_alone: bool) -> list[Draw]:
    return masks_panels(value, view, context)


@_panels.register
def _(value: Alignment, view: View, context: Context, *, is_alone: bool) -> list[Draw]:
    draws = (_aligned_notes, _warping_path, _tempo) if is_alone else (_aligned_notes,)
    return [partial(_marked, draw=draw, value=value, context=context) for draw in draws]


def _marked(
    panel: Axes, *, draw: Callable[[Axes, Alignment, Context], None], value: Alignment, context: Context
) -> None:
    """Draw a panel of an alignment and mark the passages that do not fit."""
    draw(panel, value, context)
    for begin, end in value.unmatched.tolist():
        panel.axvspan(begin, end, color=DOUBTFUL, alpha=0.15, linewidth=0)


def _aligned_notes(panel: Axes, value: Alignment, context: Context) -> None:
    """Show the notes over the salience of pitches, if there is a recording; mark those that are not sure."""
    if context is not None:
        energies = pitch_energies(downmix(context.audio).samples, tuning=value.tuning + 100 * value.transposition)
        group = max(energies.shape[1] // MOST_COLUMNS, 1)
        n_columns = energies.shape[1] // group
        salience = energies[:, : n_columns * group].reshape(len(energies), n_columns, group).mean(axis=2) ** 0.25
        extent = (0, n_columns * group * ENERGY_PERIOD, LOWEST_PITCH - 0.5, LOWEST_PITCH + len(salience) - 0.5)
        panel.imshow(salience, origin="lower", aspect="auto", cmap="Greys", extent=extent, interpolation="nearest")
    _piano_roll(panel, value.notes, alpha=0.6 if context is not None else 1.0)
    if (unsure := value.confidence < UNSURE).any():
        notes = value.notes.take(unsure)
        panel.barh(
            notes.pitch,
            notes.offset - notes.onset,
            left=notes.onset,
            height=0.8,
            fill=False,
            edgecolor=DOUBTFUL,
            label=f"confidence below {UNSURE}",
        )
        legend(panel)
    title(panel, f"Score, aligned (confidence {value.overall_confidence:.2f})")


def _warping_path(panel: Axes, value: Alignment, context: Context) -> None:
    """Show score time over recording time, one line a section."""
    for time, score_time in path_lines(value):
        panel.plot(time, score_time, color=COLOURS[0], linewidth=1.2)
    panel.set_ylabel("score time (s)")
    panel.grid(alpha=0.3)
    title(panel, "Warping path")


def _tempo(panel: Axes, value: Alignment, context: Context) -> None:
    """Show how fast the score goes by."""
    local_tempo(panel, value)


def _piano_roll(panel: Axes, notes: Notes, *, alpha: float = 1.0) -> None:
    """Show notes as bars, coloured by part."""
    for part in sorted(set(notes.part.tolist())):
        own = notes.take(notes.part == part)
        panel.barh(
            own.pitch,
            own.offset - own.onset,
            left=own.onset,
            height=0.8,
            color=COLOURS[(part - 1) % len(COLOURS)],
            label=own.part_name(0),
            alpha=alpha,
        )
    pitch_axis(panel, notes)
    legend(panel)

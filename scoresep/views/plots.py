"""Pictures of the stages' values, in the manner of Müller's lectures: one panel below the other on one time axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import singledispatch
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scoresep.mono import mono_of
from scoresep.numerics.features import CLOCK, LOWEST, pitch_energies
from scoresep.selection import pitch_name
from scoresep.values import Alignment, Array, Decomposition, Masks, Notes, Spectrogram

#: Colours of parts and groups, told apart by colour-blind eyes too (Okabe and Ito, 2008).
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
#: How far below the loudest bin the darkest one lies (dB).
RANGE = 70.0
#: More panels than this would not be legible; the groups with the most notes come first.
MOST_GROUPS = 8
#: Columns of a picture of a whole recording.
MOST_COLUMNS = 2000
#: Notes with less confidence are marked, in this colour.
UNSURE, DOUBTFUL = 0.6, "#D00000"
#: Over how much of the recording (s, to each side) the local tempo is measured.
TEMPO_SPAN = 1.0

#: The recording that the values belong to, if it is among them.
Context = Spectrogram | None


def draw(
    values: Sequence[Any], path: Path, *, start: float = 0.0, end: float | None = None, fmax: float = 4000.0
) -> None:
    """Draw the values to a PNG, SVG or PDF file, from ``start`` to ``end`` seconds and up to ``fmax`` hertz.

    An alignment among later stages is only a piano roll; without them its path and its local tempo are drawn too.
    Values without a clock of their own (decompositions and masks) take it from a spectrogram among them, else their
    time axis counts frames.
    """
    context = next((value for value in values if isinstance(value, Spectrogram)), None)
    is_about_alignment = all(isinstance(value, Spectrogram | Alignment) for value in values)
    rows = [(value, row) for value in values for row in range(_rows(value, is_about_alignment))]
    figure = Figure(figsize=(10, 0.8 + 2.0 * len(rows)), layout="constrained")
    panels = figure.subplots(len(rows), 1, sharex=True, squeeze=False)[:, 0]
    for panel, (value, row) in zip(panels, rows, strict=True):
        _panel(value, panel, row=row, context=context, fmax=fmax)
    panels[-1].set_xlabel("time (s)")
    panels[-1].set_xlim(start, context.audio.duration if end is None and context else end)
    figure.savefig(path, dpi=120)


def _rows(value: Any, is_about_alignment: bool) -> int:
    """Return how many panels a value needs."""
    match value:
        case Masks():
            return min(len(value.names), MOST_GROUPS)
        case Alignment():
            return len(_ALIGNMENT) if is_about_alignment else 1
        case _:
            return 1


@singledispatch
def _panel(value: Any, panel: Axes, *, row: int, context: Context, fmax: float) -> None:
    """Draw a row of a value in a panel."""
    raise TypeError(f"there is no picture of {type(value).__name__}")


@_panel.register
def _(value: Spectrogram, panel: Axes, *, row: int, context: Context, fmax: float) -> None:
    magnitude = np.sqrt(np.mean(np.abs(value.stft) ** 2, axis=0))
    _frequencies(
        panel, _decibels(magnitude), value.n_fft, value.hop, value.audio.sample_rate, fmax, "magma", (-RANGE, 0)
    )
    panel.set_title("Recording", loc="left", fontsize=10)


@_panel.register
def _(value: Alignment, panel: Axes, *, row: int, context: Context, fmax: float) -> None:
    _ALIGNMENT[row](value, panel, context)
    for begin, end in value.misfits.tolist():
        panel.axvspan(begin, end, color=DOUBTFUL, alpha=0.15, linewidth=0)


def _aligned_notes(value: Alignment, panel: Axes, context: Context) -> None:
    """Show the notes over the salience of pitches, if there is a recording; mark those that are not sure."""
    if context is not None:
        energies = pitch_energies(mono_of(context.audio).samples, tuning=value.tuning + 100 * value.transposition)
        group = max(energies.shape[1] // MOST_COLUMNS, 1)
        n_columns = energies.shape[1] // group
        salience = energies[:, : n_columns * group].reshape(len(energies), n_columns, group).mean(axis=2) ** 0.25
        extent = (0, n_columns * group * CLOCK, LOWEST - 0.5, LOWEST + len(salience) - 0.5)
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
        _legend(panel)
    panel.set_title(f"Score, aligned (confidence {value.overall_confidence:.2f})", loc="left", fontsize=10)


def _warping_path(value: Alignment, panel: Axes, context: Context) -> None:
    """Show score time over recording time, one line a section."""
    for time, score_time in _lines(value):
        panel.plot(time, score_time, color=COLOURS[0], linewidth=1.2)
    panel.set_ylabel("score time (s)")
    panel.grid(alpha=0.3)
    panel.set_title("Warping path", loc="left", fontsize=10)


def _local_tempo(value: Alignment, panel: Axes, context: Context) -> None:
    """Show how fast the score goes by, as a share of its written tempo."""
    for time, score_time in _lines(value):
        if time[-1] - time[0] > 2 * TEMPO_SPAN:
            clock = np.arange(time[0] + TEMPO_SPAN, time[-1] - TEMPO_SPAN, 0.1)
            before, after = (np.interp(clock + span, time, score_time) for span in (-TEMPO_SPAN, TEMPO_SPAN))
            panel.plot(clock, 100 * (after - before) / (2 * TEMPO_SPAN), color=COLOURS[0], linewidth=1.2)
    panel.set_ylabel("tempo (% of\nthe written)")
    panel.grid(alpha=0.3)
    panel.set_title("Local tempo", loc="left", fontsize=10)


#: The panels of an alignment.
_ALIGNMENT = (_aligned_notes, _warping_path, _local_tempo)


def _lines(value: Alignment) -> Iterator[tuple[Array, Array]]:
    """Return recording and score times of the path of each section."""
    ends = np.append(value.sections[1:, 2], np.inf)
    section = np.searchsorted(ends, value.path[1], side="right")
    for k in range(len(ends)):
        if len(own := value.path[:, section == k][::-1].T):
            yield own[:, 0], own[:, 1]


@_panel.register
def _(value: Decomposition, panel: Axes, *, row: int, context: Context, fmax: float) -> None:
    pitches = np.arange(value.components.pitch.min(), value.components.pitch.max() + 1)
    loudness = value.activations * value.templates.mean(axis=(0, 1))[:, None]
    rolls = np.stack([loudness[value.components.pitch == pitch].sum(axis=0) for pitch in pitches])
    rate = context.audio.sample_rate if context else value.hop
    seconds = value.activations.shape[1] * value.hop / rate
    extent = (0, seconds, pitches[0] - 0.5, pitches[-1] + 0.5)
    panel.imshow(
        _decibels(rolls),
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=-50,
        vmax=0,
        extent=extent,
        interpolation="nearest",
    )
    _pitch_axis(panel, value.notes)
    panel.set_title("Activations", loc="left", fontsize=10)


@_panel.register
def _(value: Masks, panel: Axes, *, row: int, context: Context, fmax: float) -> None:
    shares = value.shares[row].mean(axis=0)
    rate, highest = (context.audio.sample_rate, fmax) if context else (value.hop, 0.5 * value.hop)
    _frequencies(panel, shares, value.n_fft, value.hop, rate, highest, "Greys", (0, 1))
    panel.set_title(f"Mask of {value.names[row]}", loc="left", fontsize=10)


def _frequencies(
    panel: Axes, picture: Array, n_fft: int, hop: int, rate: int, fmax: float, colours: str, limits: tuple[float, float]
) -> None:
    """Show an array of shape (bins, frames) up to ``fmax`` hertz."""
    bins = max(min(int(fmax * n_fft / rate) + 1, len(picture)), 2)
    extent = (-0.5 * hop / rate, (picture.shape[1] - 0.5) * hop / rate, 0, bins * rate / n_fft)
    panel.imshow(
        picture[:bins],
        origin="lower",
        aspect="auto",
        cmap=colours,
        vmin=limits[0],
        vmax=limits[1],
        extent=extent,
        interpolation="nearest",
    )
    panel.set_ylabel("frequency (Hz)")


def _piano_roll(panel: Axes, notes: Notes, *, alpha: float = 1.0) -> None:
    """Show notes as bars, coloured by part."""
    for part in sorted(set(notes.part.tolist())):
        own = notes.take(notes.part == part)
        label = own.part_name(0) if len(own) else ""
        panel.barh(
            own.pitch,
            own.offset - own.onset,
            left=own.onset,
            height=0.8,
            color=COLOURS[(part - 1) % len(COLOURS)],
            label=label,
            alpha=alpha,
        )
    _pitch_axis(panel, notes)
    _legend(panel)


def _legend(panel: Axes) -> None:
    """Say what the colours are, above the panel."""
    panel.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0, frameon=False, fontsize=8, ncols=6)


def _pitch_axis(panel: Axes, notes: Notes) -> None:
    """Name the Cs on the vertical axis."""
    lowest, highest = int(notes.pitch.min()), int(notes.pitch.max())
    octaves = np.arange(-(-lowest // 12) * 12, highest + 1, 12)
    panel.set_yticks(octaves, [pitch_name(int(pitch)) for pitch in octaves])
    panel.set_ylim(lowest - 2, highest + 2)
    panel.set_ylabel("pitch")


def _decibels(magnitude: Array) -> Array:
    """Return decibels below the maximum."""
    return np.asarray(20 * np.log10(np.maximum(magnitude / max(float(magnitude.max(initial=0.0)), 1e-20), 1e-5)))

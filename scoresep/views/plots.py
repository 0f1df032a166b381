"""Pictures of the stages' values, in the manner of Müller's lectures: one panel below the other on one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scoresep.selection import pitch_name
from scoresep.values import Alignment, Array, Decomposition, Masks, Notes, Spectrogram

#: Colours of parts and groups, told apart by colour-blind eyes too (Okabe and Ito, 2008).
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
#: How far below the loudest bin the darkest one lies (dB).
RANGE = 70.0
#: More panels than this would not be legible; the groups with the most notes come first.
MOST_GROUPS = 8


def draw(
    values: Sequence[Any], path: Path, *, start: float = 0.0, end: float | None = None, fmax: float = 4000.0
) -> None:
    """Draw the values to a PNG, SVG or PDF file, from ``start`` to ``end`` seconds and up to ``fmax`` hertz.

    Values without a clock of their own (decompositions and masks) take it from a spectrogram among them, else their
    time axis counts frames.
    """
    rate = next((value.audio.sample_rate for value in values if isinstance(value, Spectrogram)), None)
    rows = [(value, row) for value in values for row in range(_rows(value))]
    figure = Figure(figsize=(10, 0.8 + 2.0 * len(rows)), layout="constrained")
    panels = figure.subplots(len(rows), 1, sharex=True, squeeze=False)[:, 0]
    for panel, (value, row) in zip(panels, rows, strict=True):
        _panel(value, panel, row=row, rate=rate, fmax=fmax)
    panels[-1].set_xlabel("time (s)")
    panels[-1].set_xlim(start, end)
    figure.savefig(path, dpi=120)


def _rows(value: Any) -> int:
    """Return how many panels a value needs."""
    return min(len(value.names), MOST_GROUPS) if isinstance(value, Masks) else 1


@singledispatch
def _panel(value: Any, panel: Axes, *, row: int, rate: int | None, fmax: float) -> None:
    """Draw a row of a value in a panel."""
    raise TypeError(f"there is no picture of {type(value).__name__}")


@_panel.register
def _(value: Spectrogram, panel: Axes, *, row: int, rate: int | None, fmax: float) -> None:
    magnitude = np.sqrt(np.mean(np.abs(value.stft) ** 2, axis=0))
    _frequencies(
        panel, _decibels(magnitude), value.n_fft, value.hop, value.audio.sample_rate, fmax, "magma", (-RANGE, 0)
    )
    panel.set_title("Recording", loc="left", fontsize=10)


@_panel.register
def _(value: Alignment, panel: Axes, *, row: int, rate: int | None, fmax: float) -> None:
    _piano_roll(panel, value.notes)
    panel.set_title("Score, aligned", loc="left", fontsize=10)


@_panel.register
def _(value: Decomposition, panel: Axes, *, row: int, rate: int | None, fmax: float) -> None:
    pitches = np.arange(value.components.pitch.min(), value.components.pitch.max() + 1)
    loudness = value.activations * value.templates.mean(axis=(0, 1))[:, None]
    rolls = np.stack([loudness[value.components.pitch == pitch].sum(axis=0) for pitch in pitches])
    seconds = value.activations.shape[1] * value.hop / (rate or value.hop)
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
def _(value: Masks, panel: Axes, *, row: int, rate: int | None, fmax: float) -> None:
    shares = value.shares[row].mean(axis=0)
    _frequencies(
        panel, shares, value.n_fft, value.hop, rate or value.hop, fmax if rate else 0.5 * value.hop, "Greys", (0, 1)
    )
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


def _piano_roll(panel: Axes, notes: Notes) -> None:
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
        )
    _pitch_axis(panel, notes)
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

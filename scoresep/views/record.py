"""How stems were made: which group has which notes, the local tempo, and the loss."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from scoresep.values import SeparationRecord, Spectrogram
from scoresep.views.alignment import plot_tempo
from scoresep.views.contours import plot_contours
from scoresep.views.loss import plot_loss
from scoresep.views.piano_roll import plot_piano_roll
from scoresep.views.spectrogram import plot_spectrogram
from scoresep.views.view import View


def record_figure(record: SeparationRecord, spectrogram: Spectrogram | None, view: View) -> Figure:
    """Return a figure of the notes by group, the local tempo and the loss, below a spectrogram if there is one."""
    timed: list[Any] = ["recording"] * (spectrogram is not None) + ["notes", "tempo"]
    figure = Figure(figsize=(10, 0.8 + 2.0 * (len(timed) + 1)), layout="constrained")
    axes = figure.subplot_mosaic([[name] for name in (*timed, "loss")])
    if spectrogram is not None:
        plot_spectrogram(spectrogram, view=view, ax=axes["recording"])
        if len(record.contours):
            plot_contours(record, view=view, ax=axes["recording"])
    plot_piano_roll(record.alignment.notes, groups=record, view=view, ax=axes["notes"])
    plot_tempo(record.alignment, view=view, ax=axes["tempo"])
    for name in timed:
        view.set_time_axis(axes[name], is_labelled=name == "tempo")
    plot_loss(record, ax=axes["loss"])
    return figure

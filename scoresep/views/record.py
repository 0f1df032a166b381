"""How stems came about: which group has which notes, how fast the score goes by, and how the loss fell."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scoresep.values import SeparationRecord, Spectrogram
from scoresep.views.panels import COLOURS, View, legend, local_tempo, pitch_axis, recording, title

#: The colour of notes in no group.
UNCLAIMED = "#999999"


def account_figure(value: SeparationRecord, spectrogram: Spectrogram | None, view: View) -> Figure:
    """Return a figure of the notes by group, the local tempo and the loss, below a spectrogram if there is one."""
    timed: list[Any] = ["recording"] * (spectrogram is not None) + ["notes", "tempo"]
    figure = Figure(figsize=(10, 0.8 + 2.0 * (len(timed) + 1)), layout="constrained")
    panels = figure.subplot_mosaic([[name] for name in (*timed, "loss")])
    if spectrogram is not None:
        recording(panels["recording"], spectrogram, view)
    notes_by_group(panels["notes"], value)
    local_tempo(panels["tempo"], value.alignment)
    for name in timed:
        view.time_axis(panels[name], is_last=name == "tempo")
    _loss(panels["loss"], value)
    return figure


def notes_by_group(panel: Axes, value: SeparationRecord) -> None:
    """Show the notes as bars in the colours of their groups."""
    notes, groups = value.alignment.notes, value.group_of_notes()
    for group in sorted(set(groups.tolist()), key=lambda group: (group < 0, group)):
        own = notes.take(groups == group)
        colour = UNCLAIMED if group < 0 else COLOURS[group % len(COLOURS)]
        label = "in no group" if group < 0 else value.names[group]
        panel.barh(own.pitch, own.offset - own.onset, left=own.onset, height=0.8, color=colour, label=label)
    pitch_axis(panel, notes)
    legend(panel)
    title(panel, "Score, by group")


def _loss(panel: Axes, value: SeparationRecord) -> None:
    """Show the loss before the first iteration and after each."""
    panel.plot(np.arange(len(value.loss)), value.loss, color=COLOURS[0], marker=".", linewidth=1.2)
    if (value.loss > 0).all():
        panel.set_yscale("log")
    panel.set_xlabel("iteration")
    panel.set_ylabel("loss")
    panel.grid(alpha=0.3)
    title(panel, "Loss")

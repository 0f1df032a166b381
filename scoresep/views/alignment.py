"""An alignment: the notes where they sound, the warping path and the local tempo."""

from __future__ import annotations

from matplotlib.axes import Axes

from scoresep.alignment.pitch_energies import ENERGY_PERIOD, LOWEST_PITCH, pitch_energies
from scoresep.dsp.downmix import downmix
from scoresep.values import Alignment, Spectrogram
from scoresep.views.axes import axes_or_current, set_title, show_legend, show_notes
from scoresep.views.colours import COLOURS, DOUBT_COLOUR, LOW_CONFIDENCE
from scoresep.views.grid import MOST_COLUMNS
from scoresep.views.note_rows import NoteRows
from scoresep.views.piano_roll import plot_piano_roll
from scoresep.views.tempo import path_lines, tempo_lines
from scoresep.views.view import View

#: How opaque notes are over a recording.
NOTE_ALPHA = 0.6
#: The power of the energies of pitches that is shown; it makes soft notes visible.
ENERGY_EXPONENT = 0.25


def plot_alignment(
    alignment: Alignment,
    *,
    spectrogram: Spectrogram | None = None,
    view: View | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the notes where they sound, over the energy of each pitch in the recording.

    Notes with little confidence have a red outline, and passages that do not match have a red ground.

    Parameters
    ----------
    alignment : Alignment
        The alignment.
    spectrogram : Spectrogram, optional
        That of the recording, which holds its samples; without it only the notes are drawn.
    view : View, optional
        The times shown; by default all.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.
    """
    ax = axes_or_current(ax)
    view = view or View.of([alignment] if spectrogram is None else [alignment, spectrogram])
    if spectrogram is not None:
        _show_pitch_energies(ax, alignment, spectrogram)
    plot_piano_roll(alignment.notes, alpha=1.0 if spectrogram is None else NOTE_ALPHA, view=view, ax=ax)
    if (is_unsure := alignment.confidence < LOW_CONFIDENCE).any():
        label = f"confidence below {LOW_CONFIDENCE}"
        rows = NoteRows.of(alignment.notes)
        show_notes(ax, alignment.notes.take(is_unsure), rows, fill=False, edgecolor=DOUBT_COLOUR, label=label)
        show_legend(ax)
    _mark_passages(ax, alignment)
    set_title(ax, f"Score, aligned (confidence {alignment.overall_confidence:.2f})")
    return ax


def plot_warping_path(alignment: Alignment, *, view: View | None = None, ax: Axes | None = None) -> Axes:
    """Draw score time over recording time, one line for each section that is played without a jump.

    Parameters
    ----------
    alignment : Alignment
        The alignment.
    view : View, optional
        The times shown; by default all.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.
    """
    ax, view = axes_or_current(ax), view or View.of([alignment])
    for time, score_time in path_lines(alignment):
        ax.plot(time, score_time, color=COLOURS[0], linewidth=1.2)
    _mark_passages(ax, alignment)
    view.set_time_axis(ax)
    ax.set_ylabel("score time (s)")
    ax.grid(alpha=0.3)
    set_title(ax, "Warping path")
    return ax


def plot_tempo(alignment: Alignment, *, view: View | None = None, ax: Axes | None = None) -> Axes:
    """Draw the local tempo in percent of the written one, one line for each section.

    Parameters
    ----------
    alignment : Alignment
        The alignment.
    view : View, optional
        The times shown; by default all.
    ax : matplotlib.axes.Axes, optional
        The axes to draw into; by default the current ones.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn into.
    """
    ax, view = axes_or_current(ax), view or View.of([alignment])
    for time, tempo in tempo_lines(alignment):
        ax.plot(time, 100 * tempo, color=COLOURS[0], linewidth=1.2)
    _mark_passages(ax, alignment)
    view.set_time_axis(ax)
    ax.set_ylabel("tempo (% of\nthe written)")
    ax.grid(alpha=0.3)
    set_title(ax, "Local tempo")
    return ax


def _show_pitch_energies(ax: Axes, alignment: Alignment, spectrogram: Spectrogram) -> None:
    """Show the energy of each pitch of the recording, in grey, at the pitches that the score has for them."""
    tuning = alignment.tuning + 100 * alignment.transposition
    energies = pitch_energies(downmix(spectrogram.audio).samples, tuning=tuning)
    group = max(energies.shape[1] // MOST_COLUMNS, 1)
    n_columns = energies.shape[1] // group
    means = energies[:, : n_columns * group].reshape(len(energies), n_columns, group).mean(axis=2)
    extent = (0, n_columns * group * ENERGY_PERIOD, LOWEST_PITCH - 0.5, LOWEST_PITCH + len(means) - 0.5)
    levels = means**ENERGY_EXPONENT
    ax.imshow(levels, origin="lower", aspect="auto", cmap="Greys", extent=extent, interpolation="nearest")


def _mark_passages(ax: Axes, alignment: Alignment) -> None:
    """Mark the passages of the recording that the score does not match."""
    for begin, end in alignment.unmatched.tolist():
        ax.axvspan(begin, end, color=DOUBT_COLOUR, alpha=0.15, linewidth=0)

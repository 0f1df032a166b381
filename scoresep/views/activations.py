"""Activations: when each pitch may sound, and how loud it is.

Components of singers, which have no pitch, stand at the pitches of the notes that are sung.  What has no note at all
has a row of its own below the pitches.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes

from scoresep.model.excitation import VOICED
from scoresep.model.gates import gate_openings
from scoresep.score.instruments import DRUMS
from scoresep.values import ANY_PITCH, NO_NOTE, Array, Decomposition
from scoresep.views.axes import axes_or_current, set_pitch_axis, set_title, show_decibels, show_image
from scoresep.views.component_colours import component_colours
from scoresep.views.note_rows import NoteRows
from scoresep.views.view import View

#: How far below the loudest the darkest activations, and bins of a template, lie (dB).
FACTOR_RANGE = 50.0
#: The sum of the bins of a partial of height one, in the window of the spectrogram.
SUM_OF_PARTIAL = 2.0


def plot_activations(decomposition: Decomposition, *, view: View | None = None, ax: Axes | None = None) -> Axes:
    """Draw how loud each pitch is, in decibels below the loudest.

    Activations count by the mean of their templates.  Those of a singer are drawn at the pitch that the score has.

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
    grid, components, rows = view.grid(decomposition), decomposition.components, _rows(decomposition)
    means = _means_of_templates(decomposition)
    has_pitch = components.pitch != ANY_PITCH
    heights = _heights(decomposition, rows)[has_pitch] - rows.start

    def read(frames: slice) -> Array:
        loudness = decomposition.activations[:, frames] * means[:, None]
        levels = np.zeros((rows.stop - rows.start, loudness.shape[1]))
        np.add.at(levels, heights, loudness[has_pitch])
        for own, height, inside in _without_pitch(decomposition, rows, frames):
            levels[height - rows.start, inside] += loudness[own, inside].sum(axis=0)
        return levels

    picture = grid.over_time(read)
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
    grid, rows, colours = view.grid(decomposition), _rows(decomposition), component_colours(decomposition)
    is_free = is_unconstrained(decomposition, "activations")
    is_open = grid.over_time(lambda frames: (_is_open(decomposition, frames) | is_free).astype(np.float32))
    picture = np.ones((rows.stop - rows.start, is_open.shape[1], 3), np.float32)
    columns = (decomposition.components.pitch, _heights(decomposition, rows), is_open, colours)
    for pitch, height, gate, colour in zip(*columns, strict=True):
        if pitch != ANY_PITCH:
            row = picture[height - rows.start]
            np.minimum(row, 1 - gate[:, None] * (1 - colour), out=row)
    for instrument in sorted(set(decomposition.components.instrument.tolist())):
        own = np.flatnonzero(decomposition.components.instrument == instrument)

        def read(frames: slice, instrument: int = instrument) -> Array:
            levels = np.zeros((rows.stop - rows.start, frames.stop - frames.start), np.float32)
            for some, height, inside in _without_pitch(decomposition, rows, frames):
                if decomposition.components.instrument[some[0]] == instrument:
                    levels[height - rows.start, inside] = 1
            return levels

        strongest = colours[own].min(axis=0)
        np.minimum(picture, 1 - grid.over_time(read)[..., None] * (1 - strongest), out=picture)
    show_image(ax, picture, grid.times(picture), _edges(rows))
    set_pitch_axis(ax, rows)
    view.set_time_axis(ax)
    set_title(ax, f"Activations H: {'not constrained' if is_free else 'allowed by the score'}")
    return ax


def is_unconstrained(decomposition: Decomposition, factor: str) -> bool:
    """Return whether the score did not constrain the "templates" or the "activations"."""
    return decomposition.options.get("constraints", "both") not in ("both", factor)


def _rows(decomposition: Decomposition) -> NoteRows:
    """Return the rows of the notes, and of instruments without notes."""
    gates = decomposition.gates
    unwritten = sorted(set(gates.instrument[gates.note == NO_NOTE].tolist()))
    return NoteRows.of(decomposition.notes, others=tuple(decomposition.instruments[k] for k in unwritten))


def _without_pitch(decomposition: Decomposition, rows: NoteRows, frames: slice) -> Iterator[tuple[Array, int, slice]]:
    """Yield the components without a pitch that each gate opens, its row, and its frames among ``frames``.

    Where gates of one instrument and role overlap, as those of legato notes do, the later one counts.
    """
    components, gates, notes = decomposition.components, decomposition.gates, decomposition.notes
    has_none = components.pitch == ANY_PITCH
    if not has_none.any():
        return
    heights = rows.heights(notes.pitch, notes.is_drum)
    own_of = {
        (instrument, role): np.flatnonzero(has_none & (components.instrument == instrument) & (components.role == role))
        for instrument, role in {(row[0], row[3]) for row in components.rows() if row[1] == ANY_PITCH}
    }
    end_of = _ends_before_the_next(decomposition)
    for gate in np.flatnonzero((gates.begin < frames.stop) & (end_of > frames.start)).tolist():
        instrument, note = int(gates.instrument[gate]), int(gates.note[gate])
        own = own_of.get((instrument, str(gates.role[gate])))
        begin = max(int(gates.begin[gate]) - frames.start, 0)
        end = min(int(end_of[gate]), frames.stop) - frames.start
        if own is None or end <= begin:
            continue
        yield (
            own,
            rows.other(decomposition.instruments[instrument]) if note == NO_NOTE else int(heights[note]),
            slice(begin, end),
        )


def _ends_before_the_next(decomposition: Decomposition) -> Array:
    """Return the ends of the gates, of which those of one instrument and role do not overlap, shape (gates,)."""
    gates = decomposition.gates
    ends = gates.end.copy()
    roles = np.unique(gates.role, return_inverse=True)[1].reshape(-1)
    order = np.lexsort((gates.begin, roles, gates.instrument))
    follows = (np.diff(gates.instrument[order]) == 0) & (np.diff(roles[order]) == 0)
    first, second = order[:-1][follows], order[1:][follows]
    ends[first] = np.minimum(ends[first], gates.begin[second])
    return np.asarray(ends)


def _means_of_templates(decomposition: Decomposition) -> Array:
    """Return the mean over the bins of each template or, of a singer's filters, of a comb that goes through it."""
    transform, contours, components = decomposition.transform, decomposition.contours, decomposition.components
    templates = decomposition.templates.sum(axis=3).mean(axis=0)
    means = templates.mean(axis=0)
    for instrument, frequency in zip(contours.instrument.tolist(), contours.frequency, strict=True):
        sung = frequency[frequency > 0]
        if not len(sung):
            continue
        filters = (components.instrument == instrument) & (components.role == VOICED)
        first = int(sung.min() * transform.n_fft / transform.sample_rate)  # below it the filters are arbitrary
        distance = float(np.median(sung)) * transform.n_fft / transform.sample_rate
        means[filters] = SUM_OF_PARTIAL / distance * templates[first:, filters].sum(axis=0) / transform.n_bins
    return np.asarray(means)


def _is_open(decomposition: Decomposition, frames: slice) -> Array:
    """Return where the score lets each component sound, shape (components, frames)."""
    stretch = range(frames.start, frames.stop)
    return np.asarray(gate_openings(decomposition.components, decomposition.notes, decomposition.gates, stretch) > 0)


def _heights(decomposition: Decomposition, rows: NoteRows) -> Array:
    """Return the row of each component in a picture of pitches."""
    components = decomposition.components
    is_drum = np.array([name == DRUMS[0] for name in decomposition.instruments], bool)
    return rows.heights(components.pitch, is_drum[components.instrument])


def _edges(rows: NoteRows) -> tuple[float, float]:
    """Return where a picture of pitches begins and ends."""
    return rows.start - 0.5, rows.stop - 0.5

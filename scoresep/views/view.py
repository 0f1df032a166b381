"""The stretch of time and frequencies that all axes of a figure show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from scoresep.values import Alignment, Decomposition, Masks, Mosaic, Notes, SeparationRecord, Spectrogram
from scoresep.views.grid import Framed, Grid, grid_of

#: Up to where pictures reach unless told (Hz).
FMAX = 4000.0
#: From this span on times have minutes (s).
MINUTE = 60.0
#: Frequency axes: in equal steps of hertz, or of octaves with hertz or with the names of notes beside them.
Y_AXES = ("linear", "log", "note")


@dataclass(frozen=True)
class View:
    """The times and frequencies that pictures show.

    Parameters
    ----------
    start, end : float
        The times shown (s).
    fmax : float
        The highest frequency shown (Hz).
    y_axis : str
        The scale of frequencies: "linear", or, in octaves, "log" with hertz or "note" with the names of notes, as
        `librosa.display.specshow` has them.
    """

    start: float
    end: float
    fmax: float = FMAX
    y_axis: str = "linear"

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(
                f"there is nothing from {self.start:g} to {self.end:g} s; the end must come after the start"
            )
        if self.fmax <= 0:
            raise ValueError(f"fmax={self.fmax:g} must be positive")
        if self.y_axis not in Y_AXES:
            raise ValueError(f"y_axis={self.y_axis!r} must be one of {', '.join(Y_AXES)}")

    @classmethod
    def of(
        cls,
        values: Sequence[Any],
        *,
        start: float = 0.0,
        end: float | None = None,
        fmax: float | None = None,
        y_axis: str = "linear",
    ) -> View:
        """Return the view of values that are drawn below one another.

        Parameters
        ----------
        values : sequence
            `Spectrogram`, `Alignment`, `Decomposition`, `Masks`, `Mosaic`, `SeparationRecord` or `Notes`.
        start, end : float, optional
            The times shown (s); by default all.
        fmax : float, optional
            The highest frequency shown; by default 4000 Hz, or half the sample rate if that is less.
        y_axis : str
            "linear", "log" or "note".

        Returns
        -------
        View

        Raises
        ------
        ValueError
            If there is nothing to show.
        """
        duration = max(map(_duration, values))
        if start >= duration:
            raise ValueError(f"there is nothing from {start:g} s on; the last is at {round(duration, 2):g} s")
        end = duration if end is None else min(end, duration)
        framed = [value for value in values if isinstance(value, Framed)]
        highest = min((value.transform.sample_rate / 2 for value in framed), default=FMAX)
        return cls(start, end, min(fmax or FMAX, highest), y_axis)

    def grid(self, value: Framed) -> Grid:
        """Return the frames and bins of a value that are shown."""
        return grid_of(value, start=self.start, end=self.end, fmax=self.fmax)

    def set_time_axis(self, ax: Axes, *, is_labelled: bool = True) -> None:
        """Limit the horizontal axis and label it; below an axis of the same times no label is needed."""
        ax.set_xlim(self.start, self.end)
        has_minutes = self.end - self.start > MINUTE
        if has_minutes:
            from librosa.display import TimeFormatter
            from matplotlib.ticker import MaxNLocator

            ax.xaxis.set_major_formatter(TimeFormatter(unit="m"))
            ax.xaxis.set_major_locator(MaxNLocator(steps=[1, 1.5, 3, 6, 10]))
        ax.tick_params(labelbottom=is_labelled)
        ax.set_xlabel(f"time ({'min:s' if has_minutes else 's'})" if is_labelled else "")

    def set_frequency_axis(self, ax: Axes) -> None:
        """Limit, scale and label the vertical axis."""
        if self.y_axis != "linear":
            _set_octaves(ax, has_notes=self.y_axis == "note")
        ax.set_ylim(0, self.fmax)
        ax.set_ylabel("pitch" if self.y_axis == "note" else "frequency (Hz)")


def spectrogram_among(values: Sequence[Any]) -> Spectrogram | None:
    """Return the first spectrogram among values."""
    return next((value for value in values if isinstance(value, Spectrogram)), None)


def _duration(value: Any) -> float:
    """Return where a value ends (s)."""
    match value:
        case Notes():
            return float(value.offset.max(initial=0.0))
        case Alignment():
            return value.duration or _duration(value.notes)
        case SeparationRecord():
            return _duration(value.alignment)
        case Spectrogram() | Decomposition() | Masks() | Mosaic():
            return value.transform.duration
        case _:
            raise TypeError(f"there is no picture of {type(value).__name__}")


def _set_octaves(ax: Axes, *, has_notes: bool) -> None:
    """Scale the vertical axis by octaves, with what lies below C2 in the height of half an octave."""
    import librosa
    from librosa.display import LogHzFormatter, NoteFormatter
    from matplotlib.ticker import NullLocator, SymmetricalLogLocator

    lowest = float(librosa.note_to_hz("C2"))
    ax.set_yscale("symlog", base=2, linthresh=lowest, linscale=0.5)
    if has_notes:
        octaves = librosa.midi_to_hz(range(36, 132, 12))
        ax.set_yticks(octaves)
        ax.yaxis.set_major_formatter(NoteFormatter())
    else:
        ax.yaxis.set_major_locator(SymmetricalLogLocator(ax.yaxis.get_transform()))
        ax.yaxis.set_major_formatter(LogHzFormatter())
    ax.yaxis.set_minor_locator(NullLocator())

"""What every instrument model promises.

An instrument model says how the notes of one instrument look in a spectrogram: which components they need, where the
templates of these may have energy and what is tied in them, when each note may sound, and what tells an onset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from scoresep.alignment.onset_novelty import OnsetEvidence
from scoresep.model.smooth_filters import FilteredSource
from scoresep.model.training_frames import TrainingFrames
from scoresep.values import Array, Components, Gates, Notes, Transform

#: The tie number of an entry that keeps its value.
FIXED = -1
#: The tie number of an entry that is fitted by itself.
FREE = -2


@dataclass(frozen=True, eq=False)
class Templates:
    """Templates before the fit, and what is tied in them.

    Parameters
    ----------
    array : array, shape (bins, components, taps)
        Where a template is zero, it stays zero.
    by_instrument, by_pitch : array of int, shape (lower bins, components)
        Ties for the first and the second iterations of a fit: entries of one number, from 0 on, share one factor, so
        that their proportions stay; `FIXED` entries keep their values, `FREE` ones are fitted by themselves.
    sources : sequence of FilteredSource
        Components that are smooth filters; their sources follow in the fit.
    """

    array: Array
    by_instrument: Array
    by_pitch: Array
    sources: Sequence[FilteredSource] = ()


class InstrumentModel(Protocol):
    """How the notes of a kind of instrument look in a spectrogram.

    All methods are given the notes of one instrument only, and number them and the instrument from 0.
    """

    @property
    def name(self) -> str:
        """The name by which ``--instrument`` and the score's instruments find the model."""

    @property
    def has_contour(self) -> bool:
        """Whether the components of role "voiced" follow a pitch contour that is found in the recording."""

    @property
    def onset_evidence(self) -> OnsetEvidence:
        """What tells an onset of such an instrument."""

    def components(self, notes: Notes, *, onsets: str, has_background: bool) -> Components:
        """Choose the components that the notes need.

        ``onsets`` says whether attacks have templates of their own: "on", "off", or "auto" for what is usual.
        ``has_background`` says that free components take what the score does not have.  Components of one pitch and
        role stand side by side.
        """

    def gates(self, notes: Notes, transform: Transform) -> Gates:
        """Say in which frames each note may sound, in which role."""

    def templates(self, components: Components, notes: Notes, frames: TrainingFrames, *, tuning: float) -> Templates:
        """Make the templates before the fit; ``tuning`` is in cents, transposition included."""

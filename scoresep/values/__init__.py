"""The values that the stages pass on, as frozen dataclasses whose field names are the keys of their files.

Axes are always in the order group, channel, bin, component, tap, frame.  Times are seconds from the first
sample of the recording (or of the part of it that was read), pitches are MIDI numbers (C4 is 60).  Parts,
channels, programs, staves and voices count from 1; 0 says that the score does not tell.  Arrays are
not to be changed: a stage makes new ones.
"""

from scoresep.values.alignment import Alignment
from scoresep.values.anchors import BarAnchors
from scoresep.values.arrays import Array
from scoresep.values.audio import BLOCK, Audio, Fingerprint
from scoresep.values.beats import Beats, PlayedBeats
from scoresep.values.compared_notes import ALL_VERSIONS, ComparedNotes
from scoresep.values.contours import Contours
from scoresep.values.decomposition import ANY_PITCH, NO_NOTE, Components, Decomposition, Encoder, Gates
from scoresep.values.edits import Action, Duration, Edit, NoteChanges
from scoresep.values.groups import RESIDUAL, Condition, Group, Selection, Selector
from scoresep.values.masks import Masks
from scoresep.values.mix import Mix
from scoresep.values.mosaic import Mosaic
from scoresep.values.notes import Notes
from scoresep.values.priors import Priors
from scoresep.values.record import SeparationRecord
from scoresep.values.spectrogram import Spectrogram
from scoresep.values.stems import Stems
from scoresep.values.transform import Transform

__all__ = [
    "ALL_VERSIONS",
    "ANY_PITCH",
    "BLOCK",
    "NO_NOTE",
    "RESIDUAL",
    "Action",
    "Alignment",
    "Array",
    "Audio",
    "BarAnchors",
    "Beats",
    "ComparedNotes",
    "Components",
    "Condition",
    "Contours",
    "Decomposition",
    "Duration",
    "Edit",
    "Encoder",
    "Fingerprint",
    "Gates",
    "Group",
    "Masks",
    "Mix",
    "Mosaic",
    "NoteChanges",
    "Notes",
    "PlayedBeats",
    "Priors",
    "Selection",
    "Selector",
    "SeparationRecord",
    "Spectrogram",
    "Stems",
    "Transform",
]

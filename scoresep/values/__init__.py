"""The values that the stages pass on, as frozen dataclasses whose field names are the keys of their files.

Axes are always in the order group, channel, bin, component, frame.  Times are seconds from the first
sample of the recording (or of the part of it that was read), pitches are MIDI numbers (C4 is 60).  Parts,
channels, programs, staves and voices count from 1; 0 says that the score does not tell.  Arrays are
not to be changed: a stage makes new ones.
"""

from scoresep.values.arrays import Array
from scoresep.values.notes import Account, Alignment, Notes, Selection
from scoresep.values.parts import Components, Decomposition, Encoder, Gates, Masks, Stems
from scoresep.values.sound import BLOCK, Audio, Fingerprint, Spectrogram

__all__ = [
    "BLOCK",
    "Account",
    "Alignment",
    "Array",
    "Audio",
    "Components",
    "Decomposition",
    "Encoder",
    "Fingerprint",
    "Gates",
    "Masks",
    "Notes",
    "Selection",
    "Spectrogram",
    "Stems",
]

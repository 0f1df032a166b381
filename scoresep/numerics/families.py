"""What kinds of instrument there are, as far as a spectrogram can tell: struck ones and sustained ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.numerics.templates import comb, partial_frequencies, piano_inharmonicity, pitch_frequency
from scoresep.values import Array


@dataclass(frozen=True)
class Family:
    """How the notes of a kind of instrument look in a spectrogram.

    ``width`` is the half width of a partial relative to its frequency, ``rolloff`` the exponent of the partials'
    decay; ``detunings`` (semitones) lists the copies of a pitch's comb that follow vibrato and drift.  A note's
    gate is open from ``lead`` seconds before its onset to ``tail`` seconds after its written end, or to the next
    onset of its pitch where that ``damps`` it.  ``attack`` is how far around the onset (s) an onset template may
    sound, ``has_onset`` whether there is one.
    """

    width: float
    rolloff: float
    detunings: tuple[float, ...]
    lead: float
    tail: float
    damps: bool
    attack: float
    has_onset: bool
    is_inharmonic: bool


#: Piano, harp, guitar, mallets: partials stretch, strings ring on, the attack is a noise of its own.
STRUCK = Family(0.01, 2.0, (0.0,), lead=0.1, tail=2.0, damps=True, attack=0.1, has_onset=True, is_inharmonic=True)
#: Bowed, blown and sung: the pitch moves, the sound ends with the note, the attack is soft.
SUSTAINED = Family(
    0.006,
    1.0,
    tuple(np.linspace(-0.5, 0.5, 7).tolist()),
    lead=0.1,
    tail=0.15,
    damps=False,
    attack=0.1,
    has_onset=False,
    is_inharmonic=False,
)

FAMILIES = {"struck": STRUCK, "sustained": SUSTAINED}

#: The main lobe of a Hann window reaches two bins to each side; a box of this half width holds most of it.
LEAST_BINS = 1.5
#: An onset template is a comb this many times as wide as the note's own.
ONSET_WIDENING = 10.0


def harmonic_template(family: Family, pitch: float, *, n_fft: int, sample_rate: int, is_onset: bool) -> Array:
    """Return the comb of a pitch (a fractional MIDI number, in tune with A4 = 440 Hz), shape (bins,)."""
    inharmonicity = piano_inharmonicity(pitch) if family.is_inharmonic else 0.0
    widening = ONSET_WIDENING if is_onset else 1.0
    return comb(
        partial_frequencies(pitch_frequency(pitch), inharmonicity, sample_rate / 2),
        n_fft=n_fft,
        sample_rate=sample_rate,
        width=widening * family.width,
        least_bins=widening * LEAST_BINS,
        rolloff=family.rolloff,
    )

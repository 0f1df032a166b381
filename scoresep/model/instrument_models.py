"""What kinds of instrument there are, as far as a spectrogram can tell: struck ones and sustained ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoresep.model.harmonic_templates import comb, partial_frequencies
from scoresep.score.pitch import pitch_frequency
from scoresep.values import Array


@dataclass(frozen=True)
class Family:
    """How the notes of a kind of instrument look in a spectrogram.

    ``width`` is how far a partial may lie from where it should, relative to its frequency, and ``least_bins`` how
    far at least; ``rolloff`` is the exponent of the partials' decay; ``detunings`` (semitones) lists the copies of
    a pitch's comb that follow vibrato and drift.  A note's gate is open from ``lead`` seconds before its onset to
    ``tail`` seconds after its written end, or to the next onset of its pitch where that ``damps`` it.  ``attack``
    is how far around the onset (s) an onset template may sound, ``has_onset`` whether there is one.
    """

    width: float
    least_bins: float
    rolloff: float
    detunings: tuple[float, ...]
    lead: float
    tail: float
    damps: bool
    attack: float
    has_onset: bool
    is_inharmonic: bool


#: Piano, harp, guitar, mallets: partials stretch, strings ring on, the attack is a noise of its own.
STRUCK = Family(0.006, 1.0, 2.0, (0.0,), lead=0.1, tail=2.0, damps=True, attack=0.1, has_onset=True, is_inharmonic=True)
#: Bowed, blown and sung: the pitch moves, the sound ends with the note, the attack is soft.
SUSTAINED = Family(
    0.004,
    0.5,
    1.0,
    tuple(np.linspace(-0.6, 0.6, 11).tolist()),
    lead=0.1,
    tail=0.3,
    damps=False,
    attack=0.1,
    has_onset=False,
    is_inharmonic=False,
)

FAMILIES = {"struck": STRUCK, "sustained": SUSTAINED}

#: An attack is a comb smeared over this much of a partial's frequency, and at least as many bins …
ATTACK_WIDTH, ATTACK_BINS = 0.15, 15.0
#: … on a floor of this height relative to its peak, which falls off above the fundamental: the thud of the key.
THUD = 0.02


def harmonic_template(
    family: Family, pitch: float, inharmonicity: float, *, n_fft: int, sample_rate: int
) -> tuple[Array, Array]:
    """Return the comb of a pitch (a fractional MIDI number, in tune with A4 = 440 Hz), and the partial of each bin.

    Both have shape (bins,), as in `comb`.
    """
    return comb(
        partial_frequencies(pitch_frequency(pitch), inharmonicity, sample_rate / 2),
        n_fft=n_fft,
        sample_rate=sample_rate,
        width=family.width,
        least_bins=family.least_bins,
        rolloff=family.rolloff,
    )


def attack_template(family: Family, pitch: float, inharmonicity: float, *, n_fft: int, sample_rate: int) -> Array:
    """Return where the attack of a pitch may have energy, shape (bins,), of sum one: everywhere, most near its comb."""
    fundamental = pitch_frequency(pitch)
    template, _ = comb(
        partial_frequencies(fundamental, inharmonicity, sample_rate / 2),
        n_fft=n_fft,
        sample_rate=sample_rate,
        width=ATTACK_WIDTH,
        least_bins=ATTACK_BINS,
        rolloff=family.rolloff,
    )
    frequency = np.arange(len(template)) * sample_rate / n_fft
    template = template + THUD * template.max() / (1 + (frequency / fundamental) ** 2)
    return np.asarray(template / max(template.sum(), 1e-30))

"""What the score allows: which components there are, where their templates may have energy, when they may sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoresep.model.decay import decay_rates
from scoresep.model.gates import note_gates, open_counts
from scoresep.model.inharmonicity import learned_inharmonicity
from scoresep.model.instrument_assignment import cast
from scoresep.model.instrument_models import Family, attack_template, harmonic_template
from scoresep.model.training_frames import TrainingFrames
from scoresep.values import Alignment, Array, Components, Gates, Notes

#: A note tells the stiffness of its string from and up to this long after its onset (s).
RINGS = (0.05, 0.6)
#: For how many iterations an instrument has one timbre, and then each pitch.
TIED = (8, 8)


@dataclass(frozen=True, eq=False)
class Start:
    """The factors before the fit, what is tied in them, and what they stand for.

    ``templates`` has shape (bins, components), ``activations`` (components, frames); ``ties`` is what the backends
    take.
    """

    templates: Array
    activations: Array
    ties: list[tuple[Array, int]]
    components: Components
    gates: Gates
    instruments: tuple[str, ...]


def start_of(heard: TrainingFrames, alignment: Alignment, *, instrument: str | Sequence[str], onsets: str) -> Start:
    """Return the factors that the score allows for what is heard of a spectrogram."""
    notes, tuning = alignment.notes, alignment.tuning + 100 * alignment.transposition
    V, hop = heard.lower, heard.first.hop
    sizes = {"n_fft": heard.first.n_fft, "sample_rate": heard.first.audio.sample_rate}
    rate = sizes["sample_rate"] / hop
    instruments, families, player = cast(
        notes,
        instrument,
        lambda some: decay_rates(
            heard.excerpts, heard.excerpt_frames, notes.take(some), hop=hop, tuning=tuning, **sizes
        ),
    )
    gates = note_gates(notes, player, families, frame_rate=rate, n_frames=heard.n_frames)
    components = _components(notes, player, families, onsets)
    activations = np.sign(open_counts(components, notes, gates, np.ones(len(notes)), range(heard.n_frames)))
    inharmonicity = {
        (k, pitch): B
        for k, family in enumerate(families)
        if family.is_inharmonic
        for pitch, B in learned_inharmonicity(
            V, _ringing(notes.take(player == k), rate, heard.learned), tuning=tuning, **sizes
        ).items()
    }
    templates, ties = _templates(components, families, inharmonicity, len(V), tuning=tuning, **sizes)
    return Start(templates, activations, ties, components, gates, instruments)


def _ringing(notes: Notes, frame_rate: float, frames: Array) -> dict[int, list[int]]:
    """Return in which of the ``frames`` each pitch rings after its attack."""
    ringing: dict[int, list[int]] = {}
    for onset, offset, pitch in zip(notes.onset, notes.offset, notes.pitch.tolist(), strict=True):
        begin, end = onset + RINGS[0], min(onset + RINGS[1], offset + RINGS[0])
        first, last = np.searchsorted(frames, [int(begin * frame_rate), int(end * frame_rate) + 1]).tolist()
        ringing.setdefault(pitch, []).extend(range(first, last))
    return ringing


def _components(notes: Notes, instrument: Array, families: list[Family], onsets: str) -> Components:
    """Return the components that the notes need, those of one instrument, pitch and role side by side."""
    rows: list[tuple[int, int, float, str]] = []
    for player, pitch in sorted(set(zip(instrument.tolist(), notes.pitch.tolist(), strict=True))):
        family = families[player]
        rows += [(player, pitch, detuning, "sustain") for detuning in family.detunings]
        if family.has_onset if onsets == "auto" else onsets == "on":
            rows.append((player, pitch, 0.0, "onset"))
    instrument_column, pitch_column, detuning_column, role_column = zip(*rows, strict=True)
    return Components(
        np.array(instrument_column), np.array(pitch_column), np.array(detuning_column), np.array(role_column)
    )


def _templates(
    components: Components,
    families: list[Family],
    inharmonicity: dict[tuple[int, int], float],
    lower: int,
    *,
    tuning: float,
    n_fft: int,
    sample_rate: int,
) -> tuple[Array, list[tuple[Array, int]]]:
    """Return the combs of the components, shape (bins, components), and what is tied in their ``lower`` bins.

    At first all pitches of an instrument have one timbre: a partial's height depends on its number alone.  Then the
    detuned copies of a pitch do.  What has a number of its own is free.  ``tuning`` is in cents.
    """
    sizes = {"n_fft": n_fft, "sample_rate": sample_rate}
    templates = np.zeros((n_fft // 2 + 1, len(components)))
    partial = np.zeros((lower, len(components)), int)
    for k, (player, pitch, detuning, role) in enumerate(components.rows()):
        sounding, B = pitch + detuning + tuning / 100, inharmonicity.get((player, pitch), 0.0)
        if role == "onset":
            templates[:, k] = attack_template(families[player], sounding, B, **sizes)
        else:
            templates[:, k], owner = harmonic_template(families[player], sounding, B, **sizes)
            partial[:, k] = owner[:lower]
    timbre = (components.instrument << 16) + partial
    sound = (((components.instrument << 7) + components.pitch) << 16) + partial
    has_copies = np.array([len(families[player].detunings) > 1 for player in components.instrument])
    is_comb = partial.any(axis=0)
    free = sound.max(initial=0) + 1 + np.arange(partial.size).reshape(partial.shape)
    return templates, [
        (np.where(is_comb, np.where(partial > 0, timbre, -1), free), TIED[0]),
        (np.where(is_comb & has_copies, np.where(partial > 0, sound, -1), free), TIED[1]),
    ]

"""Instruments whose notes have a pitch: struck and plucked ones, and sustained ones."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from scoresep.alignment.onset_novelty import STRUCK_ONSETS, SUSTAINED_ONSETS, OnsetEvidence
from scoresep.model.gates import frames_between
from scoresep.model.harmonic_templates import comb, partial_frequencies
from scoresep.model.inharmonicity import learned_inharmonicity
from scoresep.model.instrument_models.contract import FIXED, FREE, Templates
from scoresep.model.training_frames import TrainingFrames
from scoresep.score.pitch import pitch_frequency
from scoresep.values import Array, Components, Gates, Notes, Transform

#: Two notes of one pitch that begin within this time (s) are struck together.
SAME_STROKE = 0.05
#: From this long after its onset (s) a note tells the inharmonicity of its string.
RINGS_FROM = 0.05
#: Up to this long after its onset (s).
RINGS_UNTIL = 0.6
#: An attack is a comb smeared over this much of a partial's frequency.
ATTACK_WIDTH = 0.15
#: An attack is smeared over at least as many bins.
ATTACK_BINS = 15.0
#: Height of the noise of the key below an attack, relative to the highest partial; above the fundamental it falls off.
KEY_NOISE = 0.02


@dataclass(frozen=True)
class HarmonicModel:
    """How the notes of a kind of pitched instrument look in a spectrogram.

    Parameters
    ----------
    name : str
        The name of the model.
    onset_evidence : OnsetEvidence
        What tells an onset.
    width : float
        How far a partial may lie from where it should, relative to its frequency.
    least_bins : float
        How far it may at least, in bins.
    rolloff : float
        The exponent of the decay of the partials' heights.
    detunings : tuple of float
        The copies of a pitch's comb (semitones off the pitch) that follow vibrato and drift.
    lead, tail : float
        A gate is open from ``lead`` seconds before an onset to ``tail`` seconds after the written end.
    damps : bool
        Whether the next onset of a pitch ends its note.
    attack : float
        How far around an onset (s) its attack may sound.
    has_onset : bool
        Whether the attack has a template of its own, unless options say so.
    is_inharmonic : bool
        Whether the partials are stretched as those of stiff strings.
    has_contour : bool
        Always false: vibrato is a matter of detuned copies.
    """

    name: str
    onset_evidence: OnsetEvidence
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
    has_contour: bool = False

    def components(self, notes: Notes, *, onsets: str, has_background: bool) -> Components:
        """Give each pitch a component for each detuning, and one for its attack."""
        rows: list[tuple[int, int, float, str]] = []
        for pitch in sorted(set(notes.pitch.tolist())):
            rows += [(0, pitch, detuning, "sustain") for detuning in self.detunings]
            if self.has_onset if onsets == "auto" else onsets == "on":
                rows.append((0, pitch, 0.0, "onset"))
        return Components.from_rows(rows)

    def gates(self, notes: Notes, transform: Transform) -> Gates:
        """Open a gate around each note, and one around its onset."""
        rate, n_frames, count = transform.frame_rate, transform.n_frames, len(notes)
        spans = [
            (frames_between(onset - self.lead, end, rate, n_frames))
            for onset, end in zip(notes.onset.tolist(), self._ends(notes), strict=True)
        ]
        spans += [
            frames_between(onset - self.attack, onset + self.attack, rate, n_frames) for onset in notes.onset.tolist()
        ]
        begin, end = np.array(spans, int).reshape(-1, 2).T
        role = np.repeat(["sustain", "onset"], count)
        return Gates(np.tile(np.arange(count), 2), np.zeros(2 * count, int), role, begin, end)

    def _ends(self, notes: Notes) -> list[float]:
        """Give the time (s) at which each note has died away, or is damped by the next of its pitch."""
        struck: dict[int, list[float]] = {pitch: [] for pitch in notes.pitch.tolist()}
        for pitch, onset in sorted(zip(notes.pitch.tolist(), notes.onset.tolist(), strict=True)):
            struck[pitch].append(onset)
        ends = []
        for onset, offset, pitch in zip(notes.onset, notes.offset, notes.pitch.tolist(), strict=True):
            end = offset + self.tail
            if self.damps:
                later = bisect_right(struck[pitch], onset + SAME_STROKE)
                end = min([end, *struck[pitch][later : later + 1]])
            ends.append(float(end))
        return ends

    def templates(self, components: Components, notes: Notes, frames: TrainingFrames, *, tuning: float) -> Templates:
        """Make a comb for each component, with the inharmonicity that the recording shows.

        At first all pitches have one timbre: the height of a partial depends on its number alone.  Then the detuned
        copies of a pitch do.
        """
        transform, lower = frames.first.transform, len(frames.lower)
        inharmonicity = self._inharmonicity(notes, frames, tuning) if self.is_inharmonic else {}
        array = np.zeros((transform.n_bins, len(components), 1))
        partial = np.zeros((lower, len(components)), int)
        for k, (_, pitch, detuning, role) in enumerate(components.rows()):
            sounding, B = pitch + detuning + tuning / 100, inharmonicity.get(pitch, 0.0)
            if role == "onset":
                array[:, k, 0] = attack_template(self, sounding, B, transform)
            else:
                array[:, k, 0], owner = harmonic_template(self, sounding, B, transform)
                partial[:, k] = owner[:lower]
        is_comb = partial.any(axis=0)
        has_copies = len(self.detunings) > 1
        by_pitch = (components.pitch << 16) + partial
        return Templates(
            array,
            np.where(is_comb, np.where(partial > 0, partial, FIXED), FREE),
            np.where(is_comb & has_copies, np.where(partial > 0, by_pitch, FIXED), FREE),
        )

    def _inharmonicity(self, notes: Notes, frames: TrainingFrames, tuning: float) -> dict[int, float]:
        """Learn the coefficient B of each pitch from the frames in which it rings."""
        transform = frames.first.transform
        return learned_inharmonicity(
            frames.lower,
            _ringing_frames(notes, transform.frame_rate, frames.learned),
            n_fft=transform.n_fft,
            sample_rate=transform.sample_rate,
            tuning=tuning,
        )


#: Piano, harp, guitar, mallets: partials stretch, strings ring on, the attack is a noise of its own.
STRUCK = HarmonicModel(
    name="struck",
    onset_evidence=STRUCK_ONSETS,
    width=0.006,
    least_bins=1.0,
    rolloff=2.0,
    detunings=(0.0,),
    lead=0.1,
    tail=2.0,
    damps=True,
    attack=0.1,
    has_onset=True,
    is_inharmonic=True,
)
#: Bowed, blown and sung: the pitch moves, the sound ends with the note, the attack is soft.
SUSTAINED = HarmonicModel(
    name="sustained",
    onset_evidence=SUSTAINED_ONSETS,
    width=0.004,
    least_bins=0.5,
    rolloff=1.0,
    detunings=tuple(np.linspace(-0.6, 0.6, 11).tolist()),
    lead=0.1,
    tail=0.3,
    damps=False,
    attack=0.1,
    has_onset=False,
    is_inharmonic=False,
)


def harmonic_template(
    model: HarmonicModel, pitch: float, inharmonicity: float, transform: Transform
) -> tuple[Array, Array]:
    """Make the comb of a pitch, and number the partial that each bin belongs to.

    Parameters
    ----------
    model : HarmonicModel
    pitch : float
        A fractional MIDI number, in tune with A4 = 440 Hz.
    inharmonicity : float
        The coefficient B of the string.
    transform : Transform

    Returns
    -------
    template : array, shape (bins,)
        As in `model.harmonic_templates.comb`.
    partial : array of int, shape (bins,)
    """
    return comb(
        partial_frequencies(pitch_frequency(pitch), inharmonicity, transform.sample_rate / 2),
        n_fft=transform.n_fft,
        sample_rate=transform.sample_rate,
        width=model.width,
        least_bins=model.least_bins,
        rolloff=model.rolloff,
    )


def attack_template(model: HarmonicModel, pitch: float, inharmonicity: float, transform: Transform) -> Array:
    """Make the template of an attack, shape (bins,), of sum one: energy everywhere, most near the comb of its pitch."""
    fundamental = pitch_frequency(pitch)
    template, _ = comb(
        partial_frequencies(fundamental, inharmonicity, transform.sample_rate / 2),
        n_fft=transform.n_fft,
        sample_rate=transform.sample_rate,
        width=ATTACK_WIDTH,
        least_bins=ATTACK_BINS,
        rolloff=model.rolloff,
    )
    template = template + KEY_NOISE * template.max() / (1 + (transform.frequencies / fundamental) ** 2)
    return np.asarray(template / max(template.sum(), 1e-30))


def _ringing_frames(notes: Notes, frame_rate: float, frames: Array) -> dict[int, list[int]]:
    """List, for each pitch, in which of the ``frames`` it rings after an attack."""
    ringing: dict[int, list[int]] = {}
    for onset, offset, pitch in zip(notes.onset, notes.offset, notes.pitch.tolist(), strict=True):
        begin, end = onset + RINGS_FROM, min(onset + RINGS_UNTIL, offset + RINGS_FROM)
        first, last = np.searchsorted(frames, [int(begin * frame_rate), int(end * frame_rate) + 1]).tolist()
        ringing.setdefault(pitch, []).extend(range(first, last))
    return ringing

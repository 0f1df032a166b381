"""The pieces of a drum kit, and other percussion without a pitch."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from scoresep.alignment.drum_onsets import DRUM_ONSETS
from scoresep.alignment.onset_novelty import OnsetEvidence
from scoresep.model.gates import frames_between
from scoresep.model.instrument_models.contract import FREE, Templates
from scoresep.model.training_frames import TrainingFrames
from scoresep.score.drum_kit import choking_keys, drum_decay, drum_family
from scoresep.values import Components, Gates, Notes, Transform

#: The role of all components of a key.
HIT = "sustain"
#: Two hits within this time (s) do not choke one another.
TOGETHER = 0.02
#: The start of a seed for the random numbers of a template; keys and copies make the rest of it.
SEED = 100
#: The most components of a key beside free components.
COPIES_BESIDE_BACKGROUND = 2


@dataclass(frozen=True)
class PercussiveModel:
    """How the hits of a drum kit look in a spectrogram.

    A key has several components, which start from one rough spectrum with different noise.  Together they follow how
    the spectrum of a hit changes while it dies away, and how hits differ.

    Parameters
    ----------
    name : str
        The name of the model.
    onset_evidence : OnsetEvidence
        What tells an onset.
    copies : int
        The number of components of a key.
    noise : float
        The standard deviation of the logarithm of the noise on their spectra.
    lead : float
        A gate opens this long (s) before the hit; it closes a decay after it, see `score.drum_kit`.
    has_contour : bool
        Always false: hits have no pitch.
    """

    name: str
    onset_evidence: OnsetEvidence
    copies: int
    noise: float
    lead: float
    has_contour: bool = False

    def components(self, notes: Notes, *, onsets: str, has_background: bool) -> Components:
        """Give each key its components; fewer beside a background, from which they might take what is not theirs."""
        copies = min(self.copies, COPIES_BESIDE_BACKGROUND) if has_background else self.copies
        keys = sorted(set(notes.pitch.tolist()))
        return Components.from_rows([(0, key, 0.0, HIT) for key in keys for _ in range(copies)])

    def gates(self, notes: Notes, transform: Transform) -> Gates:
        """Open a gate around each hit that closes as the hit dies away, or at once if another hit chokes it."""
        rate, n_frames, count = transform.frame_rate, transform.n_frames, len(notes)
        spans, decays = [], [drum_decay(key) for key in notes.pitch.tolist()]
        for onset, decay, choked in zip(notes.onset.tolist(), decays, choked_ends(notes), strict=True):
            spans.append(frames_between(onset - self.lead, min(onset + decay, choked), rate, n_frames))
        begin, end = np.array(spans, int).reshape(-1, 2).T
        longest = int((end - begin).max(initial=1))
        after = (begin[:, None] + np.arange(longest)) / rate - notes.onset[:, None]
        shape = 10 ** -(np.maximum(after, 0) / np.array(decays)[:, None])
        note = np.arange(count)
        return Gates(note, np.zeros(count, int), np.repeat(HIT, count), begin, end, shape.astype(np.float32))

    def templates(
        self,
        components: Components,
        notes: Notes,
        frames: TrainingFrames,
        *,
        tuning: float,
    ) -> Templates:
        """Make the rough spectrum of each key's family, with noise; nothing is tied."""
        transform = frames.first.transform
        array = np.zeros((transform.n_bins, len(components), 1))
        keys = components.pitch.tolist()
        for k, key in enumerate(keys):
            rng = np.random.default_rng(SEED * key + keys[:k].count(key))
            spectrum = drum_family(key).spectrum(transform.frequencies)
            noisy = spectrum * np.exp(self.noise * rng.standard_normal(transform.n_bins))
            array[:, k, 0] = noisy / noisy.sum()
        free = np.full((len(frames.lower), len(components)), FREE)
        return Templates(array, free, free)


#: Drums: with a single component a key, bands lose 1 dB; with sixteen they gain nothing.
PERCUSSIVE = PercussiveModel(name="percussive", onset_evidence=DRUM_ONSETS, copies=12, noise=0.5, lead=0.1)


def choked_ends(notes: Notes) -> list[float]:
    """Give the time (s) at which the sound of each hit is ended by one of another key, or infinity.

    Closed, open and pedal hi-hat are one instrument, for example: a closed one ends an open one.
    """
    onsets: dict[int, list[float]] = {}
    for onset, key in sorted(zip(notes.onset.tolist(), notes.pitch.tolist(), strict=True)):
        onsets.setdefault(key, []).append(onset)
    ends = []
    for onset, key in zip(notes.onset.tolist(), notes.pitch.tolist(), strict=True):
        others = [onsets[other] for other in choking_keys(key) if other != key and other in onsets]
        following = [times[k] for times in others if (k := bisect_right(times, onset + TOGETHER)) < len(times)]
        ends.append(min(following, default=np.inf))
    return ends

"""Excerpts of piano scores of which the hands are known, changed so that a network learns what is true of all music."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scoresep.errors import ScoresepWarning
from scoresep.io.scores import read_score
from scoresep.score.hand_features import MIDDLE
from scoresep.score.hands import two_hands

#: Notes of an excerpt.
EXCERPT = 512
#: Share of the excerpts that are shorter, and the fewest notes of one.
SHORT, SHORTEST = 0.1, 8
#: How often an excerpt is changed: keyboard mirrored, one hand from another score, one hand higher or lower, one
#: later, timing as played, notes left out, one hand resting for a while.
MIRRORED, MIXED, MOVED, DELAYED, PLAYED, THINNED, RESTING = 0.5, 0.1, 0.15, 0.05, 0.3, 0.3, 0.3
#: How often one hand plays alone, and the most notes of that.
ALONE, FEW = 0.06, 100
#: Semitones by which all is transposed at most.
TRANSPOSED = 5


@dataclass(frozen=True)
class Excerpt:
    """Notes of which the hands are known: seconds, seconds, MIDI numbers, and whether the left hand plays them."""

    onset: np.ndarray
    offset: np.ndarray
    pitch: np.ndarray
    left: np.ndarray

    def __getitem__(self, chosen: slice | np.ndarray) -> "Excerpt":
        """Return some of the notes."""
        return Excerpt(self.onset[chosen], self.offset[chosen], self.pitch[chosen], self.left[chosen])

    def __len__(self) -> int:
        """Return the number of notes."""
        return len(self.pitch)

    def from_zero(self) -> "Excerpt":
        """Return the notes with the first one at 0 s."""
        first = self.onset.min()
        return Excerpt(self.onset - first, self.offset - first, self.pitch, self.left)

    def beat(self) -> float:
        """Return the usual time between two onsets (s)."""
        return float(np.median(np.diff(np.unique(self.onset.round(3)))))


def read_excerpt(path: Path, repeats: str) -> Excerpt | None:
    """Return the notes of a score, or None if it does not tell the hands apart."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoresepWarning)
        notes = read_score(path, repeats=repeats)
    hands = two_hands(notes)
    if hands is None:
        return None
    order = np.lexsort((notes.pitch, notes.onset))
    return Excerpt(notes.onset, notes.offset, notes.pitch.astype(int), hands[0])[order]


def read_folder(folder: Path, repeats: str) -> dict[str, Excerpt]:
    """Return the notes of the scores of a folder that tell the hands apart, by their names."""
    read = {path.stem: read_excerpt(path, repeats) for path in sorted(folder.iterdir())}
    return {name: score for name, score in read.items() if score is not None}


def cut(score: Excerpt, rng: np.random.Generator) -> Excerpt:
    """Return an excerpt; the first and the last notes of a score are as likely in it as others."""
    length = EXCERPT if rng.random() >= SHORT else int(rng.integers(SHORTEST, EXCERPT))
    begin = int(rng.integers(-length // 2, max(len(score) - length // 2, 1)))
    begin = max(0, min(begin, len(score) - length))
    return score[begin : begin + length].from_zero()


def varied(scores: list[Excerpt], which: int, rng: np.random.Generator) -> Excerpt:
    """Return an excerpt of a score, changed so that no two are alike."""
    part, beat = cut(scores[which], rng), scores[which].beat()
    if rng.random() < MIXED:
        part = mixed(part, beat, scores[int(rng.integers(len(scores)))], rng)
    if rng.random() < ALONE:
        part = alone(part, rng)
    onset, offset, pitch, left = part.onset, part.offset, part.pitch, part.left
    if rng.random() < MOVED:
        pitch = np.where(left == (rng.random() < 0.5), pitch + round(rng.normal(0, 4)), pitch)
    if rng.random() < DELAYED:
        delay = np.where(left == (rng.random() < 0.5), beat * rng.integers(1, 9), 0)
        onset, offset = onset + delay, offset + delay
    if rng.random() < MIRRORED:
        pitch, left = 2 * MIDDLE - pitch, ~left
    if rng.random() < PLAYED:
        onset, offset = played(onset, offset, rng)
    pitch = np.clip(pitch + int(rng.integers(-TRANSPOSED, TRANSPOSED + 1)), 21, 108)
    return thinned(Excerpt(onset, offset, pitch, left), beat, rng)


def mixed(part: Excerpt, beat: float, other: Excerpt, rng: np.random.Generator) -> Excerpt:
    """Return an excerpt with one hand from another score, at its pace and, most often, in its register."""
    guest = cut(other, rng)
    pace = beat / other.beat() * (2.0 ** rng.integers(-1, 2) if rng.random() < 0.5 else 1)
    kept = part.left == (rng.random() < 0.5)
    taken = (guest.left != part.left[kept][0] if kept.any() else ~guest.left) & (guest.onset * pace < part.onset[-1])
    if taken.sum() <= 20 or kept.all():
        return part
    shift = round(part.pitch[~kept].mean() - guest.pitch[taken].mean()) if rng.random() < 0.7 else 0
    host, guest = part[kept], guest[taken]
    return Excerpt(
        np.r_[host.onset, guest.onset * pace],
        np.r_[host.offset, guest.offset * pace],
        np.r_[host.pitch, guest.pitch + shift],
        np.r_[host.left, guest.left],
    )


def alone(part: Excerpt, rng: np.random.Generator) -> Excerpt:
    """Return a few notes of one hand, if it has as many."""
    one = part[part.left == (rng.random() < 0.5)]
    few = int(rng.integers(SHORTEST, FEW))
    return one[:few].from_zero() if len(one) >= few else part


def played(onset: np.ndarray, offset: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return onsets and offsets as a pianist would have them: not quite together, some shorter."""
    lengths = (offset - onset) * (1 if rng.random() < 0.5 else rng.uniform(0.6, 1.05))
    onset = onset + rng.normal(0, 0.006, len(onset))
    return onset, onset + np.maximum(lengths * np.exp(rng.normal(0, 0.08, len(onset))), 0.03)


def thinned(part: Excerpt, beat: float, rng: np.random.Generator) -> Excerpt:
    """Return an excerpt that lacks some notes, or one hand for a while."""
    if rng.random() >= THINNED:
        return part
    kept = rng.random(len(part)) > 0.2 * rng.random()
    if rng.random() < RESTING:
        begin = rng.uniform(0, part.onset.max())
        end = begin + beat * rng.integers(4, 33)
        kept &= ~((part.onset >= begin) & (part.onset < end) & (part.left == (rng.random() < 0.5)))
    return part[kept] if kept.sum() > 40 else part

"""Whole scores in MusicXML, beside what an independent reader (partitura) makes of them.

    python benchmarks/score_corpus.py SCORE …

Compared is what stands in the files: each bar once, ornaments as plain notes, quarters from the first note.  Prints
for each piece the number of our notes, how many of partitura's we miss, how many we have besides, and of the notes
that both have at one time and pitch, how many differ in duration or in staff; then the total, and the processor
seconds that each took.  Times may differ by a 24th of a quarter: programs round the lengths of irregular groups.  With
--notes the notes that differ are listed.
"""

import argparse
import time
import warnings
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from scoresep.io.scores.notation import _notated
from scoresep.io.scores.ties import join_ties

#: Quarters by which times may differ.
NEAR = 1 / 24


@dataclass(frozen=True)
class Note:
    """A note: onset and duration in quarters, pitch and staff."""

    onset: float
    duration: float
    pitch: int
    staff: int

    def __str__(self) -> str:
        """Return where the note stands and what it is."""
        return f"at {self.onset:.3f} for {self.duration:.3f}, pitch {self.pitch}, staff {self.staff}"


@dataclass
class Comparison:
    """Notes that differ: those that we miss, those that only we have, and pairs (ours, theirs)."""

    missed: list[Note] = field(default_factory=list)
    extra: list[Note] = field(default_factory=list)
    durations: list[tuple[Note, Note]] = field(default_factory=list)
    staves: list[tuple[Note, Note]] = field(default_factory=list)

    def counts(self) -> tuple[int, ...]:
        """Return the figures of the table."""
        return tuple(len(column) for column in (self.missed, self.extra, self.durations, self.staves))


def ours(path: Path) -> list[Note]:
    """Return the notes of a score as we read them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, score = _notated(path.read_bytes(), path.suffix)
        notes = join_ties(score)
    first = min((note.onset for note in notes), default=Fraction(0))
    return [Note(float(note.onset - first), float(note.offset - note.onset), note.pitch, note.staff) for note in notes]


def theirs(path: Path) -> list[Note]:
    """Return the notes of a score as partitura reads them."""
    import partitura

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = partitura.load_musicxml(path).parts
        rows = [row for part in parts for row in part.note_array(include_staff=True)]
    first = min((float(row["onset_quarter"]) for row in rows), default=0.0)
    return [
        Note(float(row["onset_quarter"]) - first, float(row["duration_quarter"]), int(row["pitch"]), int(row["staff"]))
        for row in rows
    ]


def compare(own: list[Note], other: list[Note]) -> Comparison:
    """Pair the notes of two readings, those that are most alike first."""
    found = Comparison()
    free: dict[int, list[Note]] = defaultdict(list)
    for note in other:
        free[note.pitch].append(note)
    rest = own
    for is_alike in (_is_same, _has_same_duration, _has_same_onset):
        unpaired = []
        for note in rest:
            match = next((m for m in free[note.pitch] if is_alike(note, m)), None)
            if match is None:
                unpaired.append(note)
                continue
            free[note.pitch].remove(match)
            if abs(note.duration - match.duration) > NEAR:
                found.durations.append((note, match))
            if note.staff != match.staff:
                found.staves.append((note, match))
        rest = unpaired
    found.extra = rest
    found.missed = sorted((note for notes in free.values() for note in notes), key=lambda note: note.onset)
    return found


def _has_same_onset(one: Note, other: Note) -> bool:
    """Whether two notes of a pitch begin together."""
    return abs(one.onset - other.onset) <= NEAR


def _has_same_duration(one: Note, other: Note) -> bool:
    """Whether two notes of a pitch sound together."""
    return _has_same_onset(one, other) and abs(one.duration - other.duration) <= NEAR


def _is_same(one: Note, other: Note) -> bool:
    """Whether two notes of a pitch sound together and stand on one staff."""
    return _has_same_duration(one, other) and one.staff == other.staff


def show(found: Comparison) -> None:
    """Print the notes that differ."""
    for label, notes in (("missed", found.missed), ("extra", found.extra)):
        for note in notes:
            print(f"    {label} {note}")
    for label, pairs in (("duration", found.durations), ("staff", found.staves)):
        for note, other in pairs:
            print(f"    {label} {note}; partitura: for {other.duration:.3f}, staff {other.staff}")


def main(paths: list[Path], *, with_notes: bool) -> None:
    """Compare all scores."""
    width = max((len(path.stem) for path in paths), default=5)
    print(f"{'piece':{width}}  notes  missed  extra  duration  staff")
    total, seconds = [0] * 5, [0.0, 0.0]
    for path in paths:
        readings = []
        for k, read in enumerate((ours, theirs)):
            began = time.process_time()
            readings.append(read(path))
            seconds[k] += time.process_time() - began
        found = compare(*readings)
        row = (len(readings[0]), *found.counts())
        total = [a + b for a, b in zip(total, row, strict=True)]
        print(_line(path.stem, row, width), flush=True)
        if with_notes:
            show(found)
    print(_line(f"{len(paths)} pieces", tuple(total), width))
    print(f"ours {seconds[0]:.1f} s, partitura {seconds[1]:.1f} s")


def _line(name: str, row: tuple[int, ...], width: int) -> str:
    """Return a line of the table."""
    notes, missed, extra, durations, staves = row
    return f"{name:{width}}{notes:7}{missed:8}{extra:7}{durations:10}{staves:7}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scores", nargs="+", type=Path)
    parser.add_argument("--notes", action="store_true", help="list the notes that differ")
    given = parser.parse_args()
    main(given.scores, with_notes=given.notes)

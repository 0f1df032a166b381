"""How well the hands of a piano score are told from its notes alone.

    python benchmarks/hands.py ITEM [ITEM ...]

An ITEM is a score of which the hands are known (by tracks or staves), a folder of such scores, or a table of played
notes, .csv, with the columns onset, offset (or Start, Duration), pitch and hand (or Instrument).  Prints the share of
the notes (%) that come into the hand that plays them, beside what three simple rules reach, and the time for a note.
"""

import csv
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from scoresep.errors import ScoresepWarning
from scoresep.io.scores import read_score
from scoresep.score.hand_estimation import estimate_hands
from scoresep.score.hands import two_hands
from scoresep.values import Notes

#: Middle C, and the time before and after a note (s) of which the middle of the register is taken.
MIDDLE_C, NEARBY = 60, 1.0


def known_hands(path: Path) -> tuple[Notes, np.ndarray]:
    """Return notes, and which of them the left hand plays."""
    if path.suffix != ".csv":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ScoresepWarning)
            notes = read_score(path)
        hands = two_hands(notes)
        if hands is None:
            sys.exit(f"{path}: does not tell the hands apart")
        return notes, hands[0]
    text = path.read_text()
    rows = list(csv.DictReader(text.splitlines(), delimiter=";" if ";" in text else ","))
    lowered = [{name.lower(): value for name, value in row.items()} for row in rows]
    notes = Notes.from_rows([_note(row) for row in lowered], ("Piano",))
    return notes, notes.staff == 2


def _note(row: dict[str, str]) -> dict[str, float]:
    """Return a line of a table; the left hand is staff 2."""
    onset = float(row.get("onset") or row["start"])
    offset = float(row["offset"]) if "offset" in row else onset + float(row["duration"])
    is_left = (row.get("hand") or row["instrument"]).lower().startswith("l")
    return {"onset": onset, "offset": offset, "pitch": int(row["pitch"]), "part": 1, "staff": 1 + is_left}


def below_middle_c(notes: Notes) -> np.ndarray:
    """Return the notes below middle C."""
    return notes.pitch < MIDDLE_C


def below_the_middle(notes: Notes) -> np.ndarray:
    """Return the notes that are nearer to the lowest than to the highest note that is struck within a second."""
    order = np.argsort(notes.onset, kind="stable")
    onset, pitch = notes.onset[order], notes.pitch[order]
    begins, ends = (
        np.searchsorted(onset, notes.onset + shift, side) for shift, side in ((-NEARBY, "left"), (NEARBY, "right"))
    )
    nearby = [pitch[begin:end] for begin, end in zip(begins, ends, strict=True)]
    return np.array([2 * p < int(near.min()) + int(near.max()) for p, near in zip(notes.pitch, nearby, strict=True)])


def below_the_skyline(notes: Notes) -> np.ndarray:
    """Return the notes above which another one sounds at their onset."""
    order = np.argsort(notes.onset, kind="stable")
    below, sounding = np.zeros(len(notes), bool), np.zeros((0, 2))
    for time_ in np.unique(notes.onset):
        struck = order[np.searchsorted(notes.onset[order], time_) : np.searchsorted(notes.onset[order], time_, "right")]
        sounding = sounding[sounding[:, 0] > time_]
        sounding = np.vstack([sounding, np.column_stack([notes.offset[struck], notes.pitch[struck]])])
        below[struck] = notes.pitch[struck] < sounding[:, 1].max(initial=0)
    return below


#: What is compared, by the heads of the table's columns.
RULES = {
    "estimate": estimate_hands,
    "middle ± 1 s": below_the_middle,
    "middle C": below_middle_c,
    "skyline": below_the_skyline,
}


def main(items: list[Path]) -> None:
    """Print the table."""
    paths = [path for item in items for path in (sorted(item.iterdir()) if item.is_dir() else [item])]
    print("".join(f"{name:>14}" for name in RULES), "    notes  ms a note  score")
    rows = []
    for path in paths:
        notes, left = known_hands(path)
        begin = time.process_time()
        estimate_hands(notes)
        taken = 1000 * (time.process_time() - begin) / len(notes)
        rows.append([100 * float(np.mean(rule(notes) == left)) for rule in RULES.values()])
        print("".join(f"{share:14.2f}" for share in rows[-1]), f"{len(notes):9} {taken:10.3f}  {path.name}")
    for name, share in (("lower quartile", 25), ("median", 50), ("upper quartile", 75), ("lowest", 0)):
        print("".join(f"{value:14.2f}" for value in np.percentile(rows, share, axis=0)), f"{'':20}  {name}")


if __name__ == "__main__":
    main(list(map(Path, sys.argv[1:])))

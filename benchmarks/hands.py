"""How well the hands of a piano score are told from its notes alone.

    python benchmarks/hands.py ITEM [ITEM ...]

An ITEM is a score of which the hands are known (by tracks or staves), or a table of played notes, .csv, with the
columns onset, offset (or Start, Duration), pitch and hand (or Instrument).  Prints the share of the notes that come
into the hand that plays them, both hands merged.
"""

import csv
import sys
from pathlib import Path

import numpy as np

from scoresep.io.scores import read_score
from scoresep.score.hand_estimation import estimate_hands
from scoresep.score.hands import two_hands
from scoresep.values import Notes


def known_hands(path: Path) -> tuple[Notes, np.ndarray]:
    """Return notes, and which of them the left hand plays."""
    if path.suffix != ".csv":
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


if __name__ == "__main__":
    for item in map(Path, sys.argv[1:]):
        notes, left = known_hands(item)
        print(f"{100 * np.mean(estimate_hands(notes) == left):6.2f} %  of {len(notes):5} notes  {item}")

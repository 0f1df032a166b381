"""Humdrum **kern → what is notated.

Tokens on one line begin together.  Pitches are those that sound: *ITr tells only how they are written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from scoresep.errors import InputError
from scoresep.io.scores.bars import metre_of
from scoresep.io.scores.kern_columns import CODES, Column, PlaceInScore, parts_of
from scoresep.io.scores.kern_tokens import drum_key_of, grace_of, length_of, ornaments_of, pitch_of
from scoresep.io.scores.lyrics import is_syllable
from scoresep.io.scores.notated import LONGEST, Bar, Metre, NotatedNote, NotatedScore
from scoresep.io.scores.symbols import alterations
from scoresep.values.notes import DRUM_CHANNEL

#: Spines that a line may have.
MOST_SPINES = 200
#: Columns of words to sing.
_WORDS = ("**text", "**silbe")
#: Lines that a score may have.
MOST_LINES = 200_000


@dataclass
class _Spine:
    """A column, or one of those into which it has split: when it is free again."""

    column: Column
    voice: int = 1
    free: Fraction = Fraction(0)
    graces: int = 0
    is_cue: bool = False


@dataclass
class _Reader:
    """Walks through the lines and fills a score."""

    score: NotatedScore = field(default_factory=NotatedScore)
    spines: list[_Spine] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    notes: list[tuple[Column, NotatedNote, str]] = field(default_factory=list)
    rests: list[tuple[Column, int, Fraction, Fraction]] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    number: str = ""
    opens: bool = False
    metre: Metre | None = None
    line: int = 0
    #: The numbers of the columns to whose notes on this line a syllable stands.
    with_syllable: set[int] = field(default_factory=set)
    #: Signs that mean "on the staff above" and "on the staff below" in this file.
    above: str = ""
    below: str = ""

    @property
    def place(self) -> str:
        """The line for messages."""
        return f"line {self.line}"

    @property
    def now(self) -> Fraction:
        """When the longest of the spines is free."""
        return max((spine.free for spine in self.spines), default=Fraction(0))

    def read(self, text: str) -> None:
        """Read all lines."""
        if text.count("\n") > MOST_LINES:
            raise InputError(f"more than {MOST_LINES} lines; split the score")
        for self.line, line in enumerate(text.split("\n"), start=1):
            if found := re.match(r"!!!RDF\*\*kern: *(\S) *= *(above|below)", line):
                self.above, self.below = (found[1], self.below) if found[2] == "above" else (self.above, found[1])
            if not line.strip() or line.startswith("!"):
                continue
            tokens = line.rstrip("\r").split("\t")
            if tokens[0].startswith("**") and not self.spines:
                self.start(tokens[:MOST_SPINES])
            elif not self.spines:
                self.score.problem("lines outside of any spine are left out", self.place)
            elif len(tokens) != len(self.spines):
                self.score.problem("lines with too many or too few columns are left out", self.place)
            elif tokens[0].startswith("*"):
                self.interpret(tokens)
            elif tokens[0].startswith("="):
                self.start_bar(tokens[0])
            else:
                self.read_data(tokens)
        self.end_bar()

    def interpret(self, tokens: list[str]) -> None:
        """Take a line of interpretations, and follow splits, joins, ends and new beginnings of spines."""
        spines: list[_Spine] = []
        if all(word == "*-" for word in tokens):
            self.end_bar()
        k = 0
        while k < len(tokens):
            spine, word = self.spines[k], tokens[k]
            if word == "*^":
                taken = {other.voice for other in (*self.spines, *spines) if other.column is spine.column}
                voice = next(number for number in range(1, len(taken) + 2) if number not in taken)
                spines += [spine, _Spine(spine.column, voice, spine.free)]
            elif word == "*+":
                spines += [spine, self.new_spine("", (*spine.column.place, float(self.line)))]
            elif word.startswith("**"):
                spine.column.kind = spine.column.kind or word
                spines.append(spine)
            elif word == "*v":
                while tokens[k + 1 : k + 2] == ["*v"] and self.spines[k + 1].column is spine.column:
                    k += 1
                    spine.free = max(spine.free, self.spines[k].free)
                spines.append(spine)
            elif word == "*x" and k + 1 < len(tokens) and tokens[k + 1] == "*x":
                spines += [self.spines[k + 1], spine]
                k += 1
            elif word != "*-":
                self.take(word, spine)
                spines.append(spine)
            k += 1
        if len(spines) > MOST_SPINES:
            raise InputError(f"more than {MOST_SPINES} spines")
        self.spines = spines

    def start(self, kinds: list[str]) -> None:
        """Begin spines, or begin them again after all have ended: columns at the same places are the same ones."""
        known = {(column.place, column.kind): column for column in self.columns}
        for k, kind in enumerate(kinds):
            spine = self.new_spine(kind, (float(k),))
            if (column := known.get((spine.column.place, kind))) is not None:
                self.columns.pop()
                spine.column = column
            self.spines.append(spine)

    def new_spine(self, kind: str, place: tuple[float, ...]) -> _Spine:
        """Return a spine with a column of its own, from now on."""
        self.columns.append(Column(len(self.columns), kind, place))
        if len(self.columns) > 10 * MOST_SPINES:
            raise InputError(f"more than {10 * MOST_SPINES} spines")
        begin = self.score.bars[-1].end if self.score.bars else Fraction(0)
        return _Spine(self.columns[-1], free=max(self.now, begin))

    def take(self, token: str, spine: _Spine) -> None:
        """Take what an interpretation says of a spine, or of the score."""
        column = spine.column
        if found := re.fullmatch(r"\*MM(\d[\d.]*)", token):
            self.score.set_tempo(self.now, found[1], self.place)
        elif found := re.fullmatch(r"\*M(\d{1,3})/(\d{1,3})", token):
            count, unit = int(found[1]), int(found[2])
            self.metre = metre_of(Fraction(4 * count, unit), Fraction(4, unit)) if count and unit else None
        elif found := re.match(r"\*staff(\d{1,3})", token):
            column.staff = int(found[1])
        elif found := re.fullmatch(r"\*part(\d{1,3})", token):
            column.part = found[1]
        elif token.startswith("*clef"):
            column.is_drums = token.startswith("*clefX")
        elif found := re.fullmatch(r"\*k\[((?:[a-g][#n-]+)*)\]", token):
            signs = re.findall(r"[a-g]([#-])", found[1])
            column.key = alterations(signs.count("#") - signs.count("-"))
        elif token in ("*cue", "*Xcue"):
            spine.is_cue = not token.startswith("*X")
        elif token.startswith('*I"'):
            column.name = " ".join(token[3:].split())
        elif token.startswith("*I") and token[2:] in CODES:
            column.code = token[2:]
        elif found := re.fullmatch(r"\*>(\w*)\[(.*)\]", token):
            self.lists[found[1]] = [name.strip() for name in found[2].split(",")]
        elif token.startswith("*>") and token[2:] not in self.labels:
            self.end_bar()
            self.labels[token[2:]] = len(self.score.bars)

    def start_bar(self, token: str) -> None:
        """Take a barline, with its repeats."""
        self.end_bar()
        if (":|" in token or ":!" in token) and self.score.bars:
            self.score.bars[-1].times = 2
        self.opens = "|:" in token or "!:" in token
        self.number = "".join(re.findall(r"^=+(\d{1,6})", token))

    def end_bar(self) -> None:
        """End the bar that has begun, if one has."""
        bars = self.score.bars
        begin = bars[-1].end if bars else Fraction(0)
        if self.now > LONGEST:
            raise InputError(f"a damaged score (it lasts {float(self.now):.3g} quarters)")
        if self.now > begin:
            if self.metre and self.now - begin > self.metre.length:
                self.score.problem("bars are longer than their time signature", f"bar {self.number}")
            bars.append(Bar(begin, self.now, self.number, opens=self.opens, metre=self.metre))
            self.opens = False

    def read_data(self, tokens: list[str]) -> None:
        """Read tokens that begin together."""
        active = [
            (spine, token)
            for spine, token in zip(self.spines, tokens, strict=True)
            if spine.column.kind.startswith("**kern") and token not in (".", "") and not token.startswith("!")
        ]
        if not active:
            return
        onset = max(spine.free for spine, _ in active)
        if any(spine.free != onset for spine, _ in active):
            self.score.problem(
                "notes that stand on one line do not begin together; the later time is taken", self.place
            )
        self.with_syllable = self.columns_with_syllables(tokens)
        for spine, token in active:
            spine.free = onset
            for k, part in enumerate(token.split()):
                self.read_note(part, spine, onset, is_first=k == 0)

    def columns_with_syllables(self, tokens: list[str]) -> set[int]:
        """Return the numbers of the columns of notes that have a syllable on a line, in a column to their right."""
        found, last = set(), -1
        for spine, token in zip(self.spines, tokens, strict=True):
            if spine.column.kind.startswith("**kern"):
                last = spine.column.number
            elif spine.column.kind in _WORDS and not token.startswith("!") and is_syllable(token):
                found.add(last)
        return found

    def read_note(self, token: str, spine: _Spine, onset: Fraction, *, is_first: bool) -> None:
        """Read a note, one of a chord, or a rest; the first moves on by its length."""
        grace = grace_of(token, spine.graces + is_first)
        spine.graces += is_first if grace is not None else -spine.graces
        length = Fraction(0) if grace is not None else length_of(token)
        if length is None and is_first:
            self.score.problem("notes without a proper length are left out", self.place)
            return
        if is_first:
            spine.free = onset + (length or 0)
        column = spine.column
        if "r" in token:
            if length:
                self.rests.append((column, spine.voice, onset, onset + length))
            return
        if (pitch := drum_key_of(token) if column.is_drums else pitch_of(token)) is None:
            self.score.problem("notes without a proper pitch are left out", self.place)
            return
        end = onset if grace is not None else onset + length if length else spine.free
        note = NotatedNote(
            onset, end, pitch, 0, 0, spine.voice, DRUM_CHANNEL if column.is_drums else 0,
            is_tied_back="]" in token or "_" in token, is_tied_on="[" in token or "_" in token, grace=grace,
            ornaments=ornaments_of(token, column.key), arpeggio=self.arpeggio_of(token, column),
            is_cue=spine.is_cue, has_syllable=column.number in self.with_syllable,
        )  # fmt: skip
        if self.above and self.above in token:
            note.staff = -1
        elif self.below and self.below in token:
            note.staff = 1
        self.notes.append((column, note, self.place))

    def arpeggio_of(self, token: str, column: Column) -> str:
        """Return the name of the arpeggio of a token: "::" spreads a chord over all staves of a part."""
        return "" if ":" not in token else "+" if "::" in token else f"+{column.number}"

    def finish(self) -> NotatedScore:
        """Return the score, with the notes in parts."""
        self.score.part_names, placed = parts_of(self.columns)
        self.place_notes(placed)
        for name, kind in (("", "written"), ("norep", "none")):
            if name in self.lists:
                self.score.orders[kind] = self.order_of(self.lists[name])
        return self.score

    def place_notes(self, placed: dict[int, PlaceInScore]) -> None:
        """Give notes and rests the part, the staff and the program of their columns, and add them to the score."""
        for column, note, place in self.notes:
            own = placed[column.number]
            note.part, note.program = own.part, own.program
            note.home, note.staff = own.staff, max(1, min(own.staff + note.staff, own.staves))
            self.score.add(note, place)
        for column, voice, begin, end in self.rests:
            own = placed[column.number]
            self.score.rests.append((own.part, own.staff, voice, begin, end))

    def order_of(self, names: list[str]) -> list[int]:
        """Return the bars of sections in the order that a list of their names has."""
        begins = sorted({*self.labels.values(), len(self.score.bars)})
        order: list[int] = []
        for name in names[:1000]:
            if name not in self.labels:
                self.score.problem("sections that the score does not have are left out", name[:20])
                continue
            begin = self.labels[name]
            order += range(begin, next((end for end in begins if end > begin), begin))
        return order


def read_kern(text: str) -> NotatedScore:
    """Return what a kern file says.  Raises InputError if it is none."""
    reader = _Reader()
    reader.read(text)
    if not any(column.kind.startswith("**kern") for column in reader.columns):
        raise InputError("not kern (no **kern spine)")
    return reader.finish()

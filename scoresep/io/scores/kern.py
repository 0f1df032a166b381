"""Humdrum **kern → what is written.

Tokens on one line begin together.  Pitches are those that sound: *ITr tells only how they are written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from scoresep.errors import InputError
from scoresep.io.scores.notated import LONGEST, Bar, Sheet, Written
from scoresep.io.scores.symbols import STEPS
from scoresep.score.instruments import GENERAL_MIDI

#: Spines that a line may have, and lines that a score may have.
MOST_SPINES, MOST_LINES = 200, 200_000
#: A pitch, C for C3 and c for C4, doubled for each octave further, with its accidentals; and a length.
_PITCH = re.compile(r"(([A-Ga-g])\2{0,5})(#{0,3}|-{0,3}|n)(?![A-Ga-g#-])")
_LENGTH = re.compile(r"(\d{1,4})(?:%(\d{1,4}))?(\.{0,4})")
_LONG = {"0": Fraction(8), "00": Fraction(16), "000": Fraction(32)}
#: Instruments whose two spines are two staves of one part.
_KEYBOARDS = ("piano", "fortp", "cemba", "clavi", "organ")
#: Instrument codes by the General MIDI names that they stand for.
_CODES = {
    "piano": "Acoustic Grand Piano", "fortp": "Acoustic Grand Piano", "cemba": "Harpsichord", "clavi": "Harpsichord",
    "cello": "Cello", "viola": "Viola", "violn": "Violin", "cbass": "Contrabass", "flt": "Flute", "picco": "Piccolo",
    "oboe": "Oboe", "clars": "Clarinet", "clarp": "Clarinet", "clara": "Clarinet", "cangl": "English Horn",
    "fagot": "Bassoon", "cor": "French Horn", "tromp": "Trumpet", "tromb": "Trombone", "tuba": "Tuba",
    "organ": "Church Organ", "harp": "Orchestral Harp", "guitr": "Acoustic Guitar (nylon)", "soprn": "Choir Aahs",
    "alto": "Choir Aahs", "tenor": "Choir Aahs", "bass": "Choir Aahs", "vox": "Choir Aahs", "saxA": "Alto Sax",
    "saxT": "Tenor Sax", "recor": "Recorder", "timpa": "Timpani",
}  # fmt: skip


@dataclass
class _Column:
    """A column of the file as it was at the start: a staff, in a part."""

    number: int
    kind: str
    staff: int = 0
    part: str = ""
    name: str = ""
    code: str = ""


@dataclass
class _Spine:
    """A column, or one of those into which it has split: when it is free again."""

    column: _Column
    voice: int = 1
    free: Fraction = Fraction(0)


@dataclass
class _Reader:
    """Walks through the lines and fills a sheet."""

    sheet: Sheet = field(default_factory=Sheet)
    spines: list[_Spine] = field(default_factory=list)
    columns: list[_Column] = field(default_factory=list)
    notes: list[tuple[_Column, Written, str]] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    number: str = ""
    opens: bool = False
    beats: Fraction | None = None
    line: int = 0

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
            if not line.strip() or line.startswith("!"):
                continue
            tokens = line.rstrip("\r").split("\t")
            if tokens[0].startswith("**") and not self.columns:
                self.columns = [_Column(k, token) for k, token in enumerate(tokens[:MOST_SPINES])]
                self.spines = [_Spine(column) for column in self.columns]
            elif not self.spines:
                self.sheet.fault("lines outside of any spine are left out", self.place)
            elif len(tokens) != len(self.spines):
                self.sheet.fault("lines with too many or too few columns are left out", self.place)
            elif tokens[0].startswith("*"):
                self.interpret(tokens)
            elif tokens[0].startswith("="):
                self.start_bar(tokens[0])
            else:
                self.read_data(tokens)
        self.end_bar()

    def interpret(self, tokens: list[str]) -> None:
        """Take a line of interpretations, and follow splits and joins of spines."""
        spines: list[_Spine] = []
        if all(word == "*-" for word in tokens):
            self.end_bar()
        k = 0
        while k < len(tokens):
            spine, word = self.spines[k], tokens[k]
            if word == "*^":
                spines += [spine, _Spine(spine.column, max(s.voice for s in self.spines) + 1, spine.free)]
            elif word == "*v":
                while tokens[k + 1 : k + 2] == ["*v"] and self.spines[k + 1].column is spine.column:
                    k += 1
                    spine.free = max(spine.free, self.spines[k].free)
                spines.append(spine)
            elif word == "*x" and k + 1 < len(tokens) and tokens[k + 1] == "*x":
                spines += [self.spines[k + 1], spine]
                k += 1
            elif word != "*-":
                self.take(word, spine.column)
                spines.append(spine)
            k += 1
        if len(spines) > MOST_SPINES:
            raise InputError(f"more than {MOST_SPINES} spines")
        self.spines = spines

    def take(self, token: str, column: _Column) -> None:
        """Take what an interpretation says of a column, or of the score."""
        if found := re.fullmatch(r"\*MM(\d[\d.]*)", token):
            self.sheet.set_tempo(self.now, found[1], self.place)
        elif found := re.fullmatch(r"\*M(\d{1,3})/(\d{1,3})", token):
            self.beats = Fraction(4 * int(found[1]), int(found[2])) if int(found[2]) else None
        elif found := re.match(r"\*staff(\d{1,3})", token):
            column.staff = int(found[1])
        elif found := re.fullmatch(r"\*part(\d{1,3})", token):
            column.part = found[1]
        elif token.startswith('*I"'):
            column.name = " ".join(token[3:].split())
        elif token.startswith("*I") and token[2:] in _CODES:
            column.code = token[2:]
        elif found := re.fullmatch(r"\*>(\w*)\[(.*)\]", token):
            self.lists[found[1]] = [name.strip() for name in found[2].split(",")]
        elif token.startswith("*>") and token[2:] not in self.labels:
            self.end_bar()
            self.labels[token[2:]] = len(self.sheet.bars)

    def start_bar(self, token: str) -> None:
        """Take a barline, with its repeats."""
        self.end_bar()
        if (":|" in token or ":!" in token) and self.sheet.bars:
            self.sheet.bars[-1].times = 2
        self.opens = "|:" in token or "!:" in token
        self.number = "".join(re.findall(r"^=+(\d{1,6})", token))

    def end_bar(self) -> None:
        """End the bar that has begun, if one has."""
        bars = self.sheet.bars
        begin = bars[-1].end if bars else Fraction(0)
        if self.now > LONGEST:
            raise InputError(f"a damaged score (it lasts {float(self.now):.3g} quarters)")
        if self.now > begin:
            if self.beats and self.now - begin > self.beats:
                self.sheet.fault("bars are longer than their time signature", f"bar {self.number}")
            bars.append(Bar(begin, self.now, self.number, opens=self.opens))
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
            self.sheet.fault("notes that stand on one line do not begin together; the later time is taken", self.place)
        for spine, token in active:
            spine.free = onset
            for k, part in enumerate(token.split()):
                self.read_note(part, spine, onset, is_first=k == 0)

    def read_note(self, token: str, spine: _Spine, onset: Fraction, *, is_first: bool) -> None:
        """Read a note, one of a chord, or a rest; the first moves on by its length."""
        is_grace = "q" in token.lower()
        length = Fraction(0) if is_grace else _length(token)
        if length is None and is_first:
            self.sheet.fault("notes without a proper length are left out", self.place)
            return
        if is_first:
            spine.free = onset + (length or 0)
        if "r" in token:
            return
        if (pitch := _pitch(token)) is None:
            self.sheet.fault("notes without a proper pitch are left out", self.place)
            return
        end = onset if is_grace else onset + length if length else spine.free
        note = Written(
            onset, end, pitch, 0, voice=spine.voice, is_begun="]" in token or "_" in token,
            goes_on="[" in token or "_" in token,
        )  # fmt: skip
        self.notes.append((spine.column, note, self.place))

    def finish(self) -> Sheet:
        """Return the sheet, with the notes in parts: the highest staff, which is the last column, first."""
        columns = [column for column in reversed(self.columns) if column.kind.startswith("**kern")]
        is_keyboard = len(columns) == 2 and all(
            column.code in _KEYBOARDS or "piano" in column.name.lower() for column in columns
        )
        parts: dict[str, list[_Column]] = {}
        for column in columns:
            own = "keyboard" if is_keyboard else f"spine {column.number}"
            parts.setdefault(column.part or own, []).append(column)
        placed: dict[int, tuple[int, int, int]] = {}
        for number, members in enumerate(parts.values(), start=1):
            name = next((column.name for column in members if column.name), "")
            instrument = next((_CODES[column.code] for column in members if column.code), "")
            self.sheet.part_names.append(name or instrument or f"Part {number}")
            program = GENERAL_MIDI.index(instrument) + 1 if instrument else 0
            for staff, column in enumerate(members, start=1):
                placed[column.number] = number, staff, program
        for column, note, place in self.notes:
            note.part, note.staff, note.program = placed[column.number]
            self.sheet.add(note, place)
        for name, kind in (("", "written"), ("norep", "none")):
            if name in self.lists:
                self.sheet.course[kind] = self.course(self.lists[name])
        return self.sheet

    def course(self, names: list[str]) -> list[int]:
        """Return the bars of sections in the order that a list of their names has."""
        begins = sorted({*self.labels.values(), len(self.sheet.bars)})
        course: list[int] = []
        for name in names[:1000]:
            if name not in self.labels:
                self.sheet.fault("sections that the score does not have are left out", name[:20])
                continue
            begin = self.labels[name]
            course += range(begin, next((end for end in begins if end > begin), begin))
        return course


def read_kern(text: str) -> Sheet:
    """Return what a kern file says.  Raises InputError if it is none."""
    reader = _Reader()
    reader.read(text)
    if not any(column.kind.startswith("**kern") for column in reader.columns):
        raise InputError("not kern (no **kern spine)")
    return reader.finish()


def _length(token: str) -> Fraction | None:
    """Return the quarters of a token's length, if it has one."""
    found = _LENGTH.search(token)
    if found is None:
        return None
    number, base, dots = found.groups()
    if number in _LONG:
        quarters = _LONG[number]
    elif int(number) == 0:
        return None
    else:
        quarters = Fraction(4 * int(base or 1), int(number))
    return quarters * (2 - Fraction(1, 2 ** len(dots)))


def _pitch(token: str) -> int | None:
    """Return the MIDI number of a token's pitch, if it has one."""
    found = _PITCH.search(token)
    if found is None:
        return None
    letters, letter, signs = found.groups()
    octave = 3 + len(letters) if letter.islower() else 4 - len(letters)
    return STEPS[letter.upper()] + 12 * (octave + 1) + signs.count("#") - signs.count("-")

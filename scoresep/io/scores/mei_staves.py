"""Staves of an MEI score: the part that each belongs to, its key, its metre and how its notes sound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree import ElementTree as ET

from scoresep.io.scores.symbols import ACCIDENTALS, MEI_VALUES, alterations, integer

#: Metres by their signs.
_SYMBOLS = {"common": ("4", "4"), "cut": ("2", "2")}


@dataclass
class Staff:
    """What a staffDef says: the part that a staff belongs to and how its notes sound.

    ``told`` and ``untold`` count the notes that the key alters which say so themselves, and those which do not.
    """

    name: str
    part: int
    number: int
    program: int = 0
    shift: int = 0
    value: str = ""
    is_drums: bool = False
    key: dict[str, int] = field(default_factory=dict)
    told: int = 0
    untold: int = 0
    #: Whether any note of the staff tells how it sounds where nothing is written.
    has_gestural: bool = False

    @property
    def is_key_needed(self) -> bool:
        """Whether the key signature and the accidentals of a bar hold for notes that tell nothing themselves.

        They do unless the encoder told of each note how it sounds.
        """
        return self.untold >= self.told if self.told or self.untold else not self.has_gestural

    def define(self, element: ET.Element) -> None:
        """Take what a staffDef, or one that comes later, says."""
        self.shift = integer(element.get("trans.semi"), self.shift)
        self.value = element.get("dur.default", self.value)
        self.set_clef(element)
        self.set_key(element)

    def set_clef(self, element: ET.Element) -> None:
        """Take the clef of a staffDef, or a clef."""
        sign = element if element.tag == "clef" else element.find("clef")
        shape = element.get("clef.shape") or (None if sign is None else sign.get("shape"))
        if shape:
            self.is_drums = shape == "perc"

    def set_key(self, element: ET.Element) -> None:
        """Take the key signature of a definition, or a keySig."""
        if (key := key_of(element)) is not None:
            self.key = key


def key_of(element: ET.Element) -> dict[str, int] | None:
    """Return the letters that the key signature of a definition, or a keySig, alters; None if there is none."""
    sign = element if element.tag == "keySig" else element.find("keySig")
    text = element.get("key.sig") or element.get("keysig")
    if sign is not None:
        text = sign.get("sig") or text
        own = {
            accid.get("pname", "").upper(): ACCIDENTALS.get(accid.get("accid", ""), 0)
            for accid in sign.iterfind("keyAccid")
        }
        if own:
            return own
    found = re.fullmatch(r"([0-9]|1[0-2])([sf]?)", text or "")
    return alterations(int(found[1]) * (1 if found[2] == "s" else -1)) if found else None


def meter_of(element: ET.Element) -> tuple[Fraction, Fraction] | None:
    """Return the quarters of a bar and of a beat by the time signature of a definition, or None if it has none."""
    sign = element if element.tag == "meterSig" else element.find("meterSig")
    if sign is None:
        count, unit, symbol = element.get("meter.count"), element.get("meter.unit"), element.get("meter.sym")
    else:
        count, unit, symbol = sign.get("count"), sign.get("unit"), sign.get("sym")
    if not count and symbol in _SYMBOLS:
        count, unit = _SYMBOLS[symbol]
    beats = sum(int(number) for number in re.findall(r"\d{1,4}", count or ""))
    return (beats * MEI_VALUES[unit], MEI_VALUES[unit]) if beats and unit in MEI_VALUES else None


def new_staff(group: ET.Element | None, element: ET.Element, name: str, part_names: list[str]) -> Staff:
    """Return a staff, in a part of its own or in that of its group; the part's name is added to the others."""
    siblings = [] if group is None else list(group.iter("staffDef"))
    number = siblings.index(element) + 1 if siblings else 1
    if number == 1:
        label = _label(element if group is None else group) or _label(element)
        part_names.append(label or f"Part {len(part_names) + 1}")
    midi = element.find(".//instrDef")
    midi = group.find("instrDef") if midi is None and group is not None else midi
    program = integer(None if midi is None else midi.get("midi.instrnum"), -1) + 1
    staff = Staff(name, len(part_names), number, program if 0 <= program <= 128 else 0)
    staff.define(element)
    return staff


def staff_definitions(element: ET.Element) -> Iterator[tuple[ET.Element | None, ET.Element]]:
    """Return the staves below an element, each with the brace that makes it one of a part's staves."""
    for child in element:
        if child.tag == "staffDef":
            yield None, child
        elif child.tag == "staffGrp":
            sign = child.find("grpSym")
            symbol = child.get("symbol") or (None if sign is None else sign.get("symbol"))
            own = list(child.iter("staffDef"))
            if symbol == "brace" and len(own) == 2:
                yield from ((child, staff) for staff in own)
            else:
                yield from staff_definitions(child)


def _label(element: ET.Element) -> str:
    """Return the name of a staff or a group of staves."""
    label = element.find("label")
    return " ".join((element.get("label") or ("" if label is None else "".join(label.itertext()))).split())

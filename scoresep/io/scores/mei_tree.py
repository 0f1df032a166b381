"""The tree of an MEI document made plain: one reading of each passage, one score instead of a set of parts."""

from __future__ import annotations

from xml.etree import ElementTree as ET

#: What holds several readings, of which the first of these counts, or else the first one.
_CHOICES = {
    "choice": ("corr", "reg", "expan", "sic", "orig", "unclear"), "app": ("lem", "rdg"),
    "subst": ("add", "restore", "supplied"),
}  # fmt: skip
#: What holds a reading and is of no further interest.
_WRAPPERS = (
    "add", "corr", "damage", "expan", "lem", "orig", "ossia", "rdg", "reg", "restore", "seg", "sic", "supplied",
    "unclear", "gap", "handShift", "ligature",
)  # fmt: skip
#: What does not sound.
_DROPPED = ("del", "oStaff", "oLayer", "annot")


def resolve_readings(element: ET.Element) -> None:
    """Leave one reading of each passage below an element, in the place of what held it."""
    children = list(element)
    if any(child.tag in _CHOICES or child.tag in _WRAPPERS or child.tag in _DROPPED for child in children):
        plain = _plain(children, in_restore=element.tag == "restore")
        for child in children:
            element.remove(child)
        element.extend(plain)
    for child in element:
        resolve_readings(child)


def _plain(children: list[ET.Element], *, in_restore: bool = False) -> list[ET.Element]:
    """Return the elements with those that hold readings replaced by the reading that counts."""
    found: list[ET.Element] = []
    for child in children:
        if child.tag in _CHOICES:
            readings = (child.find(tag) for tag in _CHOICES[child.tag])
            chosen = next((reading for reading in readings if reading is not None), None)
            chosen = next(iter(child), None) if chosen is None and child.tag != "subst" else chosen
            found += [] if chosen is None else _plain([chosen])
        elif child.tag in _WRAPPERS or (child.tag == "del" and in_restore):
            found += _plain(list(child), in_restore=child.tag == "restore")
        elif child.tag not in _DROPPED:
            found.append(child)
    return found


def join_parts(element: ET.Element) -> None:
    """Make a score of each set of parts below an element: their staves in common measures, numbered by part."""
    for parent in list(element.iter("mdiv")):
        for parts in parent.findall("parts"):
            score = ET.Element("score")
            definition, section = ET.SubElement(score, "scoreDef"), ET.SubElement(score, "section")
            group = ET.SubElement(definition, "staffGrp")
            for number, part in enumerate(parts.findall("part"), start=1):
                _join_part(part, f"{number}.", definition, group, section)
            parent.remove(parts)
            parent.append(score)


def _join_part(part: ET.Element, prefix: str, definition: ET.Element, group: ET.Element, section: ET.Element) -> None:
    """Add the staves of one part to those of the others."""
    for element in part.iter():
        if element.tag in ("staff", "staffDef"):
            element.set("n", prefix + element.get("n", "1"))
        elif element.get("staff"):
            element.set("staff", " ".join(prefix + name for name in element.get("staff", "").split()))
    if (own := part.find("scoreDef")) is None and (own := part.find(".//scoreDef")) is None:
        own = part
    for name, value in own.attrib.items():
        definition.attrib.setdefault(name, value)
    for child in own:
        if child.tag == "staffGrp":
            group.append(child)
        elif child.tag in ("meterSig", "keySig") and definition.find(child.tag) is None:
            definition.append(child)
    if not list(own.iter("staffGrp")):
        group.extend(own.iterfind("staffDef"))
    measures = section.findall("measure")
    for place, measure in enumerate(part.iter("measure")):
        if place < len(measures):
            measures[place].extend(list(measure))
        else:
            section.append(measure)

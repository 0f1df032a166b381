"""The systems in a page of verovio, each as an SVG of its own with the positions of its notes and bars.

Only elements and attributes that draw are kept, so that nothing in a score can act in the page.  Lengths are units of
verovio's drawing, of which a space between two lines has 180.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

#: What tags of SVG begin with.
SVG = "{http://www.w3.org/2000/svg}"
#: What links of SVG begin with.
XLINK = "{http://www.w3.org/1999/xlink}"
#: The elements that are kept.
ELEMENTS = frozenset("g path use rect ellipse polygon polyline text tspan".split())
#: The attributes that are kept as they are.
ATTRIBUTES = frozenset(
    "d points x y cx cy rx ry width height transform fill stroke stroke-width stroke-linecap stroke-linejoin "
    "stroke-dasharray text-anchor font-size font-style font-weight opacity".split()
)
#: The classes of groups that the page tells apart.
CLASSES = frozenset("tempo dir dynam mNum ending fing reh label labelAbbr beam chord".split())
#: Classes that are left out with all that is in them: nothing is seen of them.
UNSEEN = frozenset({"placeholder", "systemMilestone", "pageMilestone", "systemMilestoneEnd", "pageMilestoneEnd"})
#: The signs of notes in texts, for which verovio uses a font of its own, and what other fonts have for them.
TEXT_SIGNS = str.maketrans({
    "\ueca2": "𝅝", "\ueca3": "𝅗𝅥", "\ueca4": "𝅗𝅥", "\ueca5": "♩", "\ueca6": "♩", "\ueca7": "♪", "\ueca8": "♪",
    "\ueca9": "𝅘𝅥𝅯", "\uecb7": ".", "\ue1e7": ".",
})  # fmt: skip
#: How far a system goes on above and below what is known of it: shapes have a size of their own.
MARGIN = 380
#: The width of a head of a note.
HEAD = 230

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_PLACE = re.compile(r"translate\((-?[\d.]+),\s*(-?[\d.]+)\)")


@dataclass
class System:
    """A line of music.

    ``notes`` has the number of each note and the middle of its head (x, y); ``bars`` the number of each bar, its left
    and its right end; ``staves`` is the highest and the lowest line; ``box`` is left, top, width and height.
    """

    svg: str
    box: tuple[float, float, float, float]
    staves: tuple[float, float]
    notes: list[tuple[int, float, float]] = field(default_factory=list)
    bars: list[tuple[int, float, float]] = field(default_factory=list)


def systems_of(
    page: str, notes: Mapping[str, int], bars: Mapping[str, int], shapes: dict[str, str]
) -> Iterator[System]:
    """Give the systems of a page.

    Parameters
    ----------
    page : str
        The SVG that verovio makes.
    notes, bars : mapping
        The number of each note and bar by its identity.
    shapes : dict
        Takes the shapes that the systems use, by name.
    """
    root = ET.fromstring(page)  # noqa: S314 (verovio's own text)
    drawing = next(svg for svg in root.iter(f"{SVG}svg") if "definition-scale" in svg.get("class", ""))
    width = float(drawing.get("viewBox", "0 0 0 0").split()[2])
    for shape in root.iter(f"{SVG}defs"):
        shapes.update({_shape_name(g.get("id", "")): _inside(g) for g in shape})
    margin = next(g for g in drawing.iter(f"{SVG}g") if "page-margin" in g.get("class", ""))
    left = float(_PLACE.match(margin.get("transform", ""))[1])  # type: ignore[index]
    for element in margin.iter(f"{SVG}g"):
        if element.get("data-class") == "system":
            yield _system(element, left, width, notes, bars)


def _system(
    element: ET.Element, left: float, width: float, notes: Mapping[str, int], bars: Mapping[str, int]
) -> System:
    """Return one system."""
    lines = [line for staff in _of_class(element, "staff") if (line := _staff_lines(staff))]
    heights = list(_heights(element))
    top, bottom = min(heights, default=0.0) - MARGIN, max(heights, default=0.0) + MARGIN
    system = System("", (-left, top, width, bottom - top), (min(y for _, _, y, _ in lines), max(y for *_, y in lines)))
    for bar in _of_class(element, "measure"):
        ends = [line for staff in _of_class(bar, "staff") if (line := _staff_lines(staff))]
        if bar.get("data-id") in bars and ends:
            system.bars.append((bars[bar.get("data-id", "")], min(e[0] for e in ends), max(e[1] for e in ends)))
    for note in _of_class(element, "note"):
        head = next(iter(_of_class(note, "notehead")), None)
        use = None if head is None else head.find(f"{SVG}use")
        place = None if use is None else _PLACE.match(use.get("transform", ""))
        if place and note.get("data-id") in notes:
            system.notes.append((notes[note.get("data-id", "")], float(place[1]) + HEAD / 2, float(place[2])))
    system.svg = "".join(_cleaned(child, notes) for child in element)
    return system


def _of_class(element: ET.Element, name: str) -> Iterator[ET.Element]:
    """Give the groups of a class in an element."""
    return (group for group in element.iter(f"{SVG}g") if group.get("data-class") == name)


def _staff_lines(staff: ET.Element) -> tuple[float, float, float, float] | None:
    """Return left, right, top and bottom of the lines of a staff in a bar; None if it has none."""
    lines = [[float(number) for number in _NUMBER.findall(path.get("d", ""))] for path in staff.findall(f"{SVG}path")]
    lines = [line for line in lines if len(line) == 4 and line[1] == line[3]]
    if not lines:
        return None
    return lines[0][0], lines[0][2], min(line[1] for line in lines), max(line[1] for line in lines)


def _heights(element: ET.Element) -> Iterator[float]:
    """Give the heights of all that is drawn in an element."""
    if set(element.get("class", "").split()) & UNSEEN:
        return
    if place := _PLACE.match(element.get("transform", "")):
        yield float(place[2])
    else:
        for key in ("d", "points"):
            yield from map(float, _NUMBER.findall(element.get(key, ""))[1::2])
        for key in ("y", "cy"):
            if (value := element.get(key)) is not None:
                yield float(value)
    for child in element:
        yield from _heights(child)


def _cleaned(element: ET.Element, notes: Mapping[str, int]) -> str:
    """Return an element as text, with what draws and nothing else; groups that say nothing are opened."""
    name = element.tag.removeprefix(SVG)
    classes = element.get("class", "").split()
    if name not in ELEMENTS or UNSEEN.intersection(classes):
        return ""
    kept = {key: value for key, value in element.attrib.items() if key in ATTRIBUTES}
    if own := CLASSES.intersection(classes):
        kept["class"] = " ".join(sorted(own))
    if "note" in classes and element.get("data-id") in notes:
        kept |= {"class": "note", "data-note": str(notes[element.get("data-id", "")])}
    if name == "use":
        link = element.get("href") or element.get(f"{XLINK}href") or ""
        kept["href"] = f"#{_shape_name(link.removeprefix('#'))}"
    if kept.get("font-size") == "0px":
        del kept["font-size"]
    inside = escape((element.text or "").translate(TEXT_SIGNS)) if name in ("text", "tspan") else ""
    inside += "".join(_cleaned(child, notes) for child in element)
    if name == "g" and not (kept and inside):
        return inside
    return f"<{name}{''.join(f' {key}={quoteattr(value)}' for key, value in kept.items())}>{inside}</{name}>"


def _shape_name(name: str) -> str:
    """Return the name of a shape in the page, which all systems share."""
    return "shape-" + re.sub(r"\W", "", name.split("-", maxsplit=1)[0])


def _inside(shape: ET.Element) -> str:
    """Return what a shape draws."""
    return "".join(_cleaned(child, {}) for child in shape)

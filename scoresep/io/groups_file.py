"""``hands.yaml`` → the groups of notes that a user wants.

A groups file maps names to selectors::

    left: {part: Left hand}                  # conditions of one selector must all be fulfilled
    solo: [{voice: 1}, {time: 0:32..0:40}]   # of several selectors, one is enough
    bass: {hand: left, except: {pitch: C4..}}   # notes that fulfil the exception do not count
    notes: {each: note}                      # a stem for every note; also each: pitch, part, drum
    opening: {bars: 1..8}                    # bars as they are numbered in the score
    kick: {drum: kick}                       # a piece of a drum kit, a family of them, or a key
    rest: rest                               # all notes that are in no other group
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from scoresep.errors import InputError
from scoresep.io.yaml_nodes import PlaceOf, as_node, lines_of, parse_node, read_text, word_of
from scoresep.score.conditions import KEYS
from scoresep.score.selection import EACH
from scoresep.values import Condition, Group, Selector

#: What a file should be, for messages.
_WANTED = "a groups file"
#: The key of a selector under which those notes stand that it leaves out.
EXCEPT = "except"


def read_groups(source: str | Path | Mapping[str, Any]) -> tuple[Group, ...]:
    """Read the groups of notes that get a stem each.

    Parameters
    ----------
    source : str, Path or mapping
        A groups file (YAML), or a mapping of the same form, such as ``{"left": {"part": "Left hand"}}``.

    Returns
    -------
    tuple of Group
        The groups in their order, for `select`.

    Raises
    ------
    InputError
        If it is not such a file or mapping; the message names the line of a file.
    """
    if isinstance(source, Mapping):
        return _groups(as_node(source), "groups", lambda _: "groups")  # the caller has seen no lines
    return parse_groups(read_text(source, _WANTED), str(source))


def parse_groups(text: str, source: str) -> tuple[Group, ...]:
    """Return the groups of a YAML text; ``source`` is its name in messages.  Raises InputError with the line."""
    return _groups(parse_node(text, source, _WANTED), source, lines_of(source))


def _groups(root: yaml.Node | None, source: str, place_of: PlaceOf) -> tuple[Group, ...]:
    """Return all groups."""
    if not isinstance(root, yaml.MappingNode) or not root.value:
        raise InputError(f"{source}: no groups; wanted lines like 'left: {{part: Left hand}}', one for each stem")
    groups: dict[str, Group] = {}
    for key, value in root.value:
        name, place = _word(key, place_of), place_of(key)
        if name in groups:
            raise InputError(f"{place}: group '{name}' stands twice; give each group a name of its own")
        groups[name] = Group(name, parse_selectors(f"group '{name}'", value, place_of), place)
    return tuple(groups.values())


def parse_selectors(group: str, node: yaml.Node, place_of: PlaceOf) -> tuple[Selector, ...]:
    """Return the selectors of a group, from the node of its value; none for the rest.  Raises InputError.

    ``group`` is what it is called in messages, such as "group 'left'".
    """
    if isinstance(node, yaml.ScalarNode) and node.value == "rest":
        return ()
    nodes = node.value if isinstance(node, yaml.SequenceNode) and node.value else [node]
    return tuple(_selector(group, item, place_of) for item in nodes)


def _selector(group: str, node: yaml.Node, place_of: PlaceOf) -> Selector:
    """Return one selector."""
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise InputError(
            f"{place_of(node)}: {group} wants a selector like {{part: Left hand}}, a list of them, or rest"
        )
    conditions: dict[str, Condition] = {}
    exceptions: tuple[Selector, ...] = ()
    each = None
    for key_node, value in node.value:
        key, place = _word(key_node, place_of), place_of(key_node)
        if key in conditions or (key == "each" and each) or (key == EXCEPT and exceptions):
            raise InputError(f"{place}: {group} has '{key}' twice; put two selectors in a list to have either")
        if key == "each":
            each = _word(value, place_of)
            if each not in EACH:
                raise InputError(f"{place}: {group} has each: {each}; there is {', '.join(EACH)}")
        elif key == EXCEPT:
            exceptions = _exceptions(group, value, place_of)
        elif key in KEYS:
            items = value.value if isinstance(value, yaml.SequenceNode) and value.value else [value]
            conditions[key] = Condition(key, tuple(_word(item, place_of) for item in items), place)
        else:
            raise InputError(f"{place}: {group} selects by '{key}'; there is {', '.join(KEYS)}, each, except")
    return Selector(tuple(conditions.values()), each, exceptions)


def _exceptions(group: str, node: yaml.Node, place_of: PlaceOf) -> tuple[Selector, ...]:
    """Return the selectors of notes that a selector leaves out."""
    nodes = node.value if isinstance(node, yaml.SequenceNode) and node.value else [node]
    for item in nodes:
        for key in (child.value for child, _ in item.value) if isinstance(item, yaml.MappingNode) else ():
            if key in ("each", EXCEPT):
                raise InputError(f"{place_of(item)}: {group} has '{key}' within except; put it beside except")
    return tuple(_selector(group, item, place_of) for item in nodes)


def _word(node: yaml.Node, place_of: PlaceOf) -> str:
    """Return the text of a scalar."""
    return word_of(node, place_of, "a word, a number or a range like C4..A6")

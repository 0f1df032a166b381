"""``hands.yaml`` → the groups of notes that a user wants.

A groups file maps names to selectors::

    left: {part: Left hand}                  # conditions of one selector must all be fulfilled
    solo: [{voice: 1}, {time: 0:32..0:40}]   # of several selectors, one is enough
    bass: {hand: left, except: {pitch: C4..}}   # notes that fulfil the exception do not count
    notes: {each: note}                      # a stem for every note; also each: pitch, part, drum
    kick: {drum: kick}                       # a piece of a drum kit, a family of them, or a key
    rest: rest                               # all notes that are in no other group

It is read as YAML nodes, not as values.  So an error can name the line, and ``12:30`` or ``no`` stay the words that
they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from scoresep.errors import InputError
from scoresep.io.checks import check_file
from scoresep.score.conditions import KEYS
from scoresep.score.selection import EACH
from scoresep.values import Condition, Group, Selector

#: A file beyond this size (bytes) is not a groups file.
LARGEST_FILE = 1_000_000
#: The key of a selector under which those notes stand that it leaves out.
EXCEPT = "except"

#: Returns where a node stands, for messages.
_PlaceOf = Callable[[yaml.Node], str]


class _Loader(yaml.SafeLoader):
    """Reads YAML without aliases, by which a short text can stand for a huge one."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Return the next node."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(problem="aliases are not read; write it out", problem_mark=mark)
        return super().compose_node(parent, index)


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
        return _groups(_node(source), "groups", lambda _: "groups")  # the caller has seen no lines
    path = Path(source)
    check_file(path, "a groups file")
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{path}: too large for a groups file ({path.stat().st_size} bytes)")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a groups file, it is not UTF-8 text") from error
    return parse_groups(text, str(path))


def parse_groups(text: str, source: str) -> tuple[Group, ...]:
    """Return the groups of a YAML text; ``source`` is its name in messages.  Raises InputError with the line."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"{source}{line}: not YAML, {error.problem}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{source}: not YAML, {str(error).splitlines()[0]}") from error
    except RecursionError as error:
        raise InputError(f"{source}: not a groups file, it is nested too deeply") from error
    return _groups(root, source, lambda node: f"{source}:{node.start_mark.line + 1}")


def _groups(root: yaml.Node | None, source: str, place_of: _PlaceOf) -> tuple[Group, ...]:
    """Return all groups."""
    if not isinstance(root, yaml.MappingNode) or not root.value:
        raise InputError(f"{source}: no groups; wanted lines like 'left: {{part: Left hand}}', one for each stem")
    groups: dict[str, Group] = {}
    for key, value in root.value:
        name, place = _word(key, place_of), place_of(key)
        if name in groups:
            raise InputError(f"{place}: group '{name}' stands twice; give each group a name of its own")
        groups[name] = Group(name, _selectors(name, value, place_of), place)
    return tuple(groups.values())


def _selectors(name: str, node: yaml.Node, place_of: _PlaceOf) -> tuple[Selector, ...]:
    """Return the selectors of a group; none for the rest."""
    if isinstance(node, yaml.ScalarNode) and node.value == "rest":
        return ()
    nodes = node.value if isinstance(node, yaml.SequenceNode) and node.value else [node]
    return tuple(_selector(name, item, place_of) for item in nodes)


def _selector(name: str, node: yaml.Node, place_of: _PlaceOf) -> Selector:
    """Return one selector."""
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise InputError(
            f"{place_of(node)}: group '{name}' wants a selector like {{part: Left hand}}, a list of them, or rest"
        )
    conditions: dict[str, Condition] = {}
    exceptions: tuple[Selector, ...] = ()
    each = None
    for key_node, value in node.value:
        key, place = _word(key_node, place_of), place_of(key_node)
        if key in conditions or (key == "each" and each) or (key == EXCEPT and exceptions):
            raise InputError(f"{place}: group '{name}' has '{key}' twice; put two selectors in a list to have either")
        if key == "each":
            each = _word(value, place_of)
            if each not in EACH:
                raise InputError(f"{place}: group '{name}' has each: {each}; there is {', '.join(EACH)}")
        elif key == EXCEPT:
            exceptions = _exceptions(name, value, place_of)
        elif key in KEYS:
            items = value.value if isinstance(value, yaml.SequenceNode) and value.value else [value]
            conditions[key] = Condition(key, tuple(_word(item, place_of) for item in items), place)
        else:
            raise InputError(f"{place}: group '{name}' selects by '{key}'; there is {', '.join(KEYS)}, each, except")
    return Selector(tuple(conditions.values()), each, exceptions)


def _exceptions(name: str, node: yaml.Node, place_of: _PlaceOf) -> tuple[Selector, ...]:
    """Return the selectors of notes that a selector leaves out."""
    nodes = node.value if isinstance(node, yaml.SequenceNode) and node.value else [node]
    for item in nodes:
        for key in (child.value for child, _ in item.value) if isinstance(item, yaml.MappingNode) else ():
            if key in ("each", EXCEPT):
                raise InputError(f"{place_of(item)}: group '{name}' has '{key}' within except; put it beside except")
    return tuple(_selector(name, item, place_of) for item in nodes)


def _word(node: yaml.Node, place_of: _PlaceOf) -> str:
    """Return the text of a scalar."""
    if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
        raise InputError(f"{place_of(node)}: wanted a word, a number or a range like C4..A6")
    return str(node.value).strip()


def _node(value: Any) -> yaml.Node:
    """Return a value of Python as the YAML node that a file would have for it."""
    if isinstance(value, Mapping):
        return yaml.MappingNode("", [(_node(key), _node(item)) for key, item in value.items()])
    if isinstance(value, Sequence) and not isinstance(value, str):
        return yaml.SequenceNode("", [_node(item) for item in value])
    return yaml.ScalarNode("", "" if value is None else str(value))

"""``hands.yaml`` → the groups of notes that a user wants.

A groups file maps names to selectors::

    left: {part: Left hand}                  # keys in one selector narrow it
    solo: [{voice: 1}, {time: 0:32..0:40}]   # a list widens it
    notes: {each: note}                      # a stem for every note; also each: pitch, part
    rest: rest                               # what no other group claims

It is read as YAML nodes, not as values, so that an error has a line number and ``12:30`` or ``no`` mean what they say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from scoresep.errors import InputError
from scoresep.io.checks import check_file
from scoresep.values import Group, Selector, Test

#: A file beyond this size (bytes) is not a groups file.
LARGEST = 1_000_000

#: What a selector may ask of a note, and how it may divide what it has selected.
KEYS = ("part", "hand", "staff", "voice", "channel", "program", "instrument", "pitch", "time")

EACH = ("note", "pitch", "part")


class _Loader(yaml.SafeLoader):
    """Reads YAML without aliases, by which a short text can stand for a huge one."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Return the next node."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(problem="aliases are not read; write it out", problem_mark=mark)
        return super().compose_node(parent, index)


def read_groups(source: str | Path | Mapping[str, Any]) -> tuple[Group, ...]:
    """Return the groups of a file, or of a mapping of the same form.

    Raises InputError with the line of what is wrong.
    """
    if isinstance(source, Mapping):
        return parse_groups(yaml.safe_dump(_plain(source), sort_keys=False), "groups")
    path = Path(source)
    check_file(path, "a groups file")
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path}: too large for a groups file ({path.stat().st_size} bytes)")
        return parse_groups(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a groups file, it is not UTF-8 text") from error


def parse_groups(text: str, source: str) -> tuple[Group, ...]:
    """Return the groups of a YAML text; ``source`` is its name in messages."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"{source}{line}: not YAML, {error.problem}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{source}: not YAML, {str(error).splitlines()[0]}") from error
    except RecursionError as error:
        raise InputError(f"{source}: not a groups file, it is nested too deeply") from error
    if not isinstance(root, yaml.MappingNode) or not root.value:
        raise InputError(f"{source}: no groups; wanted lines like 'left: {{part: Left hand}}', one for each stem")
    groups: dict[str, Group] = {}
    for key, value in root.value:
        name, place = _scalar(key, source), _place(key, source)
        if name in groups:
            raise InputError(f"{place}: group '{name}' stands twice; give each group a name of its own")
        groups[name] = Group(name, _selectors(name, value, source), place)
    return tuple(groups.values())


def _selectors(name: str, node: yaml.Node, source: str) -> tuple[Selector, ...]:
    """Return the selectors of a group; none for the rest."""
    if isinstance(node, yaml.ScalarNode) and node.value == "rest":
        return ()
    nodes = node.value if isinstance(node, yaml.SequenceNode) and node.value else [node]
    return tuple(_selector(name, item, source) for item in nodes)


def _selector(name: str, node: yaml.Node, source: str) -> Selector:
    """Return one selector."""
    place = _place(node, source)
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise InputError(f"{place}: group '{name}' wants a selector like {{part: Left hand}}, a list of them, or rest")
    tests: list[Test] = []
    each = None
    for key_node, value in node.value:
        key, place = _scalar(key_node, source), _place(key_node, source)
        if key in (test.key for test in tests) or (key == "each" and each):
            raise InputError(f"{place}: group '{name}' has '{key}' twice; put two selectors in a list to have either")
        if key == "each":
            each = _scalar(value, source)
            if each not in EACH:
                raise InputError(f"{place}: group '{name}' has each: {each}; there is {', '.join(EACH)}")
        elif key in KEYS:
            items = value.value if isinstance(value, yaml.SequenceNode) and value.value else [value]
            tests.append(Test(key, tuple(_scalar(item, source) for item in items), place))
        else:
            raise InputError(f"{place}: group '{name}' selects by '{key}'; there is {', '.join(KEYS)}, each")
    return Selector(tuple(tests), each)


def _plain(value: Any) -> Any:
    """Return a value as mappings, lists and words, which are all that YAML must hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return None if value is None else str(value)


def _scalar(node: yaml.Node, source: str) -> str:
    """Return the text of a scalar."""
    if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
        raise InputError(f"{_place(node, source)}: wanted a word, a number or a range like C4..A6")
    return str(node.value).strip()


def _place(node: yaml.Node, source: str) -> str:
    """Return where a node begins, as file:line."""
    return f"{source}:{node.start_mark.line + 1}"

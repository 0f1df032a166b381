"""YAML file → nodes, which know the line that they stand in.

Files that a user writes are read as nodes, not as values.  So an error can name the line, and ``12:30`` or ``no`` stay
the words that they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from scoresep.errors import InputError
from scoresep.io.checks import check_file

#: A file beyond this size (bytes) is not one that a user has written.
LARGEST_FILE = 1_000_000

#: Returns where a node stands, for messages.
PlaceOf = Callable[[yaml.Node], str]


class _Loader(yaml.SafeLoader):
    """Reads YAML without aliases, by which a short text can stand for a huge one."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Return the next node."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(problem="aliases are not read; write it out", problem_mark=mark)
        return super().compose_node(parent, index)


def read_text(path: str | Path, wanted: str) -> str:
    """Return the text of a file that should be ``wanted``, such as "a groups file".  Raises InputError."""
    path = Path(path)
    check_file(path, wanted)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{path}: too large for {wanted} ({path.stat().st_size} bytes)")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not {wanted}, it is not UTF-8 text") from error


def parse_node(text: str, source: str, wanted: str) -> yaml.Node | None:
    """Return the node of a YAML text; None if it is empty.  Raises InputError with the line."""
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"{source}{line}: not YAML, {error.problem}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{source}: not YAML, {str(error).splitlines()[0]}") from error
    except RecursionError as error:
        raise InputError(f"{source}: not {wanted}, it is nested too deeply") from error


def lines_of(source: str) -> PlaceOf:
    """Return the function that says in which line of a file a node stands."""
    return lambda node: f"{source}:{node.start_mark.line + 1}"


def word_of(node: yaml.Node, place_of: PlaceOf, wanted: str) -> str:
    """Return the text of a scalar; InputError says what is wanted if there is none."""
    if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
        raise InputError(f"{place_of(node)}: wanted {wanted}")
    return str(node.value).strip()


def as_node(value: Any) -> yaml.Node:
    """Return a value of Python as the node that a file would have for it."""
    if isinstance(value, Mapping):
        return yaml.MappingNode("", [(as_node(key), as_node(item)) for key, item in value.items()])
    if isinstance(value, Sequence) and not isinstance(value, str):
        return yaml.SequenceNode("", [as_node(item) for item in value])
    return yaml.ScalarNode("", "" if value is None else str(value))

"""``mixes.yaml`` → named mixes of stems.

A mixes file maps the names of mixes to what each of them does with the stems::

    practice: {left: +3, right: -12}                      # gains in dB
    left_only: {right: -inf, residual: -inf}              # -inf leaves a stem out
    wide: {left: {pan: -0.7}, right: {gain: -3, pan: 0.7}}

A stem that is not named stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from scoresep.errors import InputError, OptionError
from scoresep.io.yaml_nodes import PlaceOf, as_node, lines_of, parse_node, read_text, word_of
from scoresep.values import Mix

#: What a file should be, for messages.
_WANTED = "a mixes file"
#: What can be set for a stem.
_SETTINGS = ("gain", "pan")


def read_mixes(source: str | Path | Mapping[str, Any]) -> dict[str, Mix]:
    """Read named mixes of stems.

    Parameters
    ----------
    source : str, Path or mapping
        A mixes file (YAML), or a mapping of the same form.

    Returns
    -------
    dict of str to Mix
        The mixes in their order.

    Raises
    ------
    InputError
        If it is not such a file or mapping; the message names the line of a file.
    """
    if isinstance(source, Mapping):
        return _mixes(as_node(source), "mixes", lambda _: "mixes")
    return _mixes(parse_node(read_text(source, _WANTED), str(source), _WANTED), str(source), lines_of(str(source)))


def _mixes(root: yaml.Node | None, source: str, place_of: PlaceOf) -> dict[str, Mix]:
    """Return all mixes."""
    mixes: dict[str, Mix] = {}
    for name, node, place in _items(root, source, place_of, "mixes; wanted lines like 'practice: {left: +3}'"):
        if any(sign in name for sign in "/\\\0") or name in (".", ".."):
            raise InputError(f"{place}: a mix cannot be named '{name}', since a file is named after it")
        stems = _items(node, place, place_of, f"stems in mix '{name}'; wanted {{left: +3}}")
        settings = {stem: _settings(value, place_of) for stem, value, _ in stems}
        try:
            mixes[name] = Mix(*({stem: of[key] for stem, of in settings.items() if key in of} for key in _SETTINGS))
        except OptionError as error:
            raise InputError(f"{place}: {error}") from error
    return mixes


def _settings(node: yaml.Node, place_of: PlaceOf) -> dict[str, float]:
    """Return what is set for a stem; a number alone is its gain."""
    if isinstance(node, yaml.ScalarNode):
        return {"gain": _number(node, place_of)}
    settings = {}
    for key, value, place in _items(node, place_of(node), place_of, "settings; wanted a gain, or {gain: -3, pan: 0.5}"):
        if key not in _SETTINGS:
            raise InputError(f"{place}: there is no setting '{key}'; there is {', '.join(_SETTINGS)}")
        settings[key] = _number(value, place_of)
    return settings


def _items(node: yaml.Node | None, source: str, place_of: PlaceOf, wanted: str) -> list[tuple[str, yaml.Node, str]]:
    """Return the keys and values of a mapping, each with its place; no key stands twice."""
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise InputError(f"{source}: no {wanted}")
    items: dict[str, tuple[str, yaml.Node, str]] = {}
    for key_node, value in node.value:
        key = word_of(key_node, place_of, "a name")
        if key in items:
            raise InputError(f"{place_of(key_node)}: '{key}' stands twice")
        items[key] = key, value, place_of(key_node)
    return list(items.values())


def _number(node: yaml.Node, place_of: PlaceOf) -> float:
    """Return a number, such as -inf, or -.inf as YAML writes it."""
    word = word_of(node, place_of, "a number of dB, or -inf")
    try:
        return float(word.replace(".inf", "inf"))
    except ValueError as error:
        raise InputError(f"{place_of(node)}: '{word}' is not a number; wanted one of dB such as -3, or -inf") from error

"""``edits.yaml`` → what is to be done to which notes.

An edits file maps names to the notes, by the keys of a groups file, and to actions::

    wrong note: {pitch: Eb4, time: 0:03..0:04, transpose: 1}   # semitones, or 50 cents
    softer left: {part: Left hand, gain: -6}                   # dB
    cough: {time: 0:12..0:13, mute: yes}
    late: {pitch: C5, time: 8..9, shift: -0.05, stretch: 1.2}  # seconds, or 1/2 beat; times as long, or 0.3 s longer
    damaged: {pitch: G3, time: 21..22, replace: sample}        # by the clearest G3 elsewhere in the recording
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from scoresep.errors import InputError
from scoresep.io.groups_file import EXCEPT, parse_selectors
from scoresep.io.yaml_nodes import PlaceOf, as_node, lines_of, parse_node, read_text, word_of
from scoresep.score.conditions import KEYS
from scoresep.values import Action, Duration, Edit, Group

#: What a file should be, for messages.
_WANTED = "an edits file"
#: A line of such a file, for messages.
_EXAMPLE = "'wrong: {pitch: Eb4, time: 0:03..0:04, transpose: 1}'"
#: The suffixes of edits files.
SUFFIXES = (".yaml", ".yml")
#: A note is not made louder than by this (dB).
_MOST_GAIN = 60.0
#: A note is not moved farther than by this (semitones).
_MOST_SEMITONES = 48.0
#: A note is not moved or made longer by more than this (s, beats, or times its length).
_MOST_TIME = 1e4


def read_edits(source: str | Path | Mapping[str, Any]) -> tuple[Edit, ...]:
    """Read what is to be done to which notes of a recording.

    Parameters
    ----------
    source : str, Path or mapping
        An edits file (YAML), or a mapping of the same form, such as ``{"softer": {"part": "Left hand", "gain": -6}}``.

    Returns
    -------
    tuple of Edit
        The edits in their order; none for an empty file or mapping.

    Raises
    ------
    InputError
        If it is not such a file or mapping; the message names the line of a file.
    """
    if isinstance(source, Mapping):
        return _edits(as_node(source), "edits", lambda _: "edits")
    return _edits(parse_node(read_text(source, _WANTED), str(source), _WANTED), str(source), lines_of(str(source)))


def _edits(root: yaml.Node | None, source: str, place_of: PlaceOf) -> tuple[Edit, ...]:
    """Return all edits."""
    if root is None:
        return ()
    if not isinstance(root, yaml.MappingNode):
        raise InputError(f"{source}: no edits; wanted lines like {_EXAMPLE}")
    edits: dict[str, Edit] = {}
    for key, value in root.value:
        name = word_of(key, place_of, "the name of an edit")
        if name in edits:
            raise InputError(f"{place_of(key)}: edit '{name}' stands twice; give each edit a name of its own")
        edits[name] = _edit(name, value, place_of)
    return tuple(edits.values())


def _edit(name: str, node: yaml.Node, place_of: PlaceOf) -> Edit:
    """Return one edit: its actions, and the selector that the other keys make."""
    place = place_of(node)
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    action, conditions, found = Action(), [], set()
    for key, value in pairs:
        word = word_of(key, place_of, "a word")
        if word not in (*ACTIONS, *KEYS, EXCEPT, "each"):
            raise InputError(
                f"{place_of(key)}: edit '{name}' has '{word}'; there is {', '.join(ACTIONS)} to change notes, and "
                f"{', '.join(KEYS)}, except to select them"
            )
        if word not in ACTIONS:
            conditions.append((key, value))
            continue
        if word in found:
            raise InputError(f"{place_of(key)}: edit '{name}' has '{word}' twice; give it once")
        found.add(word)
        text = word_of(value, place_of, f"what '{word}' takes")
        try:
            action = replace(action, **ACTIONS[word](text))
        except ValueError as error:
            raise InputError(f"{place_of(value)}: edit '{name}' has {word} '{text}'; wanted {error}") from error
    if not found or not conditions:
        lacks = "notes" if found else f"action; there is {', '.join(ACTIONS)}"
        raise InputError(f"{place}: edit '{name}' names no {lacks}; wanted a line like {_EXAMPLE}")
    if {"mute", "gain"} <= found:
        raise InputError(f"{place}: edit '{name}' has gain and mute; leave out one of them")
    selectors = parse_selectors(f"edit '{name}'", yaml.MappingNode("", conditions, node.start_mark), place_of)
    if any(selector.each for selector in selectors):
        raise InputError(f"{place}: edit '{name}' has 'each'; leave it out, an edit is done to each of its notes")
    return Edit(Group(name, selectors, place, kind="edit"), action)


def _gain(text: str) -> dict[str, Any]:
    """Read a gain in dB."""
    number = -np.inf if text.casefold() in ("-inf", "-.inf") else _number(text.removesuffix("dB"), _MOST_GAIN)
    if number is None:
        raise ValueError(f"dB up to {_MOST_GAIN:g}, such as -6, or -inf")
    return {"gain": number}


def _mute(text: str) -> dict[str, Any]:
    """Read whether notes are removed."""
    if text.casefold() not in ("yes", "true", "no", "false"):
        raise ValueError("yes or no")
    return {"gain": -np.inf} if text.casefold() in ("yes", "true") else {}


def _transpose(text: str) -> dict[str, Any]:
    """Read an interval in semitones or cents."""
    is_in_cents = re.search(r"cents?$", text)
    number = _number(re.sub(r"(cents?|semitones?)$", "", text), _MOST_SEMITONES * (100 if is_in_cents else 1))
    if number is None:
        raise ValueError(f"semitones up to {_MOST_SEMITONES:g}, such as 1 or -0.5, or cents, such as 50 cents")
    return {"transpose": number / 100 if is_in_cents else number}


def _shift(text: str) -> dict[str, Any]:
    """Read by how much notes begin later."""
    duration = _duration(text, plain="s")
    if duration is None:
        raise ValueError("seconds or beats, such as -0.05 or 1/2 beat")
    return {"shift": duration}


def _stretch(text: str) -> dict[str, Any]:
    """Read how much longer notes last."""
    duration = _duration(text, plain="times")
    if duration is None or (duration.unit == "times" and duration.value <= 0):
        raise ValueError("a factor such as 1.2, or how much longer in seconds or beats, such as 0.3 s or -1/2 beat")
    return {"stretch": duration}


def _replace(text: str) -> dict[str, Any]:
    """Read what takes the place of notes."""
    if text.casefold() != "sample":
        raise ValueError("sample")
    return {"is_sampled": True}


#: What an edit can do to notes: the key, and what reads its value; it raises ValueError with what is wanted.
ACTIONS: dict[str, Callable[[str], dict[str, Any]]] = {
    "gain": _gain,
    "mute": _mute,
    "transpose": _transpose,
    "shift": _shift,
    "stretch": _stretch,
    "replace": _replace,
}


def _duration(text: str, *, plain: str) -> Duration | None:
    """Read a number with the unit s or beats; one without has the unit ``plain``.  None if it cannot be read."""
    found = re.fullmatch(r"(.+?)\s*(s|seconds?|beats?)?", text)
    number = _number(found[1], _MOST_TIME) if found else None
    if found is None or number is None:
        return None
    unit = plain if not found[2] else "beats" if found[2].startswith("beat") else "s"
    return Duration(number, unit)


def _number(text: str, most: float) -> float | None:
    """Read a number or a fraction; None if it is none, or beyond ``most``."""
    found = re.fullmatch(r"\s*([+-]?\d{0,9}(?:\.\d{0,9})?)(?:/(\d{1,9}))?\s*", text)
    try:
        number = float(found[1]) / float(found[2] or 1) if found else np.inf
    except (ValueError, ZeroDivisionError):
        return None
    return number if abs(number) <= most else None

"""Plug-ins: names that are known at once, and objects that are imported when they are asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any


class Registry:
    """Objects of one kind by name: our own, and those of other packages, found by their entry points.

    Parameters
    ----------
    group : str
        The group of entry points by which other packages add to the registry.
    kind : str
        What the objects are called in messages.
    built_in : mapping of str to str
        Our own objects, each as "module:attribute".
    """

    def __init__(self, group: str, kind: str, built_in: Mapping[str, str]) -> None:
        self.group, self.kind = group, kind
        self._built_in = dict(built_in)

    @cached_property
    def _entries(self) -> dict[str, EntryPoint]:
        """All entries by name; our own win."""
        found = {entry.name: entry for entry in entry_points(group=self.group)}
        return found | {name: EntryPoint(name, value, self.group) for name, value in self._built_in.items()}

    def names(self) -> tuple[str, ...]:
        """Give the names, our own first; nothing is imported."""
        return (*self._built_in, *sorted(self._entries.keys() - self._built_in.keys()))

    def get(self, name: str) -> Any:
        """Import the object of a name; raise ValueError if there is none."""
        if name not in self._entries:
            raise ValueError(f"{self.kind}={name!r} must be one of {', '.join(self.names())}")
        module, _, attribute = self._entries[name].value.partition(":")
        return getattr(importlib.import_module(module), attribute)

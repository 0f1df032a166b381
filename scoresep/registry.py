"""Plug-ins: names that are known at once, and objects that are imported when they are asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import entry_points
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
    def _added(self) -> dict[str, str]:
        """The objects of other packages by name, each as "module:attribute"; our own cannot be replaced."""
        return {entry.name: entry.value for entry in entry_points(group=self.group) if entry.name not in self._built_in}

    def names(self) -> tuple[str, ...]:
        """Give the names, our own first; nothing is imported."""
        return (*self._built_in, *sorted(self._added))

    def place(self, name: str) -> str:
        """Give where the object of a name stands, as "module:attribute"; nothing is imported."""
        return self._built_in.get(name) or self._added[name]

    def get(self, name: str) -> Any:
        """Import the object of a name; raise ValueError if there is none."""
        value = self._built_in.get(name) or self._added.get(name)  # entry points are read for names that are not ours
        if value is None:
            raise ValueError(f"{self.kind}={name!r} must be one of {', '.join(self.names())}")
        module, _, attribute = value.partition(":")
        return getattr(importlib.import_module(module), attribute)

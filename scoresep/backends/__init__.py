"""Ways to fit templates and activations to a spectrogram; a new one is a file and a line here."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from scoresep.backends.options import OPTIONS
from scoresep.registry import Registry

#: The backends by name.
BACKENDS = Registry(
    "scoresep.backends",
    "backend",
    {
        "nmf": "scoresep.backends.nmf:NMF",
        "nmfd": "scoresep.backends.nmfd:NMFD",
        "gradient": "scoresep.backends.gradient:GRADIENT",
        "nae": "scoresep.backends.nae:NAE",
        "nae-multiplicative": "scoresep.backends.nae:NAE_MULTIPLICATIVE",
        "torch": "scoresep.backends.torch_nae:TORCH",
    },
)


def options_class(backend: str) -> type:
    """Give the dataclass of a backend's options; ValueError if there is no such backend."""
    options: type = OPTIONS[backend] if backend in OPTIONS else BACKENDS.get(backend).options
    return options


def make_options(backend: str, values: dict[str, Any]) -> Any:
    """Make the options of a backend from values by name; None stands for a default.

    Raises
    ------
    ValueError
        For an option that the backend does not have, naming those that have it, and for a wrong value.
    """
    said = {name: value for name, value in values.items() if value is not None}
    for name in said:
        having = [other for other in BACKENDS.names() if name in {field.name for field in fields(options_class(other))}]
        if not having:
            raise TypeError(f"there is no option {name}")
        if backend not in having:
            raise ValueError(f"the backend {backend} has no option {name}; those that have it are {', '.join(having)}")
    return options_class(backend)(**said)


def option_names() -> tuple[str, ...]:
    """Give the names of the options of all backends."""
    return tuple(dict.fromkeys(field.name for name in BACKENDS.names() for field in fields(options_class(name))))


__all__ = ["BACKENDS", "make_options", "option_names", "options_class"]

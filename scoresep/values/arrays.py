"""What the values are made of, and what is asked of their arrays."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


def require_range(name: str, numbers: Array, least: int, most: int) -> None:
    """Raise a ValueError unless all numbers are whole and from ``least`` to ``most``."""
    is_whole = numbers.dtype.kind in "iu"
    if not is_whole or numbers.min(initial=least) < least or numbers.max(initial=least) > max(most, least):
        raise ValueError(f"{name} must be whole numbers from {least} to {most}")


def require(holds: bool, wanted: str, found: Array) -> None:
    """Raise a ValueError that says what an array must be and what it is."""
    if not holds:
        raise ValueError(f"{wanted}; it has shape {found.shape} of {found.dtype}")

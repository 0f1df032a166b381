"""How stems are mixed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from scoresep.errors import OptionError

#: The largest gain (dB); more is a mistake.
LARGEST_GAIN = 60.0


@dataclass(frozen=True)
class Mix:
    """How loud each stem is in a mix, and where it stands.

    Parameters
    ----------
    gains : mapping of str to float
        The gain of a stem in dB by its name; ``-inf`` leaves it out.  A stem that is not named stays as it is.
    pans : mapping of str to float
        From -1, left, to 1, right.  As with the balance of an amplifier, the other side becomes softer and the sound
        stays as loud on its own side.

    Raises
    ------
    OptionError
        If a gain or a pan is out of range.
    """

    gains: Mapping[str, float] = field(default_factory=dict)
    pans: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, gain in self.gains.items():
            if math.isnan(gain) or gain > LARGEST_GAIN:
                raise OptionError(f"the gain of '{name}' is {gain:g} dB; wanted at most {LARGEST_GAIN:g}, or -inf")
        for name, pan in self.pans.items():
            if not -1 <= pan <= 1:
                raise OptionError(f"the pan of '{name}' is {pan:g}; wanted -1 (left) to 1 (right)")

    def factors(self, name: str) -> tuple[float, float]:
        """Return the factors of the left and the right channel of a stem; both are the same without a pan."""
        gain = 10.0 ** (self.gains.get(name, 0.0) / 20)
        pan = self.pans.get(name, 0.0)
        return gain * min(1.0, 1.0 - pan), gain * min(1.0, 1.0 + pan)

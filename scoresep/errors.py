"""What a user can mend.

::

    ScoresepError
    ├── InputError       a sound file, a score, a groups file or their combination is at fault
    ├── OutputError      the result cannot be put where it was wanted
    └── FormatError      an .npz file is not what was wanted
        └── StaleError   it is sound, but belongs to another recording

    ValueError
    └── OptionError      an option cannot be used with this recording or score

A message says the place, what was found, what was wanted and what to do next, in one line.  Wrong
arguments of a Python caller are plain ``ValueError``.
"""

from __future__ import annotations


class ScoresepError(Exception):
    """The root of all errors that a user can mend."""


class InputError(ScoresepError):
    """A sound file, a score, a groups file or their combination is at fault."""


class OutputError(ScoresepError):
    """The result cannot be put where it was wanted."""


class ScoresepWarning(UserWarning):
    """Something that a user should know, though the work goes on."""


class FormatError(ScoresepError):
    """An ``.npz`` file is not what was wanted."""


class StaleError(FormatError):
    """An ``.npz`` file is sound, but belongs to another recording."""


class OptionError(ValueError):
    """An option cannot be used with this recording or score."""

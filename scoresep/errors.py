"""Exceptions for what a user can mend, and the class of all warnings.

::

    ScoresepError
    ├── InputError       a sound file, a score, a groups file or their combination is wrong
    ├── OutputError      a result cannot be written where it was wanted
    └── FormatError      an .npz file is not of the wanted kind, or is damaged
        └── StaleError   an .npz file is undamaged, but belongs to another recording

    ValueError
    └── OptionError      an option cannot be used with this recording or score

A message says in one line: the place, what was found, what was wanted, and what to do next.  A wrong argument of a
Python caller is a plain ``ValueError``.
"""

from __future__ import annotations


def install_line(extra: str) -> str:
    """Return what installs an extra; scoresep is installed from a clone of its repository."""
    return f'pip install ".[{extra}]" in the clone of scoresep'


class ScoresepError(Exception):
    """Base class of all errors that a user can mend."""


class InputError(ScoresepError):
    """A sound file, a score, a groups file or their combination is wrong."""


class OutputError(ScoresepError):
    """A result cannot be written where it was wanted."""


class FormatError(ScoresepError):
    """An ``.npz`` file is not of the wanted kind, or is damaged."""


class StaleError(FormatError):
    """An ``.npz`` file is undamaged, but belongs to another recording."""


class OptionError(ValueError):
    """An option cannot be used with this recording or score."""


class ScoresepWarning(UserWarning):
    """Something that a user should know, though the work goes on."""

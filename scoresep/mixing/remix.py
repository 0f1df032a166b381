"""Mix the stems in a folder anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from scoresep.io.stems_reader import StemSet, read_stems
from scoresep.mixing.mixed_stems import MixedStems
from scoresep.values import Audio, Mix


def remix(
    stems: str | Path | StemSet,
    gains: Mapping[str, float] | None = None,
    *,
    pans: Mapping[str, float] | None = None,
) -> Audio:
    """Mix the stems in a folder anew.

    Parameters
    ----------
    stems : str, Path or StemSet
        A folder of stems that ``scoresep separate`` has written, or the result of `read_stems`.
    gains : mapping of str to float, optional
        The gain of a stem in dB by its name; ``-inf`` leaves it out.  The others stay as they are.
    pans : mapping of str to float, optional
        Where a stem stands, from -1 (left) to 1 (right).  The other side becomes softer.

    Returns
    -------
    Audio
        The mix.  Its samples are computed from the files each time that they are read.

    Raises
    ------
    InputError
        If the folder has no stems, or none of a given name.
    OptionError
        If a gain or a pan is out of range.

    Examples
    --------
    >>> import scoresep
    >>> mix = scoresep.remix("song_stems", {"left": -6, "residual": float("-inf")})  # doctest: +SKIP
    >>> scoresep.write_audio("mix.wav", mix)  # doctest: +SKIP
    """
    stem_set = stems if isinstance(stems, StemSet) else read_stems(stems)
    return MixedStems(stem_set, Mix(gains or {}, pans or {}))

"""Mix the stems in a folder anew."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from pathlib import Path

from scoresep.errors import OutputError, ScoresepWarning
from scoresep.io.atomic import new_file
from scoresep.io.audio_writer import SoundFormat, choose_format, write_audio
from scoresep.io.checks import check_output
from scoresep.io.stems_reader import StemSet, read_stems
from scoresep.mixing.mixed_stems import MixedStems
from scoresep.values import Audio, Mix

#: Sample formats that hold samples above full scale.
_FLOATING = ("FLOAT", "DOUBLE")
#: The peak of a mix that was turned down: the largest sample of 16-bit PCM.
_HIGHEST = 1.0 - 2.0**-15


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
    """
    stem_set = stems if isinstance(stems, StemSet) else read_stems(stems)
    return MixedStems(stem_set, Mix(gains or {}, pans or {}))


def mix_format(path: Path, mixed: Audio, subtype: str | None) -> SoundFormat:
    """Choose the format of the file of a mix by its suffix.  Raises OutputError if there is none."""
    suffix = path.suffix.removeprefix(".")
    if not suffix:
        raise OutputError(f"{path}: has no suffix that names a sound format; wanted one like .wav or .flac")
    return choose_format(mixed, "aiff" if suffix.lower() == "aif" else suffix, subtype)


def write_mix(
    path: str | Path, stems: StemSet, mix: Mix, *, subtype: str | None = None, overwrite: bool = False
) -> Path:
    """Write a mix to a sound file, turned down as a whole if it would clip.

    Parameters
    ----------
    path : str or Path
        The file; its suffix names the format.
    stems : StemSet
    mix : Mix
    subtype : str, optional
        The sample format, such as "PCM_24" (default: that of the stems).
    overwrite : bool
        Whether a file that is there may be replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the mix names a stem that is not there.
    OutputError
        If the file cannot be written.

    Warns
    -----
    ScoresepWarning
        If the mix was turned down.
    """
    path = Path(path)
    mixed = MixedStems(stems, mix)
    chosen = mix_format(path, mixed, subtype)
    check_output(path, overwrite=overwrite)
    if chosen.subtype not in _FLOATING and mixed.peak > 1:
        mixed = MixedStems(stems, mix, level=_HIGHEST / mixed.peak)
        warnings.warn(
            f"{path.name}: turned down by {-20 * math.log10(mixed.level):.1f} dB, since it would clip; "
            "--subtype FLOAT keeps it as loud",
            ScoresepWarning,
            stacklevel=2,
        )
    with new_file(path) as temporary:
        write_audio(temporary, mixed, chosen)
    return path

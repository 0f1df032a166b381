"""What another separator has made of a recording: read from files, or made by Open-Unmix when it is needed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from scoresep.errors import InputError, OptionError
from scoresep.io.prior_files import read_priors
from scoresep.separators.open_unmix import load_open_unmix
from scoresep.values import Audio, Priors

#: Stands for a file of a prior: Open-Unmix is run, with the weights for the name of the prior, or for that after ":".
UNMIX = "unmix"


def prepare_priors(
    sounds: Mapping[str, str | Path | Audio],
    recording: Audio,
    *,
    model: str | Path | None = None,
    start: float | None = None,
    end: float | None = None,
    in_memory: float = math.inf,
) -> Callable[[], Priors | None]:
    """Read and check what another separator has made of a recording, or load the networks of Open-Unmix.

    Parameters
    ----------
    sounds : mapping of str to str, Path or Audio
    model : str or Path, optional
        As ``priors`` and ``model`` of `separate`.
    recording : Audio
        The recording, or the part of it that is separated.
    start, end : float, optional
        The part of the files to read (s), as of the recording.
    in_memory : float
        The most bytes that the samples of a file, or all that Open-Unmix makes, may take.

    Returns
    -------
    callable
        Gives the priors. Open-Unmix runs when it is first called.

    Raises
    ------
    InputError
        If a file or the folder of the networks is at fault, or does not fit the recording.
    OptionError
        If there is no folder for Open-Unmix, or Open-Unmix is not asked for.
    """
    targets = {name: _unmix_target(name, str(source)) for name, source in sounds.items() if _is_unmix(source)}
    read = read_priors(
        {name: source for name, source in sounds.items() if name not in targets},
        recording, start=start, end=end, in_memory=in_memory,
    )  # fmt: skip
    if bool(targets) != (model is not None):
        raise OptionError("--model FOLDER and --prior NAME=unmix need each other")
    if model is None:
        return lambda: read
    networks = load_open_unmix(model, sorted(set(targets.values())))
    if networks.sample_rate != recording.sample_rate:
        raise InputError(
            f"{model}: the networks are for {networks.sample_rate} Hz, the recording has {recording.sample_rate} Hz; "
            "resample the recording"
        )
    if 4 * len(networks.targets) * networks.n_channels * recording.n_samples > in_memory:
        raise InputError(
            f"the recording ({recording.duration / 60:.0f} minutes) is too long for Open-Unmix in this memory; allow "
            "more with --max-memory, or run Open-Unmix before and name its files"
        )

    @cache
    def run() -> Priors:
        made = networks.separate(recording)
        files = dict(read.sounds) if read else {}
        return Priors(recording, files | {name: made[target] for name, target in targets.items()})

    return run


def files_of(sounds: Mapping[str, str | Path | Audio] | None) -> list[str]:
    """List the files of priors, without those that Open-Unmix makes."""
    return [
        str(source) for source in (sounds or {}).values() if isinstance(source, str | Path) and not _is_unmix(source)
    ]


def _is_unmix(source: str | Path | Audio) -> bool:
    """Whether a prior is to be made by Open-Unmix."""
    return isinstance(source, str) and (source.partition(":")[0] == UNMIX)


def _unmix_target(name: str, source: str) -> str:
    """Give the target of Open-Unmix that a prior is."""
    return source.partition(":")[2] or name

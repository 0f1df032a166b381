"""What a musician downloads to practise: a part louder, missing and alone, in another tempo, with clicks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from scoresep.errors import InputError
from scoresep.exports.timeline import beats_of
from scoresep.io.stems_reader import StemSet
from scoresep.mixing.mixed_stems import MixedStems
from scoresep.practising.clicks import Clicks, plan_clicks
from scoresep.practising.warp import alignment_of, find_warping, new_times, warp_along
from scoresep.values import RESIDUAL, Array, Audio, Mix, PlayedBeats

#: How much softer all others are where a part is louder (dB).
SOFTER = 10.0
#: What the names of the files end with, in their order.
KINDS = ("louder", "missing", "alone")


@dataclass(frozen=True, eq=False)
class PracticePlan:
    """Practice files to be made of stems, with all that they have in common.

    ``parts`` are the names of the stems that are louder, missing and alone.  ``path`` has times of the files over times
    of the recording, None where the tempo stays as it is; ``clicks`` is None where there are none.  ``softer`` is in
    dB.  ``beats`` has the beats with their times in the files, None without bars.
    """

    stems: StemSet
    parts: tuple[str, ...]
    softer: float
    path: Array | None
    clicks: Clicks | None
    beats: PlayedBeats | None

    @property
    def names(self) -> list[str]:
        """The names of the files without their suffixes, such as "Alto-louder"."""
        return [f"{part}-{kind}" for part in self.parts for kind in KINDS]

    def sounds(self) -> Iterator[tuple[str, Audio]]:
        """Yield each file's name and sound."""
        for part in self.parts:
            others = [name for name in self.stems.names if name != part]
            mixes = (
                Mix(dict.fromkeys(others, -self.softer)),
                Mix({part: -math.inf}),
                Mix(dict.fromkeys(others, -math.inf)),
            )
            for kind, mix in zip(KINDS, mixes, strict=True):
                yield f"{part}-{kind}", self._finished(MixedStems(self.stems, mix))

    def _finished(self, mix: Audio) -> Audio:
        """Return a mix in the new tempo, with the clicks."""
        sound = mix
        if self.path is not None:
            # Each mix on its own: the best places to cut it are not those of another one.
            sound = warp_along(mix, find_warping(mix, alignment_of(self.stems), self.path))
        if self.clicks is None:
            return sound
        before = round(self.clicks.lead_in * sound.sample_rate)
        samples = np.pad(sound.read(0, sound.n_samples), ((0, 0), (before, 0)))
        samples = samples + self.clicks.sound(samples.shape[1], sound.sample_rate)
        return Audio(samples.astype(np.float32), sound.sample_rate, sound.subtype)


def practice(
    stems: StemSet,
    *,
    parts: Iterable[str] = (),
    tempo: float | None = None,
    factor: float | None = None,
    click: bool = False,
    count_in: int = 0,
    softer: float = SOFTER,
) -> PracticePlan:
    """Prepare what a musician practises with: for each part the recording with it louder, without it, and it alone.

    Parameters
    ----------
    stems : StemSet
        The stems in a folder, one for each part, by `read_stems`.
    parts : iterable of str, optional
        The names of stems, case ignored (default: all but the residual).
    tempo, factor : float, optional
        Quarters a minute, or so many times the tempo as it is played, as in `warp` (default: as it is played).
    click : bool
        Put a click on each beat.
    count_in : int
        Bars of clicks before the music, at the first tempo.
    softer : float
        How much softer all others are where a part is louder (dB).

    Returns
    -------
    PracticePlan
        Its method ``sounds`` gives the name and the sound of each file.

    Raises
    ------
    InputError
        If there is no such part, or if the stems have no alignment, or no bars, which clicks need.

    Examples
    --------
    >>> import scoresep
    >>> plan = scoresep.practice(scoresep.read_stems("trio_stems"), parts=["Alto"], factor=0.8)  # doctest: +SKIP
    >>> for name, sound in plan.sounds():  # doctest: +SKIP
    ...     scoresep.write_audio(f"{name}.wav", sound)
    """
    if softer < 0 or count_in < 0:
        raise ValueError(f"softer and count_in must not be negative; they are {softer} and {count_in}")
    chosen = _find_parts(stems, parts)
    is_same = tempo is None and factor in (None, 1.0)
    path = None if is_same else new_times(alignment_of(stems), tempo=tempo, factor=factor)
    alignment = None if stems.record is None else stems.record.alignment
    if not (click or count_in) and (alignment is None or alignment.beats is None):
        return PracticePlan(stems, chosen, softer, path, None, None)
    beats = beats_of(alignment_of(stems))
    clicks = plan_clicks(beats, path, count_in=count_in)
    placed = replace(beats, time=clicks.time[len(clicks.time) - len(beats) :])
    if not click:
        clicks = clicks.take(np.arange(len(clicks.time) - len(beats)))
    return PracticePlan(stems, chosen, softer, path, clicks if click or count_in else None, placed)


def _find_parts(stems: StemSet, parts: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the stems of some parts."""
    names = [name for name in stems.names if name != RESIDUAL]
    by_name = {name.casefold(): name for name in names}
    wanted = list(parts)
    for part in wanted:
        if part.casefold() not in by_name:
            raise InputError(f"{stems.folder}: has no part '{part}'; the parts are {', '.join(names)}")
    return tuple(dict.fromkeys(by_name[part.casefold()] for part in wanted)) if wanted else tuple(names)

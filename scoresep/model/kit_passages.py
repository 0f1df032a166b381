"""Passages of a recording for a drum kit: those that it is learned from, and those that are divided one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from scoresep.dsp.parallel import ordered_map
from scoresep.dsp.stft import stretches
from scoresep.model.kit_division import GroupSound, KitDivision, Passage, learn_division, short_transform
from scoresep.model.kit_hits import KitHits
from scoresep.values import Array, Audio, Transform

#: How much of a recording a kit is learned from, at most (s).
LEARNED = 180.0
#: In runs of this length (s).
RUN = 20.0
#: Around the first hit of a key that these do not have, so much more (s).
FIRST_HIT = 5.0
#: The least length of a passage that is divided at once (s).
LEAST_PASSAGE = 6.0


@dataclass(frozen=True, eq=False)
class JoinedSounds:
    """The sound of each group in consecutive samples.

    Parameters
    ----------
    span : range
        The samples.
    sounds : dict from str to array, shape (channels, samples)
        The groups that are not silent.
    """

    span: range
    sounds: dict[str, Array]

    def sum_of(self, names: Iterable[str], n_channels: int) -> Array:
        """Give the sum of the sounds of some groups, shape (channels, samples), float32."""
        total = np.zeros((n_channels, len(self.span)), np.float32)
        names = set(names)
        for name, sound in self.sounds.items():
            if name in names:
                total += sound
        return total


def learning_runs(hits: KitHits, transform: Transform) -> list[range]:
    """Choose the frames to learn a kit from.

    Parameters
    ----------
    hits : KitHits
    transform : Transform
        The long window.

    Returns
    -------
    list of range
        Runs spread evenly over the recording, all of it if it is short; and some for keys that these do not have.
    """
    rate, n_frames = transform.frame_rate, transform.n_frames
    length = max(int(RUN * rate), 1)
    starts = list(range(0, n_frames, length))
    count = int(LEARNED / RUN)
    if len(starts) > count:
        starts = [starts[k * len(starts) // count] for k in range(count)]
    runs = [range(start, min(start + length, n_frames)) for start in starts]
    frame = hits.onset * rate
    is_learned = np.zeros(len(frame), bool)
    for run in runs:
        is_learned |= (frame >= run.start) & (frame < run.stop)
    for key in sorted(set(hits.key.tolist()) - set(hits.key[is_learned].tolist())):
        first = int(np.clip(frame[hits.key == key][0] - rate, 0, n_frames - 1))
        runs.append(range(first, min(first + max(int(FIRST_HIT * rate), 1), n_frames)))
    return runs


def learned_division(
    joined_run: Callable[[range], Iterable[JoinedSounds]],
    audio: Audio,
    names: Sequence[str],
    hits: KitHits,
    transform: Transform,
) -> KitDivision:
    """Learn the pieces of a kit from some runs of frames.

    Parameters
    ----------
    joined_run : callable
        Gives all sounds of a run of frames, one after the other.
    audio : Audio
        The recording.
    names : sequence of str
        The names of all groups.
    hits : KitHits
    transform : Transform
        The long window.

    Returns
    -------
    KitDivision
    """
    kit = [names[group] for group in hits.groups]
    short = short_transform(audio.sample_rate, audio.n_samples)
    silence = {"before": 2 * short.n_fft, "after": 2 * short.n_fft}
    learned = []
    for run in learning_runs(hits, transform):
        joined = list(joined_run(run))
        drums = np.concatenate([each.sum_of(kit, audio.n_channels) for each in joined], axis=1)
        cut = transform.n_fft if run.start else 0  # where the frames before the run have a part
        if drums.shape[1] > cut:
            learned.append(padded_passage(audio, joined[0].span.start + cut, drums[:, cut:], **silence))
    return learn_division(learned, hits, short)


def padded_passage(audio: Audio, first: int, drums: Array, *, before: int, after: int) -> Passage:
    """Make a passage from the drums' sound, with silence before the begin and after the end of the recording."""
    stop = first + drums.shape[1]
    recording = audio.read(first, stop).astype(np.float32)
    wide = (before if first == 0 else 0, after if stop == audio.n_samples else 0)
    recording, drums = (np.pad(samples, ((0, 0), wide)) for samples in (recording, drums))
    return Passage(first - wide[0], recording, drums)


def passages(
    joined: Iterable[JoinedSounds], audio: Audio, names: Iterable[str], *, before: int, after: int
) -> Iterator[tuple[list[JoinedSounds], Passage]]:
    """Yield sounds that belong together, and their samples with as many before and after as are asked for.

    Parameters
    ----------
    joined : iterable of JoinedSounds
        All sounds of a recording, one after the other.
    audio : Audio
        The recording.
    names : iterable of str
        The groups of the kit.
    before, after : int

    Yields
    ------
    list of JoinedSounds
    Passage
    """
    names, least = tuple(names), int(LEAST_PASSAGE * audio.sample_rate)
    held: list[JoinedSounds] = []
    drums, first = np.zeros((audio.n_channels, 0), np.float32), 0
    for sounds in joined:
        held.append(sounds)
        drums = np.concatenate([drums, sounds.sum_of(names, audio.n_channels)], axis=1)
        end = sounds.span.stop
        is_last = end == audio.n_samples
        ready = [each for each in held if is_last or each.span.stop <= end - after]
        if not ready or not (is_last or ready[-1].span.stop - ready[0].span.start >= least):
            continue
        yield ready, padded_passage(audio, first, drums, before=before, after=after)
        held = held[len(ready) :]
        dropped = max(ready[-1].span.stop - before - first, 0)
        drums, first = drums[:, dropped:], first + dropped


def divided_sounds(
    joined: Iterable[JoinedSounds], audio: Audio, names: Sequence[str], division: KitDivision
) -> Iterator[JoinedSounds]:
    """Divide the drums' sound among the groups of the kit, passage by passage.

    Parameters
    ----------
    joined : iterable of JoinedSounds
        All sounds of a recording, one after the other.
    audio : Audio
        The recording.
    names : sequence of str
        The names of all groups.
    division : KitDivision

    Yields
    ------
    JoinedSounds
        Stretches of about a second, since there may be hundreds of groups; groups that are silent are left out.
    """
    kit = {names[group] for group in division.hits.groups}
    place = {name: k for k, name in enumerate(names)}

    def divide(item: tuple[list[JoinedSounds], Passage]) -> list[JoinedSounds]:
        own, passage = item
        span = range(own[0].span.start, own[-1].span.stop)
        sounds = {names[group]: sound for group, sound in division.divide(passage, span).items()}
        for name in {name for each in own for name in each.sounds if name not in kit}:
            whole = np.concatenate([each.sum_of([name], audio.n_channels) for each in own], axis=1)
            sounds[name] = GroupSound(0, whole)
        sounds = dict(sorted(sounds.items(), key=lambda item: place[item[0]]))
        return [_cut(sounds, span, part) for part in stretches(span, audio.sample_rate)]

    before, after = division.samples_before, division.samples_after
    for parts in ordered_map(divide, passages(joined, audio, kit, before=before, after=after)):
        yield from parts


def _cut(sounds: dict[str, GroupSound], span: range, part: range) -> JoinedSounds:
    """Give the sounds of a part of a span, without the groups that are silent there."""
    first, stop = part.start - span.start, part.stop - span.start
    found = {}
    for name, sound in sounds.items():
        begin, end = max(sound.first, first), min(sound.first + sound.samples.shape[1], stop)
        if begin < end:
            samples = sound.samples[:, begin - sound.first : end - sound.first]
            found[name] = np.pad(samples, ((0, 0), (begin - first, stop - end)))
    return JoinedSounds(part, found)

"""Divide the sound of a drum kit among groups of its hits, in a window shorter than that of the other notes.

The window that tells the partials of notes apart is long enough for several hits; one of 46 ms tells them apart
better.  The pieces of the kit are learned from a part of the recording (`kit_fit`); then the drums' sound is divided,
one passage after the other.  The parts of the groups add up to the sound that is divided.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.fft

from scoresep.dsp.parallel import ordered_map
from scoresep.dsp.stft import channel_mean, inverse, spectra_of
from scoresep.model.kit_fit import SEARCH_ITERATIONS, Kit, KitStretch, fit_hits, fit_kit
from scoresep.model.kit_hit_search import moved_hits
from scoresep.model.kit_hits import KitHits
from scoresep.model.kit_templates import KitRows, kit_rows, open_frames
from scoresep.values import Array, Transform

#: Length of the short window in seconds; the hop is a quarter of it.
WINDOW = 2048 / 44100
#: Frames after a passage that tell how strong its last hits are.
FRAMES_AFTER = 12
#: Where no hit sounds, groups share the sound by their mean spectra, so much weaker than they are.
FAINT = np.float32(1e-6)
#: The sum of the squared windows over a sample, at a hop of a quarter.
WEIGHT = np.float32(1.5)
TINY = np.float32(1e-30)


def short_transform(sample_rate: int, n_samples: int) -> Transform:
    """Give the sizes of the short window for a recording."""
    hop = int(scipy.fft.next_fast_len(max(round(WINDOW / 4 * sample_rate), 1), real=True))
    return Transform(sample_rate, 4 * hop, hop, n_samples)


@dataclass(frozen=True, eq=False)
class Passage:
    """Consecutive samples of the recording and of its drums.

    Parameters
    ----------
    first : int
        The first sample, which may lie before the recording.
    recording, drums : array, shape (channels, samples)
    """

    first: int
    recording: Array
    drums: Array


@dataclass(frozen=True, eq=False)
class GroupSound:
    """The sound of a group in the samples of a span where it sounds.

    Parameters
    ----------
    first : int
        The first of these samples, from the begin of the span.
    samples : array, shape (channels, samples)
    """

    first: int
    samples: Array


@dataclass(frozen=True, eq=False)
class KitDivision:
    """A kit that is known, ready to divide the sound of its hits.

    Parameters
    ----------
    kit : Kit
    hits : KitHits
    transform : Transform
        The short window.
    """

    kit: Kit
    hits: KitHits
    transform: Transform

    @cached_property
    def mean_spectra(self) -> Array:
        """The spectrum of each key over all its taps, as strong as the key is, shape (keys, bins)."""
        return self.kit.mean_spectra()

    @property
    def samples_before(self) -> int:
        """How many samples before a passage tell what still sounds in it."""
        return (self.kit.rows.reach + 4) * self.transform.hop

    @property
    def samples_after(self) -> int:
        """How many samples after a passage tell how strong its last hits are."""
        return (FRAMES_AFTER + 4) * self.transform.hop

    def divide(self, passage: Passage, span: range) -> dict[int, GroupSound]:
        """Divide the drums' sound of some samples among the groups that have a hit near, by masks of exponent 1.5.

        Parameters
        ----------
        passage : Passage
            The samples, with as many more on either side as `samples_before` and `samples_after` say, as far as there
            are.
        span : range
            The samples to divide.

        Returns
        -------
        dict from int to GroupSound
            The sound of each group by its number; together they are the drums' sound.
        """
        frames, drums, V, B = _spectra(passage, self.transform)
        rate = self.transform.sample_rate
        near = self.hits.between((span.start - self.samples_before) / rate, (span.stop + self.samples_after) / rate)
        if not len(near.groups):
            return {}
        stretch = KitStretch(V, B, _openings(self.kit.rows, near, self.transform, frames)[0])
        near = moved_hits(self.kit, near, stretch, self.transform, frames)
        openings, owned = _openings(self.kit.rows, near, self.transform, frames)
        H = fit_hits(self.kit, KitStretch(V, B, openings))
        first = max((span.start - self.transform.n_fft // 2) // self.transform.hop, frames.start)
        stop = min((span.stop + self.transform.n_fft // 2) // self.transform.hop + 1, frames.stop)
        own = slice(first - frames.start, stop - frames.start)
        skipped = span.start - (first * self.transform.hop - self.transform.n_fft // 2)
        return {
            int(near.groups[group]): self._sound(
                share * drums[..., frames_of], frames_of.start - own.start, skipped, span
            )
            for group, frames_of, share in self._shares(near, H, owned, own)
        }

    def _shares(self, near: KitHits, H: Array, owned: Array, own: slice) -> Iterator[tuple[int, slice, Array]]:
        """Yield the groups that sound in some frames, with these frames and their shares, which sum to one."""
        places = self._places(owned, own)
        total = np.full((self.kit.spectra.shape[1], own.stop), TINY, np.float32)
        for group, frames in places.items():
            total[:, frames] += self._model(near, H, owned, frames, group)

        def strength(group: int, frames: slice) -> Array:
            relative = self._model(near, H, owned, frames, group) / total[:, frames]
            return np.asarray(relative * np.sqrt(relative) + TINY)

        everything = np.zeros_like(total)
        for group, frames in places.items():
            everything[:, frames] += strength(group, frames)
        for group, frames in places.items():
            yield group, frames, strength(group, frames) / everything[:, frames]

    def _places(self, owned: Array, own: slice) -> dict[int, slice]:
        """Give from which to which frame each group sounds; frames between hits belong to the last one before them."""
        n_taps = np.bincount(self.kit.rows.taps.component)
        is_open = owned > 0
        columns = np.arange(owned.shape[2]) - self.kit.rows.reach
        begin = np.where(is_open, columns, owned.shape[2]).min(axis=(1, 2))
        end = np.where(is_open, columns + n_taps[:, None], -owned.shape[2]).max(axis=(1, 2))
        sounds = np.zeros(own.stop, bool)
        for first, stop in zip(begin.clip(0, own.stop).tolist(), end.clip(0, own.stop).tolist(), strict=True):
            sounds[first:stop] = True
        borders = np.flatnonzero(np.diff(sounds[own], prepend=True, append=True)) + own.start
        for first, stop in borders.reshape(-1, 2).tolist():
            is_before = (end <= first) & is_open.any(axis=(1, 2))
            if is_before.any():
                end[np.where(is_before, end, -owned.shape[2] - 1).argmax()] = stop
            else:
                begin[begin.argmin()] = first
        spans = zip(begin.clip(own.start, own.stop).tolist(), end.clip(own.start, own.stop).tolist(), strict=True)
        return {group: slice(first, stop) for group, (first, stop) in enumerate(spans) if first < stop}

    def _model(self, near: KitHits, H: Array, owned: Array, own: slice, group: int) -> Array:
        """Give the model spectrogram of a group in some frames, shape (bins, frames)."""
        frames = slice(own.start, self.kit.rows.reach + own.stop)
        faint = FAINT * np.float32(near.weight[near.group == group].sum() / len(near.key))
        model = np.zeros((self.kit.spectra.shape[1], own.stop - own.start), np.float32)
        for key in np.flatnonzero(owned[group].any(axis=1)).tolist():
            some, rows = self.kit.rows.of_key(key)
            h = rows.activations(H[[key], frames] * owned[group, [key], frames])
            model += self.kit.spectra[some].T @ h
            model += faint * self.mean_spectra[key][:, None]
        return model

    def _sound(self, spectrum: Array, n_before: int, skipped: int, span: range) -> GroupSound:
        """Give the sound of a spectrum that begins some frames, less some samples, after the begin of a span."""
        samples = inverse(spectrum, n_fft=self.transform.n_fft, hop=self.transform.hop) / WEIGHT
        first = n_before * self.transform.hop - skipped
        return GroupSound(max(first, 0), samples[:, max(-first, 0) : len(span) - first])


def learn_division(passages: Sequence[Passage], hits: KitHits, transform: Transform) -> KitDivision:
    """Learn how the pieces of a kit sound.

    Parameters
    ----------
    passages : sequence of Passage
        What to learn from.
    hits : KitHits
        All hits.
    transform : Transform
        The short window.

    Returns
    -------
    KitDivision
    """
    rows, spectra = kit_rows(np.unique(hits.key), transform)
    parts, stretches = [], []
    for passage in passages:
        frames, _, V, B = _spectra(passage, transform)
        near = hits.between(
            (frames.start - rows.reach) / transform.frame_rate, (frames.stop + rows.reach) / transform.frame_rate
        )
        parts.append((frames, near))
        stretches.append(KitStretch(V, B, _openings(rows, near, transform, frames)[0]))
    rough, _ = fit_kit(rows, spectra, stretches, iterations=SEARCH_ITERATIONS)

    def moved(item: tuple[KitStretch, tuple[range, KitHits]]) -> KitStretch:
        stretch, (frames, near) = item
        near = moved_hits(rough, near, stretch, transform, frames)
        return replace(stretch, openings=_openings(rows, near, transform, frames)[0])

    stretches = list(ordered_map(moved, zip(stretches, parts, strict=True)))
    return KitDivision(fit_kit(rows, spectra, stretches)[0], hits, transform)


def _spectra(passage: Passage, transform: Transform) -> tuple[range, Array, Array, Array]:
    """Give the frames that lie in a passage, the STFT of the drums, and the magnitudes of recording and rest."""
    n_fft, hop = transform.n_fft, transform.hop
    first = -(-(passage.first + n_fft // 2) // hop)
    skipped = first * hop - n_fft // 2 - passage.first
    drums, recording, rest = (
        _stft(samples[:, skipped:], n_fft, hop)
        for samples in (passage.drums, passage.recording, passage.recording - passage.drums)
    )
    return range(first, first + drums.shape[2]), drums, channel_mean(recording), channel_mean(rest)


def _stft(samples: Array, n_fft: int, hop: int) -> Array:
    """Give the STFT of all frames that lie in some samples, shape (channels, bins, frames), complex64."""
    if samples.shape[1] < n_fft:
        return np.zeros((len(samples), n_fft // 2 + 1, 0), np.complex64)
    windows = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float32), n_fft, axis=1)[:, ::hop]
    return spectra_of(windows)


def _openings(rows: KitRows, near: KitHits, transform: Transform, frames: range) -> tuple[Array, Array]:
    """Give where keys may be struck, as `KitStretch` has it, and how much of it is each group's."""
    shape = len(rows.keys), rows.reach + len(frames)
    count, owned = np.zeros(shape, np.float32), np.zeros((len(near.groups), *shape), np.float32)
    spans = open_frames(near, rows, transform, frames)
    for key, begin, end in spans:
        count[key, begin:end] += 1
    for hit, group, weight in zip(near.hit.tolist(), near.group.tolist(), near.weight, strict=True):
        key, begin, end = spans[hit]
        owned[group, key, begin:end] += weight
    return (count > 0).astype(np.float32), owned / np.maximum(count, 1)

"""The stages composed: from a recording and a score to stems, a stretch of frames at a time."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, Unpack, cast

import numpy as np

from scoresep.backends.contract import OnIteration
from scoresep.dsp.parallel import ordered_map
from scoresep.dsp.stft import choose_transform, stretches
from scoresep.errors import InputError
from scoresep.io.audio import FileSamples, read_audio, warn_if_clipped
from scoresep.io.groups_file import read_groups
from scoresep.io.note_table import is_aligned, read_notes
from scoresep.io.scores import read_unfoldings
from scoresep.io.scores.parts import alignment_without_parts
from scoresep.score.selection import select
from scoresep.stages.align import align
from scoresep.stages.decompose import decompose
from scoresep.stages.mask import mask
from scoresep.stages.render import Sounds, gather, masked_sounds, render_stretches
from scoresep.stages.stft import stft
from scoresep.values import (
    Alignment,
    Array,
    Audio,
    Decomposition,
    Group,
    Notes,
    Selection,
    Spectrogram,
    Stems,
    Transform,
)

#: Called with the stage, how much of it is done, of how much, and what there is to say of it.
OnProgress = Callable[[str, int, int, str], None]


#: What may be used for a recording (bytes), and what is needed whatever its length.
MAX_MEMORY, BASE_MEMORY = 2e9, 0.3e9
#: What a second of it needs: of the first 23 minutes, all of whose frames are learned from, and of what follows.
FULLY_LEARNED, MEMORY_PER_SECOND = 1400.0, (0.5e6, 0.2e6)


class Options(TypedDict, total=False):
    """The options of the stages, with the names and defaults that they have there."""

    n_fft: int | None
    hop: int | None
    is_aligned: bool
    anchors: Array | None
    force: bool
    backend: str
    loss: str
    iterations: int
    threshold: float
    constraints: str
    onsets: str
    instrument: str | Sequence[str]
    spatial: str
    seed: int
    layers: Sequence[int] | None
    sparsity: float
    continuity: float
    encoder: str
    init: Decomposition | None
    exponent: float
    subtype: str | None


@dataclass(frozen=True, eq=False)
class Separation:
    """The stems of a recording, with the alignment and the decomposition that they come from."""

    stems: Stems
    alignment: Alignment
    decomposition: Decomposition


def separate(
    recording: str | Path | Audio,
    score: str | Path | Notes | Alignment,
    *,
    groups: str | Path | Mapping[str, Any] | None = None,
    repeats: str = "auto",
    ornaments: str = "played",
    without: Sequence[str | int] = (),
    start: float | None = None,
    end: float | None = None,
    max_memory: float = MAX_MEMORY,
    on_progress: OnProgress | None = None,
    **options: Unpack[Options],
) -> Separation:
    """Separate a recording into one stem for each group of notes of its score, and a residual.

    ``recording`` and ``score`` are files or values (a table of aligned notes, .csv, stands for the score),
    ``groups`` is a groups file or a mapping of the same form; without it a piano score gives two hands and any
    other one stem a part.  ``repeats`` of a score file are played as in `read_score`, or with "auto" as fits best.
    ``start`` and ``end`` (s) take a part of a sound file.  Other keywords are those of the stages `stft`, `align`,
    `decompose`, `mask` and `render`.  A recording that takes more than a quarter of ``max_memory`` (bytes) stays in
    its file.  All stems lie in memory together. Raises InputError for files that cannot be read or do not fit one
    another.

    >>> import scoresep
    >>> song = scoresep.separate("waltz.flac", "waltz.mid", groups={"bass": {"pitch": "..B3"}})  # doctest: +SKIP
    >>> song.stems["bass"].shape  # doctest: +SKIP
    (2, 531675)
    """
    if unknown := options.keys() - Options.__annotations__.keys():
        raise TypeError(f"separate() has no option {', '.join(sorted(unknown))}")
    if isinstance(recording, Audio):
        audio = recording
    else:
        audio = open_audio(recording, start=start, end=end, max_memory=max_memory)
    notes = (
        score
        if isinstance(score, Notes | Alignment)
        else read_notes_of(score, repeats=repeats, ornaments=ornaments, without=without)
    )
    parsed = None if groups is None else read_groups(groups)
    check_groups(parsed, notes)  # a mistake in the groups costs nothing yet
    alignment, decomposition = explain(audio, notes, on_progress=on_progress, **options)
    selection = select(parsed, alignment.notes)
    parts = list(stem_stretches(audio, decomposition, selection, on_progress=on_progress, **options))
    return Separation(gather(parts, selection.names, selection.note, audio.n_samples), alignment, decomposition)


def open_audio(
    path: str | Path, *, start: float | None = None, end: float | None = None, max_memory: float = MAX_MEMORY
) -> Audio:
    """Return a sound file as `read_audio` does, for work in ``max_memory`` bytes; InputError if it is too long."""
    audio = read_audio(path, start=start, end=end, in_memory=max_memory / 4)
    beyond = max(audio.duration - FULLY_LEARNED, 0.0)
    needed = BASE_MEMORY + (audio.duration - beyond) * MEMORY_PER_SECOND[0] + beyond * MEMORY_PER_SECOND[1]
    if needed > max_memory:
        raise InputError(
            f"{path}: {audio.duration / 3600:.1f} hours need about {needed / 1e9:.1f} GB of memory; allow it with "
            f"--max-memory {np.ceil(needed / 1e9):.0f}G, or take a part with --start and --end"
        )
    if isinstance(cast("object", audio.samples), FileSamples):  # its faults are found before the work, too
        deque(warn_if_clipped(audio.blocks(), path), maxlen=0)
    return audio


def read_notes_of(
    path: str | Path, *, repeats: str = "auto", ornaments: str = "played", without: Sequence[str | int] = ()
) -> tuple[Notes, ...] | Alignment:
    """Return the notes of a score in the readings that its repeats allow, or those of a table of aligned notes."""
    if is_aligned(path):
        return alignment_without_parts(read_notes(path), without, path)
    return read_unfoldings(path, repeats=repeats, ornaments=ornaments, without=without)


def check_groups(parsed: tuple[Group, ...] | None, notes: Notes | Sequence[Notes] | Alignment) -> Selection:
    """Return the selection as far as it can be told before the notes are aligned; InputError if it does not fit."""
    if isinstance(notes, Alignment):
        return select(parsed, notes.notes)
    return select(parsed, notes if isinstance(notes, Notes) else notes[0], is_aligned=False)


def explain(
    audio: Audio,
    notes: Notes | Sequence[Notes] | Alignment,
    *,
    on_progress: OnProgress | None = None,
    **options: Unpack[Options],
) -> tuple[Alignment, Decomposition]:
    """Align the notes with the recording and decompose its spectrogram, which is never in memory as a whole."""
    report = on_progress or _ignore
    report("align", 0, 1, "")
    alignment = notes if isinstance(notes, Alignment) else align(audio, notes, **_options_of(align, options))
    report("align", 1, 1, f"confidence {alignment.overall_confidence:.2f}")
    decomposition = decompose(
        lambda: spectrogram_stretches(audio, **options),
        alignment,
        on_iteration=iteration_report(report, options),
        **_options_of(decompose, options),
    )
    return alignment, decomposition


def iteration_report(report: OnProgress, options: Mapping[str, Any]) -> OnIteration:
    """Return what tells the progress of a decomposition with these options, iteration by iteration."""
    total = int(options.get("iterations", inspect.signature(decompose).parameters["iterations"].default))
    return lambda done, loss: report("decompose", done, total, f"iteration {done} of {total}, loss {loss:.4g}")


def spectrogram_stretches(audio: Audio, **options: Unpack[Options]) -> Iterator[Spectrogram]:
    """Return the STFT of a recording, one stretch after the other."""
    sizes = _options_of(stft, options)
    transform = choose_transform(audio.sample_rate, audio.n_samples, **sizes)
    everything = stretches(range(transform.n_frames))
    return ordered_map(lambda frames: stft(audio, frames=frames, **sizes), everything)


@dataclass(frozen=True, eq=False)
class MaskedDecomposition:
    """The rendering that makes spectrogram and masks for each stretch when it is asked for; it adds up."""

    audio: Audio
    decomposition: Decomposition
    selection: Selection
    mask_options: dict[str, Any]
    adds_up: bool = True

    @property
    def transform(self) -> Transform:
        """The STFT of the decomposition."""
        return self.decomposition.transform

    @property
    def notes(self) -> Notes:
        """The notes of the groups."""
        return self.decomposition.notes

    @property
    def names(self) -> tuple[str, ...]:
        """The groups without the residual."""
        return self.selection.names

    def sounds(self, frames: range) -> Sounds:
        """Give the sound of each group in a stretch; a group is left out where it is silent."""
        spectrogram = stft(self.audio, n_fft=self.transform.n_fft, hop=self.transform.hop, frames=frames)
        masks = mask(self.decomposition, self.selection, frames=frames, **self.mask_options)
        return masked_sounds(spectrogram.stft, masks)


def stem_stretches(
    audio: Audio,
    decomposition: Decomposition,
    selection: Selection,
    *,
    on_progress: OnProgress | None = None,
    **options: Unpack[Options],
) -> Iterator[Stems]:
    """Render the stems of a recording, one stretch after the other; a group is left out where it is silent."""
    rendering = MaskedDecomposition(audio, decomposition, selection, _options_of(mask, options))
    report = on_progress or _ignore
    for stems in render_stretches(rendering, subtype=options.get("subtype")):
        yield stems
        end = stems.first_sample + stems.samples.shape[2]
        report("render", end, audio.n_samples, "")


def _options_of(stage: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that a stage takes."""
    accepted = inspect.signature(stage).parameters
    return {name: value for name, value in options.items() if name in accepted}


def _ignore(stage: str, done: int, total: int, detail: str) -> None:
    """Report nothing."""

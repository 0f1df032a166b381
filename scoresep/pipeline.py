"""From a recording and its score to stems: the five stages, one after the other.

The work has two steps. `plan_separation` reads and checks all inputs. `SeparationPlan.run` computes, and gives the
stems one stretch of time after the other. `separate` does both and keeps the stems in memory; the command ``scoresep
separate`` writes each stretch to files. Messages go to the logger ``scoresep``.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

from scoresep.alignment.known_times import alignment_with_score
from scoresep.backends import option_names
from scoresep.dsp.parallel import reserve_blas_buffers
from scoresep.dsp.stft import choose_transform
from scoresep.errors import InputError, OptionError
from scoresep.io.groups_file import read_groups
from scoresep.io.note_table import is_aligned, read_notes
from scoresep.io.recording import MAX_MEMORY, SAMPLES_SHARE, open_audio
from scoresep.io.scores import read_unfoldings
from scoresep.io.scores.parts import alignment_without_parts
from scoresep.model.part_levels import warn_of_missing_parts
from scoresep.progress import (
    OnProgress,
    describe_alignment,
    describe_decomposition,
    ignore_progress,
    iteration_report,
)
from scoresep.score.hands import with_hands
from scoresep.score.prior_notes import find_prior_notes
from scoresep.score.selection import asks_for_hands, select
from scoresep.separators.priors import prepare_priors
from scoresep.stages.align import align
from scoresep.stages.decompose import decompose
from scoresep.stages.render import Rendering, gather, render_stretches
from scoresep.streaming import MaskedDecomposition, spectrogram_stretches
from scoresep.synthesis.methods import METHODS, check_adversarial, check_installed, make_synthesis
from scoresep.values import Alignment, Array, Audio, BarAnchors, Decomposition, Group, Notes, Priors, Selection, Stems

logger = logging.getLogger(__name__)

#: The options of `align`, which have no meaning for notes that are aligned already, and what each is called on the
#: command line.
ALIGN_OPTIONS = {"is_aligned": "--no-align", "anchors": "--anchors", "force": "--force"}


class Options(TypedDict, total=False):
    """The options of the five stages, with the names that they have there."""

    n_fft: int | None
    hop: int | None
    is_aligned: bool
    anchors: Array | BarAnchors | None
    force: bool
    backend: str
    loss: str
    iterations: int
    threshold: float
    constraints: str
    onsets: str
    instrument: str | Sequence[str]
    spatial: str
    background: str | int
    seed: int
    taps: int
    layers: Sequence[int] | None
    sparsity: float
    continuity: float
    encoder: str
    init: Decomposition | None
    exponent: float
    method: str
    adversarial: bool
    subtype: str | None


@dataclass(frozen=True, eq=False)
class Separation:
    """The stems of a recording, with the alignment and the decomposition that they were made from."""

    stems: Stems
    alignment: Alignment
    decomposition: Decomposition


@dataclass(frozen=True, eq=False)
class StreamedSeparation:
    """A separation whose stems are computed while they are iterated over, one stretch of time after the other.

    ``stems`` can be iterated over once. A stretch has no groups that are silent in it; ``selection`` has all groups.
    ``priors`` has what another separator has made of the recording, or is None.
    """

    alignment: Alignment
    decomposition: Decomposition
    selection: Selection
    stems: Iterator[Stems]
    priors: Priors | None = None


@dataclass(frozen=True, eq=False)
class SeparationPlan:
    """The inputs of a separation, read and checked.

    ``score`` has the notes in each order in which the repeats of the score can be played, or the notes with their
    times in the recording. ``groups`` is None if the notes are to be grouped by hands or parts, and ``drums`` says then
    what stems drums have, as in `select`. ``selection`` says
    which notes belong to which group, as far as that is known before the alignment. ``priors`` gives what another
    separator has made of the recording, and runs Open-Unmix if that was asked for.
    """

    audio: Audio
    score: tuple[Notes, ...] | Alignment
    groups: tuple[Group, ...] | None
    selection: Selection
    options: Options
    drums: str = "kit"
    priors: Callable[[], Priors | None] | None = None

    @property
    def notes(self) -> Notes:
        """The notes before the alignment; if the score has repeats, as it is written."""
        return self.score.notes if isinstance(self.score, Alignment) else self.score[0]

    def run(self, *, on_progress: OnProgress | None = None) -> StreamedSeparation:
        """Align and decompose the recording, and start to separate it.

        Parameters
        ----------
        on_progress : callable, optional
            Called after each step with the stage's name, the number of steps done, the number of all steps, and a text.

        Returns
        -------
        StreamedSeparation
            The stems are computed when they are iterated over.
        """
        alignment, decomposition = align_and_decompose(self.audio, self.score, on_progress=on_progress, **self.options)
        selection = self.selection  # of notes that were aligned already it is known
        if not isinstance(self.score, Alignment):
            selection = select(self.groups, alignment.notes, drums=self.drums, duration=self.audio.duration)
        priors = None if self.priors is None else self.priors()
        stems = stem_stretches(
            self.audio, decomposition, selection, priors=priors, on_progress=on_progress, **self.options
        )
        return StreamedSeparation(alignment, decomposition, selection, stems, priors)


def separate(
    recording: str | Path | Audio,
    score: str | Path | Notes | Sequence[Notes] | Alignment,
    *,
    groups: str | Path | Mapping[str, Any] | None = None,
    drums: str = "kit",
    priors: Mapping[str, str | Path | Audio] | None = None,
    model: str | Path | None = None,
    repeats: str = "auto",
    ornaments: str = "played",
    without: Sequence[str | int] = (),
    aligned: str | Path | None = None,
    start: float | None = None,
    end: float | None = None,
    max_memory: float = MAX_MEMORY,
    on_progress: OnProgress | None = None,
    **options: Unpack[Options],
) -> Separation:
    """Separate a recording into one stem for each group of notes of its score, and a residual.

    All stems are held in memory together. `plan_separation` gives them one stretch of time after the other.

    Parameters
    ----------
    recording : str, Path or Audio
        A sound file, or a recording in memory.
    score : str, Path, Notes, sequence of Notes or Alignment
        A score file, its notes, or its notes in each order in which its repeats can be played. A table of aligned notes
        (``.csv``) or an alignment replaces the stage `align`.
    groups : str, Path or mapping, optional
        A groups file, or a mapping of the same form. Without it, a piano score is separated into two hands, any other
        score into its parts.
    drums : {"kit", "pieces"}
        Without groups, whether drums have one stem, or each piece of the kit has one.
    priors : mapping of str to str, Path or Audio, optional
        What another separator has made of the recording, as ``{"vocals": "vocals.wav"}``. A name is that of a group or
        a part, or "drums" or "vocals" for all drums or all sung parts; "+" stands between several of them. The word
        "unmix" in place of a file runs Open-Unmix; "unmix:vocals" says which of its targets to take.
    model : str or Path, optional
        The folder with the weights of Open-Unmix.
    repeats : {"auto", "written", "none", "found"}
        How the repeats of a score file are played, as in `read_score`. "auto" takes what fits the recording best.
    ornaments : {"played", "written"}
        Whether the ornaments of a score file are the notes that are played, or plain notes, as in `read_score`.
    without : sequence of str or int
        Names or numbers of parts of a score file to leave out.
    aligned : str or Path, optional
        A table of the score's notes (``.csv``) with their times in the recording, such as one that was corrected in the
        report.  These notes are taken and not aligned; of the score only its beats are used.
    start, end : float, optional
        Separate only this part of the recording (s).
    max_memory : float
        The memory to use (bytes). The samples of a sound file that takes more than a quarter of it stay in the file.
    on_progress : callable, optional
        Called after each step with the stage's name, the number of steps done, the number of all steps, and a text.
    **options
        Options of the stages `stft`, `align`, `decompose`, `mask` and `render`, and ``method``: "mask", or a method of
        `resynthesize`.

    Returns
    -------
    Separation
        The stems, the alignment and the decomposition.

    Raises
    ------
    InputError
        If a file cannot be read, if the inputs do not fit one another, or if the recording needs more memory.
    StaleError
        If the alignment belongs to another recording.
    OptionError
        If an option cannot be used with this recording or score. It is a ValueError.
    TypeError
        If no stage has an option of this name.

    Examples
    --------
    >>> import scoresep
    >>> song = scoresep.separate("waltz.flac", "waltz.mid", groups={"bass": {"pitch": "..B3"}})  # doctest: +SKIP
    >>> song.stems["bass"].shape  # doctest: +SKIP
    (2, 531675)
    """
    plan = plan_separation(
        recording, score, groups=groups, drums=drums, priors=priors, model=model, repeats=repeats, ornaments=ornaments,
        without=without, aligned=aligned, start=start, end=end, max_memory=max_memory, **options,
    )  # fmt: skip
    found = plan.run(on_progress=on_progress)
    stems = gather(list(found.stems), found.selection.names, found.selection.note, plan.audio.n_samples)
    return Separation(stems, found.alignment, found.decomposition)


def plan_separation(
    recording: str | Path | Audio,
    score: str | Path | Notes | Sequence[Notes] | Alignment,
    *,
    groups: str | Path | Mapping[str, Any] | None = None,
    drums: str = "kit",
    priors: Mapping[str, str | Path | Audio] | None = None,
    model: str | Path | None = None,
    repeats: str = "auto",
    ornaments: str = "played",
    without: Sequence[str | int] = (),
    aligned: str | Path | None = None,
    start: float | None = None,
    end: float | None = None,
    max_memory: float = MAX_MEMORY,
    **options: Unpack[Options],
) -> SeparationPlan:
    """Read and check everything that `separate` needs, before anything is computed.

    Parameters and errors are those of `separate`.

    Returns
    -------
    SeparationPlan
        Its method ``run`` does the work.

    Examples
    --------
    >>> import scoresep
    >>> plan = scoresep.plan_separation("waltz.flac", "waltz.mid")  # doctest: +SKIP
    >>> for stretch in plan.run().stems:  # doctest: +SKIP
    ...     print(stretch.first_sample, stretch.names)
    """
    if unknown := options.keys() - Options.__annotations__.keys() - set(option_names()):
        raise TypeError(f"there is no option {', '.join(sorted(unknown))}")
    check_adversarial(options.get("method", "mask"), adversarial=options.get("adversarial", False))
    check_method(options.get("method", "mask"), priors=bool(priors), exponent="exponent" in options)
    parsed = None if groups is None else read_groups(groups)
    hands = asks_for_hands(parsed)
    if isinstance(score, str | Path):
        read = read_score_file(score, repeats=repeats, ornaments=ornaments, without=without, hands=hands)
    else:
        read = _as_unfoldings(score, hands=hands)
    if aligned is not None:
        read = _with_known_times(read, aligned, without, score)
    _check_score_options(read, score, {"repeats": repeats, "ornaments": ornaments, "without": without}, options)
    notes, is_placed = (read.notes, True) if isinstance(read, Alignment) else (read[0], False)
    if parsed is not None and drums != "kit":
        raise OptionError(f"drums {drums} cannot be used with groups; a group can say {{each: drum}}")
    selection = None if is_placed else select(parsed, notes, is_aligned=False, drums=drums)
    reserve_blas_buffers()  # before the recording takes memory
    audio = open_audio(recording, start=start, end=end, max_memory=max_memory)
    if selection is None:
        selection = select(parsed, notes, drums=drums, duration=audio.duration)
    try:
        choose_transform(audio.sample_rate, audio.n_samples, n_fft=options.get("n_fft"), hop=options.get("hop"))
    except ValueError as error:
        raise OptionError(str(error)) from error
    find_prior_notes(list(priors or {}), selection, notes, is_aligned=is_placed)
    in_memory = max_memory * SAMPLES_SHARE
    known = prepare_priors(priors or {}, audio, model=model, start=start, end=end, in_memory=in_memory)
    return SeparationPlan(audio, read, parsed, selection, options, drums, known)


def check_method(method: str, *, priors: bool = False, exponent: bool = False) -> None:
    """Raise OptionError for an unknown method, or for options of masks with a method that has none."""
    if method not in METHODS:
        raise OptionError(f"method {method} must be one of {', '.join(METHODS)}")
    check_installed(method)
    if method != "mask" and (priors or exponent):
        raise OptionError(f"{'priors' if priors else 'exponent'} is for masks; leave out method {method}, or it")


def read_score_file(
    path: str | Path,
    *,
    repeats: str = "auto",
    ornaments: str = "played",
    without: Sequence[str | int] = (),
    hands: bool = False,
) -> tuple[Notes, ...] | Alignment:
    """Read a score, or a table of aligned notes.

    Parameters
    ----------
    path : str or Path
        A score file, or a ``.csv`` table; a table with the column ``score_onset`` is one of aligned notes.
    repeats : {"auto", "written", "none", "found"}
        How the repeats of a score are played, as in `read_score`. "auto" gives all ways.
    ornaments : {"played", "written"}
        Whether ornaments are the notes that are played, or plain notes, as in `read_score`.
    without : sequence of str or int
        Names or numbers of parts to leave out; also of a table.
    hands : bool
        Whether to find which hand plays each note of a score, as in `read_score`.

    Returns
    -------
    tuple of Notes, or Alignment
        The notes in each order in which the repeats can be played, as written first; or the aligned notes.

    Raises
    ------
    InputError
        If the file is not a score, has no notes, or does not have a part to leave out.
    """
    if is_aligned(path):
        return alignment_without_parts(read_notes(path), without, path)
    return read_unfoldings(path, repeats=repeats, ornaments=ornaments, without=without, hands=hands)


def align_and_decompose(
    audio: Audio,
    score: Notes | Sequence[Notes] | Alignment,
    *,
    on_progress: OnProgress | None = None,
    **options: Unpack[Options],
) -> tuple[Alignment, Decomposition]:
    """Align the notes of a score with a recording, and decompose the recording's spectrogram.

    The spectrogram is computed in stretches and never held in memory as a whole.

    Parameters
    ----------
    audio : Audio
        The recording.
    score : Notes, sequence of Notes, or Alignment
        The notes, the notes in each order in which they may be played, or notes that are aligned already.
    on_progress : callable, optional
        As in `separate`.
    **options
        Options of the stages `stft`, `align` and `decompose`; others are ignored.

    Returns
    -------
    alignment : Alignment
    decomposition : Decomposition
    """
    report = on_progress or ignore_progress
    report("align", 0, 1, "")
    alignment = score if isinstance(score, Alignment) else align(audio, score, **_options_of(align, options))
    if alignment.duration != audio.duration:  # it may have been read from a table, or be that of a longer part
        alignment = replace(alignment, duration=audio.duration)
    report("align", 1, 1, f"confidence {alignment.overall_confidence:.2f}")
    logger.info("%s", describe_alignment(alignment))
    decomposition = decompose(
        lambda: spectrogram_stretches(audio, n_fft=options.get("n_fft"), hop=options.get("hop")),
        alignment,
        on_iteration=iteration_report(report, options),
        **_options_of(decompose, options),
    )
    logger.info("%s", describe_decomposition(decomposition))
    warn_of_missing_parts(decomposition)
    return alignment, decomposition


def stem_stretches(
    audio: Audio,
    decomposition: Decomposition,
    selection: Selection,
    *,
    priors: Priors | None = None,
    on_progress: OnProgress | None = None,
    **options: Unpack[Options],
) -> Iterator[Stems]:
    """Yield the stems of a recording, one stretch of time after the other; a stretch leaves out silent groups."""
    method = options.get("method", "mask")
    rendering: Rendering
    if method == "mask":
        mask_options = _options_of(MaskedDecomposition, options)
        rendering = MaskedDecomposition(audio, decomposition, selection, priors=priors, **mask_options)
    else:
        adversarial = options.get("adversarial", False)
        rendering = make_synthesis(audio, decomposition, selection, method=method, adversarial=adversarial)
    report = on_progress or ignore_progress
    for stems in render_stretches(rendering, subtype=options.get("subtype")):
        yield stems
        report("render", stems.first_sample + stems.samples.shape[2], audio.n_samples, "")


def _as_unfoldings(score: Notes | Sequence[Notes] | Alignment, *, hands: bool = False) -> tuple[Notes, ...] | Alignment:
    """Return notes in memory as `read_score_file` returns those of a file."""
    if isinstance(score, Alignment):
        return score
    unfoldings = (score,) if isinstance(score, Notes) else tuple(score)
    return tuple(map(with_hands, unfoldings)) if hands else unfoldings


def _with_known_times(
    read: tuple[Notes, ...] | Alignment, table: str | Path, without: Sequence[str | int], score: object
) -> Alignment:
    """Return the notes of a table in the recording, with the beats of the score that was read."""
    place = score if isinstance(score, str | Path) else "the score"
    if isinstance(read, Alignment):
        raise OptionError(f"{place} is aligned already; leave out --aligned, or name the score that it is of")
    aligned = read_notes(table)
    names = [name.casefold() for name in aligned.notes.part_names]  # a part may have been left out of the table already
    aligned = alignment_without_parts(aligned, [part for part in without if str(part).casefold() in names], table)
    try:
        return alignment_with_score(aligned, read)
    except InputError as error:
        raise InputError(f"{table}: {error}") from error


def _check_score_options(
    read: tuple[Notes, ...] | Alignment, score: object, reading: Mapping[str, Any], options: Mapping[str, Any]
) -> None:
    """Raise OptionError for options of the alignment if the notes are aligned, or of reading if they are in memory."""
    place = score if isinstance(score, str | Path) else "the score"
    if isinstance(read, Alignment):
        unused = [
            word for name, word in ALIGN_OPTIONS.items() if options.get(name) is not None and options[name] is not False
        ]
        unused += ["--repeats"] if reading["repeats"] != "auto" else []
        if unused:
            raise OptionError(f"{place} is aligned already; leave out {', '.join(unused)}, which are for scores")
    if not isinstance(score, str | Path):
        for name, default in (("repeats", "auto"), ("ornaments", "played"), ("without", ())):
            if reading[name] != default:
                raise OptionError(
                    f"{name}={reading[name]!r} is for score files; notes in memory have been read already"
                )


def _options_of(stage: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that a stage takes; those of the backends are taken by `decompose`."""
    accepted = set(inspect.signature(stage).parameters)
    if stage is decompose:
        accepted.update(option_names())
    return {name: value for name, value in options.items() if name in accepted}

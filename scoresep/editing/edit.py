"""From a recording, its score and edits to the changed recording.

As in `pipeline`, the work has two steps: `plan_edit` reads and checks all inputs, `EditPlan.run` computes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

import numpy as np

from scoresep.backends import option_names
from scoresep.editing.actions import changes_of
from scoresep.editing.apply import apply_changes
from scoresep.editing.changed_notes import compare_notes
from scoresep.editing.key_change import change_key
from scoresep.editing.score_difference import difference_of_scores
from scoresep.errors import FormatError, OptionError, StaleError
from scoresep.io.edits_file import SUFFIXES, read_edits
from scoresep.io.npz import load_any
from scoresep.io.recording import MAX_MEMORY, open_audio
from scoresep.pipeline import Options, align_and_decompose, read_score_file
from scoresep.progress import OnProgress
from scoresep.score.selection import asks_for_hands
from scoresep.values import (
    Alignment,
    Array,
    Audio,
    ComparedNotes,
    Decomposition,
    Edit,
    NoteChanges,
    Notes,
    SeparationRecord,
)

logger = logging.getLogger(__name__)

#: A beat is at most so many times as long, or as short, as in the score.
MOST_RUBATO = 4.0


@dataclass(frozen=True, eq=False)
class EditResult:
    """A changed recording, its notes before and after, and how many of them changed.

    ``notes`` is None where nothing was asked for, since then nothing is aligned.
    """

    audio: Audio
    notes: ComparedNotes | None = None
    n_changed: int = 0
    n_added: int = 0


@dataclass(frozen=True, eq=False)
class EditPlan:
    """The inputs of an edit, read and checked.

    ``source`` has the notes: those of a score, in each order in which its repeats can be played, those of an alignment,
    or those of a decomposition.  ``edits`` are those of a file; ``changed`` has the notes of a changed score, ``key``
    the keys before and after.  ``tempo`` is that of the score, in quarters a minute.
    """

    audio: Audio
    source: tuple[Notes, ...] | Alignment | Decomposition
    edits: tuple[Edit, ...] = ()
    changed: tuple[Notes, ...] = ()
    key: tuple[str, str] | None = None
    tempo: float | None = None
    options: Options | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to change, whatever the notes are."""
        return not self.edits and not self.changed and self.key is None

    def run(self, *, on_progress: OnProgress | None = None) -> EditResult:
        """Align and decompose the recording if that is not done yet, and change it.

        Parameters
        ----------
        on_progress : callable, optional
            As in `pipeline.separate`.

        Returns
        -------
        EditResult
            The samples of ``audio`` are those of the recording wherever no changed note sounds; it is the recording
            itself if nothing changes.
        """
        if self.is_empty:
            return EditResult(self.audio)
        options = self.options or {}
        if isinstance(self.source, Decomposition):
            decomposition = self.source
            alignment = _as_alignment(decomposition)
        else:
            alignment, decomposition = align_and_decompose(self.audio, self.source, on_progress=on_progress, **options)
        changes = self.find_changes(alignment)
        compared = compare_notes(alignment.notes, changes)
        if changes.is_empty:
            return EditResult(self.audio, compared)
        n_changed, n_added = int(changes.is_changed.sum()), len(changes.added)
        logger.info("%d of %d notes change, %d are added", n_changed, len(changes), n_added)
        exponent = {"exponent": options["exponent"]} if "exponent" in options else {}
        samples = apply_changes(self.audio, decomposition, changes, on_progress=on_progress, **exponent)
        audio = Audio(samples, self.audio.sample_rate, self.audio.subtype)
        return EditResult(audio, compared, n_changed, n_added)

    def find_changes(self, alignment: Alignment) -> NoteChanges:
        """Return what changes about each note."""
        if self.key is not None:
            return change_key(alignment.notes, *self.key)
        if self.changed:
            return difference_of_scores(alignment, self.changed)
        return changes_of(self.edits, alignment.notes, beat=_beat(alignment, self.tempo))


def edit(
    recording: str | Path | Audio,
    score: str | Path | Notes | Sequence[Notes] | Alignment | Decomposition,
    edits: str | Path | Mapping[str, Any] | Notes | None = None,
    *,
    key: tuple[str, str] | None = None,
    tempo: float | None = None,
    repeats: str = "auto",
    ornaments: str = "played",
    without: Sequence[str | int] = (),
    max_memory: float = MAX_MEMORY,
    on_progress: OnProgress | None = None,
    **options: Unpack[Options],
) -> Audio:
    """Change single notes of a recording.

    For each changed note, its share of the recording is subtracted and its changed sound is added.  Samples that no
    changed note reaches stay as they are.

    Parameters
    ----------
    recording : str, Path or Audio
        A sound file, or a recording in memory.
    score : str, Path, Notes, sequence of Notes, Alignment or Decomposition
        A score file or its notes; aligned notes (``.csv``, ``.align.npz`` or the ``separation.npz`` among stems); or
        the decomposition of the recording (``.parts.npz``), which takes the least time.
    edits : str, Path, mapping or Notes, optional
        An edits file (``.yaml``) or a mapping of the same form; or the score as it should be, in score time or in that
        of the recording: what differs is changed.
    key : tuple of str, optional
        The key of the score and the one to change to, such as ``("A minor", "A major")``, instead of ``edits``.
    tempo : float, optional
        The tempo of the score (quarters a minute), for edits in beats.
    repeats, ornaments, without, max_memory, on_progress
        As in `separate`.
    **options
        Options of the stages `stft`, `align`, `decompose` and `mask`.

    Returns
    -------
    Audio
        The changed recording, in floating point.  Its peaks may be above full scale.

    Raises
    ------
    InputError
        If a file cannot be read, or if an edit matches no note.
    StaleError
        If the alignment or the decomposition belongs to another recording.
    OptionError
        If there is nothing to do, a key cannot be read, or an option cannot be used.

    Warns
    -----
    ScoresepWarning
        If a note that is moved far is covered by others, or if no note of the recording can replace or add one.

    Examples
    --------
    >>> import scoresep
    >>> louder = scoresep.edit("waltz.flac", "waltz.mid", {"bass": {"pitch": "..B3", "gain": 6}})  # doctest: +SKIP
    """
    plan = plan_edit(
        recording, score, edits, key=key, tempo=tempo, repeats=repeats, ornaments=ornaments, without=without,
        max_memory=max_memory, **options,
    )  # fmt: skip
    return plan.run(on_progress=on_progress).audio


def plan_edit(
    recording: str | Path | Audio,
    score: str | Path | Notes | Sequence[Notes] | Alignment | Decomposition,
    edits: str | Path | Mapping[str, Any] | Notes | None = None,
    *,
    key: tuple[str, str] | None = None,
    tempo: float | None = None,
    repeats: str = "auto",
    ornaments: str = "played",
    without: Sequence[str | int] = (),
    max_memory: float = MAX_MEMORY,
    **options: Unpack[Options],
) -> EditPlan:
    """Read and check everything that `edit` needs, before anything is computed.

    Parameters and errors are those of `edit`.

    Returns
    -------
    EditPlan
    """
    if unknown := options.keys() - Options.__annotations__.keys() - set(option_names()):
        raise TypeError(f"there is no option {', '.join(sorted(unknown))}")
    if (edits is None) == (key is None):
        raise OptionError("there must be either edits or a key to change to, not both or none")
    reading: dict[str, Any] = {"repeats": repeats, "ornaments": ornaments, "without": without}
    parsed, changed = _read_changes(edits, reading)
    hands = asks_for_hands([each.group for each in parsed]) if parsed else False
    source = _read_source(score, reading, hands=hands)
    notes = source[0] if isinstance(source, tuple) else source.notes
    if key is not None:
        change_key(notes, *key)
    # Notes that have no place in the recording yet may fulfil any condition on time; beats are known later.
    changes_of(
        parsed, notes, beat=None if tempo is None else np.ones(len(notes)), is_aligned=not isinstance(source, tuple)
    )
    audio = open_audio(recording, max_memory=max_memory)
    if not isinstance(source, tuple) and source.fingerprint not in ("", audio.fingerprint):
        raise StaleError(
            f"{score if isinstance(score, str | Path) else 'the score'}: is of another recording; align this one anew"
        )
    return EditPlan(audio, source, parsed, changed, key, tempo, options)


def _read_changes(
    edits: str | Path | Mapping[str, Any] | Notes | None, reading: Mapping[str, Any]
) -> tuple[tuple[Edit, ...], tuple[Notes, ...]]:
    """Return the edits of a file, or the notes of a changed score in each order in which it may be played."""
    if edits is None:
        return (), ()
    if isinstance(edits, Notes):
        return (), (edits,)
    if isinstance(edits, Mapping) or Path(edits).suffix.lower() in SUFFIXES:
        return read_edits(edits), ()
    found = read_score_file(edits, **reading)
    return (), (found.notes,) if isinstance(found, Alignment) else found


def _read_source(
    score: str | Path | Notes | Sequence[Notes] | Alignment | Decomposition, reading: Mapping[str, Any], *, hands: bool
) -> tuple[Notes, ...] | Alignment | Decomposition:
    """Return the notes of a score, of an alignment or of a decomposition."""
    if isinstance(score, Alignment | Decomposition):
        return score
    if isinstance(score, Notes):
        return (score,)
    if not isinstance(score, str | Path):
        return tuple(score)
    if Path(score).suffix.lower() != ".npz":
        return read_score_file(score, **reading, hands=hands)
    value = load_any(
        score, remedy="wanted alignment, decomposition or separation, made by 'scoresep separate --keep' or the stages"
    )
    if isinstance(value, SeparationRecord):
        return value.alignment
    if isinstance(value, Alignment | Decomposition):
        return value
    raise FormatError(f"{score}: holds {type(value).__name__}; wanted an alignment or a decomposition")


def _as_alignment(decomposition: Decomposition) -> Alignment:
    """Return the notes of a decomposition as aligned notes, whose times in the score are not known."""
    notes = decomposition.notes
    ends = np.array([0.0, decomposition.transform.n_samples / decomposition.transform.sample_rate])
    return Alignment(
        notes=notes,
        score_onset=notes.onset,
        score_offset=notes.offset,
        confidence=np.ones(len(notes)),
        overall_confidence=1.0,
        path=np.stack([ends, ends]),
        sections=np.concatenate([ends, ends])[None],
        unmatched=np.zeros((0, 2)),
        fingerprint=decomposition.fingerprint,
    )


def _beat(alignment: Alignment, tempo: float | None) -> Array | None:
    """Return the length of a quarter in the recording at each note (s); None if the tempo of the score is not known."""
    if tempo is None:
        return None
    score, recording = alignment.path
    around = alignment.notes.onset + np.array([[-1.0], [1.0]])
    times = np.clip(around, recording[0], recording[-1])
    begin, end = np.interp(times, recording, score)
    slowness = np.where(end > begin, (times[1] - times[0]) / np.maximum(end - begin, 1e-3), 1.0)
    return np.asarray(60 / tempo * np.clip(slowness, 1 / MOST_RUBATO, MOST_RUBATO))

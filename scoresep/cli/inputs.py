"""The files that commands read."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scoresep.cli.session import Session
    from scoresep.dsp.downmix import MonoAudio
    from scoresep.values import Alignment, Audio, Decomposition, SeparationRecord


def recording_name(word: str) -> str:
    """Return the name of a recording, from its sound file or from the file of a stage."""
    name = Path(word).name
    return name.removesuffix(".npz").removesuffix(".stft") if name.endswith(".npz") else Path(word).stem


def unique_names(words: Sequence[str]) -> list[str]:
    """Return the names of files without what all names end with; the whole paths if two names are the same."""
    names = [Path(word).name.removesuffix(".npz").removesuffix(".parts") for word in words]
    return names if len(set(names)) == len(names) else list(words)


def read_value(kind: str, word: str) -> Any:
    """Read a value of a kind from an ``.npz`` file, or from standard input for ``-``; an alignment may be a table."""
    from scoresep.io.note_table import read_notes
    from scoresep.io.npz import KINDS, load

    if kind == "alignment" and word.lower().endswith(".csv"):
        return read_notes(word)
    if word == "-":
        return load(sys.stdin.buffer, KINDS[kind], name="standard input")
    return load(Path(word), KINDS[kind])


def read_alignment(word: str, *, velocity: str = "score") -> Alignment:
    """Read an alignment, or the one of a record of a separation.

    Notes are as loud as in the score, or as they are played; where that is not known, ``velocity`` "played" raises
    InputError, and "known" takes those of the score.
    """
    from scoresep.errors import InputError
    from scoresep.io.npz import load_any
    from scoresep.values import SeparationRecord

    if word.lower().endswith(".npz"):
        remedy = "wanted alignment, made by 'scoresep align', or separation, made by 'scoresep separate'"
        value = load_any(Path(word), remedy=remedy)
        if isinstance(value, SeparationRecord):
            if len(value.played_velocity) and velocity != "score":
                notes = replace(value.notes, velocity=value.played_velocity)
                return replace(value.alignment, notes=notes)
            if velocity != "played":
                return value.alignment
    if velocity == "played":
        raise InputError(f"{word}: does not tell how loud notes are played; give a folder of stems of this version")
    alignment: Alignment = read_value("alignment", word)
    return alignment


def alignment_with(recording: Audio, word: str, **options: Any) -> Callable[[], Alignment]:
    """Read a score or an alignment; return a function that gives the alignment with a recording.

    ``options`` are those of the command ``align``.
    """
    from scoresep.cli.options import READING_OPTIONS, given
    from scoresep.errors import StaleError
    from scoresep.pipeline import read_score_file
    from scoresep.stages.align import align
    from scoresep.values import Alignment

    reading = {name: options.pop(name) for name in READING_OPTIONS}
    score = read_alignment(word) if word.lower().endswith(".npz") else read_score_file(word, **reading)
    if not isinstance(score, Alignment):
        return lambda: align(recording, score, **given(options))
    if score.fingerprint not in ("", recording.fingerprint):
        raise StaleError(f"{word}: is of another recording than this one")
    return lambda: replace(score, duration=recording.duration)


def read_value_with_contours(word: str) -> Decomposition | SeparationRecord:
    """Read a decomposition or a record of a separation, which have the pitch of singers."""
    from scoresep.errors import FormatError
    from scoresep.io.npz import KINDS, load_any
    from scoresep.values import Decomposition, SeparationRecord

    wanted = "decomposition, made by 'scoresep decompose', or separation, made by 'scoresep separate'"
    if word == "-":
        value = load_any(sys.stdin.buffer, name="standard input", remedy=f"wanted {wanted}")
    else:
        value = load_any(Path(word), remedy=f"wanted {wanted}")
    if not isinstance(value, Decomposition | SeparationRecord):
        kind = next(kind for kind, class_ in KINDS.items() if class_ is type(value))
        raise FormatError(f"{word}: holds {kind}; wanted {wanted}")
    return value


def resolve_sound(session: Session, word: str | None) -> Callable[[], Audio | MonoAudio]:
    """Return a function that gives a recording: a sound file, the one of a spectrogram, or of an earlier stage."""
    from scoresep.io.audio import check_audio, read_mono

    if word is None or word == "-" or word.endswith(".npz"):
        spectrogram = session.resolve_input(
            "spectrogram", word, partial(read_value, "spectrogram"), "a sound file or an .stft.npz"
        )
        return lambda: spectrogram().audio
    session.name = recording_name(word)
    session.add_inputs(word)
    check_audio(word)
    return lambda: read_mono(word)

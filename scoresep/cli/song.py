"""One song of ``scoresep separate``: everything about it is checked first, then the work is done."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.options import (
    check_training,
    given,
)
from scoresep.cli.session import REPORT
from scoresep.cli.stages import describe, masks_excess, name_of, usage_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scoresep.cli.session import Session
    from scoresep.io.song_list import Song
    from scoresep.pipeline import OnProgress
    from scoresep.values import Alignment, Audio, Decomposition, Group, Notes, Selection


def prepared(
    session: Session,
    song: Song,
    *,
    overwrite: bool,
    keep: str | None,
    start: float | None,
    end: float | None,
    max_memory: float | None,
    **options: Any,
) -> Callable[[], dict[str, Any]]:
    """Check all about a song before any work; return what does the work and returns the summary."""
    from scoresep.dsp.stft import choose_transform
    from scoresep.io.audio_writer import stem_format
    from scoresep.io.checks import check_not_an_input
    from scoresep.io.groups_file import read_groups
    from scoresep.io.stems_writer import check_stems
    from scoresep.pipeline import check_groups, open_audio, read_notes_of
    from scoresep.values import Alignment

    began = time.perf_counter()
    session.name = name_of(song.recording)
    folder = session.stem_folder(song.out, overwrite=overwrite)
    kept = _kept_files(session, keep, overwrite=overwrite) if keep is not None else {}
    for place in (folder, *kept.values()):
        check_not_an_input(place, [name for name in (song.recording, song.score, song.groups) if name])
    check_training(options)
    notes = read_notes_of(song.score, **{name: options.pop(name) for name in ("repeats", "ornaments", "without")})
    if isinstance(notes, Alignment) and any(options[name] is not None for name in ("is_aligned", "anchors", "force")):
        raise click.UsageError(f"{song.score} is aligned already; --no-align, --anchors and --force are for scores.")
    parsed = None if song.groups is None else read_groups(song.groups)
    selection = check_groups(parsed, notes)
    audio = open_audio(song.recording, start=start, end=end, **given({"max_memory": max_memory}))
    with usage_errors():
        choose_transform(audio.sample_rate, audio.n_samples, n_fft=options["n_fft"], hop=options["hop"])
    container, options["subtype"] = stem_format(audio, options.pop("format"), options["subtype"])
    writing = {name: options.pop(name) for name in ("minus_one", "full_length")}
    writing |= {"container": container, "subtype": options["subtype"]}
    check_stems(folder, audio, selection, notes.notes if isinstance(notes, Alignment) else notes[0], **writing)
    writing |= {"with_report": options.pop("with_report"), "overwrite": overwrite}
    return partial(_work, session, song, folder, audio, notes, parsed, given(options), writing, kept, began)


def _work(
    session: Session,
    song: Song,
    folder: Path,
    audio: Audio,
    notes: Sequence[Notes] | Alignment,
    parsed: tuple[Group, ...] | None,
    options: dict[str, Any],
    writing: dict[str, Any],
    kept: dict[str, Path],
    began: float,
) -> dict[str, Any]:
    """Separate a song; return the summary."""
    from scoresep.io.stems_writer import write_stems
    from scoresep.pipeline import explain, stem_stretches
    from scoresep.score.selection import select
    from scoresep.values import SeparationRecord

    with session.progress() as report:
        alignment, decomposition = explain(audio, notes, on_progress=report, **options)
        session.say(describe(alignment))
        selection = select(parsed, alignment.notes)
        parts = stem_stretches(audio, decomposition, selection, on_progress=report, **options)
        summary = write_stems(
            folder,
            parts,
            audio,
            selection.names,
            selection.note,
            about=partial(_about, session, song, audio, alignment, decomposition, selection, began),
            account=SeparationRecord(alignment, selection.names, selection.weights, decomposition.loss),
            finish=partial(_write_report, report=report) if writing.pop("with_report") else None,
            **writing,
        )
    if kept:
        _keep(session, kept, audio, alignment, decomposition, selection, options)
    return summary


def _write_report(folder: Path, *, report: OnProgress) -> None:
    """Write the page on the stems in a folder among them."""
    from scoresep.io.stems_reader import read_stem_set
    from scoresep.views.report import write_report

    write_report(read_stem_set(folder), folder / REPORT, on_block=lambda done, total: report("report", done, total, ""))


def _about(
    session: Session,
    song: Song,
    audio: Audio,
    alignment: Alignment,
    decomposition: Decomposition,
    selection: Selection,
    began: float,
) -> dict[str, Any]:
    """Return what the summary says besides the stems."""
    import scoresep

    return {
        "scoresep": scoresep.__version__,
        "recording": song.recording,
        "score": song.score,
        "seconds": round(audio.duration, 3),
        "sample_rate": audio.sample_rate,
        "channels": len(audio.samples),
        "notes": len(alignment.notes),
        "notes_in_no_group": int((selection.weights.sum(axis=0) == 0).sum()),
        "notes_in_several_groups": int(((selection.weights > 0).sum(axis=0) > 1).sum()),
        "confidence": round(alignment.overall_confidence, 4),
        "tuning": round(alignment.tuning, 2),
        "transposition": alignment.transposition,
        "iterations": len(decomposition.loss) - 1,
        "loss": float(decomposition.loss[-1]),
        "options": decomposition.options
        | {
            "backend": decomposition.backend,
            "n_fft": decomposition.transform.n_fft,
            "hop": decomposition.transform.hop,
        },
        "wall_seconds": round(time.perf_counter() - began, 2),
        "warnings": session.warnings,
    }


#: The kinds of files that ``--keep`` leaves, by the middle of their names.
KEPT = ("stft", "align", "parts", "masks")


def _kept_files(session: Session, folder: str, *, overwrite: bool) -> dict[str, Path]:
    """Return the paths for the stages' files, once it is sure that they can be written."""
    from scoresep.io.checks import check_output

    check_output(Path(folder), overwrite=True)
    files = {kind: Path(folder) / f"{session.name}.{kind}.npz" for kind in KEPT}
    if Path(folder).is_dir():
        for file in files.values():
            check_output(file, overwrite=overwrite)
    return files


def _keep(
    session: Session,
    files: dict[str, Path],
    audio: Audio,
    alignment: Alignment,
    decomposition: Decomposition,
    selection: Selection,
    options: dict[str, Any],
) -> None:
    """Save the value of each stage."""
    from scoresep.stages.mask import mask
    from scoresep.stages.stft import stft

    files["stft"].parent.mkdir(exist_ok=True)
    session.save(stft(audio, n_fft=decomposition.transform.n_fft, hop=decomposition.transform.hop), str(files["stft"]))
    session.save(alignment, str(files["align"]))
    session.save(decomposition, str(files["parts"]))
    if excess := masks_excess(decomposition, selection):
        session.warn(f"{excess}; they are not kept")
    else:
        session.save(
            mask(decomposition, selection, **{k: v for k, v in options.items() if k == "exponent"}), str(files["masks"])
        )

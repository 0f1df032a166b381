"""``scoresep separate``: all stages in one word, a stretch of frames at a time."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.options import (
    align_options,
    batch_options,
    check_training,
    decompose_options,
    dir_option,
    given,
    groups_option,
    mask_options,
    memory_option,
    overwrite_option,
    part_options,
    render_options,
    stft_options,
)
from scoresep.cli.session import REPORT
from scoresep.cli.stages import describe, masks_excess, name_of, usage_errors
from scoresep.cli.words import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scoresep.cli.session import Session, Step
    from scoresep.groups import Group
    from scoresep.manifest import Song
    from scoresep.pipeline import OnProgress
    from scoresep.values import Alignment, Audio, Decomposition, Notes, Selection


@click.command(cls=Command)
@click.argument("words", nargs=-1, metavar="SONG.WAV SCORE.MID ...")
@groups_option
@dir_option
@overwrite_option
@click.option("--json", "in_json", is_flag=True, help="Print a summary as JSON instead of the paths.")
@click.option("--keep", metavar="DIR", help="Also keep the .npz file of each stage.")
@click.option("--report", "with_report", is_flag=True, help="Also write a page to look at and listen to.")
@batch_options
@part_options
@memory_option
@stft_options
@align_options
@decompose_options
@mask_options
@render_options
@click.pass_obj
def separate(
    session: Session,
    /,
    words: tuple[str, ...],
    *,
    groups: str | None,
    output: str | None,
    in_json: bool,
    manifest: str | None,
    jobs: int,
    resume: bool,
    cluster: str | None,
    **options: Any,
) -> Step:
    """Separate a recording into one stem for each group of notes of its score.

    \b
    scoresep separate song.wav score.mid --groups hands.yaml

    Several songs may follow one another, or stand in a table with the columns recording, score, groups and out.

    \b
    scoresep separate --manifest songs.csv --jobs 2
    """
    from scoresep.cli.songs import is_done, separate_songs
    from scoresep.manifest import Song, check_songs, read_songs, stems_folder
    from scoresep.outputs import as_json, check_output

    if bool(words) == (manifest is not None) or len(words) % 2:
        raise click.UsageError("Name a recording and its score, or several pairs of them, or a --manifest.")
    pairs = list(zip(words[::2], words[1::2], strict=True))
    if len(pairs) == 1:
        recording, score = pairs[0]
        session.name = name_of(recording)
        song = Song(recording, score, groups, output or f"{session.name}_stems")
        if resume and is_done(song):
            return
        work = prepared(session, song, **options)
        yield
        summary = work()
        if in_json:
            click.echo(as_json(summary), nl=False)
        else:
            session.tell_files(summary)
        return
    if output:
        Path(output).mkdir(exist_ok=True)
    if manifest is None:
        songs = [Song(*pair, groups, stems_folder(pair[0], output or ".")) for pair in pairs]
    else:
        songs = read_songs(manifest, groups=groups, parent=output)
    check_songs(songs)
    for song in songs:
        if not (resume and is_done(song)):
            check_output(Path(song.out), overwrite=options["overwrite"])
    yield
    separate_songs(session, songs, options, jobs=jobs, cluster=cluster, resume=resume, in_json=in_json)


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
    from scoresep.audio import stem_format
    from scoresep.groups import read_groups
    from scoresep.outputs import check_apart
    from scoresep.pipeline import check_groups, open_audio, read_notes_of
    from scoresep.stages.stft import transform_sizes
    from scoresep.stemfiles import check_stems
    from scoresep.values import Alignment

    began = time.perf_counter()
    session.name = name_of(song.recording)
    folder = session.stem_folder(song.out, overwrite=overwrite)
    kept = _kept_files(session, keep, overwrite=overwrite) if keep is not None else {}
    for place in (folder, *kept.values()):
        check_apart(place, [name for name in (song.recording, song.score, song.groups) if name])
    check_training(options)
    notes = read_notes_of(song.score, repeats=options.pop("repeats"))
    if isinstance(notes, Alignment) and any(options[name] is not None for name in ("is_aligned", "anchors", "force")):
        raise click.UsageError(f"{song.score} is aligned already; --no-align, --anchors and --force are for scores.")
    parsed = None if song.groups is None else read_groups(song.groups)
    selection = check_groups(parsed, notes)
    audio = open_audio(song.recording, start=start, end=end, **given({"max_memory": max_memory}))
    with usage_errors():
        transform_sizes(audio.sample_rate, n_fft=options["n_fft"], hop=options["hop"])
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
    from scoresep.pipeline import explain, stem_stretches
    from scoresep.selection import select
    from scoresep.stemfiles import write_stems
    from scoresep.values import Account

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
            account=Account(alignment, selection.names, selection.weights, decomposition.loss),
            finish=partial(_write_report, report=report) if writing.pop("with_report") else None,
            **writing,
        )
    if kept:
        _keep(session, kept, audio, alignment, decomposition, selection, options)
    return summary


def _write_report(folder: Path, *, report: OnProgress) -> None:
    """Write the page on the stems in a folder among them."""
    from scoresep.stemfolder import read_stem_set
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
        | {"backend": decomposition.backend, "n_fft": decomposition.n_fft, "hop": decomposition.hop},
        "wall_seconds": round(time.perf_counter() - began, 2),
        "warnings": session.warnings,
    }


#: The kinds of files that ``--keep`` leaves, by the middle of their names.
KEPT = ("stft", "align", "parts", "masks")


def _kept_files(session: Session, folder: str, *, overwrite: bool) -> dict[str, Path]:
    """Return the paths for the stages' files, once it is sure that they can be written."""
    from scoresep.outputs import check_output

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
    session.save(stft(audio, n_fft=decomposition.n_fft, hop=decomposition.hop), str(files["stft"]))
    session.save(alignment, str(files["align"]))
    session.save(decomposition, str(files["parts"]))
    if excess := masks_excess(decomposition, selection):
        session.warn(f"{excess}; they are not kept")
    else:
        session.save(
            mask(decomposition, selection, **{k: v for k, v in options.items() if k == "exponent"}), str(files["masks"])
        )

"""``scoresep separate``: all stages in one word, a stretch of frames at a time."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.options import (
    align_options,
    decompose_options,
    dir_option,
    given,
    groups_option,
    mask_options,
    overwrite_option,
    part_options,
    render_options,
    stft_options,
)
from scoresep.cli.report import REPORT
from scoresep.cli.stages import describe, masks_excess, name_of, usage_errors
from scoresep.cli.words import Command

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step
    from scoresep.pipeline import OnProgress
    from scoresep.values import Alignment, Audio, Decomposition, Selection


@click.command(cls=Command)
@click.argument("recording", metavar="SONG.WAV")
@click.argument("score", metavar="SCORE.MID")
@groups_option
@dir_option
@overwrite_option
@click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON instead of the paths.")
@click.option("--keep", metavar="DIR", help="Also keep the .npz file of each stage.")
@click.option("--report", "with_report", is_flag=True, help="Also write a page to look at and listen to.")
@part_options
@stft_options
@align_options
@decompose_options
@mask_options
@render_options
@click.pass_obj
def separate(
    session: Session,
    /,
    recording: str,
    score: str,
    *,
    groups: str | None,
    output: str | None,
    overwrite: bool,
    as_json: bool,
    keep: str | None,
    with_report: bool,
    start: float | None,
    end: float | None,
    **options: Any,
) -> Step:
    """Separate a recording into one stem for each group of notes of its score.

    \b
    scoresep separate song.wav score.mid --groups hands.yaml
    """
    from scoresep.audio import read_audio, stem_format
    from scoresep.groups import read_groups
    from scoresep.pipeline import check_groups, explain, read_notes_of, stem_stretches
    from scoresep.selection import select
    from scoresep.stages.stft import transform_sizes
    from scoresep.stemfiles import write_stems
    from scoresep.values import Account, Alignment

    began = time.perf_counter()
    session.name = name_of(recording)
    folder = session.stem_folder(output, overwrite=overwrite)
    kept = _kept_files(session, keep, overwrite=overwrite) if keep is not None else {}
    notes = read_notes_of(score)
    if isinstance(notes, Alignment) and any(options[name] is not None for name in ("is_aligned", "anchors", "force")):
        raise click.UsageError(f"{score} is aligned already; --no-align, --anchors and --force are for scores.")
    parsed = None if groups is None else read_groups(groups)
    check_groups(parsed, notes)
    audio = read_audio(recording, start=start, end=end)
    with usage_errors():
        transform_sizes(audio.sample_rate, n_fft=options["n_fft"], hop=options["hop"])
    container, options["subtype"] = stem_format(audio, options.pop("format"), options["subtype"])
    writing = {name: options.pop(name) for name in ("minus_one", "full_length")}
    yield
    with session.progress() as report:
        alignment, decomposition = explain(audio, notes, on_progress=report, **given(options))
        session.say(describe(alignment))
        selection = select(parsed, alignment.notes)
        parts = stem_stretches(audio, decomposition, selection, on_progress=report, **given(options))
        about = partial(_about, session, recording, score, audio, alignment, decomposition, began)
        summary = write_stems(
            folder,
            parts,
            audio,
            selection.names,
            selection.note,
            container=container,
            subtype=options["subtype"],
            about=about,
            account=Account(alignment, selection.names, selection.weights, decomposition.loss),
            finish=partial(_write_report, report=report) if with_report else None,
            **writing,
        )
    if kept:
        _keep(session, kept, audio, alignment, decomposition, selection, options)
    if as_json:
        click.echo(json.dumps(summary, indent=2, ensure_ascii=False))
    else:
        session.tell_files(summary)
        if with_report and not session.quiet:
            click.echo(folder / REPORT)


def _write_report(folder: Path, *, report: OnProgress) -> None:
    """Write the page on the stems in a folder among them."""
    from scoresep.stemfolder import read_stem_set
    from scoresep.views.report import write_report

    write_report(read_stem_set(folder), folder / REPORT, on_block=lambda done, total: report("report", done, total, ""))


def _about(
    session: Session,
    recording: str,
    score: str,
    audio: Audio,
    alignment: Alignment,
    decomposition: Decomposition,
    began: float,
) -> dict[str, Any]:
    """Return what the summary says besides the stems."""
    import scoresep

    return {
        "scoresep": scoresep.__version__,
        "recording": recording,
        "score": score,
        "seconds": round(audio.duration, 3),
        "sample_rate": audio.sample_rate,
        "channels": len(audio.samples),
        "notes": len(alignment.notes),
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
        session.save(mask(decomposition, selection, **given({"exponent": options["exponent"]})), str(files["masks"]))

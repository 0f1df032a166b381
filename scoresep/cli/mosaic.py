"""``scoresep mosaic``: imitate a recording by the sound of another one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.arguments import Command
from scoresep.cli.comparison import check_page, report_option, write_page
from scoresep.cli.exit_status import usage_errors
from scoresep.cli.options import given, overwrite_option
from scoresep.cli.parameter_types import Whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from scoresep.cli.session import Session, Step
    from scoresep.io.stems_reader import StemSet
    from scoresep.values import Audio, Notes


@click.command(cls=Command)
@click.argument("target", metavar="TARGET")
@click.argument("source", metavar="SOURCE.WAV")
@click.option("-o", "output", metavar="FILE", required=True, help="Sound file to write.")
@click.option("--repetition", type=Whole(0), help="Frames without a repetition; 0: any.  [default: 3]")
@click.option("--polyphony", type=Whole(0), help="Most frames of the source at a time; 0: any.  [default: 10]")
@click.option("--continuity", type=Whole(0), help="Frames that the source goes on; 0: none.  [default: 3]")
@click.option("--iterations", type=Whole(1), help="Iterations of the fit.  [default: 20]")
@click.option("--transpose", type=Whole(0, 24), help="Move the source up to so many semitones.  [default: 0]")
@click.option("--seed", type=Whole(0), help="Seed of the random numbers at the start.  [default: 0]")
@click.option("--phase-iterations", type=Whole(0), help="Iterations of Griffin and Lim.  [default: 50]")
@click.option(
    "--score",
    metavar="FILE",
    help="Score or aligned notes of the target; frames of their pitches are used.",
)
@click.option("--group", metavar="STEM", help="TARGET is a folder of stems; imitate only this one.")
@click.option("--keep", metavar="FILE", help="Also write the mosaic before it is sound, to this .npz file.")
@click.option("--subtype", help="Sample format: PCM_16, PCM_24, FLOAT …  [default: that of the source]")
@report_option
@overwrite_option
@click.pass_obj
def mosaic(
    session: Session,
    /,
    target: str,
    source: str,
    *,
    output: str,
    phase_iterations: int | None,
    score: str | None,
    group: str | None,
    keep: str | None,
    subtype: str | None,
    with_report: bool,
    overwrite: bool,
    **options: Any,
) -> Step:
    """Imitate a recording by the sound of another one.

    \b
    scoresep mosaic song.wav bees.wav -o mosaic.wav
    scoresep mosaic song.wav bees.wav --score score.mid --transpose 3 -o mosaic.wav
    scoresep mosaic song_stems/ bees.wav --group left -o mosaic.wav
    scoresep mosaic mosaic.npz bees.wav --phase-iterations 200 -o again.wav

    Each frame of TARGET is put together from frames of the source, such as the buzzing of bees. Three constraints keep
    the sound of the source: it is not repeated at once, few of its frames sound together, and it goes on as it does.

    TARGET is a recording, a folder of stems with --group, or what --keep has written, which is then only made sound
    again.
    """
    from scoresep.errors import InputError
    from scoresep.io.audio import read_audio
    from scoresep.io.audio_writer import suffix_format, write_audio
    from scoresep.io.npz import load
    from scoresep.mosaicing.mosaic import MosaicOptions, find_mosaic, render_mosaic
    from scoresep.values import Mosaic

    session.add_inputs(target, source, score)
    session.check_output_file(output, overwrite=overwrite)
    page = check_page(session, output, with_report=with_report, overwrite=overwrite)
    if keep is not None:
        session.check_output_file(keep, overwrite=overwrite)
    with usage_errors():
        settings = MosaicOptions(**given(options))
    source_audio = read_audio(source)
    suffix_format(Path(output), source_audio, subtype)
    kept = load(target, Mosaic) if target.lower().endswith(".npz") else None
    if kept is not None and (given(options) or score or group or keep or page):
        raise click.UsageError(f"{target} is a mosaic already; only --phase-iterations goes with it.")
    stems = _stems(target, group)
    target_audio = None if kept is not None else _target(target, group, stems)
    notes_of = _notes(score, group)
    yield
    with session.progress() as show:
        notes = None if target_audio is None else notes_of(target_audio)
        if target_audio is not None:
            try:
                kept = find_mosaic(
                    target_audio,
                    source_audio,
                    notes=notes,
                    options=settings,
                    on_iteration=lambda k, loss: show("mosaic", k, settings.iterations, f"loss {loss:.4g}"),
                )
            except MemoryError as error:
                raise InputError(f"{target}: too long for a mosaic in this memory; cut it into parts") from error
    assert kept is not None
    sound = render_mosaic(kept, source_audio, **given({"phase_iterations": phase_iterations}))
    if stems is not None and group is not None:
        from scoresep.mixing.mixed_stems import MixedStems
        from scoresep.mixing.replaced import replace_stem
        from scoresep.values import Mix

        target_audio = MixedStems(stems, Mix())
        sound = replace_stem(stems, group, sound)
    if keep is not None:
        from scoresep.cli.outputs import write_value

        write_value(kept, keep)
    write_audio(output, sound, subtype=subtype, overwrite=overwrite)
    if target_audio is not None:
        with session.progress() as show:
            write_page(page, {"target": target_audio, "mosaic": sound}, show, notes=notes)
    if not session.quiet:
        for path in filter(None, (output, page)):
            click.echo(path)


def _stems(target: str, group: str | None) -> StemSet | None:
    """Return the stems of a folder; None for a recording."""
    from scoresep.io.stems_reader import read_stems

    if Path(target).is_dir() != (group is not None):
        raise click.UsageError("A folder of stems and --group STEM need each other.")
    return read_stems(target) if group is not None else None


def _target(target: str, group: str | None, stems: StemSet | None) -> Audio:
    """Return what is imitated."""
    from scoresep.io.audio import read_audio
    from scoresep.mixing.replaced import stem_audio

    return read_audio(target) if stems is None or group is None else stem_audio(stems, group)


def _notes(score: str | None, group: str | None) -> Callable[[Audio], Notes | None]:
    """Read a score or an alignment; give a function that finds its notes in a recording."""
    from scoresep.io.scores import read_unfoldings
    from scoresep.stages.align import align

    if score is None:
        return lambda _: None
    if score.lower().endswith((".npz", ".csv")):
        notes = _aligned_notes(score, group)
        return lambda _: notes
    if group is not None:
        raise click.UsageError("With --group, --score takes the separation.npz of the stems, or aligned notes.")
    readings = read_unfoldings(score)
    return lambda audio: align(audio, readings).notes


def _aligned_notes(score: str, group: str | None) -> Notes:
    """Return the notes of an alignment; those of the group alone if the file tells which they are."""
    from scoresep.cli.inputs import read_alignment
    from scoresep.io.npz import load_any
    from scoresep.values import SeparationRecord

    record = load_any(Path(score)) if score.lower().endswith(".npz") else None
    if isinstance(record, SeparationRecord) and group in record.names:
        return record.notes.take(record.weights[record.names.index(group)] > 0)
    return read_alignment(score).notes

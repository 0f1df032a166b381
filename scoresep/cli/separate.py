"""``scoresep separate``: all stages in one command, for one song or many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.arguments import Command
from scoresep.cli.batch import BatchOptions, finished_summary, print_json, separate_songs
from scoresep.cli.exit_status import describe_error
from scoresep.cli.help import headed
from scoresep.cli.inputs import recording_name
from scoresep.cli.messages import NOTICE, logger
from scoresep.cli.options import (
    adversarial_option,
    align_options,
    batch_options,
    decompose_options,
    dir_option,
    groups_options,
    mask_options,
    memory_option,
    method_option,
    overwrite_option,
    part_options,
    render_options,
    stft_options,
)
from scoresep.cli.outputs import print_stem_paths
from scoresep.cli.song import prepare_song

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step
    from scoresep.io.song_list import Song


@click.command(cls=Command)
@click.argument("words", nargs=-1, metavar="RECORDING SCORE ...")
@groups_options
@headed(
    "Output",
    dir_option,
    overwrite_option,
    click.option("--report", "with_report", is_flag=True, help="Also write a page to see and hear the stems."),
    click.option("--json", "in_json", is_flag=True, help="Print a line of JSON for each song instead of the paths."),
    click.option("--keep", metavar="DIR", help="Also write the .npz file of each stage to this folder."),
)
@render_options
@part_options
@headed("Recording", memory_option)
@align_options
@headed(
    "Alignment",
    click.option(
        "--aligned",
        metavar="NOTES.CSV",
        help="Take the notes and their times from this table, which the report writes.",
    ),
)
@batch_options
@stft_options
@decompose_options
@mask_options
@headed("Masks", method_option, adversarial_option)
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
    """Separate a recording into one stem for each group of notes.

    The stems and the residual, which is the rest of the sound, add up to the recording. Without --groups, a piano score
    is separated into two hands, any other score into its parts.

    Several recordings may be named, each followed by its score, or listed in a table with the columns recording, score,
    groups and out.

    \b
    scoresep separate song.wav score.mid
    scoresep separate song.mp3 score.musicxml --groups hands.yaml --report
    scoresep separate one.wav one.mid two.wav two.mid -o stems/
    scoresep separate --manifest songs.csv --jobs 2
    """
    from scoresep.io.song_list import Song, read_songs, stems_folder

    if bool(words) == (manifest is not None) or len(words) % 2:
        raise click.UsageError("Name a recording and its score, or several pairs of them, or a --manifest.")
    session.add_inputs(groups, manifest, options["aligned"])
    batch = BatchOptions(jobs, cluster, resume, in_json)
    if options["priors"] and len(words) != 2:
        raise click.UsageError("--prior is for one recording; separate the songs one by one.")
    if options["aligned"] and len(words) != 2:
        raise click.UsageError("--aligned is for one recording; separate the songs one by one.")
    pairs = list(zip(words[::2], words[1::2], strict=True))
    if len(pairs) == 1:
        recording, score = pairs[0]
        song = Song(recording, score, groups, output or f"{recording_name(recording)}_stems")
        yield from _separate_one(session, song, options, batch)
        return
    if manifest is None:
        songs = [Song(*pair, groups, stems_folder(pair[0], output or ".")) for pair in pairs]
    else:
        songs = read_songs(manifest, groups=groups, parent=output)
    yield from separate_songs(session, songs, options, batch, parent=output)


def _separate_one(session: Session, song: Song, options: dict[str, Any], batch: BatchOptions) -> Step:
    """Check a song and separate it; with ``resume``, leave it as it is if it is finished."""
    finished = finished_summary(song, session, options) if batch.resume else None
    if finished is not None:
        yield
        logger.log(NOTICE, "%s was there already", song.out)
        if batch.in_json:
            print_json(song, finished)
        return
    with _errors_in_json(song) if batch.in_json else nullcontext():
        job = prepare_song(session, song, **options)
    yield
    with _errors_in_json(song) if batch.in_json else nullcontext():
        summary = job.run()
    if batch.in_json:
        print_json(song, summary)
    elif not session.quiet:
        print_stem_paths(summary)


@contextmanager
def _errors_in_json(song: Song) -> Iterator[None]:
    """Print an error about the input as JSON, besides the message that it becomes."""
    from scoresep.errors import ScoresepError

    try:
        yield
    except ScoresepError as error:
        print_json(song, {}, describe_error(error)[0])
        raise

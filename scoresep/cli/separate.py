"""``scoresep separate``: all stages in one word, a stretch of frames at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.arguments import Command
from scoresep.cli.options import (
    align_options,
    batch_options,
    decompose_options,
    dir_option,
    groups_option,
    mask_options,
    memory_option,
    overwrite_option,
    part_options,
    render_options,
    stft_options,
)
from scoresep.cli.song import prepared
from scoresep.cli.stages import name_of

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step


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
    from scoresep.cli.batch import is_done, separate_songs
    from scoresep.io.checks import check_output
    from scoresep.io.song_list import Song, check_songs, read_songs, stems_folder
    from scoresep.io.stems_manifest import as_json

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

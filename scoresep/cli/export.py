"""``scoresep export``: the aligned notes, or the pitch of singers, as files for other programs."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scoresep.cli.arguments import Command
from scoresep.cli.inputs import read_alignment, read_value_with_contours
from scoresep.cli.options import groups_options, overwrite_option

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step

logger = logging.getLogger(__name__)


@click.command(cls=Command)
@click.argument("source", metavar="SONG.NPZ")
@groups_options
@click.option("--contours", is_flag=True, help="Write the pitch of the singers instead of the notes (.csv).")
@click.option("--singer", metavar="NAME", help="With --contours, the singer to write, without a column of names.")
@click.option("-o", "output", required=True, metavar="FILE", help="File to write: .mid, .csv, .txt or .svl.")
@overwrite_option
@click.pass_obj
def export(
    session: Session,
    /,
    source: str,
    *,
    groups: str | None,
    drums: str | None,
    contours: bool,
    singer: str | None,
    output: str,
    overwrite: bool,
) -> Step:
    """Write the aligned notes, or the pitch of singers, for other programs.

    \b
    scoresep export song.align.npz --groups hands.yaml -o song.mid   # MIDI with a track for each group
    scoresep export song.align.npz -o song.csv                       # table of all notes
    scoresep export song.align.npz --groups hands.yaml -o song.txt   # labels for Audacity
    scoresep export song.align.npz --groups hands.yaml -o song.svl   # layers for Sonic Visualiser

    All times are those of the recording. The file separation.npz among the stems can be given in place of the
    alignment.

    \b
    scoresep export --contours song.parts.npz -o contours.csv
    scoresep export --contours song_stems/separation.npz --singer Alto -o alto.csv

    With --contours, the pitch of each singer is written: time, frequency in hertz (0 where it is silent) and the
    name of the part, every 20 ms.
    """
    suffix = Path(output).suffix.lower()
    _check_words(suffix, output, contours=contours, singer=singer, groups=groups, drums=drums)
    session.add_inputs(source, groups)
    session.check_output_file(output, overwrite=overwrite)
    step = _contours_step(source, singer, output) if contours else _notes_step(source, groups, drums, output)
    next(step)
    yield
    yield from step


def _check_words(
    suffix: str, output: str, *, contours: bool, singer: str | None, groups: str | None, drums: str | None
) -> None:
    """Raise UsageError for options that do not go together."""
    from scoresep.io.note_export import SUFFIXES

    suffixes = (".csv",) if contours else SUFFIXES
    if suffix not in suffixes:
        raise click.UsageError(f"-o {output} cannot be written; wanted {', '.join(suffixes)}.")
    if groups is not None and drums is not None:
        raise click.UsageError("--drums cannot be used with --groups; a group can say {each: drum}.")
    if singer is not None and not contours:
        raise click.UsageError("--singer is for --contours.")
    if contours and (groups is not None or drums is not None):
        raise click.UsageError("--groups and --drums are for notes, not for --contours.")


def _notes_step(source: str, groups: str | None, drums: str | None, output: str) -> Step:
    """Write the aligned notes."""
    from scoresep.io.atomic import new_file
    from scoresep.io.groups_file import read_groups
    from scoresep.io.note_export import export_notes
    from scoresep.score.selection import select

    parsed = None if groups is None else read_groups(groups)
    aligned = read_alignment(source)
    selection = select(parsed, aligned.notes, drums=drums or "kit")
    yield
    with new_file(Path(output)) as temporary:
        export_notes(aligned, temporary, selection=selection)
    logger.info("wrote %d notes to %s", len(aligned.notes), output)


def _contours_step(source: str, singer: str | None, output: str) -> Step:
    """Write the pitch of singers."""
    from scoresep.errors import InputError
    from scoresep.io.atomic import new_file
    from scoresep.io.contour_table import find_singers, write_contours

    found = read_value_with_contours(source)
    try:
        chosen = find_singers(found, singer)
    except ValueError as error:
        raise InputError(f"{source}: {error}") from error
    yield
    with new_file(Path(output)) as temporary:
        write_contours(found, temporary, singer=singer)
    logger.info("wrote %d contours to %s", len(chosen), output)

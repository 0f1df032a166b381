"""``scoresep export``: the aligned notes as files for other programs."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scoresep.cli.arguments import Command
from scoresep.cli.inputs import read_value
from scoresep.cli.options import groups_options, overwrite_option

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step

logger = logging.getLogger(__name__)


@click.command(cls=Command)
@click.argument("alignment", metavar="SONG.ALIGN.NPZ")
@groups_options
@click.option("-o", "output", required=True, metavar="FILE", help="File to write: .mid, .csv, .txt or .svl.")
@overwrite_option
@click.pass_obj
def export(
    session: Session, /, alignment: str, *, groups: str | None, drums: str | None, output: str, overwrite: bool
) -> Step:
    """Write the aligned notes for other programs.

    \b
    scoresep export song.align.npz --groups hands.yaml -o song.mid   # MIDI with a track for each group
    scoresep export song.align.npz -o song.csv                       # table of all notes
    scoresep export song.align.npz --groups hands.yaml -o song.txt   # labels for Audacity
    scoresep export song.align.npz --groups hands.yaml -o song.svl   # layers for Sonic Visualiser

    All times are those of the recording.
    """
    from scoresep.io.atomic import new_file
    from scoresep.io.groups_file import read_groups
    from scoresep.io.note_export import SUFFIXES, export_notes
    from scoresep.score.selection import select

    suffix = Path(output).suffix.lower()
    if suffix not in SUFFIXES:
        raise click.UsageError(f"-o {output} cannot be written; wanted {', '.join(SUFFIXES)}.")
    session.add_inputs(alignment, groups)
    session.check_output_file(output, overwrite=overwrite)
    if groups is not None and drums is not None:
        raise click.UsageError("--drums cannot be used with --groups; a group can say {each: drum}.")
    parsed = None if groups is None else read_groups(groups)
    aligned = read_value("alignment", alignment)
    selection = select(parsed, aligned.notes, drums=drums or "kit")
    yield
    with new_file(Path(output)) as temporary:
        export_notes(aligned, temporary, selection=selection)
    logger.info("wrote %d notes to %s", len(aligned.notes), output)

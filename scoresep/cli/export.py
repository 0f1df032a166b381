"""``scoresep export``: the aligned notes as files for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scoresep.cli.arguments import Command
from scoresep.cli.options import groups_option, overwrite_option
from scoresep.cli.stages import read_value

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step


@click.command(cls=Command)
@click.argument("alignment", metavar="SONG.ALIGN.NPZ")
@groups_option
@click.option("-o", "output", required=True, metavar="FILE", help="What to write: .mid, .csv, .txt or .svl.")
@overwrite_option
@click.pass_obj
def export(session: Session, /, alignment: str, *, groups: str | None, output: str, overwrite: bool) -> Step:
    """Write the aligned notes, in recording time, for other programs.

    \b
    scoresep export song.align.npz --groups hands.yaml -o song.mid   # a track for each group
    scoresep export song.align.npz -o song.csv                       # the table of all notes
    scoresep export song.align.npz --groups hands.yaml -o song.txt   # labels for Audacity
    scoresep export song.align.npz --groups hands.yaml -o song.svl   # layers for Sonic Visualiser
    """
    from scoresep.io.atomic import new_file
    from scoresep.io.checks import check_output
    from scoresep.io.groups_file import read_groups
    from scoresep.io.note_export import SUFFIXES, export_notes
    from scoresep.score.selection import select

    suffix = Path(output).suffix.lower()
    if suffix not in SUFFIXES:
        raise click.UsageError(f"-o {output} cannot be written; wanted {', '.join(SUFFIXES)}.")
    check_output(Path(output), overwrite=overwrite)
    parsed = None if groups is None else read_groups(groups)
    aligned = read_value("alignment", alignment)
    selection = select(parsed, aligned.notes)
    yield
    with new_file(Path(output)) as temporary:
        export_notes(aligned, selection, temporary, suffix)
    session.say(f"wrote {len(aligned.notes)} notes to {output}")

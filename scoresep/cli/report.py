"""``scoresep report``: a page to see and hear the stems."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scoresep.cli.arguments import Command
from scoresep.cli.options import overwrite_option
from scoresep.cli.outputs import REPORT

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step


@click.command(cls=Command)
@click.argument("folder", metavar="STEMS_DIR")
@click.option("-o", "output", metavar="FILE", help="Page to write.  [default: report.html among the stems]")
@click.option("--score", metavar="FILE", help="Score to engrave.  [default: the one of the stems, if it is still there]")
@overwrite_option
@click.pass_obj
def report(session: Session, /, folder: str, *, output: str | None, score: str | None, overwrite: bool) -> Step:
    """Make a page to see and hear the stems.

    \b
    scoresep report song_stems/

    The folder is one that separate has written. The page plays the stems in sync, with solo, mute and a loop, and
    shows the score, engraved if verovio is installed, the spectrogram with the masks, and the alignment. It opens from disk and needs no network. If it
    would be larger than 15 MB, its sound and pictures are written to a folder beside it.
    """
    from scoresep.io.stems_reader import read_stems

    page = Path(output or Path(folder) / REPORT)
    if page.suffix.lower() not in (".html", ".htm"):
        raise click.UsageError(f"-o {page} is no page; wanted .html.")
    stem_set = read_stems(folder)
    session.add_inputs(score)
    session.check_output_file(str(page), overwrite=overwrite)
    yield
    from scoresep.io.stems_manifest import new_listed_files
    from scoresep.views.report import write_report

    with session.progress() as show, new_listed_files(page.parent) as temporary:
        write_report(
            stem_set,
            temporary / page.name,
            score=Path(score) if score else None,
            on_block=lambda done, total: show("report", done, total, ""),
        )
    if not session.quiet:
        click.echo(page)

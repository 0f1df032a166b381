"""``scoresep report``: a separation as a page to look at and listen to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scoresep.cli.arguments import Command
from scoresep.cli.options import overwrite_option
from scoresep.cli.session import REPORT

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step


@click.command(cls=Command)
@click.argument("folder", metavar="STEMS_DIR")
@click.option("-o", "output", metavar="FILE", help="The page.  [default: report.html among the stems]")
@overwrite_option
@click.pass_obj
def report(session: Session, /, folder: str, *, output: str | None, overwrite: bool) -> Step:
    """Make a page to look at and listen to the stems that separate has written.

    \b
    scoresep report song_stems/

    The page opens from disk and needs no network: stems in sync with solo, mute, a loop and the recording beside
    them; the score; the spectrogram with the masks; the alignment and the figures.  A recording too long for a page of
    15 MB has its sound and pictures in a folder beside it.
    """
    from scoresep.io.checks import check_output
    from scoresep.io.stems_reader import read_stem_set

    page = Path(output or Path(folder) / REPORT)
    if page.suffix.lower() not in (".html", ".htm"):
        raise click.UsageError(f"-o {page} is no page; wanted .html.")
    stem_set = read_stem_set(folder)
    check_output(page, overwrite=overwrite)
    yield
    from scoresep.io.atomic import new_files
    from scoresep.views.report import write_report

    with session.progress() as show, new_files(page.parent) as temporary:
        write_report(stem_set, temporary / page.name, on_block=lambda done, total: show("report", done, total, ""))
    if not session.quiet:
        click.echo(page)

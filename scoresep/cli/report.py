"""``scoresep report``: a page to see and hear the stems, or to compare sounds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scoresep.cli.arguments import Command
from scoresep.cli.comparison import MOST_VERSIONS, write_page
from scoresep.cli.options import overwrite_option
from scoresep.cli.outputs import REPORT

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step
    from scoresep.values import Audio, Notes

#: The page that compares sounds.
COMPARISON = "comparison.html"


@click.command(cls=Command)
@click.argument("words", nargs=-1, required=True, metavar="STEMS_DIR | SOUND SOUND …")
@click.option("--notes", "table", metavar="FILE", help="Aligned notes to show with sounds that are compared.")
@click.option(
    "-o", "output", metavar="FILE", help="Page to write.  [default: report.html among the stems, or comparison.html]"
)
@click.option(
    "--score", metavar="FILE", help="Score to engrave.  [default: the one of the stems, if it is still there]"
)
@overwrite_option
@click.pass_obj
def report(
    session: Session,
    /,
    words: tuple[str, ...],
    *,
    table: str | None,
    output: str | None,
    score: str | None,
    overwrite: bool,
) -> Step:
    """Make a page to see and hear the stems, or to compare sounds.

    \b
    scoresep report song_stems/
    scoresep report song.wav edited.wav -o edited.html
    scoresep report by-masks/ resynthesized/ -o methods.html

    The folder is one that separate has written. The page plays the stems in sync, with solo, mute and a loop, and
    shows the score, engraved if verovio is installed, the spectrogram with the masks, and the alignment. It opens from
    disk and needs no network. If it would be larger than 15 MB, its sound and pictures are written to a folder beside
    it.

    Of several sound files of one recording, or of several folders, the page plays one sound at a time, and a switch
    goes from one to another at the same place. Of folders it compares the stems that have the same name in all.
    """
    from scoresep.io.stems_reader import read_stems

    is_comparison = len(words) > 1
    page = Path(output or (COMPARISON if is_comparison else Path(words[0]) / REPORT))
    if page.suffix.lower() not in (".html", ".htm"):
        raise click.UsageError(f"-o {page} is no page; wanted .html.")
    if table is not None and not is_comparison:
        raise click.UsageError("--notes is for sounds that are compared; a folder of stems has its own.")
    if score is not None and is_comparison:
        raise click.UsageError("--score is for the stems of one folder, not for sounds that are compared.")
    if is_comparison:
        session.add_inputs(*words, table)
        versions, notes = _versions(words), _notes(words[0], table)
    else:
        stem_set = read_stems(words[0])
        session.add_inputs(score)
    session.check_output_file(str(page), overwrite=overwrite)
    yield
    from scoresep.io.stems_manifest import new_listed_files
    from scoresep.views.report import write_report

    with session.progress() as show:
        if is_comparison:
            write_page(page, versions, show, notes=notes)
        else:
            with new_listed_files(page.parent) as temporary:
                write_report(
                    stem_set,
                    temporary / page.name,
                    score=Path(score) if score else None,
                    on_block=lambda done, total: show("report", done, total, ""),
                )
    if not session.quiet:
        click.echo(page)


def _versions(words: tuple[str, ...]) -> dict[str, Audio]:
    """Return the sounds to compare by their names: sound files, or the stems of the same name in folders."""
    from scoresep.cli.inputs import unique_names
    from scoresep.io.audio import read_audio
    from scoresep.io.stems_reader import read_stems
    from scoresep.mixing.replaced import stem_audio

    are_folders = {Path(word).is_dir() for word in words}
    if len(are_folders) > 1:
        raise click.UsageError("Name sound files or folders of stems, not both.")
    if True in are_folders:
        names = unique_names([str(Path(word)) for word in words])
        folders = dict(zip(names, map(read_stems, words), strict=True))
        first = next(iter(folders.values()))
        shared = [name for name in first.names if all(name in folder.names for folder in folders.values())]
        if not shared:
            raise click.UsageError(f"No stem has the same name in all of {', '.join(words)}.")
        versions = {
            f"{name} · {label}": stem_audio(folder, name) for name in shared for label, folder in folders.items()
        }
    else:
        versions = dict(zip(unique_names(list(words)), map(read_audio, words), strict=True))
    if len(versions) > MOST_VERSIONS:
        raise click.UsageError(f"A page compares at most {MOST_VERSIONS} sounds; these are {len(versions)}.")
    return versions


def _notes(first: str, table: str | None) -> Notes | None:
    """Return the notes to show: those of a file or, without one, those of a folder of stems."""
    from scoresep.cli.inputs import read_alignment
    from scoresep.io.stems_reader import read_stems

    if table is not None:
        return read_alignment(table).notes
    record = read_stems(first).record if Path(first).is_dir() else None
    return None if record is None else record.notes

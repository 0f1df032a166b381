"""``scoresep remix``: mix the stems in a folder anew."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scoresep.cli.arguments import Command
from scoresep.cli.comparison import MOST_VERSIONS, check_page, report_option, write_page
from scoresep.cli.exit_status import usage_errors
from scoresep.cli.options import overwrite_option
from scoresep.cli.outputs import REPORT
from scoresep.cli.parameter_types import StemNumber

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step


@click.command(cls=Command)
@click.argument("folder", metavar="STEMS_DIR")
@click.option(
    "--gain", "gains", type=StemNumber(), multiple=True, metavar="STEM=DB",
    help="Make a stem louder or softer by so many dB; -inf leaves it out. Can be given several times.",
)  # fmt: skip
@click.option(
    "--pan", "pans", type=StemNumber(), multiple=True, metavar="STEM=PAN",
    help="Put a stem to the left (-1) or to the right (1), or between. Can be given several times.",
)  # fmt: skip
@click.option("--mixes", metavar="FILE", help="YAML file of named mixes; -o names the folder for them.")
@click.option("-o", "output", metavar="FILE", required=True, help="Sound file to write, or folder for named mixes.")
@click.option("--format", help="File format of named mixes: wav, flac, aiff, ogg …  [default: wav]")
@click.option("--subtype", help="Sample format of the mix: PCM_16, PCM_24, FLOAT …  [default: that of the stems]")
@report_option
@overwrite_option
@click.pass_obj
def remix(
    session: Session,
    /,
    folder: str,
    *,
    gains: tuple[tuple[str, float], ...],
    pans: tuple[tuple[str, float], ...],
    mixes: str | None,
    output: str,
    format: str | None,
    subtype: str | None,
    with_report: bool,
    overwrite: bool,
) -> Step:
    """Mix the stems anew: louder, softer, left out, left or right.

    \b
    scoresep remix song_stems/ --gain left=+6 --gain residual=-inf -o mix.wav
    scoresep remix song_stems/ --mixes mixes.yaml -o mixes/

    The folder is one that separate has written. A stem that is not named stays as it is, so a mix of all stems as they
    are is the recording. A mix that would clip is turned down as a whole, and a warning says by how much.

    A file of mixes has a line for each: 'practice: {left: +3, right: -12}', or with a pan
    'wide: {left: {gain: -3, pan: -0.7}}'.
    """
    from scoresep.errors import OptionError
    from scoresep.io.audio_writer import suffix_format, write_audio
    from scoresep.io.mixes_file import read_mixes
    from scoresep.io.stems_reader import read_stems
    from scoresep.mixing.compared_mixes import compare_mixes
    from scoresep.mixing.mixed_stems import MixedStems
    from scoresep.values import Mix

    if mixes and (gains or pans):
        raise click.UsageError("--mixes has the gains and pans; leave out --gain and --pan.")
    if format and not mixes:
        raise click.UsageError("--format is for named mixes; otherwise the suffix of -o names the format.")
    target = Path(output)
    stem_set = read_stems(folder)
    session.add_inputs(mixes, *(str(stem.path) for stem in stem_set.stems))
    if mixes:
        wanted = {f"{name}.{(format or 'wav').lower()}": mix for name, mix in read_mixes(mixes).items()}
        session.check_output_folder(output, overwrite=overwrite)
        page = target / REPORT if with_report else None
    else:
        with usage_errors(OptionError):
            wanted = {target.name: Mix(dict(gains), dict(pans))}
        session.check_output_file(output, overwrite=overwrite)
        page = check_page(session, target, with_report=with_report, overwrite=overwrite)
    if with_report and len(wanted) >= MOST_VERSIONS:
        raise click.UsageError(f"--report compares at most {MOST_VERSIONS - 1} mixes; this file has {len(wanted)}.")
    for name, mix in wanted.items():
        suffix_format(target.with_name(name), MixedStems(stem_set, mix), subtype)
    yield
    from scoresep.io.atomic import new_folder

    with session.progress() as show, new_folder(target) if mixes else nullcontext(target.parent) as folder_of_mixes:
        for done, (name, mix) in enumerate(wanted.items(), 1):
            write_audio(folder_of_mixes / name, MixedStems(stem_set, mix), subtype=subtype, overwrite=overwrite)
            show("remix", done, len(wanted), name)
        if page is not None:
            mixed = {Path(name).stem: MixedStems(stem_set, mix) for name, mix in wanted.items()}
            notes = None if stem_set.record is None else compare_mixes(stem_set.record, list(wanted.values()))
            versions = {"recording": MixedStems(stem_set, Mix())} | mixed
            write_page(folder_of_mixes / page.name, versions, show, notes=notes)
    if not session.quiet:
        for path in [*(target / name if mixes else target for name in wanted), *([page] if page else [])]:
            click.echo(path)

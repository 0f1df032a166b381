"""``scoresep plot``: what a stage has found, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scoresep.cli.options import Positive, Seconds, overwrite_option
from scoresep.cli.words import Command

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILE.NPZ...")
@click.option("-o", "output", required=True, metavar="FILE", help="The picture: .png, .svg or .pdf.")
@click.option("--start", type=Seconds(), default="0", help="Show from this time on.  [default: 0]")
@click.option("--end", type=Seconds(), help="Show up to this time.  [default: the end]")
@click.option("--fmax", type=Positive(), default=4000.0, help="Highest frequency shown (Hz).  [default: 4000]")
@overwrite_option
@click.pass_obj
def plot(
    session: Session,
    /,
    files: tuple[str, ...],
    *,
    output: str,
    start: float,
    end: float | None,
    fmax: float,
    overwrite: bool,
) -> Step:
    """Draw the values of the stages below one another, on one time axis.

    \b
    scoresep plot song.stft.npz song.align.npz song.masks.npz -o song.png
    """
    from scoresep.npz import load_any
    from scoresep.outputs import check_output, new_file

    if Path(output).suffix.lower() not in (".png", ".svg", ".pdf"):
        raise click.UsageError(f"-o {output} is no picture; wanted .png, .svg or .pdf.")
    check_output(Path(output), overwrite=overwrite)
    values = [load_any(Path(file)) for file in files]
    yield
    from scoresep.views.plots import draw

    with new_file(Path(output)) as temporary:
        draw(values, temporary, start=start, end=end, fmax=fmax)
    session.say(f"drew {len(values)} panels")

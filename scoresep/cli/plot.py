"""``scoresep plot``: what a stage has found, as a picture."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scoresep.cli.arguments import Command
from scoresep.cli.options import Positive, Seconds, overwrite_option
from scoresep.cli.stages import usage_errors

if TYPE_CHECKING:
    from scoresep.cli.session import Session, Step


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILE.NPZ...")
@click.option("-o", "output", required=True, metavar="FILE", help="The picture: .png, .svg or .pdf.")
@click.option("--start", type=Seconds(), default="0", help="Show from this time on.  [default: 0]")
@click.option("--end", type=Seconds(), help="Show up to this time.  [default: the end]")
@click.option(
    "--fmax", type=Positive(), help="Highest frequency shown (Hz).  [default: 4000, or a quarter of the bins]"
)
@click.option("--loss", "picture", flag_value="loss", help="Draw the loss of decompositions over the iterations.")
@click.option("--encoder", "picture", flag_value="encoder", help="Draw encoder and decoder of an autoencoder.")
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
    fmax: float | None,
    picture: str | None,
    overwrite: bool,
) -> Step:
    """Draw the values of the stages below one another, on one time axis.

    \b
    scoresep plot song.stft.npz song.align.npz song.masks.npz -o song.png

    A decomposition, alone or with its spectrogram, has a picture of its own: what the score allows and what was
    learned.  Without a spectrogram, decompositions and masks count frames and bins instead of seconds and hertz.

    \b
    scoresep plot song.parts.npz song.stft.npz -o parts.png

    So have trainings: the loss of decompositions over their iterations, and the encoder of an autoencoder beside its
    decoder.

    \b
    scoresep plot --loss nmf.parts.npz nae.parts.npz -o loss.png
    scoresep plot --encoder nae.parts.npz -o encoder.png

    So has the account.npz among the stems: the notes by group, the tempo and the loss.

    \b
    scoresep plot song_stems/account.npz -o account.png
    """
    from scoresep.io.atomic import new_file
    from scoresep.io.checks import check_not_an_input, check_output
    from scoresep.io.npz import load_any
    from scoresep.views.plots import draw, view_of
    from scoresep.views.training import training_figure

    if Path(output).suffix.lower() not in (".png", ".svg", ".pdf"):
        raise click.UsageError(f"-o {output} is no picture; wanted .png, .svg or .pdf.")
    check_output(Path(output), overwrite=overwrite)
    check_not_an_input(Path(output), files)
    values = [load_any(Path(file)) for file in files]
    with usage_errors():
        if picture is None:
            view = view_of(values, start=start, end=end, fmax=fmax)
            write = partial(draw, values, view=view)
        else:
            write = partial(training_figure(values, picture).savefig, dpi=120)
    yield
    with new_file(Path(output)) as temporary:
        write(temporary)
    session.say(f"drew {', '.join(files)}")

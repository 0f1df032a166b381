"""``scoresep plot``: the results of the stages as a picture."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.arguments import Command
from scoresep.cli.exit_status import usage_errors
from scoresep.cli.inputs import unique_names
from scoresep.cli.options import overwrite_option
from scoresep.cli.parameter_types import Positive, Seconds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from scoresep.cli.session import Session, Step

logger = logging.getLogger(__name__)

#: Resolution of PNG files (dots per inch).
DPI = 120


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILE.NPZ...")
@click.option("-o", "output", required=True, metavar="FILE", help="Picture to write: .png, .svg or .pdf.")
@click.option("--start", type=Seconds(), default="0", help="Start of the part to show (s or m:ss).  [default: 0]")
@click.option("--end", type=Seconds(), help="End of the part to show.  [default: the end]")
@click.option("--fmax", type=Positive(), help="Highest frequency to show (Hz).  [default: 4000]")
@click.option(
    "--y-axis",
    type=click.Choice(["linear", "log", "note"]),
    default="linear",
    help="Scale of frequencies; log and note show octaves, with hertz or names of notes.  [default: linear]",
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
    y_axis: str,
    picture: str | None,
    overwrite: bool,
) -> Step:
    """Draw the results of the stages.

    Several files are drawn below one another, on one time axis:

    \b
    scoresep plot song.stft.npz song.align.npz song.masks.npz -o song.png

    A decomposition is drawn with what the score allows above what was learned.

    \b
    scoresep plot song.parts.npz song.stft.npz -o parts.png

    With --loss, the loss of each decomposition is drawn over its iterations; with --encoder, the encoder of an
    autoencoder beside its decoder.

    \b
    scoresep plot --loss nmf.parts.npz nae.parts.npz -o loss.png
    scoresep plot --encoder nae.parts.npz -o encoder.png

    The file separation.npz among the stems is drawn as the notes of each group, the tempo and the loss.

    \b
    scoresep plot song_stems/separation.npz -o separation.png

    What 'scoresep mosaic --keep' has written is drawn as its activations.
    """
    from scoresep.io.atomic import new_file
    from scoresep.io.npz import load_any

    if Path(output).suffix.lower() not in (".png", ".svg", ".pdf"):
        raise click.UsageError(f"-o {output} is no picture; wanted .png, .svg or .pdf.")
    session.add_inputs(*files)
    session.check_output_file(output, overwrite=overwrite)
    session.check_outputs()
    values = [load_any(Path(file)) for file in files]
    with usage_errors():
        draw = _check_values(values, picture, unique_names(files), start=start, end=end, fmax=fmax, y_axis=y_axis)
    yield
    with new_file(Path(output)) as temporary:
        draw().savefig(temporary, dpi=DPI)
    logger.info("drew %s", ", ".join(files))


def _check_values(
    values: Sequence[Any], picture: str | None, names: Sequence[str], **limits: Any
) -> Callable[[], Figure]:
    """Return what draws the values.  Raises ValueError if there is no such picture of them."""
    from scoresep.values import Decomposition
    from scoresep.views.encoder import check_encoder
    from scoresep.views.figures import encoder_figure, loss_figure, plot
    from scoresep.views.view import View

    if picture is None:
        return partial(plot, values, view=View.of(values, **limits))
    if not all(isinstance(value, Decomposition) for value in values):
        raise ValueError(f"--{picture} is of decompositions; leave out all other files")
    if picture == "loss":
        return partial(loss_figure, values, names if len(names) > 1 else None)
    if len(values) > 1:
        raise ValueError("--encoder is of one decomposition; name one file")
    check_encoder(values[0])
    return partial(encoder_figure, values[0])

"""The options of the commands. Those of a stage are defined once, for the stage and for ``separate``.

An option that is not given is not passed on. The defaults are those of the Python functions; the help texts repeat
them, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, fields
from typing import Any

import click

from scoresep.backends import BACKENDS, make_options, option_names, options_class
from scoresep.cli.help import Decorator, headed
from scoresep.cli.parameter_types import (
    Anchors,
    Background,
    Bytes,
    Instrument,
    Layers,
    Loss,
    Positive,
    Prior,
    Seconds,
    Trained,
    Whole,
)


def _priors(_context: click.Context, _option: click.Parameter, pairs: tuple[tuple[str, str], ...]) -> Any:
    """Return the files by the names of their notes; None without any."""
    files = dict(pairs)
    if len(files) < len(pairs):
        repeated = next(name for k, (name, _) in enumerate(pairs) if name in dict(pairs[:k]))
        raise click.BadParameter(f"'{repeated}' has two files; give it one.")
    return files or None


output_option = click.option(
    "-o", "output", metavar="FILE", help="Write the result to this file; - is standard output."
)
overwrite_option = click.option("--overwrite", is_flag=True, help="Replace files that are there already.")

part_options = headed(
    "Recording",
    click.option("--start", type=Seconds(), help="Start of the part of the recording to read (s or m:ss)."),
    click.option("--end", type=Seconds(), help="End of the part of the recording to read."),
)
batch_options = headed(
    "Several songs",
    click.option("--manifest", metavar="FILE", help="Table of songs with the columns recording, score, groups, out."),
    click.option(
        "--jobs", type=Whole(1), default=1, help="Number of songs to separate at the same time.  [default: 1]"
    ),
    click.option("--resume", is_flag=True, help="Skip songs whose stems are complete and newer than their files."),
    click.option("--cluster", metavar="ADDRESS", help="Address of a Dask cluster to use, such as tcp://host:8786."),
)
memory_option = click.option(
    "--max-memory",
    type=Bytes(),
    metavar="SIZE",
    help="Largest amount of memory to use, such as 800M or 4G.  [default: 2G]",
)


def backend_option_list() -> list[Decorator]:
    """Make the options of the command line from those of the backends."""
    made: dict[str, Decorator] = {}
    for field in _backend_fields():
        made.setdefault(field.name, _option_of(field))
    return list(made.values())


def _backend_fields() -> list[Field[Any]]:
    """List the fields of the options of all backends; a field that several backends have is listed several times."""
    return [field for name in BACKENDS.names() for field in fields(options_class(name))]


def _option_of(field: Field[Any]) -> Decorator:
    """Make an option of the command line from the field of a dataclass."""
    types = {"float": Positive(or_zero=True), "int": Whole(), "str": click.STRING, "tuple[int, ...]": Layers()}
    choices = field.metadata.get("choices")
    kind = (
        click.Choice(choices) if choices else types.get(getattr(field.type, "__name__", str(field.type)), click.STRING)
    )
    default = "" if field.default == () else f"  [default: {field.default}]"
    return click.option(
        f"--{field.name.replace('_', '-')}", field.name, type=kind, help=field.metadata["help"] + default
    )


stft_options = headed(
    "Spectrogram",
    click.option("--n-fft", type=Whole(16, 2**20), help="Window length in samples.  [default: 6 hops]"),
    click.option("--hop", type=Whole(1, 2**19), help="Samples between frames.  [default: about 46 ms]"),
)
_repeats_option = headed(
    "Score",
    click.option(
        "--repeats",
        type=click.Choice(["auto", "written", "none", "found"]),
        default="auto",
        help="How repeats are played: as written, not at all, as found in the recording, or whichever fits best.  "
        "[default: auto]",
    ),
)
#: The options with which a score file is read.
READING_OPTIONS = ("repeats", "ornaments", "without")
score_options = headed(
    "Score",
    click.option(
        "--ornaments",
        type=click.Choice(["played", "written"]),
        default="played",
        help="Read ornaments, arpeggios and grace notes as they are usually played, or as plain notes.  "
        "[default: played]",
    ),
    click.option(
        "--without",
        multiple=True,
        metavar="PART",
        help="Name or number of a part of the score to leave out; can be given several times.",
    ),
)
_pairing_options = headed(
    "Alignment",
    click.option(
        "--no-align",
        "is_aligned",
        is_flag=True,
        default=None,
        help="Do not align: the score is in the time of the recording already.",
    ),
    click.option(
        "--anchors",
        type=Anchors(),
        metavar="FILE",
        help="Table (.csv) that says when bars sound: columns bar and recording, also beat and repeat; or score and "
        "recording, in seconds.",
    ),
    click.option("--force", is_flag=True, default=None, help="Align even if the score does not match the recording."),
)


def align_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the stage align, and those with which it reads a score."""
    return _repeats_option(score_options(_pairing_options(function)))


_fit_options = headed(
    "Decomposition",
    click.option(
        "--backend",
        type=click.Choice(BACKENDS.names()),
        help="Algorithm of the fit.  [default: nmf]",
    ),
    click.option(
        "--loss",
        type=Loss(),
        metavar="NAME",
        help="Loss: kl (Kullback-Leibler), euclidean, is (Itakura-Saito), or the beta of a beta divergence.  "
        "[default: kl]",
    ),
    click.option("--iterations", type=Whole(0), help="Largest number of iterations.  [default: 25]"),
    click.option(
        "--threshold",
        type=Positive(or_zero=True),
        help="Stop when the factors change by less than this fraction.  [default: 0.0]",
    ),
    click.option(
        "--constraints",
        type=click.Choice(["both", "templates", "activations", "none"]),
        help="Which factors the score constrains.  [default: both]",
    ),
    click.option(
        "--onsets",
        type=click.Choice(["auto", "on", "off"]),
        help="Use separate templates for attacks.  [default: auto]",
    ),
    click.option(
        "--instrument",
        type=Instrument(),
        multiple=True,
        callback=lambda _context, _option, names: names or None,
        metavar="[PART=]NAME",
        help="Instrument of all parts, or of one, where the score has the wrong one; or struck, or sustained.  "
        "[default: auto]",
    ),
    click.option(
        "--spatial", type=click.Choice(["auto", "off"]), help="Use the stereo image to separate notes.  [default: auto]"
    ),
    click.option(
        "--background",
        type=Background(),
        metavar="auto|off|N",
        help="Number of free components for sounds that are not in the score.  [default: auto]",
    ),
    click.option("--seed", type=Whole(0), help="Seed of random initial factors.  [default: 0]"),
)
_backend_options = headed(
    "Decomposition by some backends",
    *backend_option_list(),
    click.option(
        "--init",
        type=Trained(),
        metavar="FILE",
        help="Decomposition with a trained encoder, which is applied without a fit.",
    ),
)


def decompose_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the stage decompose."""
    return _fit_options(_backend_options(function))


groups_options = headed(
    "Groups",
    click.option(
        "--groups", metavar="FILE", help="File that says which notes go to which stem.  [default: hands, or parts]"
    ),
    click.option(
        "--drums",
        type=click.Choice(["kit", "pieces"]),
        help="Without groups: one stem for all drums, or one for each piece of the kit.  [default: kit]",
    ),
)
exponent_option = click.option(
    "--exponent", type=Positive(), help="Sharpness of the masks; higher is sharper.  [default: 1.5]"
)
mask_options = headed(
    "Masks",
    exponent_option,
    click.option(
        "--prior",
        "priors",
        type=Prior(),
        multiple=True,
        callback=_priors,
        metavar="NAME=FILE",
        help="Stem of a group or a part that another separator has made of the recording, or the word unmix to run "
        "Open-Unmix; can be given several times.",
    ),
    click.option("--model", metavar="FOLDER", help="Folder that has the weights of Open-Unmix (vocals.pth …)."),
)
render_options = headed(
    "Output",
    click.option("--format", metavar="FORMAT", help="File format of the stems: wav, flac, aiff, ogg …  [default: wav]"),
    click.option(
        "--subtype",
        metavar="SUBTYPE",
        help="Sample format of the stems: PCM_16, PCM_24, FLOAT …  [default: the recording's]",
    ),
    click.option("--minus-one", is_flag=True, help="For each group, also write the recording without it."),
    click.option(
        "--full-length",
        is_flag=True,
        help="Do not crop the stems of single notes; write them as long as the recording.",
    ),
)
method_option = click.option(
    "--method",
    type=click.Choice(["mask", "resynthesis", "ddsp"]),
    help="How stems are made: cut out by masks, made anew from partials and noise, or by a synthesizer fitted to the "
    "recording (needs PyTorch).  [default: mask]",
)
adversarial_option = click.option(
    "--adversarial",
    is_flag=True,
    default=None,
    help="With method ddsp, also fit a discriminator of recording and synthesis.",
)
dir_option = click.option("-o", "output", metavar="DIR", help="Folder for the stems.  [default: song_stems]")


def check_training(options: dict[str, Any]) -> None:
    """Raise UsageError for options of the fit that do not go together."""
    own = {name: options[name] for name in option_names()}
    if options["init"] is not None:
        for name in ("backend", "iterations", "threshold", *own):
            if options[name] is not None:
                raise click.UsageError(f"--init applies an encoder as it was trained; leave out --{name}.")
    try:
        make_options(options["backend"] or "nmf", own)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error


def given(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given."""
    return {name: value for name, value in options.items() if value is not None}

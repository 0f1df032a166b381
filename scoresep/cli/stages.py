"""The five stages as commands.

Each command checks its arguments before its ``yield`` and works after it. So in a chain, all arguments are checked
before the first stage computes.
"""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.arguments import Stage, assign_words
from scoresep.cli.exit_status import usage_errors
from scoresep.cli.help import headed
from scoresep.cli.inputs import read_value, recording_name, resolve_sound
from scoresep.cli.options import (
    READING_OPTIONS,
    adversarial_option,
    align_options,
    check_training,
    decompose_options,
    dir_option,
    given,
    groups_options,
    mask_options,
    method_option,
    output_option,
    overwrite_option,
    part_options,
    render_options,
    stft_options,
)
from scoresep.cli.outputs import print_stem_paths, tell_residual, write_note_table, write_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from scoresep.cli.session import Session, Step
    from scoresep.values import Audio, Decomposition, Group, Notes, Priors, Selection

logger = logging.getLogger(__name__)

#: The most memory that the command ``mask`` takes for the masks of all groups together (bytes).
MOST_MASKS = 4 * 2**30


@click.command(cls=Stage)
@click.argument("words", nargs=-1, metavar="RECORDING")
@part_options
@stft_options
@headed("Output", output_option, overwrite_option)
@click.pass_obj
def stft(session: Session, /, words: tuple[str, ...], *, output: str | None, overwrite: bool, **options: Any) -> Step:
    """Compute the spectrogram of a recording.

    \b
    scoresep stft song.wav -o song.stft.npz
    """
    from scoresep.dsp.stft import choose_transform
    from scoresep.io.audio import read_audio
    from scoresep.stages.stft import stft as compute

    (recording,) = assign_words(words, ["RECORDING"])
    if recording is None:
        raise click.UsageError("Missing the recording.")
    session.add_inputs(recording)
    session.check_output_file(output, overwrite=overwrite)
    audio = read_audio(recording, start=options.pop("start"), end=options.pop("end"))
    with usage_errors():
        choose_transform(audio.sample_rate, audio.n_samples, **options)
    session.name = recording_name(recording)
    session.put_value("audio", audio)
    session.declare_output("spectrogram")
    yield
    spectrogram = compute(audio, **given(options))
    session.put_value("spectrogram", spectrogram)
    write_value(spectrogram, output)


@click.command(cls=Stage)
@click.argument("words", nargs=-1, metavar="[RECORDING | SONG.STFT.NPZ] SCORE")
@align_options
@headed(
    "Output",
    output_option,
    click.option("--csv", "table", metavar="FILE", help="Write the aligned notes as a table; - is standard output."),
    overwrite_option,
)
@click.pass_obj
def align(
    session: Session,
    /,
    words: tuple[str, ...],
    *,
    table: str | None,
    output: str | None,
    overwrite: bool,
    **options: Any,
) -> Step:
    """Find where each note of a score sounds in a recording.

    Repeats, cuts and transpositions are found. If passages are off, give --anchors, or edit the table that --csv
    writes and use it in place of the alignment.

    \b
    scoresep align song.wav score.mid -o song.align.npz --csv notes.csv
    scoresep align song.wav score.musicxml --anchors anchors.csv -o song.align.npz
    """
    from scoresep.io.scores import read_unfoldings
    from scoresep.progress import describe_alignment
    from scoresep.stages.align import align as compute

    recording, score = assign_words(words, ["RECORDING", "SCORE"])
    if score is None:
        raise click.UsageError("Missing the score.")
    session.add_inputs(score)
    for target in (output, table) if output and table else (output or table,):
        session.check_output_file(target, overwrite=overwrite)
    unfoldings = read_unfoldings(score, hands=True, **{name: options.pop(name) for name in READING_OPTIONS})
    sound = resolve_sound(session, recording)
    session.put_value("notes", unfoldings[0])
    session.declare_output("alignment", "notes")
    yield
    alignment = compute(sound(), unfoldings, **given(options))
    logger.info("%s", describe_alignment(alignment))
    session.put_value("alignment", alignment)
    write_value(alignment, output)
    write_note_table(alignment, table)


@click.command(cls=Stage)
@click.argument("words", nargs=-1, metavar="[SONG.STFT.NPZ] [SONG.ALIGN.NPZ | NOTES.CSV]")
@decompose_options
@headed("Output", output_option, overwrite_option)
@click.pass_obj
def decompose(
    session: Session, /, words: tuple[str, ...], *, output: str | None, overwrite: bool, **options: Any
) -> Step:
    """Decompose a spectrogram into the notes of a score.

    Nonnegative matrix factorization, or an autoencoder, held to the score: each note has templates at its pitch, which
    may sound only where the alignment has the note.

    \b
    scoresep decompose song.stft.npz song.align.npz -o song.parts.npz
    scoresep decompose song.stft.npz notes.csv --backend nae --iterations 100 -o song.parts.npz
    """
    from scoresep.progress import describe_decomposition, iteration_report
    from scoresep.stages.decompose import decompose as compute

    first, second = assign_words(words, ["SONG.STFT.NPZ", "SONG.ALIGN.NPZ"])
    check_training(options)
    session.check_output_file(output, overwrite=overwrite)
    spectrogram = session.resolve_input("spectrogram", first, partial(read_value, "spectrogram"), "an .stft.npz")
    alignment = session.resolve_input("alignment", second, partial(read_value, "alignment"), "an .align.npz or a .csv")
    if (known := session.get_value("alignment")) is not None:
        session.put_value("notes", known.notes)
    session.declare_output("decomposition")
    yield
    with session.progress() as on_progress:
        decomposition = compute(
            spectrogram(),
            alignment(),
            on_iteration=iteration_report(on_progress, given(options)),
            **given(options),
        )
    logger.info("%s", describe_decomposition(decomposition))
    session.put_value("decomposition", decomposition)
    write_value(decomposition, output)


@click.command(cls=Stage)
@click.argument("words", nargs=-1, metavar="[SONG.STFT.NPZ] [SONG.PARTS.NPZ]")
@groups_options
@mask_options
@headed("Output", output_option, overwrite_option)
@click.pass_obj
def mask(
    session: Session,
    /,
    words: tuple[str, ...],
    *,
    groups: str | None,
    drums: str | None,
    priors: dict[str, str] | None,
    model: str | None,
    output: str | None,
    overwrite: bool,
    **options: Any,
) -> Step:
    """Compute the share of each group of notes in a spectrogram.

    The spectrogram is needed only with --prior.

    \b
    scoresep mask song.parts.npz --groups hands.yaml -o song.masks.npz
    scoresep mask song.stft.npz song.parts.npz --prior left=left.wav -o song.masks.npz
    """
    from scoresep.io.groups_file import read_groups
    from scoresep.score.selection import select
    from scoresep.stages.mask import mask as compute

    recording, parts = assign_words(words, ["SONG.STFT.NPZ", "SONG.PARTS.NPZ"])
    session.add_inputs(groups)
    session.check_output_file(output, overwrite=overwrite)
    if groups is not None and drums is not None:
        raise click.UsageError("--drums cannot be used with --groups; a group can say {each: drum}.")
    parsed = None if groups is None else read_groups(groups)
    source = session.resolve_input("decomposition", parts, partial(read_value, "decomposition"), "a .parts.npz")
    _put_known_selection(session, parsed, drums or "kit")
    read_sounds = _resolve_priors(session, recording, priors, model)
    session.declare_output("masks")
    yield
    decomposition = source()
    duration = decomposition.transform.duration
    selection = select(parsed, decomposition.notes, drums=drums or "kit", duration=duration)
    if excess := masks_excess(decomposition, selection):
        raise click.ClickException(f"{excess}; 'scoresep separate' computes them one stretch of time after the other")
    masks = compute(decomposition, selection, priors=read_sounds(), **given(options))
    session.put_value("masks", masks)
    write_value(masks, output)


@click.command(cls=Stage)
@click.argument("words", nargs=-1, metavar="[SONG.STFT.NPZ] [SONG.MASKS.NPZ] [SONG.PARTS.NPZ]")
@headed("Output", dir_option, overwrite_option, method_option, adversarial_option)
@render_options
@click.pass_obj
def render(
    session: Session,
    /,
    words: tuple[str, ...],
    *,
    method: str | None,
    adversarial: bool | None,
    output: str | None,
    overwrite: bool,
    **options: Any,
) -> Step:
    """Write the sound of each group of notes, and the residual.

    Methods other than mask also need the decomposition. They take only the groups from the masks.

    \b
    scoresep render song.stft.npz song.masks.npz -o stems/
    scoresep render --method resynthesis song.stft.npz song.masks.npz song.parts.npz -o stems/
    """
    from scoresep.errors import OptionError
    from scoresep.io.stems_writer import write_stem_stretches
    from scoresep.stages.render import MaskedSpectrogram, Rendering, check_match, render_stretches
    from scoresep.synthesis.methods import check_adversarial, check_installed, make_synthesis

    names = ["SONG.STFT.NPZ", "SONG.MASKS.NPZ"]
    first, second, *rest = assign_words(words, names if method in (None, "mask") else [*names, "SONG.PARTS.NPZ"])
    spectrogram = session.resolve_input("spectrogram", first, partial(read_value, "spectrogram"), "an .stft.npz")
    masks = session.resolve_input("masks", second, partial(read_value, "masks"), "a .masks.npz")
    parts_of = [
        session.resolve_input("decomposition", word, partial(read_value, "decomposition"), "a .parts.npz")
        for word in rest
    ]
    with usage_errors(OptionError):
        check_adversarial(method or "mask", adversarial=bool(adversarial))
    check_installed(method or "mask")
    if first is not None:
        session.name = recording_name(first)
    folder = session.check_output_folder(output, overwrite=overwrite)
    known = _known_stems(session)
    checked = _check_stem_options(folder, *known, **options) if known is not None else None
    yield
    check_match(spectrogram(), masks())
    audio, selection = spectrogram().audio, masks().selection
    checked = checked or _check_stem_options(folder, audio, selection, masks().notes, **options)
    rendering: Rendering = MaskedSpectrogram(spectrogram(), masks())
    if method is not None and method != "mask":
        parts = parts_of[0]()
        rendering = make_synthesis(audio, parts, selection, method=method, adversarial=bool(adversarial))
    stretches = render_stretches(rendering, subtype=checked["format"].subtype)
    summary = write_stem_stretches(folder, stretches, audio, selection, overwrite=overwrite, **checked)
    tell_residual(summary, method)
    if not session.quiet:
        print_stem_paths(summary)


def _resolve_priors(
    session: Session, word: str | None, files: dict[str, str] | None, model: str | None
) -> Callable[[], Priors | None]:
    """Return a function that gives the priors; check their names and files now if their notes and recording are known.

    ``word`` names the spectrogram of the recording, unless a stage before makes it.
    """
    from scoresep.errors import OptionError
    from scoresep.score.prior_notes import find_prior_notes
    from scoresep.separators.priors import files_of, prepare_priors

    if files is None:
        if word is not None:
            raise click.UsageError("Masks need the spectrogram only with --prior; leave it out.")
        if model is not None:
            raise click.UsageError("--model is for --prior NAME=unmix.")
        return lambda: None
    session.add_inputs(*files_of(files))
    spectrogram = session.resolve_input("spectrogram", word, partial(read_value, "spectrogram"), "an .stft.npz")
    notes, selection = session.get_value("notes"), session.get_value("selection")
    if notes is not None and selection is not None:
        find_prior_notes(list(files), selection, notes, is_aligned=False)
    known = session.get_value("spectrogram")
    audio = session.get_value("audio") if known is None else known.audio
    with usage_errors(OptionError):
        prepare = partial(prepare_priors, files, model=model)
        if audio is not None:
            return prepare(audio)

    def read_later() -> Priors | None:
        """Read the priors when the recording has been read from standard input."""
        return prepare(spectrogram().audio)()

    return read_later


def _put_known_selection(session: Session, groups: tuple[Group, ...] | None, drums: str) -> None:
    """Pass on which notes belong to which stem, if the notes are known; raise InputError if the groups do not fit."""
    from scoresep.score.selection import select

    if (decomposition := session.get_value("decomposition")) is not None:
        session.put_value("notes", decomposition.notes)
        duration = decomposition.transform.duration
        session.put_value("selection", select(groups, decomposition.notes, drums=drums, duration=duration))
    elif (notes := session.get_value("notes")) is not None:
        session.put_value("selection", select(groups, notes, is_aligned=False, drums=drums))


def _known_stems(session: Session) -> tuple[Audio, Selection, Notes] | None:
    """Return the recording, the selection and the notes that stems will be made of, if all are known already."""
    spectrogram, masks = session.get_value("spectrogram"), session.get_value("masks")
    audio = session.get_value("audio") if spectrogram is None else spectrogram.audio
    selection = session.get_value("selection") if masks is None else masks.selection
    notes = session.get_value("notes") if masks is None else masks.notes
    return None if audio is None or selection is None or notes is None else (audio, selection, notes)


def _check_stem_options(
    folder: Path,
    audio: Audio,
    selection: Selection,
    notes: Notes,
    *,
    format: str | None,
    subtype: str | None,
    **options: Any,
) -> dict[str, Any]:
    """Return the options for `write_stem_stretches`; raise OutputError if the stems cannot be written."""
    from scoresep.io.audio_writer import stem_format
    from scoresep.io.stems_writer import check_stems

    checked = {"format": stem_format(audio, format, subtype), **options}
    check_stems(folder, audio, selection, notes, **checked)
    return checked


def masks_excess(decomposition: Decomposition, selection: Selection) -> str | None:
    """Return a message if the masks of all groups together take too much memory."""
    bins, lower = decomposition.templates[..., 0, 0].size, decomposition.covariances.shape[1]
    size = (len(selection.names) + 1) * (4 * bins + 32 * lower) * decomposition.activations.shape[1]
    if size <= MOST_MASKS:
        return None
    return f"the masks of {len(selection.names)} groups would take {size / 1e9:.1f} GB"

"""The five stages as commands; each checks its words before its ``yield`` and works after it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scoresep.cli.arguments import Stage, assign
from scoresep.cli.options import (
    align_options,
    check_training,
    decompose_options,
    dir_option,
    given,
    groups_option,
    mask_options,
    output_option,
    overwrite_option,
    part_options,
    render_options,
    stft_options,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scoresep.cli.session import Session, Step
    from scoresep.dsp.downmix import Mono
    from scoresep.values import Alignment, Audio, Decomposition, Selection

#: Masks beyond this size (bytes) are not made at once.
MOST_MASKS = 4 * 2**30


@click.command(cls=Stage)
@click.argument("words", nargs=-1, metavar="SONG.WAV")
@part_options
@stft_options
@output_option
@overwrite_option
@click.pass_obj
def stft(session: Session, /, words: tuple[str, ...], *, output: str | None, overwrite: bool, **options: Any) -> Step:
    """Compute the spectrogram of a recording.

    \b
    scoresep stft song.wav -o song.stft.npz
    """
    from scoresep.dsp.stft import choose_transform
    from scoresep.io.audio import read_audio
    from scoresep.stages.stft import stft as compute

    (recording,) = assign(words, ["SONG.WAV"])
    if recording is None:
        raise click.UsageError("Missing the recording: SONG.WAV.")
    session.reads(recording)
    session.check_output(output, overwrite=overwrite)
    audio = read_audio(recording, start=options.pop("start"), end=options.pop("end"))
    with usage_errors():
        choose_transform(audio.sample_rate, audio.n_samples, **options)
    session.name = name_of(recording)
    session.promise("spectrogram")
    yield
    spectrogram = compute(audio, **given(options))
    session.put("spectrogram", spectrogram)
    session.save(spectrogram, output)


@click.command(cls=Stage)
@click.argument("words", nargs=-1, metavar="[SONG] SCORE")
@align_options
@click.option("--csv", "table", metavar="FILE", help="Save the aligned notes as a table.")
@output_option
@overwrite_option
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
    """Find the notes of a score in a recording, a sound file or an .stft.npz.

    \b
    scoresep align song.stft.npz score.mid -o song.align.npz --csv notes.csv
    """
    from scoresep.io.scores import read_unfoldings
    from scoresep.stages.align import align as compute

    recording, score = assign(words, ["SONG", "SCORE"])
    if score is None:
        raise click.UsageError("Missing the score: SCORE.")
    session.reads(score)
    for target in (output, table) if output and table else (output or table,):
        session.check_output(target, overwrite=overwrite)
    readings = read_unfoldings(score, **{name: options.pop(name) for name in ("repeats", "ornaments", "without")})
    source = _sound_source(session, recording)
    session.put("notes", readings[0])
    session.promise("alignment", "notes")
    yield
    alignment = compute(source(), readings, **given(options))
    session.say(describe(alignment))
    session.put("alignment", alignment)
    session.save(alignment, output)
    session.save_notes(alignment, table)


@click.command(cls=Stage)
@click.argument("words", nargs=-1, metavar="[SONG.STFT.NPZ] [SONG.ALIGN.NPZ | NOTES.CSV]")
@decompose_options
@output_option
@overwrite_option
@click.pass_obj
def decompose(
    session: Session, /, words: tuple[str, ...], *, output: str | None, overwrite: bool, **options: Any
) -> Step:
    """Explain a spectrogram note by note.

    \b
    scoresep decompose song.stft.npz song.align.npz -o song.parts.npz
    """
    from scoresep.pipeline import iteration_report
    from scoresep.stages.decompose import decompose as compute

    first, second = assign(words, ["SONG.STFT.NPZ", "SONG.ALIGN.NPZ"])
    check_training(options)
    session.check_output(output, overwrite=overwrite)
    spectrogram = session.source("spectrogram", first, partial(read_value, "spectrogram"), "an .stft.npz")
    alignment = session.source("alignment", second, partial(read_value, "alignment"), "an .align.npz or a .csv")
    if (found := session.get("alignment")) is not None:
        session.put("notes", found.notes)
    session.promise("decomposition")
    yield
    with session.progress() as report:
        decomposition = compute(
            spectrogram(),
            alignment(),
            on_iteration=iteration_report(report, given(options)),
            **given(options),
        )
    session.put("decomposition", decomposition)
    session.save(decomposition, output)


@click.command(cls=Stage)
@click.argument("words", nargs=-1, metavar="[SONG.PARTS.NPZ]")
@groups_option
@mask_options
@output_option
@overwrite_option
@click.pass_obj
def mask(
    session: Session,
    /,
    words: tuple[str, ...],
    *,
    groups: str | None,
    output: str | None,
    overwrite: bool,
    **options: Any,
) -> Step:
    """Share a spectrogram out among groups of notes.

    \b
    scoresep mask song.parts.npz --groups hands.yaml -o song.masks.npz
    """
    from scoresep.io.groups_file import read_groups
    from scoresep.score.selection import select
    from scoresep.stages.mask import mask as compute

    (parts,) = assign(words, ["SONG.PARTS.NPZ"])
    session.reads(groups)
    session.check_output(output, overwrite=overwrite)
    parsed = None if groups is None else read_groups(groups)
    source = session.source("decomposition", parts, partial(read_value, "decomposition"), "a .parts.npz")
    if (notes := session.get("notes")) is not None:
        select(parsed, notes, is_aligned=False)
    session.promise("masks")
    yield
    decomposition = source()
    selection = select(parsed, decomposition.notes)
    if excess := masks_excess(decomposition, selection):
        raise click.ClickException(f"{excess}; 'scoresep separate' makes them bit by bit")
    masks = compute(decomposition, selection, **given(options))
    session.put("masks", masks)
    session.save(masks, output)


@click.command(cls=Stage)
@click.argument("words", nargs=-1, metavar="[SONG.STFT.NPZ] [SONG.MASKS.NPZ]")
@render_options
@dir_option
@overwrite_option
@click.pass_obj
def render(session: Session, /, words: tuple[str, ...], *, output: str | None, overwrite: bool, **options: Any) -> Step:
    """Write the sound of each group of notes, and the residual.

    \b
    scoresep render song.stft.npz song.masks.npz -o stems/
    """
    from scoresep.io.audio_writer import stem_format
    from scoresep.io.stems_writer import check_stems, write_stems
    from scoresep.stages.render import MaskedSpectrogram, check_match, render_stretches
    from scoresep.values import Selection

    first, second = assign(words, ["SONG.STFT.NPZ", "SONG.MASKS.NPZ"])
    spectrogram = session.source("spectrogram", first, partial(read_value, "spectrogram"), "an .stft.npz")
    masks = session.source("masks", second, partial(read_value, "masks"), "a .masks.npz")
    if first is not None:
        session.name = name_of(first)
    folder = session.stem_folder(output, overwrite=overwrite)
    yield
    check_match(spectrogram(), masks())
    audio, names = spectrogram().audio, masks().names[:-1]
    container, subtype = stem_format(audio, options.pop("format"), options.pop("subtype"))
    note = masks().note[:-1].tolist()
    options |= {"container": container, "subtype": subtype}
    check_stems(folder, audio, Selection(names, masks().shares, tuple(note)), masks().notes, **options)
    parts = render_stretches(MaskedSpectrogram(spectrogram(), masks()), subtype=subtype)
    summary = write_stems(folder, parts, audio, names, note, overwrite=overwrite, **options)
    session.tell_files(summary)


def read_value(kind: str, word: str) -> Any:
    """Return the value of a kind that a file holds, or standard input for ``-``; an alignment may be a table."""
    from scoresep.io.note_table import read_notes
    from scoresep.io.npz import KINDS, load

    if kind == "alignment" and word.lower().endswith(".csv"):
        return read_notes(word)
    if word == "-":
        return load(sys.stdin.buffer, KINDS[kind], name="standard input")
    return load(Path(word), KINDS[kind])


def name_of(word: str) -> str:
    """Return what a recording is called, from the name of its file or of a stage's file."""
    name = Path(word).name
    return name.removesuffix(".npz").removesuffix(".stft") if name.endswith(".npz") else Path(word).stem


def masks_excess(decomposition: Decomposition, selection: Selection) -> str | None:
    """Return what is wrong with making the masks of all groups at once, if it would take too much memory."""
    bins, lower = decomposition.templates[..., 0, 0].size, decomposition.covariances.shape[1]
    size = (len(selection.names) + 1) * (4 * bins + 32 * lower) * decomposition.activations.shape[1]
    if size <= MOST_MASKS:
        return None
    return f"the masks of {len(selection.names)} groups would take {size / 1e9:.1f} GB"


@contextmanager
def usage_errors() -> Iterator[None]:
    """Take a library's complaint about an argument as one about the command line."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error


def describe(alignment: Alignment) -> str:
    """Return what an alignment found, in a line."""
    text = f"aligned {len(alignment.notes)} notes, confidence {alignment.overall_confidence:.2f}"
    text += f", tuning {alignment.tuning:+.0f} cents"
    return text + (f", {alignment.transposition:+d} semitones" if alignment.transposition else "")


def _sound_source(session: Session, word: str | None) -> Callable[[], Audio | Mono]:
    """Return the recording that ``word`` names, as a sound file or by its spectrogram, or that an earlier stage has."""
    from scoresep.io.audio import check_audio, read_mono

    if word is None or word == "-" or word.endswith(".npz"):
        spectrogram = session.source(
            "spectrogram", word, partial(read_value, "spectrogram"), "a sound file or an .stft.npz"
        )
        return lambda: spectrogram().audio
    session.name = name_of(word)
    session.reads(word)
    check_audio(word)
    return lambda: read_mono(word)

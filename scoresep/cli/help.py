"""Help pages: what a command does, what its words are, examples, and its options under headings.

In the text of a command, paragraphs that keep their lines and begin with ``scoresep`` are examples. An option made by
`headed` stands under its heading, others come first.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

#: The heading of options that have none of their own.
OPTIONS = "Options"
#: The heading of the options that all commands take.
MESSAGES = "Messages"
#: What the words of the commands are.
ARGUMENTS = {
    "RECORDING": "A sound file: WAV, FLAC, AIFF, MP3, Ogg …; with ffmpeg installed also M4A, AAC, MP4, WMA.",
    "SCORE": "MIDI, MusicXML (.musicxml, .mxl), MEI, Humdrum **kern, ABC, or a table of notes (.csv).",
    "SONG.STFT.NPZ": "A spectrogram, from 'scoresep stft'.",
    "SONG.ALIGN.NPZ": "An alignment, from 'scoresep align'.",
    "NOTES.CSV": "A table of aligned notes, from 'scoresep align --csv'.",
    "SONG.PARTS.NPZ": "A decomposition, from 'scoresep decompose'.",
    "SONG.MASKS.NPZ": "Masks, from 'scoresep mask'.",
    "STEMS_DIR": "A folder of stems, from 'scoresep separate'.",
}
#: The last lines of the help of ``scoresep``.
CLOSING = (
    "'scoresep COMMAND --help' explains a command. The folder docs/ of scoresep has a tutorial, how-to pages and a "
    "reference of all formats and options."
)


def headed(heading: str, *options: Decorator) -> Decorator:
    """Return one decorator that applies several options, in this order, under a heading of the help."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
            vars(vars(function)["__click_params__"][-1])["heading"] = heading
        return function

    return decorate


def split_help(text: str | None) -> tuple[list[str], list[str]]:
    """Return the paragraphs of a command's text, and the lines of its examples."""
    paragraphs, examples = [], []
    for paragraph in inspect.cleandoc(text or "").split("\n\n"):
        lines = paragraph.removeprefix("\b").strip().splitlines()
        if paragraph.startswith("\b") and lines[0].startswith("scoresep "):
            examples += lines
        else:
            paragraphs.append(paragraph)
    return paragraphs, examples


def sections_of(command: click.Command) -> dict[str, list[click.Option]]:
    """Return the options of a command by heading: those without one first, those of messages last."""
    sections: dict[str, list[click.Option]] = {OPTIONS: []}
    for param in command.params:
        if isinstance(param, click.Option) and not param.hidden:
            sections.setdefault(vars(param).get("heading", OPTIONS), []).append(param)
    messages = sections.pop(MESSAGES, [])
    return {heading: own for heading, own in (sections | {MESSAGES: messages}).items() if own}


def argument_words(command: click.Command) -> list[str]:
    """Return the words of the usage line that stand for arguments, each once."""
    usages = [param.metavar or "" for param in command.params if isinstance(param, click.Argument)]
    return list(dict.fromkeys(word.strip("[].|") for usage in usages for word in usage.split()))


def write_text(
    command: click.Command, ctx: click.Context, formatter: click.HelpFormatter, paragraphs: Iterable[str]
) -> None:
    """Write how a command is called, and what it does."""
    command.format_usage(ctx, formatter)
    with formatter.indentation():
        for paragraph in paragraphs:
            formatter.write_paragraph()
            formatter.write_text(paragraph)


def write_arguments(command: click.Command, formatter: click.HelpFormatter) -> None:
    """Write what the words of a command are."""
    if rows := [(word, ARGUMENTS[word]) for word in argument_words(command) if word in ARGUMENTS]:
        with formatter.section("Arguments"):
            formatter.write_dl(rows)


def write_examples(examples: list[str], formatter: click.HelpFormatter) -> None:
    """Write examples, each on a line of its own, however long it is."""
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{' ' * formatter.current_indent}{example}\n")


def write_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the options of a command under their headings, ``--help`` with those of messages."""
    sections = sections_of(command)
    if (help_option := command.get_help_option(ctx)) is not None:
        sections.setdefault(MESSAGES, []).append(help_option)
    for heading, options in sections.items():
        with formatter.section(heading):
            formatter.write_dl([record for option in options if (record := option.get_help_record(ctx))])

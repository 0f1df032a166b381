"""Write man pages from the commands, one for scoresep and one for each command.

``python docs/man.py ~/.local/share/man/man1`` writes them; then ``man scoresep-separate`` shows one.
"""

import sys
from pathlib import Path

import click

import scoresep
from scoresep.cli.commands import COMMANDS, load_command
from scoresep.cli.help import ARGUMENTS, argument_words, sections_of, split_help
from scoresep.cli.main import cli


def page(name: str, command: click.Command, summary: str) -> str:
    """Return a man page."""
    paragraphs, examples = split_help(command.help)
    context = click.Context(command, info_name=name.replace("-", " "))
    lines = [
        f'.TH "{name.upper()}" "1" "" "scoresep {scoresep.__version__}"',
        ".SH NAME",
        rf"{name} \- {plain(summary)}",
        ".SH SYNOPSIS",
        plain(f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}"),
        ".SH DESCRIPTION",
        *(line for paragraph in paragraphs for line in (".PP", plain(" ".join(paragraph.split())))),
    ]
    words = [word for word in argument_words(command) if word in ARGUMENTS]
    lines += entries("ARGUMENTS", [(word, ARGUMENTS[word]) for word in words])
    if isinstance(command, click.Group):
        lines += entries("COMMANDS", [(own, source.help) for own, source in COMMANDS.items()])
    for heading, options in sections_of(command).items():
        lines += entries(heading.upper(), [record for own in options if (record := own.get_help_record(context))])
    if examples:
        lines += [".SH EXAMPLES", ".nf", *map(plain, examples), ".fi"]
    return "\n".join(lines) + "\n"


def entries(heading: str, rows: list[tuple[str, str]]) -> list[str]:
    """Return a section of names and what they are; none without any."""
    body = [line for name, text in rows for line in (".TP", rf"\fB{plain(name)}\fR", plain(text))]
    return [f'.SH "{heading}"', *body] if rows else []


def plain(text: str) -> str:
    """Return a text whose characters mean themselves to roff."""
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{text}" if text.startswith((".", "'")) else text


def write_pages(folder: Path) -> list[Path]:
    """Write all pages into a folder, and return them."""
    folder.mkdir(parents=True, exist_ok=True)
    commands = {f"scoresep-{name}": (load_command(name), source.help) for name, source in COMMANDS.items()}
    paths = []
    for name, (command, summary) in {"scoresep": (cli, "separate a recording by its score"), **commands}.items():
        paths.append(folder / f"{name}.1")
        paths[-1].write_text(page(name, command, summary), encoding="utf-8")
    return paths


if __name__ == "__main__":
    for path in write_pages(Path(sys.argv[1] if len(sys.argv) > 1 else ".")):
        print(path)

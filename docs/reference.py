"""Write the reference pages, docs/cli.md and docs/api.md, from the commands and the package themselves.

    python docs/reference.py

A test holds that the pages are current.
"""

import dataclasses
import inspect
import re
from pathlib import Path

import click

import scoresep
from scoresep.cli.main import cli

DOCS = Path(__file__).parent
#: Options that all commands share; they are told once.
SHARED = ("quiet", "verbose", "debug", "help")
ALL = (
    "Every command takes `-q` (say nothing but errors), `-v` (say what was found), `--debug` (show where an error "
    "comes from) and `-h`. The exit status is 0 when done, 1 if the input is at fault, 2 if the command line is, "
    "130 or 143 when interrupted."
)


def command_line() -> str:
    """Return the page on the command line."""
    parts = [
        "# Command line",
        "*Made from the commands by `python docs/reference.py`.*",
        prose(cli.help),
        ALL,
    ]
    for name, command in cli.commands.items():
        words = " ".join(str(param.metavar) for param in command.params if isinstance(param, click.Argument))
        parts += [f"## {name}", f"`scoresep {name} [OPTIONS] {words}`", prose(command.help), options_of(command)]
    return "\n\n".join(filter(None, parts)) + "\n"


def prose(text: str | None) -> str:
    """Return a help text as Markdown: what keeps its lines there is code here."""
    paragraphs = inspect.cleandoc(text or "").split("\n\n")
    return "\n\n".join(
        f"```\n{paragraph.removeprefix(chr(8)).strip()}\n```"
        if paragraph.startswith("\b")
        else " ".join(paragraph.split())
        for paragraph in paragraphs
    )


def options_of(command: click.Command) -> str:
    """Return a table of a command's own options."""
    rows = [
        option_row(param) for param in command.params if isinstance(param, click.Option) and param.name not in SHARED
    ]
    return "\n".join(["| option | what it does |", "|---|---|", *rows]) if rows else ""


def option_row(option: click.Option) -> str:
    """Return a line of the table."""
    value = "" if option.is_flag else f" {option.metavar or choices(option.type)}"
    text, _, default = (option.help or "").partition("  [default: ")
    default = f" Default: {default.removesuffix(']')}." if default else ""
    return f"| `{', '.join(option.opts)}{value}` | {text}{default} |"


def choices(kind: click.ParamType) -> str:
    """Return what an option takes."""
    return "\\|".join(kind.choices) if isinstance(kind, click.Choice) else kind.name.upper().removesuffix(" RANGE")


def python() -> str:
    """Return the page on the package."""
    public = {name: getattr(scoresep, name) for name in scoresep.__all__}
    parts = ["# Python", "*Made from the package by `python docs/reference.py`.*", markup(scoresep.__doc__ or "")]
    kinds = {
        "Functions": [name for name, thing in public.items() if inspect.isfunction(thing)],
        "Values": [name for name, thing in public.items() if dataclasses.is_dataclass(thing)],
        "Errors and warnings": [name for name, thing in public.items() if is_error(thing)],
    }
    for heading, names in kinds.items():
        parts.append(f"## {heading}")
        for name in names:
            parts += [f"### {name}", signature(name, public[name]), markup(inspect.getdoc(public[name]) or "")]
    return "\n\n".join(parts) + "\n"


def is_error(thing: object) -> bool:
    """Whether something is a kind of error."""
    return isinstance(thing, type) and issubclass(thing, Exception)


def signature(name: str, thing: object) -> str:
    """Return how something is called, a line for each argument if there are many."""
    if is_error(thing):
        return f"Base: `{thing.__bases__[0].__name__}`"
    found = inspect.signature(thing)
    parameters = [p.replace(annotation=Bare(p.annotation)) for p in found.parameters.values()]
    text = f"{name}{found.replace(parameters=parameters, return_annotation=Bare(found.return_annotation))}"
    text = text.removesuffix(" -> None")
    text = re.sub(r"<factory>|<function .*?>|<class .*?>", "…", text)
    return f"```python\n{text if len(text) <= 100 else folded(text)}\n```"


class Bare(str):
    """The text of an annotation, shown without quotes."""

    __slots__ = ()
    __repr__ = str.__str__


def folded(text: str) -> str:
    """Return a signature with a line for each argument."""
    lines, depth = [""], 0
    for letter in text:
        closes = letter in ")]"
        depth -= closes
        if closes and depth == 0 and letter == ")":
            lines += [""]
        lines[-1] += letter
        if letter in "([":
            depth += 1
            lines += ["    "] * (depth == 1 and letter == "(")
        elif letter == "," and depth == 1:
            lines += ["   "]
    return "\n".join(line.rstrip() for line in lines)


def markup(text: str) -> str:
    """Return a docstring as Markdown."""
    text = re.sub(r"``(.+?)``", r"`\1`", inspect.cleandoc(text))
    text = re.sub(r"  # doctest: \+SKIP", "", text)
    parts = []
    for paragraph in text.split("\n\n"):
        is_code = paragraph.startswith(">>>")
        parts.append(f"```python\n{paragraph}\n```" if is_code else " ".join(paragraph.split()).replace("::", ":"))
    return "\n\n".join(parts)


PAGES = {"cli.md": command_line, "api.md": python}

if __name__ == "__main__":
    for page, write in PAGES.items():
        (DOCS / page).write_text(write(), encoding="utf-8")

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
from scoresep.cli.commands import COMMANDS, load_command
from scoresep.cli.help import sections_of, split_help
from scoresep.cli.main import cli

DOCS = Path(__file__).parent
#: Options that all commands share; the page names them once.
SHARED = ("quiet", "verbose", "debug", "help")
#: The paragraph on these options and on the exit status.
ALL = (
    "Every command takes `-q` (print errors only), `-v` (also print what was found), `--debug` (also print every "
    "iteration, and where an error comes from) and `-h`. The exit status is 0 when done, 1 if the input is at fault, "
    "2 if the command line is, 130 if interrupted and 143 if terminated."
)
#: How shells complete words, and where man pages come from.
COMPLETION = """## Completion and man pages

The Tab key completes commands, options, their values and names of files, once the shell knows how. Put one of these
lines into `~/.bashrc`, `~/.zshrc`, or `~/.config/fish/completions/scoresep.fish`:

```sh
eval "$(_SCORESEP_COMPLETE=bash_source scoresep)"   # bash
eval "$(_SCORESEP_COMPLETE=zsh_source scoresep)"    # zsh, after compinit
_SCORESEP_COMPLETE=fish_source scoresep | source    # fish
```

`scoresep help separate` is the same as `scoresep separate --help`. `python docs/man.py ~/.local/share/man/man1`, in the
folder of scoresep, writes man pages of the same texts: `man scoresep`, `man scoresep-separate`."""
#: The title of a section of a numpydoc docstring, with the line below it.
SECTION = re.compile(r"^(\w[\w ]*)\n-+\n", re.MULTILINE)
#: Sections whose entries are a name, a type and an indented description.
LISTS = ("Parameters", "Returns", "Yields", "Raises", "Warns", "Attributes")


def command_line() -> str:
    """Return the page on the command line."""
    parts = [
        "# Command line",
        "*Made from the commands by `python docs/reference.py`.*",
        prose(cli.help),
        ALL,
        COMPLETION,
    ]
    for name in COMMANDS:
        command = load_command(name)
        words = " ".join(str(param.metavar) for param in command.params if isinstance(param, click.Argument))
        parts += [f"## {name}", f"`scoresep {name} [OPTIONS] {words}`", prose(command.help), options_of(command)]
    return "\n\n".join(filter(None, parts)) + "\n"


def prose(text: str | None) -> str:
    """Return a help text as Markdown: its paragraphs, and its examples as code."""
    paragraphs, examples = split_help(text)
    parts = [" ".join(paragraph.removeprefix("\b").split()).replace("**", r"\*\*") for paragraph in paragraphs]
    return "\n\n".join([*parts, *(["```sh\n" + "\n".join(examples) + "\n```"] if examples else [])])


def options_of(command: click.Command) -> str:
    """Return the tables of a command's own options, one for each heading of its help."""
    tables = []
    for heading, options in sections_of(command).items():
        if rows := [option_row(option) for option in options if option.name not in SHARED]:
            tables.append("\n".join([f"| {heading} | |", "|---|---|", *rows]))
    return "\n\n".join(tables)


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
    """Return a docstring as Markdown, with the sections of numpydoc."""
    text = re.sub(r"``(.+?)``", r"`\1`", inspect.cleandoc(text), flags=re.DOTALL)
    text = re.sub(r"  # doctest: \+SKIP", "", text)
    summary, *sections = SECTION.split(text)
    parts = [paragraphs(summary)]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        parts += [f"**{title}**", entries(body) if title in LISTS else paragraphs(body)]
    return "\n\n".join(filter(None, parts))


def paragraphs(text: str) -> str:
    """Return paragraphs of a docstring as Markdown."""
    parts = []
    for paragraph in text.strip().split("\n\n"):
        is_code = paragraph.startswith(">>>")
        parts.append(f"```python\n{paragraph}\n```" if is_code else " ".join(paragraph.split()).replace("::", ":"))
    return "\n\n".join(parts)


def entries(text: str) -> str:
    """Return the entries of a section, each a name, a type and an indented description, as a list."""
    items = re.split(r"^(?=\S)", text.strip(), flags=re.MULTILINE)
    return "\n".join(entry(*item.partition("\n")[::2]) for item in items if item.strip())


def entry(heading: str, description: str) -> str:
    """Return an entry as a line of a list."""
    name, _, kind = heading.strip().partition(" : ")
    text = " ".join(description.split())
    title = f"`{name}` ({kind})" if kind else f"`{name}`"
    return f"- {title}: {text}" if text else f"- {title}"


PAGES = {"cli.md": command_line, "api.md": python}

if __name__ == "__main__":
    for page, write in PAGES.items():
        (DOCS / page).write_text(write(), encoding="utf-8")

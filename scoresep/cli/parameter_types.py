"""The types of the options: from the text on the command line to a value.

What is heavy to import is imported where it is used, so that ``--help`` stays fast.
"""

from __future__ import annotations

import math
import re
from typing import Any

import click
from click.shell_completion import CompletionItem


class FileName(click.ParamType[str]):
    """The name of a file or a folder, which a shell can complete."""

    name = "file"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Let the shell complete the name of a file."""
        return [CompletionItem(incomplete, type="file")]


class Seconds(click.ParamType[float]):
    """A time as '32', '0:32.5' or '1:02:03'."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        from scoresep.times import parse_time

        try:
            return parse_time(str(value))
        except ValueError as error:
            self.fail(f"'{value}' is not {error}.", param, ctx)


class Positive(click.ParamType[float]):
    """A finite number above zero, or from zero on."""

    name = "number"

    def __init__(self, *, or_zero: bool = False) -> None:
        self.or_zero = or_zero

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or number < 0 or (number == 0 and not self.or_zero):
            self.fail(f"'{value}' is not a number {'from' if self.or_zero else 'above'} zero.", param, ctx)
        return number


class Tempo(click.ParamType[Any]):
    """'80%' of the tempo as it is played, or '100' quarters a minute."""

    name = "tempo"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, float]:
        """Return the options ``factor`` or ``tempo`` of `scoresep.warp`."""
        text = str(value).strip()
        try:
            number = float(text.removesuffix("%"))
        except ValueError:
            number = math.nan
        if not 1 <= number <= 1000:
            self.fail(f"'{value}' is not a tempo such as 80% (as it is played) or 100 (quarters a minute).", param, ctx)
        return {"factor": number / 100} if text.endswith("%") else {"tempo": number}


class Whole(click.ParamType[int]):
    """A whole number, maybe with a least and a largest value."""

    name = "number"

    def __init__(self, least: int | None = None, most: int | None = None) -> None:
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        text = str(value).strip()
        number = int(text) if re.fullmatch(r"[+-]?\d{1,18}", text) else None
        low, high = (-math.inf if self.least is None else self.least), (math.inf if self.most is None else self.most)
        if number is None or not low <= number <= high:
            span = "" if self.least is None else f" from {self.least}"
            span += "" if self.most is None else f" to {self.most}"
            self.fail(f"'{value}' is not a whole number{span or ''}.", param, ctx)
        return number


class Background(click.ParamType[Any]):
    """'auto', 'off', or how many free components there are."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | int:
        """Return the word or the number."""
        text = str(value).strip().lower()
        if text in ("auto", "off"):
            return text
        if not (text.isdecimal() and 0 < int(text) <= 1000):
            self.fail(f"'{value}' is not auto, off or a number from 1 to 1000.", param, ctx)
        return int(text)


class Bytes(click.ParamType[float]):
    """An amount of memory: '800M', '2G' or '1.5GB', or a number of bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number of bytes."""
        text = str(value).strip().upper().removesuffix("B")
        unit = {"K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}.get(text[-1:], 1.0)
        try:
            size = float(text[:-1] if unit > 1 else text) * unit
        except ValueError:
            size = math.nan
        if not 0 < size < math.inf:
            self.fail(f"'{value}' is not an amount of memory such as 800M or 2G.", param, ctx)
        return size


class Anchors(FileName):
    """A table of anchors, read at once."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the anchors, shape (anchors, 2)."""
        from scoresep.cli.session import Session
        from scoresep.io.note_table import read_anchors

        if ctx is not None:
            ctx.find_root().ensure_object(Session).add_inputs(str(value))
        return read_anchors(value)


class Loss(click.ParamType[str]):
    """A loss by its name, or by the beta of a beta divergence."""

    name = "loss"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text, if it is a loss."""
        from scoresep.model.beta_divergence import beta_of

        try:
            beta_of(str(value))
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)
        return str(value)


class Instrument(click.ParamType[str]):
    """A name of an instrument, or PART=NAME."""

    name = "instrument"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text, if its name is known."""
        from scoresep.model.instrument_models import INSTRUMENT_MODELS
        from scoresep.score.instruments import named_instrument

        text = str(value)
        try:
            if text != "auto":
                named_instrument(text.rpartition("=")[2], INSTRUMENT_MODELS.names())
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)
        return text


class Prior(click.ParamType[Any]):
    """What another separator has made: NOTES=FILE."""

    name = "prior"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return the names of the notes and the file."""
        name, sign, file = str(value).partition("=")
        if not (sign and name.strip() and file.strip()):
            self.fail(f"'{value}' is not NAME=FILE, such as vocals=vocals.wav.", param, ctx)
        return name.strip(), file.strip()


class StemNumber(click.ParamType[Any]):
    """What is set for a stem: STEM=NUMBER."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        """Return the name of the stem and the number."""
        name, sign, number = str(value).rpartition("=")
        try:
            return name.strip(), float(number if sign else "no number")
        except ValueError:
            self.fail(f"'{value}' is not STEM=NUMBER, such as left=-3 or left=-inf.", param, ctx)


class Layers(click.ParamType[Any]):
    """Widths of layers, as '512,256'."""

    name = "widths"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the widths."""
        words = str(value).split(",")
        if not all(word.strip().isdecimal() and int(word) for word in words):
            self.fail(f"'{value}' has no widths of layers; wanted numbers of units, like 512,256.", param, ctx)
        return tuple(int(word) for word in words)


class Trained(click.ParamType[Any]):
    """A decomposition with a trained encoder, read at once."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the decomposition."""
        from scoresep.cli.session import Session
        from scoresep.errors import FormatError
        from scoresep.io.npz import load
        from scoresep.values import Decomposition

        if ctx is not None:
            ctx.find_root().ensure_object(Session).add_inputs(str(value))
        decomposition = load(value, Decomposition)
        if not decomposition.encoder.kind:
            raise FormatError(f"{value}: no encoder was trained for it; make it with --backend nae")
        return decomposition

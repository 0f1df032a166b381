"""The options of the backends.

Each backend has a dataclass of options.  The command line, its checks and its help are made from the fields: the name
becomes ``--name``, the metadata have the help text and, where it is needed, the choices.  Nothing heavy is imported
here, so that help is quick.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class NoOptions:
    """The options of a backend that has none."""


@dataclass(frozen=True)
class AutoencoderOptions:
    """The options of the autoencoders.

    Parameters
    ----------
    layers : tuple of int
        The number of units of each layer between spectrum and activations, each at least the number of components.
    sparsity : float
        Weight of the penalty on many activations at a time.
    continuity : float
        Weight of the penalty on rapid changes of the activations.
    """

    layers: tuple[int, ...] = field(
        default=(), metadata={"help": "Number of units of each further layer, such as 512,256 (autoencoders)."}
    )
    sparsity: float = field(
        default=0.0, metadata={"help": "Weight of the penalty on many notes at once (autoencoders)."}
    )
    continuity: float = field(default=0.0, metadata={"help": "Weight of the penalty on rapid changes (autoencoders)."})

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers or ()))


@dataclass(frozen=True)
class TorchOptions(AutoencoderOptions):
    """The options of the autoencoders in PyTorch.

    Parameters
    ----------
    encoder : str
        "dense", or one that also looks at neighbouring frames: "recurrent" or "convolutional".
    """

    encoder: str = field(
        default="dense",
        metadata={"help": "Encoder network (backend torch).", "choices": ("dense", "recurrent", "convolutional")},
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.encoder not in (choices := ("dense", "recurrent", "convolutional")):
            raise ValueError(f"encoder={self.encoder!r} must be one of {', '.join(choices)}")


@dataclass(frozen=True)
class NMFDOptions:
    """The options of nonnegative matrix factor deconvolution.

    Parameters
    ----------
    taps : int
        How many frames a template goes on for; 0 takes as many as a quarter of a second has, and for a piece of a drum
        kit as many as it rings.
    """

    taps: int = field(
        default=0,
        metadata={"help": "Frames of a template (nmfd); 0: a quarter of a second, or as long as a drum rings."},
    )

    def __post_init__(self) -> None:
        if self.taps < 0:
            raise ValueError(f"taps={self.taps} must not be negative")


#: The options of our own backends; those of others are found on the backend itself.
OPTIONS: Mapping[str, type] = {
    "nmf": NoOptions,
    "nmfd": NMFDOptions,
    "gradient": NoOptions,
    "nae": AutoencoderOptions,
    "nae-multiplicative": AutoencoderOptions,
    "torch": TorchOptions,
}


def has_taps(options: Any) -> bool:
    """Whether the options are those of a backend whose templates go on for several frames."""
    return hasattr(options, "taps")


def changed_options(options: Any) -> dict[str, Any]:
    """Give the options that are not at their defaults."""
    return {f.name: getattr(options, f.name) for f in fields(options) if getattr(options, f.name) != f.default}

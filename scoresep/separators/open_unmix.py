"""Separate a recording by Open-Unmix, with weights that the user has.

Open-Unmix (Stöter, Uhlich, Liutkus and Mitsufuji, Journal of Open Source Software 4(41), 2019) is the Python package
``openunmix``.  Nothing is downloaded: the weights are the files ``vocals.pth``, ``drums.pth`` and so on, or
``vocals-b62c91ce.pth`` as they are published, of a folder.  The sizes of a network are those of its weights.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scoresep.errors import InputError, install_line
from scoresep.values import Array, Audio

#: What is separated at once, and how much of it overlaps the next (s).  The network sees about this much context.
PIECE, OVERLAP = 30.0, 2.0
#: The sample rate (Hz) of the published networks, and their hops in a window; a ``separator.json`` may say otherwise.
SAMPLE_RATE, HOPS_IN_WINDOW = 44100, 4
#: Keys of ``separator.json``, which is written by the training.
SEPARATOR_FILE = "separator.json"


@dataclass(frozen=True, eq=False)
class OpenUnmix:
    """Loaded networks: openunmix's separator, and the sample rate and the number of channels that they are for."""

    separator: Any
    targets: tuple[str, ...]
    sample_rate: int
    n_channels: int

    def separate(self, audio: Audio) -> dict[str, Audio]:
        """Separate a recording in overlapping pieces; all targets are held in memory.

        Parameters
        ----------
        audio : Audio
            At the sample rate of the networks.

        Returns
        -------
        dict of str to Audio
            The sound of each target, as long as the recording, with the channels of the networks.
        """
        total = np.zeros((len(self.targets), self.n_channels, audio.n_samples), np.float32)
        overlap = round(OVERLAP * self.sample_rate)
        for begin, end in _pieces(audio.n_samples, round(PIECE * self.sample_rate), overlap):
            found = self._separated(audio.read(begin, end))
            if begin:
                fade = np.linspace(0, 1, overlap, dtype=np.float32)
                total[..., begin : begin + overlap] *= 1 - fade
                found[..., :overlap] *= fade
            total[..., begin:end] += found
        return {target: Audio(sound, audio.sample_rate) for target, sound in zip(self.targets, total, strict=True)}

    def _separated(self, samples: Array) -> Array:
        """Separate samples of shape (channels, samples); give shape (targets, channels, samples)."""
        import torch

        if len(samples) != self.n_channels:
            samples = np.repeat(samples.mean(axis=0, keepdims=True), self.n_channels, axis=0)
        with torch.no_grad():
            found = self.separator(torch.from_numpy(np.ascontiguousarray(samples, np.float32))[None])
        return np.asarray(found[0, : len(self.targets)].numpy())


def load_open_unmix(folder: str | Path, targets: Sequence[str]) -> OpenUnmix:
    """Load the networks of some targets from a folder.

    Parameters
    ----------
    folder : str or Path
        Has the weights of each target, ``TARGET.pth`` or ``TARGET-*.pth``.
    targets : sequence of str
        Such as "vocals", "drums", "bass" or "other".

    Returns
    -------
    OpenUnmix

    Raises
    ------
    InputError
        If openunmix is not installed, if a file is missing, or if it has no weights of Open-Unmix.
    """
    try:
        from openunmix.model import Separator
    except ImportError as error:
        raise InputError(f"Open-Unmix is not installed ({error}); install it: {install_line('unmix')}") from error

    files = {target: _weights_file(Path(folder), target) for target in targets}
    networks = {target: _network(file) for target, file in files.items()}
    sizes = {(network.nb_output_bins, _channels(network)) for network in networks.values()}
    if len(sizes) > 1:
        raise InputError(f"{folder}: the networks of {', '.join(targets)} do not have the same bins and channels")
    ((n_bins, n_channels),) = sizes
    n_fft = 2 * (n_bins - 1)
    told = _told_by_training(Path(folder) / SEPARATOR_FILE)
    sample_rate = int(told.get("sample_rate", SAMPLE_RATE))
    separator = Separator(
        networks,
        niter=1,
        residual=True,  # one target alone has no other to be told from
        sample_rate=float(sample_rate),
        n_fft=n_fft,
        n_hop=int(told.get("nhop", n_fft // HOPS_IN_WINDOW)),
        nb_channels=n_channels,
    )
    separator.freeze()
    return OpenUnmix(separator, tuple(targets), sample_rate, n_channels)


def _weights_file(folder: Path, target: str) -> Path:
    """Find the weights of a target in a folder."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; wanted one with the weights of Open-Unmix, such as {target}.pth")
    found = sorted([*folder.glob("*.pth")])
    own = [file for file in found if file.stem == target or file.stem.startswith(f"{target}-")]
    if not own:
        there = ", ".join(file.name for file in found) or "no .pth file"
        raise InputError(f"{folder}: no weights of Open-Unmix for '{target}' ({target}.pth); there is {there}")
    return own[0]


def _network(file: Path) -> Any:
    """Load the network of a file of weights; its sizes are those of the weights."""
    import torch
    from openunmix.model import OpenUnmix as Network

    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
        n_lower = len(state["input_mean"])
        hidden, inputs = state["fc1.weight"].shape
        network = Network(
            nb_bins=len(state["output_mean"]),
            nb_channels=inputs // n_lower,
            hidden_size=hidden,
            nb_layers=sum(f"lstm.weight_ih_l{k}" in state for k in range(100)),
            unidirectional="lstm.weight_ih_l0_reverse" not in state,
            max_bin=n_lower,
        )
        missing = network.load_state_dict(state, strict=False).missing_keys
    except Exception as error:  # torch raises errors of many kinds for what is no file of weights
        raise InputError(f"{file}: not weights of Open-Unmix that can be read ({_first_line(error)})") from error
    if missing:
        raise InputError(f"{file}: not weights of Open-Unmix; {', '.join(missing)} is missing")
    return network.eval()


def _first_line(error: Exception) -> str:
    """Return the first line of the message of an error, with its kind."""
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".strip(" :.")


def _channels(network: Any) -> int:
    """Give the number of channels of a network."""
    return int(network.fc1.weight.shape[1]) // int(network.nb_bins)


def _told_by_training(file: Path) -> dict[str, Any]:
    """Read what the training has written about the transform; nothing if the file is not there."""
    if not file.is_file():
        return {}
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return {name: float(told[name]) for name in ("sample_rate", "nhop") if name in told}
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{file}: not the settings of a separator of Open-Unmix ({_first_line(error)})") from error


def _pieces(n_samples: int, piece: int, overlap: int) -> Iterator[tuple[int, int]]:
    """Yield begin and end of pieces that overlap."""
    begin = 0
    while True:
        end = min(begin + piece, n_samples)
        if n_samples - end <= overlap:  # a last piece shorter than the overlap joins this one
            end = n_samples
        yield begin, end
        if end == n_samples:
            return
        begin = end - overlap

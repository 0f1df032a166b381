"""The blocks of the report, encoded: sound as MP3, pictures as JPEG, each block as a script for the page.

All blocks are encoded once. How much the sound is compressed is chosen before, by the size of a few excerpts.
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from scoresep.values import Array
from scoresep.views.report import pictures, tracks

#: The size that the sound in a page may have (bytes); more of it goes to a folder beside the page.
LARGEST_SOUND = 12_000_000
#: How much the sound may be compressed, from the best quality to the smallest size.
COMPRESSIONS = (0.3, 0.5, 0.7, 0.9)
#: The most that a second of MP3 can take, which is 320 kbit (bytes).
MOST_BYTES_A_SECOND = 40_000
#: How many excerpts of the sound are encoded to choose among these.
EXCERPTS = 8
#: The length of an excerpt (s).
EXCERPT_LENGTH = 2.0
#: Columns of the outline of the whole recording.
OUTLINE_COLUMNS = 1500
#: Bytes of text for each byte that is written in base 64.
BASE64_GROWTH = 4 / 3
#: The number of the recording among the sounds of a block; tracks are counted from 0.
RECORDING = -1

#: Called with how many blocks are done, and of how many.
OnBlock = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class EncodedBlock:
    """A block as text for the page.

    Attributes
    ----------
    sounds : dict
        MP3 by the number of the track, `RECORDING` for the recording; silent ones are missing.
    shares : array
        A picture of the share of each track.
    power : array
        The power of the recording, shape (rows, columns): a picture of it needs the maximum of all blocks.
    outline : array
        Peaks of the recording in the columns of the outline that lie in the block.
    """

    sounds: dict[str, str]
    shares: list[str]
    power: Array
    outline: Array

    def script(self, number: int, maximum: float) -> str:
        """Return the script that gives the block to the page, given its number and the maximum power of all blocks."""
        level = as_text(pictures.level_picture(self.power, maximum))
        return f"addBlock({number}, {json.dumps({'sounds': self.sounds, 'level': level, 'shares': self.shares})});"


def choose_compression(shown: Sequence[tracks.Sound], n_samples: int, sample_rate: int) -> float | None:
    """Return the least compression by which the sound fits into a page, as far as excerpts tell; None if none does.

    Parameters
    ----------
    shown : sequence of Track
        The tracks of the report.
    n_samples : int
        The length of the recording.
    sample_rate : int
        Its sample rate (Hz).
    """
    if (len(shown) + 1) * n_samples / sample_rate * MOST_BYTES_A_SECOND * BASE64_GROWTH < LARGEST_SOUND:
        return COMPRESSIONS[0]
    length = min(round(EXCERPT_LENGTH * sample_rate), n_samples)
    begins = np.linspace(0, n_samples - length, EXCERPTS).astype(int).tolist()
    sounds = [np.concatenate([track.read(begin, begin + length) for begin in begins], axis=1) for track in shown]
    channels = max(map(len, sounds))
    sounds.append(np.asarray(sum(np.broadcast_to(sound, (channels, sound.shape[1])) for sound in sounds)))
    for compression in COMPRESSIONS:
        size = sum(len(tracks.encoded(sound, sample_rate, compression)) for sound in sounds) * BASE64_GROWTH
        if size * n_samples / (EXCERPTS * length) < LARGEST_SOUND:
            return compression
    return None


def encode_blocks(
    shown: Sequence[tracks.Track],
    n_samples: int,
    sample_rate: int,
    compression: float,
    *,
    on_block: OnBlock | None = None,
) -> Iterator[EncodedBlock]:
    """Encode all blocks, one after the other; parameters are as for `choose_compression`."""
    n_blocks = tracks.number_of_blocks(n_samples, sample_rate)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for block in tracks.blocks_of(shown, n_samples, sample_rate):
            sounds = [block.recording, *block.tracks]
            coded = pool.map(lambda sound: tracks.encoded(sound, sample_rate, compression), sounds)
            power = pictures.block_power(block, sample_rate)
            shares = [as_text(pictures.jpeg(share)) for share in power.shares]
            named = {str(k): as_text(sound) for k, sound in enumerate(coded, start=RECORDING) if sound}
            outline = block_outline(block.recording, block.number, n_samples, sample_rate)
            yield EncodedBlock(named, shares, power.recording, outline)
            if on_block is not None:
                on_block(block.number + 1, n_blocks)


def block_outline(sound: Array, number: int, n_samples: int, sample_rate: int) -> Array:
    """Return the peaks of a sound in the columns of the outline that lie in a block, given with its margins."""
    margin, length = round(tracks.MARGIN * sample_rate), round(tracks.BLOCK_LENGTH * sample_rate)
    own = np.abs(sound[:, margin : margin + min(length, n_samples - number * length)]).max(axis=0)
    step = max(n_samples // OUTLINE_COLUMNS, 1)
    return np.maximum.reduceat(own, np.arange(0, len(own), step))


def as_text(content: bytes) -> str:
    """Return bytes as text in base 64."""
    return b64encode(content).decode("ascii")

"""The values that the stages pass on, as frozen dataclasses whose field names are the keys of their files.

Axes are always in the order group, channel, bin, component, frame.  Times are seconds from the first
sample of the recording (or of the part of it that was read), pitches are MIDI numbers (C4 is 60).  Parts,
channels, programs, staves and voices count from 1; 0 says that the score does not tell.  Arrays are
not to be changed: a stage makes new ones.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: Samples of each channel that are read or hashed at once.
BLOCK = 2**18


@dataclass(frozen=True, eq=False)
class Audio:
    """A recording, or a part of one.

    ``samples`` has shape (channels, samples) and full scale 1.0; float32 holds PCM of up to 24 bits exactly,
    float64 is used for what is finer.  ``subtype`` is libsndfile's name of the source's sample format.
    """

    samples: Array
    sample_rate: int
    subtype: str = "FLOAT"

    def __post_init__(self) -> None:
        _require(self.samples.ndim == 2, "samples must have shape (channels, samples)", self.samples)
        _require(self.samples.dtype.kind == "f", "samples must be floating-point", self.samples)
        if self.sample_rate <= 0:
            raise ValueError(f"{self.sample_rate=} must be positive")

    @property
    def n_samples(self) -> int:
        """The number of samples in each channel."""
        return int(self.samples.shape[1])

    @property
    def duration(self) -> float:
        """The length in seconds."""
        return self.n_samples / self.sample_rate

    def blocks(self) -> Iterator[Array]:
        """Return the samples piece by piece, each of shape (channels, samples)."""
        for begin in range(0, self.n_samples, BLOCK):
            yield self.samples[:, begin : begin + BLOCK]

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of samples and rate, by which every later value knows its recording."""
        fingerprint = Fingerprint(self.sample_rate)
        for block in self.blocks():
            fingerprint.update(block)
        return str(fingerprint)


class Fingerprint:
    """The fingerprint of a recording, from one block of its samples after the other."""

    def __init__(self, sample_rate: int) -> None:
        self._digest = hashlib.blake2b(f"{sample_rate}".encode(), digest_size=8)

    def update(self, block: Array) -> None:
        """Take in the next samples, shape (channels, samples)."""
        self._digest.update(f"{len(block)} {block.dtype}".encode())
        self._digest.update(np.ascontiguousarray(block).data)

    def __str__(self) -> str:
        return self._digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """The short-time Fourier transform of a recording, or of a stretch of its frames.

    ``stft`` is complex, shape (channels, bins, frames); its first frame is frame ``first_frame`` of the
    recording, and frame n is centred on sample n * hop.
    """

    stft: Array
    n_fft: int
    hop: int
    audio: Audio
    first_frame: int = 0

    def __post_init__(self) -> None:
        _require_sizes(self.n_fft, self.hop, self.first_frame)
        wanted = (self.audio.samples.shape[0], self.n_fft // 2 + 1)
        _require(
            self.stft.ndim == 3 and self.stft.shape[:2] == wanted,
            f"stft must have shape {wanted} + (frames,)",
            self.stft,
        )

    @property
    def frames(self) -> range:
        """The frames of the recording that this stretch covers."""
        return range(self.first_frame, self.first_frame + self.stft.shape[2])

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the recording."""
        return self.audio.fingerprint


@dataclass(frozen=True, eq=False)
class Notes:
    """The notes of a score, one column each of shape (notes,), sorted by onset and then by pitch."""

    onset: Array
    offset: Array
    pitch: Array
    velocity: Array
    part: Array
    channel: Array
    program: Array
    staff: Array
    voice: Array
    part_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.columns():
            column = getattr(self, name)
            _require(column.shape == (len(self.onset),), f"{name} must be as long as onset ({len(self.onset)})", column)
        if len(self) and int(self.part.max()) > len(self.part_names):
            raise ValueError(f"part {int(self.part.max())} has no name among {len(self.part_names)}")

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(f.name for f in dataclasses.fields(cls) if f.name != "part_names")

    @classmethod
    def from_rows(cls, rows: list[dict[str, float]], part_names: tuple[str, ...]) -> Notes:
        """Return the notes of ``rows`` in order; a column that a row lacks is 0."""
        ordered = sorted(rows, key=lambda row: (row["onset"], row["pitch"], row.get("part", 0)))
        table = {
            name: np.array([row.get(name, 0) for row in ordered], float if name in ("onset", "offset") else int)
            for name in cls.columns()
        }
        return cls(**table, part_names=part_names)

    @classmethod
    def concatenated(cls, parts: Sequence[Notes]) -> Notes:
        """Return the notes of several parts of one score, one part after the other."""
        table = {name: np.concatenate([getattr(part, name) for part in parts]) for name in cls.columns()}
        return cls(**table, part_names=parts[0].part_names)

    def __len__(self) -> int:
        return len(self.onset)

    def take(self, index: Array) -> Notes:
        """Return the notes that ``index`` (positions or a mask) picks."""
        return dataclasses.replace(self, **{name: getattr(self, name)[index] for name in self.columns()})

    def part_name(self, note: int) -> str:
        """Return the name of the part that a note belongs to."""
        part = int(self.part[note])
        return self.part_names[part - 1] if part else ""

    def part_label(self, part: int) -> str:
        """Return what a part is called; notes in no part have a name of their own."""
        return self.part_names[part - 1] if part else "notes"


@dataclass(frozen=True, eq=False)
class Alignment:
    """The notes in recording time beside their score times.

    ``score_onset``, ``score_offset`` and ``confidence`` (0 to 1) have one entry a note; a note that is played twice
    is there twice.  ``path`` has shape (2, points): score seconds over recording seconds; both rise, but where the
    recording jumps in the score.  ``sections`` has shape (sections, 4): score begin and end and recording begin and
    end (s) of what is played without a jump.  ``misfits`` has shape (passages, 2): begin and end (s) of what the score
    does not fit.  ``tuning`` is in cents from A4 = 440 Hz, ``transposition`` in semitones from score to recording.
    """

    notes: Notes
    score_onset: Array
    score_offset: Array
    confidence: Array
    overall_confidence: float
    path: Array
    sections: Array
    misfits: Array
    fingerprint: str
    tuning: float = 0.0
    transposition: int = 0

    def __post_init__(self) -> None:
        for name in ("score_onset", "score_offset", "confidence"):
            column = getattr(self, name)
            _require(
                column.shape == (len(self.notes),), f"{name} must have one entry a note ({len(self.notes)})", column
            )
        for name, shape in (("path", (2, -1)), ("sections", (-1, 4)), ("misfits", (-1, 2))):
            array = getattr(self, name)
            fits = array.ndim == 2 and all(b in (-1, a) for a, b in zip(array.shape, shape, strict=True))
            _require(fits, f"{name} must have shape {shape}".replace("-1", "any"), array)


@dataclass(frozen=True, eq=False)
class Selection:
    """Which notes belong to which stem.

    ``weights`` has shape (groups, notes): how much of a note belongs to a group; over the groups it sums to one, or to
    zero for a note that no group claims.  ``note[g]`` is the only note of a group made by ``each: note``, else -1.
    """

    names: tuple[str, ...]
    weights: Array
    note: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Account:
    """How stems came about: the alignment, which notes each holds, and the loss of each iteration of the fit.

    ``names`` and ``weights`` are those of a `Selection`: the groups, without the residual, and how much of each note
    belongs to each, shape (groups, notes).
    """

    alignment: Alignment
    names: tuple[str, ...]
    weights: Array
    loss: Array

    def __post_init__(self) -> None:
        wanted = (len(self.names), len(self.alignment.notes))
        _require(self.weights.shape == wanted, f"weights must have shape {wanted}", self.weights)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the recording."""
        return self.alignment.fingerprint

    def group_of_notes(self) -> Array:
        """Return the group that has most of each note, shape (notes,); -1 where none has any."""
        if not self.names:
            return np.full(len(self.alignment.notes), -1)
        return np.where(self.weights.any(axis=0), self.weights.argmax(axis=0), -1)


@dataclass(frozen=True, eq=False)
class Components:
    """What each component stands for, one column each of shape (components,).

    A component is the sound of the written ``pitch``, ``detuning`` semitones off, on ``instrument`` (an index into the
    instruments' names) in a ``role``: "sustain" or "onset".
    """

    instrument: Array
    pitch: Array
    detuning: Array
    role: Array

    def __post_init__(self) -> None:
        for name in ("pitch", "detuning", "role"):
            column = getattr(self, name)
            _require(column.shape == (len(self),), f"{name} must be as long as instrument ({len(self)})", column)

    def __len__(self) -> int:
        return len(self.instrument)

    def rows(self) -> list[tuple[int, int, float, str]]:
        """Return (instrument, pitch, detuning, role) of each component."""
        columns = (self.instrument, self.pitch, self.detuning, self.role)
        return list(zip(*(column.tolist() for column in columns), strict=True))


@dataclass(frozen=True, eq=False)
class Gates:
    """Where each note may sound: its ``instrument``, shape (notes,), and two columns of frames, shape (notes, 2).

    Note i may sound in the frames ``sustain[i, 0]`` up to, not including, ``sustain[i, 1]``, and strike in those of
    ``onset[i]``.
    """

    instrument: Array
    sustain: Array
    onset: Array

    def __post_init__(self) -> None:
        for name in ("sustain", "onset"):
            column = getattr(self, name)
            _require(
                column.shape == (len(self.instrument), 2),
                f"{name} must have two frames a note ({len(self.instrument)})",
                column,
            )


@dataclass(frozen=True, eq=False)
class Encoder:
    """What gives activations for a spectrum, as it was trained.

    ``kind`` is "dense", "recurrent" or "convolutional", or nothing where nothing was trained; ``shapes`` has the
    shapes of its arrays by name, ``weights`` their entries, one array after the other; ``sample_rate`` is that of the
    recording.
    """

    kind: str = ""
    shapes: dict[str, list[int]] = field(default_factory=dict)
    weights: Array = field(default_factory=lambda: np.zeros(0, np.float32))
    sample_rate: int = 0

    def __post_init__(self) -> None:
        sizes = sum(math.prod(shape) for shape in self.shapes.values())
        _require(self.weights.shape == (sizes,), f"weights must have {sizes} entries", self.weights)

    @classmethod
    def of(cls, kind: str, arrays: Mapping[str, Array]) -> Encoder:
        """Return the encoder that has these arrays."""
        weights = np.concatenate([array.ravel() for array in arrays.values()])
        return cls(kind, {name: list(array.shape) for name, array in arrays.items()}, weights)

    @property
    def arrays(self) -> dict[str, Array]:
        """The arrays by name."""
        ends = np.cumsum([math.prod(shape) for shape in self.shapes.values()])[:-1]
        parts = np.split(self.weights, ends) if self.shapes else []
        return {name: part.reshape(shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}


@dataclass(frozen=True, eq=False)
class Decomposition:
    """The spectrogram explained note by note: ``templates @ activations``.

    ``templates`` has shape (channels or 1, bins, components), ``activations`` (components, frames).
    ``covariances`` has shape (4, lower bins, components) and says how the two channels of a component go together,
    as in `numerics.spatial`; without lower bins nothing is known of that.  ``loss`` has one entry before the first
    iteration and one after each; ``options`` are those of the fit.  An autoencoder leaves its ``encoder``.
    """

    templates: Array
    activations: Array
    components: Components
    notes: Notes
    gates: Gates
    instruments: tuple[str, ...]
    covariances: Array
    loss: Array
    n_fft: int
    hop: int
    fingerprint: str
    backend: str = "nmf"
    options: dict[str, Any] = field(default_factory=dict)
    encoder: Encoder = field(default_factory=Encoder)

    def __post_init__(self) -> None:
        _require_sizes(self.n_fft, self.hop)
        wanted = (self.n_fft // 2 + 1, len(self.components))
        _require(
            self.templates.ndim == 3 and self.templates.shape[1:] == wanted,
            f"templates must have shape (channels or 1, {wanted[0]}, {wanted[1]})",
            self.templates,
        )
        _require(
            self.activations.ndim == 2 and len(self.activations) == wanted[1],
            f"activations must have shape ({wanted[1]}, frames)",
            self.activations,
        )
        _require(
            self.covariances.ndim == 3
            and (len(self.covariances), self.covariances.shape[2]) == (4, wanted[1])
            and self.covariances.shape[1] <= wanted[0],
            f"covariances must have shape (4, up to {wanted[0]}, {wanted[1]})",
            self.covariances,
        )
        _require(
            len(self.gates.instrument) == len(self.notes),
            f"gates must be those of the {len(self.notes)} notes",
            self.gates.sustain,
        )
        if min(self.templates.min(initial=0), self.activations.min(initial=0)) < 0:
            raise ValueError("templates and activations must not be negative")
        if not len(self.loss):
            raise ValueError("the loss must have an entry before the first iteration")
        for name, numbers, most in (
            ("the instruments of components", self.components.instrument, len(self.instruments) - 1),
            ("the instruments of notes", self.gates.instrument, len(self.instruments) - 1),
            ("gates", self.gates.sustain, self.activations.shape[1]),
            ("gates", self.gates.onset, self.activations.shape[1]),
        ):
            _require_range(name, numbers, 0, most)


@dataclass(frozen=True, eq=False)
class Masks:
    """The share of each group in each bin, for all frames of a recording or for a stretch of them.

    ``shares`` has shape (groups, channels or 1, bins, frames), is between 0 and 1 and sums to one over the groups;
    or it has a matrix for each bin, shape (groups, channels, channels, bins, frames), complex, with what each
    channel of a group takes of each channel of the recording, and sums to the identity.  The last group is
    ``residual``.  ``note[g]`` is the index in ``notes`` of the only note of a group made by ``each: note``, and -1
    for any other group.
    """

    names: tuple[str, ...]
    shares: Array
    note: Array
    notes: Notes
    n_fft: int
    hop: int
    fingerprint: str
    first_frame: int = 0
    filters: Array = field(default_factory=lambda: np.zeros((0, 2, 2, 0, 0), np.complex64))

    def __post_init__(self) -> None:
        _require_sizes(self.n_fft, self.hop, self.first_frame)
        wanted = (len(self.names), self.n_fft // 2 + 1)
        found = (self.shares.shape[0], self.shares.shape[2]) if self.shares.ndim == 4 else ()
        _require(found == wanted, f"shares must have {wanted[0]} groups and {wanted[1]} bins", self.shares)
        fits = self.filters.ndim == 5 and self.filters.shape[3] <= wanted[1]
        if fits and self.filters.size:
            fits = (*self.filters.shape[:3], self.filters.shape[4]) == (wanted[0], 2, 2, self.shares.shape[3])
        _require(fits, f"filters must have shape ({wanted[0]}, 2, 2, up to {wanted[1]}, frames)", self.filters)
        _require(
            self.note.shape == (len(self.names),), f"note must have one entry a group ({len(self.names)})", self.note
        )
        if not self.names or self.names[-1] != "residual":
            raise ValueError("the last group must be 'residual'")
        if len(set(self.names)) < len(self.names) or any(not name or set(name) & set("/\\\0") for name in self.names):
            raise ValueError("the groups must have names that differ and can be names of files")
        _require_range("note", self.note, -1, len(self.notes) - 1)

    @property
    def frames(self) -> range:
        """The frames of the recording that the shares cover."""
        return range(self.first_frame, self.first_frame + self.shares.shape[3])


@dataclass(frozen=True, eq=False)
class Stems:
    """The sound of each group, the residual last; all of them add up to the recording.

    ``samples`` has shape (groups, channels, samples), on the grid of ``subtype`` where that is PCM.  A
    stretch of a longer recording begins at sample ``first_sample``.  ``note`` is as in `Masks`.
    """

    names: tuple[str, ...]
    samples: Array
    note: Array
    notes: Notes
    sample_rate: int
    subtype: str
    first_sample: int = 0

    def __getitem__(self, name: str) -> Array:
        """Return the samples of the group ``name``, shape (channels, samples)."""
        return np.asarray(self.samples[self.names.index(name)])


def _require_sizes(n_fft: int, hop: int, first_frame: int = 0) -> None:
    """Raise a ValueError for sizes that no STFT has."""
    if not (1 <= hop <= n_fft and first_frame >= 0):
        raise ValueError(f"{n_fft=}, {hop=}, {first_frame=} must be positive, and hop not above n_fft")


def _require_range(name: str, numbers: Array, least: int, most: int) -> None:
    """Raise a ValueError unless all numbers are whole and from ``least`` to ``most``."""
    is_whole = numbers.dtype.kind in "iu"
    if not is_whole or numbers.min(initial=least) < least or numbers.max(initial=least) > max(most, least):
        raise ValueError(f"{name} must be whole numbers from {least} to {most}")


def _require(holds: bool, wanted: str, found: Array) -> None:
    """Raise a ValueError that says what an array must be and what it is."""
    if not holds:
        raise ValueError(f"{wanted}; it has shape {found.shape} of {found.dtype}")

"""A synthesizer of partials and noise whose parameters are fitted to one recording by gradient.

This is differentiable digital signal processing without a network that was trained on other recordings: the partials
have the frequencies of the notes, and the fit finds how loud they are, how they decay, the noise after onsets, and one
room response.  PyTorch is imported only when this method is used: the extra ``torch``.

References
----------
.. [1] Engel, Hantrakul, Gu and Roberts, "DDSP: Differentiable digital signal processing", ICLR 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.signal

from scoresep.dsp.stft import hann
from scoresep.errors import ScoresepError, install_line
from scoresep.model.reconstruct import note_activations
from scoresep.stages.render import Sounds
from scoresep.synthesis.discriminator import Discriminator
from scoresep.synthesis.frequencies import measured_tracks
from scoresep.synthesis.log_spectra import FLOOR, spectrum
from scoresep.synthesis.tracks import TONAL, Track, make_tracks
from scoresep.values import Array, Audio, Decomposition, Notes, Selection, Transform

#: The most partials of a note.
PARTIALS = 30
#: Semitones from one row of the table of partials to the next; between them it is interpolated.
ROW_DISTANCE = 6
#: Borders (Hz) of the bands of noise; the last band goes on to half the sample rate.
BANDS = (60, 120, 240, 480, 960, 1920, 3840, 7680)
#: Times after an onset (s) at which the level of the noise is fitted; after the last one it is silent.
NOISE_TIMES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
#: Length of the filters of the bands of noise (samples).
BAND_TAPS = 255
#: The level of the noise before the fit, relative to the recording.
NOISE_LEVEL = 0.01
#: Length of the room response (s).
ROOM = 0.05
#: Windows of the loss (samples).
WINDOWS = (256, 1024, 4096)
#: Length of the excerpts of the recording that the fit takes, one a step (s).
FITTED_LENGTH = 0.4
#: Steps of the fit for each such length of the recording.
STEPS_A_LENGTH = 4
#: The most steps.
MOST_STEPS = 120
#: Learning rate of Adam for the tables, which are logarithms.
LEARNING_RATE = 0.03
#: Learning rate of Adam for the room response.
ROOM_LEARNING_RATE = 0.0003
#: How much deceiving the discriminator counts beside the distance of spectrograms.
ADVERSARIAL_WEIGHT = 0.5
#: The part of the steps in which the discriminator learns but does not count yet.
ALONE = 0.5
#: Samples of noise that come from one seed.
NOISE_BLOCK = 2**15
#: Grid (s) on which phases are known.
PHASE_STEP = 0.001


@dataclass(frozen=True, eq=False)
class Voice:
    """A note of the synthesizer: its partials, its row of tables, and its loudness over time before the fit.

    ``heights`` has the amplitude of each partial for a loudness of one, ``loudness`` that of each frame from ``begin``.
    """

    track: Track
    instrument: int
    pitch: int
    heights: Array
    loudness: Array


@dataclass(frozen=True, eq=False)
class Synthesizer:
    """The rendering of a fitted synthesizer; ``parameters`` are tensors by name, as `fit_synthesizer` gives them."""

    audio: Audio
    decomposition: Decomposition
    selection: Selection
    voices: Sequence[Voice]
    parameters: dict[str, Any]
    gains: Array

    @property
    def transform(self) -> Transform:
        """The STFT of the decomposition."""
        return self.decomposition.transform

    @property
    def notes(self) -> Notes:
        """The notes of the groups."""
        return self.decomposition.notes

    def sounds(self, frames: range) -> Sounds:
        """Make the sound of each group in a stretch; a group is left out where it is silent."""
        torch = _torch()
        n_fft, hop = self.transform.n_fft, self.transform.hop
        begin = frames.start * hop - n_fft // 2
        span = range(begin, begin + (len(frames) - 1) * hop + n_fft)
        weight = np.zeros(len(span), np.float32)
        for k in range(len(frames)):
            weight[k * hop : k * hop + n_fft] += hann(n_fft) ** 2
        sums = {}
        for name, own in zip(self.selection.names, self.selection.weights, strict=True):
            voices = [voice for voice in self.voices if own[voice.track.note] > 0]
            shares = [float(own[voice.track.note]) for voice in voices]
            with torch.no_grad():
                sound = synthesize(voices, self.parameters, span, self.transform, shares).numpy()
            if sound.any():
                sums[name] = (self.gains[:, None] * sound * weight).astype(np.float32)
        return Sounds(frames, sums)


def plan_synthesizer(
    audio: Audio,
    decomposition: Decomposition,
    selection: Selection,
    *,
    adversarial: bool = False,
    steps: int | None = None,
    seed: int = 0,
) -> Synthesizer:
    """Fit a synthesizer to a recording; ``steps`` are those of the fit, ``adversarial`` adds a discriminator to it."""
    torch = _torch()
    tracks = [track for track in make_tracks(decomposition) if decomposition.activations.any() and len(track.ratios)]
    voices = make_voices(decomposition, measured_tracks(audio, decomposition, tracks))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    parameters = fit_synthesizer(
        audio, voices, decomposition.transform, adversarial=adversarial, steps=steps, seed=seed, device=device
    )
    samples = audio.read(0, audio.n_samples)
    mix = float(np.sqrt(np.mean(samples.mean(axis=0) ** 2)))
    gains = np.sqrt(np.mean(samples**2, axis=1)) / mix if mix > 0 else np.zeros(len(samples))
    return Synthesizer(audio, decomposition, selection, voices, parameters, gains)


def make_voices(decomposition: Decomposition, tracks: Sequence[Track]) -> list[Voice]:
    """Give each note the loudness and the partials of the decomposition to begin with."""
    transform, components, gates = decomposition.transform, decomposition.components, decomposition.gates
    instruments = dict(zip(gates.note.tolist(), gates.instrument.tolist(), strict=True))
    spectra = decomposition.templates[..., 0].mean(axis=0)
    scale = 2 / float(hann(transform.n_fft).sum())
    voices = []
    for track in tracks:
        weights = np.zeros((1, len(decomposition.notes)))
        weights[0, track.note] = 1
        frames = range(track.begin, track.end)
        own = note_activations(decomposition, weights, frames)[0] * np.isin(components.role, TONAL)[:, None]
        loudness = own.sum(axis=0)
        mean = own.sum(axis=1) / max(float(loudness.sum()), 1e-12)
        bins = np.rint(track.ratios[:PARTIALS] * track.frequency.mean() * transform.n_fft / transform.sample_rate)
        near = (bins.astype(int)[:, None] + np.arange(-2, 3)).clip(0, transform.n_bins - 1)
        heights = (spectra @ mean)[near].max(axis=1) * scale
        pitch = int(decomposition.notes.pitch[track.note])
        voices.append(Voice(track, instruments[track.note], pitch, heights, loudness))
    return voices


def initial_parameters(voices: Sequence[Voice], level: float, sample_rate: int, device: str) -> dict[str, Any]:
    """Make the parameters before the fit: those of the decomposition, without decay, and a room without walls."""
    torch = _torch()
    n_instruments = max((voice.instrument for voice in voices), default=0) + 1
    rows, bands = 128 // ROW_DISTANCE + 2, len(BANDS)
    room = torch.zeros(max(int(ROOM * sample_rate), 1))
    room[0] = 1
    noise = torch.full((n_instruments, bands, len(NOISE_TIMES)), float(np.log(NOISE_LEVEL * level + 1e-9)))
    start = {
        "heights": torch.zeros(n_instruments, rows, PARTIALS),
        "decay": torch.full((n_instruments, PARTIALS), -3.0),
        "noise": noise,
        "room": room,
    }
    return {name: value.to(device).requires_grad_() for name, value in start.items()}


def fit_synthesizer(
    audio: Audio,
    voices: Sequence[Voice],
    transform: Transform,
    *,
    adversarial: bool = False,
    steps: int | None,
    seed: int,
    device: str,
) -> dict[str, Any]:
    """Fit the parameters to a recording by Adam on the distance of spectrograms of several resolutions."""
    torch = _torch()
    rng, rate = np.random.default_rng(seed), audio.sample_rate
    mix = audio.read(0, audio.n_samples).mean(axis=0)
    level = float(np.sqrt(np.mean(mix**2))) if mix.size else 0.0
    parameters = initial_parameters(voices, level, rate, device)
    length = min(max(int(FITTED_LENGTH * rate), *WINDOWS), len(mix))
    if length < max(WINDOWS) or level == 0:
        return {name: value.detach().cpu() for name, value in parameters.items()}
    tables = [value for name, value in parameters.items() if name != "room"]
    optimizer = torch.optim.Adam(
        [{"params": tables, "lr": LEARNING_RATE}, {"params": [parameters["room"]], "lr": ROOM_LEARNING_RATE}]
    )
    steps = min(STEPS_A_LENGTH * -(-len(mix) // length), MOST_STEPS) if steps is None else steps
    discriminator = Discriminator(seed=seed, device=device) if adversarial else None
    for step in range(steps):
        begin = int(rng.integers(0, len(mix) - length + 1))
        span = range(begin, begin + length)
        target = torch.as_tensor(mix[begin : begin + length], dtype=torch.float32, device=device)
        optimizer.zero_grad()
        sound = synthesize(voices, parameters, span, transform)
        loss = spectral_loss(sound, target, level)
        if discriminator is not None:
            discriminator.learn(sound, target, level)
            if step >= ALONE * steps:
                loss = loss + ADVERSARIAL_WEIGHT * discriminator.loss(sound, level)
        loss.backward()
        parameters["room"].grad[0] = 0  # the direct sound stays; the table has its level
        optimizer.step()
    return {name: value.detach().cpu() for name, value in parameters.items()}


def spectral_loss(sound: Any, target: Any, level: float) -> Any:
    """Give the mean distance of spectrograms with several windows, of magnitudes and of their logarithms."""
    total = 0.0
    for window in WINDOWS:
        found, true = (spectrum(x, window, level) for x in (sound, target))
        total = total + (found - true).abs().mean() + ((found + FLOOR).log() - (true + FLOOR).log()).abs().mean()
    return total


def synthesize(
    voices: Sequence[Voice],
    parameters: dict[str, Any],
    span: range,
    transform: Transform,
    shares: Sequence[float] | None = None,
) -> Any:
    """Make the sound of some notes in a range of samples, as a tensor of shape (samples,)."""
    torch = _torch()
    device = parameters["room"].device
    before = len(parameters["room"]) - 1
    rate = transform.sample_rate
    times = np.arange(span.start - before, span.stop) / rate
    shares = [1.0] * len(voices) if shares is None else shares
    total = torch.zeros(len(times), device=device)
    noise: dict[int, Array] = {}
    for voice, share in zip(voices, shares, strict=True):
        track = voice.track
        first, last = np.searchsorted(times, [track.start - 0.05, track.stop + 0.1])
        if first >= last or share == 0:
            continue
        own = times[first:last]
        tone = _partials(voice, own, parameters, transform, device)
        envelope = _noise_envelopes(voice, own, parameters, device)
        if not noise:
            noise[0] = noise_bands(range(span.start - before, span.stop), rate)
        hiss = (torch.as_tensor(noise[0][:, first:last], device=device) * envelope).sum(dim=0)
        total = total + torch.nn.functional.pad(share * (tone + hiss), (int(first), len(times) - int(last)))
    size = 1 << (len(times) + before).bit_length()
    spectrum = torch.fft.rfft(total, size) * torch.fft.rfft(parameters["room"], size)
    return torch.fft.irfft(spectrum, size)[before : before + len(span)] if len(voices) else total[before:]


def _partials(voice: Voice, times: Array, parameters: dict[str, Any], transform: Transform, device: Any) -> Any:
    """Make the sum of a note's partials at some times."""
    torch = _torch()
    track, count = voice.track, len(voice.heights)
    grid = np.arange(track.start - 0.1, track.stop + 0.2, PHASE_STEP)
    cycles = np.concatenate([[0.0], np.cumsum(track.frequency_at(grid)[:-1] * PHASE_STEP)])
    phase = track.ratios[:count, None] * np.interp(times, grid, cycles)
    waves = torch.cos(torch.as_tensor(2 * np.pi * (phase % 1.0), dtype=torch.float32, device=device))
    frame_times = np.arange(track.begin, track.end) * transform.hop / transform.sample_rate
    loudness = np.interp(times, frame_times, voice.loudness) * track.envelope_at(times)
    row = voice.pitch / ROW_DISTANCE
    low, part = int(row), row - int(row)
    table = parameters["heights"][voice.instrument]
    change = ((1 - part) * table[low] + part * table[low + 1])[:count]
    after = torch.as_tensor(np.maximum(times - track.start, 0), dtype=torch.float32, device=device)
    decay = torch.exp(parameters["decay"][voice.instrument, :count])
    heights = torch.as_tensor(voice.heights, dtype=torch.float32, device=device) * torch.exp(change)
    amplitudes = heights[:, None] * torch.exp(-decay[:, None] * after)
    return (waves * amplitudes).sum(dim=0) * torch.as_tensor(loudness, dtype=torch.float32, device=device)


def _noise_envelopes(voice: Voice, times: Array, parameters: dict[str, Any], device: Any) -> Any:
    """Give the level of each band of noise of a note at some times, shape (bands, samples)."""
    torch = _torch()
    after = times - voice.track.start
    place = np.interp(after, NOISE_TIMES, np.arange(len(NOISE_TIMES)))
    low = np.minimum(place.astype(int), len(NOISE_TIMES) - 2)
    part = torch.as_tensor(place - low, dtype=torch.float32, device=device)
    levels = torch.exp(parameters["noise"][voice.instrument])
    sounds = torch.as_tensor((after >= 0) & (after < NOISE_TIMES[-1]), dtype=torch.float32, device=device)
    return (levels[:, low] * (1 - part) + levels[:, low + 1] * part) * sounds


def noise_bands(span: range, sample_rate: int) -> Array:
    """Give noise in bands at some samples, the same for each sample whatever the span, shape (bands, samples)."""
    half = BAND_TAPS // 2
    begin, end = span.start - half, span.stop + half
    blocks = range(begin // NOISE_BLOCK, (end - 1) // NOISE_BLOCK + 1)
    offset = 2**20  # seeds are not negative
    white = np.concatenate([np.random.default_rng(offset + k).standard_normal(NOISE_BLOCK) for k in blocks])
    white = white[begin - blocks[0] * NOISE_BLOCK :][: end - begin]
    result = np.zeros((len(BANDS), len(span)), np.float32)
    for band, lowest in enumerate(BANDS):
        highest = BANDS[band + 1] if band + 1 < len(BANDS) else 0.99 * sample_rate / 2
        if lowest < highest < sample_rate / 2:
            taps = scipy.signal.firwin(BAND_TAPS, [lowest, highest], pass_zero=False, fs=sample_rate)
            result[band] = scipy.signal.oaconvolve(white, taps, mode="valid")
    return result


def _torch() -> Any:
    """Import PyTorch."""
    try:
        import torch
    except ImportError as error:
        raise ScoresepError(f"method ddsp needs PyTorch; install it: {install_line('torch')}") from error
    return torch

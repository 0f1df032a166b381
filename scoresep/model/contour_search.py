"""Find the pitch contour of each singer of a recording."""

from __future__ import annotations

import numpy as np
import scipy.fft

from scoresep.dsp.parallel import ordered_map
from scoresep.dsp.stft import hann, windows_of
from scoresep.model.contour_path import contour_pitch, refined_by_phase
from scoresep.model.pitch_search import SungNotes, search_pitches
from scoresep.score.pitch import pitch_frequencies
from scoresep.values import Array, Audio, Notes

#: Seconds from one value of a contour to the next.
PERIOD = 0.02
#: Length (s) of the window of the search.
WINDOW = 0.093
#: The highest frequency (Hz) that is looked at.
HIGHEST_FREQUENCY = 5000.0
#: A long recording is searched in pieces of so many frames (20 s),
PIECE = 1000
#: with so many frames of context (1 s) on each side.
CONTEXT = 50
#: A note may sound from so long before its onset (s)
LEAD = 0.1
#: to so long after its end (s).
TAIL = 0.3


def find_contours(
    audio: Audio,
    notes: Notes,
    singer: Array,
    *,
    tuning: float,
    n_background: int,
    seed: int = 0,
) -> Array:
    """Find the fundamental frequency of each singer.

    Parameters
    ----------
    audio : Audio
        The recording.
    notes : Notes
        The sung notes, in recording time.
    singer : array of int, shape (notes,)
        Which singer sings each note, from 0; a singer has one note at a time.
    tuning : float
        In cents, transposition included.
    n_background : int
        Free components for what else sounds.
    seed : int
        For the random numbers.

    Returns
    -------
    array, shape (singers, times)
        In hertz, every `PERIOD` seconds; 0 where there is no note.
    """
    hop = max(round(PERIOD * audio.sample_rate), 1)
    n_frames = -(-audio.n_samples // hop) + 1
    n_singers = int(singer.max(initial=-1)) + 1
    rate = audio.sample_rate / hop
    begin = np.clip(np.ceil((notes.onset - LEAD) * rate), 0, n_frames).astype(int)
    end = np.clip(np.floor((notes.offset + TAIL) * rate) + 1, 0, n_frames).astype(int)
    pitch = notes.pitch + tuning / 100

    def search(first: int) -> tuple[slice, Array]:
        frames = range(max(first - CONTEXT, 0), min(first + PIECE + CONTEXT, n_frames))
        found = np.zeros((n_singers, len(frames)))
        inside = (end > frames.start) & (begin < frames.stop) & (end > begin)
        singers = sorted(set(singer[inside].tolist()))
        if singers:
            own = [np.flatnonzero(inside & (singer == each)) for each in singers]
            clip = (begin - frames.start).clip(0), (end - frames.start).clip(0, len(frames))
            sung = [SungNotes(clip[0][i], clip[1][i], pitch[i]) for i in own]
            rng = np.random.default_rng([seed, first])
            found[singers] = _search_piece(audio, frames, hop, sung, n_background, rng)
        stop = min(first + PIECE, n_frames)
        return slice(first, stop), found[:, first - frames.start : stop - frames.start]

    frequency = np.zeros((n_singers, n_frames))
    for piece, found in ordered_map(search, range(0, n_frames, PIECE)):
        frequency[:, piece] = found
    return frequency


def _search_piece(
    audio: Audio, frames: range, hop: int, sung: list[SungNotes], n_background: int, rng: np.random.Generator
) -> Array:
    """Find the frequency of each of some singers in some frames, shape (singers, frames)."""
    spectra, frequency, bin_width = spectra_and_frequencies(audio, frames, hop)
    found = []
    for each in search_pitches(spectra, sung, bin_width, n_background=n_background, rng=rng):
        pitch = refined_by_phase(contour_pitch(each), spectra, frequency, each.share, bin_width)
        found.append(np.where(np.isfinite(pitch), pitch_frequencies(np.nan_to_num(pitch)), 0.0))
    return np.array(found)


def spectra_and_frequencies(audio: Audio, frames: range, hop: int) -> tuple[Array, Array, float]:
    """Compute magnitudes and instantaneous frequencies, both of shape (frames, bins), and hertz from bin to bin.

    The frequency of a bin is found from a second transform, by the derivative of the window (Auger and Flandrin, 1995).
    """
    n_fft = 2 * int(scipy.fft.next_fast_len(round(WINDOW / 2 * audio.sample_rate), real=True))
    bin_width = audio.sample_rate / n_fft
    n_bins = min(int(HIGHEST_FREQUENCY / bin_width) + 1, n_fft // 2 + 1)
    windows = windows_of(audio, length=n_fft, hop=hop, frames=frames).mean(axis=0)
    slope = (np.pi / n_fft * np.sin(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)
    plain = scipy.fft.rfft(windows * hann(n_fft), axis=1)[:, :n_bins]
    sloped = scipy.fft.rfft(windows * slope, axis=1)[:, :n_bins]
    power = np.maximum(plain.real**2 + plain.imag**2, 1e-20)
    deviation = -np.imag(sloped * plain.conj()) / power * (audio.sample_rate / (2 * np.pi))
    frequency = (np.arange(n_bins) * bin_width + deviation).astype(np.float32)
    return np.abs(plain), frequency, bin_width

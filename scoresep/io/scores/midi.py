"""MIDI file → Notes, through mido.

A part is a track with notes, or each of its channels where a track has several; parts of drums (channel 10) come last.
The sustain pedal (controller 64) holds a note until it is released or the pitch is struck again.
"""

from __future__ import annotations

import bisect
import io
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path

import mido
import numpy as np

from scoresep.errors import InputError, ScoresepWarning
from scoresep.io.scores.bars import beats_of
from scoresep.io.scores.contract import ScoreContent
from scoresep.io.scores.lyrics import is_syllable, parts_with_lyrics
from scoresep.io.scores.midi_bars import midi_bars
from scoresep.io.scores.notated import MOST_NOTES
from scoresep.values import Array, Notes
from scoresep.values.notes import DRUM_CHANNEL, NO_BAR

#: A file beyond this size (bytes) is no score.
LARGEST = 6_000_000
#: A track that is longer than this (12 days at 480 ticks a beat) is damaged.
_MOST_TICKS = 10**9
_SUSTAIN_PEDAL = 64
#: A syllable belongs to a note that begins within this fraction of a beat: an eighth.
LYRIC_REACH = 8
#: Frames a second of the SMPTE divisions; 29 stands for 29.97.
_SMPTE_RATES = {24: 24.0, 25: 25.0, 29: 30000 / 1001, 30: 30.0}


@dataclass(frozen=True)
class _Played:
    """A note in ticks, with its channel from 1."""

    begin: int
    end: int
    pitch: int
    velocity: int
    channel: int
    program: int


@dataclass(frozen=True)
class _Track:
    """What a track holds, in ticks: notes, movements of the pedal (tick, channel, whether down) and syllables."""

    name: str
    notes: list[_Played]
    pedal: list[tuple[int, int, bool]]
    hanging: int
    syllables: list[int]


def read_midi_score(path: Path, content: bytes, *, ornaments: str = "played") -> ScoreContent:
    """Return what a MIDI file holds; it has no signs of ornaments.  Raises InputError as `read_midi` does."""
    notes = read_midi(path, content)
    return ScoreContent("MIDI", replace(notes, beats=None), beats=notes.beats)


def read_midi(path: Path, content: bytes) -> Notes:
    """Return the notes of a MIDI file of type 0 or 1 in seconds, drums included, with their beats.

    Raises InputError for a damaged file or one of another kind.
    """
    midi = _parse(path, content)
    programs = _programs(midi)
    tracks = [_read_track(track, programs) for track in midi.tracks]
    if sum(len(track.notes) for track in tracks) > MOST_NOTES:
        raise InputError(f"{path}: more than {MOST_NOTES} notes; split the score")
    if hanging := sum(track.hanging for track in tracks):
        warnings.warn(
            f"{path}: {hanging} notes are never released; they end with their track", ScoresepWarning, stacklevel=2
        )
    ticks, times = _tempo_map(midi, path)
    release = _pedal_releases(tracks)
    sung = _sung_channels(tracks, midi.ticks_per_beat)
    bars = midi_bars(midi, max((note.end for track in tracks for note in track.notes), default=0))
    begins = [bar.begin * midi.ticks_per_beat for bar in bars]
    rows: list[dict[str, float]] = []
    names: list[str] = []
    for number, track, channel, is_split in _parts(tracks):
        own = [note for note in track.notes if note.channel == channel]
        names.append(_part_name(track.name, number, channel, is_split))
        bounds = np.interp([(note.begin, release(note)) for note in own], ticks, times)
        for note, (onset, offset) in zip(own, bounds.tolist(), strict=True):
            rows.append({
                "onset": onset, "offset": offset, "pitch": note.pitch, "velocity": note.velocity,
                "part": len(names), "channel": channel, "program": note.program,
                "lyrics": int((number, channel) in sung),
                "bar": bars[bisect.bisect_right(begins, note.begin) - 1].printed if bars else NO_BAR,
            })  # fmt: skip
    beats = beats_of(bars, lambda quarters: np.interp(np.array(quarters, float) * midi.ticks_per_beat, ticks, times))
    return replace(Notes.from_rows(rows, tuple(names)), beats=beats if bars else None)


def _parts(tracks: list[_Track]) -> list[tuple[int, _Track, int, bool]]:
    """Return number and track of each part, its channel, and whether its track has others; drums come last."""
    found = []
    for number, track in enumerate(tracks, start=1):
        channels = sorted({note.channel for note in track.notes})
        pitched = len(channels) - (DRUM_CHANNEL in channels)
        found += [(number, track, channel, pitched > 1 and channel != DRUM_CHANNEL) for channel in channels]
    return sorted(found, key=lambda part: part[2] == DRUM_CHANNEL)


def _sung_channels(tracks: list[_Track], ticks_per_beat: int) -> set[tuple[int, int]]:
    """Return the tracks (by number, from 1) and channels that have lyrics: one channel for each track with lyrics."""
    reach = max(ticks_per_beat, 0) // LYRIC_REACH
    found = set()
    for number, track in enumerate(tracks, start=1):
        marked = [(note.channel, note.begin, _is_near(note.begin, track.syllables, reach)) for note in track.notes]
        onsets = Counter(channel for channel, _, has_syllable in set(marked) if has_syllable)
        if onsets and (channel := onsets.most_common(1)[0][0]) in parts_with_lyrics(marked):
            found.add((number, channel))
    return found


def _is_near(tick: int, others: list[int], reach: int) -> bool:
    """Whether one of some ticks, which rise, is within ``reach`` of a tick."""
    k = bisect.bisect_left(others, tick - reach)
    return k < len(others) and others[k] <= tick + reach


def _programs(midi: mido.MidiFile) -> dict[int, list[tuple[int, int]]]:
    """Return the program changes (tick, program from 1) of each channel in all tracks, in order."""
    changes: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for track in midi.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "program_change":
                changes[message.channel].append((now, message.program + 1))
    for own in changes.values():
        own.sort(key=itemgetter(0))
    return changes


def _parse(path: Path, content: bytes) -> mido.MidiFile:
    """Return the file as mido reads it, out of its RIFF wrapper if it has one."""
    if len(content) > LARGEST:
        raise InputError(f"{path}: too large for a MIDI file ({len(content)} bytes)")
    try:
        if content[:4] == b"RIFF" and content[8:12] == b"RMID":
            content = content[content.index(b"data") + 8 :]
        if content[:4] != b"MThd":
            raise InputError(f"{path}: not a MIDI file (it does not begin with MThd)")
        midi = mido.MidiFile(file=io.BytesIO(content), clip=True)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error or 'the file ends too early'}") from error
    except (ValueError, EOFError, LookupError, TypeError, mido.KeySignatureError) as error:
        raise InputError(f"{path}: a damaged MIDI file ({str(error) or 'it ends too early'})") from error
    if midi.type not in (0, 1):
        raise InputError(f"{path}: a MIDI file of type {midi.type}; wanted type 0 or 1")
    if midi.ticks_per_beat == 0:
        raise InputError(f"{path}: a damaged MIDI file (its division is 0)")
    if any(sum(message.time for message in track) > _MOST_TICKS for track in midi.tracks):
        raise InputError(f"{path}: a damaged MIDI file (it lasts more than {_MOST_TICKS} ticks)")
    return midi


def _read_track(track: mido.MidiTrack, programs: dict[int, list[tuple[int, int]]]) -> _Track:
    """Return what a track holds; the first note-on of a pitch is ended by its first note-off.

    The program of a channel is what the track has set, or else what any track has set up to then (``programs``).
    """
    now = 0
    program: dict[int, int] = {}
    sounding: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
    notes: list[_Played] = []
    pedal = []
    syllables = []
    for message in track:
        now += message.time
        if message.type == "program_change":
            program[message.channel] = message.program + 1
        elif message.type == "control_change" and message.control == _SUSTAIN_PEDAL:
            pedal.append((now, message.channel + 1, message.value >= 64))
        elif message.type == "lyrics" and is_syllable(message.text):
            syllables.append(now)
        elif message.type == "note_on" and message.velocity > 0:
            played = program.get(message.channel) or _last_before(programs.get(message.channel, []), now)
            sounding[message.channel, message.note].append((now, message.velocity, played))
        elif message.type in ("note_on", "note_off") and sounding[message.channel, message.note]:
            begin, velocity, played = sounding[message.channel, message.note].pop(0)
            notes.append(_Played(begin, max(now, begin + 1), message.note, velocity, message.channel + 1, played))
    hanging = 0
    for (channel, pitch), left in sounding.items():
        hanging += len(left)
        notes += [
            _Played(begin, max(now, begin + 1), pitch, velocity, channel + 1, played)
            for begin, velocity, played in left
        ]
    return _Track(_text(track.name), notes, pedal, hanging, syllables)


def _last_before(changes: list[tuple[int, int]], tick: int) -> int:
    """Return the last program that is set up to a tick, 0 for none."""
    k = bisect.bisect_right(changes, tick, key=itemgetter(0))
    return changes[k - 1][1] if k else 0


def _tempo_map(midi: mido.MidiFile, path: Path) -> tuple[Array, Array]:
    """Return ticks and the seconds at them; between them time runs evenly."""
    if midi.ticks_per_beat < 0:  # SMPTE: minus the frame rate in the high byte, ticks a frame in the low one
        rate, ticks_per_frame = _SMPTE_RATES.get(-(midi.ticks_per_beat >> 8)), midi.ticks_per_beat & 0xFF
        if rate is None or ticks_per_frame == 0:
            raise InputError(f"{path}: a damaged MIDI file (its SMPTE division is {midi.ticks_per_beat & 0xFFFF:#06x})")
        second = rate * ticks_per_frame
        return np.array([0.0, _MOST_TICKS]), np.array([0.0, _MOST_TICKS / second])
    changes = {0: 500_000}
    for track in midi.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "set_tempo":
                changes[now] = message.tempo
    if min(changes.values()) <= 0:
        raise InputError(f"{path}: a damaged MIDI file (it sets a tempo of 0)")
    ticks = np.array(sorted(changes), float)
    pace = np.array([changes[int(tick)] for tick in ticks]) / 1e6 / midi.ticks_per_beat
    ticks = np.append(ticks, ticks[-1] + _MOST_TICKS)
    return ticks, np.concatenate([[0.0], np.cumsum(np.diff(ticks) * pace)])


def _pedal_releases(tracks: list[_Track]) -> Callable[[_Played], int]:
    """Return when a note ends with the pedal: when the pedal rises, or when the pitch is struck again."""
    moves: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    strikes: dict[tuple[int, int], list[int]] = defaultdict(list)
    for track in tracks:
        for tick, channel, is_down in track.pedal:
            moves[channel].append((tick, is_down))
        for note in track.notes:
            strikes[note.channel, note.pitch].append(note.begin)
    for movements in moves.values():
        movements.sort(key=itemgetter(0))  # moves at the same time stay in order
    for begins in strikes.values():
        begins.sort()

    def release(note: _Played) -> int:
        movements = moves[note.channel]
        k = bisect.bisect_right(movements, note.end, key=itemgetter(0))
        if k == 0 or not movements[k - 1][1]:
            return note.end
        rise = next((tick for tick, is_down in movements[k:] if not is_down), movements[-1][0])
        again = strikes[note.channel, note.pitch]
        following = bisect.bisect_right(again, note.begin)
        return max(note.end, min(rise, again[following] if following < len(again) else rise))

    return release


def _text(name: str) -> str:
    """Return what can be printed of a text that mido took for Latin-1, though most programs write UTF-8."""
    with suppress(UnicodeError):
        name = name.encode("latin-1").decode("utf-8")
    return "".join(c for c in name if c.isprintable()).strip()


def _part_name(name: str, number: int, channel: int, is_split: bool) -> str:
    """Return the name of a part."""
    label = name or (f"Channel {channel}" if is_split else f"Track {number}")
    return f"{label} (channel {channel})" if is_split and name else label

"""MusicXML, MEI, kern or ABC file → Notes, in the orders that its repeats allow.

Files are told by what is in them.  Everything is read from the bytes of one local file: nothing is fetched.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from scoresep.errors import InputError
from scoresep.io.scores.abc import musicxml_of_abc
from scoresep.io.scores.bars import beats_of, number_bars
from scoresep.io.scores.contract import ScoreContent, Section
from scoresep.io.scores.kern import read_kern
from scoresep.io.scores.mei import read_mei
from scoresep.io.scores.musicxml import read_musicxml
from scoresep.io.scores.notated import Bar, NotatedScore, TempoMap
from scoresep.io.scores.performance import notes_of
from scoresep.io.scores.playback_order import jump_targets, playback_order, sections_of, split_bars
from scoresep.io.scores.xml import parse_xml, unzipped


def read_notation(path: Path, content: bytes, *, ornaments: str = "played") -> ScoreContent:
    """Return what a notation file says, with the orders that its repeats allow.

    There are "written" (with a da capo, but not the repeats in it), "none", "found" (all bars once, in the order of the
    page), and "all" (with the repeats in the da capo) if that is another.  Warns of what is mended or left out.
    Raises InputError for a file that is no notation.
    """
    try:
        kind, score = _notated(content, path.suffix.lower())
        orders = _orders(score)
        tempos = TempoMap(score)
        number_bars(score.bars)
        targets = jump_targets(score.bars, [order for name, order in orders.items() if name != "found"])
        notes = notes_of(score, tempos, targets, ornaments=ornaments)
    except InputError as error:
        raise InputError(f"{path}: cannot be read as a score, {error}") from error
    score.warn(path)
    sections = {name: _sections(order, score, tempos) for name, order in orders.items()}
    beats = beats_of(score.bars, tempos.seconds)
    return ScoreContent(kind, notes, sections, len(score.tempos), score.ornaments, beats)


def _sections(order: list[int], score: NotatedScore, tempos: TempoMap) -> tuple[Section, ...]:
    """Return what is played without a jump, in the order of the bars."""
    stretches = [(score.bars[first], score.bars[last]) for first, last in sections_of(order)]
    bounds = tempos.seconds([time for first, last in stretches for time in (first.begin, last.end)])
    return tuple(
        Section(begin, end, first.number, last.number)
        for (first, last), (begin, end) in zip(stretches, bounds.reshape(-1, 2).tolist(), strict=True)
    )


def _notated(content: bytes, suffix: str) -> tuple[str, NotatedScore]:
    """Return the format of a file and what it says."""
    problems = []
    if content.startswith(b"PK"):
        content, problem = unzipped(content)
        problems.append(problem)
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"**", b"!!")):
        kind, score = "kern", read_kern(_text(content))
    elif suffix == ".abc" and not start.startswith(b"<"):
        root, problem = parse_xml(musicxml_of_abc(content))
        kind, score = "ABC", read_musicxml(root)
    else:
        root, problem = parse_xml(content)
        problems.append(problem)
        is_mei = root.tag in ("mei", "music", "meiCorpus")
        kind, score = ("MEI", read_mei(root)) if is_mei else ("MusicXML", read_musicxml(root))
    for problem in filter(None, problems):
        score.problem(problem)
    if score.notes and (not score.bars or max(note.onset for note in score.notes) >= score.bars[-1].end):
        begin = score.bars[-1].end if score.bars else Fraction(0)
        score.bars.append(Bar(begin, max(note.onset for note in score.notes) + 1))
    for index, bar in enumerate(score.bars):
        bar.index = index
    if not score.orders:
        score.bars = split_bars(score.bars, score.repeats_inside)
    return kind, score


def _orders(score: NotatedScore) -> dict[str, list[int]]:
    """Return the bars in the orders in which they may be played."""
    bars = score.bars
    orders = {
        "written": score.orders.get("written") or playback_order(bars),
        "none": score.orders.get("none") or playback_order(bars, repeats=False, jumps=False),
        "found": list(range(len(bars))),
    }
    everything = playback_order(bars, repeats_again=True)
    return orders if everything == playback_order(bars) else orders | {"all": everything}


def _text(content: bytes) -> str:
    """Return a text that is UTF-8, or else Latin-1."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")

"""What a user should know of an alignment, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scoresep.alignment.coarse import CoarseAlignment
from scoresep.alignment.confidence import MIN_PASSAGE
from scoresep.alignment.partial_scores import CHANCE_SIGNIFICANCE, MIN_SIGNIFICANCE
from scoresep.alignment.similarity import MIN_SIMILARITY
from scoresep.score.bars import bar_passages
from scoresep.times import show_time
from scoresep.values import Array, Beats, Notes

#: An overall confidence below this is called low.
LOW_CONFIDENCE = 0.4
#: The largest number of passages that a remark lists.
MAX_LISTED_PASSAGES = 10


def remarks(coarse: CoarseAlignment, unmatched: Array, overall_confidence: float | None) -> Iterator[str]:
    """Tell what is unusual about an alignment.

    Parameters
    ----------
    coarse
        The alignment.
    unmatched
        Begin and end (s) of the passages that the score does not match, shape (passages, 2).
    overall_confidence
        The mean confidence of the notes in the recording, from 0 to 1; None if nothing had to be found.

    Yields
    ------
    str
        A sentence, in the words of a warning.
    """
    if coarse.similarity < MIN_SIMILARITY and not coarse.is_partial:
        return
    if coarse.is_partial:
        yield (
            f"the score explains only a part of the recording (similarity {coarse.similarity:.2f}, 0.6 is usual), but "
            f"it is found in it: {describe_match(coarse)}"
        )
    elif coarse.significance is not None and CHANCE_SIGNIFICANCE <= coarse.significance < MIN_SIGNIFICANCE:
        yield (
            f"the score may be of another piece: {describe_match(coarse)}; look at the alignment before you trust the "
            "stems"
        )
    if coarse.transposition:
        yield describe_transposition(coarse.transposition)
    if described := describe_sections(coarse.sections, coarse.notes):
        yield described
    if len(unmatched):
        yield f"the score does not fit the recording at {list_passages(unmatched)}"
    if overall_confidence is not None and overall_confidence < LOW_CONFIDENCE:
        yield (
            f"the alignment has a low confidence ({overall_confidence:.2f}, 0.8 is usual); look at it before you trust "
            "the stems"
        )


def describe_match(coarse: CoarseAlignment) -> str:
    """Tell how significant the match of a score is."""
    return (
        f"its match is {coarse.significance:.1f} standard deviations better than those of other keys and of the score "
        f"backwards, {MIN_SIGNIFICANCE} is enough"
    )


def describe_transposition(semitones: int) -> str:
    """Tell by how much a recording is higher or lower than its score."""
    size, direction = abs(semitones), "higher" if semitones > 0 else "lower"
    amount = {12: "an octave", 1: "1 semitone"}.get(size, f"{size} semitones")
    return f"the recording is {amount} {direction} than the score"


def describe_sections(sections: Array, notes: Notes) -> str:
    """Tell what is played, or nothing if that is the score once from its beginning to its end."""
    played: list[list[float]] = []
    for begin, end, *_ in sections.tolist():
        if played and played[-1][1] == begin:
            played[-1][1] = end
        else:
            played.append([begin, end])
    left_out = played[0][0] - notes.onset.min(), notes.offset.max() - played[-1][1]
    if len(played) > 1 or max(left_out) > MIN_PASSAGE:
        return f"the recording plays {_list_bars(played, notes.beats) or list_passages(played)} of the score"
    return ""


def _list_bars(passages: Sequence[Sequence[float]], beats: Beats | None) -> str:
    """Return passages of the score (s) as bars, of very many only the first; "" if the score has no bars."""
    if beats is None or not len(beats):
        return ""
    runs = list(bar_passages(beats, passages))
    text = [f"{first} to {last}" if first != last else str(first) for first, last in runs[:MAX_LISTED_PASSAGES]]
    n_more = len(runs) - MAX_LISTED_PASSAGES
    text += [f"{n_more} more"] if n_more > 0 else []
    return f"bar{'s' * (text != [str(runs[0][0])])} " + " and ".join(filter(None, [", ".join(text[:-1]), text[-1]]))


def list_passages(passages: Array | Sequence[Sequence[float]]) -> str:
    """Return passages (s) as text, of very many only the first."""
    text = ", ".join(f"{show_time(begin)} to {show_time(end)}" for begin, end in passages[:MAX_LISTED_PASSAGES])
    n_more = len(passages) - MAX_LISTED_PASSAGES
    return f"{text} and {n_more} more" if n_more > 0 else text

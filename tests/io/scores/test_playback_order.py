"""In which order bars are played."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoresep.io.scores.notated import Bar
from scoresep.io.scores.playback_order import MOST_BARS, playback_order, sections_of

MARKS = {"F": "fine", "S": "segno", "C": "coda", "T": "tocoda", "D": "dacapo", "$": "dalsegno"}


def score(text):
    """Return the bars of a text: a word each, with |: and :| for repeats, 1 and 2 for endings, letters for marks."""
    return [
        Bar(
            Fraction(k),
            Fraction(k + 1),
            opens=word.startswith("|:"),
            times=2 if ":|" in word else 1,
            endings=frozenset(int(c) for c in word if c.isdecimal()),
            marks=dict.fromkeys((MARKS[c] for c in word if c in MARKS), ""),
        )
        for k, word in enumerate(text.split())
    ]


def played(text, **how):
    return "".join("abcdefghij"[k] for k in playback_order(score(text), **how))


@pytest.mark.parametrize(
    ("text", "wanted", "plain"),
    [
        ("- - -", "abc", "abc"),
        ("- -:| -", "ababc", "abc"),
        ("- |:- -:| -", "abcbcd", "abcd"),
        ("|:-:| |:-:|", "aabb", "ab"),
        ("-:| -:|", "aabb", "ab"),
        ("- 1:| 2 -", "abacd", "acd"),
        ("|:- 1 1:| 2 2", "abcade", "ade"),
        ("- 1:| -", "abac", "ac"),
        ("- 12:| 3", "ababac", "ac"),
        ("|:- 1:| 2 |:- 1:| 2", "abacdedf", "acdf"),
        ("- 1:| 2 -:| -", "abacdde", "acde"),
        ("- F - D", "abcdab", "abcd"),
        ("- S - $", "abcdbcd", "abcd"),
        ("- T - D C -", "abcdabef", "abcdef"),
        ("|:- -:|F |:- -:|D", "ababcdcdab", "abcd"),
        ("D -", "aab", "ab"),
        ("- S $ S - $ -", "abcbcdefdefg", "abcdefg"),
        ("- S D - $ -:|", "abcabcdebcdeff", "abcdef"),
        ("- S T $ C-:|", "abcdbcee", "abcde"),
    ],
)
def test_signs_are_followed(text, wanted, plain):
    assert played(text) == wanted
    assert played(text, repeats=False, jumps=False) == plain


def test_repeats_may_be_taken_again_in_the_da_capo():
    assert played("|:- -:|F |:- -:|D", repeats_again=True) == "ababcdcdabab"


def test_repeats_may_be_played_several_times():
    bars = score("|:- -:|")
    assert len(playback_order([bars[0], replace(bars[1], times=4)])) == 8


BARS = st.lists(
    st.builds(
        Bar, st.just(Fraction(0)), st.just(Fraction(1)), opens=st.booleans(), times=st.integers(1, 4),
        endings=st.frozensets(st.integers(1, 4), max_size=2),
        marks=st.dictionaries(st.sampled_from(sorted(MARKS.values())), st.sampled_from(["", "1"]), max_size=2),
    ),
    max_size=12,
)  # fmt: skip


@given(BARS, st.booleans(), st.booleans(), st.booleans())
def test_every_order_comes_to_an_end(bars, repeats, jumps, again):
    order = playback_order(bars, repeats=repeats, jumps=jumps, repeats_again=again)
    assert len(order) < min(MOST_BARS, 13 * 12 * 4 * 4 + 1)
    assert all(0 <= place < len(bars) for place in order)


@given(BARS)
def test_without_repeats_and_jumps_bars_rise(bars):
    order = playback_order(bars, repeats=False, jumps=False)
    assert order == sorted(set(order))


@given(st.lists(st.integers(0, 9), max_size=20))
def test_sections_are_the_order(order):
    assert [place for first, last in sections_of(order) for place in range(first, last + 1)] == order

"""In which order bars are played."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoresep.io.scores.notated import Bar
from scoresep.io.scores.playback_order import MOST_BARS, course_of, sections_of

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
            marks={MARKS[c] for c in word if c in MARKS},
        )
        for k, word in enumerate(text.split())
    ]


def played(text, **how):
    return "".join("abcdefghij"[k] for k in course_of(score(text), **how))


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
    ],
)
def test_signs_are_followed(text, wanted, plain):
    assert played(text) == wanted
    assert played(text, repeats=False, jumps=False) == plain


def test_repeats_may_be_taken_again_in_the_da_capo():
    assert played("|:- -:|F |:- -:|D", repeats_again=True) == "ababcdcdabab"


def test_repeats_may_be_played_several_times():
    bars = score("|:- -:|")
    assert len(course_of([bars[0], replace(bars[1], times=4)])) == 8


BARS = st.lists(
    st.builds(
        Bar, st.just(Fraction(0)), st.just(Fraction(1)), opens=st.booleans(), times=st.integers(1, 4),
        endings=st.frozensets(st.integers(1, 4), max_size=2),
        marks=st.sets(st.sampled_from(sorted(MARKS.values())), max_size=2),
    ),
    max_size=12,
)  # fmt: skip


@given(BARS, st.booleans(), st.booleans(), st.booleans())
def test_every_course_comes_to_an_end(bars, repeats, jumps, again):
    course = course_of(bars, repeats=repeats, jumps=jumps, repeats_again=again)
    assert len(course) < min(MOST_BARS, 12 * 4 * 4 + 1)
    assert all(0 <= place < len(bars) for place in course)


@given(BARS)
def test_without_repeats_and_jumps_bars_rise(bars):
    course = course_of(bars, repeats=False, jumps=False)
    assert course == sorted(set(course))


@given(st.lists(st.integers(0, 9), max_size=20))
def test_sections_are_the_course(course):
    assert [place for first, last in sections_of(course) for place in range(first, last + 1)] == course

"""Which notes belong to which stem, and what the stems are called."""

import dataclasses
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synth import duet, notes

from scoresep.errors import InputError, ScoresepWarning
from scoresep.io.groups_file import parse_groups
from scoresep.io.scores import read_score
from scoresep.score.selection import select
from scoresep.values import Notes

COLUMNS = ("onset", "pitch", "part", "staff", "voice", "channel", "program")
ROWS = [
    (0.0, 60, 1, 1, 1, 1, 41),
    (0.5, 64, 1, 1, 2, 1, 41),
    (1.0, 48, 2, 2, 1, 2, 43),
    (1.5, 36, 2, 2, 1, 2, 43),
    (2.0, 72, 1, 1, 1, 1, 41),
]
SCORE = Notes.from_rows(
    [
        dict(zip(COLUMNS, row, strict=True)) | {"offset": row[0] + 0.4, "bar": bar}
        for row, bar in zip(ROWS, (0, 1, 1, 2, 3), strict=True)
    ],
    ("Violin I", "Cello"),
)
#: What Windows, macOS or a shell would trip over.
FORBIDDEN = set("<>:\"/\\|?*%{}$`~!&;'\n\r\t\0")


def members(selector, score=SCORE):
    """Return the indices of the notes that a selector matches."""
    (weights,) = select(parse_groups(f"a: {selector}", "hands.yaml"), score).weights
    return np.flatnonzero(weights).tolist()


def selection(text, score=SCORE):
    return select(parse_groups(text, "hands.yaml"), score)


def names_of(*names):
    """Return what the stems of groups with these names are called."""
    parts = [{"onset": k, "offset": k + 1, "pitch": 60, "part": k + 1, "program": 41} for k in range(len(names))]
    return select(None, Notes.from_rows(parts, names)).names


@pytest.mark.parametrize(
    ("selector", "wanted"),
    [
        ("{part: Violin I}", [0, 1, 4]),
        ("{part: VIOLIN i}", [0, 1, 4]),
        ("{part: 1}", [0, 1, 4]),
        ("{part: [2, Violin I]}", [0, 1, 2, 3, 4]),
        ("{staff: 2}", [2, 3]),
        ("{staff: 1..2}", [0, 1, 2, 3, 4]),
        ("{voice: 2}", [1]),
        ("{voice: 2..}", [1]),
        ("{voice: ..1}", [0, 2, 3, 4]),
        ("{note: 1}", [0]),
        ("{note: [5, 2..3]}", [1, 2, 4]),
        ("{part: 1, except: {note: ..2}}", [4]),
        ("{channel: 2}", [2, 3]),
        ("{program: 41}", [0, 1, 4]),
        ("{program: 42..50}", [2, 3]),
        ("{instrument: violin}", [0, 1, 4]),
        ("{instrument: CELLO}", [2, 3]),
        ("{pitch: C4}", [0]),
        ("{pitch: 60}", [0]),
        ("{pitch: c4}", [0]),
        ("{pitch: B#3}", [0]),
        ("{pitch: Dbb4}", [0]),
        ("{pitch: C4..E4}", [0, 1]),
        ("{pitch: C4 .. E4}", [0, 1]),
        ("{pitch: 48..60}", [0, 2]),
        ("{pitch: C4..}", [0, 1, 4]),
        ("{pitch: ..B3}", [2, 3]),
        ("{pitch: [C4, C5..]}", [0, 4]),
        ("{pitch: C-1..G9}", [0, 1, 2, 3, 4]),
        ("{time: 0..1}", [0, 1]),
        ("{time: 0.5..0:01.5}", [1, 2]),
        ("{time: 0:01..}", [2, 3, 4]),
        ("{time: ..0:00:01}", [0, 1]),
        ("{time: [..0.5, 2..]}", [0, 4]),
        ("{part: 1, voice: 1}", [0, 4]),
        ("{part: 1, voice: 1, time: 1..}", [4]),
        ("{bars: 0}", [0]),
        ("{bars: 1..2}", [1, 2, 3]),
        ("{bars: [..0, 3..]}", [0, 4]),
        ("{bars: 1.., part: 2}", [2, 3]),
        ("[{part: 1, voice: 2}, {part: 2}]", [1, 2, 3]),
        ("[{part: 1}, {voice: 1}]", [0, 1, 2, 3, 4]),
        ("rest", [0, 1, 2, 3, 4]),
    ],
)
def test_selector_matches(selector, wanted):
    assert members(selector) == wanted


def test_part_is_named_before_it_is_numbered():
    score = notes((0, 1, 60, 1), (1, 2, 62, 2), parts=("2", "1"))
    assert members("{part: 1}", score) == [1]


def test_parts_of_one_name_go_together():
    score = notes((0, 1, 60, 1), (1, 2, 62, 2), parts=("Piano", "piano "))
    assert members("{part: Piano}", score) == [0, 1]


def test_instrument_is_found_by_the_name_of_its_part():
    assert members("{instrument: hand}", notes((0, 1, 60, 1), (1, 2, 62, 2))) == [0, 1]


@pytest.mark.parametrize(
    ("each", "names", "note"),
    [
        ("note", ["a-0001-C4", "a-0002-E4", "a-0003-C3", "a-0004-C2", "a-0005-C5"], [0, 1, 2, 3, 4]),
        ("pitch", ["a-C2", "a-C3", "a-C4", "a-E4", "a-C5"], [-1] * 5),
        ("part", ["a-Violin I", "a-Cello"], [-1] * 2),
    ],
)
def test_each_gives_stems_of_their_own(each, names, note):
    found = selection(f"a: {{each: {each}}}")
    assert list(found.names) == names
    assert list(found.note) == note
    assert (found.weights.sum(axis=0) == 1).all()


def test_each_divides_only_what_is_selected():
    found = selection("a: {each: note, part: 2}")
    assert found.names == ("a-0003-C3", "a-0004-C2")
    assert found.note == (2, 3)


def test_group_may_be_both_divided_and_whole():
    found = selection("a: [{each: pitch, part: 2}, {part: 1}]")
    assert found.names == ("a-C2", "a-C3", "a")
    assert found.weights.tolist() == [[0, 0, 0, 1, 0], [0, 0, 1, 0, 0], [1, 1, 0, 0, 1]]


def test_rest_is_what_no_other_group_claims():
    assert selection("other: rest\na: {part: 1}").weights.tolist() == [[0, 0, 1, 1, 0], [1, 1, 0, 0, 1]]


def test_rest_may_be_nothing():
    assert selection("a: {part: [1, 2]}\nother: rest").weights[1].tolist() == [0] * 5


def test_note_in_two_groups_is_shared():
    weights = selection("a: {part: 1}\nb: {voice: 1}").weights
    assert weights.tolist() == [[0.5, 1, 0, 0, 0.5], [0.5, 0, 1, 1, 0.5]]


def test_note_that_no_group_claims_has_no_weight():
    assert selection("a: {voice: 2}").weights.tolist() == [[0, 1, 0, 0, 0]]


@given(st.lists(st.sampled_from(["{part: 1}", "{part: 2}", "{voice: 1}", "{each: pitch}", "{time: 1..}", "rest"])))
def test_weights_of_a_note_sum_to_one_or_none(selectors):
    found = selection("\n".join(f"g{k}: {selector}" for k, selector in enumerate(["{part: 1}", *selectors])))
    total = found.weights.sum(axis=0)
    assert (np.isclose(total, 1) | (total == 0)).all()
    assert len(found.names) == len(found.weights) == len(found.note)


@pytest.mark.parametrize(
    ("selector", "wanted"),
    [
        ("{part: LH}", "names part 'LH'; the score has 'Violin I', 'Cello'"),
        ("{part: 3}", "names part '3'; the score has 'Violin I', 'Cello'"),
        ("{part: 0}", "names part '0'; the score has"),
        ("{part: [1, Oboe]}", "names part 'Oboe'; the score has"),
        (f"{{part: {'9' * 30}}}", "names part '9+'; the score has"),
        ("{staff: 3}", "names staff '3'; the score has staff 1, 2"),
        ("{staff: 0}", "names staff '0'; the score has staff 1, 2"),
        (f"{{staff: {'9' * 30}}}", "names staff '9+'; the score has staff 1, 2"),
        ("{staff: upper}", r"has staff 'upper'; wanted a number from 1, or a range like 1\.\.3"),
        ("{voice: -1}", "has voice '-1'; wanted a number from 1"),
        ("{program: 40}", "names program '40'; the score has program 41, 43"),
        ("{channel: 16}", "names channel '16'; the score has channel 1, 2"),
        ("{instrument: oboe}", "names instrument 'oboe'; the score has"),
        ("{pitch: C9}", "names pitch 'C9'; the score goes from C2 to C5"),
        ("{pitch: H4}", "has pitch 'H4'; wanted a pitch like C4, F#3 or 60, or a range"),
        ("{pitch: C4-E4}", "has pitch 'C4-E4'; wanted a pitch like C4"),
        ("{pitch: C5..C4}", r"has pitch 'C5\.\.C4'; wanted a range that rises"),
        ("{time: 0:32..0:40}", r"names time '0:32\.\.0:40'; the notes begin between 0\.00 and 2\.00 s"),
        ("{bars: 5..7}", r"names bars '5\.\.7'; the score has bars 0 to 3"),
        ("{bars: two}", r"has bars 'two'; wanted a bar such as 5, or a range like 12\.\.20"),
        ("{time: 5}", r"has time '5'; wanted a range like 0:32\.\.0:40"),
        ("{time: nan..1}", r"has time 'nan\.\.1'; wanted a time like 0:32 or 32\.5"),
        ("{time: 2..1}", r"has time '2\.\.1'; wanted a range that rises"),
        ("{part: 1, staff: 2}", "matches no note; its conditions exclude one another"),
        ("[{part: 1}, {part: 1, staff: 2}]", "matches no note; its conditions exclude one another"),
        ("{each: note, pitch: C1}", "names pitch 'C1'; the score goes from C2 to C5"),
    ],
)
def test_group_that_matches_nothing_says_what_the_score_has(selector, wanted):
    with pytest.raises(InputError, match=f"^hands.yaml:2: group 'left' {wanted}"):
        selection(f"all: rest\nleft: {selector}")


@pytest.mark.parametrize("key", ["staff", "voice", "channel", "program"])
def test_score_that_does_not_tell_is_said_not_to(key):
    score = Notes.from_rows([{"onset": 0, "offset": 1, "pitch": 60, "part": 1}], ("Piano",))
    with pytest.raises(InputError, match=f"names {key} '1'; the score tells no {key}"):
        selection(f"a: {{{key}: 1}}", score)


def test_instrument_of_a_score_without_programs_is_one_of_its_parts():
    with pytest.raises(InputError, match="names instrument 'oboe'; the score has 'Right hand', 'Left hand'"):
        selection("a: {instrument: oboe}", notes((0, 1, 60, 1)))


def test_notes_without_bar_numbers_are_told():
    unknown = dataclasses.replace(SCORE, bar=np.full(len(SCORE), -1))
    with pytest.raises(InputError, match=r"names bars '\.\.3'; the notes have no bar numbers"):
        selection("a: {bars: ..3}", unknown)


def test_time_waits_for_the_alignment():
    groups = parse_groups("solo: {time: 0:32..0:40, part: 2}", "hands.yaml")
    assert np.flatnonzero(select(groups, SCORE, is_aligned=False).weights[0]).tolist() == [2, 3]


def test_time_is_checked_for_its_form_before_the_alignment():
    groups = parse_groups("solo: {time: 0:32-0:40}", "hands.yaml")
    with pytest.raises(InputError, match="has time '0:32-0:40'; wanted a range"):
        select(groups, SCORE, is_aligned=False)


def test_two_hands_are_the_default():
    score = duet()
    found = select(None, score)
    assert found.names == ("left", "right")
    assert found.weights.tolist() == [(score.part == 2).tolist(), (score.part == 1).tolist()]
    assert found.note == (-1, -1)


def test_otherwise_a_stem_a_part_is_the_default():
    found = select(None, SCORE)
    assert found.names == ("Violin I", "Cello")
    assert found.weights.tolist() == [(SCORE.part == 1).tolist(), (SCORE.part == 2).tolist()]


def test_parts_without_notes_have_no_stem():
    score = notes((0, 1, 60, 2), (1, 2, 62, 3), parts=("Title", "Violin", "Cello"))
    assert select(None, score).names == ("Violin", "Cello")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Violin I", "Violin I"),
        ("Flöte ♯1", "Flöte -1"),
        ("左手", "左手"),
        ("O\u0308", "Ö"),
        ("हिन्दी", "हिन्दी"),
        ("../../etc/x", "etc-x"),
        ("a/b", "a-b"),
        ("a\\b", "a-b"),
        ("C:\\x", "C-x"),
        ("CON", "CON-"),
        ("lpt1", "lpt1-"),
        ("residual", "residual-"),
        ("Residual", "Residual-"),
        ("<script>", "script"),
        ("-rf", "rf"),
        (".hidden", "hidden"),
        ("name. ", "name"),
        ("100%", "100"),
        ("{0}", "0"),
        ("a\nb\x1b[1m", "a-b-1m"),
        ("a\u202eb", "a-b"),
        ("", "stem"),
        ("..", "stem"),
        ("/", "stem"),
        ("x" * 300, "x" * 120),
        ("é" * 200, "é" * 60),
        ("日" * 300, "日" * 40),
        ("x" * 119 + " y", "x" * 119),
    ],
)
def test_name_is_safe(name, wanted):
    assert names_of(name, "other")[0] == wanted


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (("left", "Left", "LEFT"), ("left", "Left-2", "LEFT-3")),
        (("a/b", "a\\b", "a:b"), ("a-b", "a-b-2", "a-b-3")),
        (("a", "a-2", "A"), ("a", "a-2", "A-3")),
        (("ß", "SS"), ("ß", "SS-2")),
        (("\u00e9", "e\u0301"), ("é", "é-2")),
        (("", ""), ("stem", "stem-2")),
        (("residual", "residual"), ("residual-", "residual--2")),
    ],
)
def test_names_are_distinct_even_where_case_does_not_count(names, wanted):
    assert names_of(*names) == wanted


@given(st.lists(st.text(max_size=200), min_size=1, max_size=8))
def test_any_names_are_safe_and_distinct(wanted):
    names = names_of(*wanted)
    assert len({name.casefold() for name in names}) == len(wanted)
    for name in names:
        assert name
        assert not FORBIDDEN & set(name)
        assert name == unicodedata.normalize("NFC", name)
        assert name[0] not in " .-"
        assert name[-1] not in " ."
        assert len(name.encode()) < 130
        assert name.casefold() != "residual"


def test_hands_can_be_asked_for(fixtures):
    score = read_score(fixtures / "waltz.mid")
    whole = selection("left: {hand: left}\nright: {hand: Right}", score)
    assert whole.weights.tolist() == select(None, score).weights.tolist()
    assert members("{hand: left, pitch: ..C3}", score) == [i for i, p in enumerate(score.pitch) if p <= 48]


def test_hands_of_a_single_track_are_estimated_with_a_warning(fixtures):
    score = read_score(fixtures / "waltz.mid")
    merged = dataclasses.replace(score, part=np.ones(len(score), int), part_names=("Piano",))
    with pytest.warns(ScoresepWarning, match="is an estimate"):
        estimated = select(None, merged)
    assert estimated.names == ("left", "right")
    assert (estimated.weights.sum(axis=0) == 1).all()


@pytest.mark.parametrize(
    ("selector", "wanted"),
    [
        ("{part: 1, except: {pitch: C5..}}", [0, 1]),
        ("{except: {part: 1}}", [2, 3]),
        ("{except: [{part: 2}, {voice: 2}]}", [0, 4]),
        ("{except: {part: 1, pitch: E4..}}", [0, 2, 3]),
        ("{part: 1, except: {time: 0.4..2}}", [0, 4]),
        ("{pitch: ..C4, except: {time: ..0.5, pitch: C4}}", [2, 3]),
        ("[{part: 1, except: {pitch: C5}}, {pitch: C5}]", [0, 1, 4]),
    ],
)
def test_exceptions_are_left_out(selector, wanted):
    assert members(selector) == wanted


def test_exceptions_in_time_are_not_left_out_before_the_alignment():
    groups = parse_groups("a: {part: 2, except: {time: 0..9}}\nb: {part: 2, except: {pitch: C2}}", "hands.yaml")
    before = select(groups, SCORE, is_aligned=False).weights
    assert [np.flatnonzero(row).tolist() for row in before] == [[2, 3], [2]]
    with pytest.raises(InputError, match="group 'a' matches no note; its conditions exclude one another"):
        select(groups, SCORE)


def test_a_mistake_in_an_exception_is_named():
    with pytest.raises(InputError, match=r"hands\.yaml:1: group 'a' names part 'Viola'; the score has"):
        members("{pitch: C4, except: {part: Viola}}")


def test_hands_are_corrected_by_exceptions(fixtures):
    score = read_score(fixtures / "waltz.mid")
    text = "left: [{hand: left, except: {time: 0:04..0:06, pitch: C4..}}, {time: 0..0:01, pitch: ..C5}]\nright: rest"
    weights = selection(text, score).weights
    left = select(None, score).weights[0] > 0
    wrong = left & (score.onset >= 4) & (score.onset < 6) & (score.pitch >= 60)
    more = (score.onset < 1) & (score.pitch <= 72)
    assert wrong.any()
    assert (more & ~left).any()
    assert ((weights[0] > 0) == ((left & ~wrong) | more)).all()
    assert (weights.sum(axis=0) == 1).all()


@pytest.mark.parametrize(
    ("selector", "says"),
    [("{hand: left}", "is not for the two hands of a keyboard"), ("{hand: third}", "wanted left or right")],
)
def test_hand_that_is_not_there_is_named(selector, says):
    with pytest.raises(InputError, match=says):
        members(selector)


BAND = Notes.from_rows(
    [
        {"onset": onset, "offset": onset + 0.4, "pitch": pitch, "part": part, "channel": channel, "program": program}
        for onset, pitch, part, channel, program in [
            (0.0, 36, 1, 1, 34),
            (0.0, 36, 2, 10, 1),
            (0.5, 42, 2, 10, 1),
            (1.0, 38, 2, 10, 1),
            (1.0, 40, 1, 1, 34),
            (1.5, 46, 2, 10, 1),
            (2.0, 35, 2, 10, 1),
        ]
    ],
    ("Bass", "Drums"),
)


@pytest.mark.parametrize(
    ("selector", "wanted"),
    [
        ("{drum: kick}", [(0.0, 36), (2.0, 35)]),
        ("{drum: 36}", [(0.0, 36)]),
        ("{drum: [hihat, cymbals]}", [(0.5, 42), (1.5, 46)]),
        ("{drum: open hihat}", [(1.5, 46)]),
        ("{part: Drums}", [(0.0, 36), (0.5, 42), (1.0, 38), (1.5, 46), (2.0, 35)]),
        ("{part: Drums, pitch: [42, 44, 46]}", [(0.5, 42), (1.5, 46)]),
        ("{pitch: [42, 44, 46], part: Drums}", [(0.5, 42), (1.5, 46)]),
        ("{part: Drums, pitch: 35..38}", [(0.0, 36), (1.0, 38), (2.0, 35)]),
        ("{channel: 10, pitch: C2}", [(0.0, 36)]),
        ("{instrument: drums}", [(0.0, 36), (0.5, 42), (1.0, 38), (1.5, 46), (2.0, 35)]),
    ],
)
def test_drums_are_selected_by_piece_or_key(selector, wanted):
    found = BAND.take(members(selector, BAND))
    assert found.is_drum.all()
    assert list(zip(found.onset.tolist(), found.pitch.tolist(), strict=True)) == wanted


@pytest.mark.parametrize("selector", ["{pitch: C2}", "{pitch: 36}", "{pitch: ..36}", "{part: Bass, pitch: 36}"])
def test_a_hit_has_no_pitch(selector):
    found = BAND.take(members(selector, BAND))
    assert found.pitch.tolist() == [36]
    assert not found.is_drum.any()


def test_keys_of_a_score_of_drums_alone_need_no_other_condition():
    drums = BAND.take(BAND.is_drum)
    assert drums.pitch[members("{pitch: [36, 44]}", drums)].tolist() == [36]


@pytest.mark.parametrize(
    ("selector", "says"),
    [
        (
            "{drum: toms}",
            r"names drum 'toms'; the score has kick \(35\), kick \(36\), snare \(38\)",
        ),
        ("{part: Drums, pitch: [39, 44]}", r"names pitch '39'; the score has kick \(35\)"),
        ("{drum: violin}", "has drum 'violin'; wanted a piece of a kit"),
        ("{pitch: 42}", "names pitch '42'; the score goes from C2 to E2"),
        ("{program: 1}", "the score has program 34"),
        ("{instrument: piano}", "names instrument 'piano'"),
        ("{drum: kick, part: Bass}", "exclude one another"),
    ],
)
def test_what_no_drum_has_is_refused(selector, says):
    with pytest.raises(InputError, match=says):
        members(selector, BAND)


def test_each_drum_has_a_stem_by_its_name():
    found = selection("kit: {each: drum}", BAND)
    assert found.names == ("kit-kick", "kit-snare", "kit-hihat closed", "kit-hihat open")
    assert [BAND.pitch[row > 0].tolist() for row in found.weights] == [[36, 35], [38], [42], [46]]
    assert selection("hits: {drum: snare, each: note}", BAND).names == ("hits-0004-snare",)
    assert selection("all: {each: pitch}", BAND).names[:2] == ("all-C2", "all-E2")


def test_scores_without_drums_have_no_pieces():
    with pytest.raises(InputError, match="the score has no drums"):
        members("{drum: kick}")
    with pytest.raises(InputError, match="each: drum; the score has no drums"):
        selection("kit: {each: drum}", SCORE)


def test_without_groups_drums_are_a_part_or_pieces():
    assert select(None, BAND).names == ("Bass", "Drums")
    assert select(None, BAND, drums="pieces").names == ("Bass", "kick", "snare", "hihat closed", "hihat open")
    with pytest.raises(ValueError, match="drums='all' must be one of kit, pieces"):
        select(None, BAND, drums="all")


def test_drums_beside_a_piano_are_in_neither_hand():
    rows = [{"onset": 0, "offset": 1, "pitch": p, "part": 1, "staff": s} for p, s in ((48, 2), (72, 1))]
    rows.append({"onset": 0, "offset": 1, "pitch": 38, "part": 2, "channel": 10})
    found = select(None, Notes.from_rows(rows, ("Piano", "Drums")))
    assert found.names == ("left", "right", "Drums")
    assert (found.weights.sum(axis=1) == 1).all()


def test_each_note_leaves_out_notes_outside_of_the_recording():
    score = notes((-2.0, -1.0, 60, 1), (-1.0, 0.5, 62, 1), (1.0, 2.0, 64, 1), (4.0, 5.0, 65, 1))
    groups = parse_groups("note: {each: note}", "groups")
    assert select(groups, score, duration=4.0).note == (1, 2)
    assert len(select(groups, score, is_aligned=False, duration=4.0).names) == 4

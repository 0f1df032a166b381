"""What notation can say, in each format that can say it: 60 quarters a minute, so that quarters are seconds."""

import warnings

import pytest
from notations import bar, kern, mei, musicxml, n, x

from scoresep.errors import InputError, ScoresepWarning
from scoresep.io.scores import read_score

SUFFIX = {"<mei": ".mei", "<score-p": ".musicxml", "**": ".krn", "!!": ".krn"}
TIE = {"start": '<tie type="start"/>', "stop": '<tie type="stop"/>'}
METRONOME = "<metronome><beat-unit>quarter</beat-unit><per-minute>120</per-minute></metronome>"
BACK = "<backup><duration>16</duration></backup>"


@pytest.fixture
def read(tmp_path):
    """Return the notes of a text; a warning is an error."""

    def reader(content, **how):
        suffix = next(suffix for start, suffix in SUFFIX.items() if content.startswith(start))
        path = tmp_path / f"score{suffix}"
        path.write_text(content)
        return read_score(path, **how)

    return reader


@pytest.fixture
def spans(read):
    """Return (onset, offset, pitch) of the notes of a text, in milliseconds."""

    def reader(content, **how):
        notes = read(content, **how)
        return [
            (round(1000 * onset), round(1000 * offset), pitch)
            for onset, offset, pitch in zip(notes.onset, notes.offset, notes.pitch.tolist(), strict=True)
        ]

    return reader


def starts(notes):
    return list(zip(notes.onset.round(3).tolist(), notes.pitch.tolist(), strict=True))


def ornament(name, inside=""):
    return f"<ornaments><{name}/>{inside}</ornaments>"


TRILL = [(k * 1000 / 11, (k + 1) * 1000 / 11, 72 + 2 * (k % 2)) for k in range(11)]


def rounded(rows):
    return [(round(onset), round(offset), pitch) for onset, offset, pitch in rows]


@pytest.mark.parametrize(
    "content",
    [
        musicxml(x("C5", notations=ornament("trill-mark")) + x("R0", 12)),
        mei(bar(n("c5", more='xml:id="a"') + "<rest dur='4'/><rest dur='2'/>", beside='<trill startid="#a"/>')),
        mei(bar(n("c5") + "<rest dur='4'/><rest dur='2'/>", beside='<trill tstamp="1" staff="1"/>')),
        kern("4ccT/4r/2r"),
    ],
)
def test_trill_alternates_with_the_note_above(spans, content):
    assert spans(content) == rounded(TRILL)
    assert spans(content, ornaments="written") == [(0, 1000, 72)]


def test_trill_lasts_as_long_as_its_tied_note(spans):
    first = x("C5", 16, inside=TIE["start"], notations=ornament("trill-mark"))
    found = spans(musicxml(first, x("C5", 16, inside=TIE["stop"])))
    assert found[-1][1:] == (8000, 72)
    assert len(found) == 99


@pytest.mark.parametrize(
    ("mark", "extra", "upper"),
    [
        ("", "", 74),
        ("", "<key><fifths>-3</fifths></key>", 74),
        ("", "<key><fifths>-5</fifths></key>", 73),
        ("<accidental-mark>flat</accidental-mark>", "", 73),
        ('<accidental-mark placement="above">sharp</accidental-mark>', "", 75),
    ],
)
def test_trill_takes_the_note_above_from_the_key_or_its_accidental(read, mark, extra, upper):
    content = musicxml(x("C5", 4, notations=ornament("trill-mark", mark)), extra=extra)
    assert set(read(content).pitch.tolist()) == {72, upper}


@pytest.mark.parametrize(
    ("note", "pitches"),
    [
        (x("C5", notations=ornament("mordent")), [72, 71, 72]),
        (x("C5", notations=ornament("inverted-mordent")), [72, 74, 72]),
        (x("C5", notations=ornament("turn")), [74, 72, 71, 72]),
        (x("C5", notations=ornament("inverted-turn")), [71, 72, 74, 72]),
        (x("C5", notations=ornament("delayed-turn")), [72, 74, 72, 71, 72]),
    ],
)
def test_mordents_and_turns_are_played(read, note, pitches):
    notes = read(musicxml(note))
    assert notes.pitch.tolist() == pitches
    assert notes.onset[1:] == pytest.approx(notes.offset[:-1])
    assert notes.offset[-1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("control", "pitches"),
    [
        ('<mordent startid="#a"/>', [72, 71, 72]),
        ('<mordent startid="#a" form="upper"/>', [72, 74, 72]),
        ('<mordent startid="#a" form="upper" accidupper="f"/>', [72, 73, 72]),
        ('<turn startid="#a"/>', [74, 72, 71, 72]),
        ('<turn startid="#a" form="lower"/>', [71, 72, 74, 72]),
        ('<turn startid="#a" delayed="true"/>', [72, 74, 72, 71, 72]),
    ],
)
def test_mordents_and_turns_of_mei(read, control, pitches):
    content = mei(bar(n("c5", more='xml:id="a"') + "<rest dur='4'/><rest dur='2'/>", beside=control))
    assert read(content).pitch.tolist() == pitches


@pytest.mark.parametrize(
    ("token", "pitches"),
    [
        ("4ccM", [72, 70, 72]),
        ("4ccm", [72, 71, 72]),
        ("4ccW", [72, 74, 72]),
        ("4ccw", [72, 73, 72]),
        ("4ccS", [74, 72, 71, 72]),
        ("4cc$", [71, 72, 74, 72]),
        ("4cct", [72, 73] * 5 + [72]),
    ],
)
def test_ornaments_of_kern(read, token, pitches):
    assert read(kern(token)).pitch.tolist() == pitches


@pytest.mark.parametrize(
    "content",
    [
        musicxml(x("C5", 8, notations='<ornaments><tremolo type="single">2</tremolo></ornaments>') + x("R0", 8)),
        mei(bar('<bTrem unitdur="16">' + n("c5", 2) + "</bTrem><rest dur='2'/>")),
        mei(bar(n("c5", 2, 'stem.mod="2slash"') + "<rest dur='2'/>")),
        kern("2cc@16@/2r"),
    ],
)
def test_tremolo_repeats_its_note(spans, content):
    assert spans(content) == [(250 * k, 250 * (k + 1), 72) for k in range(8)]
    assert spans(content, ornaments="written") == [(0, 2000, 72)]


@pytest.mark.parametrize(
    "content",
    [
        musicxml(
            x("C5", 4, notations='<ornaments><tremolo type="start">1</tremolo></ornaments>')
            + x("E5", 4, notations='<ornaments><tremolo type="stop">1</tremolo></ornaments>') + x("R0", 8)
        ),
        mei(bar('<fTrem unitdur="8">' + n("c5", 2) + n("e5", 2) + "</fTrem><rest dur='2'/>")),
    ],
)  # fmt: skip
def test_tremolo_of_two_notes_alternates(spans, content):
    assert spans(content) == [(500 * k, 500 * (k + 1), 72 + 4 * (k % 2)) for k in range(4)]


CHORD = [("C4", 60), ("E4", 64), ("G4", 67)]


@pytest.mark.parametrize(
    ("content", "order"),
    [
        (musicxml("".join(x(p, 4, start="<chord/>" * (k > 0), notations="<arpeggiate/>")
                          for k, (p, _) in enumerate(CHORD))), [60, 64, 67]),
        (musicxml("".join(x(p, 4, start="<chord/>" * (k > 0), notations='<arpeggiate direction="down"/>')
                          for k, (p, _) in enumerate(CHORD))), [67, 64, 60]),
        (mei(bar('<chord xml:id="a" dur="4">' + n("c4") + n("e4") + n("g4") + "</chord>",
                 beside='<arpeg startid="#a"/>')),
         [60, 64, 67]),
        (mei(bar('<chord xml:id="a" dur="4">' + n("c4") + n("e4") + n("g4") + "</chord>",
                 beside='<arpeg plist="#a" order="down"/>')), [67, 64, 60]),
        (kern("4c:,4e:,4g:"), [60, 64, 67]),
    ],
)  # fmt: skip
def test_arpeggio_spreads_its_chord(read, content, order):
    notes = read(content)
    assert notes.pitch.tolist() == order
    assert notes.onset.tolist() == pytest.approx([0, 0.05, 0.1], abs=1e-3)
    assert notes.offset.tolist() == pytest.approx([1, 1, 1])


GRACE, STROKE = "<grace/>", '<grace slash="yes"/>'


def grace(name, kind="eighth", start=STROKE):
    return x(name, None, start=start, inside=f"<type>{kind}</type>")


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (musicxml(x("C5") + grace("D5") + x("E5")), [(0, 1000, 72), (900, 1000, 74), (1000, 2000, 76)]),
        (musicxml(x("C5") + grace("D5", "16th", GRACE) + x("E5")), [(0, 1000, 72), (900, 1000, 74), (1000, 2000, 76)]),
        (musicxml(x("C5") + grace("D5", "eighth", GRACE) + x("E5")),
         [(0, 1000, 72), (1000, 1500, 74), (1500, 2000, 76)]),
        (musicxml(x("C5") + grace("D5", "half", GRACE) + x("E5")), [(0, 1000, 72), (1000, 1500, 74), (1500, 2000, 76)]),
        (musicxml(x("C5") + grace("D5", start=GRACE) + grace("F5", start=GRACE) + x("E5")),
         [(0, 1000, 72), (800, 900, 74), (900, 1000, 77), (1000, 2000, 76)]),
        (musicxml(x("C5") + grace("D5", start='<grace steal-time-previous="20"/>') + x("E5")),
         [(0, 1000, 72), (900, 1000, 74), (1000, 2000, 76)]),
        (musicxml(x("C5") + grace("D5", start='<grace slash="yes" steal-time-following="20"/>') + x("E5")),
         [(0, 1000, 72), (1000, 1500, 74), (1500, 2000, 76)]),
        (musicxml(grace("D5") + x("E5")), [(0, 100, 74), (100, 1000, 76)]),
        (mei(bar(n("c5") + n("d5", 8, 'grace="unacc"') + n("e5"))), [(0, 1000, 72), (900, 1000, 74), (1000, 2000, 76)]),
        (mei(bar(n("c5") + n("d5", 8, 'grace="acc"') + n("e5"))), [(0, 1000, 72), (1000, 1500, 74), (1500, 2000, 76)]),
        (mei(bar(n("c5") + n("d5", 8, 'grace="unknown" stem.mod="1slash"') + n("e5"))),
         [(0, 1000, 72), (900, 1000, 74), (1000, 2000, 76)]),
        (mei(bar(n("c5") + '<graceGrp grace="unknown">' + n("d5", 16) + n("f5", 16) + "</graceGrp>" + n("e5"))),
         [(0, 1000, 72), (800, 900, 74), (900, 1000, 77), (1000, 2000, 76)]),
        (kern("4cc/8qdd/4ee"), [(0, 1000, 72), (900, 1000, 74), (1000, 2000, 76)]),
        (kern("4cc/8qqdd/4ee"), [(0, 1000, 72), (1000, 1500, 74), (1500, 2000, 76)]),
        (kern("4cc/16qqdd/16qqee"), [(0, 1000, 72), (800, 900, 74), (900, 1000, 76)]),
    ],
)  # fmt: skip
def test_grace_notes_are_played_before_or_on_the_beat(spans, content, wanted):
    assert sorted(spans(content)) == sorted(wanted)


def test_grace_notes_where_a_repeat_leads_to_stay_in_their_section(spans):
    left, right = (
        '<barline><repeat direction="forward"/></barline>',
        '<barline><repeat direction="backward"/></barline>',
    )
    bars = [x("C5", 16), left + grace("D5") + x("E5", 16) + right]
    pitches = [row[2] for row in spans(musicxml(*bars))]
    assert pitches == [72, 74, 76, 74, 76]


def test_grace_notes_that_are_tied_on_sound_on(spans):
    first = x("C4", None, start=GRACE, inside=TIE["start"] + "<type>16th</type>")
    second = x("E4", None, start=GRACE, inside=TIE["start"] + "<type>16th</type>")
    chord = x("C4", 4, inside=TIE["stop"]) + x("E4", 4, start="<chord/>", inside=TIE["stop"])
    found = spans(musicxml(x("G4") + first + second + chord))
    assert found == [(0, 1000, 67), (800, 2000, 60), (900, 2000, 64)]


@pytest.mark.parametrize(
    "content",
    [
        musicxml(x("C5", 16, notations='<tied type="start"/>'), x("C5", 16, notations='<tied type="stop"/>')),
        mei(bar(n("c5", 1, 'xml:id="a"'), beside='<tie startid="#a" endid="#b"/>'), bar(n("c5", 1, 'xml:id="b"'))),
        mei(bar(n("c5", 1), beside='<tie staff="1" tstamp="1" tstamp2="1m+1"/>'), bar(n("c5", 1))),
        kern("[1cc/=2/1cc]"),
    ],
)
def test_ties_are_joined(spans, content):
    assert spans(content) == [(0, 8000, 72)]


def test_ties_may_name_chords(spans):
    chord = '<chord dur="1" xml:id="{}"><note pname="c" oct="4"/><note pname="{}" oct="4"/></chord>'
    first = bar(chord.format("a", "e"), beside='<tie startid="#a" endid="#b"/>')
    assert spans(mei(first, bar(chord.format("b", "f")))) == [(0, 8000, 60), (0, 4000, 64), (4000, 8000, 65)]


def test_tied_unisons_of_two_staves_are_told_apart(read):
    upper = x("C4", 8, inside=TIE["start"]) + x("C4", 8, inside=TIE["stop"])
    lower = x("C4", 8, inside=TIE["start"], staff=2, voice=5) + x("C4", 4, inside=TIE["stop"], staff=2, voice=5)
    notes = read(musicxml(upper + BACK + lower, staves=2))
    assert {(int(staff), float(end)) for staff, end in zip(notes.staff, notes.offset, strict=True)} == {
        (1, 4.0),
        (2, 3.0),
    }


def test_ties_may_lead_to_another_staff(spans):
    first, second = x("C4", 8, inside=TIE["start"]), x("C4", 8, inside=TIE["stop"], staff=2, voice=5)
    assert spans(musicxml(first + second, staves=2)) == [(0, 4000, 60)]


def test_notes_of_negative_length_step_back(read):
    content = musicxml(x("C5", 6) + x("D5", -2, inside="<type>eighth</type>") + x("E5", 4))
    with pytest.warns(ScoresepWarning, match="notes of negative lengths step back"):
        notes = read(content)
    assert starts(notes) == [(0.0, 72), (1.0, 76), (1.5, 74)]


@pytest.mark.parametrize(
    "content",
    [
        musicxml(
            x("C5", 8) + '<barline location="middle"><repeat direction="backward"/></barline>' + x("D5", 8), x("E5", 16)
        ),
        mei(bar(n("c5", 2) + '<barLine form="rptend"/>' + n("d5", 2)), bar(n("e5", 1))),
        kern("=1/2cc/=:|!/2dd/=2/1ee"),
    ],
)
def test_repeats_may_close_within_a_bar(read, content):
    assert starts(read(content)) == [(0.0, 72), (2.0, 72), (4.0, 74), (6.0, 76)]
    assert read(content, repeats="none").pitch.tolist() == [72, 74, 76]


def test_repeats_may_open_within_a_bar(read):
    forward, backward = (
        f'<barline{where}><repeat direction="{direction}"/></barline>'
        for where, direction in ((' location="middle"', "forward"), ("", "backward"))
    )
    assert read(musicxml(x("C5", 8) + forward + x("D5", 8) + backward)).pitch.tolist() == [72, 74, 74]
    content = mei(bar(n("c5", 2) + '<barLine form="rptstart"/>' + n("d5", 2), more='right="rptend"'))
    assert read(content).pitch.tolist() == [
        72, 74, 74,
    ]  # fmt: skip


def test_expansions_order_the_sections(read):
    sections = "".join(
        f'<section xml:id="{name}">{bar(n(pitch, 1))}</section>'
        for name, pitch in zip("ABC", ("c5", "d5", "e5"), strict=True)
    )
    plain = '<expansion xml:id="y" type="norep" plist="#A #C"/>'
    content = mei(body=f'<expansion xml:id="x" plist="#A #B #A #C"/>{plain}{sections}')
    assert read(content).pitch.tolist() == [72, 74, 72, 76]
    assert read(content, repeats="none").pitch.tolist() == [72, 76]
    assert read(content, repeats="found").pitch.tolist() == [72, 74, 76]


GOOD, BAD = bar(n("c5", 1)), bar(n("d5", 1))
STAFF = "<staff n='1'>{}</staff>"
LAYER = "<layer>{}</layer>"
IN_STAFF = {name: STAFF.format(LAYER.format(n(name, 1))) for name in ("c5", "d5")}
IN_LAYER = {name: LAYER.format(n(name, 1)) for name in ("c5", "d5")}


@pytest.mark.parametrize(
    "inside",
    [
        f"<app><lem>{GOOD}</lem><rdg>{BAD}</rdg></app>",
        f"<measure><app><lem>{IN_STAFF['c5']}</lem><rdg>{IN_STAFF['d5']}</rdg></app></measure>",
        f"<measure>{STAFF.format('<app><rdg>{c5}</rdg><rdg>{d5}</rdg></app>'.format(**IN_LAYER))}</measure>",
        f"<choice><sic>{BAD}</sic><corr>{GOOD}</corr></choice>",
        f"<add>{GOOD}</add>",
        f"<subst><del>{BAD}</del><add>{GOOD}</add></subst>",
        bar(f"<subst><del>{n('d5', 1)}</del><add>{n('c5', 1)}</add></subst>"),
        f"<measure><ossia>{IN_STAFF['c5']}<oStaff n='1'>{IN_LAYER['d5']}</oStaff></ossia></measure>",
        f"<restore><del>{GOOD}</del></restore>",
    ],
)
def test_one_reading_sounds(spans, inside):
    assert spans(mei(body=inside)) == [(0, 4000, 72)]


def test_notes_may_stand_on_the_other_staff(read):
    content = mei(bar(n("c5", 2) + n("d4", 2, 'staff="2"'), n("c3", 1)), staves=2, symbol="brace")
    assert read(content).staff.tolist() == [2, 1, 2]
    head = "!!!RDF**kern: > = above\n!!!RDF**kern: < = below\n"
    text = kern("*Ipiano *Ipiano/*staff2 *staff1/1C 2cc/. 2d<", head=head)
    assert read(text).staff.tolist() == [2, 1, 2]
    content = musicxml(x("C5", 8) + x("D4", 8, staff=2) + BACK + x("C3", 16, staff=2, voice=5), staves=2)
    assert read(content).staff.tolist() == [
        2, 1, 2,
    ]  # fmt: skip


@pytest.mark.parametrize("ends", ['startid="#a" endid="#c"', 'plist="#a #b #c"'])
def test_tuplets_may_be_spans(read, ends):
    three = n("c5", 8, 'xml:id="a"') + n("d5", 8, 'xml:id="b"') + n("e5", 8, 'xml:id="c"')
    content = mei(bar(three + n("f5", 2) + n("g5", 4), beside=f'<tupletSpan num="3" numbase="2" {ends}/>'))
    assert read(content).onset == pytest.approx([0, 1 / 3, 2 / 3, 1, 3])


@pytest.mark.parametrize(
    ("more", "beside", "pitches"),
    [
        ('oct.ges="6"', "", [84, 74]),
        ('xml:id="a"', '<octave dis="8" dis.place="above" startid="#a" endid="#a"/>', [84, 74]),
        ("", '<octave staff="1" dis="15" dis.place="below" tstamp="1" tstamp2="0m+3"/>', [48, 50]),
        ('oct.ges="6"', '<octave staff="1" dis="8" dis.place="above" tstamp="1" tstamp2="0m+2"/>', [84, 74]),
    ],
)
def test_octave_lines_sound(read, more, beside, pitches):
    assert read(mei(bar(n("c5", 2, more) + n("d5", 2), beside=beside))).pitch.tolist() == pitches


def test_each_staff_has_its_key(read):
    content = mei(bar(n("f5", 1), n("f4", 1)), staves=2, more=('key.sig="1s"', 'key.sig="0"'))
    with pytest.warns(ScoresepWarning, match="the key signature and the accidentals of each bar do"):
        assert read(content).pitch.tolist() == [65, 78]


def test_one_gestural_accidental_does_not_switch_the_key_off(read):
    content = mei(bar(n("f5", 4) * 3 + n("g5", 4, 'accid.ges="s"')), score='key.sig="1s"')
    with pytest.warns(ScoresepWarning, match="the key signature and the accidentals of each bar do"):
        assert read(content).pitch.tolist() == [78, 78, 78, 80]


def test_notes_that_tell_how_they_sound_need_no_key(read):
    told = n("f5", 4, 'accid.ges="s"') * 2 + n("f5", 4, 'accid="n"') + n("f5", 4)
    assert read(mei(bar(told), score='key.sig="1s"')).pitch.tolist() == [78, 78, 77, 77]


def test_accidentals_hold_for_the_bar(read):
    content = mei(bar(n("c5", 2, 'accid="s"') + n("c5", 2)), bar(n("c5", 1)))
    assert read(content).pitch.tolist() == [73, 73, 72]


@pytest.mark.parametrize(("sign", "pitch"), [("ns", 73), ("nf", 71), ("x", 74), ("n", 72), ("3qs", 74), ("1qs", 72)])
def test_accidentals_of_mei(read, sign, pitch):
    assert read(mei(bar(n("c5", 1, f'accid="{sign}"')))).pitch.tolist() == [pitch]


def test_key_and_transposition_may_change(read):
    change = '<staffDef n="1" trans.semi="-2" key.sig="1s"/>'
    content = mei(bar(n("f5", 1)), change, bar(n("f5", 1)), bar('<keySig sig="0"/>' + n("f5", 1)))
    with pytest.warns(ScoresepWarning, match="the key signature"):
        assert read(content).pitch.tolist() == [77, 76, 75]
    changes = ["", "<attributes><transpose><chromatic>-2</chromatic></transpose></attributes>"]
    assert read(musicxml(*(change + x("F5", 16) for change in changes))).pitch.tolist() == [77, 75]


def test_pickup_is_as_long_as_its_notes(read):
    content = mei(bar(n("g4"), "<mRest/>"), bar(n("c5", 1), n("c4", 1)), staves=2)
    assert starts(read(content)) == [(0.0, 67), (1.0, 60), (1.0, 72)]


def test_rests_may_stand_for_several_bars(read):
    assert starts(read(mei(bar('<multiRest num="3"/>'), bar(n("c5", 1))))) == [(12.0, 72)]


def test_repeat_signs_for_bars_sound(read):
    first = bar(n("c5", 2) + n("d5", 2))
    assert starts(read(mei(first, bar("<mRpt/>")))) == [(0.0, 72), (2.0, 74), (4.0, 72), (6.0, 74)]
    second = bar(n("e5", 1))
    assert read(mei(first, second, bar("<mRpt2/>"), bar("<mSpace/>"))).pitch.tolist() == [72, 74, 76, 72, 74, 76]
    assert read(mei(first, bar("<mRpt/>"), bar("<mRpt/>"))).pitch.tolist() == [72, 74] * 3


def test_repeat_signs_for_beats_sound(read):
    assert starts(read(mei(bar(n("c5", 4) + "<beatRpt/>" + n("d5", 2))))) == [(0.0, 72), (1.0, 72), (2.0, 74)]
    half = n("c5", 4) + n("d5", 4) + "<halfmRpt/>"
    assert starts(read(mei(bar(half)))) == [(0.0, 72), (1.0, 74), (2.0, 72), (3.0, 74)]
    compound = mei(bar(n("c5", 8) * 3 + "<beatRpt/>"), score='meter.count="6" meter.unit="8"')
    assert starts(read(compound)) == [(0.5 * k, 72) for k in range(6)]


def test_repeat_signs_of_musicxml_sound(read):
    style = "<attributes><measure-style>{}</measure-style></attributes>"
    start = style.format('<measure-repeat type="start">1</measure-repeat>')
    stop = style.format('<measure-repeat type="stop"/>')
    bars = [x("C5", 8) + x("D5", 8), start + x("R0", 16), x("R0", 16), stop + x("R0", 16)]
    assert starts(read(musicxml(*bars))) == [(0.0, 72), (2.0, 74), (4.0, 72), (6.0, 74), (8.0, 72), (10.0, 74)]
    written = [bars[0], start + x("E5", 16)]
    assert read(musicxml(*written)).pitch.tolist() == [72, 74, 76]


def test_repeat_sign_without_anything_before_it_is_left_out(read):
    with pytest.warns(ScoresepWarning, match="signs that repeat what is not there are left out"):
        assert read(mei(bar("<mRpt/>"), bar(n("c5", 1)))).pitch.tolist() == [72]


def test_time_stamps_count_beats_of_the_metre(read):
    six = mei(
        bar(n("c5", 2, 'dots="1"'), beside='<tempo tstamp="4" mm="120" mm.unit="4"/>'),
        bar(n("d5", 2, 'dots="1"')),
        score='meter.count="6" meter.unit="8"',
    )
    assert read(six).onset.tolist() == pytest.approx([0, 1.5 + 0.75])


def test_tempo_may_be_microseconds(read):
    assert read(mei(bar(n("c5", 1), beside='<tempo tstamp="1" midi.mspb="500000"/>'))).offset.tolist() == [2.0]


@pytest.mark.parametrize(
    "mark",
    [
        '<sound tempo="120"><offset>8</offset></sound>',
        '<direction><sound tempo="120"><offset>8</offset></sound></direction>',
        '<direction><offset sound="yes">8</offset><sound tempo="120"/></direction>',
        f"<direction><direction-type>{METRONOME}</direction-type><offset>8</offset></direction>",
    ],
)
def test_tempo_marks_may_be_away_from_their_place(read, mark):
    assert read(musicxml(mark + x("C5", 16))).offset.tolist() == [3.0]


def test_parts_of_mei_sound_together(read):
    part = (
        '<part><scoreDef midi.bpm="60"><staffGrp><staffDef n="1" lines="5"><label>{}</label></staffDef></staffGrp>'
        "</scoreDef><section>{}</section></part>"
    )
    parts = part.format("Oboe", bar(n("c5", 1)) + bar(n("d5", 1))) + part.format("Bassoon", bar(n("c3", 1)) * 2)
    content = f"<mei><music><body><mdiv><parts>{parts}</parts></mdiv></body></music></mei>"
    notes = read(content)
    assert starts(notes) == [(0.0, 48), (0.0, 72), (4.0, 48), (4.0, 74)]
    assert notes.part_names == ("Oboe", "Bassoon")


def test_each_dal_segno_is_followed_to_the_segno_that_it_names(read):
    sound = "<sound {}/>"
    bars = [
        sound.format('segno="one"') + x("C5", 16), x("D5", 16) + sound.format('dalsegno="one"'),
        sound.format('segno="two"') + x("E5", 16), x("F5", 16) + sound.format('dalsegno="two"'), x("G5", 16),
    ]  # fmt: skip
    assert read(musicxml(*bars)).pitch.tolist() == [72, 74, 72, 74, 76, 77, 76, 77, 79]


def test_al_fine_and_al_coda_are_told_apart(read):
    words = "<direction><direction-type><words>{}</words></direction-type></direction>"
    bars = [
        x("C5", 16) + words.format("Fine"), x("D5", 16) + words.format("To Coda"),
        x("E5", 16) + words.format("D.C. al Coda"),
        "<direction><direction-type><coda/></direction-type></direction>" + x("F5", 16),
    ]  # fmt: skip
    assert read(musicxml(*bars)).pitch.tolist() == [72, 74, 76, 72, 74, 77]
    bars[2] = x("E5", 16) + words.format("D.C. al Fine")
    assert read(musicxml(*bars)).pitch.tolist() == [72, 74, 76, 72]


def test_spines_may_be_added(read):
    text = "**kern\n*MM60\n2c\n*+\n*\t**kern\n2d\t2e\n=2\t=2\n1f\t1g\n*-\t*-\n"
    assert starts(read(text)) == [(0.0, 60), (2.0, 62), (2.0, 64), (4.0, 65), (4.0, 67)]


def test_spines_may_begin_again(read):
    text = "**kern\n*MM60\n1c\n*-\n**kern\n1d\n*-\n"
    notes = read(text)
    assert starts(notes) == [(0.0, 60), (4.0, 62)]
    assert notes.part.tolist() == [1, 1]


def test_voices_of_kern_are_counted_in_each_staff(read):
    notes = read(kern("*^ */2D 2E 1d/2F 2G ./* * *^/1C 1D 1e 1f"))
    assert sorted(zip(notes.pitch.tolist(), notes.voice.tolist(), strict=True)) == [
        (48, 1), (50, 1), (50, 2), (52, 2), (53, 1), (55, 2), (62, 1), (64, 1), (65, 2),
    ]  # fmt: skip


def test_staves_of_kern_are_numbered_by_the_score(read):
    notes = read(kern("*part1 *part1/*staff1 *staff2/1C 1c"))
    assert notes.staff.tolist() == [1, 2]


DRUM = (
    "<note><unpitched><display-step>{}</display-step><display-octave>{}</display-octave></unpitched><duration>4</duration>"
    "{}<voice>1</voice>{}</note>"
)
KIT = (
    '<score-instrument id="I1"><instrument-name>Kick</instrument-name></score-instrument>'
    '<score-instrument id="I2"><instrument-name>Cowbell</instrument-name></score-instrument>'
    '<midi-instrument id="I1"><midi-channel>10</midi-channel><midi-unpitched>37</midi-unpitched></midi-instrument>'
)
PERCUSSION = "<clef><sign>percussion</sign></clef>"


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        (musicxml(DRUM.format("E", 4, '<instrument id="I1"/>', "") + DRUM.format("E", 4, '<instrument id="I2"/>', ""),
                  listed=KIT), [36, 56]),
        (musicxml("".join(DRUM.format(*place, "", "") for place in ("F4", "C5", "G5"))), [36, 38, 42]),
        (musicxml(DRUM.format("C", 5, "", "<notehead>x</notehead>")), [37]),
        (musicxml(x("F4") + x("C5"), extra=PERCUSSION), [36, 38]),
        (mei(bar(n("f4", 4) + n("c5", 4))).replace('clef.shape="G"', 'clef.shape="perc"'), [36, 38]),
        (mei(bar('<clef shape="perc"/><note loc="1" dur="4"/><note loc="5" dur="4"/>')), [36, 38]),
        (kern("*clefX/4f/4cc"), [36, 38]),
    ],
)  # fmt: skip
def test_drums_have_keys_of_general_midi(read, content, keys):
    notes = read(content)
    assert notes.pitch.tolist() == keys
    assert notes.is_drum.all()


CUE = "<cue/>"


def test_small_notes_of_a_piano_are_music(read):
    right = "".join(x(name, 4, start=CUE) for name in ("C5", "D5", "E5", "F5"))
    notes = read(musicxml(right + BACK + x("C3", 16, staff=2, voice=5), staves=2))
    assert notes.pitch.tolist() == [48, 72, 74, 76, 77]


def test_cues_of_another_part_are_left_out_and_counted(read):
    flute = "".join(x(name) for name in ("C5", "D5", "E5", "F5"))
    horn = ["".join(x(name, 4, start=CUE) for name in ("C4", "D4", "E4", "F4")), x("G4", 16)]
    attributes = "<attributes><divisions>4</divisions></attributes>"
    content = musicxml(flute, x("R0", 16), others=([attributes + horn[0], horn[1]],))
    with pytest.warns(ScoresepWarning, match=r"cues of another part are left out \(4 times, first in bar 1\)"):
        notes = read(content)
    assert notes.part.tolist() == [1, 1, 1, 1, 2]


def test_cues_in_the_part_of_one_player_are_left_out(read):
    cue = "".join(x(name, 4, start=CUE, voice=2) for name in ("C5", "D5", "E5", "F5"))
    with pytest.warns(ScoresepWarning, match="cues of another part"):
        assert read(musicxml(x("R0", 16) + BACK + cue, x("G5", 16))).pitch.tolist() == [79]


def test_trill_that_another_voice_plays_out_is_played_once(spans):
    small = x("R0", 4, voice=2) + "".join(x(name, 4, start=CUE, voice=2) for name in ("D5", "C5", "D5"))
    found = spans(musicxml(x("C5", 16, notations=ornament("trill-mark")) + BACK + small))
    assert found == [(0, 1000, 72), (1000, 2000, 74), (2000, 3000, 72), (3000, 4000, 74)]


DUO = musicxml(x("C5", 16), others=(["<attributes><divisions>4</divisions></attributes>" + x("C4", 16)],), part="Voice")


@pytest.mark.parametrize(("without", "pitches"), [(["Voice 1"], [60]), (["voice 2"], [72]), ([2], [72]), (["1"], [60])])
def test_parts_may_be_left_out(read, without, pitches):
    notes = read(DUO, without=without)
    assert notes.pitch.tolist() == pitches
    assert notes.part_names == ("Voice 1", "Voice 2")


@pytest.mark.parametrize(
    ("without", "says"),
    [(["Organ"], "no part 'Organ' to leave out; the score has 1 'Voice 1', 2 'Voice 2'"), ([3], "no part '3'"),
     ([0], "no part"), ([1, 2], "no part is left")],
)  # fmt: skip
def test_part_to_leave_out_must_be_there(read, without, says):
    with pytest.raises(InputError, match=says):
        read(DUO, without=without)


def test_ornaments_must_be_known(read):
    with pytest.raises(ValueError, match="ornaments"):
        read(DUO, ornaments="baroque")


def test_ornaments_do_not_change_plain_notes(spans):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert spans(DUO) == spans(DUO, ornaments="written")

"""Notation files as notes; each text here is as short as its format lets it be."""

import io
import socket
import zipfile

import mido
import pytest

from scoresep.errors import InputError, ScoresepWarning
from scoresep.io.scores import read_score
from scoresep.io.scores import xml as xmltree

CONTAINER = '<container><rootfiles><rootfile full-path="score.xml"/></rootfiles></container>'
TEMPO_60 = '<sound tempo="60"/>'
TIES = {"start": '<tie type="start"/>', "stop": '<tie type="stop"/>', "": ""}
BOMB = (
    '<!DOCTYPE score-partwise [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{k} "{f"&a{k - 1};" * 10}">' for k in range(1, 12))
    + "]>"
)
KERN = """**kern\t**kern
*staff2\t*staff1
*M4/4\t*M4/4
*MM60\t*MM60
=1\t=1
1C\t2cc
.\t2dd
==\t==
*-\t*-
"""
MEI = """<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv xml:id="a"><score xml:id="b">
<scoreDef xml:id="c" meter.count="4" meter.unit="4" key.sig="0"><staffGrp xml:id="d"><staffDef xml:id="e" n="1"
lines="5" clef.shape="G" clef.line="2"><label>Violin</label></staffDef></staffGrp></scoreDef><section xml:id="f">
<measure xml:id="g" n="1"><staff xml:id="h" n="1"><layer xml:id="i" n="1"><note xml:id="j" pname="c" oct="5" dur="2"/>
<note xml:id="k" pname="d" oct="5" dur="2"/></layer></staff></measure></section></score></mdiv></body></music></mei>"""


D4 = '<note pname="d" oct="4" dur="4"/>'


def note(step, octave, quarters, *, voice=1, staff=1, tie="", start=""):
    """Return a note at two divisions a quarter."""
    return (
        f"<note>{start}<pitch><step>{step}</step><octave>{octave}</octave></pitch><duration>{int(2 * quarters)}"
        f"</duration>{TIES[tie]}<voice>{voice}</voice><staff>{staff}</staff></note>"
    )


def attributes(*, staves=1, extra=""):
    return (
        "<attributes><divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time>"
        f"<staves>{staves}</staves>{extra}</attributes>"
    )


def transpose(chromatic):
    return f"<transpose><chromatic>{chromatic}</chromatic></transpose>"


def musicxml(doctype="", **parts):
    """Return a score; each part, by its name, is a list of measures."""
    listed = "".join(f'<score-part id="{name}"><part-name>{name}</part-name></score-part>' for name in parts)
    music = "".join(
        f'<part id="{name}">'
        + "".join(f'<measure number="{n}">{measure}</measure>' for n, measure in enumerate(measures, start=1))
        + "</part>"
        for name, measures in parts.items()
    )
    return f"{doctype}<score-partwise><part-list>{listed}</part-list>{music}</score-partwise>"


def piano(tempo=TEMPO_60, **kwargs):
    """Return two tied halves over a whole note, on two staves."""
    right = note("C", 5, 2, tie="start") + note("C", 5, 2, tie="stop")
    left = "<backup><duration>8</duration></backup>" + note("C", 3, 4, voice=5, staff=2)
    return musicxml(Piano=[attributes(staves=2) + tempo + right + left], **kwargs)


def zipped(**members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in members.items():
            archive.writestr({"container": "META-INF/container.xml", "score": "score.xml"}[name], text)
    return content.getvalue()


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Return the notes of a file with the given content; it may use no network."""

    def refuse(*args, **kwargs):
        raise AssertionError("a score was looked for in the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    def reader(content, suffix=".musicxml", **how):
        path = tmp_path / f"score{suffix}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_score(path, **how)

    return reader


def test_staves_and_voices_are_told(read):
    notes = read(piano())
    assert notes.pitch.tolist() == [48, 72]
    assert notes.staff.tolist() == [2, 1]
    assert notes.voice.tolist() == [5, 1]
    assert notes.part_names == ("Piano",)


def test_ties_are_joined(read):
    assert read(piano()).offset.tolist() == [4.0, 4.0]


def test_ties_are_joined_over_bars(read):
    first, second = note("C", 5, 4, tie="start"), note("C", 5, 4, tie="stop")
    assert read(musicxml(Flute=[attributes() + first, second])).offset.tolist() == [4.0]


@pytest.mark.parametrize(("tempo", "seconds"), [(TEMPO_60, 4.0), ("", 2.0), ('<sound tempo="240"/>', 1.0)])
def test_tempo_mark_sets_the_pace(read, tempo, seconds):
    assert read(piano(tempo)).offset.tolist() == [seconds, seconds]


@pytest.mark.parametrize("pace", ["0", "-60", "inf", "nan"])
def test_impossible_tempo_is_ignored(read, pace):
    with pytest.warns(ScoresepWarning, match="tempo marks that are no tempo are ignored"):
        notes = read(piano(f'<sound tempo="{pace}"/>'))
    assert notes.offset.tolist() == [2.0, 2.0]


def test_tempo_changes_where_it_stands(read):
    bars = [attributes() + TEMPO_60 + note("C", 5, 4), '<sound tempo="120"/>' + note("D", 5, 4)]
    assert read(musicxml(Flute=bars)).offset.tolist() == [4.0, 6.0]


def test_pickup_begins_at_zero(read):
    notes = read(musicxml(Flute=[attributes() + TEMPO_60 + note("G", 4, 1), note("C", 5, 4)]))
    assert notes.onset.tolist() == [0.0, 1.0]
    assert notes.offset.tolist() == [1.0, 5.0]


def test_part_that_rests_in_the_pickup_keeps_its_place(read):
    rest = "<note><rest/><duration>2</duration><voice>1</voice></note>"
    upper = [attributes() + TEMPO_60 + note("G", 4, 1), note("C", 5, 4)]
    lower = [attributes() + rest, note("C", 4, 4)]
    notes = read(musicxml(Flute=upper, Oboe=lower))
    assert notes.pitch.tolist() == [67, 60, 72]
    assert notes.onset.tolist() == [0.0, 1.0, 1.0]


def test_parts_count_from_one_in_the_order_of_the_score(read):
    notes = read(musicxml(Flute=[attributes() + note("C", 5, 4)], Oboe=[attributes() + note("C", 4, 4)]))
    assert notes.part_names == ("Flute", "Oboe")
    assert notes.part.tolist() == [2, 1]


@pytest.mark.parametrize("silent", [["<note><rest/><duration>8</duration></note>"], []])
def test_silent_part_leaves_the_others(read, silent):
    notes = read(musicxml(Flute=[attributes() + note("C", 5, 4)], Oboe=silent))
    assert notes.part.tolist() == [1]
    assert notes.part_names == ("Flute", "Oboe")


def test_part_without_a_name_gets_a_number(read):
    content = musicxml(Flute=[attributes() + note("C", 5, 4)]).replace("<part-name>Flute", "<part-name>")
    assert read(content).part_names == ("Part 1",)


def test_transposing_instruments_give_the_pitch_that_sounds(read):
    clarinet = [attributes(extra=transpose(-2)) + note("D", 5, 4), attributes(extra=transpose(-3)) + note("D", 5, 4)]
    notes = read(musicxml(Clarinet=clarinet, Oboe=[attributes() + note("D", 5, 4), note("D", 5, 4)]))
    assert notes.pitch[notes.part == 1].tolist() == [72, 71]
    assert notes.pitch[notes.part == 2].tolist() == [74, 74]


def test_chords_and_grace_notes_begin_together_as_they_are_written(read):
    grace = note("D", 5, 0, start="<grace/>").replace("<duration>0</duration>", "")
    content = musicxml(Flute=[attributes() + grace + note("C", 5, 4) + note("E", 5, 4, start="<chord/>")])
    notes = read(content, ornaments="written")
    assert notes.pitch.tolist() == [72, 74, 76]
    assert notes.onset.tolist() == [0.0, 0.0, 0.0]


def test_unpitched_notes_are_drums(read):
    drum = (
        "<note><unpitched><display-step>E</display-step><display-octave>4</display-octave></unpitched>"
        "<duration>8</duration><voice>1</voice></note>"
    )
    notes = read(musicxml(Flute=[attributes() + note("C", 5, 4)], Drum=[attributes() + drum]))
    assert notes.part[notes.is_drum].tolist() == [2]
    assert notes.part[~notes.is_drum].tolist() == [1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_names_are_read_in_any_encoding(read, encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + musicxml(Flöte=[attributes() + note("C", 5, 4)])
    assert read(text.encode(encoding)).part_names == ("Flöte",)


def test_same_notes_as_midi(read):
    file = mido.MidiFile(ticks_per_beat=1)
    for pitch in (72, 48):
        events = [mido.Message("note_on", note=pitch), mido.Message("note_off", note=pitch, time=4)]
        file.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000), *events]))
    content = io.BytesIO()
    file.save(file=content)
    notation, midi = read(piano()), read(content.getvalue(), ".mid")
    for column in ("onset", "offset", "pitch", "velocity"):
        assert getattr(notation, column).tolist() == getattr(midi, column).tolist()


def test_mxl_is_a_zipped_score(read):
    assert read(zipped(container=CONTAINER, score=piano()), ".mxl").pitch.tolist() == [48, 72]


def test_kern_is_read(read):
    notes = read(KERN, ".krn")
    assert notes.pitch.tolist() == [48, 72, 74]
    assert notes.onset.tolist() == [0.0, 0.0, 2.0]
    assert notes.part_name(0) != notes.part_name(1) == notes.part_name(2)


def test_mei_is_read(read):
    notes = read(MEI, ".mei")
    assert notes.pitch.tolist() == [72, 74]
    assert notes.onset.tolist() == [0.0, 1.0]
    assert notes.part_names == ("Violin",)


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        ("", ".musicxml"),
        ("Dear all, the score is attached.", ".xml"),
        (piano()[:300], ".musicxml"),
        ("<html><body/></html>", ".xml"),
        ("<score-timewise/>", ".musicxml"),
        (b"PK but no archive", ".mxl"),
        (zipped(container=CONTAINER), ".mxl"),
        (zipped(container=CONTAINER, score=piano())[:-50], ".mxl"),
        ("", ".krn"),
        (KERN[:40], ".krn"),
        ("<mei/>", ".mei"),
        (MEI[: len(MEI) // 2], ".mei"),
    ],
)
@pytest.mark.filterwarnings("ignore::scoresep.errors.ScoresepWarning")
def test_damaged_file_is_one_line(read, content, suffix):
    with pytest.raises(InputError, match=f"score{suffix}: ") as caught:
        read(content, suffix)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("address", ["file:///etc/hostname", "http://127.0.0.1:9/name"])
def test_external_entities_are_refused(read, address):
    doctype = f'<!DOCTYPE score-partwise [<!ENTITY name SYSTEM "{address}">]>'
    content = piano(doctype=doctype).replace("<part-name>Piano", "<part-name>&name;")
    with pytest.raises(InputError, match="declares entities"):
        read(content)


def test_doctype_is_not_fetched(read):
    assert len(read(piano(doctype='<!DOCTYPE score-partwise PUBLIC "-//X" "http://127.0.0.1:9/partwise.dtd">'))) == 2


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (piano(doctype=BOMB).replace("<part-name>Piano", "<part-name>&a11;"), ".musicxml"),
        (zipped(container=BOMB + CONTAINER.replace("<rootfiles>", "<rootfiles>&a11;"), score=piano()), ".mxl"),
        (BOMB + MEI.replace("Violin", "&a11;"), ".mei"),
    ],
)
def test_entities_that_multiply_are_refused(read, content, suffix):
    with pytest.raises(InputError, match=f"score{suffix}: ") as caught:
        read(content, suffix)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("suffix", [".musicxml", ".mxl", ".mei", ".krn", ".mid"])
def test_address_is_no_path(read, suffix):
    with pytest.raises(InputError, match="no such file"):
        read_score(f"http://127.0.0.1:9/score{suffix}")


def test_archive_that_swells_up_is_refused(read, monkeypatch):
    monkeypatch.setattr(xmltree, "LARGEST", 100_000)
    with pytest.raises(InputError, match="unpacks to more than 100000 bytes"):
        read(zipped(container=CONTAINER, score=piano() + " " * 1_000_000), ".mxl")


def test_deep_nesting_is_refused(read):
    with pytest.raises(InputError, match="nested too deeply"):
        read("<score-partwise>" * 100_000)


@pytest.mark.parametrize(
    ("content", "suffix", "says", "pitches"),
    [
        (piano()[:-90], ".musicxml", "the XML is damaged", [72]),
        (piano().replace("<duration>8</duration></pitch>", "").replace("<duration>4", "<duration>-4"), ".xml",
         "notes without a proper length are left out", [48]),
        (piano().replace("<octave>3", "<octave>33"), ".xml", "notes beyond the range of MIDI are left out", [72]),
        (zipped(score=piano()), ".mxl", "the archive does not name its score", [48, 72]),
        (MEI.replace('pname="d"', 'pname="q"'), ".mei", "notes without a proper pitch are left out", [72]),
        (MEI.replace('dur="2"', 'dur="x"', 1), ".mei", "notes without a proper length are left out", [74]),
        (MEI.replace("<note", "<moon/><note", 1), ".mei", "<moon> is left out", [72, 74]),
        (KERN.replace("2cc", "cc"), ".krn", "notes without a proper length are left out", [48, 74]),
        (KERN.replace(".\t2dd", "2dd"), ".krn", "too many or too few columns", [48, 72]),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::scoresep.errors.ScoresepWarning")
def test_damaged_file_is_read_as_far_as_it_goes(read, content, suffix, says, pitches):
    with pytest.warns(ScoresepWarning, match=says):
        notes = read(content, suffix)
    assert notes.pitch.tolist() == pitches


def test_ids_are_not_needed(read):
    assert read(MEI.replace("xml:id", "n2"), ".mei").pitch.tolist() == [72, 74]


def test_timewise_scores_are_read(read):
    bars = [attributes() + TEMPO_60 + note("C", 5, 4), note("D", 5, 4)]
    measures = "".join(
        f'<measure number="{k}"><part id="Flute">{bar}</part></measure>' for k, bar in enumerate(bars, 1)
    )
    listed = '<part-list><score-part id="Flute"><part-name>Flute</part-name></score-part></part-list>'
    notes = read(f"<score-timewise>{listed}{measures}</score-timewise>")
    assert notes.onset.tolist() == [0.0, 4.0]
    assert notes.part_names == ("Flute",)


@pytest.mark.parametrize(
    ("extra", "pitches"),
    [
        ("<octave-change>-1</octave-change>", [60]),
        ("<double/>", [60, 72]),
        ('<double above="yes"/>', [72, 84]),
        ("<octave-change>1</octave-change>", [84]),
    ],
)
def test_transposition_may_change_or_double_the_octave(read, extra, pitches):
    shift = f"<transpose><chromatic>0</chromatic>{extra}</transpose>"
    assert read(musicxml(Bass=[attributes(extra=shift) + note("C", 5, 4)])).pitch.tolist() == pitches


def test_programs_and_channels_are_told(read):
    midi = '<midi-instrument id="I1"><midi-channel>3</midi-channel><midi-program>72</midi-program></midi-instrument>'
    content = musicxml(Solo=[attributes() + note("C", 5, 4)]).replace("</score-part>", f"{midi}</score-part>")
    notes = read(content)
    assert (notes.channel.tolist(), notes.program.tolist()) == ([3], [72])


def test_bar_that_is_too_long_is_named(read):
    with pytest.warns(ScoresepWarning, match=r"bars are longer than their time signature \(in bar 2\)"):
        read(musicxml(Flute=[attributes() + note("C", 5, 4), note("D", 5, 5)]))


def test_length_may_be_told_by_the_kind_of_note_alone(read):
    content = musicxml(Flute=[attributes() + TEMPO_60 + note("C", 5, 3) + note("D", 5, 1)])
    content = content.replace("<duration>6</duration>", "<type>half</type><dot/>")
    assert read(content).onset.tolist() == [0.0, 3.0]


def test_voices_of_a_staff_are_told(read):
    voices = note("C", 5, 4) + "<backup><duration>8</duration></backup>" + note("E", 4, 4, voice=2)
    notes = read(musicxml(Flute=[attributes() + voices]))
    assert (notes.pitch.tolist(), notes.voice.tolist()) == ([64, 72], [2, 1])


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("2cc", "2cc#", [48, 73, 74]),
        ("2cc", "2b-", [48, 70, 74]),
        ("2cc", "2ccc", [48, 74, 84]),
        ("1C", "1CC#", [37, 72, 74]),
        ("1C", "1C 1E 1G", [48, 52, 55, 72, 74]),
        ("1C\t", ".\tqff\n1C\t", [48, 72, 74, 77]),
        ("2cc", "2r", [48, 74]),
        ("2cc\n.\t2dd", "[2cc\n.\t2cc]", [48, 72]),
        ("2cc\n.\t2dd", "3%2cc\n.\t3cc", [48, 72, 72]),
    ],
)
def test_kern_tokens_are_read(read, old, new, wanted):
    assert sorted(read(KERN.replace(old, new), ".krn").pitch.tolist()) == wanted


def test_kern_instruments_are_told(read):
    notes = read(KERN.replace("*MM60\t*MM60", "*Icello\t*Iclars\n*MM60\t*MM60"), ".krn")
    assert notes.part_names == ("Clarinet", "Cello")
    assert sorted(set(notes.program.tolist())) == [43, 72]


def test_kern_keyboard_has_two_staves(read):
    notes = read(KERN.replace("*MM60\t*MM60", "*Ipiano\t*Ipiano\n*MM60\t*MM60"), ".krn")
    assert notes.staff.tolist() == [2, 1, 1]
    assert len(notes.part_names) == 1


@pytest.mark.parametrize(
    ("inside", "onsets"),
    [
        ('<tuplet num="3" numbase="2">' + '<note pname="c" oct="4" dur="4"/>' * 3 + "</tuplet>", [0, 1 / 3, 2 / 3]),
        ('<beam><note pname="c" oct="4" dur="8" dots="1"/><note pname="d" oct="4" dur="16"/></beam>', [0, 0.375]),
        ('<note pname="c" oct="4" dur="8" grace="acc"/><note pname="d" oct="4" dur="2"/>', [0, 0.25]),
        ('<chord dur="2"><note pname="c" oct="4"/><note pname="e" oct="4"/></chord>', [0, 0]),
        ('<choice><sic><note pname="c" oct="4" dur="2"/></sic><corr><rest dur="4"/></corr></choice>' + D4, [0.5]),
        ('<rest dur="4"/><space dur="4"/><note pname="d" oct="4" dur="4"/>', [1.0]),
    ],
)  # fmt: skip
def test_mei_events_are_read(read, inside, onsets):
    begin, end = MEI.index("<note"), MEI.index("</layer>")
    assert read(MEI[:begin] + inside + MEI[end:], ".mei").onset.tolist() == pytest.approx(onsets)


def test_mei_staves_may_transpose(read):
    assert read(MEI.replace('lines="5"', 'lines="5" trans.semi="-2"'), ".mei").pitch.tolist() == [70, 72]


def test_mei_key_signature_counts_where_no_note_tells_how_it_sounds(read):
    with pytest.warns(ScoresepWarning, match="no note tells how it sounds"):
        assert read(MEI.replace('key.sig="0"', 'key.sig="2s"'), ".mei").pitch.tolist() == [73, 74]


def barline(place, inside):
    return f'<barline location="{place}">{inside}</barline>'


def test_endings_may_last_several_bars(read):
    first, last = '<ending number="1" type="start"/>', '<ending number="1" type="stop"/>'
    second, close = '<ending number="2" type="start"/>', '<ending number="2" type="discontinue"/>'
    bars = [
        attributes() + note("C", 5, 4),
        barline("left", first) + note("D", 5, 4),
        note("E", 5, 4) + barline("right", last + '<repeat direction="backward"/>'),
        barline("left", second) + note("F", 5, 4),
        note("G", 5, 4) + barline("right", close),
        note("A", 5, 4),
    ]
    assert read(musicxml(Flute=bars)).pitch.tolist() == [72, 74, 76, 72, 77, 79, 81]


@pytest.mark.parametrize(
    ("sign", "wanted"),
    [
        ('<sound dalsegno="x"/>', [72, 74, 76, 74]),
        ("<direction><direction-type><words>D. S. al Fine</words></direction-type></direction>", [72, 74, 76, 74]),
        ("<direction><direction-type><words>D.C. al Fine</words></direction-type></direction>", [72, 74, 76, 72, 74]),
        ("", [72, 74, 76]),
    ],
)
def test_jumps_are_followed_by_signs_and_words(read, sign, wanted):
    fine = "<direction><direction-type><words>Fine</words></direction-type></direction>"
    segno = "<direction><direction-type><segno/></direction-type></direction>"
    bars = [attributes() + note("C", 5, 4), segno + note("D", 5, 4) + fine, note("E", 5, 4) + sign]
    assert read(musicxml(Flute=bars)).pitch.tolist() == wanted


def test_note_tied_over_a_repeat_ends_with_its_section(read):
    bars = [attributes() + TEMPO_60 + note("C", 5, 4, tie="start") + barline("right", '<repeat direction="backward"/>')]
    notes = read(musicxml(Flute=[*bars, note("C", 5, 4, tie="stop")]))
    assert notes.onset.tolist() == [0.0, 4.0]
    assert notes.offset.tolist() == [4.0, 12.0]

"""Instruments by their General MIDI program and by the names of parts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scoresep.values import Notes

#: The names of the 128 programs of General MIDI, in order.
GENERAL_MIDI = tuple(
    " ".join(name.split())
    for name in """
    Acoustic Grand Piano, Bright Acoustic Piano, Electric Grand Piano, Honky-tonk Piano, Electric Piano 1, Electric
    Piano 2, Harpsichord, Clavinet, Celesta, Glockenspiel, Music Box, Vibraphone, Marimba, Xylophone, Tubular Bells,
    Dulcimer, Drawbar Organ, Percussive Organ, Rock Organ, Church Organ, Reed Organ, Accordion, Harmonica, Tango
    Accordion, Acoustic Guitar (nylon), Acoustic Guitar (steel), Electric Guitar (jazz), Electric Guitar (clean),
    Electric Guitar (muted), Overdriven Guitar, Distortion Guitar, Guitar Harmonics, Acoustic Bass, Electric Bass
    (finger), Electric Bass (pick), Fretless Bass, Slap Bass 1, Slap Bass 2, Synth Bass 1, Synth Bass 2, Violin,
    Viola, Cello, Contrabass, Tremolo Strings, Pizzicato Strings, Orchestral Harp, Timpani, String Ensemble 1,
    String Ensemble 2, Synth Strings 1, Synth Strings 2, Choir Aahs, Voice Oohs, Synth Voice, Orchestra Hit,
    Trumpet, Trombone, Tuba, Muted Trumpet, French Horn, Brass Section, Synth Brass 1, Synth Brass 2, Soprano Sax,
    Alto Sax, Tenor Sax, Baritone Sax, Oboe, English Horn, Bassoon, Clarinet, Piccolo, Flute, Recorder, Pan Flute,
    Blown Bottle, Shakuhachi, Whistle, Ocarina, Square Lead, Sawtooth Lead, Calliope Lead, Chiff Lead, Charang Lead,
    Voice Lead, Fifths Lead, Bass and Lead, New Age Pad, Warm Pad, Polysynth Pad, Choir Pad, Bowed Pad, Metallic
    Pad, Halo Pad, Sweep Pad, Rain, Soundtrack, Crystal, Atmosphere, Brightness, Goblins, Echoes, Sci-fi, Sitar,
    Banjo, Shamisen, Koto, Kalimba, Bagpipe, Fiddle, Shanai, Tinkle Bell, Agogo, Steel Drums, Woodblock, Taiko Drum,
    Melodic Tom, Synth Drum, Reverse Cymbal, Guitar Fret Noise, Breath Noise, Seashore, Bird Tweet, Telephone Ring,
    Helicopter, Applause, Gunshot
    """.split(",")
)
#: How an instrument sounds: "struck" (or plucked), so that each note decays, "sustained", "sung", or "percussive",
#: without a pitch.
KINDS = ("struck", "sustained", "sung", "percussive")
#: The instrument of all drum notes: its name and its kind.
DRUMS = ("drums", "percussive")
#: General MIDI programs (from 1) of voices.
_SUNG_PROGRAMS = {53, 54, 55, 86}
#: Words in the names of parts that are sung, whatever their program.
_SUNG_NAMES = re.compile(
    r"\b(mezzo.?)?sopran|\bsop\b|\b(contr)?alto?\b|\btenore?s?\b|\bbar[iy]ton|\bcountertenor|\bvocals?\b"
    r"|\bvox\b|\b(voice|(sing)?stimme|voix|voz)\b(?!\s*\d)|\bsinger|\bs[aä]nger|gesang|\bchoir|\bchorus|\bchor\b|\bcoro\b"
    r"|\bcantus\b|\baltus\b|\bdiscantus\b|\bsuperius\b|\bbassus\b|\bsolist",
    re.IGNORECASE,
)
#: Words that make an instrument of such a name, as in "Alto Sax".
_PLAYED_NAMES = re.compile(
    r"sax|horn|trombone|posaune|recorder|fl[oö]te|flute|clarinet|klarinette|violin|viol\b|viola|tuba|trumpet|guitar"
    r"|ukulele|drum|banjo|pad\b|organ|lead\b(?! vo)|oboe|bells?\b|gamba|crumhorn",
    re.IGNORECASE,
)
#: What a bass singer is called, beside other singers.
_BASS_NAMES = re.compile(r"\s*(bass(i|o|us|es)?)\b\.?\s*[12i]*\s*$", re.IGNORECASE)
#: General MIDI programs (from 1) of struck instruments; all others are sustained.
_STRUCK_PROGRAMS = {
    *range(1, 17),  # pianos, mallets, bells
    *range(25, 41),  # guitars, basses
    *range(46, 49),  # pizzicato, harp, timpani
    *range(105, 110),  # sitar, banjo, shamisen, koto, kalimba
    *range(113, 120),  # bells, drums
}
#: Words in part names of sustained instruments, for scores without programs.
_SUSTAINED_NAMES = re.compile(
    r"violin|viola|cello|bassoon|double bass|[ck]ontrabass|string|flute|fl[oö]te|oboe|clarinet|klarinette|fagott|sax"
    r"|horn|trumpet|trompete|trombone|posaune|tuba|recorder|organ|orgel|vocal|choir|chorus|chor\b|sopran"
    r"|alto?\b|tenor|bariton|violon|(voice|stimme)(?!\s*\d)",
    re.IGNORECASE,
)
#: Words in part names of struck instruments, for scores without programs.
_STRUCK_NAMES = re.compile(
    r"piano|klavier|clavier|harp\b|harfe|guitar|gitarre|bass guitar|marimba|xylophon|vibraphon|celesta", re.IGNORECASE
)


def instrument_of(program: int, part_name: str, *, has_lyrics: bool = False) -> tuple[str, str]:
    """Return the name of the instrument that plays a part, and its kind, one of `KINDS`.

    ``program`` is that of General MIDI, from 1, or 0 if the score gives none.  Many scores give program 1 (piano) to
    everything, so the name of the part is trusted more than that.  The name of a voice, such as Soprano, wins over any
    program, and so does a text to the notes (``has_lyrics``), unless the part is named after an instrument.  Where
    nothing tells, it is a piano; so the two hands of a piano have one instrument.
    """
    has_words = has_lyrics and not _is_instrument_name(part_name)
    if program in _SUNG_PROGRAMS or is_sung_name(part_name) or has_words:
        return part_name.strip().lower() or GENERAL_MIDI[program - 1], "sung"
    if program > 1:
        return GENERAL_MIDI[program - 1], "struck" if program in _STRUCK_PROGRAMS else "sustained"
    if _SUSTAINED_NAMES.search(part_name) and not _STRUCK_NAMES.search(part_name):
        return part_name.strip().lower(), "sustained"
    return "piano", "struck"


def is_sung_name(part_name: str) -> bool:
    """Whether a part is sung, by its name."""
    return bool(_SUNG_NAMES.search(part_name)) and not _PLAYED_NAMES.search(part_name)


def _is_instrument_name(part_name: str) -> bool:
    """Whether a part is named after an instrument that is played."""
    rules = (_PLAYED_NAMES, _STRUCK_NAMES, _SUSTAINED_NAMES)
    return not is_sung_name(part_name) and any(rule.search(part_name) for rule in rules)


def is_bass_voice(part_name: str) -> bool:
    """Whether a part is called Bass and nothing else, so that it is sung if the other parts are."""
    return bool(_BASS_NAMES.match(part_name))


def note_instruments(notes: Notes) -> list[tuple[str, str]]:
    """Return the name and the kind of the instrument of each note, by its channel, program, part and lyrics.

    A part called Bass is sung if another part is.
    """
    table = (notes.is_drum, notes.program, notes.part, notes.lyrics)
    columns = list(zip(*(column.tolist() for column in table), strict=True))
    names = ["", *notes.part_names]
    found = [
        DRUMS if drum else instrument_of(program, names[part], has_lyrics=bool(lyrics))
        for drum, program, part, lyrics in columns
    ]
    if any(kind == "sung" for _, kind in found):
        for i, (_, _, part, _) in enumerate(columns):
            if is_bass_voice(names[part]):
                found[i] = names[part].strip().lower(), "sung"
    return found


def named_instrument(text: str, models: Sequence[str] = KINDS) -> tuple[str, str]:
    """Return the name and the kind of the instrument that a user names; for a kind alone the name is empty.

    Raises ValueError, with what is wanted, if the text is neither a kind, nor a usual word of part names, nor in a
    name of General MIDI.
    """
    name = text.strip().casefold()
    if name in models:
        return "", name
    if is_sung_name(name) or is_bass_voice(name):
        return name, "sung"
    for kind, words in (("sustained", _SUSTAINED_NAMES), ("struck", _STRUCK_NAMES)):
        if words.search(name):
            return name, kind
    for program, known in enumerate(GENERAL_MIDI, start=1):
        if name and name in known.casefold():
            return name, instrument_of(program, "")[1] if program > 1 else "struck"
    raise ValueError(f"{text!r} is no instrument; wanted {', '.join(models)} or a name of General MIDI, such as violin")


def matches_instrument(wanted: str, program: int, part_name: str) -> bool:
    """Whether a text, such as "violin", is in the name of a part or of its General MIDI instrument; case is ignored."""
    names = (part_name, GENERAL_MIDI[program - 1] if program else "")
    return any(wanted.casefold() in name.casefold() for name in names)

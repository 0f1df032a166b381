"""Short scores in several formats, all at 60 quarters a minute, so that quarters are seconds."""

STAFF = '<staffDef n="{n}" lines="5" clef.shape="G" clef.line="2"{more}/>'


def mei(*measures, staves=1, more=("", ""), score='meter.count="4" meter.unit="4"', symbol="", head="", body=None):
    """Return an MEI score of measures; ``more`` are attributes of the staves, ``head`` is in the scoreDef."""
    definitions = "".join(STAFF.format(n=n, more=f" {more[n - 1]}") for n in range(1, staves + 1))
    group = f"<staffGrp{f' symbol={symbol!r}' if symbol else ''}>{definitions}</staffGrp>"
    inside = "".join(measures) if body is None else body
    return (
        '<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score>'
        f'<scoreDef midi.bpm="60" {score}>{head}{group}</scoreDef><section>{inside}</section></score></mdiv></body>'
        "</music></mei>"
    )


def bar(*staves, beside="", more=""):
    """Return a measure of MEI; a staff is its one layer, or a tuple of layers."""
    text = ""
    for n, staff in enumerate(staves, start=1):
        layers = staff if isinstance(staff, tuple) else (staff,)
        inside = "".join(f'<layer n="{k}">{layer}</layer>' for k, layer in enumerate(layers, start=1))
        text += f'<staff n="{n}">{inside}</staff>'
    return f"<measure {more}>{text}{beside}</measure>"


def n(name, dur=4, more=""):
    """Return a note of MEI, such as c4."""
    return f'<note pname="{name[0]}" oct="{name[1]}" dur="{dur}" {more}/>'


def musicxml(*measures, divisions=4, staves=1, extra="", part="", listed="", others=()):
    """Return a MusicXML score of one part, and others; ``extra`` stands in the attributes."""
    first = (
        f"<attributes><divisions>{divisions}</divisions><time><beats>4</beats><beat-type>4</beat-type></time>"
        f'<staves>{staves}</staves>{extra}</attributes><sound tempo="60"/>'
    )
    parts = [[first + measures[0], *measures[1:]], *others]
    names = "".join(
        f'<score-part id="P{k}"><part-name>{part or "Part"} {k}</part-name>{listed if k == 1 else ""}</score-part>'
        for k in range(1, len(parts) + 1)
    )
    music = "".join(
        f'<part id="P{k}">'
        + "".join(f'<measure number="{m}">{text}</measure>' for m, text in enumerate(own, 1))
        + "</part>"
        for k, own in enumerate(parts, start=1)
    )
    return f"<score-partwise><part-list>{names}</part-list>{music}</score-partwise>"


def x(name, duration=4, *, start="", inside="", notations="", voice=1, staff=1):
    """Return a note of MusicXML, such as C4; durations are sixteenths unless divisions are others; R is a rest."""
    step, alter, octave = name[0], name[1:-1].count("#") - name[1:-1].count("b"), name[-1]
    pitch = (
        "<rest/>"
        if step == "R"
        else (f"<pitch><step>{step}</step><alter>{alter}</alter><octave>{octave}</octave></pitch>")
    )
    length = "" if duration is None else f"<duration>{duration}</duration>"
    marks = f"<notations>{notations}</notations>" if notations else ""
    return f"<note>{start}{pitch}{length}<voice>{voice}</voice>{inside}<staff>{staff}</staff>{marks}</note>"


def kern(text, *, head=""):
    """Return a kern file of lines that are divided by /, columns by blanks; a note of a chord follows a comma."""
    lines = [line.split() for line in text.strip().split("/")]
    columns = len(lines[0])
    table = [["**kern"] * columns, ["*MM60"] * columns, *lines, ["*-"] * len(lines[-1])]
    return head + "\n".join("\t".join(words).replace(",", " ") for words in table) + "\n"

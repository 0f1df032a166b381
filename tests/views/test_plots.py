"""Pictures show what the values hold, and their text can be read."""

import dataclasses
from itertools import combinations

import numpy as np
import pytest
import synth
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.legend import Legend

from scoresep.io.groups_file import read_groups
from scoresep.model.gates import gate_openings
from scoresep.score.selection import select
from scoresep.stages.align import align
from scoresep.stages.decompose import decompose
from scoresep.stages.mask import mask
from scoresep.stages.stft import stft
from scoresep.values import Notes, SeparationRecord
from scoresep.views import panels, shares
from scoresep.views.panels import COLOURS, MOST_COLUMNS, MOST_ROWS, decibels, tint
from scoresep.views.plots import draw, figure_of, view_of

SCORE = synth.duet()
AUDIO = synth.recording(SCORE)
SPECTROGRAM = stft(AUDIO, n_fft=1024, hop=256)
ALIGNMENT = align(AUDIO, SCORE, is_aligned=True)
PARTS = decompose(SPECTROGRAM, ALIGNMENT, iterations=4, onsets="on")
HANDS = select(None, PARTS.notes)
MASKS = mask(PARTS, HANDS)
ACCOUNT = SeparationRecord(ALIGNMENT, HANDS.names, HANDS.weights, PARTS.loss)
#: What the pictures are of.
VALUES = {
    "spectrogram": [SPECTROGRAM],
    "alignment": [ALIGNMENT],
    "aligned recording": [SPECTROGRAM, ALIGNMENT],
    "parts": [PARTS],
    "parts of a recording": [PARTS, SPECTROGRAM],
    "parts beside masks": [PARTS, MASKS],
    "masks": [MASKS],
    "masks of a recording": [MASKS, SPECTROGRAM],
    "account": [ACCOUNT],
    "account of a recording": [ACCOUNT, SPECTROGRAM],
    "two decompositions": [PARTS, PARTS, SPECTROGRAM],
    "everything": [SPECTROGRAM, ALIGNMENT, ACCOUNT, PARTS, MASKS],
}


def panels_of(values, **kwargs):
    """Return the panels of a figure by their titles."""
    figure = figure_of(values, view_of(values, **kwargs))
    return {panel.get_title(loc="left"): panel for panel in figure.axes if panel.get_title(loc="left")}


def repeated(array):
    """Return an array as `panels.image` shows it."""
    for axis in (0, 1):
        array = array.repeat(-(-panels.FINE // array.shape[axis]), axis)
    return array


def shown_in(panel):
    """Return the array that a panel shows."""
    return np.asarray(panel.images[0].get_array())


def orchestra(n_parts):
    """Return notes of parts with long names, each of another instrument that plays a scale."""
    names = tuple(f"A rather long name of part {k}" for k in range(n_parts))
    rows = [
        {
            "onset": 0.5 * step,
            "offset": 0.5 * step + 0.4,
            "pitch": 48 + 5 * k + 2 * step,
            "part": k + 1,
            "program": 1 + 9 * k,
        }
        for k in range(n_parts)
        for step in range(6)
    ]
    return Notes.from_rows(rows, names)


def boxes_of_text(figure):
    """Return the boxes of all texts that are shown in a figure, by what they say."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    texts = [text for legend in figure.findobj(Legend) for text in legend.get_texts()]
    for panel in figure.axes:
        texts += [panel._left_title, panel.xaxis.label, panel.yaxis.label]
        for axis in (panel.xaxis, panel.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
            texts += [label for tick in ticks for label in (tick.label1, tick.label2)]
    return [
        (text.get_text(), text.get_window_extent(renderer)) for text in texts if text.get_visible() and text.get_text()
    ]


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_no_text_covers_another(values):
    boxes = boxes_of_text(figure_of(values, view_of(values)))
    assert len(boxes) > 5
    assert [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)] == []


@pytest.mark.parametrize("n_parts", [4, 12])
def test_many_instruments_can_be_told_apart(n_parts):
    notes = orchestra(n_parts)
    audio = synth.recording(notes, seconds=4.0)
    alignment = align(audio, notes, is_aligned=True)
    parts = decompose(stft(audio, n_fft=1024, hop=256), alignment, iterations=1, onsets="on")
    for values in ([parts], [alignment], [mask(parts, select(None, notes))]):
        figure = figure_of(values, view_of(values))
        boxes = boxes_of_text(figure)
        assert [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)] == []
        width, height = figure.bbox.size
        assert all(box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height for _, box in boxes)


def test_decomposition_has_what_is_allowed_above_what_was_learned():
    wanted = [
        f"{factor}: {kind}"
        for kind in ("allowed by the score", "learned")
        for factor in ("Templates W", "Activations H")
    ]
    assert set(panels_of([PARTS])) == set(wanted)
    assert set(panels_of([PARTS, SPECTROGRAM])) == {*wanted, "Recording V", "Model W·H"}
    assert next(iter(panels_of([PARTS, MASKS]))) == "Activations"


@pytest.mark.parametrize(
    ("constraints", "free"),
    [("both", set()), ("templates", {"Activations H"}), ("none", {"Templates W", "Activations H"})],
)
def test_what_the_score_does_not_constrain_is_said(constraints, free):
    parts = decompose(SPECTROGRAM, ALIGNMENT, iterations=1, constraints=constraints)
    shown = panels_of([parts])
    assert {title.split(":")[0] for title in shown if title.endswith("not constrained")} == free
    if "Activations H" in free:
        assert (shown_in(shown["Activations H: not constrained"])[..., 0] < 1).any(axis=1).sum() > 0


def test_templates_are_coloured_where_they_are_not_zero():
    panel = panels_of([PARTS], fmax=4000)["Templates W: allowed by the score"]
    components = PARTS.components
    order = np.lexsort((components.pitch, components.role == "onset"))
    colour = {role: tint(COLOURS[0], 1.0 if role == "onset" else 0.5) for role in ("onset", "sustain")}
    colours = np.array([colour[components.role[k]] for k in order])
    wanted = np.where(PARTS.templates[0, :, :, 0][:, order, None] > 0, colours, 1)
    averaged = panels._averaged(wanted.reshape(len(wanted), -1), -(-len(wanted) // MOST_ROWS), axis=0)
    np.testing.assert_allclose(shown_in(panel), repeated(averaged.reshape(-1, *wanted.shape[1:])), atol=1e-6)


def test_activations_may_sound_where_the_gates_are_open():
    picture = shown_in(panels_of([PARTS])["Activations H: allowed by the score"])
    n_frames = PARTS.activations.shape[1]
    counts = gate_openings(PARTS.components, PARTS.notes, PARTS.gates, range(n_frames))
    is_struck = PARTS.components.role == "onset"
    lowest = PARTS.components.pitch.min()
    wanted = np.ones((np.ptp(PARTS.components.pitch) + 1, n_frames, 3))
    for role, strength in ((~is_struck, 0.5), (is_struck, 1.0)):
        for k in np.flatnonzero(role):
            wanted[PARTS.components.pitch[k] - lowest, counts[k] > 0] = tint(COLOURS[0], strength)
    np.testing.assert_allclose(picture, repeated(wanted), atol=1e-6)


def test_model_is_the_product():
    panel = panels_of([PARTS, SPECTROGRAM], fmax=4000)["Model W·H"]
    averaged = panels._averaged(PARTS.templates[0, :, :, 0] @ PARTS.activations, 2, axis=0)
    np.testing.assert_allclose(shown_in(panel), repeated(decibels(averaged)), atol=0.01)


@pytest.mark.parametrize("value", [PARTS, MASKS])
def test_without_a_spectrogram_axes_have_the_same_units(value):
    shown = panels_of([value], start=1, end=5)
    labels = {panel.get_xlabel() for panel in shown.values()} | {panel.get_ylabel() for panel in shown.values()}
    assert {"time (s)", "frequency (Hz)"} <= labels
    assert list(shown.values())[-1].get_xlim() == (1, 5)


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_view_is_kept_in_all_panels(values):
    for title, panel in panels_of(values, start=2, end=4, fmax=200).items():
        if not title.startswith(("Templates", "Loss")):
            assert panel.get_xlim() == (2, 4)
        if panel.get_ylabel().startswith("frequency"):
            assert panel.get_ylim() == (0, 200)


def test_picture_of_a_stretch_lies_where_it_lies_in_the_whole():
    whole = panels_of([SPECTROGRAM])["Recording"].images[0]
    part = panels_of([SPECTROGRAM], start=3, end=5)["Recording"].images[0]
    frame = 1 / SPECTROGRAM.transform.frame_rate
    begin, end, *_ = part.get_extent()
    assert begin <= 3 < begin + frame
    assert end - frame < 5 + frame <= end + frame
    first = round((begin - whole.get_extent()[0]) / frame)
    levels = np.abs(SPECTROGRAM.stft[0])
    n_columns = round((end - begin) / frame)
    wanted = panels._averaged(levels[:, first : first + n_columns], 2, axis=0)
    np.testing.assert_allclose(np.asarray(part.get_array()), repeated(decibels(wanted)), atol=0.01)


@pytest.mark.parametrize(
    ("values", "view", "says"),
    [
        ([SPECTROGRAM], {"start": 5.0, "end": 3.0}, "from 5 to 3 s; the end must come after the start"),
        ([PARTS], {"start": 5.0, "end": 5.0}, "from 5 to 5 s"),
        ([SPECTROGRAM, PARTS], {"start": 50.0}, "from 50 s on; the last is at 8 s"),
        ([ALIGNMENT], {"start": 8.0}, "from 8 s on"),
        ([MASKS], {"start": 8.0}, "from 8 s on; the last is at 8 s"),
    ],
)
def test_nothing_to_show_is_an_error(values, view, says):
    with pytest.raises(ValueError, match=says):
        view_of(values, **view)


def test_long_recording_has_no_more_columns_than_a_page():
    repeats = 40
    longer = dataclasses.replace(
        PARTS.transform, n_samples=(repeats * PARTS.activations.shape[1] - 1) * PARTS.transform.hop
    )
    long = dataclasses.replace(PARTS, activations=np.tile(PARTS.activations, repeats), transform=longer)
    picture = shown_in(panels_of([long])["Activations H: learned"])
    assert 0.5 * MOST_COLUMNS < picture.shape[1] <= MOST_COLUMNS
    step = -(-long.activations.shape[1] // MOST_COLUMNS)
    loudness = panels._averaged(long.activations * PARTS.templates.mean(axis=(0, 1, 3))[:, None], step, axis=1)
    pitches = range(PARTS.components.pitch.min(), PARTS.components.pitch.max() + 1)
    wanted = np.stack([loudness[PARTS.components.pitch == pitch].sum(axis=0) for pitch in pitches])
    np.testing.assert_allclose(picture, repeated(decibels(wanted)), atol=0.01)


def test_silence_is_drawn(tmp_path):
    silent = dataclasses.replace(PARTS, templates=0 * PARTS.templates, activations=0 * PARTS.activations)
    quiet = dataclasses.replace(SPECTROGRAM, stft=0 * SPECTROGRAM.stft)
    draw([silent, quiet], tmp_path / "p.png")
    assert (shown_in(panels_of([MASKS, quiet])["Which group has most of each bin"]) == 1).all()


def test_part_without_a_name_needs_no_legend():
    nameless = dataclasses.replace(ALIGNMENT, notes=dataclasses.replace(SCORE, part=0 * SCORE.part))
    assert panels_of([nameless])["Score, aligned (confidence 1.00)"].get_legend() is None


def test_value_that_ends_before_the_view_leaves_its_panel_empty(tmp_path):
    stretch = mask(PARTS, HANDS, frames=range(30))
    shown = panels_of([SPECTROGRAM, stretch], start=6)
    assert not shown["Mask of residual"].images
    draw([SPECTROGRAM, stretch], tmp_path / "p.png", view_of([SPECTROGRAM, stretch], start=6))


def test_bins_have_the_colour_of_the_group_with_most():
    picture = shown_in(panels_of([MASKS], fmax=4000)["Which group has most of each bin"])
    assert MASKS.names == ("left", "right", "residual")
    pooled = np.stack([panels._averaged(share.mean(axis=0), 2, axis=0) for share in MASKS.shares])
    colours = np.array([to_rgb(colour) for colour in (COLOURS[1], COLOURS[0], shares.RESIDUAL_COLOUR)])
    np.testing.assert_allclose(picture, repeated(colours[pooled.argmax(axis=0)]), atol=1e-6)


def test_groups_have_the_colours_of_their_parts():
    notes = synth.notes((0, 1, 60, 1), (0, 1, 61, 2), parts=("Violin", "Cello"))
    colours = shares._colours(["cello", "high", "violin", "low", "residual"], notes)
    assert list(colours.values()) == [COLOURS[1], COLOURS[2], COLOURS[0], COLOURS[3], shares.RESIDUAL_COLOUR]
    many = shares._colours([f"note-{k}" for k in range(8)], notes)
    assert sorted(many.values()) == sorted(COLOURS)


def test_of_many_groups_the_largest_of_the_time_shown_have_a_panel():
    single = mask(PARTS, select(read_groups({"note": {"each": "note"}}), PARTS.notes))
    shown = [title for title in panels_of([SPECTROGRAM, single], start=6, end=7) if title.startswith("Mask of")]
    assert len(shown) == shares.MOST_GROUPS
    onset = {f"Mask of {name}": PARTS.notes.onset[note] for name, note in zip(single.names, single.note, strict=True)}
    assert shown.pop() == "Mask of residual"
    assert all(4 < onset[title] < 7.1 for title in shown)


def test_account_shows_notes_by_group_and_the_loss():
    unclaimed = dataclasses.replace(ACCOUNT, weights=ACCOUNT.weights * np.array([[1], [0]]))
    shown = panels_of([unclaimed])
    labels = [text.get_text() for text in shown["Score, by group"].get_legend().get_texts()]
    assert labels == [HANDS.names[0], "in no group"]
    assert shown["Loss"].lines[0].get_ydata().tolist() == PARTS.loss.tolist()

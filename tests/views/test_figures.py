"""Pictures show what the values hold, and their text can be read."""

import dataclasses
from itertools import combinations

import numpy as np
import pytest
import synth
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from scoresep.io.groups_file import read_groups
from scoresep.model.gates import gate_openings
from scoresep.model.reconstruct import reconstruct
from scoresep.score.selection import select
from scoresep.stages.align import align
from scoresep.stages.decompose import decompose
from scoresep.stages.mask import mask
from scoresep.stages.stft import stft
from scoresep.values import Notes
from scoresep.views.axes import LEAST_CELLS, decibels
from scoresep.views.colours import COLOURS, RESIDUAL_COLOUR, tint
from scoresep.views.decomposition import plot_model
from scoresep.views.figures import plot
from scoresep.views.grid import MOST_COLUMNS, MOST_ROWS, averaged
from scoresep.views.masks import MOST_GROUPS, plot_mask
from scoresep.views.view import View

#: What the pictures are of.
VALUES = {
    "spectrogram": ["spectrogram"],
    "alignment": ["alignment"],
    "notes": ["score"],
    "aligned recording": ["spectrogram", "alignment"],
    "decomposition": ["decomposition"],
    "decomposition of a recording": ["decomposition", "spectrogram"],
    "decomposition beside masks": ["decomposition", "masks"],
    "masks": ["masks"],
    "masks of a recording": ["masks", "spectrogram"],
    "record": ["record"],
    "record of a recording": ["record", "spectrogram"],
    "two decompositions": ["decomposition", "decomposition", "spectrogram"],
    "everything": ["spectrogram", "alignment", "record", "decomposition", "masks"],
}


@pytest.fixture(params=VALUES)
def values(request, song):
    """Give values that are drawn together."""
    return [getattr(song, name) for name in VALUES[request.param]]


def panels_of(values, **kwargs):
    """Return the panels of a figure by their titles."""
    figure = plot(values, view=View.of(values, **kwargs))
    return {panel.get_title(loc="left"): panel for panel in figure.axes if panel.get_title(loc="left")}


def repeated(array):
    """Return an array as `show_image` shows it."""
    for axis in (0, 1):
        array = array.repeat(-(-LEAST_CELLS // array.shape[axis]), axis)
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


def test_no_text_covers_another(values):
    boxes = boxes_of_text(plot(values))
    assert len(boxes) > 5
    assert [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)] == []


@pytest.mark.parametrize("n_parts", [4, 12])
def test_many_instruments_can_be_told_apart(n_parts):
    notes = orchestra(n_parts)
    audio = synth.recording(notes, seconds=4.0)
    alignment = align(audio, notes, is_aligned=True)
    parts = decompose(stft(audio, n_fft=1024, hop=256), alignment, iterations=1, onsets="on")
    for values in ([parts], [alignment], [mask(parts, select(None, notes))]):
        figure = plot(values)
        boxes = boxes_of_text(figure)
        assert [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)] == []
        width, height = figure.bbox.size
        assert all(box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height for _, box in boxes)


def test_decomposition_has_what_is_allowed_above_what_was_learned(song):
    wanted = [
        f"{factor}: {kind}"
        for kind in ("allowed by the score", "learned")
        for factor in ("Templates W", "Activations H")
    ]
    assert set(panels_of([song.decomposition])) == set(wanted)
    assert set(panels_of([song.decomposition, song.spectrogram])) == {*wanted, "Recording V", "Model W·H"}
    assert next(iter(panels_of([song.decomposition, song.masks]))) == "Activations"


@pytest.mark.parametrize(
    ("constraints", "free"),
    [("both", set()), ("templates", {"Activations H"}), ("none", {"Templates W", "Activations H"})],
)
def test_what_the_score_does_not_constrain_is_said(song, constraints, free):
    parts = decompose(song.spectrogram, song.alignment, iterations=1, constraints=constraints)
    shown = panels_of([parts])
    assert {title.split(":")[0] for title in shown if title.endswith("not constrained")} == free
    if "Activations H" in free:
        assert (shown_in(shown["Activations H: not constrained"])[..., 0] < 1).any(axis=1).sum() > 0


def test_templates_are_coloured_where_they_are_not_zero(song):
    panel = panels_of([song.decomposition], fmax=22_050)["Templates W: allowed by the score"]
    components = song.decomposition.components
    order = np.lexsort((components.pitch, components.role == "onset"))
    colour = {role: tint(COLOURS[0], 1.0 if role == "onset" else 0.5) for role in ("onset", "sustain")}
    colours = np.array([colour[components.role[k]] for k in order])
    wanted = np.where(song.decomposition.templates[0, :, order, 0].T[..., None] > 0, colours, 1)
    means = averaged(wanted.reshape(len(wanted), -1), -(-len(wanted) // MOST_ROWS), axis=0)
    np.testing.assert_allclose(shown_in(panel), repeated(means.reshape(-1, *wanted.shape[1:])), atol=1e-6)


def test_activations_may_sound_where_the_gates_are_open(song):
    picture = shown_in(panels_of([song.decomposition])["Activations H: allowed by the score"])
    components, gates = song.decomposition.components, song.decomposition.gates
    n_frames = song.decomposition.activations.shape[1]
    openings = gate_openings(components, song.decomposition.notes, gates, range(n_frames))
    is_struck = components.role == "onset"
    wanted = np.ones((np.ptp(components.pitch) + 1, n_frames, 3))
    for role, strength in ((~is_struck, 0.5), (is_struck, 1.0)):
        for k in np.flatnonzero(role):
            wanted[components.pitch[k] - components.pitch.min(), openings[k] > 0] = tint(COLOURS[0], strength)
    np.testing.assert_allclose(picture, repeated(wanted), atol=1e-6)


def test_model_is_the_product(song):
    panel = panels_of([song.decomposition, song.spectrogram], fmax=4000)["Model W·H"]
    means = averaged(song.decomposition.templates[0, ..., 0] @ song.decomposition.activations, 2, axis=0)
    np.testing.assert_allclose(shown_in(panel), repeated(decibels(means)), atol=0.01)


@pytest.mark.parametrize("name", ["decomposition", "masks"])
def test_without_a_spectrogram_axes_have_the_same_units(song, name):
    shown = panels_of([getattr(song, name)], start=1, end=5)
    labels = {panel.get_xlabel() for panel in shown.values()} | {panel.get_ylabel() for panel in shown.values()}
    assert {"time (s)", "frequency (Hz)"} <= labels
    assert list(shown.values())[-1].get_xlim() == (1, 5)


def test_view_is_kept_in_all_panels(values):
    for title, panel in panels_of(values, start=2, end=4, fmax=200).items():
        if not title.startswith(("Templates", "Loss")):
            assert panel.get_xlim() == (2, 4)
        if panel.get_ylabel().startswith("frequency"):
            assert panel.get_ylim() == (0, 200)


def test_picture_of_a_stretch_lies_where_it_lies_in_the_whole(song):
    whole = panels_of([song.spectrogram])["Recording"].images[0]
    part = panels_of([song.spectrogram], start=3, end=5)["Recording"].images[0]
    frame = song.spectrogram.transform.hop / song.audio.sample_rate
    begin, end, *_ = part.get_extent()
    assert begin <= 3 < begin + frame
    assert end - frame < 5 + frame <= end + frame
    first = round((begin - whole.get_extent()[0]) / frame)
    levels = np.abs(song.spectrogram.stft[0])
    n_columns = round((end - begin) / frame)
    wanted = averaged(levels[:, first : first + n_columns], 2, axis=0)
    np.testing.assert_allclose(np.asarray(part.get_array()), repeated(decibels(wanted)), atol=0.01)


@pytest.mark.parametrize(
    ("names", "view", "says"),
    [
        ("spectrogram", {"start": 5.0, "end": 3.0}, "from 5 to 3 s; the end must come after the start"),
        ("decomposition", {"start": 5.0, "end": 5.0}, "from 5 to 5 s"),
        ("spectrogram decomposition", {"start": 50.0}, "from 50 s on; the last is at 8 s"),
        ("alignment", {"start": 8.0}, "from 8 s on"),
        ("masks", {"start": 251.0}, "from 251 s on; the last is at 8 s"),
        ("masks", {"fmax": -1.0}, "fmax=-1 must be positive"),
        ("spectrogram", {"y_axis": "mel"}, "must be one of linear, log, note"),
    ],
)
def test_nothing_to_show_is_an_error(song, names, view, says):
    with pytest.raises(ValueError, match=says):
        View.of([getattr(song, name) for name in names.split()], **view)


def test_long_recording_has_no_more_columns_than_a_page(song):
    repeats = 40
    n_frames = repeats * song.decomposition.activations.shape[1]
    long = dataclasses.replace(
        song.decomposition,
        activations=np.tile(song.decomposition.activations, repeats),
        transform=dataclasses.replace(song.decomposition.transform, n_samples=(n_frames - 1) * 256),
    )
    picture = shown_in(panels_of([long])["Activations H: learned"])
    assert 0.5 * MOST_COLUMNS < picture.shape[1] <= MOST_COLUMNS
    step = -(-long.activations.shape[1] // MOST_COLUMNS)
    loudness = averaged(long.activations * song.decomposition.templates.mean(axis=(0, 1)), step, axis=1)
    pitches = range(song.decomposition.components.pitch.min(), song.decomposition.components.pitch.max() + 1)
    wanted = np.stack([loudness[song.decomposition.components.pitch == pitch].sum(axis=0) for pitch in pitches])
    np.testing.assert_allclose(picture, repeated(decibels(wanted)), atol=0.01)


def test_silence_is_drawn(song, tmp_path):
    silent = dataclasses.replace(
        song.decomposition, templates=0 * song.decomposition.templates, activations=0 * song.decomposition.activations
    )
    quiet = dataclasses.replace(song.spectrogram, stft=0 * song.spectrogram.stft)
    plot([silent, quiet]).savefig(tmp_path / "p.png")
    assert (shown_in(panels_of([song.masks, quiet])["Which group has most of each bin"]) == 1).all()


def test_part_without_a_name_needs_no_legend(song):
    nameless = dataclasses.replace(song.alignment, notes=dataclasses.replace(song.score, part=0 * song.score.part))
    assert panels_of([nameless])["Score, aligned (confidence 1.00)"].get_legend() is None


def test_value_that_ends_before_the_view_leaves_its_panel_empty(song, tmp_path):
    stretch = mask(song.decomposition, song.hands, frames=range(30))
    shown = panels_of([song.spectrogram, stretch], start=6)
    assert not shown["Mask of residual"].images
    plot([song.spectrogram, stretch], view=View.of([song.spectrogram, stretch], start=6)).savefig(tmp_path / "p.png")


def test_bins_have_the_colour_of_the_group_with_most(song):
    picture = shown_in(panels_of([song.masks], fmax=22_050)["Which group has most of each bin"])
    assert song.masks.names == ("left", "right", "residual")
    pooled = np.stack([averaged(share.mean(axis=0), 2, axis=0) for share in song.masks.shares])
    colours = np.array([to_rgb(colour) for colour in (COLOURS[1], COLOURS[0], RESIDUAL_COLOUR)])
    np.testing.assert_allclose(picture, repeated(colours[pooled.argmax(axis=0)]), atol=1e-6)


def test_of_many_groups_the_largest_of_the_time_shown_have_a_panel(song):
    single = mask(song.decomposition, select(read_groups({"note": {"each": "note"}}), song.decomposition.notes))
    shown = [title for title in panels_of([song.spectrogram, single], start=6, end=7) if title.startswith("Mask of")]
    assert len(shown) == MOST_GROUPS
    onset = {
        f"Mask of {name}": song.decomposition.notes.onset[note]
        for name, note in zip(single.names, single.note, strict=True)
    }
    assert shown.pop() == "Mask of residual"
    assert all(4 < onset[title] < 7.1 for title in shown)


def test_record_shows_notes_by_group_and_the_loss(song):
    unclaimed = dataclasses.replace(song.record, weights=song.record.weights * np.array([[1], [0]]))
    shown = panels_of([unclaimed])
    labels = [text.get_text() for text in shown["Score, by group"].get_legend().get_texts()]
    assert labels == [song.hands.names[0], "in no group"]
    assert (
        shown["Loss after each iteration (dotted: before the first)"].lines[0].get_ydata().tolist()
        == song.decomposition.loss[1:].tolist()
    )


@pytest.mark.parametrize("y_axis", ["log", "note"])
def test_frequencies_are_shown_in_octaves(song, y_axis):
    values = [song.spectrogram, song.masks]
    figure = plot(values, view=View.of(values, y_axis=y_axis))
    boxes = boxes_of_text(figure)
    assert [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)] == []
    labels = {text for text, _ in boxes}
    assert labels >= ({"C4", "C5"} if y_axis == "note" else {"256", "512"})
    recording = figure.axes[0]
    (mesh,) = recording.collections
    rows, columns = mesh.get_array().shape
    assert mesh.get_coordinates().shape == (rows + 1, columns + 1, 2)
    bottom, middle, top = recording.transData.transform([(0, 0), (0, 500), (0, 1000)])[:, 1]
    assert middle - bottom > 2 * (top - middle)


def test_decomposition_has_a_picture_in_octaves(song, tmp_path):
    values = [song.decomposition, song.spectrogram]
    plot(values, view=View.of(values, y_axis="note")).savefig(tmp_path / "p.png")


def test_long_recordings_have_minutes(song):
    later = dataclasses.replace(song.score, onset=song.score.onset + 100, offset=song.score.offset + 100)
    (panel,) = plot([later]).axes
    assert panel.get_xlabel() == "time (min:s)"
    assert "1:30" in [label.get_text() for label in panel.get_xticklabels()]


def test_unknown_group_is_an_error(song):
    with pytest.raises(ValueError, match="no group 'tenor'; the masks have 'left', 'right', 'residual'"):
        plot_mask(song.masks, "tenor", ax=Figure().subplots())


def test_model_of_a_stretch_has_the_taps_of_earlier_frames(song):
    taps = song.decomposition.templates * np.array([1.0, 0.5, 0.25], np.float32)
    long = dataclasses.replace(song.decomposition, templates=taps)
    view = View.of([long], start=4, end=5, fmax=4000)
    shown = shown_in(plot_model(long, view=view, ax=Figure().subplots()))
    grid = view.grid(long)
    wanted = reconstruct(long)[0, :, grid.frames]
    np.testing.assert_allclose(shown, repeated(decibels(averaged(wanted, 2, axis=0))), atol=0.01)

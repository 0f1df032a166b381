"""What an edits file says is read, and what is wrong in it is named with its line."""

import numpy as np
import pytest

from scoresep.errors import InputError
from scoresep.io.edits_file import read_edits
from scoresep.values import Duration


def action(**words):
    """Return the action of an edit of one pitch."""
    (edit,) = read_edits({"it": {"pitch": "C4", **words}})
    assert [condition.key for condition in edit.group.selectors[0].conditions] == ["pitch"]
    return edit.action


def test_each_action_is_read():
    assert action(gain=-6).gain == -6
    assert action(gain="3 dB").gain == 3
    assert action(gain="-inf").gain == action(mute="yes").gain == -np.inf
    assert action(mute="no").gain == 0
    assert action(transpose=-1).transpose == -1
    assert action(transpose="50 cents").transpose == 0.5
    assert action(shift="-0.05").shift == Duration(-0.05, "s")
    assert action(shift="1/2 beat").shift == Duration(0.5, "beats")
    assert action(stretch=1.2).stretch == Duration(1.2, "times")
    assert action(stretch="0.3 s").stretch == Duration(0.3, "s")
    assert action(replace="sample").is_sampled


def test_edits_select_as_groups_do(tmp_path):
    path = tmp_path / "edits.yaml"
    path.write_text("a: {hand: left, except: {pitch: C4..}, gain: -6, transpose: 1}\nb: {pitch: [C4, E4], mute: yes}\n")
    first, second = read_edits(path)
    assert first.group.name == "a"
    assert first.group.selectors[0].exceptions
    assert (first.action.gain, first.action.transpose) == (-6, 1)
    assert second.group.selectors[0].conditions[0].values == ("C4", "E4")


def test_an_empty_file_has_no_edits(tmp_path):
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    assert read_edits(tmp_path / "empty.yaml") == ()
    assert read_edits({}) == ()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("a: {pitch: C4}", "edit 'a' names no action"),
        ("a: {gain: 3}", "edit 'a' names no notes"),
        ("a: loud", "edit 'a' names no action"),
        ("a: {pitch: C4, gain: loud}", "wanted dB"),
        ("a: {pitch: C4, gain: 1e999999999}", "wanted dB"),
        ("a: {pitch: C4, gain: nan}", "wanted dB"),
        ("a: {pitch: C4, gain: [1, 2]}", "wanted what 'gain' takes"),
        ("a: {pitch: C4, transpose: 100}", "wanted semitones"),
        ("a: {pitch: C4, transpose: 1/0}", "wanted semitones"),
        ("a: {pitch: C4, shift: 3 bars}", "wanted seconds or beats"),
        ("a: {pitch: C4, stretch: -1}", "wanted a factor"),
        ("a: {pitch: C4, replace: piano}", "wanted sample"),
        ("a: {pitch: C4, mute: perhaps}", "wanted yes or no"),
        ("a: {pitch: C4, mute: yes, gain: 3}", "gain and mute"),
        ("a: {pitch: C4, gain: 2, gain: 3}", "'gain' twice"),
        ("a: {pitch: C4, each: note, gain: 2}", "'each'"),
        ("a: {colour: red, gain: 2}", "edit 'a' has 'colour'; there is gain, mute, "),
        ("a: {transpos: 1, pitch: C4}", "transpose, shift, stretch, replace to change notes, and part, hand, "),
        ("a: {pitch: C4, pitch: D4, gain: 2}", "edit 'a' has 'pitch' twice"),
        ("a: {part: 1, except: {}, gain: 2}", "edit 'a' wants a selector"),
        ("- {pitch: C4, gain: 2}", "no edits"),
        ("a: {pitch: C4, gain: 2}\na: {pitch: C4, gain: 2}", "stands twice"),
    ],
)
def test_faults_are_named_in_one_line(tmp_path, line, says):
    path = tmp_path / "edits.yaml"
    path.write_text(f"{line}\n")
    with pytest.raises(InputError) as error:
        read_edits(path)
    assert says in str(error.value)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)

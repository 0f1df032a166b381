"""Groups files: every form, what they mean, and what is said of one that is at fault."""

import tracemalloc
from collections import OrderedDict
from contextlib import suppress
from types import MappingProxyType

import numpy as np
import pytest

from scoresep.errors import InputError
from scoresep.io.groups_file import parse_groups, read_groups
from scoresep.io.yaml_nodes import LARGEST_FILE
from scoresep.score.conditions import KEYS
from scoresep.score.selection import EACH

DOCUMENTED = """
left: {part: Left hand}                  # keys in one selector narrow it
solo: [{voice: 1}, {time: 0:32..0:40}]   # a list widens it
bass: {hand: left, except: {pitch: C4..}} # but for the notes of an exception
notes: {each: note}                      # a stem for every note; also each: pitch, part
rest: rest                               # what no other group claims
"""
ANYTHING_BUT_A_SELECTOR = r"wants a selector like \{part: Left hand\}, a list of them, or rest"


def meaning(groups):
    """Return name → selectors, each a dictionary of its conditions and of what it divides by."""
    return {
        group.name: [
            conditions_of(selector)
            | ({"each": selector.each} if selector.each else {})
            | (
                {"except": [conditions_of(exception) for exception in selector.exceptions]}
                if selector.exceptions
                else {}
            )
            for selector in group.selectors
        ]
        for group in groups
    }


def conditions_of(selector):
    return {condition.key: list(condition.values) for condition in selector.conditions}


def parse(text):
    return meaning(parse_groups(text, "hands.yaml"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "hands.yaml"


def test_documented_forms_mean_what_they_say(path):
    path.write_text(DOCUMENTED)
    wanted = {
        "left": [{"part": ["Left hand"]}],
        "solo": [{"voice": ["1"]}, {"time": ["0:32..0:40"]}],
        "bass": [{"hand": ["left"], "except": [{"pitch": ["C4.."]}]}],
        "notes": [{"each": "note"}],
        "rest": [],
    }
    assert meaning(read_groups(path)) == meaning(read_groups(str(path))) == wanted


def test_groups_keep_their_order_and_know_their_lines():
    groups = parse_groups(DOCUMENTED, "hands.yaml")
    assert [(group.name, group.place) for group in groups] == [
        ("left", "hands.yaml:2"),
        ("solo", "hands.yaml:3"),
        ("bass", "hands.yaml:4"),
        ("notes", "hands.yaml:5"),
        ("rest", "hands.yaml:6"),
    ]
    assert [group.is_rest for group in groups] == [False, False, False, False, True]


@pytest.mark.parametrize("key", KEYS)
def test_every_key_takes_a_value_or_a_list(key):
    assert parse(f"a: {{{key}: 1}}") == {"a": [{key: ["1"]}]}
    assert parse(f"a: {{{key}: [1, 2]}}") == {"a": [{key: ["1", "2"]}]}


@pytest.mark.parametrize("each", EACH)
def test_each_divides_what_is_selected(each):
    assert parse(f"a: {{each: {each}, part: 1}}") == {"a": [{"part": ["1"], "each": each}]}


def test_block_style_means_the_same():
    assert parse("a:\n  - part: 1\n    staff: 2\n  - each: note\n") == parse("a: [{part: 1, staff: 2}, {each: note}]")


@pytest.mark.parametrize(
    "word", ["yes", "no", "null", "12:30", "0x10", "01", "1.50", "1e3", "2026-01-01", "~", "true", "..B3", "'1'", '"1"']
)
def test_words_are_not_turned_into_numbers_or_dates(word):
    plain = word.strip("'\"")
    assert parse(f"{word}: {{part: {word}}}") == {plain: [{"part": [plain]}]}


def test_json_is_read_too():
    assert parse('{"left": {"part": "Left hand"}, "rest": "rest"}') == {"left": [{"part": ["Left hand"]}], "rest": []}


def test_byte_order_mark_is_no_part_of_a_name(path):
    path.write_bytes(b"\xef\xbb\xbfleft: {part: 1}\r\nright: {part: 2}\r\n")
    assert list(meaning(read_groups(path))) == ["left", "right"]


def test_names_may_be_in_any_script(path):
    path.write_text("左手: {part: Flöte}\n", encoding="utf-8")
    assert meaning(read_groups(path)) == {"左手": [{"part": ["Flöte"]}]}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a: rest\n\na: {part: 1}", "hands.yaml:3: group 'a' stands twice"),
        ("1: rest\n'1': rest", "hands.yaml:2: group '1' stands twice"),
        ("a:\n  part: 1\n  part: 2", "hands.yaml:3: group 'a' has 'part' twice; put two selectors in a list"),
        ("a: {each: note, each: pitch}", "hands.yaml:1: group 'a' has 'each' twice"),
        ("a:\n  - finger: left", "hands.yaml:2: group 'a' selects by 'finger'; there is part, hand, .*, time, each"),
        ("a:\n  part: 1\n  except: {part: 1, each: note}", "hands.yaml:3: group 'a' has 'each' within except"),
        ("a: {except: [{part: 1}, {except: {part: 2}}]}", "hands.yaml:1: group 'a' has 'except' within except"),
        ("a: {part: 1, except: {finger: 2}}", "hands.yaml:1: group 'a' selects by 'finger'"),
        ("a: {part: 1, except: rest}", f"hands.yaml:1: group 'a' {ANYTHING_BUT_A_SELECTOR}"),
        ("a: {part: 1, except: []}", f"hands.yaml:1: group 'a' {ANYTHING_BUT_A_SELECTOR}"),
        ("a: {except: {part: 1}, except: {part: 2}}", "hands.yaml:1: group 'a' has 'except' twice"),
        ("a: {Part: 1}", "hands.yaml:1: group 'a' selects by 'Part'"),
        ("a: {<<: {part: 1}}", "hands.yaml:1: group 'a' selects by '<<'"),
        ("b: rest\na: {each: bar}", "hands.yaml:2: group 'a' has each: bar; there is note, pitch, part"),
        ("a: {each: [note]}", "hands.yaml:1: wanted a word"),
        ("a: {part: {staff: 1}}", "hands.yaml:1: wanted a word"),
        ("a: {part: [[1]]}", "hands.yaml:1: wanted a word"),
        ("a: {part: []}", "hands.yaml:1: wanted a word"),
        ("a: {part: }", "hands.yaml:1: wanted a word"),
        ("a: {part: ' '}", "hands.yaml:1: wanted a word"),
        ("'': rest", "hands.yaml:1: wanted a word"),
        ("? [a, b]\n: rest", "hands.yaml:1: wanted a word"),
        ("a:", f"hands.yaml:1: group 'a' {ANYTHING_BUT_A_SELECTOR}"),
        ("a: left", f"hands.yaml:1: group 'a' {ANYTHING_BUT_A_SELECTOR}"),
        ("a: Rest", f"hands.yaml:1: group 'a' {ANYTHING_BUT_A_SELECTOR}"),
        ("a: {}", f"hands.yaml:1: group 'a' {ANYTHING_BUT_A_SELECTOR}"),
        ("a: []", f"hands.yaml:1: group 'a' {ANYTHING_BUT_A_SELECTOR}"),
        ("a:\n- part: 1\n- rest", f"hands.yaml:3: group 'a' {ANYTHING_BUT_A_SELECTOR}"),
        ("a: [[part: 1]]", f"hands.yaml:1: group 'a' {ANYTHING_BUT_A_SELECTOR}"),
        ("a: {part: 1\nb: rest", "hands.yaml:2: not YAML"),
        ("a: b: c", "hands.yaml:1: not YAML"),
        ("a:\n\t- part: 1", r"hands.yaml:2: not YAML, found character '\\t'"),
        ("a: rest\n---\nb: rest", "hands.yaml:2: not YAML"),
        ("a: \0", "hands.yaml: not YAML, unacceptable character #x0000"),
        ("a: !x!y b", "hands.yaml:1: not YAML"),
        ("", "hands.yaml: no groups; wanted lines like 'left: {part: Left hand}'"),
        ("# nothing yet\n", "hands.yaml: no groups"),
        ("- left\n- right", "hands.yaml: no groups"),
        ("rest", "hands.yaml: no groups"),
        ("{}", "hands.yaml: no groups"),
    ],
)
def test_fault_is_named_with_its_line(text, wanted):
    with pytest.raises(InputError, match=f"^{wanted}") as caught:
        parse(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.mkdir [pwned]",
        "!!python/object/apply:os.mkdir [pwned]",
        "a: {part: !!python/object/apply:os.mkdir [pwned]}",
        "a: [!!python/object/apply:os.mkdir [pwned]]",
    ],
)
def test_tags_run_nothing(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    with suppress(InputError):
        parse(text)
    assert not list(tmp_path.iterdir())


def multiplied(levels):
    """Return lists of lists by aliases, ten to the power of ``levels`` words long."""
    lines = ["a0: &a0 [{part: 1}]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, levels + 1)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        multiplied(10),
        "all: &all [" + "{part: 1}, " * 2000 + "]\n" + "".join(f"a{k}: *all\n" for k in range(2000)),
        "words: {part: &words [" + "x, " * 2000 + "]}\nall: [" + "{part: *words}, " * 2000 + "]",
        "&a a: *a",
        "a: &a [*a]",
        "a: &a {part: *a}",
    ],
)
def test_aliases_are_refused_before_they_multiply(text):
    tracemalloc.start()
    with pytest.raises(InputError, match="aliases are not read; write it out"):
        parse(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50e6


@pytest.mark.parametrize("text", ["a: " + "[" * 100_000, "a: " + "{a: " * 30_000, "a: " + "[" * 5000 + "]" * 5000])
def test_deep_nesting_is_refused(text):
    with pytest.raises(InputError, match=r"^hands\.yaml: not a groups file, it is nested too deeply$"):
        parse(text)


@pytest.mark.parametrize("content", ["left: {part: 1}".encode("utf-16"), b"left: {part: Fl\xf6te}", b"\x89PNG\r\n"])
def test_file_that_is_not_utf8_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"hands\.yaml: not a groups file, it is not UTF-8 text"):
        read_groups(path)


def test_large_file_is_refused_unread(path):
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(InputError, match=rf"too large for a groups file \({LARGEST_FILE + 1} bytes\)"):
        read_groups(path)


def test_missing_file_is_said_to_be_missing(path):
    with pytest.raises(InputError, match=r"hands\.yaml: no such file"):
        read_groups(path)


def test_folder_is_no_groups_file(tmp_path):
    with pytest.raises(InputError, match="a folder, not a groups file"):
        read_groups(tmp_path)


@pytest.mark.parametrize(
    ("mapping", "wanted"),
    [
        ({"a": {"part": "Left hand"}, "b": "rest"}, {"a": [{"part": ["Left hand"]}], "b": []}),
        ({"a": [{"voice": 1}, {"time": "0:32..0:40"}]}, {"a": [{"voice": ["1"]}, {"time": ["0:32..0:40"]}]}),
        ({"a": {"part": ("x", 2)}}, {"a": [{"part": ["x", "2"]}]}),
        ({"a": {"part": range(1, 3)}}, {"a": [{"part": ["1", "2"]}]}),
        ({"a": {"staff": np.int64(2)}}, {"a": [{"staff": ["2"]}]}),
        ({1: {"part": "no"}, "Flöte ♯": {"each": "note"}}, {"1": [{"part": ["no"]}], "Flöte ♯": [{"each": "note"}]}),
        (OrderedDict(z=OrderedDict(part="1"), a="rest"), {"z": [{"part": ["1"]}], "a": []}),
        (MappingProxyType({"a": MappingProxyType({"part": "x: {y}, #z"})}), {"a": [{"part": ["x: {y}, #z"]}]}),
    ],
)
def test_mapping_means_the_same_as_a_file(mapping, wanted):
    assert meaning(read_groups(mapping)) == wanted


def test_selector_may_be_shared_in_a_mapping():
    selector = {"part": ["1"]}
    assert meaning(read_groups({"a": selector, "b": [selector, selector]}))["b"] == [selector, selector]
    assert selector == {"part": ["1"]}


@pytest.mark.parametrize(
    ("mapping", "wanted"),
    [
        ({}, "groups: no groups"),
        ({"a": None}, "group 'a' wants a selector"),
        ({"a": 1}, "group 'a' wants a selector"),
        ({"a": {"finger": "left"}}, "group 'a' selects by 'finger'"),
        ({"a": {"part": ""}}, "wanted a word"),
        ({"a": {"part": None}}, "wanted a word"),
        ({"a": {"each": "bar"}}, "group 'a' has each: bar"),
        ({"1": "rest", 1: {"part": 2}}, "group '1' stands twice"),
    ],
)
def test_mapping_at_fault_is_an_input_error(mapping, wanted):
    with pytest.raises(InputError, match=f"^groups: {wanted.removeprefix('groups: ')}"):
        read_groups(mapping)


def test_groups_of_a_mapping_cite_no_lines():
    (group,) = read_groups({"a": {"part": "Oboe"}})
    assert group.place == group.selectors[0].conditions[0].place == "groups"

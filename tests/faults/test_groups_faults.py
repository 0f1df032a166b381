"""C. Groups files and names that are wrong, malicious or surprising."""

from pathlib import Path

import pytest

SEPARATE = ["separate", "song.wav", "score.mid", "--groups", "groups.yaml", "-o", "out"]
QUICK = [*SEPARATE, "--iterations", "1"]


def write(text):
    Path("groups.yaml").write_text(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("!!python/object/apply:os.system ['touch hacked']", "groups.yaml: no groups"),
        ("a: " + "[" * 20_000, "groups.yaml"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "groups.yaml:2: not YAML, aliases are not read"),
    ],
    ids=["objects", "nesting", "aliases"],
)
def test_31_yaml_that_attacks(song, answer, text, says):
    """YAML that makes objects, is nested 20,000 deep or multiplies by aliases."""
    write(text)
    answer(SEPARATE, status=1, says=says)
    assert not Path("hacked").exists()


def test_32_yaml_that_surprises(answer):
    """Words that YAML 1.1 takes for others (no, 12:30), and a group that stands twice."""
    write("no: {part: Left hand}\non: {time: 0:00..0:05}\n12:30: rest\n")
    found = answer(QUICK)
    assert [Path(file).name for file in found.out.split()] == ["no.wav", "on.wav", "12-30.wav", "residual.wav"]
    write("left: {part: Left hand}\nleft: {part: Right hand}\n")
    answer([*SEPARATE, "--overwrite"], status=1, says="groups.yaml:2: group 'left' stands twice")


def test_33_names_that_are_no_file_names(answer):
    """Names of groups that leave the folder, are reserved, too long, alike but for case, or mean the residual."""
    names = ["../../etc/x", "/abs", "CON", "a/b", "a-b", "A-B", "y" * 300, "residual", "<script>", "{0.__class__}"]
    write("".join(f"'{name}': {{part: Left hand}}\n" for name in names))
    answer(QUICK)
    files = {path.name for path in Path("out").iterdir()}
    expected = {
        "etc-x",
        "abs",
        "CON-",
        "a-b",
        "a-b-2",
        "A-B-3",
        "y" * 120,
        "residual-",
        "script",
        "0.__class__",
        "residual",
    }
    assert files == {f"{name}.wav" for name in expected} | {"stems.json", "separation.npz"}
    assert sorted(path.name for path in Path.cwd().iterdir()) == [
        "groups.yaml",
        "hands.yaml",
        "out",
        "score.mid",
        "song.wav",
    ]
    write("'': {part: Left hand}\n")
    answer([*SEPARATE, "--overwrite"], status=1, says="groups.yaml:1: wanted a word")


def test_34_names_are_no_templates(answer):
    """Braces and percent signs in names: there are no templates, so they are only letters, and names never collide."""
    write("'{stem.__class__}': {part: Left hand}\n'{missing}': {part: Right hand}\n'%s': rest\n'-s': rest\n")
    found = answer(QUICK)
    assert [Path(file).name for file in found.out.split()] == [
        "stem.__class__.wav",
        "missing.wav",
        "s.wav",
        "s-2.wav",
        "residual.wav",
    ]


def test_35_notes_in_no_group_or_in_two(song, answer):
    """A group that matches nothing is an error; notes in two groups are shared, those in none are counted."""
    write("left: {part: LH}\n")
    answer(SEPARATE, status=1, says="group 'left' names part 'LH'; the score has 'Right hand', 'Left hand'")
    write("low: {pitch: ..C4}\nleft: {part: Left hand}\n")
    found = answer([*QUICK, "--json"])
    assert '"notes_in_no_group": 14' in found.out
    assert '"notes_in_several_groups": 7' in found.out

"""A table of songs says what to separate and where to."""

import pytest

from scoresep.errors import InputError
from scoresep.io.song_list import Song, check_songs, read_songs, stems_folder


@pytest.fixture
def table(tmp_path):
    """Give a function that reads a table of songs with this text."""

    def read(text, **options):
        (tmp_path / "songs.csv").write_text(text, encoding="utf-8")
        return read_songs(tmp_path / "songs.csv", **options)

    return read


def test_paths_are_relative_to_the_table(table, tmp_path):
    text = "recording,score,groups,out\na.wav,a.mid,hands.yaml,stems/a\n/b.wav,/b.mid,,\n"
    assert table(text) == [
        Song(*(str(tmp_path / name) for name in ("a.wav", "a.mid", "hands.yaml", "stems/a"))),
        Song("/b.wav", "/b.mid", None, str(tmp_path / "b_stems")),
    ]


def test_what_a_row_leaves_open_is_given(table):
    (song,) = table("Score, Recording\na.mid,a.wav\n", groups="hands.yaml", parent="stems")
    assert (song.groups, song.out) == ("hands.yaml", "stems/a_stems")


def test_columns_may_come_in_any_order_with_a_byte_order_mark(table, tmp_path):
    assert table("\ufeffscore,recording\na.mid,a.wav\n")[0].recording == str(tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "has no column 'recording'"),
        ("recording,score\n", "has no songs"),
        ("recording,groups\na.wav,b.yaml\n", "has no column 'score'"),
        ("recording,score,spam\na.wav,a.mid,1\n", "has a column 'spam'"),
        ("recording,score\na.wav,\n", "line 2: names no score"),
        ("recording,score\na.wav,a.mid\n,b.mid\n", "line 3: names no recording"),
        ("recording,score\na.wav,a.mid,b.yaml\n", "line 2: has more cells than columns"),
    ],
)
def test_a_table_that_says_too_little_is_refused(table, text, wanted):
    with pytest.raises(InputError, match=wanted):
        table(text)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"recording,score\n\x00,\x00\n" + b'"' * 200_000])
def test_a_table_that_is_none_is_refused(tmp_path, content):
    (tmp_path / "songs.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"songs\.csv"):
        read_songs(tmp_path / "songs.csv")


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_songs(tmp_path / "none.csv")


def test_two_songs_in_one_folder_are_refused():
    songs = [Song(f"{folder}/a.wav", "a.mid", None, stems_folder("a.wav", "out")) for folder in "xy"]
    with pytest.raises(InputError, match=r"is the folder for both x/a\.wav and y/a\.wav"):
        check_songs(songs)
    check_songs(songs[:1])

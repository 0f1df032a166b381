"""Times are read and shown as people write them."""

import pytest

from scoresep.times import parse_time, show_time


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("32", 32), ("32.5", 32.5), ("0:32.5", 32.5), ("1:02:03", 3723), ("90:00", 5400), (" 1:30 ", 90)],
)
def test_times_are_read(text, seconds):
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", ":", "-1", "+1", "1:", ":1", ":30", "1:2:3:4", "1.", ".5", "1 2", "1e3", "nan", "inf", "1,5", "0x10", "1 30",
     "1:3.5:2", "٣x"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r"a time like 0:32 or 32\.5"):
        parse_time(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00.0"),
        (32.5, "0:32.5"),
        (9.04, "0:09.0"),
        (59.949, "0:59.9"),
        (59.951, "1:00.0"),
        (61, "1:01.0"),
        (3599.96, "1:00:00.0"),
        (3723.4, "1:02:03.4"),
        (36000, "10:00:00.0"),
        (-0.04, "0:00.0"),
        (-5.25, "-0:05.2"),
        (-61.5, "-1:01.5"),
    ],
)
def test_times_are_shown(seconds, text):
    assert show_time(seconds) == text


@pytest.mark.parametrize("seconds", [0.0, 0.1, 7.7, 59.9, 60.0, 754.3, 3600.0, 86399.9])
def test_what_is_shown_is_read_again(seconds):
    assert parse_time(show_time(seconds)) == pytest.approx(seconds)

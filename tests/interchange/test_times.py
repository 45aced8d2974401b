"""Times in tables: every way of writing them that has one meaning is taken, the others are refused by row."""

import math

import pytest

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.times import TimeCell, read_times


def read(*texts, separator=",", duration_s=math.inf):
    cells = [
        TimeCell(f"l.csv:{row}", "start", text, duration_s)
        for row, text in enumerate(texts, start=2)
    ]
    return read_times(cells, separator)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("12", 12.0),
        ("12.48", 12.48),
        ("12.480", 12.48),
        (".5", 0.5),
        ("5.", 5.0),
        ("007", 7.0),
        ("12,48", 12.48),
        ("0,480", 0.48),
        ("1234,500", 1234.5),
        ("12,4800", 12.48),
        ("1e-05", 1e-5),
        ("1.248000000000000043e+01", 12.48),
        ("0:05", 5.0),
        ("1:15", 75.0),
        ("01:15", 75.0),
        ("1:15.5", 75.5),
        ("1:15,5", 75.5),
        ("75:30", 4530.0),
        ("125:30.25", 7530.25),
        ("1:02:03", 3723.0),
        ("00:01:15", 75.0),
        ("00:01:02.500", 62.5),
        ("00:01:02,500", 62.5),
        ("01:00:00.000", 3600.0),
    ],
)
def test_one_meaning_is_taken(text, seconds):
    assert read(text) == pytest.approx([seconds], abs=1e-12)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1:75", "are 00 to 59"),
        ("1:60", "are 00 to 59"),
        ("1:75:00", "are 00 to 59"),
        ("1:5", "have two digits"),
        ("1:2:03", "have two digits"),
        ("1:005", "have two digits"),
        ("12:30:45:10", "frames, which need the rate"),
        ("12:30:45;10", "frames, which need the rate"),
        ("1.234,5", "marks of thousands"),
        ("1,234.5", "marks of thousands"),
        ("1,234,567", "marks of thousands"),
        ("1.234.567", "marks of thousands"),
        ("1 234", "marks of thousands"),
        ("1\u202f234,5", "marks of thousands"),
        ("1'234", "marks of thousands"),
        ("1,234", "that may be 1.234 s, or 1234 s"),
        ("-1.5", "before the video's beginning"),
        ("\u22121.5", "before the video's beginning"),
        ("1e3", "rounded"),
        ("1.2E+03", "rounded"),
        ("1,2E+03", ""),
        ("1e999", ""),
        ("nan", ""),
        ("inf", ""),
        ("half", ""),
        ("1_000", ""),
        ("12.48s", ""),
        ("１２", ""),
        (".", ""),
        (",", ""),
        (":", ""),
        ("1:", ""),
        (":30", ""),
        ("1:15:", ""),
        ("1:15.", ""),
        ("00:00:00:00:01", ""),
        ("1/0/1900 0:01", "a date or a time of day"),
        ("1900-01-00 00:01:15", "a date or a time of day"),
        ("01.01.1900", "a date or a time of day"),
        ("12:01:15 AM", "a date or a time of day"),
        ("9" * 400, ""),
    ],
)
def test_what_is_no_time_or_has_two_meanings_is_refused(text, reason):
    with pytest.raises(DatasetError) as caught:
        read("1", text)
    message = str(caught.value)
    assert message.startswith(f"l.csv:3: start is {text!r}")
    assert reason in message
    assert "12.48" in message or "1234" in message


@pytest.mark.parametrize(
    ("texts", "separator", "seconds"),
    [
        # Another time shows the sign.
        (["1,234", "12,48"], ",", [1.234, 12.48]),
        (["1,234", "0,500"], "\t", [1.234, 0.5]),
        (["1,234", "00:00:12,480"], ",", [1.234, 12.48]),
        (["1.234", "3"], ",", [1.234, 3]),
        (["1.234", "3.5", "4"], ";", [1.234, 3.5, 4]),
        # Notations that are each clear may be mixed.
        (["12.5", "0:13", "00:00:14,500", "15,25"], ",", [12.5, 13, 14.5, 15.25]),
    ],
)
def test_a_sign_before_three_digits_is_read_by_the_other_times(texts, separator, seconds):
    assert read(*texts, separator=separator) == pytest.approx(seconds, abs=1e-12)


@pytest.mark.parametrize(
    ("texts", "separator", "row"),
    [
        (["12,480", "13,920"], ",", 2),
        (["12,480", "13,920"], ";", 2),
        (["12.480", "13.920"], ";", 2),
        (["12.480", "13.920"], "\t", 2),
        (["980", "1,234"], ";", 3),
        (["980", "1.234"], ";", 3),
        (["980", "1.234"], "\t", 3),
        (["12,48", "1.234"], ",", 3),
        (["12,48", "1.234", "1.5"], ";", 3),
        (["12.480", "12,480"], ";", 2),
    ],
)
def test_a_sign_that_cannot_be_told_is_refused(texts, separator, row):
    with pytest.raises(DatasetError, match=rf"^l.csv:{row}: start is .*that may be") as caught:
        read(*texts, separator=separator)
    # Both remedies are taken.
    whole, decimal = (
        str(caught.value).split(": write ")[1].split(";")[0].replace(" if it is, or", "").split()
    )
    assert read(whole) == [float(whole)]
    assert read(decimal, "12,48") == [float(decimal), 12.48]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("sign", [",", "."])
def test_thousands_beyond_the_videos_end_are_none(separator, sign):
    texts = [f"3{sign}920", "3", f"12{sign}480"]
    expected = [3.92, 3, 12.48]
    assert read(*texts, separator=separator, duration_s=600) == pytest.approx(expected)
    if (separator, sign) == (",", "."):
        return
    # One that may be meant makes all doubtful.
    with pytest.raises(DatasetError, match=r"^l.csv:2: .*that may be"):
        read(*texts, separator=separator, duration_s=4000)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [",", ".", " ", "'"])
def test_thousands_are_never_taken_for_decimals(separator, mark):
    if (separator, mark) == (",", "."):
        return
    texts = [f"{seconds:,d}".replace(",", mark) for seconds in (980, 1234, 1500, 2345)]
    for some in (texts, texts[1:], texts[1:2]):
        with pytest.raises(DatasetError, match="thousands"):
            read(*some, separator=separator, duration_s=3600)

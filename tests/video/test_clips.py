"""Clips cut by time: the very frames, at their distances, of every kind of file; one pass, nothing half written."""

import itertools
import weakref
from fractions import Fraction

import av
import numpy as np
import pytest

from tests.video.making import encode, even, number_of, picture, remux, set_matrix, shift
from vpdlib.datasets.base import TIME_SLACK_S, frames_within
from vpdlib.video.clips import Segment, cut_clips
from vpdlib.video.reader import Frame, VideoError, probe, read_frames

#: The last of them are overlapping, one within another, begun before the video, ended after it, one frame.
SPANS = [
    (2.0, 2.5),
    (0.5, 0.9),
    (0.6, 1.4),
    (0.7, 0.8),
    (-3.0, 0.1),
    (3.6, 99.0),
    (1.0, 1.001),
]


def uneven(folder):
    steps = np.random.default_rng(3).uniform(0.004, 0.09, 110)
    return encode(folder / "v.mp4", np.cumsum(steps) - steps[0], options={"g": "40", "bf": "3"})


def matroska(folder):
    return encode(folder / "v.mkv", even(120, 30000 / 1001), rate=30)


def late(folder):
    """Pictures begin at 0.37 s, sound at 0."""
    return encode(folder / "v.mp4", [0.37 + time_s for time_s in even(100)], sound_s=3.5)


def stream(folder):
    """Stamps begin at 100 s."""
    whole = encode(folder / "whole.mp4", even(120), sound_s=4.0)
    change = lambda packet, *_: shift(packet, 100.0)  # noqa: E731
    return remux(whole, folder / "v.ts", change, fmt="mpegts")


def with_gap(folder):
    return encode(folder / "v.mp4", [*even(40), *(time_s + 2.2 for time_s in even(60))])


def turned(folder):
    """As a phone held upright records: rotated by a quarter, clockwise."""
    return set_matrix(encode(folder / "u.mp4", even(120)), folder / "v.mp4", 0, 1, -1, 0)


SOURCES = [uneven, matroska, late, stream, with_gap, turned]


def upright(rgb):
    return rgb if rgb.shape[1] > rgb.shape[0] else np.rot90(rgb)


def content(path):
    frames = [(frame.time_s, number_of(upright(frame.rgb))) for frame in read_frames(path)]
    times, numbers = zip(*frames, strict=True)
    return np.array(times), np.array(numbers)


def segments_of(spans, folder):
    return [Segment(folder / f"{at}.mp4", *span) for at, span in enumerate(spans)]


@pytest.mark.parametrize("around_s", [0.0, 0.5])
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_a_clip_has_the_frames_of_its_time_and_no_other(tmp_path, source, around_s):
    path = source(tmp_path)
    times, numbers = content(path)
    assert (numbers == np.arange(len(numbers))).all()
    segments = segments_of(SPANS, tmp_path / "clips")
    counts = cut_clips(read_frames(path), segments, probe(path).fps, around_s, TIME_SLACK_S)
    for segment, count in zip(segments, counts, strict=True):
        inside = frames_within(times, segment.start_s - around_s, segment.end_s + around_s)
        assert count == inside.sum()
        if not count:
            assert not segment.path.exists()
            continue
        clip_times, clip_numbers = content(segment.path)
        np.testing.assert_array_equal(clip_numbers, numbers[inside])
        expected = times[inside] - times[inside][0]
        np.testing.assert_allclose(clip_times, expected, atol=1e-4)
        assert probe(segment.path).declared_frames == count
    assert sum(count > 0 for count in counts) > 4


def test_clips_meet_without_a_frame_lost_or_shown_twice(tmp_path):
    path = matroska(tmp_path)
    rate = 30000 / 1001
    # Ends are numbers over the rate; Matroska's stamps are rounded to milliseconds.
    spans = [(first / rate, (first + 10) / rate) for first in range(0, 120, 10)]
    segments = segments_of(spans, tmp_path / "clips")
    counts = cut_clips(read_frames(path), segments, rate, 0.0, TIME_SLACK_S)
    assert counts == [10] * 12
    found = [content(segment.path)[1] for segment in segments]
    np.testing.assert_array_equal(np.concatenate(found), np.arange(120))


def test_any_player_shows_it(tmp_path):
    path = late(tmp_path)
    cut_clips(read_frames(path), [Segment(tmp_path / "a.mp4", 1.0, 2.0)], 30.0)
    data = (tmp_path / "a.mp4").read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")
    with av.open(str(tmp_path / "a.mp4")) as container:
        (only,) = container.streams
        context = only.codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        # Large pictures that do not say how colours are coded are shown in others.
        assert context.colorspace == 6


def test_pictures_are_as_shown(tmp_path):
    turned(tmp_path)
    cut_clips(read_frames(tmp_path / "v.mp4"), [Segment(tmp_path / "a.mp4", 1.0, 2.0)], 30.0, crf=1)
    shown = list(read_frames(tmp_path / "v.mp4"))
    clip = list(read_frames(tmp_path / "a.mp4"))
    info = probe(tmp_path / "a.mp4")
    assert (info.width, info.height, info.rotation) == (96, 160, 0)
    at = number_of(upright(clip[0].rgb))
    difference = np.abs(clip[0].rgb.astype(int) - shown[at].rgb)
    assert difference.mean() < 3


def test_pixels_become_square_and_sides_even(tmp_path):
    path = encode(tmp_path / "v.mp4", even(20), sample_aspect_ratio=Fraction(131, 160))
    assert probe(path).width == 131
    cut_clips(read_frames(path), [Segment(tmp_path / "a.mp4", 0.1, 0.2)], 30.0)
    info = probe(tmp_path / "a.mp4")
    assert (info.width, info.height, info.pixel_aspect) == (132, 96, 1.0)


def still(num, rate=25.0):
    return (Frame(at, at / rate, picture(at % 512)) for at in range(num))


def test_decoding_ends_after_the_last_segment(tmp_path):
    asked = []

    def frames():
        for frame in still(10_000):
            asked.append(frame.index)
            yield frame

    spans = [(0.4, 0.6), (1.0, 1.2)]
    assert cut_clips(frames(), segments_of(spans, tmp_path), 25.0, 0.2) == [15, 15]
    # One frame later than both, each once.
    assert asked == list(range(36))
    assert cut_clips(frames(), [], 25.0) == []
    assert len(asked) == 37


def test_no_frame_is_kept(tmp_path):
    alive, most = weakref.WeakSet(), 0

    class Picture(np.ndarray):
        """Arrays of NumPy itself cannot be hashed, and sets of weak references want that."""

        __hash__ = object.__hash__

    def frames():
        nonlocal most
        for frame in still(100):
            rgb = frame.rgb.view(Picture)
            frame = Frame(frame.index, frame.time_s, rgb)
            alive.add(rgb)
            most = max(most, len(alive))
            yield frame

    assert cut_clips(frames(), segments_of([(0.0, 4.0), (1.0, 3.0)], tmp_path), 25.0) == [100, 75]
    assert most <= 3


def test_where_there_is_no_frame_there_is_no_clip(tmp_path):
    path = with_gap(tmp_path)
    spans = [(1.4, 2.1), (90.0, 91.0), (3.0, 3.2)]
    segments = segments_of(spans, tmp_path / "clips")
    assert cut_clips(read_frames(path), segments, 30.0, 0.0) == [0, 0, 6]
    assert [entry.name for entry in (tmp_path / "clips").iterdir()] == ["2.mp4"]


def test_an_error_takes_back_what_is_not_whole(tmp_path):
    def frames():
        yield from itertools.islice(still(100), 50)
        raise VideoError("v.mp4: cannot be read")

    segments = segments_of([(0.0, 1.0), (0.5, 3.0), (2.5, 3.0)], tmp_path)
    with pytest.raises(VideoError):
        cut_clips(frames(), segments, 25.0, 0.0)
    assert [entry.name for entry in tmp_path.iterdir()] == ["0.mp4"]
    assert content(tmp_path / "0.mp4")[1].tolist() == list(range(25))


def test_segments_that_make_no_sense_are_refused(tmp_path):
    for end_s in (1.0, 0.5, float("nan")):
        with pytest.raises(ValueError, match=r"a\.mp4: a segment from 1 to .* has no length"):
            cut_clips(still(9), [Segment(tmp_path / "a.mp4", 1.0, end_s)], 25.0)
    twice = [Segment(tmp_path / "a.mp4", 0.0, end_s) for end_s in (1.0, 2.0)]
    with pytest.raises(ValueError, match=r"a\.mp4: two segments"):
        cut_clips(still(9), twice, 25.0)
    assert list(tmp_path.iterdir()) == []

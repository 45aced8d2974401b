"""The picture as players show it, against FFmpeg's own filters, put together here as its command line does."""

import itertools
import math
from fractions import Fraction

import av
import numpy as np
import pytest
from av.filter import Graph

from tests.video.making import encode, even, field_coded, number_of, picture, set_matrix
from vpdlib.datasets.base import VideoSource
from vpdlib.datasets.listing import list_files
from vpdlib.video.picture import orientation
from vpdlib.video.reader import DecodeReport, frame_times, probe, read_frames

EIGHT = [
    (a, b, c, d)
    for a, b, c, d in itertools.product((-1, 0, 1), repeat=4)
    if abs(a * d - b * c) == 1 and (a == d == 0 or b == c == 0)
]


def by_ffmpeg(path, matrix=None, more=()):
    """The first picture as FFmpeg's command line shows it: its filters for a display matrix, then RGB."""
    steps = list(more)
    if matrix is not None:
        # fftools/ffmpeg_filter.c and libavutil/display.c, in their own terms.
        a, b, c, d = matrix
        theta = round(math.degrees(math.atan2(b / math.hypot(b, d), a / math.hypot(a, c))))
        theta -= 360 * math.floor(theta / 360 + 0.9 / 360)
        if abs(theta - 90) < 1:
            steps.append(("transpose", "cclock_flip" if c > 0 else "clock"))
        elif abs(theta - 180) < 1:
            steps += [("hflip", "")] * (a < 0) + [("vflip", "")] * (d < 0)
        elif abs(theta - 270) < 1:
            steps.append(("transpose", "clock_flip" if c < 0 else "cclock"))
        elif abs(theta) > 1:
            steps.append(("rotate", f"{theta}*PI/180"))
        elif abs(theta) < 1 and d < 0:
            steps.append(("vflip", ""))
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    graph = Graph()
    last = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 90000)
    )
    for name, options in [*steps, ("format", "rgb24"), ("buffersink", "")]:
        step = graph.add(name, options or None)
        last.link_to(step)
        last = step
    graph.configure()
    graph.vpush(frame)
    graph.vpush(None)
    return graph.vpull().to_ndarray()


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return encode(tmp_path_factory.mktemp("plain") / "plain.mp4", even(8))


@pytest.mark.parametrize("matrix", EIGHT)
def test_every_orientation_is_as_ffmpeg_shows_it(plain, tmp_path, matrix):
    assert len(EIGHT) == 8
    path = set_matrix(plain, tmp_path / "rotated.mp4", *matrix)
    shown = next(read_frames(path)).rgb
    np.testing.assert_array_equal(shown, by_ffmpeg(path, matrix))
    info = probe(path)
    assert (info.height, info.width) == shown.shape[:2]
    # What the matrix says in itself: where the corners go.
    stored = next(read_frames(plain)).rgb
    a, b, c, d = matrix
    rows, columns = np.indices(stored.shape[:2])
    across, down = a * columns + c * rows, b * columns + d * rows
    moved = np.empty(shown.shape, np.uint8)
    moved[down - down.min(), across - across.min()] = stored
    # Chroma is halved, so that turning before or after the conversion differs a little at edges.
    assert np.abs(moved.astype(int) - shown).mean() < 2


@pytest.mark.parametrize("degrees", [1, 2, 30, 45, 135, 200, 300, 358, 359])
def test_angles_that_are_no_quarter_turn(plain, tmp_path, degrees, read_log):
    angle = math.radians(degrees)
    matrix = math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle)
    path = set_matrix(plain, tmp_path / "askew.mp4", *matrix)
    shown = [frame.rgb for frame in read_frames(path)]
    assert len(shown) == 8
    np.testing.assert_array_equal(shown[0], by_ffmpeg(path, matrix))
    list_files([VideoSource("askew", path)], 1)
    said = read_log()
    assert ("warning" in said and "askew.mp4" in said) == (degrees > 1)


def test_sizes_of_a_matrix_do_not_matter_and_an_empty_one_does_nothing():
    for matrix, right in (
        ((2, 0, 0, 2), (False, 0, 0.0)),
        ((-3, 0, 0, 1), (True, 0, 0.0)),
        ((0, 0, 0, 0), (False, 0, 0.0)),
        ((0, 5, -2, 0), (False, 3, 0.0)),
    ):
        a, b, c, d = (65536 * value for value in matrix)
        assert orientation(np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30])) == right
    assert orientation(None) == (False, 0, 0.0)


@pytest.mark.parametrize(
    ("aspect", "width"), [(Fraction(4, 3), 213), (Fraction(8, 9), 142), (Fraction(12, 11), 175)]
)
def test_pixels_that_are_not_square(tmp_path, aspect, width, read_log):
    for name in ("a.mp4", "a.mkv", "a.ts"):
        path = encode(tmp_path / name, even(5), sample_aspect_ratio=aspect)
        info, frame = probe(path), next(read_frames(path))
        assert (info.width, info.height) == (width, 96)
        assert frame.rgb.shape == (96, width, 3)
        expected = by_ffmpeg(path, more=[("scale", f"{width}:96")]).astype(int)
        assert np.abs(frame.rgb.astype(int) - expected).mean() < 6
    list_files([VideoSource("a", tmp_path / "a.mp4")], 1)
    assert f"{width} x 96" in read_log()
    rotated = set_matrix(tmp_path / "a.mp4", tmp_path / "rotated.mp4", 0, 1, -1, 0)
    assert next(read_frames(rotated)).rgb.shape == (width, 96, 3)
    for nearly in (Fraction(200, 201), Fraction(1, 9)):
        path = encode(tmp_path / "nearly.mp4", even(5), sample_aspect_ratio=nearly)
        assert probe(path).width == 160


@pytest.mark.parametrize(
    ("pixel_format", "codec", "name"),
    [
        ("yuv420p", "ffv1", "a.mkv"),
        ("yuvj420p", "mjpeg", "a.avi"),
        ("yuv420p10le", "ffv1", "a.mkv"),
        ("yuv422p10le", "ffv1", "a.mkv"),
        ("yuv444p12le", "ffv1", "a.mkv"),
        ("gray", "ffv1", "a.mkv"),
        ("yuva420p", "ffv1", "a.mkv"),
        ("bgr0", "ffv1", "a.mkv"),
        ("rgba", "png", "a.mov"),
    ],
)
@pytest.mark.parametrize("size", [(64, 48), (33, 21), (1, 1)])
def test_pixel_formats_and_odd_sizes(tmp_path, pixel_format, codec, name, size):
    width, height = size
    rgb = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    path = tmp_path / name
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=pixel_format)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        for number in range(3):
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    shown = [frame.rgb for frame in read_frames(path)]
    assert len(shown) == 3
    assert shown[0].shape == rgb.shape
    # At odd sizes chroma is interpolated in another way.
    assert np.abs(shown[0].astype(int) - by_ffmpeg(path)).mean() < 8


def test_a_palette(tmp_path):
    palette = np.random.default_rng(0).integers(0, 255, (256, 4), dtype=np.uint8)
    palette[:, 0] = 255
    places = np.random.default_rng(1).integers(0, 256, (48, 64), dtype=np.uint8)
    with av.open(str(tmp_path / "a.mov"), "w") as container:
        stream = container.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "pal8"
        frame = av.VideoFrame.from_ndarray((places, palette), format="pal8")
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    np.testing.assert_array_equal(
        next(read_frames(tmp_path / "a.mov")).rgb, palette[places][..., 1:]
    )


def interlaced(path, codec, fmt, num=25):
    """A bar that moves 4 px between fields, 25 pictures a second; the bar's place of every top field."""
    options = {
        "libx264": {"x264-params": "tff=1:bframes=2"},
        "mpeg2video": {"flags": "+ildct+ilme", "bf": "2", "b": "4M"},
    }[codec]
    places = []
    with av.open(str(path), "w", format=fmt) as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 96, "yuv420p"
        for number in range(num):
            rgb = np.full((96, 320, 3), 40, np.uint8)
            for field in (0, 1):
                left = 8 + 8 * number + 4 * field
                rgb[field::2, left : left + 24] = 220
            places.append(8 + 8 * number)
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path, places


def torn(rgb):
    """How far rows of the two fields differ."""
    rows = rgb[20:76].astype(int)
    return np.abs(rows[0::2] - rows[1::2]).mean()


@pytest.mark.parametrize(
    ("name", "codec", "fmt"),
    [
        ("a.MTS", "libx264", "mpegts"),
        ("a.mp4", "libx264", "mp4"),
        ("a.mkv", "libx264", "matroska"),
        ("a.mpg", "mpeg2video", "mpeg"),
        ("a.ts", "mpeg2video", "mpegts"),
    ],
)
def test_interlaced_recordings(tmp_path, name, codec, fmt, read_log):
    path, places = interlaced(tmp_path / name, codec, fmt)
    info, report = probe(path), DecodeReport()
    assert (info.interlaced, info.fps, info.declared_frames) == (True, 25, 25)
    assert info.duration_s == pytest.approx(1)
    frames = list(read_frames(path, report=report))
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(25) / 25, atol=2e-3)
    np.testing.assert_allclose(frame_times(path), np.arange(25) / 25, atol=2e-3)
    assert report.flags == ("25 interlaced frames deinterlaced",)
    for frame, place in zip(frames[1:-1], places[1:-1], strict=True):
        bright = np.flatnonzero(frame.rgb[48, :, 0] > 130)
        # The place in one of the two fields.
        assert -0.6 < bright.mean() - (place + 11.5) < 4.6
        assert torn(frame.rgb) < 2
    report = DecodeReport()
    left = list(read_frames(path, 1, report, "never"))
    assert report.flags == ("25 interlaced frames not deinterlaced",)
    assert len(left) == 25
    assert torn(left[12].rgb) > 4
    always = list(read_frames(path, 1, None, "always"))
    np.testing.assert_array_equal(always[12].rgb, frames[12].rgb)

    read_log()
    rows = list_files([VideoSource("a", path)], 1, deinterlace="never")
    said = read_log()
    assert "warning" in said
    assert str(path) in said
    assert "deinterlace" in said
    assert rows[0].deinterlace == "never"
    list_files([VideoSource("a", path)], 1)
    assert "warning" not in read_log()


@pytest.mark.parametrize("fmt", ["mpegts", "matroska", "mp4"])
@pytest.mark.parametrize("split", [False, True])
def test_pictures_of_two_fields_in_packets_of_their_own(tmp_path, fmt, split):
    lumas = [np.full((64, 64), 40 + 5 * number, np.uint8) for number in range(30)]
    path = field_coded(tmp_path / "a.bin", lumas, fmt, split)
    info, report = probe(path), DecodeReport()
    assert (info.declared_frames, info.fps, info.interlaced) == (30, 25, True)
    assert info.duration_s == pytest.approx(1.2, abs=2e-3)
    frames = list(read_frames(path, report=report))
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(30) / 25, atol=2e-3)
    np.testing.assert_allclose(frame_times(path), np.arange(30) / 25, atol=2e-3)
    assert report.decoded == report.declared == 30
    # Every picture is its own, none is frozen.
    shades = [frame.rgb.mean() for frame in frames]
    assert (np.diff(shades) > 3).all()


def test_progressive_pictures_are_not_touched(plain):
    for one, other in zip(read_frames(plain), read_frames(plain, 1, None, "never"), strict=True):
        np.testing.assert_array_equal(one.rgb, other.rgb)
        assert number_of(one.rgb) == one.index
    assert np.abs(next(read_frames(plain)).rgb.astype(int) - picture(0)).mean() < 12

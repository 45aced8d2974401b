"""Cutting recordings: every frame shows its own number, so that a clip tells where it was cut."""

from fractions import Fraction

import av
import numpy as np
import pytest

from vpdlib.video import recut as module
from vpdlib.video.reader import DecodeReport, VideoError, VideoInfo, probe, read_frames
from vpdlib.video.recut import Cut, CutReport, RecutError, check_clip, recut
from vpdlib.video.writer import VideoWriter

NTSC = Fraction(30000, 1001)
BITS, BLOCK = 8, 16
WIDTH, HEIGHT = BITS * BLOCK, 32


def barcode(number):
    """The number in black and white blocks, above its complement."""
    bits = np.array([number >> bit & 1 for bit in range(BITS)], dtype=np.uint8)
    rows = np.stack([bits, 1 - bits]) * 255
    grey = np.kron(rows, np.ones((HEIGHT // 2, BLOCK), np.uint8))
    return np.repeat(grey[:, :, None], 3, axis=2)


def number_of(rgb):
    blocks = rgb[:HEIGHT, :WIDTH].reshape(2, HEIGHT // 2, BITS, BLOCK, 3).mean(axis=(1, 3, 4))
    assert (np.abs(blocks - 127.5) > 80).all(), "the barcode is smeared"
    bits = blocks > 127.5
    assert (bits[0] != bits[1]).all()
    return int((bits[0] << np.arange(BITS)).sum())


def numbers_of(path):
    return [number_of(frame.rgb) for frame in read_frames(path)]


def record(path, num, fps=25, pts=None, time_base=None, shape=(HEIGHT, WIDTH), **options):
    """Encode frames 0 to num - 1, by default with three B frames between others."""
    options = {"crf": "12", "bf": "3", "b-adapt": "0", "g": "24", "threads": "1"} | options
    fps = Fraction(fps)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = shape[1], shape[0], "yuv420p"
        if time_base:
            stream.codec_context.time_base = time_base
        for index in range(num):
            rgb = np.zeros((*shape, 3), np.uint8)
            rgb[:HEIGHT, :WIDTH] = barcode(index)
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts = index if pts is None else pts[index]
            frame.time_base = time_base or 1 / fps
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def picture_types(path):
    with av.open(str(path)) as container:
        return {
            av.video.frame.PictureType(frame.pict_type).name for frame in container.decode(video=0)
        }


def damage(path, first, last):
    """Overwrite the lengths in the packets whose frames are first to last, by presentation."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        packets.sort(key=lambda packet: packet.pts)
        places = [packet.pos for packet in packets[first : last + 1]]
    data = bytearray(path.read_bytes())
    for place in places:
        data[place : place + 4] = b"\xff" * 4
    path.write_bytes(data)


def listing(folder):
    return sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []


CUTS = [
    Cut("late", 97, 130),
    Cut("start", 0, 10),
    Cut("across", 5, 60),
    Cut("inside.of-it", 23, 24),
    Cut("twin", 5, 60),
    Cut("two", 129, 131),
    Cut("adjacent", 60, 97),
]


@pytest.mark.parametrize("container", ["mp4", "mkv"])
@pytest.mark.parametrize("fps", [25, NTSC, 50])
def test_clips_are_frame_exact(tmp_path, container, fps):
    recording = record(tmp_path / f"match.{container}", 140, fps)
    assert picture_types(recording) == {"I", "P", "B"}
    out = tmp_path / "new" / "clips"
    reports = recut(recording, CUTS, out, float(fps))
    assert [report.clip_id for report in reports] == [cut.clip_id for cut in CUTS]
    for cut, report in zip(CUTS, reports, strict=True):
        path = out / f"{cut.clip_id}.mp4"
        assert numbers_of(path) == list(range(cut.first_frame, cut.end_frame))
        assert report == CutReport(
            cut.clip_id, path, cut.num_frames, pytest.approx(float(fps), rel=1e-9), WIDTH, HEIGHT
        )
        assert check_clip(path, cut.num_frames, float(fps), (WIDTH, HEIGHT), count=True) is None
    assert listing(out) == sorted(f"{cut.clip_id}.mp4" for cut in CUTS)


@pytest.mark.parametrize("num_threads", [1, 3])
def test_open_groups_of_pictures_and_a_late_start(tmp_path, num_threads):
    path = record(
        tmp_path / "match.mkv",
        100,
        pts=[7000 + 40 * index for index in range(100)],
        time_base=Fraction(1, 1000),
        **{"x264-params": "open-gop=1:keyint=12:b-pyramid=normal:bframes=5"},
    )
    recut(path, [Cut("a", 11, 14), Cut("b", 30, 99)], tmp_path, 25, num_threads=num_threads)
    assert numbers_of(tmp_path / "a.mp4") == [11, 12, 13]
    assert numbers_of(tmp_path / "b.mp4") == list(range(30, 99))


@pytest.mark.parametrize(
    "fps", [28.511, 29.833, 24.917, 12.5, 50.0, 60.0, 24000 / 1001, float(NTSC)]
)
def test_odd_rates_survive(tmp_path, fps):
    recording = record(tmp_path / "match.mp4", 20, Fraction(fps).limit_denominator(1001))
    (report,) = recut(recording, [Cut("a", 3, 18)], tmp_path, fps)
    assert report.fps == pytest.approx(fps, rel=1e-6)
    assert probe(tmp_path / "a.mp4").fps == report.fps
    assert numbers_of(tmp_path / "a.mp4") == list(range(3, 18))


@pytest.mark.parametrize(("stated", "exact"), [("29.97", NTSC), ("23.976", Fraction(24000, 1001))])
def test_a_rounded_broadcast_rate_becomes_the_exact_one(tmp_path, stated, exact):
    recording = record(tmp_path / "match.mp4", 20, Fraction(stated))
    assert probe(recording).fps == float(stated)
    (report,) = recut(recording, [Cut("a", 0, 20)], tmp_path, float(stated))
    assert report.fps == pytest.approx(float(exact), rel=1e-9)


def test_an_odd_size_is_padded(tmp_path):
    recording = tmp_path / "match.mkv"
    with av.open(str(recording), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH + 3, HEIGHT + 1, "bgr0"
        for index in range(8):
            rgb = np.zeros((HEIGHT + 1, WIDTH + 3, 3), np.uint8)
            rgb[:HEIGHT, :WIDTH] = barcode(index)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode(None))
    (report,) = recut(recording, [Cut("a", 2, 7)], tmp_path, 25)
    assert (report.width, report.height) == (WIDTH + 4, HEIGHT + 2)
    assert numbers_of(tmp_path / "a.mp4") == list(range(2, 7))
    assert recut(recording, [Cut("a", 2, 7)], tmp_path, 25, skip_existing=True) == [report]


def test_decoding_stops_after_the_last_clip(tmp_path, monkeypatch):
    recording = record(tmp_path / "match.mp4", 60)
    seen = []

    def spy(*args):
        for frame in read_frames(*args):
            seen.append(frame.index)
            yield frame

    monkeypatch.setattr(module, "read_frames", spy)
    recut(recording, [Cut("b", 10, 21), Cut("a", 4, 30), Cut("c", 0, 2)], tmp_path, 25)
    assert seen == list(range(30))  # once each, although clips overlap
    assert recut(recording, [], tmp_path, 25) == []
    assert len(seen) == 30


def test_a_recording_that_is_too_short(tmp_path):
    recording = record(tmp_path / "match.mp4", 50)
    out = tmp_path / "clips"
    cuts = [Cut("beyond", 60, 70), Cut("whole", 10, 50), Cut("broken", 40, 51)]
    with pytest.raises(RecutError, match=r"match\.mp4: ends after 50 frames") as caught:
        recut(recording, cuts, out, 25)
    assert "broken (frames 40 to 50), beyond (frames 60 to 69)" in str(caught.value)
    assert "whole" not in str(caught.value)
    assert listing(out) == ["whole.mp4"]
    assert numbers_of(out / "whole.mp4") == list(range(10, 50))


@pytest.mark.parametrize("expected", [50, 25.03, 24.97])
def test_another_rate_is_refused(tmp_path, expected):
    recording = record(tmp_path / "match.mp4", 10)
    out = tmp_path / "clips"
    with pytest.raises(RecutError, match=r"match\.mp4: found 25 .*expected .*do not convert") as e:
        recut(recording, [Cut("a", 0, 5)], out, expected)
    assert f"{expected:g} frames" in str(e.value) or f"expected {expected:g};" in str(e.value)
    assert listing(out) == []
    recut(recording, [Cut("a", 0, 5)], out, 25.02)
    assert probe(out / "a.mp4").fps == 25  # the recording's rate, not the published one


@pytest.mark.parametrize("expected", [0, -25, float("nan"), float("inf")])
def test_a_senseless_rate_is_refused(tmp_path, expected):
    recording = record(tmp_path / "match.mp4", 10)
    with pytest.raises(RecutError, match="must be a positive number"):
        recut(recording, [Cut("a", 0, 5)], tmp_path, expected)


@pytest.mark.parametrize(
    ("cuts", "reason"),
    [
        ([Cut("a", -1, 5)], "cut 0 .a.: frames -1 <= i < 5 are no range"),
        ([Cut("b", 0, 5), Cut("a", 5, 5)], "cut 1 .a.: frames 5 <= i < 5 are no range"),
        ([Cut("a", 6, 5)], "are no range"),
        ([Cut("a", 0, 5), Cut("a", 7, 9)], "cut 1: the clip id a was given before"),
        ([Cut("../a", 0, 5)], "cut 0: '../a' is not a safe clip id"),
        ([Cut("", 0, 5)], "not a safe clip id"),
        ([Cut("match", 0, 5)], "would replace its own recording"),
    ],
)
def test_senseless_cuts_are_refused(tmp_path, cuts, reason):
    recording = record(tmp_path / "match.mp4", 10)
    before = recording.read_bytes()
    with pytest.raises(RecutError, match=reason) as caught:
        recut(recording, cuts, tmp_path, 25)
    assert "match.mp4" in str(caught.value)
    assert listing(tmp_path) == ["match.mp4"]
    assert recording.read_bytes() == before


def test_an_unreadable_recording(tmp_path):
    with pytest.raises(VideoError, match=r"match\.mp4: no such file"):
        recut(tmp_path / "match.mp4", [Cut("a", 0, 5)], tmp_path, 25)


@pytest.mark.parametrize("num_threads", [1, 3])
def test_damage_in_the_middle(tmp_path, num_threads):
    recording = record(tmp_path / "match.mp4", 120, g="12")
    damage(recording, 60, 61)
    out = tmp_path / "clips"
    cuts = [
        Cut("before", 0, 40),
        Cut("across", 30, 80),
        Cut("after", 90, 100),
        Cut("far", 110, 120),
    ]
    with pytest.raises(RecutError, match=r"match\.mp4: .* [12] corrupt packets up to here") as e:
        recut(recording, cuts, out, 25, num_threads=num_threads)
    assert "Not cut: across (frames 30 to 79), after (frames 90 to 99), far" in str(e.value)
    assert "before" not in str(e.value).split("Not cut:")[1].split(". Clips")[0]
    assert listing(out) == ["before.mp4"]
    assert numbers_of(out / "before.mp4") == list(range(40))


def test_damage_after_the_last_clip_does_not_matter(tmp_path):
    recording = record(tmp_path / "match.mp4", 120, g="12")
    damage(recording, 60, 61)
    recut(recording, [Cut("a", 5, 40)], tmp_path, 25)
    assert numbers_of(tmp_path / "a.mp4") == list(range(5, 40))


def test_damage_before_the_first_clip_matters(tmp_path):
    recording = record(tmp_path / "match.mp4", 60, g="12")
    damage(recording, 30, 30)
    out = tmp_path / "clips"
    with pytest.raises(RecutError, match=r"1 corrupt packets.*Not cut: a \(frames 50 to 54\)"):
        recut(recording, [Cut("a", 50, 55)], out, 25)
    assert listing(out) == []


def test_damage_at_the_end_is_told_from_a_short_recording(tmp_path):
    recording = record(tmp_path / "match.mp4", 60, bf="0")
    damage(recording, 58, 59)
    with pytest.raises(RecutError, match=r"stopped at frame 58: 2 corrupt packets"):
        recut(recording, [Cut("a", 50, 60)], tmp_path / "clips", 25)
    assert listing(tmp_path / "clips") == []


@pytest.mark.parametrize("seed", range(6))
def test_random_damage_never_shifts_a_kept_clip(tmp_path, seed):
    # Only key frames, so that damage to one shows in no other. A frame that the decoder patched up
    # keeps its number and shows another's picture; all others must show their own.
    recording = record(tmp_path / "match.mp4", 120, bf="0", g="1")
    rng = np.random.default_rng(seed)
    with av.open(str(recording)) as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.size]
    data = bytearray(recording.read_bytes())
    for position in rng.integers(places[30], places[-1], 40):
        data[position] ^= int(rng.integers(1, 256))
    recording.write_bytes(data)
    patched, report, before = set(), DecodeReport(), 0
    for frame in read_frames(recording, report=report):
        if report.concealed_frames > before:
            patched.add(frame.index)
        before = report.concealed_frames
    out = tmp_path / "clips"
    with pytest.raises(RecutError, match="cutting stopped at frame"):
        recut(recording, [Cut(str(index), index, index + 1) for index in range(120)], out, 25)
    kept = {int(name.removesuffix(".mp4")) for name in listing(out)}
    assert kept == set(range(len(kept)))
    assert len(kept) >= 29
    for number in kept - patched:
        assert numbers_of(out / f"{number}.mp4") == [number]


def test_frames_that_the_decoder_patched_up_are_told_of(tmp_path, read_log):
    recording = record(tmp_path / "match.mp4", 40, bf="0", g="1")
    with av.open(str(recording)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][20]
    data = bytearray(recording.read_bytes())
    half = packet.pos + packet.size // 2
    data[half : packet.pos + packet.size] = bytes(packet.pos + packet.size - half)
    recording.write_bytes(data)
    recut(recording, [Cut("a", 10, 30)], tmp_path, 25)
    assert "1 damaged frames before frame 30 were patched up" in read_log()
    shown = [frame.rgb for frame in read_frames(tmp_path / "a.mp4")]
    assert [number_of(rgb) for rgb in shown[:10] + shown[11:]] == [*range(10, 20), *range(21, 30)]


@pytest.mark.parametrize("where", ["inside", "before"])
def test_variable_frame_rate_is_refused(tmp_path, where):
    # A frame is missing at 20, so that all later ones are one late; the mean rate stays near 25.
    pts = [40 * index + 40 * (index >= 20) for index in range(60)]
    recording = record(tmp_path / "match.mkv", 60, pts=pts, time_base=Fraction(1, 1000))
    out = tmp_path / "clips"
    cuts = [Cut("early", 0, 20), {"inside": Cut("b", 10, 30), "before": Cut("b", 30, 40)}[where]]
    at = {"inside": 20, "before": 30}[where]
    with pytest.raises(RecutError, match=rf"frame {at} comes 1\.00 frames late") as caught:
        recut(recording, cuts, out, probe(recording).fps)
    assert "constant frame rate" in str(caught.value)
    assert "Not cut: b (frames" in str(caught.value)
    assert listing(out) == ["early.mp4"]
    assert numbers_of(out / "early.mp4") == list(range(20))


def test_times_beyond_the_last_clip_do_not_matter(tmp_path):
    pts = [40 * index + 400 * (index >= 20) for index in range(60)]
    recording = record(tmp_path / "match.mkv", 60, pts=pts, time_base=Fraction(1, 1000))
    recut(recording, [Cut("a", 3, 20)], tmp_path, 25)
    assert numbers_of(tmp_path / "a.mp4") == list(range(3, 20))


def test_jitter_below_half_a_frame_is_no_variable_rate(tmp_path):
    rng = np.random.default_rng(0)
    pts = [0, *(40 * index + int(rng.integers(-15, 16)) for index in range(1, 60))]
    recording = record(tmp_path / "match.mkv", 60, pts=pts, time_base=Fraction(1, 1000))
    recut(recording, [Cut("a", 3, 50)], tmp_path, 25)
    assert numbers_of(tmp_path / "a.mp4") == list(range(3, 50))


def test_a_stated_rate_that_is_only_a_mean_does_not_make_the_rate_variable(tmp_path):
    info = VideoInfo(tmp_path / "match.mp4", WIDTH, HEIGHT, 25.001, 500_000, 20_000.0, 0)

    def grid():
        return module._Grid(info, 25.0)

    def frame(index, time_s):
        return module.Frame(index, time_s, np.zeros((1, 1, 3), np.uint8))

    exact = grid()
    assert all(exact.check(frame(i, i / 25)) is None for i in range(0, 500_000, 1000))
    stated = grid()
    assert all(stated.check(frame(i, i / 25.001)) is None for i in range(0, 500_000, 1000))
    # One rate throughout: a recording must not keep to one first and to the other later.
    mixed = grid()
    assert mixed.check(frame(400_000, 400_000 / 25)) is None
    assert "frame 450000 comes 18.00 frames early" in mixed.check(frame(450_000, 450_000 / 25.001))


def test_a_failure_leaves_no_litter_and_keeps_old_clips(tmp_path, monkeypatch):
    recording = record(tmp_path / "match.mp4", 60)
    out = tmp_path / "clips"
    recut(recording, [Cut("b", 0, 10)], out, 25)
    before = (out / "b.mp4").read_bytes()

    def breaking(*args):
        for frame in read_frames(*args):
            if frame.index == 25:
                raise KeyboardInterrupt
            yield frame

    monkeypatch.setattr(module, "read_frames", breaking)
    with pytest.raises(KeyboardInterrupt):
        recut(recording, [Cut("a", 0, 25), Cut("b", 5, 50), Cut("c", 20, 30)], out, 25)
    assert listing(out) == ["a.mp4", "b.mp4"]
    assert numbers_of(out / "a.mp4") == list(range(25))
    assert (out / "b.mp4").read_bytes() == before


def test_a_clip_that_does_not_read_back_is_removed(tmp_path, monkeypatch):
    recording = record(tmp_path / "match.mp4", 30)
    out = tmp_path / "clips"
    written = []

    class Losing(VideoWriter):
        def write(self, rgb):
            written.append(self.path.name)
            if self.path.name != "b.mp4" or self.num_frames < 4:
                super().write(rgb)

    monkeypatch.setattr(module, "VideoWriter", Losing)
    with pytest.raises(RecutError, match=r"clip b does not read back.*found 4 frames") as caught:
        recut(recording, [Cut("a", 0, 5), Cut("b", 2, 12), Cut("c", 4, 20)], out, 25)
    assert "expected 10 frames at 25 fps" in str(caught.value)
    assert listing(out) == ["a.mp4"]


def test_existing_clips_are_kept_only_where_they_agree(tmp_path, read_log):
    recording = record(tmp_path / "match.mp4", 60)
    cuts = [Cut("good", 0, 10), Cut("short", 5, 20), Cut("rate", 8, 18), Cut("broken", 9, 29)]
    first = recut(recording, cuts, tmp_path, 25)
    for name, num, fps in (("short", 14, 25), ("rate", 10, 30)):
        with VideoWriter(tmp_path / f"{name}.mp4", fps, WIDTH, HEIGHT) as writer:
            for _ in range(num):
                writer.write(barcode(0))
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    kept = (tmp_path / "good.mp4").stat()
    read_log()
    assert recut(recording, cuts, tmp_path, 25, skip_existing=True) == first
    said = read_log()
    assert "1 of 4 clips are there already" in said
    assert said.count("cutting it anew") == 3
    now = (tmp_path / "good.mp4").stat()
    assert (now.st_ino, now.st_mtime_ns) == (kept.st_ino, kept.st_mtime_ns)
    for cut in cuts:
        assert numbers_of(tmp_path / f"{cut.clip_id}.mp4") == list(
            range(cut.first_frame, cut.end_frame)
        )
    recut(recording, cuts, tmp_path, 25)
    assert (tmp_path / "good.mp4").stat().st_ino != kept.st_ino


def test_check_clip_agrees(tmp_path):
    for name in ("a.mp4", "a.mkv"):
        path = record(tmp_path / name, 40)
        for count in (False, True):
            assert check_clip(path, 40, 25, count=count) is None
            assert check_clip(path, 40, 25.02, (WIDTH, HEIGHT), count) is None
            assert check_clip(path, 42, 25, count=count, slack_frames=2) is None


def test_check_clip_says_what_differs(tmp_path):
    path = record(tmp_path / "a.mp4", 40)
    said = check_clip(path, 41, 25)
    assert said.startswith(f"{path}: found 40 frames at 25 fps, expected 41 frames at 25 fps; ")
    assert "fetch it again" in said
    said = check_clip(path, 40, 30)
    assert "expected 40 frames at 30 fps; obtain the version with that rate" in said
    said = check_clip(path, 40, 25, (WIDTH, 64))
    assert "found 40 frames at 25 fps (128x32), expected 40 frames at 25 fps (128x64); " in said
    said = check_clip(path, 43, 24, (64, 64), slack_frames=2)
    assert "rate" in said
    assert "size" in said
    assert "fetch" in said
    assert "\n" not in said


def test_check_clip_counts_where_nothing_is_declared(tmp_path):
    # The last frame comes late, so that the duration suggests more frames than there are.
    pts = [*(40 * index for index in range(39)), 4000]
    path = record(tmp_path / "a.mkv", 40, pts=pts, time_base=Fraction(1, 1000))
    info = probe(path)
    assert info.declared_frames == 40
    assert info.duration_s * info.fps > 50
    assert check_clip(path, 40, info.fps) is None
    assert "found 40 frames" in check_clip(path, 101, info.fps)


def test_check_clip_of_what_cannot_be_read(tmp_path):
    path = tmp_path / "a.mp4"
    said = check_clip(path, 40, float(NTSC), (640, 360))
    assert said.startswith(f"{path}: missing, expected 40 frames at 29.97 fps (640x360); ")
    path.write_bytes(b"no video")
    with pytest.raises(VideoError) as caught:
        probe(path)
    assert check_clip(path, 40, 25) == str(caught.value)

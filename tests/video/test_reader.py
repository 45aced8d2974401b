"""The reader: sound, odd and damaged videos, and which frame is the previous one."""

import time
from fractions import Fraction

import av
import numpy as np
import pytest

from vpdlib.video import survey
from vpdlib.video.reader import DecodeReport, VideoError, probe, read_frames
from vpdlib.video.writer import VideoWriter


def textured(num, height=96, width=128, seed=0):
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 255, (height // 8, width // 8 + num, 3), dtype=np.uint8)
    return [np.kron(base[:, i : i + width // 8], np.ones((8, 8, 1), np.uint8)) for i in range(num)]


def write(path, frames, fps=25.0):
    with VideoWriter(path, fps, frames[0].shape[1], frames[0].shape[0]) as writer:
        for frame in frames:
            writer.write(frame)
    return path


def encode(path, frames, codec="libx264", pix_fmt="yuv420p", pts=None, time_base=None, **options):
    with av.open(str(path), "w", options=options.pop("container", {})) as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height = frames[0].shape[1], frames[0].shape[0]
        stream.pix_fmt = pix_fmt
        if time_base:
            stream.codec_context.time_base = time_base
        for index, rgb in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            frame.pts = index if pts is None else pts[index]
            frame.time_base = time_base or Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_sound_video(tmp_path):
    frames = textured(30)
    path = write(tmp_path / "a.mp4", frames, 50)
    info = probe(path)
    assert (info.width, info.height, info.fps, info.declared_frames) == (128, 96, 50.0, 30)
    assert (info.rotation, info.duration_s) == (0, pytest.approx(0.6))
    report = DecodeReport()
    read = list(read_frames(path, num_threads=2, report=report))
    assert [frame.index for frame in read] == list(range(30))
    np.testing.assert_allclose([frame.time_s for frame in read], np.arange(30) / 50, atol=1e-9)
    assert (report.decoded, report.declared, report.flags) == (30, 30, ())
    error = np.abs(read[7].rgb.astype(int) - frames[7])
    assert error.mean() < 25
    assert np.abs(read[7].rgb.astype(int) - frames[20]).mean() > 40


def with_sound(path, frames, codec, sound, sound_s, rate=25):
    """A video whose sound track lasts ``sound_s``, however long the pictures do."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=rate)
        video.width, video.height = frames[0].shape[1], frames[0].shape[0]
        video.pix_fmt = "yuv420p"
        audio = container.add_stream(sound, rate=48000)
        for rgb in frames:
            container.mux(video.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(video.encode(None))
        for start in range(0, round(sound_s * 48000), 960):
            heard = av.AudioFrame.from_ndarray(np.zeros((2, 960), np.float32), "fltp", "stereo")
            heard.sample_rate, heard.pts = 48000, start
            container.mux(audio.encode(heard))
        container.mux(audio.encode(None))
    return path


def assert_counted(path, num, duration_s):
    """The probe states the pictures that there are, and decoding finds no fault."""
    info, report = probe(path), DecodeReport()
    assert len(list(read_frames(path, report=report))) == num
    assert (info.declared_frames, info.declared_is_estimate) == (num, False)
    assert info.duration_s == pytest.approx(duration_s, abs=1.1e-3)
    assert (report.declared, report.declared_is_estimate, report.flags) == (num, False, ())


def test_matroska_is_counted(tmp_path):
    assert_counted(write(tmp_path / "a.mkv", textured(30)), 30, 1.2)
    assert_counted(write(tmp_path / "ntsc.mkv", textured(61), 30000 / 1001), 61, 61 * 1.001 / 30)


@pytest.mark.parametrize(
    ("name", "codec", "sound"),
    [("a.mkv", "libx264", "aac"), ("a.webm", "libvpx", "libopus"), ("a.mp4", "libx264", "aac")],
)
def test_a_longer_sound_track_makes_no_frames(tmp_path, name, codec, sound):
    frames = [np.kron(f, np.ones((2, 2, 1), np.uint8)) for f in textured(50, 32, 32)]
    assert_counted(with_sound(tmp_path / name, frames, codec, sound, 3), 50, 2)


def test_a_live_recording_without_duration(tmp_path):
    path = encode(tmp_path / "live.mkv", textured(50), container={"live": "1"})
    with av.open(str(path)) as container:
        assert container.duration is None
    assert_counted(path, 50, 2)


def test_a_recording_that_starts_late_lasts_from_its_first_frame(tmp_path):
    path = encode(
        tmp_path / "late.mkv",
        textured(25),
        pts=[7000 + 40 * index for index in range(25)],
        time_base=Fraction(1, 1000),
    )
    assert_counted(path, 25, 1)


def test_hidden_frames_of_vp8_are_not_counted(tmp_path):
    plain = encode(tmp_path / "a.webm", textured(20), codec="libvpx")
    with (
        av.open(str(plain)) as container,
        av.open(str(tmp_path / "hidden.webm"), "w") as copy,
    ):
        stream = copy.add_stream_from_template(container.streams.video[0])
        for number, packet in enumerate(container.demux(video=0)):
            if not packet.size:
                continue
            data = bytearray(packet)
            if number in (5, 12):
                data[0] &= ~0x10  # show_frame
            changed = av.Packet(bytes(data))
            changed.pts, changed.dts, changed.time_base = packet.pts, packet.dts, packet.time_base
            changed.is_keyframe, changed.stream = packet.is_keyframe, stream
            copy.mux(changed)
    assert_counted(tmp_path / "hidden.webm", 18, 0.8)


def test_a_program_stream_is_counted(tmp_path):
    path = encode(tmp_path / "a.mpg", textured(50), codec="mpeg2video")
    assert probe(path).declared_frames == 50


@pytest.mark.parametrize("sound", [False, True])
def test_a_matroska_file_that_breaks_off_is_refused(tmp_path, sound):
    path = tmp_path / "a.mkv"
    frames = textured(100)
    if sound:
        with_sound(path, frames, "libx264", "aac", 4)
    else:
        encode(path, frames)
    data = path.read_bytes()
    (tmp_path / "half.mkv").write_bytes(data[: len(data) // 2])
    with pytest.raises(VideoError, match=r"half\.mkv: is truncated: its header states 4") as caught:
        probe(tmp_path / "half.mkv")
    assert "fetch it again" in str(caught.value)


def test_an_mp4_is_not_read_to_its_end(tmp_path, monkeypatch):
    path = write(tmp_path / "a.mp4", textured(30))
    monkeypatch.setattr(survey, "read_stamps", None)
    assert probe(path).declared_frames == 30
    avi = encode(tmp_path / "a.avi", textured(30), codec="mpeg4")
    assert probe(avi).declared_frames == 30


@pytest.mark.parametrize("degrees", [90, 180, -90])
def test_rotation_is_applied(tmp_path, degrees):
    upright = np.zeros((96, 64, 3), np.uint8)
    upright[:20, :20] = 255  # a white top left corner
    stored = np.ascontiguousarray(np.rot90(upright, -degrees // 90))
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = stored.shape[1], stored.shape[0], "yuv420p"
        stream.set_display_rotation(degrees)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(stored, format="rgb24")))
        container.mux(stream.encode(None))
    info = probe(tmp_path / "a.mp4")
    assert (info.width, info.height, info.rotation) == (64, 96, degrees % 360)
    rgb = next(read_frames(tmp_path / "a.mp4")).rgb
    assert rgb.shape == (96, 64, 3)
    assert np.abs(rgb.astype(int) - upright).mean() < 5


def test_variable_frame_rate_keeps_its_times(tmp_path):
    pts = [0, 40, 80, 200, 220, 500]
    path = encode(tmp_path / "a.mkv", textured(6), pts=pts, time_base=Fraction(1, 1000))
    times = [frame.time_s for frame in read_frames(path)]
    np.testing.assert_allclose(times, np.array(pts) / 1000, atol=2e-3)


def test_ten_bit_and_one_pixel(tmp_path):
    frames = textured(4)
    path = encode(tmp_path / "ten.mkv", frames, codec="ffv1", pix_fmt="yuv420p10le")
    rgb = next(read_frames(path)).rgb
    assert rgb.dtype == np.uint8
    assert np.abs(rgb.astype(int) - frames[0]).mean() < 25
    dot = np.full((1, 1, 3), 200, np.uint8)
    path = encode(tmp_path / "dot.mkv", [dot] * 3, codec="ffv1", pix_fmt="bgr0")
    assert [frame.rgb.tolist() for frame in read_frames(path)] == [[[[200, 200, 200]]]] * 3


def test_what_is_no_video_is_refused_by_name(tmp_path):
    (tmp_path / "text.mp4").write_text("not a video " * 100)
    (tmp_path / "empty.mp4").write_bytes(b"")
    write(tmp_path / "a.mp4", textured(30))
    data = (tmp_path / "a.mp4").read_bytes()
    (tmp_path / "away.mp4").symlink_to("/nowhere/a.mp4")
    (tmp_path / "half.mp4").write_bytes(data[: len(data) // 2])
    (tmp_path / "head.mp4").write_bytes(bytes(64) + data[64:])
    with av.open(str(tmp_path / "sound.m4a"), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 2048), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    reasons = {
        "missing.mp4": "no such file",
        "away.mp4": "is a link to /nowhere/a.mp4, which is not there; mount the disk",
        "text.mp4": "cannot be opened",
        "empty.mp4": "cannot be opened",
        "half.mp4": "cannot be opened",
        "head.mp4": "cannot be opened|no frame could be decoded",
        "sound.m4a": "no video stream .it holds audio",
    }
    for name, reason in reasons.items():
        start = time.monotonic()
        with pytest.raises(VideoError, match=reason) as caught:
            probe(tmp_path / name)
        assert name in str(caught.value)
        assert time.monotonic() - start < 5
        with pytest.raises(VideoError, match=name):
            next(read_frames(tmp_path / name))


def test_half_a_download_with_its_index_first(tmp_path):
    path = encode(tmp_path / "a.mp4", textured(40), container={"movflags": "faststart"})
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    (tmp_path / "half.mp4").write_bytes(data[: len(data) // 2])
    with pytest.raises(VideoError, match=r"half\.mp4: is truncated"):
        probe(tmp_path / "half.mp4")


def test_no_frames(tmp_path):
    with av.open(str(tmp_path / "none.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    with pytest.raises(VideoError, match=r"none.mkv: (no frame could be decoded|cannot be opened)"):
        probe(tmp_path / "none.mkv")


@pytest.mark.parametrize("seed", range(4))
def test_flipped_bytes_are_counted_not_fatal(tmp_path, seed):
    path = write(tmp_path / "a.mp4", textured(60))
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    start = data.index(b"mdat") + 4
    end = len(data) - 2500 if data.index(b"moov") > start else len(data)
    start += (end - start) // 5  # the first picture stays, so that the probe passes
    for position in rng.integers(start, end, 200):
        data[position] ^= int(rng.integers(1, 256))
    (tmp_path / "bad.mp4").write_bytes(bytes(data))
    report = DecodeReport()
    read = list(read_frames(tmp_path / "bad.mp4", report=report))
    assert report.decoded == len(read) > 0
    assert report.declared == 60
    assert (np.diff([frame.time_s for frame in read]) > 0).all()
    assert report.corrupt_packets + report.concealed_frames > 0
    assert report.flags

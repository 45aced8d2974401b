"""Rows 4, 5, 6 and 18: videos that are broken, odd or interlaced, in the real run."""

import time
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from tests.workflow.conftest import SETTINGS
from vpdlib.artifacts import read_artifact
from vpdlib.datasets.tables import read_problems, read_videos
from vpdlib.video.reader import DecodeReport, VideoError, probe, read_frames
from vpdlib.video.writer import VideoWriter

#: So many shards that the two videos of `mine` are in two of them.
APART = {**SETTINGS, "num_shards": 5}
LISTS = ["results/mine/shards/0000.csv", "results/mine/shards/0001.csv"]


def write_moving(path, num_frames=50, width=64, height=48):
    """A bright bar that moves by a pixel a frame."""
    with VideoWriter(path, 25.0, width, height) as video:
        for number in range(num_frames):
            video.write(bar(number, width, height))


def bar(number, width=64, height=48):
    picture = np.full((height, width, 3), 40, np.uint8)
    picture[:, number % width : number % width + 6] = 220
    return picture


def encode(path, codec, frames, rate=25, pix_fmt="yuv420p", options=None, times=None, rotate=0):
    """Frames (H, W, 3), each with its time in ticks of 1/1000 s where given."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number, rgb in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=pix_fmt)
            if times is not None:
                frame.pts, frame.time_base = times[number], Fraction(1, 1000)
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)


def half_downloaded(path):
    """Four seconds of noise, of which two are there."""
    whole = path.with_name("whole.mkv")
    rng = np.random.default_rng(0)
    encode(whole, "libx264", list(rng.integers(0, 255, (100, 48, 64, 3), np.uint8)))
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    whole.unlink()


def header_damaged(path):
    write_moving(path)
    content = bytearray(path.read_bytes())
    content[:64] = bytes(64)
    path.write_bytes(content)


@pytest.mark.faults
@pytest.mark.workflow
@pytest.mark.parametrize(
    ("name", "damage"), [("b.mkv", half_downloaded), ("b.mp4", header_damaged)]
)
def test_4_a_broken_video_stops_itself_alone(mine, name, damage):
    mine.write_dataset("mine", APART)
    videos = mine.folder / "data" / "videos"
    (videos / "b.mp4").unlink()
    damage(videos / name)
    began = time.monotonic()
    with pytest.raises(VideoError, match=name):
        probe(videos / name)
    took_s = time.monotonic() - began
    # As it stands, the others are finished with --keep-going ...
    done = mine.run("--keep-going", "--", *LISTS)
    assert done.returncode != 0
    assert name in done.stdout
    assert "videos cannot be used" in done.stdout
    assert [row.video for row in read_videos(mine.folder / LISTS[0])] == ["a"]
    assert not (mine.folder / LISTS[1]).exists()
    # ... and with the tolerant setting without it, and the broken one is listed.
    mine.write_dataset("mine", {**APART, "on_bad_video": "skip"})
    # (From there into results/mine/problems.csv: tests/workflow/test_problems.py.)
    listed = LISTS[1].replace(".csv", ".problems.csv")
    done = mine.run("results/mine/dataset/actions.csv", listed)
    assert done.returncode == 0, done.stdout[-4000:]
    (row,) = read_problems(mine.folder / listed)
    assert row.video == "b"
    print(f"{name}: refused after {took_s:.2f} s: {row.problem}")
    assert took_s < 5
    assert name in row.problem


@pytest.mark.faults
@pytest.mark.workflow
def test_5_flipped_bytes_in_the_payload_are_flagged(mine):
    """What cannot be decoded is passed over, what the decoder patched is kept, and both are counted and said."""
    path = mine.folder / "data" / "videos" / "a.mp4"
    rng = np.random.default_rng(0)
    with VideoWriter(path, 25.0, 64, 48) as video:
        for _ in range(150):
            video.write(rng.integers(0, 255, (48, 64, 3), np.uint8))
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 4
    # Behind the first picture, without which there is no video.
    places = rng.integers(start + len(content) // 10, content.index(b"moov"), 2000)
    for place in places:
        content[place] ^= int(rng.integers(1, 256))
    path.write_bytes(content)
    report = DecodeReport()
    times = np.array([frame.time_s for frame in read_frames(path, report=report)])
    assert (np.diff(times) > 0).all()
    assert report.declared == 150
    assert report.flags
    done = mine.run(
        "--keep-going", "--", "results/mine/people/0000.h5", "results/mine/people/0001.h5"
    )
    assert done.returncode == 0, done.stdout[-4000:]
    for shard in ("0000", "0001"):
        with read_artifact(mine.folder / f"results/mine/people/{shard}.h5", "people") as artifact:
            if "a" in artifact:
                found = artifact["a"].attributes
    print(f"2000 bytes flipped: {found['flags']}")
    assert found["declared_frames"] == 150
    assert found["flags"] == "; ".join(report.flags)
    logs = mine.folder.glob("results/mine/logs/detect_people/*.log")
    assert any(report.flags[0] in log.read_text() for log in logs)


def odd_videos(folder):
    """Name -> whether it can be used."""
    frames = [bar(number) for number in range(20)]
    times = [40 * n for n in range(10)] + [400 + 80 * n for n in range(10)]
    encode(folder / "variable.mkv", "libx264", frames, times=times)
    encode(
        folder / "ten_bit.mp4",
        "libx265",
        frames,
        pix_fmt="yuv420p10le",
        options={"x265-params": "log-level=0"},
    )
    encode(folder / "odd.mkv", "ffv1", [f[:47, :63] for f in frames], pix_fmt="bgr0")
    encode(folder / "one_pixel.mkv", "ffv1", [f[:1, :1] for f in frames], pix_fmt="bgr0")
    encode(folder / "plain.mp4", "libx264", frames)
    rotate(folder / "plain.mp4", folder / "rotated.mp4")
    with av.open(str(folder / "no_frame.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    with av.open(str(folder / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 48000), np.float32), "fltp", "mono")
        frame.sample_rate = 48000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    bad = {"no_frame", "sound"}
    return {path.stem: path.stem not in bad for path in sorted(folder.iterdir())}


def rotate(source, target):
    """Write a quarter turn into the track's matrix, as a phone does; the matrix lies in `tkhd`."""
    content = bytearray(source.read_bytes())
    place = content.index(b"tkhd") + 4 + 40
    rotated = [0, 1 << 16, 0, -(1 << 16) & 0xFFFFFFFF, 0, 0, 48 << 16, 0, 1 << 30]
    content[place : place + 36] = b"".join(value.to_bytes(4, "big") for value in rotated)
    target.write_bytes(content)


@pytest.mark.faults
@pytest.mark.workflow
def test_6_odd_videos_are_handled_or_refused_by_name(mine):
    videos = mine.folder / "data" / "videos"
    expected = odd_videos(videos) | {"a": True, "b": True}
    mine.write_dataset("mine", {**SETTINGS, "num_shards": 1, "on_bad_video": "skip"})
    done = mine.run(LISTS[0], "results/mine/shards/0000.problems.csv")
    assert done.returncode == 0, done.stdout[-4000:]
    listed = {row.video: row for row in read_videos(mine.folder / LISTS[0])}
    problems = read_problems(mine.folder / "results/mine/shards/0000.problems.csv")
    refused = {row.video: row.problem for row in problems}
    print(f"{len(listed)} handled, {len(refused)} refused by name")
    assert {name: name in listed for name in expected} == expected
    assert refused.keys() == {name for name, usable in expected.items() if not usable}
    for name, problem in refused.items():
        assert name in problem
    for name, row in listed.items():
        frames = list(read_frames(row.path))
        times = np.array([frame.time_s for frame in frames])
        assert (np.diff(times) > 0).all(), name
        assert {frame.rgb.shape for frame in frames} == {(row.height, row.width, 3)}, name
        assert len(frames) == row.declared_frames, name
    assert (listed["rotated"].width, listed["rotated"].height) == (48, 64)
    assert (listed["one_pixel"].width, listed["one_pixel"].height) == (1, 1)


def fields(first, second):
    """A picture whose even lines are of one moment and odd lines of the next."""
    picture = first.copy()
    picture[1::2] = second[1::2]
    return picture


@pytest.mark.faults
@pytest.mark.workflow
@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("c.mpg", "mpeg2video", {"flags": "+ildct+ilme", "top": "1", "b": "4M"}),
        ("c.mp4", "libx264", {"x264-params": "tff=1", "crf": "10"}),
    ],
)
def test_18_interlaced_recordings_are_deinterlaced_and_said(mine, name, codec, options):
    """25 pictures a second of 50 fields; the bar moves four pixels from one field to the next."""
    moments = [np.roll(bar(0, 128, 96), 4 * number, axis=1) for number in range(50)]
    pictures = [fields(*moments[n : n + 2]) for n in range(0, 50, 2)]
    videos = mine.folder / "data" / "videos"
    encode(videos / name, codec, pictures, options=options)
    found = {}
    for setting in ("auto", "never"):
        adapter = {**SETTINGS["adapter"], "deinterlace": setting}
        mine.write_dataset("mine", {**SETTINGS, "num_shards": 1, "adapter": adapter})
        done = mine.run(LISTS[0])
        assert done.returncode == 0, done.stdout[-4000:]
        log = (mine.folder / "results/mine/logs/list_videos/0000.log").read_text()
        assert f"{name}: is interlaced" in log
        (row,) = [row for row in read_videos(mine.folder / LISTS[0]) if row.video == "c"]
        assert row.fps == 25
        assert row.declared_frames == 25
        assert row.duration_s == pytest.approx(1.0, abs=0.05)
        frames = list(read_frames(row.path, deinterlace=setting))
        times = [frame.time_s for frame in frames]
        np.testing.assert_allclose(np.diff(times), 0.04, atol=1e-3)
        # None is frozen, and lines are torn where they are let.
        assert all((a.rgb != b.rgb).any() for a, b in pairwise(frames))
        found[setting] = np.mean([combing(frame.rgb) for frame in frames[2:-2]])
    print(f"{name}: torn lines {found}")
    assert found["auto"] < 0.3 * found["never"]


def combing(rgb):
    """How far lines differ from the mean of their neighbours."""
    grey = rgb.mean(axis=2)
    return np.abs(grey[1:-1] - (grey[:-2] + grey[2:]) / 2).mean()

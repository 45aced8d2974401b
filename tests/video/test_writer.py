"""The writer: size, rate, content, and nothing left at the path after a failure."""

import av
import numpy as np
import pytest

from vpdlib.video.reader import probe, read_frames
from vpdlib.video.writer import VideoWriter


def write(path, frames, fps=25.0):
    height, width = frames[0].shape[:2]
    with VideoWriter(path, fps, width, height) as writer:
        for frame in frames:
            writer.write(frame)


def grey(level, height=48, width=64):
    return np.full((height, width, 3), level, np.uint8)


def test_round_trip(tmp_path):
    levels = list(range(20, 220, 20))
    write(tmp_path / "new" / "a.mp4", [grey(level) for level in levels])
    with av.open(str(tmp_path / "new" / "a.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
    read = [int(np.median(frame.rgb)) for frame in read_frames(tmp_path / "new" / "a.mp4")]
    assert len(read) == len(levels)
    assert np.abs(np.array(read) - levels).max() <= 4


@pytest.mark.parametrize(("fps", "expected"), [(25, 25.0), (30000 / 1001, 29.97), (59.94, 59.94)])
def test_rate(tmp_path, fps, expected):
    write(tmp_path / "a.mp4", [grey(0)] * 5, fps)
    assert probe(tmp_path / "a.mp4").fps == pytest.approx(expected, abs=1e-2)


def test_odd_size_is_padded_by_one_pixel(tmp_path):
    write(tmp_path / "a.mp4", [grey(100, 47, 63)] * 3)
    frame = next(read_frames(tmp_path / "a.mp4"))
    assert frame.rgb.shape == (48, 64, 3)
    assert np.abs(frame.rgb[-1, -1].astype(int) - 100).max() <= 4


def test_a_failure_keeps_the_old_file_and_leaves_no_litter(tmp_path):
    path = tmp_path / "a.mp4"
    write(path, [grey(0)] * 3)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="frame 1 is"):
        write(path, [grey(1), grey(1, 40)])
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match="no frame"), VideoWriter(path, 25, 64, 48):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.mp4"]


def test_wrong_frames_and_settings_are_refused(tmp_path):
    with (
        pytest.raises(ValueError, match="frame 0 is uint8"),
        VideoWriter(tmp_path / "a.mp4", 25, 64, 48) as writer,
    ):
        writer.write(grey(0, 40, 64))
    with pytest.raises(ValueError, match="positive size"):
        VideoWriter(tmp_path / "a.mp4", 25, 0, 48)
    with pytest.raises(ValueError, match="frames per second"):
        VideoWriter(tmp_path / "a.mp4", 0, 64, 48)
    with pytest.raises(ValueError, match="not open"):
        VideoWriter(tmp_path / "a.mp4", 25, 64, 48).write(grey(0))


def test_frames_may_have_times_of_their_own(tmp_path):
    times = [0.5, 0.52, 0.9, 2.0]
    with VideoWriter(tmp_path / "a.mp4", 25, 64, 48, own_times=True) as writer:
        for time_s in times:
            writer.write(np.zeros((48, 64, 3), np.uint8), time_s)
        with pytest.raises(ValueError, match="not after the one before"):
            writer.write(np.zeros((48, 64, 3), np.uint8), 2.0)
        with pytest.raises(ValueError, match="has no time"):
            writer.write(np.zeros((48, 64, 3), np.uint8))
    read = [frame.time_s for frame in read_frames(tmp_path / "a.mp4")]
    np.testing.assert_allclose(read, times, atol=1e-4)
    with VideoWriter(tmp_path / "b.mp4", 25, 64, 48) as writer:
        writer.write(np.zeros((48, 64, 3), np.uint8))
        with pytest.raises(ValueError, match="constant rate"):
            writer.write(np.zeros((48, 64, 3), np.uint8), 0.04)


def test_a_file_may_be_finished_before_the_block_is_left(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", 25, 64, 48) as writer:
        writer.write(grey(0))
        writer.finish()
        assert (tmp_path / "a.mp4").is_file()
        with pytest.raises(ValueError, match="not open"):
            writer.write(grey(0))
    with VideoWriter(tmp_path / "b.mp4", 25, 64, 48) as writer:
        writer.write(grey(0))
        writer.finish()
        # What fails later takes back nothing.
        writer.__exit__(RuntimeError)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_a_file_for_players_says_how_colours_are_coded(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    red = np.tile(np.array([220, 40, 40], np.uint8), (48, 64, 1))
    with VideoWriter(path, 25, 64, 48, for_players=True) as writer:
        for _ in range(5):
            writer.write(red)
    data = path.read_bytes()
    if ending == "mp4":
        assert 0 < data.find(b"moov") < data.find(b"mdat")
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        # BT.601, from 16 to 235.
        assert (context.colorspace, context.color_range) == (6, 1)
    for frame in read_frames(path):
        assert np.abs(frame.rgb.astype(int) - red).max() <= 3

"""Which files are videos: all containers that the reader reads with their times; what may be one besides is named."""

import os

import av
import numpy as np
import pytest

from vpdlib.datasets.video_files import (
    VIDEO_SUFFIXES,
    files_not_taken,
    find_videos,
    problems_of_files,
    remedy,
    video_files,
)
from vpdlib.video.reader import probe, read_frames

#: Ending -> container and codec, as cameras and programs write them.
WRITTEN = {
    "mp4": ("mp4", "libx264"),
    "m4v": ("mp4", "libx264"),
    "mov": ("mov", "libx264"),
    "qt": ("mov", "mjpeg"),
    "mj2": ("mov", "mjpeg"),
    "3gp": ("3gp", "mpeg4"),
    "3g2": ("3g2", "mpeg4"),
    "f4v": ("f4v", "libx264"),
    "ismv": ("ismv", "libx264"),
    "mkv": ("matroska", "libx264"),
    "mk3d": ("matroska", "libx264"),
    "webm": ("webm", "libvpx"),
    "avi": ("avi", "mpeg4"),
    "divx": ("avi", "mpeg4"),
    "wmv": ("asf", "wmv2"),
    "asf": ("asf", "msmpeg4"),
    "flv": ("flv", "libx264"),
    "mts": ("mpegts", "libx264"),
    "m2ts": ("mpegts", "libx264"),
    "m2t": ("mpegts", "mpeg2video"),
    "ts": ("mpegts", "libx264"),
    "trp": ("mpegts", "mpeg2video"),
    "tod": ("mpegts", "mpeg2video"),
    "mpg": ("vob", "mpeg2video"),
    "mpeg": ("vob", "mpeg2video"),
    "mpe": ("vob", "mpeg2video"),
    "m2p": ("vob", "mpeg2video"),
    "vob": ("vob", "mpeg2video"),
    "mod": ("vob", "mpeg2video"),
    "mxf": ("mxf", "mpeg2video"),
    "ogv": ("ogg", "libvpx"),
    "ogm": ("ogg", "libvpx"),
    "rm": ("rm", "rv10"),
    "rmvb": ("rm", "rv10"),
    "wtv": ("wtv", "mpeg2video"),
    "nut": ("nut", "mpeg4"),
    "y4m": ("yuv4mpegpipe", "rawvideo"),
    "ivf": ("ivf", "libvpx"),
}


def write(path, container, codec, rate=50, num_frames=20, size=(176, 144)):
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for number in range(num_frames):
            rgb = np.full((size[1], size[0], 3), 60, np.uint8)
            rgb[:, : 8 * number] = 200
            file.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        file.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("suffix", sorted(WRITTEN))
def test_what_is_taken_is_read_with_its_times(tmp_path, suffix):
    path = write(tmp_path / f"a.{suffix.upper()}", *WRITTEN[suffix])
    assert [s.path for s in find_videos(tmp_path, "adapter.videos")] == [path]
    assert files_not_taken(tmp_path) == []
    assert probe(path).fps == pytest.approx(50)
    times = [frame.time_s for frame in read_frames(path)]
    assert times == pytest.approx(np.arange(20) / 50, abs=2e-3)


def test_digital_video_is_taken(tmp_path):
    path = write(tmp_path / "a.dv", "dv", "dvvideo", rate=25, size=(720, 576))
    assert video_files(tmp_path) == [path]
    assert [f.time_s for f in read_frames(path)] == pytest.approx(np.arange(20) / 25, abs=2e-3)


def test_every_ending_is_tried():
    assert {f".{suffix}" for suffix in [*WRITTEN, "dv"]} == VIDEO_SUFFIXES


@pytest.mark.parametrize(
    ("suffix", "container", "codec"),
    [("h264", "h264", "libx264"), ("m2v", "mpeg2video", "mpeg2video"), ("mjpeg", "mjpeg", "mjpeg")],
)
def test_raw_streams_are_named_since_they_state_no_times(tmp_path, suffix, container, codec):
    path = write(tmp_path / f"a.{suffix}", container, codec)
    assert (video_files(tmp_path), files_not_taken(tmp_path)) == ([], [path])
    assert "with -r and its rate" in remedy(path)


@pytest.mark.parametrize(
    "content",
    [
        b"export const answer: number = 42;\n" * 50,
        b'<?xml version="1.0"?><TS version="2.1"></TS>' * 50,
        b"G" * 150,
        b"",
        bytes(20000),
    ],
)
def test_what_is_called_ts_and_is_no_stream_is_named(tmp_path, content):
    path = tmp_path / "a.ts"
    path.write_bytes(content)
    assert files_not_taken(tmp_path) == [path]
    assert video_files(tmp_path) == []


@pytest.mark.parametrize(("suffix", "packet"), [("ts", 188), ("ts", 192), ("ts", 204)])
def test_a_stream_is_known_wherever_it_was_cut(tmp_path, suffix, packet):
    whole = write(tmp_path / "whole.mts", "mpegts", "libx264").read_bytes()
    packets = [
        whole[at : at + 188] for at in range(0, len(whole), 192 if whole[0] != 0x47 else 188)
    ]
    path = tmp_path / f"cut.{suffix}"
    lead, tail = (bytes(4), b"") if packet == 192 else (b"", bytes(packet - 188))
    path.write_bytes(b"".join(lead + p + tail for p in packets)[100:])
    assert path in video_files(tmp_path)


COMPANIONS = [
    "labels.csv",
    "notes.txt",
    "NOTES.TXT",
    "a.json",
    "a.JPG",
    "a.png",
    "a.srt",
    "a.vtt",
    "a.xml",
    "a.THM",
    "a.md",
    "a.npz",
    "a.h5",
    "a.pkl",
    "a.wav",
    "a.eaf",
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
    "._a.mp4",
    "._a.lrv",
    ".hidden.mp4",
    ".trash/a.braw",
    ".Trash-1000/files/old_take.mp4",
    "day/.cache/a.mp4",
    "day/.hidden",
]
MEANT = [
    "a.braw",
    "b.R3D",
    "c.insv",
    "d.LRV",
    "e.mp4.part",
    "f.mp4.crdownload",
    "g.MP4~",
    "h",
    "day/i.unknown",
    "j.mp4.download",
    "k.gif",
    "l.zip",
    "m.h265",
]


def test_what_may_be_a_video_is_named_and_companions_are_not(tmp_path):
    for name in [*COMPANIONS, *MEANT, "n.mp4"]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(b"\x00\xff\x10" * 50)
    for name in ("empty.part", "README", "LICENSE", "list.m3u8", "script.lua"):
        (tmp_path / name).write_text("" if name == "empty.part" else "Dies ist ein Täxt.\n" * 2000)
    found = files_not_taken(tmp_path)
    assert found == sorted(tmp_path / name for name in [*MEANT, "empty.part"])
    assert video_files(tmp_path) == [tmp_path / "n.mp4"]
    assert video_files(tmp_path) == [tmp_path / "n.mp4"]
    rows = problems_of_files(tmp_path)
    assert [row.video for row in rows] == [str(path.relative_to(tmp_path)) for path in found]
    assert {(row.stage, row.start, row.end) for row in rows} == {("prepare_dataset", "", "")}
    assert all("ffmpeg -i" in row.remedy for row in rows)


def test_files_that_cannot_be_looked_into_do_not_stop_the_rest(tmp_path):
    os.symlink(tmp_path / "nowhere", tmp_path / "gone.braw")
    os.symlink(tmp_path / "nowhere", tmp_path / "gone.ts")
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "pipe.ts")
    assert files_not_taken(tmp_path) == [tmp_path / n for n in ("gone.braw", "pipe", "pipe.ts")]
    # What is not there is named by the reader.
    assert video_files(tmp_path) == [tmp_path / "gone.ts"]


def test_names_in_other_encodings_can_be_written(tmp_path):
    path = os.fsencode(tmp_path) + b"/M\xfcnchen.lrv"
    with open(path, "wb") as stream:
        stream.write(b"\0\xff")
    (row,) = problems_of_files(tmp_path)
    assert row.video == "M\\xfcnchen.lrv"
    row.remedy.encode("utf-8")


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("a.braw", "ffmpeg -i a.braw -c copy a.mp4 "),
        ("a.mp4.part", "ffmpeg -i a.mp4.part -c copy a.mp4 "),
        ("my heat.insv", "ffmpeg -i 'my heat.insv' -c copy 'my heat.mp4' "),
        ("heat", "ffmpeg -i heat -c copy heat.mp4 "),
    ],
)
def test_the_remedy_can_be_copied(tmp_path, name, command):
    assert command in remedy(tmp_path / name)


def test_the_folder_of_videos_may_itself_be_hidden(tmp_path):
    path = tmp_path / ".store/videos/a.mp4"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    assert video_files(path.parent) == [path]

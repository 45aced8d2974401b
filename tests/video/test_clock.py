"""The player's clock: when pictures are shown, how many, and how many a second."""

from fractions import Fraction

import av
import numpy as np
import pytest

from tests.video.making import encode, even, number_of, remux, shift, without_rate
from vpdlib.datasets.base import frames_within
from vpdlib.video.reader import DecodeReport, VideoError, frame_times, probe, read_frames


def read(path, **options):
    """Times and numbers of the pictures; index, packets and decoding must say the same."""
    info, report = probe(path), DecodeReport()
    frames = [
        (frame.time_s, number_of(frame.rgb)) for frame in read_frames(path, 1, report, **options)
    ]
    times = np.array([time_s for time_s, _ in frames])
    assert (np.diff(times) > 0).all()
    np.testing.assert_allclose(frame_times(path, options.get("clock", "file")), times, atol=1e-9)
    assert info.declared_frames == report.declared == report.decoded == len(frames)
    if "clock" not in options:
        assert times[-1] < info.duration_s < times[-1] + 3 / info.fps
    return times, [number for _, number in frames], info, report


def cut(tmp_path, name, fmt=None, mux=None, more_s=0.0, sound=True):
    """A cut without encoding anew, from 3.4 s on; pictures from the next key frame, no. 120, at 0.6 s."""
    whole = encode(
        tmp_path / "whole.mp4",
        even(240),
        sound_s=8.0 if sound else 0.0,
        options={"g": "60", "bf": "2"},
    )

    def change(packet, is_video, place):
        if packet.pts * packet.time_base < (4.0 if is_video else 3.4):
            return False
        return shift(packet, more_s - 3.4)

    return remux(whole, tmp_path / name, change, mux, fmt)


@pytest.mark.parametrize(
    ("name", "mux"),
    [
        ("cut.mp4", {}),
        ("cut.mov", {}),
        ("cut.mkv", {}),
    ],
)
def test_pictures_that_begin_later_than_the_sound(tmp_path, name, mux):
    times, numbers, info, _ = read(cut(tmp_path, name, mux=mux))
    assert numbers == list(range(120, 240))
    np.testing.assert_allclose(times, 0.6 + np.arange(120) / 30, atol=2e-3)
    assert info.duration_s == pytest.approx(4.6, abs=2e-3)
    assert numbers[int(np.argmax(frames_within(times, 3.0, 9.0)))] == 192


@pytest.mark.parametrize(
    "mux",
    [
        {"use_editlist": "0"},
        {"movflags": "frag_keyframe+empty_moov"},
        {"movflags": "frag_keyframe"},
    ],
)
def test_without_an_edit_list_times_are_as_stored(tmp_path, mux):
    path = cut(tmp_path, "cut.mp4", mux=mux)
    with av.open(str(path)) as container:
        stored = [frame.time for frame in container.decode(video=0)]
    times, numbers, *_ = read(path)
    assert numbers == list(range(120, 240))
    np.testing.assert_allclose(times, stored, atol=1e-6)


@pytest.mark.parametrize("more_s", [0.0, 10.0, 26.0 * 3600])
def test_a_transport_stream_begins_with_its_earliest_stamp(tmp_path, more_s):
    # 26 hours and a half is where the stamps of a transport stream begin anew.
    times, numbers, _, report = read(cut(tmp_path, "cut.ts", "mpegts", more_s=more_s))
    assert numbers == list(range(120, 240))
    # The sound begins with its first packet, up to 23 ms after the cut.
    assert 0.57 < times[0] < 0.6001
    np.testing.assert_allclose(np.diff(times), 1 / 30, atol=1e-4)
    assert report.flags == ()


def test_pictures_without_sound(tmp_path):
    # An empty edit is a time in which nothing is shown; the delay of reordering is none.
    times, *_ = read(cut(tmp_path, "cut.mp4", sound=False))
    assert times[0] == pytest.approx(0.6)
    for name, mux in (("a.mp4", {"use_editlist": "0"}), ("a.flv", {}), ("a.ts", {}), ("a.avi", {})):
        codec = "mpeg4" if name == "a.avi" else "libx264"
        path = encode(tmp_path / name, even(40), codec, mux=mux)
        times, numbers, info, report = read(path)
        assert numbers == list(range(40))
        np.testing.assert_allclose(times, np.arange(40) / 30, atol=2e-3)
        assert (info.fps, report.flags) == (30, ())


def test_a_piece_of_a_live_recording_begins_with_its_stamps(tmp_path):
    path = encode(tmp_path / "live.mkv", [7200 + t for t in even(40)])
    times, _, info, _ = read(path)
    assert times[0] == 0
    assert info.duration_s == pytest.approx(40 / 30, abs=2e-3)
    fragments = {"movflags": "frag_keyframe+empty_moov"}
    times, *_ = read(encode(tmp_path / "live.mp4", [7200 + t for t in even(40)], mux=fragments))
    assert times[0] == pytest.approx(0, abs=1e-6)


def test_h264_in_avi_goes_by_its_chunks(tmp_path):
    times, numbers, _, report = read(encode(tmp_path / "a.avi", even(40), rate=30))
    assert numbers == list(range(40))
    np.testing.assert_allclose(np.diff(times), times[1] - times[0], atol=1e-9)
    assert report.flags == ()


def packed(source, target):
    """MPEG-4 with one B-picture as DivX packs it: in the chunk of the picture after it, and then a placeholder."""
    with av.open(str(source)) as given, av.open(str(target), "w") as copy:
        stream = copy.add_stream_from_template(given.streams.video[0])
        coded = [bytes(packet) for packet in given.demux(video=0) if packet.size]

        def is_b(data):
            return data[data.find(b"\0\0\1\xb6") + 4] >> 6 == 2

        chunks = []
        for data, following in zip(coded, [*coded[1:], b""], strict=True):
            if is_b(data):
                # A picture that is not coded.
                chunks.append(b"\0\0\1\xb6" + bytes([0b01010000, 0b01001111]))
            else:
                chunks.append(data + (following if following and is_b(following) else b""))
        at = chunks[0].find(b"\0\0\1\xb6")
        chunks[0] = chunks[0][:at] + b"\0\0\1\xb2DivX503b1393p\0" + chunks[0][at:]
        for number, data in enumerate(chunks):
            packet = av.Packet(data)
            packet.time_base, packet.stream = Fraction(1, 30), stream
            packet.pts = packet.dts = number
            packet.is_keyframe = number == 0
            copy.mux(packet)
    return target


def test_packed_mpeg4_in_avi_goes_by_its_chunks(tmp_path):
    options = {"g": "100", "bf": "1"}
    plain = encode(tmp_path / "a.avi", even(60), codec="mpeg4", options=options)
    times, numbers, info, report = read(packed(plain, tmp_path / "packed.avi"))
    np.testing.assert_allclose(times, even(60), atol=1e-9)
    assert numbers == list(range(60))
    assert info.duration_s == pytest.approx(2.0)
    assert report.flags == ()


@pytest.mark.parametrize(
    ("fmt", "codec", "suffix"), [("mpegts", "libx264", ".ts"), ("vob", "mpeg2video", ".mpg")]
)
@pytest.mark.parametrize("lengths", [(150, 60), (60, 150), (60, 60, 60)])
def test_the_clock_of_recordings_joined_end_to_end_goes_on(tmp_path, fmt, codec, suffix, lengths):
    path = tmp_path / f"joined{suffix}"
    parts = [
        encode(tmp_path / f"{number}{suffix}", even(length), codec=codec, fmt=fmt)
        for number, length in enumerate(lengths)
    ]
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    times, numbers, info, report = read(path)
    assert numbers == [number for length in lengths for number in range(length)]
    assert info.duration_s == pytest.approx(sum(lengths) / 30, abs=0.07)
    # The last picture of a part may be stamped one later.
    assert np.diff(times).max() < 0.07
    assert report.nonmonotone == len(lengths) - 1


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
@pytest.mark.parametrize("pause_s", [15.0, 200.0])
def test_a_pause_after_few_pictures_is_a_pause(tmp_path, name, pause_s):
    few = even(3)
    for times in (
        [*few, *(pause_s + t for t in even(60))],
        [*even(60), *(pause_s + t for t in few)],
        [*even(60), pause_s],
    ):
        found, numbers, info, report = read(encode(tmp_path / name, times))
        np.testing.assert_allclose(found, times, atol=1e-3)
        assert info.duration_s == pytest.approx(times[-1] + 1 / 30, abs=2e-3)
        assert numbers == list(range(len(times)))
        assert report.flags == ()


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_of_several_streams_the_one_with_the_largest_pictures_is_read(tmp_path, name):
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("libx264", rate=30) for _ in range(3)]
        for stream, width in zip(streams, (160, 480, 320), strict=True):
            stream.width, stream.height, stream.pix_fmt = width, 96, "yuv420p"
        packets = []
        for stream in streams:
            for number in range(10):
                rgb = np.zeros((96, stream.width, 3), np.uint8)
                frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 30)
                packets += stream.encode(frame)
            packets += stream.encode(None)
        for packet in packets:
            container.mux(packet)
    assert probe(path).width == 480
    assert [frame.rgb.shape[1] for frame in read_frames(path)] == [480] * 10


def test_times_from_the_first_picture(tmp_path):
    times, *_ = read(cut(tmp_path, "cut.mp4"), clock="picture")
    np.testing.assert_allclose(times, np.arange(120) / 30, atol=1e-9)


def test_pictures_that_an_edit_leaves_out_do_not_count(tmp_path):
    whole = encode(tmp_path / "whole.mp4", even(240), options={"g": "60", "bf": "2"})

    def change(packet, is_video, place):
        if not 60 <= round(packet.pts * packet.time_base * 30) < 200:
            return False
        return shift(packet, -3.4)

    _times, numbers, info, _ = read(remux(whole, tmp_path / "trimmed.mp4", change))
    assert numbers == list(range(102, 200))
    assert info.duration_s == pytest.approx(98 / 30)


def test_a_cut_in_the_midst_of_a_group_shows_what_can_be_decoded(tmp_path):
    whole = encode(tmp_path / "whole.ts", even(90), options={"g": "30", "bf": "2"})
    data = whole.read_bytes()
    start = len(data) // 6 // 188 * 188
    (tmp_path / "cut.ts").write_bytes(data[start:])
    _, numbers, *_ = read(tmp_path / "cut.ts")
    assert numbers[0] == 30
    assert numbers[-1] == 89


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov", "a.ts"])
def test_a_rate_that_varies(tmp_path, name):
    wanted = even(60) + [2 + number / 15 for number in range(60)]
    times, numbers, info, _ = read(encode(tmp_path / name, wanted))
    np.testing.assert_allclose(times, wanted, atol=1e-3)
    assert numbers == list(range(120))
    assert 19 < info.fps < 22
    assert info.duration_s == pytest.approx(6, abs=0.04)


@pytest.mark.parametrize("num", [3, 7, 40, 200])
def test_matroska_without_a_rate(tmp_path, num):
    path = remux(encode(tmp_path / "a.mp4", even(num)), tmp_path / "a.mkv")
    info = read(without_rate(path, tmp_path / "b.mkv"))[2]
    assert info.fps == 30
    assert info.duration_s == pytest.approx(num / 30, abs=2e-3)


def test_a_stated_rate_stays_exact(tmp_path):
    for name in ("a.mp4", "a.mkv", "a.ts", "a.avi"):
        codec = "mpeg4" if name == "a.avi" else "libx264"
        rate = Fraction(30000, 1001)
        path = encode(tmp_path / name, even(40, rate), codec, rate=rate)
        assert probe(path).fps == float(rate)


def test_lost_pictures_and_pauses_do_not_change_the_rate(tmp_path):
    times = [t + 20 * (t > 1) for number, t in enumerate(even(200)) if number % 23]
    path = remux(encode(tmp_path / "a.mp4", times), tmp_path / "a.mkv")
    read_times, _, info, report = read(without_rate(path, tmp_path / "b.mkv"))
    assert info.fps == 30
    assert report.flags == ()
    np.testing.assert_allclose(read_times - read_times[0], np.array(times) - times[0], atol=1e-3)


@pytest.mark.parametrize("place", [0, 1, 20, 38, 39])
@pytest.mark.parametrize("wrong_s", [3600, 0.2])
def test_one_wild_stamp_is_mended_alone(tmp_path, place, wrong_s):
    plain = encode(tmp_path / "a.mp4", even(40), options={"g": "30", "bf": "0"})

    def change(packet, is_video, at):
        if at == place:
            packet.pts += round(wrong_s / packet.time_base)

    times, numbers, info, report = read(remux(plain, tmp_path / "wild.mkv", change))
    assert numbers == list(range(40))
    if wrong_s == 0.2 and place >= 38:
        return  # two tenths of a second late at the end may be meant
    np.testing.assert_allclose(times, np.arange(40) / 30, atol=2e-3)
    assert report.nonmonotone == 1
    assert info.duration_s == pytest.approx(40 / 30, abs=0.04)


def test_a_playlist_leads_nowhere(tmp_path):
    encode(tmp_path / "a.ts", even(10))
    text = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"
    (tmp_path / "list.mp4").write_text(text)
    with pytest.raises(VideoError, match=r"list\.mp4"):
        probe(tmp_path / "list.mp4")

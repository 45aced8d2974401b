"""Headers with text in other encodings, and files that are damaged: a picture or an error that names the file."""

import av
import numpy as np
import pytest

from tests.video.making import encode, even, remux
from vpdlib.video.reader import DecodeReport, VideoError, frame_times, probe, read_frames


@pytest.mark.parametrize("name", ["a.avi", "a.mp4", "a.mov", "a.mkv", "a.flv"])
def test_a_title_in_another_encoding_stops_nothing(tmp_path, name):
    codec = "mpeg4" if name == "a.avi" else "libx264"
    path = encode(tmp_path / name, even(20), codec, metadata={"title": "Muenchen"})
    data = path.read_bytes()
    assert b"Muenchen" in data
    path.write_bytes(data.replace(b"Muenchen", b"M\xfcnchen\xff"))
    assert probe(path).declared_frames == 20
    assert sum(1 for _ in read_frames(path)) == len(frame_times(path)) == 20


def test_tags_of_streams_and_names_of_chapters_in_another_encoding(tmp_path):
    path = tmp_path / "a.mkv"
    with (
        av.open(str(encode(tmp_path / "a.mp4", even(20)))) as given,
        av.open(str(path), "w") as copy,
    ):
        stream = copy.add_stream_from_template(given.streams.video[0])
        stream.metadata["title"] = "Kamera Sued"
        for packet in given.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    data = path.read_bytes()
    assert b"Sued" in data
    path.write_bytes(data.replace(b"Sued", b"S\xfcd\xe9"))
    assert sum(1 for _ in read_frames(path)) == 20


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi", "a.flv"])
def test_damage_gives_frames_or_an_error_that_names_the_file(tmp_path, name):
    codec = "mpeg4" if name == "a.avi" else "libx264"
    path = encode(tmp_path / name, even(24), codec)
    sound = path.read_bytes()
    rng = np.random.default_rng(5)
    outcomes = {"frames": 0, "refused": 0}
    for trial in range(60):
        data = bytearray(sound)
        if trial % 3 == 0:
            del data[int(rng.integers(len(data))) :]
        else:
            # Headers lie at the ends.
            near = int(rng.choice([0, max(0, len(data) - 1500)]))
            for place in near + rng.integers(0, min(1500, len(data)), int(rng.integers(1, 12))):
                data[min(place, len(data) - 1)] = int(rng.integers(256))
        path.write_bytes(data)
        try:
            report = DecodeReport()
            times = [frame.time_s for frame in read_frames(path, report=report)]
            assert (np.diff(times) > 0).all()
            assert (np.diff(frame_times(path)) > 0).all()
            outcomes["frames"] += 1
        except VideoError as error:
            outcomes["refused"] += 1
            named = str(path) in str(error)
            assert named
    assert min(outcomes.values()) > 0


def test_pictures_of_an_absurd_size_are_refused(tmp_path):
    path = encode(tmp_path / "a.avi", even(5), "mpeg4")
    data = path.read_bytes()
    at = data.find(b"strf") + 12
    assert data[at : at + 8] == (160).to_bytes(4, "little") + (96).to_bytes(4, "little")
    absurd = (60000).to_bytes(4, "little")
    path.write_bytes(data[:at] + absurd + absurd + data[at + 8 :])
    with av.open(str(path)) as container:
        size = container.streams.video[0].codec_context.width
    if size == 60000:
        with pytest.raises(
            VideoError, match=r"a\.avi: its header states pictures of 60000 x 60000"
        ):
            probe(path)
    else:  # the decoder knows better
        assert probe(path).width == 160


def test_copying_keeps_everything(tmp_path):
    path = remux(encode(tmp_path / "a.mp4", even(20), sound_s=0.6), tmp_path / "b.mkv")
    assert probe(path).declared_frames == 20


@pytest.mark.parametrize(("fmt", "codec"), [("h264", "libx264"), ("mjpeg", "mjpeg")])
def test_a_bare_stream_under_the_name_of_a_container_is_refused(tmp_path, fmt, codec):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w", format=fmt) as container:
        stream = container.add_stream(codec, rate=50)
        stream.width, stream.height = 160, 96
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for _ in range(30):
            picture = av.VideoFrame.from_ndarray(np.zeros((96, 160, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    with pytest.raises(VideoError, match=r"a\.mp4: is a bare stream of pictures .*ffmpeg -r 50"):
        probe(path)

"""What another tool says of frames goes by the frames' own times."""

from dataclasses import replace

import numpy as np
import pytest

from tests.video.making import encode, even, number_of, remux, shift
from vpdlib.artifacts import ArtifactWriter, Provenance, read_artifact
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.base import Action, DatasetError, VideoSource, check_actions, frames_within
from vpdlib.datasets.listing import list_files
from vpdlib.datasets.opening import frames_of, times_of
from vpdlib.datasets.tables import read_broken
from vpdlib.interchange.supplied import add_supplied_features
from vpdlib.report.overlay import write_overlay
from vpdlib.video.reader import frame_times, probe

ORIGIN = Provenance("test", "", "", "")


@pytest.fixture
def slowing(tmp_path):
    """30 pictures a second for 2 s, then 15."""
    return encode(tmp_path / "slowing.mp4", even(60) + [2 + number / 15 for number in range(60)])


def listed(path):
    return list_files([VideoSource(path.stem, path)], 1)[0]


def test_supplied_features_take_the_times_of_the_file(tmp_path, slowing):
    row = listed(slowing)
    np.savez(tmp_path / "features.npz", slowing=np.ones((120, 4), np.float32))
    with ArtifactWriter(tmp_path / "features.h5", "features", ORIGIN) as artifact:
        add_supplied_features(artifact, tmp_path / "features.npz", [row], VideoReading("refuse"))
    with read_artifact(tmp_path / "features.h5", "features") as artifact:
        time_s = artifact["slowing"].array("time_s")
    np.testing.assert_allclose(time_s, frame_times(slowing))
    assert np.flatnonzero(frames_within(time_s, 1.0, 2.0)).tolist() == list(range(30, 60))
    np.savez(tmp_path / "features.npz", slowing=np.ones((119, 4), np.float32))
    with (
        pytest.raises(DatasetError, match="119 rows, the video has 120 frames"),
        ArtifactWriter(tmp_path / "other.h5", "features", ORIGIN) as artifact,
    ):
        add_supplied_features(artifact, tmp_path / "features.npz", [row], VideoReading("refuse"))


def test_supplied_features_of_a_file_that_broke_are_empty_and_told(tmp_path, slowing):
    row = listed(slowing)
    np.savez(tmp_path / "features.npz", slowing=np.ones((120, 4), np.float32))
    slowing.unlink()
    reading = VideoReading("skip")
    with ArtifactWriter(tmp_path / "features.h5", "features", ORIGIN) as artifact:
        add_supplied_features(artifact, tmp_path / "features.npz", [row], reading)
    with read_artifact(tmp_path / "features.h5", "features") as artifact:
        assert artifact["slowing"].num_rows("frame") == 0
        assert "no such file" in artifact["slowing"].attributes["broken"]
    reading.write_broken(tmp_path / "broken.csv", "embed_frames", "features.h5")
    (told,) = read_broken(tmp_path / "broken.csv")
    assert (told.video, told.fingerprint, told.stage) == (
        "slowing",
        row.fingerprint,
        "embed_frames",
    )


def test_a_row_says_how_its_file_is_read(tmp_path):
    whole = encode(tmp_path / "whole.mp4", even(120), sound_s=4.0, options={"g": "60", "bf": "2"})

    def change(packet, is_video, place):
        if packet.pts * packet.time_base < (2.0 if is_video else 1.4):
            return False
        return shift(packet, -1.4)

    row = listed(remux(whole, tmp_path / "cut.mp4", change))
    assert (row.clock, row.deinterlace, row.declared_frames) == ("file", "auto", 60)
    frames = list(frames_of(row))
    assert number_of(frames[0].rgb) == 60
    np.testing.assert_allclose(times_of(row), 0.6 + np.arange(60) / 30, atol=1e-6)
    np.testing.assert_allclose([frame.time_s for frame in frames], times_of(row))
    published = replace(row, clock="picture")
    np.testing.assert_allclose(times_of(published), np.arange(60) / 30, atol=1e-6)
    assert next(frames_of(published)).time_s == 0
    alone = replace(row, path="")
    np.testing.assert_allclose(times_of(alone), np.arange(60) / row.fps)
    with pytest.raises(DatasetError, match="60 pictures can be shown, 61 were listed"):
        times_of(replace(row, declared_frames=61))
    # A label to the end of what is shown, and one that begins before the first picture.
    for start_s, end_s in ((2.0, 2.6), (0.0, 2.6), (0.0, 0.7)):
        action = Action("a", "cut", start_s, end_s, "axel", None, "", "labels.csv:2")
        check_actions([action], {"cut": row.duration_s}, None, {"cut": 1 / row.fps})


def test_an_overlay_plays_at_the_speed_of_its_source(tmp_path, slowing):
    out = tmp_path / "overlay.mp4"
    assert write_overlay(slowing, out, np.full((120, 4), np.nan), np.zeros(120)) == 120
    np.testing.assert_allclose(frame_times(out), frame_times(slowing), atol=1e-4)
    assert probe(out).duration_s == pytest.approx(probe(slowing).duration_s, abs=0.07)

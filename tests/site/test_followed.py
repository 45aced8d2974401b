"""Labelled actions whose athlete is lost: what the pages of videos and of an action are told."""

import numpy as np

from tests.site.action_results import (
    ACTIONS,
    shard,
    site_of,
    write_dataset,
    write_tracks_and_poses,
)
from tests.site.made_results import MadeResults, read_shard
from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.site.followed import FollowedAction
from vpdlib.site.pages import action, videos


def test_frames_and_stretches_without_the_athlete(tmp_path):
    made = MadeResults(tmp_path / "results")
    # Frames 0 to 29 of 25 a second: the actions are 1 to 1.5 s, of frames 25 to 37, and 2 to 2.5 s.
    made.tracks(followed=30)
    found = made.site(tmp_path / "out").followed
    assert found["v0_0"] == FollowedAction(13, 5, ((1.2, 1.5),))
    assert found["v0_1"] == FollowedAction(13, 0, ((2.0, 2.5),))
    assert not found["v0_0"].is_whole
    # There is no track of this video.
    assert "learnt" not in found


def test_every_stretch_is_told(tmp_path):
    write_dataset(tmp_path)
    (tmp_path / "tracks").mkdir()
    time_s = np.arange(100) / 25
    first = ACTIONS[0]
    inside = np.flatnonzero((time_s >= first.start) & (time_s < first.end))
    segment = np.zeros(100, np.int32)
    segment[[inside[0], inside[2], inside[3], inside[-1]]] = -1
    with ArtifactWriter(
        tmp_path / "tracks/0000.h5", "tracks", Provenance("r", "c", "d", "i")
    ) as artifact:
        artifact.add_video(
            first.video,
            {
                "time_s": time_s,
                "shot": np.zeros(100, int),
                "segment": segment,
                "previous_frame": np.full(100, -1),
                "box_px": np.zeros((100, 4)),
                "origin": np.zeros(100, np.uint8),
                "score": np.zeros(100),
            },
        )
    found = site_of(tmp_path, tmp_path / "out").followed[first.action]
    times = [float(time_s[place]) for place in inside]
    assert found.gaps_s == (
        (times[0], times[1]),
        (times[2], times[4]),
        (times[-1], min(float(time_s[inside[-1] + 1]), first.end)),
    )
    assert (found.frames, found.with_athlete) == (len(inside), len(inside) - 4)


def test_the_page_of_videos_counts_them(tmp_path):
    made = MadeResults(tmp_path / "results")
    made.tracks(followed=60)
    site = made.site(tmp_path / "out")
    page = videos.build(site)
    assert page.context["has_tracks"]
    assert [row[-1] for row in read_shard(site, "videos")["rows"]] == [1, 1, 1, 0]
    details = read_shard(site, "videos_0")
    assert [one[5:] for one in details[0]["actions"]] == [[13, 13, 0], [10, 13, 1]]
    # Of a video without a track nothing is said, and keypoints have no file.
    assert [one[5:7] for one in details[3]["actions"]] == [[0, 0]]
    assert details[0]["source"] is None


def test_the_page_of_an_action_tells_it(tmp_path):
    write_dataset(tmp_path)
    write_tracks_and_poses(tmp_path)
    site = site_of(tmp_path, tmp_path / "out")
    action.build(site)
    assert all(one["followed"][0] > 0 for one in shard(site, "action_0"))
    assert shard(site, "action_0")[0]["followed"][2] == []
    assert "nns" in shard(site, "action_about")["searching"]
    assert "bigru" not in shard(site, "action_about")["searching"]

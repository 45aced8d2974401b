"""Labels of keypoints that stand in for videos: a table names clips by the keys of the file."""

import numpy as np
import pytest

from vpdlib.datasets.adapters.base import VideosToLabel
from vpdlib.datasets.adapters.poses import PosesAdapter
from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.paths import DataFolder
from vpdlib.interchange.keypoints import read_keypoints
from vpdlib.interchange.labels import labelled_actions


@pytest.mark.parametrize(
    ("named", "video_id"),
    [
        ("heat_01", "heat_01"),
        ("monday/heat_01", "heat_01"),
        ("/home/mia/monday/heat_01", "heat_01"),
        ("tuesday/heat_01", None),
        ("heat_02", "heat_02"),
        ("heat_03", None),
    ],
)
def test_a_clip_is_named_by_its_key(tmp_path, named, video_id):
    path = tmp_path / "poses.npz"
    np.savez(path, **{"monday/heat_01": np.ones((5, 17, 2)), "heat_02": np.ones((5, 17, 2))})
    (tmp_path / "labels.csv").write_text(f"video;label;end\n{named};axel;0,2\n")
    adapter = PosesAdapter(keypoints="poses.npz", fps=25.0, labels="labels.csv")
    clips = read_keypoints(path, "coco17", 25.0)
    sources = adapter.sources_in(path, clips)

    def read():
        videos = VideosToLabel(path, sources, clips, dict.fromkeys(clips, 0.2))
        return labelled_actions(adapter, DataFolder(tmp_path), videos)

    if video_id is None:
        with pytest.raises(DatasetError, match=r"labels.csv:2: there is no video"):
            read()
    else:
        assert [(a.video_id, a.end_s) for a in read()] == [(video_id, 0.2)]

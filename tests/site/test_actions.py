"""The list of actions and the page of one: what their data say, and that nothing in them is markup."""

import numpy as np
import pytest

from tests.site.action_results import (
    CLASSES,
    shard,
    site_of,
    write_dataset,
    write_features,
    write_ranking,
    write_recognition,
    write_tracks_and_poses,
)
from vpdlib.site import build
from vpdlib.site.pages import action, actions

RIGHT, WRONG = [[0.9, 0.1], [0.2, 0.8]], [[0.3, 0.7], [0.4, 0.6]]


@pytest.fixture
def whole(tmp_path):
    """Results of all kinds."""
    write_dataset(tmp_path)
    write_recognition(tmp_path / "recognition/s/nns/full.h5", [RIGHT, RIGHT])
    write_recognition(tmp_path / "recognition/s/bigru/full.h5", [RIGHT, WRONG, WRONG])
    write_recognition(tmp_path / "recognition/s/bigru/k4.h5", [WRONG])
    write_recognition(
        tmp_path / "late_fusion/all/bigru/full.h5", [RIGHT], [False, True], CLASSES[::-1]
    )
    features = tmp_path / "features/joints/s/0000.h5"
    write_features(features)
    write_ranking(tmp_path, "s", features)
    write_tracks_and_poses(tmp_path)
    return site_of(tmp_path, tmp_path / "out", methods=["s"], heads=["bigru", "nns"])


def test_the_list_says_what_each_was_taken_for(whole):
    page = actions.build(whole)
    told = shard(whole, "action_answers")
    assert told["classes"] == CLASSES
    assert told["columns"] == [["s", "bigru"], ["s", "nns"], ["all", "bigru"]]
    assert told["groups"] == ["g<1>", "g<1>", "", ""]
    # The mean over trials counts; classes in the dataset's order; of an action that was not seen the number is told.
    assert told["answers"] == [None, None, [0, 0, 1], [1, 1, -1]]
    assert page.in_menu
    assert page.context["columns"] == ["s bigru", "s nns", "all bigru"]


def test_all_of_one_action(whole):
    page = action.build(whole)
    assert not page.in_menu
    assert (page.context["num_actions"], page.context["num_clips"]) == (4, 4)
    assert shard(whole, "action_index")[3] == ["b_2", "b", 2.6, 3.0, "lutz", "test", True, True]
    about = shard(whole, "action_about")
    assert about["sets"] == ["s"]
    assert about["poses"] == ["teacher"]
    assert about["sides"][:4] == [-1, 0, 1, 0]
    told = shard(whole, "action_0")
    assert told[0]["probabilities"] == [None, None, None]
    assert told[2]["probabilities"] == [[0.5, 0.5], [0.9, 0.1], [0.1, 0.9]]
    assert told[3]["probabilities"][2] == []
    assert told[0]["group"] == "g<1>"
    assert len(told[0]["nearest"]["s"]["found"]) == 3


def test_boxes_and_the_teachers_joints_are_in_px_of_the_clip(whole):
    action.build(whole)
    first, second, third, _ = shard(whole, "action_clip_0")
    assert (first["first"], second["first"]) == (0, 20)
    assert second["size"] == [160, 96]
    assert second["boxes"][0] == [20, 20, 60, 80]
    joints = second["poses"]["teacher"][0]
    assert joints[:4] == [20, 20, 25, 30]
    assert second["scores"][0] == "9" + "2" * 12
    # Where there is no athlete nothing is drawn.
    assert (third["boxes"][5], third["poses"]["teacher"][5], third["scores"][5]) == (
        None,
        None,
        None,
    )
    assert len(third["boxes"]) == len(third["ms"]) == len(third["scores"]) == 25


def test_shards_are_cut(whole, monkeypatch):
    monkeypatch.setattr(action, "PER_SHARD", 2)
    monkeypatch.setattr(action, "PER_CLIP_SHARD", 1)
    monkeypatch.setattr(action, "choose_actions", lambda rows: rows[2:])
    action.build(whole)
    assert [len(shard(whole, f"action_{number}")) for number in (0, 1)] == [2, 2]
    names = {path.name for path in (whole.out / "data").iterdir()}
    assert {name for name in names if "clip" in name} == {"action_clip_2.js", "action_clip_3.js"}
    assert [row[6] for row in shard(whole, "action_index")] == [False, False, True, True]


def test_labels_alone_are_listed_too(tmp_path):
    write_dataset(tmp_path)
    site = site_of(tmp_path, tmp_path / "out", there=[])
    assert actions.build(site).context["columns"] == []
    assert action.build(site).context["has_answers"] is False
    assert shard(site, "action_about")["poses"] == []
    assert shard(site, "action_0")[0] == {
        "group": "g<1>",
        "followed": None,
        "probabilities": [],
        "nearest": {},
    }


def test_without_labels_there_is_no_page(tmp_path):
    write_dataset(tmp_path, [])
    site = site_of(tmp_path, tmp_path / "out", there=[])
    assert actions.build(site) is None
    assert action.build(site) is None


def test_a_result_of_other_classes_is_refused(tmp_path):
    write_dataset(tmp_path)
    write_recognition(tmp_path / "recognition/s/nns/full.h5", [RIGHT], names=["axel", "lutz"])
    with pytest.raises(ValueError, match=r"recognition/s/nns/full\.h5: its classes are not those"):
        actions.build(site_of(tmp_path, tmp_path / "out"))


def test_nothing_of_the_data_is_markup(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "PAGES", (actions.build, action.build))
    (tmp_path / "libraries").mkdir()
    out = tmp_path / "site"
    out.mkdir()
    build.build_site(whole.sources, out, tmp_path / "libraries")
    for name, current in (("actions", "page"), ("action", "true")):
        text = (out / f"pages/{name}.html").read_text()
        # The page of one action belongs to the list.
        assert f'pages/actions.html" aria-current="{current}"' in text
        assert "<b>" not in text
        assert f"assets/{name}.js" in text
    assert "&lt;b&gt;&#34;axel&#34;" in (out / "pages/actions.html").read_text()
    for path in (out / "data").iterdir():
        assert "<" not in path.read_text()


def test_a_student_that_says_the_opposite_is_as_large_as_the_teacher_has_it():
    from vpdlib.site import joints

    class Turned:
        """A student whose pose is the teacher's, turned by half a circle."""

    pose = np.zeros((1, 13, 2), np.float32)
    pose[0, :, 1] = np.linspace(-0.5, 0.5, 13)
    keypoints = np.zeros((1, 17, 3), np.float32)
    keypoints[..., 0], keypoints[..., 1], keypoints[..., 2] = 50, np.linspace(80, 20, 17), 0.9
    box = np.array([[30, 10, 70, 90]], np.float32)

    class Video:
        frame = np.array([0])
        descriptor = pose.reshape(1, 1, 26)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joints, "decode_pose", lambda student, descriptor: descriptor)
        drawn = joints._of_student(Turned(), Video(), np.array([True]), keypoints, box)
    # The teacher's 13 joints of 17 reach from 65 to 20 px; far ones count less.
    assert 20 < np.ptp(drawn[0, :, 1]) < 80

"""Which settings a shared model has, and which datasets cannot share one."""

import pytest

from vpdlib.config.base import ConfigError
from vpdlib.config.dataset import DatasetSettings
from vpdlib.config.sharing import model_settings

BASE = {
    "title": "Mine",
    "adapter": {"kind": "folder", "videos": "videos", "labels": "labels.csv"},
    "vipe": {"vipe": {"model": "net", "upside_down": True}},
    "students": {"vpd2d": {}, "vpdvi": {"teacher": "vipe"}},
    "concat": {"vpdconcat": ["vpd2d", "vpdvi"]},
    "fused": {"vpdfused": {"student": "vpd2d"}},
    "r3d": {"r3d": {"weights": None, "fine_tune": True}},
}


def shared(method, **changes):
    finding = {"method": method} if method else {}
    return model_settings(DatasetSettings.model_validate({**BASE, "finding": finding, **changes}))


def test_feature_sets_come_after_what_they_are_made_of():
    found = shared("both", ensembles={"both": ["vpdfused", "vpdconcat", "joints2d"]})
    assert list(found.features) == ["vpd2d", "vpdfused", "vpdvi", "vpdconcat", "joints2d"]
    assert found.parts == ("vpdfused", "vpdconcat", "joints2d")
    assert found.features["vpdfused"].parts == ("vpd2d",)
    assert found.features["vpd2d"].seen == ("flow",)


def test_the_method_is_that_of_found_csv():
    assert shared(None, methods=["joints2d", "vpd2d"]).method == "vpd2d"
    assert shared("vipe").features["vipe"].vipe.upside_down
    assert shared("r3d").features["r3d"].r3d.fine_tune


def test_networks_that_are_not_used_are_not_asked_for():
    poses = {"teacher": "movenet_thunder", "onnx": {"file": "/no/pose.onnx", "codec": "simcc"}}
    assert shared("joints2d", poses=poses).poses.onnx is None
    poses["teacher"] = "onnx"
    assert shared("vpd2d", poses=poses).poses.teacher == "movenet_thunder"
    found = shared("joints2d", networks="paper")
    assert not found.people.mmdet.masks
    assert found.flow.method == "dis"


@pytest.mark.parametrize(
    ("method", "changes", "message"),
    [
        (
            "vpd2d",
            {"supplied": {"features": {"vpd2d": "f.npz"}}, "fused": {}},
            "'vpd2d' is descriptors of another",
        ),
        ("vpdconcat", {"supplied": {"features": {"vpdvi": "f.npz"}}}, "'vpdvi' is descriptors of"),
        ("joints2d", {"supplied": {"boxes": "b.csv"}}, "supplied.boxes: boxes of another tool"),
        ("joints2d", {"supplied": {"keypoints": "k.npz"}}, "supplied.keypoints: keypoints of"),
        (
            "joints2d",
            {
                "people": {
                    "detectors": ["mmdet"],
                    "mmdet": {"config": "a.py", "checkpoint": "x/a.pth"},
                }
            },
            "people.mmdet.config: a.py is a file of your own",
        ),
    ],
)
def test_what_a_new_video_cannot_have_is_refused_by_name(method, changes, message):
    with pytest.raises(ConfigError, match=message):
        shared(method, **changes)

"""Baselines, R3D and video encoders in a dataset's settings: what must fit together, and what follows from them."""

import pytest

from vpdlib.config.base import ConfigError, validate
from vpdlib.config.dataset import DatasetSettings

BASE = {"title": "Mine", "adapter": {"kind": "folder", "videos": "v"}}
POSES = {
    "title": "Mine",
    "adapter": {
        "kind": "poses",
        "keypoints": "p.npz",
        "joint_names": "joints13",
        "labels": "l.csv",
    },
    "methods": ["joints2d"],
}
TWO = {"one": {"kind": "msg3d"}, "two": {"kind": "msg3d", "stream": "bone"}}
TSN = {"kind": "tsn", "backbone": "resnet50", "weights": "resnet50_IMAGENET1K_V1"}


VJEPA2 = {"kind": "vjepa2", "weights": "/weights/vjepa2"}


def settings(base=BASE, **changes):
    return validate(DatasetSettings, {**base, **changes}, "mine.yaml")


@pytest.mark.parametrize(
    ("base", "changes", "message"),
    [
        (BASE, {"baselines": {"a": {"kind": "nothing"}}}, "baselines.a"),
        (BASE, {"baselines": {**TWO, "ensemble": {"kind": "ensemble", "parts": ["one", "no"]}}}, "'no' is no baseline"),
        (BASE, {"baselines": {**TWO, "ensemble": {"kind": "ensemble", "parts": ["one", "one"]}}}, "name each once"),
        (BASE, {"baselines": {"vpd2d": {"kind": "stgcn"}}}, "another row of Table 1"),
        (BASE, {"baselines": {"random": {"kind": "stgcn"}}}, "another row of Table 1"),
        (POSES, {"baselines": {"tsn": TSN}}, "baselines.tsn: needs pixels"),
        (POSES, {"r3d": {"r3d": {"weights": "r3d_18_KINETICS400_V1"}}}, "r3d: needs pixels"),
        (BASE, {"video_encoders": {"vpd2d": VJEPA2}}, "'vpd2d' is under `students` too"),
        (BASE, {"methods": ["joints2d", "r3d"]}, "'r3d' is no feature set"),
        (POSES, {"video_encoders": {"vjepa2": VJEPA2}}, "video_encoders: need pixels"),
        (BASE, {"video_encoders": {"vjepa2": {**VJEPA2, "size": 3}}}, "video_encoders.vjepa2.size: unknown setting"),
        (BASE, {"video_encoders": {"vjepa2": {**VJEPA2, "kind": "dino"}}}, "video_encoders.vjepa2.kind"),
        (BASE, {"video_encoders": {"vjepa2": {"kind": "vjepa2"}}}, "video_encoders.vjepa2.weights"),
        (BASE, {"video_encoders": {"vjepa2": {**VJEPA2, "stride": 17}}}, "stride: 17 is more than window_frames, 16"),
        (BASE, {"methods": ["joints2d", "vjepa2"]}, "'vjepa2' is no feature set"),
        (BASE, {"baseline_shots": [9]}, "9 is none of shots"),
        (BASE, {"baseline_trials": 6}, "more than trials, 5"),
        (BASE, {"baselines": {"tsn": {**TSN, "backbone": "resnet34"}}}, "are of resnet50"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(base, changes, message):
    with pytest.raises(ConfigError, match=message):
        settings(base, **changes)


def test_networks_on_poses_need_no_pixels():
    assert list(settings(POSES, baselines=TWO).baselines) == ["one", "two"]


def test_weights_are_listed_for_download_and_check():
    found = settings(
        baselines={"tsn": {**TSN, "weights_sha256": "0676ba61"}, **TWO},
        r3d={"r3d": {"weights": "r3d_18_KINETICS400_V1"}},
    )
    assert found.checkpoint_references[-2:] == [
        ("resnet50_IMAGENET1K_V1", "0676ba61"),
        ("r3d_18_KINETICS400_V1", None),
    ]


def test_rows_of_table_1_and_weights_of_methods():
    found = settings(
        baselines={"tsn": TSN, **TWO, "ensemble": {"kind": "ensemble", "parts": ["one", "two"]}},
        r3d={"r3d": {"weights": "r3d_18_KINETICS400_V1"}},
        methods=["joints2d", "r3d"],
        baseline_trials=2,
    )
    assert found.baseline_rows == [
        ("tsn", "TSN (crop)", "pretrained"),
        ("one", "", ""),
        ("two", "", ""),
        ("ensemble", "MS-G3D (ensemble)", ""),
    ]
    assert found.weights_of_methods == {"r3d": "pretrained"}
    assert (found.num_baseline_trials, settings().num_baseline_trials) == (2, 5)


def test_another_tools_r3d_stands_in_for_ours():
    found = settings(supplied={"features": {"r3d": "r3d.npz"}}, methods=["joints2d", "r3d"])
    assert found.kind_of("r3d") == "supplied"
    assert found.weights_of_methods == {}


def test_video_encoders_are_feature_sets_with_weights():
    encoders = {"vjepa2": {**VJEPA2, "weights_sha256": "0676ba61"}, "vjepa2_long": VJEPA2}
    found = settings(video_encoders=encoders, methods=["joints2d", "vjepa2", "vjepa2_long"])
    assert found.kind_of("vjepa2_long") == "video_encoder"
    assert found.weights_of_methods == {"vjepa2": "pretrained", "vjepa2_long": "pretrained"}
    assert found.checkpoint_references[-2:] == [
        ("/weights/vjepa2/model.safetensors", "0676ba61"),
        ("/weights/vjepa2/model.safetensors", None),
    ]
    assert [encoder.kind for encoder in found.own_video_encoders] == ["vjepa2"] * 2
    side_by_side = settings(video_encoders=encoders, concat={"both_concat": ["vpd2d", "vjepa2"]})
    assert side_by_side.kind_of("both_concat") == "concat"


def test_another_tools_descriptors_stand_in_for_a_video_encoder():
    supplied = {"features": {"vjepa2": "v.npz"}}
    for encoders in ({}, {"vjepa2": VJEPA2}):
        found = settings(supplied=supplied, video_encoders=encoders, methods=["vjepa2"])
        assert found.kind_of("vjepa2") == "supplied"
        assert found.own_video_encoders == []
        assert found.weights_of_methods == {}
        assert not found.checkpoint_references

"""Baselines and R3D in a dataset's settings: what must fit together, and what follows from them."""

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


def settings(base=BASE, **changes):
    return validate(DatasetSettings, {**base, **changes}, "mine.yaml")


@pytest.mark.parametrize(
    ("base", "changes", "message"),
    [
        (BASE, {"baselines": {"a": {"kind": "nothing"}}}, "baselines.a"),
        (BASE, {"baselines": {"a_ensemble": {"kind": "stgcn"}}}, "must hold `ensemble`"),
        (BASE, {"baselines": {**TWO, "both": {"kind": "ensemble", "parts": ["one", "two"]}}}, "must hold `ensemble`"),
        (BASE, {"baselines": {**TWO, "ensemble": {"kind": "ensemble", "parts": ["one", "no"]}}}, "'no' is no baseline"),
        (BASE, {"baselines": {**TWO, "ensemble": {"kind": "ensemble", "parts": ["one", "one"]}}}, "name each once"),
        (BASE, {"baselines": {"vpd2d": {"kind": "stgcn"}}}, "another row of Table 1"),
        (BASE, {"baselines": {"random": {"kind": "stgcn"}}}, "another row of Table 1"),
        (POSES, {"baselines": {"tsn": TSN}}, "baselines.tsn: needs pixels"),
        (POSES, {"r3d": {"r3d": {"weights": "r3d_18_KINETICS400_V1"}}}, "r3d: needs pixels"),
        (BASE, {"r3d": {"net": {"weights": "r3d_18_KINETICS400_V1"}}}, "be `r3d` or begin with `r3d_`"),
        (BASE, {"students": {"r3d_like": {}}, "methods": ["joints2d"]}, "be `r3d` or begin with `r3d_`"),
        (BASE, {"methods": ["joints2d", "r3d"]}, "'r3d' is no feature set"),
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

"""One setting moves a dataset between the embedded networks and the paper's."""

import pytest

from vpdlib.config.base import ConfigError, merge, validate
from vpdlib.config.dataset import DatasetSettings
from vpdlib.config.run import RunSettings

SMALL = {"title": "Mine", "adapter": {"kind": "folder", "videos": "v"}}
PAPER = ["mask-rcnn-x101", "hrnet-w48-384x288", "raft_large_C_T_V1"]


def settings(**changes):
    return validate(DatasetSettings, merge(SMALL, changes), "mine.yaml")


def test_one_setting_moves_between_embedded_and_paper():
    mine = settings()
    assert (mine.people.detectors, mine.poses.teacher, mine.flow.method) == (
        ("nanodet", "multipose"), "movenet_thunder", "dis"
    )  # fmt: skip
    assert mine.checkpoint_references == []
    assert mine.weak_labels.min_score == 0.3
    mine = settings(networks="paper")
    assert (mine.people.detectors, mine.poses.teacher, mine.flow.method) == (
        ("mmdet",), "mmpose", "raft_large"
    )  # fmt: skip
    assert [name for name, _ in mine.checkpoint_references] == PAPER
    assert mine.people.has_masks
    assert mine.weak_labels.min_score == 0.5


def test_what_a_dataset_sets_itself_stays():
    mine = settings(
        networks="paper",
        people={"every_nth_frame": 3, "mmdet": {"checkpoint": "weights/mine.pth"}},
        poses={"teacher": "movenet_thunder"},
        weak_labels={"min_score": 0.7},
    )
    assert mine.people.every_nth_frame == 3
    assert mine.people.mmdet.config == "mask-rcnn_x101-64x4d_fpn_ms-poly_3x_coco"
    assert [name for name, _ in mine.checkpoint_references] == [
        "weights/mine.pth", "raft_large_C_T_V1"
    ]  # fmt: skip
    assert mine.weak_labels.min_score == 0.7
    assert settings(weak_labels={"min_score": 0.6}).weak_labels.min_score == 0.6


def test_inverted_athletes_are_told_by_keypoints_with_either():
    tracking = {"athlete_rule": "upside_down"}
    for networks in ("embedded", "paper"):
        mine = settings(networks=networks, tracking=tracking)
        assert "multipose" in mine.people.detectors


def test_other_names_are_refused():
    with pytest.raises(ConfigError, match="networks: Input should be 'embedded' or 'paper'"):
        settings(networks="papers")


@pytest.mark.parametrize("name", ["fsjump6", "tennis7", "fx35", "diving48"])
def test_the_papers_datasets_take_the_papers_networks_and_can_do_without(name):
    assert RunSettings().dataset(name).networks == "paper"
    light = RunSettings(overrides={name: {"networks": "embedded"}}).dataset(name)
    assert light.checkpoint_references == []
    assert light.poses.teacher == "movenet_thunder"

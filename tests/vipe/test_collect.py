"""From the settings of a VIPE* to motions: folders, links, names."""

import numpy as np
import pytest
from skeletons import standing

from vpdlib.skeleton import JOINTS13
from vpdlib.vipe.bvh import CMU_JOINTS
from vpdlib.vipe.collect import collect_motions
from vpdlib.vipe.model_settings import BvhMotions, Nba2kMotions
from vpdlib.vipe.npz import MotionError

SOURCE = BvhMotions(path="bvh", unit_m=1.0, up="z", skip_frames=0, every=1)


def write_bvh(path):
    """A standing person as BVH: every joint hangs on the root."""
    lines = ["HIERARCHY", "ROOT Root", "{", "OFFSET 0 0 0", "CHANNELS 1 Zrotation"]
    for joint, place in zip(JOINTS13, standing()[0].tolist(), strict=True):
        offset = "OFFSET " + " ".join(map(str, place))
        lines += [f"JOINT {CMU_JOINTS[joint][0]}", "{", offset, "CHANNELS 1 Zrotation"]
        lines += ["End Site", "{", "OFFSET 0 0 0", "}", "}"]
    lines += ["}", "MOTION", "Frames: 2", "Frame Time: 0.04", *[" ".join(["0"] * 14)] * 2]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def collect(folder):
    return {(m.subject, m.name): m for m in collect_motions([SOURCE], [folder], [None])}


def test_files_of_one_name_are_of_two_people(tmp_path):
    write_bvh(tmp_path / "bvh/anna/walk.bvh")
    write_bvh(tmp_path / "bvh/ben/walk.bvh")
    found = collect(tmp_path / "bvh")
    assert sorted(found) == [("anna", "walk"), ("ben", "walk")]
    np.testing.assert_allclose(found["anna", "walk"].xyz, standing().repeat(2, 0), atol=1e-6)


def test_people_behind_a_link_and_endings_in_capitals_are_found(tmp_path):
    write_bvh(tmp_path / "bvh/anna/walk.BVH")
    write_bvh(tmp_path / "disk/ben/far/run.bvh")
    (tmp_path / "bvh/ben").symlink_to(tmp_path / "disk/ben")
    (tmp_path / "disk/ben/back").symlink_to(tmp_path / "bvh")  # a loop
    assert sorted(collect(tmp_path / "bvh")) == [("anna", "walk"), ("far", "run")]


def test_one_person_with_two_motions_of_one_name_is_refused(tmp_path):
    write_bvh(tmp_path / "bvh/anna/walk.bvh")
    with pytest.raises(MotionError, match=r"'walk' of 'anna' \('cmu'\) is there twice: list each"):
        collect_motions([SOURCE] * 2, [tmp_path / "bvh"] * 2, [None] * 2)


def test_empty_folders_are_refused(tmp_path):
    with pytest.raises(MotionError, match=r"holds no \.bvh file"):
        collect(tmp_path)
    with pytest.raises(MotionError, match="is no folder"):
        collect_motions([Nba2kMotions(path="x")], [tmp_path / "x"], [None])

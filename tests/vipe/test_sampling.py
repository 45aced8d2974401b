"""Pairs: negatives are of the same motion and far enough, flipping, shares, repeatability."""

import numpy as np
import pytest
from skeletons import random_motions, random_skeletons, standing

from vpdlib.skeleton import JOINTS13
from vpdlib.vipe.motions import Motion
from vpdlib.vipe.npz import MotionError
from vpdlib.vipe.sampling import PoseBank, draw_pairs
from vpdlib.vipe.settings import VipeSettings
from vpdlib.vipe.targets import flip_targets, flip_xyz, pose_targets, smallest_bone_cosine


def flipped_where(values, flipped, flip):
    return np.where(flipped.reshape(-1, 1, 1), flip(values), values)


def test_negatives_are_of_the_motion_and_some_bone_differs():
    bank = PoseBank.build(random_motions(5, 40))
    pairs = draw_pairs(bank, np.random.default_rng(0), 3000, VipeSettings())
    assert (pairs.negative_frame // 40 == pairs.frame // 40).all()
    xyz = flipped_where(bank.xyz[pairs.frame], pairs.flipped, flip_xyz)
    other = flipped_where(bank.xyz[pairs.negative_frame], pairs.negative_flipped, flip_xyz)
    own = pose_targets(xyz)
    np.testing.assert_allclose(pairs.target.reshape(-1, 13, 7), own, atol=1e-5)
    cosine = smallest_bone_cosine(own, pose_targets(other))
    limit = np.cos(np.radians(45))
    assert (cosine[pairs.is_valid] <= limit + 1e-5).all()
    assert (cosine[~pairs.is_valid] >= limit - 1e-5).all()
    # Of 40 poses drawn independently nearly all will do; each is then as likely as another.
    assert pairs.is_valid.mean() > 0.99
    assert pairs.flipped.mean() == pytest.approx(0.5, abs=0.03)
    assert pairs.negative_flipped.mean() == pytest.approx(0.5, abs=0.03)
    counts = np.bincount(pairs.negative_frame, minlength=200)
    assert counts.min() > 0
    assert counts.max() < 45


def test_the_share_of_pairs_without_negative_is_that_of_ten_misses():
    # One frame in 20 has the arm out; the others are alike. Nothing is flipped.
    poses = np.repeat(standing(), 20, axis=0)
    wrist, elbow = JOINTS13.index("left_wrist"), JOINTS13.index("left_elbow")
    poses[0, wrist] = poses[0, elbow] + np.array([-0.25, 0, 0], dtype=np.float32)
    bank = PoseBank.build([Motion("arm", poses, 30.0, "a", "made")])
    settings = VipeSettings(flip_probability=0.0)
    pairs = draw_pairs(bank, np.random.default_rng(0), 20_000, settings)
    usual = pairs.frame > 0
    assert (pairs.negative_frame[usual & pairs.is_valid] == 0).all()
    assert pairs.is_valid[usual].mean() == pytest.approx(1 - 0.95**10, abs=0.015)
    assert pairs.is_valid[~usual].mean() == pytest.approx(1.0, abs=0.001)
    assert not pairs.flipped.any()


def test_a_still_motion_has_no_negative_and_its_pairs_are_two_views():
    bank = PoseBank.build([Motion("still", np.repeat(standing(), 3, 0), 30.0, "a", "made")])
    pairs = draw_pairs(bank, np.random.default_rng(0), 50, VipeSettings())
    assert not pairs.is_valid.any()
    assert pairs.views.shape == (3, 50, 39)
    assert pairs.views.dtype == np.float32
    assert np.isfinite(pairs.views).all()
    assert (np.abs(pairs.views[0] - pairs.views[1]).max(axis=1) > 1e-3).all()


def test_shares_of_the_sources():
    motions = random_motions(1, 90, source="big") + random_motions(2, 5, source="small")
    motions = [motions[1], motions[0], motions[2]]
    bank = PoseBank.build(motions)
    settings = VipeSettings(source_share={"big": 1, "small": 3})
    pairs = draw_pairs(bank, np.random.default_rng(0), 4000, settings)
    names = np.array(bank.sources)[bank.source[pairs.frame]]
    assert (names == "small").mean() == pytest.approx(0.75, abs=0.03)
    assert len(np.unique(pairs.frame)) == 100
    with pytest.raises(MotionError, match="fraction above 0"):
        draw_pairs(bank, np.random.default_rng(0), 4, VipeSettings(source_share={"other": 1}))


def test_pairs_are_seeded():
    bank = PoseBank.build(random_motions(2, 10))
    first, second = (draw_pairs(bank, np.random.default_rng(5), 30, VipeSettings()) for _ in "ab")
    np.testing.assert_array_equal(first.views, second.views)
    np.testing.assert_array_equal(first.negative_frame, second.negative_frame)


def test_bank_flips_as_its_features_do():
    xyz = random_skeletons(np.random.default_rng(0), 30)
    bank = PoseBank.build([Motion("a", xyz, 30.0, "a", "made")])
    np.testing.assert_allclose(pose_targets(flip_xyz(xyz)), flip_targets(bank.targets), atol=1e-5)

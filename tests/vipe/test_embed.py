"""Embedding of keypoints: flip, upside down, invalid rows, both joint sets."""

import numpy as np
import pytest

from vpdlib.poses.normalize import to_joints13
from vpdlib.skeleton import COCO17_FLIP_ORDER
from vpdlib.vipe.embed import embed_poses
from vpdlib.vipe.network import TrainedVipe, build_vipe
from vpdlib.vipe.settings import VipeSettings

SETTINGS = VipeSettings(dim=8, hidden=16, decoder_width=16)


@pytest.fixture
def model():
    return TrainedVipe(SETTINGS, *build_vipe(SETTINGS), best_epoch=1).to("cpu")


@pytest.fixture
def keypoints():
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(size=(7, 17, 2)) * 40 + 200, rng.random((7, 17, 1))], axis=2)


def test_flip_of_the_flipped_input_is_the_regular_row(model, keypoints):
    rows = embed_poses(model, keypoints)
    assert rows.shape == (7, 2, 8)
    assert rows.dtype == np.float32
    flipped = keypoints[:, COCO17_FLIP_ORDER] * [-1, 1, 1] + [640, 0, 0]
    np.testing.assert_allclose(embed_poses(model, flipped), rows[:, ::-1], atol=1e-5)
    assert np.abs(rows[:, 0] - rows[:, 1]).max() > 1e-3


def test_place_and_size_in_the_picture_do_not_count_and_eyes_neither(model, keypoints):
    rows = embed_poses(model, keypoints)
    np.testing.assert_allclose(
        embed_poses(model, keypoints * [3, 3, 1] + [50, -20, 0]), rows, atol=1e-5
    )
    np.testing.assert_array_equal(embed_poses(model, to_joints13(keypoints)), rows)
    keypoints[:, 1] = np.nan
    np.testing.assert_allclose(embed_poses(model, keypoints, batch_size=2), rows, atol=1e-6)


def test_upside_down_appends_the_flipped_pose(model, keypoints):
    both = embed_poses(model, keypoints, upside_down=True)
    assert both.shape == (7, 2, 16)
    np.testing.assert_array_equal(both[..., :8], embed_poses(model, keypoints))
    flipped = keypoints * [1, -1, 1] + [0, 480, 0]
    np.testing.assert_allclose(both[..., 8:], embed_poses(model, flipped), atol=1e-5)


def test_invalid_poses_become_nan_rows_and_change_no_other(model, keypoints):
    expected = embed_poses(model, keypoints)
    keypoints[1, 9, 0] = np.nan
    keypoints[4, 5, 2] = np.nan
    keypoints[5, 16, 1] = np.inf
    rows = embed_poses(model, keypoints, upside_down=True)
    bad = [1, 4, 5]
    assert np.isnan(rows[bad]).all()
    good = np.setdiff1d(np.arange(7), bad)
    np.testing.assert_allclose(rows[good][..., :8], expected[good], atol=1e-6)
    assert np.isnan(embed_poses(model, keypoints[bad])).all()
    assert embed_poses(model, keypoints[:0]).shape == (0, 2, 8)


def test_bad_shapes_are_refused(model):
    with pytest.raises(ValueError, match="with a score"):
        embed_poses(model, np.zeros((3, 17, 2)))
    with pytest.raises(ValueError, match="17 COCO"):
        embed_poses(model, np.zeros((3, 15, 3)))

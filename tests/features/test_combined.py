"""Feature sets made of others."""

import numpy as np
import pytest

from vpdlib.features.concat import concatenate
from vpdlib.features.fused import fuse_poses
from vpdlib.features.settings import FusedSettings

FUSED = FusedSettings(student="vpd2d", unsure_below=0.2, sure_above=0.6)


def test_side_by_side_on_the_frames_that_all_have():
    rng = np.random.default_rng(0)
    frames = [np.array([0, 1, 3, 4]), np.array([1, 2, 3])]
    descriptors = [rng.normal(size=(4, 2, 3)), rng.normal(size=(3, 2, 5))]
    frame, both = concatenate(frames, descriptors)
    assert frame.tolist() == [1, 3]
    assert both.dtype == np.float32
    np.testing.assert_allclose(both[..., :3], descriptors[0][[1, 2]], rtol=1e-6)
    np.testing.assert_allclose(both[..., 3:], descriptors[1][[0, 2]], rtol=1e-6)
    none, empty = concatenate([np.array([0]), np.array([1])], [d[:1] for d in descriptors])
    assert (len(none), empty.shape) == (0, (0, 2, 8))


def test_the_surer_of_teacher_and_student_counts():
    joints, decoded = np.ones((5, 2, 26)), np.full((5, 2, 26), 3.0)
    joints[3] = np.nan
    score = np.array([0.1, 0.4, 0.9, 0.9, np.nan])
    fused = fuse_poses(joints, decoded, score, FUSED)
    # The student alone; even; the teacher alone; no pose of the teacher; no score of it.
    np.testing.assert_allclose(fused[:, 0, 0], [3, 2, 1, 3, 3], rtol=1e-6)
    assert np.ptp(fused, axis=(1, 2)).max() == 0


def test_poses_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="expected"):
        fuse_poses(np.ones((5, 2, 64)), np.ones((5, 2, 64)), np.ones(5), FUSED)

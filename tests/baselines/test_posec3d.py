"""PoseC3D: size, heat maps, symmetry, training."""

import math

import pytest
import torch

from tests.baselines.overfitting import accuracy_after_training, random_poses, size_of
from vpdlib.baselines.posec3d import Bottleneck3D, PoseC3D, clip_boxes, heatmap_volumes
from vpdlib.baselines.settings import PoseC3DSettings
from vpdlib.skeleton import JOINTS13_FLIP_ORDER

SMALL = PoseC3DSettings(heatmap_px=16, base_width=8, stage_blocks=(1, 1), dropout=0.0, sigma_px=1.0)


def keypoints_of(poses):
    """(N, 3, T, V) to (N, T, V, 3)."""
    return poses.permute(0, 2, 3, 1)


@pytest.mark.parametrize(
    # MMAction2, configs/skeleton/posec3d/metafile.yml (version 0.x): NTU RGB+D 60, FineGYM and NTU RGB+D 120.
    ("num_classes", "size"),
    [(60, 2_024_860), (99, 2_044_867), (120, 2_055_640)],
)
def test_size_is_the_published_one(num_classes, size):
    assert size_of(PoseC3D(17, num_classes)) == size


def test_shapes_of_the_published_stages():
    """Duan et al.: 48 frames of 56 x 56 become 24 of 7 x 7, here from 4 frames."""
    network = PoseC3D(17, 5)
    values, shapes = torch.zeros(1, 17, 4, 56, 56), []
    for layer in network.backbone:
        values = layer(values)
        shapes.append(tuple(values.shape[1:]))
    assert shapes[0] == (32, 4, 56, 56)
    assert shapes[2 + 4] == (128, 4, 28, 28)
    assert shapes[2 + 4 + 6] == (256, 4, 14, 14)
    assert shapes[-1] == (512, 2, 7, 7)
    inflated = [
        layer.convolutions[0][0].kernel_size[0]
        for layer in network.backbone
        if isinstance(layer, Bottleneck3D)
    ]
    assert inflated == [1] * 4 + [3] * 9


def test_boxes_are_the_least_squares_about_found_joints():
    poses = random_poses(3, 5, 13)
    poses[2] = 0.0
    boxes = clip_boxes(keypoints_of(poses), padding=0.25)
    for clip in range(2):
        points = [
            poses[clip, :2, frame, joint].tolist()
            for frame in range(5)
            for joint in range(13)
            if poses[clip, 2, frame, joint] > 0
        ]
        lows = [min(p[axis] for p in points) for axis in (0, 1)]
        highs = [max(p[axis] for p in points) for axis in (0, 1)]
        half = 1.25 * max(high - low for low, high in zip(lows, highs, strict=True)) / 2
        middle = [(low + high) / 2 for low, high in zip(lows, highs, strict=True)]
        expected = [middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half]
        assert boxes[clip].tolist() == pytest.approx(expected, rel=1e-5, abs=1e-3)
    assert boxes[2].tolist() == [0, 0, 1, 1]


def test_heat_maps_are_the_formula():
    keypoints = keypoints_of(random_poses(2, 3, 4))
    boxes = torch.tensor([[10.0, 20.0, 60.0, 90.0], [-5.0, 0.0, 120.0, 110.0]])
    size, sigma = 8, 0.9
    volumes = heatmap_volumes(keypoints, boxes, size, sigma)
    assert volumes.shape == (2, 4, 3, size, size)
    for clip in range(2):
        left, top, right, bottom = boxes[clip].tolist()
        for frame in range(3):
            for joint in range(4):
                x, y, score = keypoints[clip, frame, joint].tolist()
                x, y = (x - left) / (right - left) * size, (y - top) / (bottom - top) * size
                for row in range(size):
                    for column in range(size):
                        squared = (column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2
                        expected = score * math.exp(-squared / (2 * sigma**2))
                        value = volumes[clip, joint, frame, row, column].item()
                        assert value == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_heat_maps_of_one_clip_and_of_a_batch_are_alike():
    keypoints = keypoints_of(random_poses(2, 3, 4))
    boxes = clip_boxes(keypoints, 0.25)
    one = heatmap_volumes(keypoints[1], clip_boxes(keypoints[1], 0.25), 16, 0.6)
    assert torch.equal(one, heatmap_volumes(keypoints, boxes, 16, 0.6)[1])


def test_flipped_keypoints_give_flipped_maps():
    poses = random_poses(2, 3, 13)
    flipped = poses[..., JOINTS13_FLIP_ORDER].clone()
    flipped[:, 0] = torch.where(flipped[:, 2] > 0, 640 - flipped[:, 0], 0)

    def volumes_of(clips):
        keypoints = keypoints_of(clips)
        return heatmap_volumes(keypoints, clip_boxes(keypoints, 0.25), 16, 0.6)

    expected = volumes_of(poses)[:, JOINTS13_FLIP_ORDER].flip(-1)
    torch.testing.assert_close(volumes_of(flipped), expected, rtol=1e-3, atol=1e-3)


def test_place_and_size_in_the_picture_do_not_matter():
    poses = random_poses(2, 4, 13)
    moved = poses.clone()
    moved[:, :2] = torch.where(poses[:, 2:] > 0, poses[:, :2] * 3 + 50, 0)
    torch.manual_seed(0)
    network = PoseC3D(13, 4, SMALL).eval()
    torch.testing.assert_close(network(moved), network(poses), rtol=1e-3, atol=1e-5)


def test_a_joint_not_found_leaves_no_trace():
    poses = random_poses(1, 4, 13)
    poses[0, :, 1, 2] = 0.0
    elsewhere = poses.clone()
    elsewhere[0, :2, 1, 2] = 777.0
    network = PoseC3D(13, 4, SMALL).eval()
    assert torch.equal(network(elsewhere), network(poses))


@pytest.mark.parametrize("num_found", [0, 1])
def test_clips_with_hardly_a_joint_are_finite(num_found):
    poses = torch.zeros(2, 3, 4, 13)
    poses[:, :, 2, :num_found] = torch.tensor([300.0, 200.0, 0.9])[:, None]
    network = PoseC3D(13, 4, SMALL)
    network(poses).sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())
    peak = heatmap_volumes(keypoints_of(poses), clip_boxes(keypoints_of(poses), 0.25), 15, 0.6)
    assert peak.max().item() == pytest.approx(0.9 * num_found, rel=1e-3)


def test_without_scores_joints_at_zero_are_not_found():
    poses = random_poses(2, 4, 13)
    poses[:, 2] = (poses[:, 2] > 0).float()
    network = PoseC3D(13, 4, SMALL).eval()
    assert torch.equal(network(poses[:, :2]), network(poses))


def test_boxes_say_what_the_maps_show():
    poses = random_poses(2, 4, 13)
    torch.manual_seed(0)
    network = PoseC3D(13, 4, SMALL).eval()
    boxes = clip_boxes(keypoints_of(poses), SMALL.padding)
    assert torch.equal(network(poses, boxes), network(poses))
    half = torch.cat([boxes[:, :2], boxes.reshape(-1, 2, 2).mean(dim=1)], dim=1)
    assert not torch.allclose(network(poses, half), network(poses), rtol=1e-3)


@pytest.mark.parametrize("num_frames", [1, 3])
def test_few_frames(num_frames):
    logits = PoseC3D(13, 4, SMALL)(random_poses(2, num_frames, 13))
    assert logits.shape == (2, 4)
    assert logits.isfinite().all()


def test_blocks_start_as_their_residual_path():
    block = next(m for m in PoseC3D(13, 4, SMALL).eval().modules() if isinstance(m, Bottleneck3D))
    values = torch.randn(1, 8, 2, 8, 8)
    torch.testing.assert_close(block(values), torch.relu(block.residual(values)))


def test_learns_eight_clips_by_heart():
    torch.manual_seed(0)
    poses, labels = random_poses(8, 6, 13), torch.arange(8) % 4
    network = PoseC3D(13, 4, SMALL)
    assert accuracy_after_training(network, poses, labels, steps=60, learning_rate=0.01) == 1.0


def test_refuses_other_poses():
    network = PoseC3D(13, 4, SMALL)
    for shape in [(2, 3, 9, 17), (2, 4, 9, 13), (2, 3, 13)]:
        with pytest.raises(ValueError, match="13 joints"):
            network(torch.zeros(shape))

"""Augmentation: hand-worked flips and quarter turns, and a picture that must fit its flow and pose."""

import math

import numpy as np
import pytest
import torch

from tests.students.still import STILL
from vpdlib.poses.normalize import flip_pose
from vpdlib.students.augment import (
    Geometry,
    apply_geometry,
    apply_geometry_to_target,
    augmented_inputs,
    draw_geometry,
    draw_seed,
    jitter_colours,
    noise_like,
    plain_inputs,
    raw_inputs,
)
from vpdlib.students.frames import ArrayFrames, CropDataset
from vpdlib.students.settings import AugmentationSettings

FLOW = ("flow",)
NO_SCALE = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def turn(num_crops, degrees):
    same = Geometry.identity(num_crops)
    return Geometry(same.flipped, torch.full((num_crops,), math.radians(degrees)), same.window)


def random_batch(num_crops=4, side=16, seed=0, with_mask=False):
    rng = np.random.default_rng(seed)
    shape = (num_crops, side, side)
    rgb = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    flow = rng.integers(0, 256, (*shape, 2), dtype=np.uint8)
    mask = np.zeros(shape, dtype=np.uint8)
    mask[:, 4:8, 4:8] = 255
    frames = ArrayFrames(rgb, mask if with_mask else None, {"flow": flow})
    return CropDataset(frames)[np.arange(num_crops)]


def test_flow_is_read_symmetrically():
    flow = np.array([-20, -3.3, 0, 3.3, 20])
    stored = np.round((flow + 20) * 255 / 40).astype(np.uint8)
    crop = np.zeros((1, 5, 5, 2), dtype=np.uint8)
    crop[0, 0, :, 0] = stored
    rgb = np.zeros((1, 5, 5, 3), dtype=np.uint8)
    batch = CropDataset(ArrayFrames(rgb, others={"flow": crop}))[np.arange(1)]
    read = raw_inputs(batch, FLOW)[0, 3, 0].numpy()
    np.testing.assert_allclose(read * 40, flow, atol=0.5 * 40 / 255 + 1e-5)
    assert read[0] == -0.5
    assert read[4] == 0.5


def test_rgb_student_takes_no_flow_and_flow_student_needs_it():
    batch = CropDataset(ArrayFrames(np.zeros((1, 8, 8, 3), dtype=np.uint8)))[np.arange(1)]
    assert raw_inputs(batch, ()).shape == (1, 3, 8, 8)
    with pytest.raises(ValueError, match="no flow"):
        raw_inputs(batch, FLOW)


def test_identity_changes_nothing():
    raw = raw_inputs(random_batch(), FLOW)
    torch.testing.assert_close(
        apply_geometry(raw, Geometry.identity(4), 16, [3]), raw, atol=1e-5, rtol=0
    )


def test_flip_by_hand_and_twice_is_identity():
    raw = raw_inputs(random_batch(), FLOW)
    once = apply_geometry(raw, Geometry.flip(4), 16, [3])
    expected = raw.flip(3)
    expected[:, 3] *= -1
    torch.testing.assert_close(once, expected, atol=1e-5, rtol=0)
    twice = apply_geometry(once, Geometry.flip(4), 16, [3])
    torch.testing.assert_close(twice, raw, atol=1e-5, rtol=0)


@pytest.mark.parametrize("quarters", [1, 2, 3, -1])
def test_quarter_turns_by_hand(quarters):
    raw = raw_inputs(random_batch(), FLOW)
    rotated = apply_geometry(raw, turn(4, 90 * quarters), 16, [3])
    # Clockwise to the eye: rot90 from the last axis (x) to the rows (y) is k = -quarters.
    expected = torch.rot90(raw, -quarters, dims=(2, 3))
    u, v = expected[:, 3].clone(), expected[:, 4].clone()
    for _ in range(quarters % 4):
        u, v = -v, u  # right becomes down, down becomes left
    expected[:, 3], expected[:, 4] = u, v
    torch.testing.assert_close(rotated, expected, atol=1e-4, rtol=0)


def test_quarter_turn_moves_what_is_right_to_below():
    image = torch.zeros(1, 5, 9, 9)
    image[0, :3, 4, 7] = 1.0  # a dot right of the centre, moving right
    image[0, 3, 4, 7] = 0.25
    rotated = apply_geometry(image, turn(1, 90), 9, [3])
    torch.testing.assert_close(rotated[0, 0, 7, 4], torch.tensor(1.0), atol=1e-4, rtol=0)
    torch.testing.assert_close(rotated[0, 3:, 7, 4], torch.tensor([0.0, 0.25]), atol=1e-4, rtol=0)
    target = torch.zeros(1, 2, 26)
    target[0, 0, :2] = torch.tensor([0.5, 0.0])  # the nose right of the hips
    answer = apply_geometry_to_target(target, turn(1, 90))
    torch.testing.assert_close(answer[0, :2], torch.tensor([0.0, 0.5]), atol=1e-6, rtol=0)


def test_turning_back_gives_the_target_again_and_flips_choose_the_flipped_row():
    pose = np.random.default_rng(0).normal(size=(6, 26)).astype(np.float32)
    rows = torch.from_numpy(np.stack([pose, flip_pose(pose)], axis=1))
    there = apply_geometry_to_target(rows, turn(6, 37.0))
    back = apply_geometry_to_target(torch.stack([there, there], dim=1), turn(6, -37.0))
    torch.testing.assert_close(back, rows[:, 0], atol=1e-5, rtol=0)
    flipped = apply_geometry_to_target(rows, Geometry.flip(6))
    assert torch.equal(flipped, rows[:, 1])


def blob_picture(place, velocity, side):
    """A picture whose red blob is at `place` (-1..1) and whose flow is `velocity` on the blob."""
    at = (torch.arange(side) + 0.5) * 2 / side - 1
    y, x = torch.meshgrid(at, at, indexing="ij")
    blob = torch.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / 0.01)
    return torch.stack([blob, blob, blob, blob * velocity[0], blob * velocity[1]])[None]


def test_picture_flow_and_pose_stay_together():
    settings = AugmentationSettings(rotation_degrees=180, rotation_probability=1.0)
    generator = torch.Generator().manual_seed(0)
    side = 64
    for trial in range(25):
        rng = np.random.default_rng(trial)
        place, velocity = rng.uniform(-0.35, 0.35, 2), rng.uniform(-0.4, 0.4, 2)
        geometry = draw_geometry(1, settings, generator)
        image = apply_geometry(blob_picture(place, velocity, side), geometry, side, [3])[0]
        # The pose: hips at the crop's centre, nose on the blob (flipping leaves the nose a nose).
        row = torch.zeros(52)
        row[:2], row[26:28] = torch.tensor(place), torch.tensor(velocity)
        flipped = row.clone()
        flipped[0], flipped[26] = -row[0], -row[26]
        target = apply_geometry_to_target(torch.stack([row, flipped])[None], geometry)[0]
        centre, size = geometry.window[0, :2], geometry.window[0, 2:]
        nose = (target[:2] - centre) / size
        if nose.abs().max() > 0.9:
            continue
        weight = image[0] / image[0].sum()
        at = (torch.arange(side) + 0.5) * 2 / side - 1
        found = torch.stack([(weight.sum(0) * at).sum(), (weight.sum(1) * at).sum()])
        torch.testing.assert_close(found, nose, atol=0.02, rtol=0)
        speed = torch.stack([image[3].sum(), image[4].sum()]) / image[0].sum()
        torch.testing.assert_close(speed, target[26:28], atol=0.01, rtol=0)


def test_drawn_windows_are_within_the_crop_and_the_asked_area():
    geometry = draw_geometry(2000, AugmentationSettings(), torch.Generator().manual_seed(0))
    centre, size = geometry.window[:, :2], geometry.window[:, 2:]
    assert (centre.abs() + size).max() <= 1 + 1e-6
    area, ratio = size.prod(dim=1), size[:, 0] / size[:, 1]
    assert area.min() >= 0.49
    assert 0.9 - 1e-4 <= ratio.min() <= ratio.max() <= 1.1 + 1e-4
    assert abs(geometry.flipped.float().mean() - 0.5) < 0.05
    assert not geometry.angle.any()


def test_large_crops_are_averaged_not_skipped():
    raw = torch.zeros(1, 5, 64, 64)
    raw[..., ::2] = 1.0  # stripes one pixel wide
    small = apply_geometry(raw, Geometry.identity(1), 16, [3])
    torch.testing.assert_close(small, torch.full_like(small, 0.5), atol=1e-5, rtol=0)
    half = apply_geometry(raw, Geometry.identity(1), 32, [3])
    torch.testing.assert_close(half, torch.full_like(half, 0.5), atol=1e-5, rtol=0)


def test_plain_flip_is_the_crop_of_the_flipped_picture():
    batch = random_batch()
    flow = batch.others["flow"].flip(2)
    flipped = batch._replace(
        rgb=batch.rgb.flip(2),
        others={"flow": torch.stack([255 - flow[..., 0], flow[..., 1]], dim=3)},
    )
    args = (16, FLOW, ((0.5, 0.4, 0.3), (0.2, 0.2, 0.1)))
    torch.testing.assert_close(plain_inputs(batch, *args, True), plain_inputs(flipped, *args))
    assert plain_inputs(batch, *args).is_contiguous(memory_format=torch.channels_last)


def test_augmentation_switched_off_is_the_plain_input():
    batch, target = random_batch(), torch.randn(4, 2, 52)
    inputs, geometry = augmented_inputs(
        batch, 16, FLOW, settings=STILL, generator=torch.Generator(), rgb=NO_SCALE
    )
    expected = plain_inputs(batch, 16, FLOW, NO_SCALE)
    torch.testing.assert_close(inputs, expected, atol=1e-5, rtol=0)
    assert torch.equal(apply_geometry_to_target(target, geometry), target[:, 0])


def test_the_same_generator_gives_the_same_batch():
    settings = AugmentationSettings(rotation_degrees=30)
    batch, target = random_batch(with_mask=True), torch.randn(4, 2, 26)
    pairs = [
        augmented_inputs(
            batch,
            16,
            FLOW,
            settings=settings,
            generator=torch.Generator().manual_seed(seed),
            rgb=NO_SCALE,
        )
        for seed in (1, 1, 2)
    ]
    assert torch.equal(pairs[0][0], pairs[1][0])
    targets = [apply_geometry_to_target(target, geometry) for _, geometry in pairs]
    assert torch.equal(targets[0], targets[1])
    assert not torch.equal(pairs[0][0], pairs[2][0])


@pytest.mark.parametrize("seen", [(), FLOW])
def test_noise_is_on_the_background_only_and_needs_a_mask(seen):
    settings = STILL.model_copy(update={"noise_probability": 1.0})
    plain = plain_inputs(random_batch(), 16, seen, NO_SCALE)
    for with_mask in (False, True):
        inputs, _ = augmented_inputs(
            random_batch(with_mask=with_mask),
            16,
            seen,
            settings=settings,
            generator=torch.Generator().manual_seed(0),
            rgb=NO_SCALE,
        )
        noise = inputs - plain
        assert inputs.shape == plain.shape
        torch.testing.assert_close(noise[:, :, 5:7, 5:7], torch.zeros_like(noise[:, :, 5:7, 5:7]),
                                   atol=1e-5, rtol=0)  # fmt: skip
        outside = noise[:, :3, 9:].std().item()
        assert outside == pytest.approx(0.05, rel=0.1) if with_mask else outside < 1e-5
        assert noise[:, 3:].abs().max() < 1e-5 if seen else True


def test_noise_on_the_cpu_is_drawn_from_the_given_generator_itself():
    ours, plain = (torch.Generator().manual_seed(3) for _ in range(2))
    drawn = noise_like(torch.zeros(2, 3, 4, 4), ours)
    assert torch.equal(drawn, torch.randn(2, 3, 4, 4, generator=plain))
    assert torch.equal(ours.get_state(), plain.get_state())


def test_the_random_stream_of_a_noisy_batch_on_the_cpu():
    """A training goes on to the bit only if noise takes what it always took, where it always took it."""
    ours, plain = (torch.Generator().manual_seed(3) for _ in range(2))
    inputs, _ = augmented_inputs(
        random_batch(with_mask=True), 16, (), settings=STILL, generator=ours, rgb=NO_SCALE
    )
    quiet = STILL.model_copy(update={"noise_std": 0.0})
    expected, _ = augmented_inputs(
        random_batch(with_mask=True), 16, (), settings=quiet, generator=plain, rgb=NO_SCALE
    )
    chosen = torch.rand(4, generator=plain) < 0.5
    noise = torch.randn(4, 3, 16, 16, generator=plain) * 0.05
    outside = torch.ones(16, 16)
    outside[4:8, 4:8] = 0
    expected[:, :3] += noise * chosen[:, None, None, None] * outside
    assert torch.equal(inputs, expected)
    assert torch.equal(ours.get_state(), plain.get_state())
    assert 0 < chosen.sum() < 4


def test_seeds_for_another_device_follow_from_the_generator():
    """What is drawn with them there takes a GPU to test; that it repeats, and differs by step, does not."""

    def seeds(start, num=50):
        generator = torch.Generator().manual_seed(start)
        return [draw_seed(generator) for _ in range(num)]

    assert seeds(1) == seeds(1)
    assert len({*seeds(1), *seeds(2)}) == 100
    assert all(0 <= seed < 2**62 for seed in seeds(1))
    torch.Generator().manual_seed(max(seeds(1)))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_noise_on_a_gpu_is_drawn_there_and_repeats():
    inputs = torch.zeros(8, 3, 64, 64, device="cuda")
    first, second = (noise_like(inputs, torch.Generator().manual_seed(3)) for _ in range(2))
    assert first.device == inputs.device
    assert torch.equal(first, second)
    assert first.std().item() == pytest.approx(1, abs=0.02)
    generator = torch.Generator().manual_seed(3)
    assert not torch.equal(noise_like(inputs, generator), noise_like(inputs, generator))


def only(change, amount):
    jitter = [0.0] * 4
    jitter[change] = amount
    return tuple(jitter)


def test_colour_changes_one_by_one():
    rgb = torch.rand(64, 3, 6, 6) * 0.4 + 0.3
    grey = torch.tensor([0.299, 0.587, 0.114])
    luma = torch.einsum("bchw,c->bhw", rgb, grey)[:, None]

    bright = jitter_colours(rgb, only(0, 0.2), torch.Generator().manual_seed(0))
    factor = (bright / rgb).reshape(64, -1)
    torch.testing.assert_close(factor, factor[:, :1].expand_as(factor), atol=1e-5, rtol=0)
    assert 0.8 <= factor.min() < 0.85
    assert 1.15 < factor.max() <= 1.2

    contrast = jitter_colours(rgb, only(1, 0.2), torch.Generator().manual_seed(0))
    mean = luma.mean(dim=(2, 3), keepdim=True)
    factor = ((contrast - mean) / (rgb - mean)).reshape(64, -1).median(dim=1).values
    expected = factor[:, None, None, None] * (rgb - mean) + mean
    torch.testing.assert_close(contrast, expected, atol=1e-4, rtol=0)

    colourful = jitter_colours(rgb, only(2, 0.2), torch.Generator().manual_seed(0))
    factor = ((colourful - luma) / (rgb - luma)).reshape(64, -1).median(dim=1).values
    expected = factor[:, None, None, None] * (rgb - luma) + luma
    torch.testing.assert_close(colourful, expected, atol=1e-4, rtol=0)

    hue = jitter_colours(rgb, only(3, 0.05), torch.Generator().manual_seed(0))
    after = torch.einsum("bchw,c->bhw", hue, grey)[:, None]
    torch.testing.assert_close(after, luma, atol=1e-4, rtol=0)
    assert (hue - rgb).abs().max() > 0.005
    grey_only = luma.expand_as(rgb)
    torch.testing.assert_close(
        jitter_colours(grey_only, only(3, 0.05), torch.Generator()), grey_only, atol=1e-4, rtol=0
    )


def test_jitter_stays_in_range():
    rgb = torch.randint(0, 2, (8, 3, 4, 4)).float()
    answer = jitter_colours(rgb, (1.0, 1.0, 1.0, 0.5), torch.Generator().manual_seed(1))
    assert answer.min() >= 0
    assert answer.max() <= 1

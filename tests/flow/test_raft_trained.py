"""RAFT trained for a minute or two on textures that move as we know: the trained path works from end to end.

Run with `make test-slow`; prints what it measures.
"""

import cv2
import numpy as np
import pytest
import torch

import vpdlib.compat
from tests.flow.script import estimate_flow
from vpdlib.artifacts import read_artifact
from vpdlib.flow.build import make_flow_estimator
from vpdlib.flow.opencv import DisFlow
from vpdlib.flow.quantise import dequantise
from vpdlib.flow.settings import FlowSettings

vpdlib.compat.install()
from torchvision.models.optical_flow import Raft_Small_Weights, raft_small  # noqa: E402

SIDE, MARGIN = 128, 32
REACH_PX = 6
ITERATIONS = 4
STEPS, BATCH = 400, 2


def moving_texture(rng):
    """A pair of crops (S, S, 3) uint8 and their flow (S, S, 2) px: shifted, rotated, and scaled a little."""
    side = SIDE + 2 * MARGIN
    picture = np.zeros((side, side, 3), np.float32)
    for sigma in (1.5, 4, 10):
        layer = cv2.GaussianBlur(rng.normal(size=picture.shape).astype(np.float32), (0, 0), sigma)
        picture += layer / layer.std()
    picture = cv2.normalize(picture, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    centre = (side - 1) / 2
    motion = cv2.getRotationMatrix2D((centre, centre), rng.uniform(-4, 4), rng.uniform(0.96, 1.04))
    motion[:, 2] += rng.uniform(-REACH_PX, REACH_PX, 2)
    moved = cv2.warpAffine(picture, motion, (side, side), borderMode=cv2.BORDER_REFLECT)
    window = slice(MARGIN, MARGIN + SIDE)
    y, x = np.mgrid[window, window].astype(np.float64)
    place = np.stack([x, y], axis=2)
    flow = place @ motion[:, :2].T + motion[:, 2] - place
    return picture[window, window], moved[window, window], flow.astype(np.float32)


def moving_textures(num, rng):
    return [np.stack(part) for part in zip(*(moving_texture(rng) for _ in range(num)), strict=True)]


def end_point_error_px(flow, truth):
    return float(np.linalg.norm(flow - truth, axis=-1).mean())


def train():
    """Torchvision's small RAFT, by the loss of its paper: every update counts, later ones more."""
    torch.manual_seed(0)
    network = raft_small(weights=None)
    transform = Raft_Small_Weights.DEFAULT.transforms()
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-4, weight_decay=1e-5)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 4e-4, STEPS, pct_start=0.1, cycle_momentum=False, anneal_strategy="linear"
    )
    rng = np.random.default_rng(0)
    for _ in range(STEPS):
        previous, current, truth = (
            torch.from_numpy(part).permute(0, 3, 1, 2) for part in moving_textures(BATCH, rng)
        )
        flows = network(*transform(previous, current), num_flow_updates=ITERATIONS)
        loss = sum(
            0.8 ** (ITERATIONS - 1 - step) * (flow - truth).abs().mean()
            for step, flow in enumerate(flows)
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return network


@pytest.mark.slow
def test_training_improves_the_flow_that_comes_out_of_the_workflow(tmp_path, capsys):
    torch.set_num_threads(1)
    previous, current, truth = moving_textures(16, np.random.default_rng(1))
    torch.manual_seed(0)
    torch.save(raft_small(weights=None).state_dict(), tmp_path / "random.pth")
    torch.save(train().state_dict(), tmp_path / "trained.pth")

    errors = {
        "zero flow": end_point_error_px(0.0, truth),
        "dis": end_point_error_px(DisFlow().estimate_many(previous, current), truth),
    }
    for name in ("random", "trained"):
        settings = FlowSettings(
            method="raft_small",
            raft={"checkpoint": str(tmp_path / f"{name}.pth"), "iterations": ITERATIONS},
            subtract_median=False,
        )
        estimator = make_flow_estimator(settings, tmp_path, "cpu", 1)
        errors[name] = end_point_error_px(estimator.estimate_many(previous, current), truth)
    # And the other way round: whoever swaps the crops gets the opposite motion.
    errors["trained, crops swapped"] = end_point_error_px(
        estimator.estimate_many(current, previous), truth
    )
    path = estimate_flow(tmp_path, {"held_out": (previous, current)}, settings)
    with read_artifact(path, "flow") as artifact:
        stored = dequantise(artifact["held_out"].array("flow"), settings.max_px)
    errors["trained, from the artifact"] = end_point_error_px(stored, truth)
    with capsys.disabled():
        print("\nend-point error on held-out pairs, px:")
        for name, error in errors.items():
            print(f"  {name}: {error:.2f}")

    assert errors["trained"] < 0.4 * errors["zero flow"]
    assert errors["trained"] < 0.4 * errors["random"]
    assert errors["trained, crops swapped"] > errors["zero flow"]
    assert errors["trained, from the artifact"] == pytest.approx(errors["trained"], abs=0.1)

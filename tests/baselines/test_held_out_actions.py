"""Frame networks recognise actions that they never saw: what a frame shows, and the order of frames."""

import numpy as np
import pytest
from pydantic import TypeAdapter

from tests.baselines.frame_networks import SMALL_BACKBONE
from vpdlib.baselines.build import build_network
from vpdlib.baselines.frames import FrameClips
from vpdlib.baselines.kinds import BaselineSettings
from vpdlib.baselines.train import predict_probabilities, train_network

SIDE, FRAMES = 24, 12
TRAIN = [f"train{n}" for n in range(48)]
TEST = [f"test{n}" for n in range(24)]
CLASS_OF = {action: place % 2 for place, action in enumerate(TRAIN + TEST)}


class Drawn:
    """Pictures of actions, kept in memory, as a `PictureStore` gives them."""

    def __init__(self, draw):
        self._pictures = {
            action: draw(label, np.random.default_rng(place))
            for place, (action, label) in enumerate(CLASS_OF.items())
        }

    def length(self, action_id):
        return len(self._pictures[action_id])

    def load(self, action_id, places):
        return self._pictures[action_id][places]


def noise(rng):
    return rng.integers(0, 120, (FRAMES, SIDE, SIDE, 3), np.uint8)


def striped(label, rng):
    """Stripes of any phase, lying or standing."""
    lines = 130 * (((np.arange(SIDE) + rng.integers(8)) // 4) % 2).astype(np.uint8)
    return noise(rng) + (lines[:, None, None] if label else lines[None, :, None])


def moving(label, rng):
    """A bar that rises or falls: a single frame does not tell."""
    pictures, start = noise(rng), rng.integers(0, 3)
    for frame in range(FRAMES):
        row = start + (FRAMES - 1 - frame if label else frame) * (SIDE - 8) // FRAMES
        pictures[frame, row : row + 5] += 130
    return pictures


def streaming(label, rng):
    """Flow to one side, or up and down: 0 is at 127.5."""
    flow = rng.integers(112, 144, (FRAMES, SIDE, SIDE, 2), np.uint8)
    flow[..., label] = np.clip(128 + rng.choice([-60, 60]) + rng.integers(-20, 20), 0, 255)
    return flow


def held_out_accuracy(draw, **given):
    settings = TypeAdapter(BaselineSettings).validate_python(
        {
            **SMALL_BACKBONE,
            "num_segments": 4,
            "test_clips": 1,
            "input_px": 20,
            "dropout": 0.0,
            "training": {
                "optimizer": "adamw",
                "learning_rate": 0.01,
                "epochs": 15,
                "warmup_epochs": 1,
                "batch_size": 16,
            },
            **given,
        }
    )
    clips = FrameClips(Drawn(draw), settings)
    trained = train_network(
        lambda: build_network(settings, 2), clips, TRAIN, [], CLASS_OF, settings.training, seed=0
    )
    probabilities = predict_probabilities(trained.network, clips, TEST, settings.training)
    return np.mean(probabilities.argmax(1) == [CLASS_OF[action] for action in TEST])


@pytest.mark.parametrize("kind", ["tsn", "trn", "gsm"])
def test_what_a_frame_shows(kind):
    assert held_out_accuracy(striped, kind=kind) >= 0.95


@pytest.mark.parametrize("kind", ["trn", "gsm"])
def test_the_order_of_frames(kind):
    assert held_out_accuracy(moving, kind=kind) >= 0.95


def test_the_order_of_frames_is_nothing_to_tsn():
    """The mean over frames has no order, which is what the other two are for."""
    assert held_out_accuracy(moving, kind="tsn") <= 0.75


def test_flow():
    assert held_out_accuracy(streaming, kind="tsn", stream="flow", flow_stack=2) >= 0.95

"""Baselines from clips to results: every kind learns eight actions by heart, ensembles, and actions without frames."""

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter

from tests.baselines.frame_networks import SMALL_BACKBONE
from vpdlib.baselines.frames import FrameClips
from vpdlib.baselines.kinds import BaselineSettings
from vpdlib.baselines.run import run_baseline
from vpdlib.baselines.skeletons import ActionPoses, SkeletonClips
from vpdlib.recognition.actions import ActionTable, Trial

NUM_ACTIONS, NUM_FRAMES = 8, 6
TRAIN = tuple(f"train{n}" for n in range(NUM_ACTIONS))
#: Test actions are the training ones by another name: what is learnt by heart is right there.
TEST = tuple(f"test{n}" for n in range(NUM_ACTIONS))
ONE_TRIAL = (Trial(0, TRAIN),)
CLASSES = ("a", "b", "c", "d")
LABELS = tuple(CLASSES[n % 4] for n in range(NUM_ACTIONS))


def table(extra=()):
    """Eight training and test actions; `extra` are more test actions."""
    return ActionTable(
        TRAIN + TEST + tuple(extra),
        LABELS * 2 + ("b",) * len(extra),
        ("train",) * 8 + ("test",) * (8 + len(extra)),
        ("",) * (16 + len(extra)),
        CLASSES,
    )


class RandomPictures:
    """Random pictures or flow of eight actions; stands in for a store of artifacts."""

    def __init__(self, channels):
        rng = np.random.default_rng(0)
        shape = (NUM_ACTIONS, NUM_FRAMES, 24, 24, channels)
        self._pictures = rng.integers(0, 256, shape).astype(np.uint8)

    def length(self, action_id):
        return NUM_FRAMES

    def load(self, action_id, indices):
        return self._pictures[int(action_id[-1])][indices]


def random_poses(n):
    rng = np.random.default_rng(n)
    keypoints = np.concatenate(
        [rng.uniform(0, 100, (NUM_FRAMES, 17, 2)), rng.uniform(0.3, 1, (NUM_FRAMES, 17, 1))], 2
    )
    box = np.tile(np.float32([0, 0, 100, 100]), (NUM_FRAMES, 1))
    return ActionPoses(keypoints.astype(np.float32), box)


def clips_of(settings):
    if settings.kind in ("stgcn", "msg3d", "posec3d"):
        return SkeletonClips({a: random_poses(int(a[-1])) for a in TRAIN + TEST}, settings)
    return FrameClips(RandomPictures(2 if settings.stream == "flow" else 3), settings)


FAST = {
    "optimizer": "adamw",
    "nesterov": False,
    "weight_decay": 0.0,
    "warmup_epochs": 0,
    "schedule": "cosine",
    "batch_size": 8,
}
STILL = {"flip_probability": 0.0, "temporal_crop": 1.0}
GRAPH = {"num_frames": NUM_FRAMES, "scale_jitter": 0.0, "rotation_degrees": 0.0, **STILL}
FRAMES = {
    **SMALL_BACKBONE,
    "num_segments": NUM_FRAMES,
    "test_clips": 1,
    "input_px": 24,
    "scales": [1.0],
    "test_window": 1.0,
    "flip_probability": 0.0,
    "dropout": 0.0,
}
STGCN = {"stage_widths": [16, 32], "stage_blocks": [1, 1], "dropout": 0.0}
MSG3D = {"widths": [12], "gcn_scales": 3, "g3d_scales": 2, "window_sizes": [3]}
POSEC3D = {"heatmap_px": 12, "base_width": 4, "stage_blocks": [1, 1], "dropout": 0.0}
METHODS = {
    "stgcn": ({"kind": "stgcn", "network": STGCN, **GRAPH}, 0.02, 80),
    "stgcn bone": ({"kind": "stgcn", "network": STGCN, "stream": "bone", **GRAPH}, 0.02, 80),
    "msg3d": ({"kind": "msg3d", "network": MSG3D, **GRAPH}, 0.005, 60),
    "posec3d": (
        {"kind": "posec3d", "network": POSEC3D, "num_frames": NUM_FRAMES, "window_area": 1.0, "test_flip": False}
        | STILL,
        0.005,
        60,
    ),
    "tsn": ({"kind": "tsn", **FRAMES}, 0.005, 60),
    "tsn flow": ({"kind": "tsn", **FRAMES, "stream": "flow", "flow_stack": 2}, 0.005, 60),
    "trn": ({"kind": "trn", **FRAMES}, 0.005, 60),
    "gsm": ({"kind": "gsm", **FRAMES}, 0.005, 60),
}  # fmt: skip


def settings_of(name):
    given, rate, epochs = METHODS[name]
    return TypeAdapter(BaselineSettings).validate_python(
        {**given, "training": {**FAST, "learning_rate": rate, "epochs": epochs}}
    )


def run(settings, actions=None, trials=ONE_TRIAL, lengths=None):
    actions = actions or table()
    lengths = lengths or dict.fromkeys(actions.action_ids, NUM_FRAMES)
    return run_baseline(settings, clips_of(settings), lengths, actions, None, trials)


@pytest.mark.parametrize("name", METHODS)
def test_eight_actions_are_learnt_by_heart(name):
    result = run(settings_of(name))
    assert result.head == name.split()[0]
    assert result.probabilities.shape == (1, 8, 4)
    np.testing.assert_allclose(result.probabilities.sum(axis=2), 1, atol=1e-5)
    assert (result.probabilities[0].argmax(axis=1) == result.true_labels).all()


def short(name):
    settings = settings_of(name)
    return settings.model_copy(
        update={"training": settings.training.model_copy(update={"epochs": 2})}
    )


def test_actions_without_frames_get_the_commonest_class_and_do_not_train():
    settings = short("stgcn")
    actions = table(extra=("empty",))
    lengths = {**dict.fromkeys(actions.action_ids, NUM_FRAMES), "empty": 0, "train0": 0}
    result = run(settings, actions, [Trial(0, TRAIN)], lengths)
    assert result.num_empty_test == 1
    assert result.num_empty_train == (1,)
    assert "train0" not in result.train_ids[0]
    # Of the trial's own two actions a class, "a" comes first.
    assert result.probabilities[0, -1].tolist() == [1, 0, 0, 0]


def test_test_actions_must_not_train():
    with pytest.raises(ValueError, match="test action 'test0'"):
        run(short("stgcn"), trials=[Trial(0, (*TRAIN, "test0"))])


def test_trials_have_networks_of_their_own_by_their_seeds():
    result = run(short("stgcn"), trials=[Trial(seed, TRAIN) for seed in (0, 1, 0)])
    assert np.array_equal(result.probabilities[0], result.probabilities[2])
    assert not np.array_equal(result.probabilities[0], result.probabilities[1])


def test_results_do_not_depend_on_threads_before():
    before = torch.get_num_threads()
    run(short("tsn"))
    assert torch.get_num_threads() == before

import numpy as np
import pytest

from vpdlib.demo.body import SEGMENT_INDEX, draw_proportions
from vpdlib.demo.motions import CLASSES, add_action, draw_manner
from vpdlib.demo.timeline import Timeline

BODY = draw_proportions(np.random.default_rng(3))
RATE = 200.0


def perform(label, side=1, seed=0):
    rng = np.random.default_rng(seed)
    timeline = Timeline()
    manner = draw_manner(rng, label, side)
    add_action(timeline, rng, label, manner)
    motion = timeline.sample(BODY, RATE, int(timeline.time * RATE))
    start, end, name = motion.actions[0]
    assert name == label
    return motion, slice(int(start * RATE), int(end * RATE)), timeline


def up_axis(motion, rows):
    """(S, 3) where the pelvis's up points."""
    return motion.figure.rotations[rows, 0, :, 1]


@pytest.mark.parametrize("label", CLASSES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_length_and_continuity(label, seed):
    motion, rows, _ = perform(label, seed=seed)
    assert 0.75 < (rows.stop - rows.start) / RATE < 1.3
    # Nothing teleports: below 22 m/s everywhere.
    assert np.linalg.norm(np.diff(motion.figure.joints, axis=0), axis=-1).max() * RATE < 22


@pytest.mark.parametrize("label", [c for c in CLASSES if "ward" in c])
def test_somersaults_turn_once_over_the_head_the_right_way(label):
    motion, rows, _ = perform(label)
    up = up_axis(motion, rows)
    angle = np.unwrap(np.arctan2(up[:, 2], up[:, 1]))
    sign = 1 if label.startswith("forward") else -1
    assert sign * (angle[-1] - angle[0]) == pytest.approx(2 * np.pi, abs=0.1)
    assert up[:, 1].min() < -0.99
    # Heading 0: forward is +z.
    travel = motion.pelvis[rows][-1, 2] - motion.pelvis[rows][0, 2]
    assert sign * travel > 0.3


def test_tucked_is_closed_and_straight_is_open():
    def size(label):
        motion, rows, _ = perform(label)
        middle = (rows.start + rows.stop) // 2
        points = motion.figure.joints[middle]
        return np.linalg.norm(points[:, None] - points[None], axis=-1).max()

    for way in ("forward", "backward"):
        assert size(f"{way}_tucked") < 0.75 * size(f"{way}_straight")


@pytest.mark.parametrize("side", [1, -1])
def test_cartwheel_goes_sideways_over_the_leading_hand(side):
    motion, rows, timeline = perform("cartwheel", side)
    up = up_axis(motion, rows)
    assert up[:, 1].min() < -0.99
    hands = [motion.figure.origins[rows, SEGMENT_INDEX[f"{s}_hand"], 1] for s in ("l", "r")]
    feet = [motion.figure.origins[rows, SEGMENT_INDEX[f"{s}_foot"], 1] for s in ("l", "r")]
    assert max(h.min() for h in hands) < 0.3
    assert max(f.max() for f in feet) > 1.2
    leading, other = hands if side > 0 else hands[::-1]
    assert np.argmax(leading < 0.25) < np.argmax(other < 0.25)
    assert not timeline.flights


@pytest.mark.parametrize("side", [1, -1])
def test_turning_jump_turns_once_about_the_vertical(side):
    motion, rows, _ = perform("full_turn_jump", side)
    turn = motion.yaw[rows][-1] - motion.yaw[rows][0]
    assert turn == pytest.approx(side * 2 * np.pi, abs=1e-6)
    assert up_axis(motion, rows)[:, 1].min() > 0.8


def test_unknown_class_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="handstand"):
        add_action(Timeline(), rng, "handstand", draw_manner(rng, "cartwheel", 1))

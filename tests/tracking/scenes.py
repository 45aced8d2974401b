"""Small made-up scenes for the tracking tests: people as functions of time."""

import numpy as np

from vpdlib.tracking.people import PeopleDetections


def keypoints(box, upside_down=False):
    """COCO-17 keypoints of an upright or inverted figure in a box."""
    points = np.zeros((17, 3), np.float32)
    heights = np.linspace(0.05, 0.95, 17)
    if upside_down:
        heights = 1 - heights
    points[:, 0] = (box[0] + box[2]) / 2
    points[:, 1] = box[1] + heights * (box[3] - box[1])
    points[:, 2] = 0.8
    return points


def scene(
    people, num_frames=100, fps=25.0, stride=2, width=640, height=360, cuts_s=(), start_s=0.0
):
    """Build detections.

    ``people`` are functions of the time that return (box, score, upside_down), and optionally what the person looks
    like, or None where the person is not detected. A shot begins at each of ``cuts_s``.
    """
    time_s = start_s + np.arange(num_frames) / fps
    frames = np.arange(0, num_frames, stride)
    boxes, scores, points, looks = [], [], [], []
    for frame in frames:
        found = [answer for person in people if (answer := person(time_s[frame])) is not None]
        boxes.append(np.array([answer[0] for answer in found], float).reshape(-1, 4))
        scores.append(np.array([answer[1] for answer in found], float))
        points.append(
            np.array([keypoints(answer[0], answer[2]) for answer in found], float).reshape(
                -1, 17, 3
            )
        )
        looks.append(
            np.array([look_like((*answer, "grey")[3]) for answer in found], float).reshape(
                -1, 2 * len(LOOKS)
            )
        )
    return PeopleDetections(
        frames,
        boxes,
        scores,
        points,
        num_frames,
        width,
        height,
        time_s,
        shot=np.searchsorted(np.asarray(cuts_s, float), time_s + 1e-9, side="right"),
        appearance=looks,
    )


#: What people of a scene may look like: a colour of the upper body each.
LOOKS = ("grey", "red", "green", "blue", "white", "black")


def box_at(x, y, width=50, height=120):
    return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2], float)


def lost_between(person, start_s, end_s):
    return lambda t: None if start_s < t < end_s else person(t)


def runner(t):
    """Crosses the middle of the picture, 100 px/s."""
    return box_at(120 + 100 * t, 180), 0.8, False


def spectator(t):
    """Large, still, at the left edge."""
    return box_at(25, 200, 50, 300), 0.9, False


def look_like(colour):
    """The description of someone of that colour, from head to foot."""
    return np.tile(np.array(LOOKS) == colour, 2).astype(float)

"""Who is between two looks: people on the line from one to the other, and nobody who is in one only."""

import numpy as np
import pytest

from vpdlib.people.base import People
from vpdlib.people.between import SeenPeople, agree, fill_between


def people(boxes, scores=None):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    num = len(boxes)
    return People(
        boxes,
        np.full(num, 0.8, np.float32) if scores is None else np.array(scores, np.float32),
        np.zeros(num, np.uint8),
        np.full((num, 17, 3), np.nan, np.float32),
    )


def box(x, y=0.0, width=40, height=100):
    return [x, y, x + width, y + height]


def seen(time_s, *boxes, scores=None):
    return SeenPeople(time_s, people(boxes, scores))


def test_who_goes_on_as_before_confirms():
    before, after = seen(0, box(0), box(200)), seen(0.4, box(20), box(200))
    assert agree(before, seen(0.2, box(10), box(200)), after, 0.85)
    # The middle is where the time has it, in any order.
    assert agree(before, seen(0.1, box(200), box(5)), after, 0.85)
    assert not agree(before, seen(0.1, box(16), box(200)), after, 0.85)
    assert agree(before, seen(0.1, box(16), box(200)), after, 0.5)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_who_is_sure_must_be_in_all_three(place):
    looks = [[box(0)], [box(0)], [box(0)]]
    looks[place].append(box(100))
    three = [seen(t, *boxes) for t, boxes in enumerate(looks)]
    assert not agree(*three, 0.85)
    # Somebody unsure may come and go.
    scores = [0.8, 0.3][: len(looks[place])]
    three[place] = seen(place, *looks[place], scores=scores)
    assert agree(*three, 0.85)
    looks[place].pop(0)
    three[place] = seen(place, *looks[place])
    assert not agree(*three, 0.85)


def test_nobody_confirms_nobody():
    assert agree(seen(0), seen(1), seen(2), 0.85)
    assert agree(seen(0), seen(1, box(5), scores=[0.2]), seen(2), 0.85)


def filled(looks, looked_at, time_s=None, shot=None, masks=False):
    """`fill_between` of looks that are lists of boxes; boxes of every frame."""
    num = len(looked_at)
    columns = {
        "box_px": np.array([b for boxes in looks for b in boxes], np.float32).reshape(-1, 4),
    }
    count = len(columns["box_px"])
    columns["score"] = np.linspace(0.5, 0.9, count).astype(np.float32)
    columns["source"] = np.arange(count, dtype=np.uint8)
    columns["keypoints_px"] = np.full((count, 17, 3), np.nan, np.float32)
    columns["appearance"] = np.tile(np.arange(count, dtype=np.uint8)[:, None] * 10, (1, 20))
    if masks:
        columns["mask"] = np.tile(np.arange(count, dtype=np.uint8)[:, None], (1, 392))
    frames = list(
        fill_between(
            columns,
            np.array([len(boxes) for boxes in looks]),
            np.array(looked_at, bool),
            np.arange(num) / 25 if time_s is None else np.array(time_s, float),
            np.zeros(num, int) if shot is None else np.array(shot),
        )
    )
    assert len(frames) == num
    for frame in frames:
        assert {name: c.dtype for name, c in frame.items()} == {
            name: c.dtype for name, c in columns.items()
        }
        assert len({len(column) for column in frame.values()}) == 1
    return [frame["box_px"] for frame in frames], frames


def test_between_two_looks_people_are_on_the_line():
    boxes, frames = filled([[box(0), box(300)], [box(300), box(16)]], [1, 0, 0, 0, 1], masks=True)
    assert [b[0].tolist() for b in boxes[:4]] == [box(x) for x in (0, 4, 8, 12)]
    assert [b[1].tolist() for b in boxes[:4]] == [box(300)] * 4
    assert boxes[4].tolist() == [box(300), box(16)]
    assert np.allclose(frames[2]["score"][0], (0.5 + 0.9) / 2)
    assert frames[1]["source"].tolist() == [0, 1]
    assert frames[3]["source"].tolist() == [3, 2]
    assert frames[3]["mask"][:, 0].tolist() == [3, 2]
    assert frames[2]["appearance"][0, 0] == 15
    assert all(np.isnan(frame["keypoints_px"]).all() for frame in frames)


def test_the_line_is_one_of_time():
    boxes, _ = filled([[box(0)], [box(20)]], [1, 0, 1], time_s=[0, 0.3, 0.4])
    assert boxes[1].tolist() == [box(15)]


def test_who_is_in_one_look_only_is_not_between():
    boxes, _ = filled([[box(0), box(300)], [box(0)], []], [1, 0, 1, 0, 0, 1])
    assert [len(b) for b in boxes] == [2, 1, 1, 0, 0, 0]


def test_nobody_is_interpolated_over_a_cut():
    looks, looked_at = [[box(0)], [box(30)]], [1, 0, 0, 0, 1]
    boxes, _ = filled(looks, looked_at, shot=[0, 0, 1, 1, 1])
    assert [b[0].tolist() for b in boxes] == [box(0), box(0), box(30), box(30), box(30)]
    # Nobody looked at what lies between two shots.
    boxes, _ = filled(looks, looked_at, shot=[0, 0, 1, 2, 2])
    assert [len(b) for b in boxes] == [1, 1, 0, 1, 1]


def test_a_video_without_people():
    boxes, frames = filled([[], []], [1, 0, 0, 1])
    assert [len(b) for b in boxes] == [0] * 4
    assert frames[1]["keypoints_px"].shape == (0, 17, 3)

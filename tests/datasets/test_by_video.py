"""Actions handed out video by video."""

import pytest

from vpdlib.datasets.by_video import ActionsByVideo
from vpdlib.datasets.tables import ActionRow


def action(name, video):
    return ActionRow(name, video, 0, 1, "x", "train", "", "")


def test_the_actions_of_a_video_are_taken_once_in_their_order():
    actions = [action("b", "v"), action("c", "w"), action("a", "v")]
    wanted = ActionsByVideo(actions)
    assert wanted.take("none of ours") == []
    assert wanted.take("v") == [actions[0], actions[2]]
    assert wanted.take("v") == []
    assert wanted.take("w") == [actions[1]]
    wanted.check_all_taken("pose artifacts")


def test_videos_in_no_shard_are_named():
    wanted = ActionsByVideo([action(str(number), f"v{5 - number}") for number in range(5)])
    wanted.take("v2")
    with pytest.raises(ValueError, match=r"the pose artifacts lack 4 videos.*\['v1', 'v3', 'v4'\]"):
        wanted.check_all_taken("pose artifacts")

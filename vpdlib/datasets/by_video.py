"""Labelled actions, handed out video by video while artifacts are gone through shard by shard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from vpdlib.datasets.tables import ActionRow


class ActionsByVideo:
    """The actions of each video, which are taken once; what is left at the end was in no shard.

    Parameters
    ----------
    actions : labelled actions, in the order in which a video's are handed out.
    """

    def __init__(self, actions: Iterable[ActionRow]) -> None:
        self._left: dict[str, list[ActionRow]] = defaultdict(list)
        for action in actions:
            self._left[action.video].append(action)

    def take(self, video_id: str) -> list[ActionRow]:
        """The actions of a video; none where it has none or they were taken before."""
        return self._left.pop(video_id, [])

    def check_all_taken(self, artifacts: str) -> None:
        """Refuse videos that were in no shard.

        Parameters
        ----------
        artifacts : what was gone through, for the message, such as "feature artifacts".

        Raises
        ------
        ValueError
            If actions are left; the message names their videos.
        """
        if self._left:
            raise ValueError(
                f"the {artifacts} lack {len(self._left)} videos, such as {sorted(self._left)[:3]}; "
                "rerun the rule that makes them"
            )

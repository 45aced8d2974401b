"""Tennis7: the swings of 1,619 points of nine matches, both players of a point.

A label is ``<match>:<front|back>:<frame> <class>``: the near or far player touches the ball in that frame of the
match. Each player of a point is a video of its own, ``front__<point>`` and ``back__<point>``, of one file. The
window is 0.5 s to either side for recognition, 0.1 s for detection, which also looks for serves and
unknown swings (docs/method.md sections 2.5 and 10).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from vpdlib.datasets.adapters.published import PublishedAdapter
from vpdlib.datasets.base import Action, DatasetError, Split
from vpdlib.datasets.paper.protocol import ClipInfo, Event, PaperDataset, read_few_shot, read_lines
from vpdlib.datasets.paths import DataPaths

CLASSES = (
    "forehand_topspin",
    "forehand_slice",
    "backhand_topspin",
    "backhand_slice",
    "forehand_volley",
    "backhand_volley",
    "overhead",
)
_DETECTED = (*CLASSES, "serve", "unknown_swing")
_TEST_MATCHES = frozenset(
    {
        "usopen_2015_mens_final_federer_djokovic",
        "usopen_2019_womens_osaka_gauff",
        "wimbledon_2019_mens_semifinal_federer_nadal",
        "wimbledon_2019_womens_final_halep_williams",
    }
)
#: Player in the labels -> place in the picture: the near one plays in front of the camera.
_PLAYERS = {"front": "near", "back": "far"}
_RECOGNITION_S, _DETECTION_S = 0.5, 0.1


class Tennis7Adapter(PublishedAdapter):
    """Tennis swings, both players."""

    facts_file: ClassVar[str] = "tennis.video_meta.pkl"
    athletes_per_video: ClassVar[int] = len(_PLAYERS)

    kind: Literal["tennis7"] = Field("tennis7", description="The paper's Tennis7.")

    def athletes_of(self, clip: str) -> list[tuple[str, str]]:
        """Both players of a point."""
        return [(f"{player}__{clip}", place) for player, place in _PLAYERS.items()]

    def clip_of(self, video_id: str) -> str:
        """The point, whose players lie in one shard."""
        return video_id.split("__", 1)[-1]

    def recording_of(self, clip: str) -> str:
        """The broadcast of the match: of ``<match>_<first>_<end>``."""
        return clip.rsplit("_", 2)[0]

    def load_all(self, files: Mapping[str, Path], paths: DataPaths) -> PaperDataset:
        """As :meth:`load`, of all clips; a label that lies in no point is a DatasetError."""
        clips = self.published_clips(files)
        tested = {clip for clip in clips if self.recording_of(clip) in _TEST_MATCHES}
        val_ids = set(read_lines(files["val.ids.txt"]))
        points: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
        for clip in clips:
            match, first, end = clip.rsplit("_", 2)
            points[match].append((int(first), int(end), clip))
        for spans in points.values():
            spans.sort()
        actions: list[Action] = []
        events: list[Event] = []
        others: list[str] = []
        for number, line in enumerate(read_lines(files["all.txt"]), start=1):
            where = f"{files['all.txt']}:{number}"
            action_id, label = line.split(" ")
            match, player, frame = action_id.split(":")
            # A few points overlap by some frames; the earlier one has the swing.
            inside = [span for span in points[match] if span[0] <= int(frame) <= span[1]]
            if not inside or player not in _PLAYERS:
                raise DatasetError(
                    f"{where}: {line!r} lies in no point of the match; fetch it anew"
                )
            begin, _, clip = inside[0]
            split: Split = (
                "test" if match in _TEST_MATCHES else "val" if action_id in val_ids else "train"
            )
            contact = int(frame) - begin
            video_id = f"{player}__{clip}"
            if label in _DETECTED:
                start_s, end_s = _window(contact, clips[clip], _DETECTION_S)
                side: Split = "test" if split == "test" else "train"
                events.append(Event(video_id, start_s, end_s, label, side))
            if label not in CLASSES:
                others.append(action_id)
                continue
            start_s, end_s = _window(contact, clips[clip], _RECOGNITION_S)
            actions.append(Action(action_id, video_id, start_s, end_s, label, split, match, where))
        return PaperDataset(
            videos=self.videos_of(clips, tested, is_grouped=True),
            actions=tuple(actions),
            class_names=CLASSES,
            few_shot=read_few_shot(
                files, (a.action_id for a in actions if a.split == "train"), others
            ),
            events=tuple(events),
            detection_trials=tuple(
                tuple(read_lines(files[f"train.localize.{trial}.txt"])) for trial in range(5)
            ),
        )


def _window(contact: int, info: ClipInfo, reach_s: float) -> tuple[float, float]:
    """Seconds of the frames around the contact, whole frames, within the point."""
    first = max(0, int(contact - info.fps * reach_s))
    end = min(info.num_frames, int(contact + info.fps * reach_s))
    return first / info.fps, end / info.fps

"""FX35: the 35 floor-exercise classes of FineGym's Gym99, in 1,214 events.

An action is ``<event>_A_<start>_<end>``. Its exact times, seconds from the event's first frame, are in
FineGym's annotation JSON, which its authors give out and we may not; the name has whole seconds only. The
window begins 0.25 s early and holds whole frames (docs/method.md section 2.5). FineGym splits by element, so
76 events have training and test actions; all of them are kept from the student. Training list: v1.1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from vpdlib.datasets.adapters.published import PublishedAdapter
from vpdlib.datasets.base import Action, DatasetError, Split
from vpdlib.datasets.paper.protocol import (
    ClipInfo,
    PaperDataset,
    read_few_shot,
    read_json,
    read_lines,
)
from vpdlib.datasets.paths import DataPaths
from vpdlib.datasets.settings import SuppliedSettings

#: Gym99 numbers of the floor exercises.
FX_CLASSES = range(6, 41)
_BEFORE_S = 0.25


class FX35Adapter(PublishedAdapter):
    """Floor exercises of FineGym."""

    facts_file: ClassVar[str] = "fx.video_meta.pkl"
    label_settings: ClassVar = PublishedAdapter.label_settings | {"annotation", "unit"}

    kind: Literal["fx35"] = Field("fx35", description="The paper's FX35.")
    annotation: str | None = Field(
        None,
        description="FineGym's finegym_annotation_info_v1.1.json, relative to data_dir: exact times of actions and "
        "events. Null: the whole seconds of the actions' names, windows up to a second wider.",
    )
    unit: Literal["event", "action"] = Field(
        "event",
        description="What a video is: a whole event (the paper), or a single action, as in published skeleton files; "
        "the latter needs supplied keypoints.",
    )

    @property
    def has_events(self) -> bool:
        """Detection is not of the paper's protocol."""
        return False

    @property
    def label_paths(self) -> tuple[str, ...]:
        """The annotation."""
        return (self.annotation,) if self.annotation is not None else ()

    @property
    def lengths_are_published(self) -> bool:
        """Those of events are; those of single actions are their keypoints'."""
        return self.unit == "event"

    def check(self, classes: Sequence[str] | None, supplied: SuppliedSettings) -> None:
        """Refuse single actions without keypoints of them."""
        if self.unit == "action" and (self.has_videos or supplied.keypoints is None):
            raise ValueError(
                "adapter.unit: 'action' is for supplied.keypoints and no videos; set the former, or "
                "unit: event"
            )

    def load_all(self, files: Mapping[str, Path], paths: DataPaths) -> PaperDataset:
        """Read labels, splits and subsets.

        Single actions are as long as their keypoints, which is not known here: their clips have length 0.

        Raises
        ------
        DatasetError
            If the annotation is missing or none, or an action lies in no known event.
        """
        clips, annotation = self.published_clips(files), self._annotation(paths)
        names = class_names(files["gym99_categories.txt"])
        actions: list[Action] = []
        others: list[str] = []
        lists: tuple[tuple[str, Split], ...] = (
            ("gym99_train_element_v1.1.txt", "train"),
            ("gym99_val_element.txt", "test"),
        )
        for name, split in lists:
            for number, line in enumerate(read_lines(files[name]), start=1):
                where = f"{files[name]}:{number}"
                action_id, label = line.split(" ")
                event, _, key = action_id.partition("_A_")
                # The released protocol: floor exercise is what the events' videos are (section 2.2).
                if event not in clips:
                    others.append(action_id)
                    continue
                if int(label) not in names:
                    raise DatasetError(f"{where}: {line!r} is no floor exercise; fetch it anew")
                info = clips[event]
                if self.unit == "action":
                    start_s, end_s, video_id = 0.0, math.inf, action_id
                else:
                    if annotation is None:
                        first_s, last_s = (float(part) for part in key.split("_"))
                        last_s += 1.0
                    else:
                        first_s, last_s = _times(annotation, event, key, where)
                    start_s, end_s = _window(first_s, last_s, info)
                    video_id = event
                actions.append(
                    Action(action_id, video_id, start_s, end_s, names[int(label)], split, "", where)
                )
        tested = {action.video_id for action in actions if action.split == "test"}
        if self.unit == "action":
            infos = {
                a.action_id: ClipInfo(clips[a.action_id.partition("_A_")[0]].fps, 0, 0, 0)
                for a in actions
            }
        else:
            infos = clips
        return PaperDataset(
            videos=self.videos_of(infos, tested),
            actions=tuple(actions),
            class_names=tuple(names[number] for number in FX_CLASSES),
            few_shot=read_few_shot(
                files, (a.action_id for a in actions if a.split == "train"), others
            ),
        )

    def _annotation(self, paths: DataPaths) -> dict[str, Any] | None:
        if self.annotation is None:
            return None
        path = paths.under_data(self.annotation)
        data = read_json(
            path,
            "adapter.annotation",
            "Obtain it from FineGym's authors (see docs/datasets/fx35.md), or set it to null to take the whole "
            "seconds of the names.",
        )
        if not isinstance(data, dict):
            raise DatasetError(f"{path}: expected FineGym's events by video. Obtain it again.")
        return data

    def recording_of(self, clip: str) -> str:
        """FineGym's video."""
        return clip.split("_E_")[0]

    def frames_of(
        self, clips: Mapping[str, ClipInfo], paths: DataPaths
    ) -> dict[str, tuple[int, int]]:
        """By the annotation's times of events."""
        if not clips:
            return {}
        annotation = self._annotation(paths)
        if annotation is None:
            raise DatasetError(
                "adapter.annotation: FineGym events are cut by the times of its annotation; set it "
                "to finegym_annotation_info_v1.1.json (docs/datasets/fx35.md)."
            )
        found = {}
        for clip, info in clips.items():
            start_s, end_s = _times(annotation, clip, None, f"event {clip}")
            found[clip] = math.floor(start_s * info.fps), math.ceil(end_s * info.fps)
        return found


def class_names(path: Path) -> dict[int, str]:
    """Gym99 number -> name of the floor-exercise classes, without the apparatus in front."""
    names = {}
    for line in read_lines(path):
        number = int(line.split(";")[0].split(":")[1])
        if number in FX_CLASSES:
            names[number] = line.split(")", 1)[1].strip()
    return names


def _times(
    annotation: Mapping[str, Any], event: str, action: str | None, where: str
) -> tuple[float, float]:
    video, event_key = event.split("_E_")
    try:
        entry = annotation[video][f"E_{event_key}"]
        if action is not None:
            entry = entry["segments"][f"A_{action}"]
        ((start_s, end_s),) = (tuple(entry["timestamps"][0]),)
        return float(start_s), float(end_s)
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise DatasetError(
            f"{where}: the annotation has no times of {event}"
            f"{'' if action is None else f', action {action}'} ({error!r}). It must be version 1.1."
        ) from error


def _window(start_s: float, end_s: float, info: ClipInfo) -> tuple[float, float]:
    """Whole frames from 0.25 s before to the frame of the end, which is included."""
    first = math.floor(max(0.0, start_s - _BEFORE_S) * info.fps)
    end = min(info.num_frames, math.ceil(end_s * info.fps) + 1)
    return first / info.fps, end / info.fps

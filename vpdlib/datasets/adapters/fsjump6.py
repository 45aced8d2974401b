"""FSJump6: the jumps of 371 figure-skating routines (short programmes of eleven broadcasts).

A label is ``<routine>:<start>:<end> <class>``, frames of the routine's clip, end-exclusive. For
recognition the window is widened to 2.5 s before and 0.5 s after its middle and never narrower than the
label (docs/method.md section 2.5). Testing is on the competitions of 2018.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from vpdlib.datasets.adapters.published import PublishedAdapter
from vpdlib.datasets.base import Action, DatasetError, Split
from vpdlib.datasets.paper.protocol import Event, PaperDataset, read_few_shot, read_lines
from vpdlib.datasets.paths import DataPaths

CLASSES = ("axel", "lutz", "flip", "loop", "salchow", "toe_loop")
_BEFORE_S, _AFTER_S = 2.5, 0.5


class FSJump6Adapter(PublishedAdapter):
    """Figure-skating jumps (docs/method.md section 2)."""

    facts_file: ClassVar[str] = "fs.video_meta.pkl"

    kind: Literal["fsjump6"] = Field("fsjump6", description="The paper's FSJump6.")

    def recording_of(self, clip: str) -> str:
        """The broadcast of the competition: of ``<competition>_<number>_<first>_<end>``."""
        return clip.rsplit("_", 3)[0]

    def load_all(self, files: Mapping[str, Path], paths: DataPaths) -> PaperDataset:
        """As :meth:`load`, of all clips; a label of another form, or of an unknown routine, is a DatasetError."""
        clips = self.published_clips(files)
        tested = {clip for clip in clips if self.recording_of(clip).endswith("2018")}
        val_ids = set(read_lines(files["val.ids.txt"]))
        actions, events = [], []
        for number, line in enumerate(read_lines(files["all.txt"]), start=1):
            where = f"{files['all.txt']}:{number}"
            action_id, label = line.split(" ")
            clip, first, end = action_id.split(":")
            if clip not in clips or label not in CLASSES:
                raise DatasetError(f"{where}: unknown routine or class in {line!r}; fetch it anew")
            fps, num_frames = clips[clip].fps, clips[clip].num_frames
            split: Split = "test" if clip in tested else "val" if action_id in val_ids else "train"
            middle = (int(first) + int(end)) / 2
            window_first = max(0, min(int(first), int(middle - fps * _BEFORE_S)))
            window_end = min(num_frames, max(int(end), int(middle + fps * _AFTER_S)))
            actions.append(
                Action(
                    action_id=action_id,
                    video_id=clip,
                    start_s=window_first / fps,
                    end_s=window_end / fps,
                    label=label,
                    split=split,
                    group=self.recording_of(clip),
                    where=where,
                )
            )
            # Detection has no validation set of its own.
            side: Split = "test" if split == "test" else "train"
            events.append(Event(clip, int(first) / fps, int(end) / fps, label, side))
        return PaperDataset(
            videos=self.videos_of(clips, tested, is_grouped=True),
            actions=tuple(actions),
            class_names=CLASSES,
            few_shot=read_few_shot(files, (a.action_id for a in actions if a.split == "train")),
            events=tuple(events),
            detection_trials=tuple(
                tuple(read_lines(files[f"train.localize.{trial}.txt"])) for trial in range(5)
            ),
        )

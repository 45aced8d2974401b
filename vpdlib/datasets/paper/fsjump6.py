"""FSJump6: the jumps of 371 figure-skating routines (short programmes of eleven broadcasts).

A label is ``<routine>:<start>:<end> <class>``, frames of the routine's clip, end-exclusive. For
recognition the window is widened to 2.5 s before and 0.5 s after its middle and never narrower than the
label (docs/method.md section 2.5). Testing is on the competitions of 2018.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vpdlib.datasets.base import Action, DatasetError, Split
from vpdlib.datasets.paper.protocol import (
    Event,
    PaperDataset,
    PaperVideo,
    read_clip_info,
    read_few_shot,
    read_lines,
)

CLASSES = ("axel", "lutz", "flip", "loop", "salchow", "toe_loop")
_BEFORE_S, _AFTER_S = 2.5, 0.5


def competition_of(clip: str) -> str:
    """The broadcast that a routine was cut from: ``<competition>_<number>_<first>_<end>``."""
    return clip.rsplit("_", 3)[0]


def _is_test(clip: str) -> bool:
    return competition_of(clip).endswith("2018")


def load_fsjump6(files: Mapping[str, Path]) -> PaperDataset:
    """Read labels, splits, subsets and lists.

    Raises
    ------
    DatasetError
        If a label is not of the published form, or names an unknown routine.
    """
    clips = read_clip_info(files["fs.video_meta.pkl"])
    val_ids = set(read_lines(files["val.ids.txt"]))
    actions, events = [], []
    for number, line in enumerate(read_lines(files["all.txt"]), start=1):
        where = f"{files['all.txt']}:{number}"
        action_id, label = line.split(" ")
        clip, first, end = action_id.split(":")
        if clip not in clips or label not in CLASSES:
            raise DatasetError(f"{where}: unknown routine or class in {line!r}; fetch it anew")
        fps, num_frames = clips[clip].fps, clips[clip].num_frames
        split: Split = "test" if _is_test(clip) else "val" if action_id in val_ids else "train"
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
                group=competition_of(clip),
                where=where,
            )
        )
        # Detection has no validation set of its own.
        side: Split = "test" if split == "test" else "train"
        events.append(Event(clip, int(first) / fps, int(end) / fps, label, side))
    return PaperDataset(
        videos=tuple(
            PaperVideo(
                video_id=clip,
                clip=clip,
                info=clips[clip],
                split="test" if _is_test(clip) else "train",
                group=competition_of(clip),
            )
            for clip in sorted(clips)
        ),
        actions=tuple(actions),
        class_names=CLASSES,
        few_shot=read_few_shot(files, (a.action_id for a in actions if a.split == "train")),
        events=tuple(events),
        detection_trials=tuple(
            tuple(read_lines(files[f"train.localize.{trial}.txt"])) for trial in range(5)
        ),
    )

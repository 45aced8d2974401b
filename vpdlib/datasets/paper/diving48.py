"""Diving48, version 2 of its labels: 16,997 labelled dives among 18,404 clips.

Labels are the JSON files of its authors, which we may not give out: ``Diving48_vocab.json`` (48 sequences of
take-off, somersaults, twists and position), ``Diving48_V2_train.json`` and ``Diving48_V2_test.json`` (lists of
vid_name, label, start_frame, end_frame). The window is the whole clip (docs/method.md section 2.5). Clips
without a label are shown to the student.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vpdlib.datasets.base import Action, DatasetError, Split
from vpdlib.datasets.paper.protocol import (
    PaperDataset,
    PaperVideo,
    read_clip_info,
    read_few_shot,
    read_json,
)

VOCABULARY = "Diving48_vocab.json"
LABELS: dict[Split, str] = {"train": "Diving48_V2_train.json", "test": "Diving48_V2_test.json"}


def _read_json(path: Path) -> list[Any]:
    data = read_json(
        path,
        "adapter.labels",
        "Obtain the V2 labels of Diving48 from its authors and put the three JSON files there; see "
        "docs/datasets/diving48.md.",
    )
    if not isinstance(data, list) or not data:
        raise DatasetError(f"{path}: expected a list. Obtain it again.")
    return data


def load_diving48(files: Mapping[str, Path], labels_dir: Path) -> PaperDataset:
    """Read labels, splits and subsets.

    Parameters
    ----------
    labels_dir : folder of the three JSON files.

    Raises
    ------
    DatasetError
        If a file is missing or not of the published form, a clip is unknown or labelled twice.
    """
    clips = read_clip_info(files["diving48.video_meta.pkl"])
    classes = tuple(" ".join(parts) for parts in _read_json(labels_dir / VOCABULARY))
    actions: list[Action] = []
    split_of: dict[str, Split] = {}
    for split, name in LABELS.items():
        for number, entry in enumerate(_read_json(labels_dir / name), start=1):
            where = f"{labels_dir / name}: entry {number}"
            try:
                clip, label = str(entry["vid_name"]), classes[int(entry["label"])]
                first, end = int(entry["start_frame"]), int(entry["end_frame"])
                info = clips[clip]
            except (KeyError, TypeError, ValueError, IndexError) as error:
                raise DatasetError(
                    f"{where}: no known clip with vid_name, label, start_frame, end_frame ({error!r}). "
                    "Is it version 2?"
                ) from error
            if clip in split_of:
                raise DatasetError(
                    f"{where}: {clip!r} is in {LABELS[split_of[clip]]} too or twice here. Remove one."
                )
            split_of[clip] = split
            end = min(end, info.num_frames)
            actions.append(
                Action(clip, clip, first / info.fps, end / info.fps, label, split, "", where)
            )
    unlabelled = [clip for clip in clips if clip not in split_of]
    return PaperDataset(
        videos=tuple(
            PaperVideo(
                video_id=clip,
                clip=clip,
                info=clips[clip],
                split=split_of.get(clip, "train"),
                group="",
            )
            for clip in sorted(clips)
        ),
        actions=tuple(actions),
        class_names=classes,
        few_shot=read_few_shot(
            files, (a.action_id for a in actions if a.split == "train"), unlabelled
        ),
    )

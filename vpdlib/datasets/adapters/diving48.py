"""Diving48, version 2 of its labels: 16,997 labelled dives among 18,404 clips.

Labels are the JSON files of its authors, which we may not give out: ``Diving48_vocab.json`` (48 sequences of
take-off, somersaults, twists and position), ``Diving48_V2_train.json`` and ``Diving48_V2_test.json`` (lists of
vid_name, label, start_frame, end_frame). The window is the whole clip (docs/method.md section 2.5). Clips
without a label are shown to the student.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from vpdlib.datasets.adapters.published import PublishedAdapter
from vpdlib.datasets.base import Action, DatasetError, Split
from vpdlib.datasets.paper.protocol import PaperDataset, read_few_shot, read_json
from vpdlib.datasets.paths import DataPaths

_VOCABULARY = "Diving48_vocab.json"
_LABELS: dict[Split, str] = {"train": "Diving48_V2_train.json", "test": "Diving48_V2_test.json"}


class Diving48Adapter(PublishedAdapter):
    """Dives, version 2 of the labels."""

    facts_file: ClassVar[str] = "diving48.video_meta.pkl"
    label_settings: ClassVar[frozenset[str]] = PublishedAdapter.label_settings | {"labels"}

    kind: Literal["diving48"] = Field("diving48", description="The paper's Diving48 V2.")
    labels: str = Field(
        "diving48/labels",
        description="Folder with Diving48_vocab.json, Diving48_V2_train.json and Diving48_V2_test.json; relative to "
        "data_dir.",
    )

    @field_validator("recordings")
    @classmethod
    def _no_recordings(cls, recordings: str | None) -> str | None:
        if recordings is not None:
            raise ValueError("Diving48 is given out as clips; set `videos`")
        return recordings

    @property
    def has_events(self) -> bool:
        """A clip is one dive."""
        return False

    @property
    def label_paths(self) -> tuple[str, ...]:
        """Vocabulary, training and test labels."""
        return tuple(f"{self.labels}/{name}" for name in (_VOCABULARY, *_LABELS.values()))

    def load_all(self, files: Mapping[str, Path], paths: DataPaths) -> PaperDataset:
        """Read labels, splits and subsets.

        Raises
        ------
        DatasetError
            If a file is missing or not of the published form, a clip is unknown or labelled twice.
        """
        clips, labels_dir = self.published_clips(files), paths.under_data(self.labels)
        classes = tuple(" ".join(parts) for parts in _read_json(labels_dir / _VOCABULARY))
        actions: list[Action] = []
        split_of: dict[str, Split] = {}
        for split, name in _LABELS.items():
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
                        f"{where}: {clip!r} is in {_LABELS[split_of[clip]]} too or twice here. Remove one."
                    )
                split_of[clip] = split
                end = min(end, info.num_frames)
                actions.append(
                    Action(clip, clip, first / info.fps, end / info.fps, label, split, "", where)
                )
        unlabelled = [clip for clip in clips if clip not in split_of]
        tested = {clip for clip, split in split_of.items() if split == "test"}
        return PaperDataset(
            videos=self.videos_of(clips, tested),
            actions=tuple(actions),
            class_names=classes,
            few_shot=read_few_shot(
                files, (a.action_id for a in actions if a.split == "train"), unlabelled
            ),
        )


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

"""Settings that say where a dataset's videos and labels come from; nothing heavy is imported here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    field_validator,
    model_validator,
)

#: Orders of joints that keypoint files may have; see :mod:`vpdlib.datasets.keypoints`.
JointNames = Literal["coco17", "joints13", "jhmdb15", "h36m17"]
Deinterlace = Literal["auto", "never", "always"]

#: What becomes of a video that cannot be used; see :mod:`vpdlib.datasets.bad_videos`.
OnBadVideo = Literal["refuse", "skip"]

#: What the athlete's tracks are made from: people detected, or boxes or keypoints of another tool.
TracksFrom = Literal["people", "boxes", "keypoints"]


def _check_group_pattern(pattern: str | None) -> str | None:
    if pattern is not None:
        try:
            names = re.compile(pattern).groupindex
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        if "group" not in names:
            raise ValueError("no group named 'group', as in '^(?P<group>[^_]+)_'")
    return pattern


class _LabelledByUser(BaseModel):
    """How actions are split where their labels do not say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    test_fraction: float = Field(
        0.3, gt=0, lt=1, description="Share of actions for testing where no split is given."
    )
    val_fraction: float = Field(
        0.0, ge=0, lt=1, description="Share of actions for validation where no split is given."
    )


class FolderAdapter(_LabelledByUser):
    """A folder of videos and a table of labels: anyone's own sport."""

    kind: Literal["folder"] = Field("folder", description="Videos in a folder.")
    videos: str = Field(
        description="Folder of videos, searched with its sub-folders; relative to data_dir."
    )
    labels: str | None = Field(
        None,
        description="CSV with columns video, label and optionally start, end (seconds; the whole "
        "video where empty), split (train, val, test), group; relative to data_dir. Null: every "
        "video is one action, labelled with the folder it lies in.",
    )
    keep_unlabelled: bool = Field(
        False,
        description="Where the folder is the label: keep the videos of folders that are no class of `classes`, "
        "without a label, for students that are distilled on more than what is labelled. Those of a group with test "
        "actions count as test videos.",
    )
    group_pattern: str | None = Field(
        None,
        description="Regular expression with a group named 'group', searched in the video id where "
        "labels bring no group: videos of one group stay on one side of the split.",
    )
    max_videos_per_class: int | None = Field(
        None, ge=1, description="Take only so many videos of a class (label folders only)."
    )
    deinterlace: Deinterlace = Field(
        "auto",
        description="Interlaced pictures (AVCHD, DV, broadcasts), of which one remains one: auto deinterlaces those "
        "that are marked so, always all, for files that do not say, never none, for progressive pictures that are "
        "marked wrongly.",
    )

    _names_a_group = field_validator("group_pattern")(_check_group_pattern)

    @model_validator(mode="after")
    def _unlabelled_by_folder(self) -> FolderAdapter:
        if self.keep_unlabelled and self.labels is not None:
            raise ValueError(
                "keep_unlabelled is for labels from folders; with a file of labels, videos without one stay anyway"
            )
        return self


class DemoAdapter(BaseModel):
    """The synthetic acrobatics event, rendered by the workflow."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["demo"] = Field("demo", description="Rendered by vpdlib.demo.")
    num_train_videos: int = Field(32, ge=1, description="Training routines.")
    num_test_videos: int = Field(18, ge=1, description="Test routines.")
    actions_per_video: int = Field(3, ge=1, description="Actions of a routine.")
    width: int = Field(480, ge=64, multiple_of=2, description="Width of the picture, px.")
    height: int = Field(270, ge=64, multiple_of=2, description="Height of the picture, px.")
    seed: int = Field(0, ge=0, description="Seed of appearance, motion, background, camera.")


class _PublishedAdapter(BaseModel):
    """What the four datasets of the paper have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    videos: str | None = Field(
        None,
        description="Folder of the clips, <clip>.mp4 (or .mkv, .avi, ...), searched with its sub-folders; "
        "relative to data_dir. Null: no clips; `recordings` are cut, or supplied keypoints stand in.",
    )
    recordings: str | None = Field(
        None,
        description="Folder of the uncut source videos, <name>.mp4 (or .mkv, ...); relative to data_dir. The rule "
        "recut_broadcasts then cuts the clips, to the exact frame. Not together with `videos`.",
    )
    only: tuple[str, ...] = Field(
        (),
        description="Use only the clips of these names or patterns (* and ?); all where empty. The published "
        "few-shot subsets do not fit a part of the dataset: they are then drawn from it.",
    )
    max_frame_difference: int = Field(
        0,
        ge=0,
        description="A clip may have this many frames more or fewer than published; 0 for an exact match.",
    )
    deinterlace: Deinterlace = Field(
        "auto",
        description="Interlaced pictures (AVCHD, DV, broadcasts), of which one remains one: auto deinterlaces those "
        "that are marked so, always all, for files that do not say, never none, for progressive pictures that are "
        "marked wrongly.",
    )

    @field_validator("recordings")
    @classmethod
    def _one_source(cls, recordings: str | None, info: ValidationInfo) -> str | None:
        if recordings is not None and info.data.get("videos") is not None:
            raise ValueError("give `videos` (cut clips) or `recordings` (to be cut), not both")
        return recordings


class FSJump6Adapter(_PublishedAdapter):
    """Figure-skating jumps (docs/method.md section 2)."""

    kind: Literal["fsjump6"] = Field("fsjump6", description="The paper's FSJump6.")


class Tennis7Adapter(_PublishedAdapter):
    """Tennis swings, both players."""

    kind: Literal["tennis7"] = Field("tennis7", description="The paper's Tennis7.")


class FX35Adapter(_PublishedAdapter):
    """Floor exercises of FineGym."""

    kind: Literal["fx35"] = Field("fx35", description="The paper's FX35.")
    annotation: str | None = Field(
        None,
        description="FineGym's finegym_annotation_info_v1.1.json, relative to data_dir: exact times of actions "
        "and events. Null: the whole seconds of the actions' names, windows up to a second wider.",
    )
    unit: Literal["event", "action"] = Field(
        "event",
        description="What a video is: a whole event (the paper), or a single action, as in published skeleton "
        "files; the latter needs supplied keypoints.",
    )


class Diving48Adapter(_PublishedAdapter):
    """Dives, version 2 of the labels."""

    kind: Literal["diving48"] = Field("diving48", description="The paper's Diving48 V2.")
    labels: str = Field(
        "diving48/labels",
        description="Folder with Diving48_vocab.json, Diving48_V2_train.json and Diving48_V2_test.json; "
        "relative to data_dir.",
    )

    @field_validator("recordings")
    @classmethod
    def _no_recordings(cls, recordings: str | None) -> str | None:
        if recordings is not None:
            raise ValueError("Diving48 is given out as clips; set `videos`")
        return recordings


class PosesAdapter(_LabelledByUser):
    """Keypoints in place of video: everything that does not need pixels works."""

    kind: Literal["poses"] = Field("poses", description="Keypoints from another tool.")
    keypoints: str = Field(
        description="npz, HDF5 or PySKL annotation pickle, see docs/bring_your_own.md; relative to data_dir."
    )
    joint_names: JointNames = Field("coco17", description="Order of the joints in the file.")
    fps: float | None = Field(
        None, gt=0, description="Frames a second, where the file does not say."
    )
    labels: str | None = Field(
        None,
        description="CSV as for a folder of videos; relative to data_dir. Null: labels (and splits) of the "
        "file, or of the folders in its keys; every clip is one action.",
    )
    label_names: tuple[str, ...] | None = Field(
        None, description="Names for a file whose labels are numbers from 0."
    )
    test_splits: tuple[str, ...] = Field(
        ("val", "test"),
        description="Splits of a PySKL file that serve for testing; the others train.",
    )
    group_pattern: str | None = Field(
        None, description="As for a folder of videos: what keeps near-duplicates on one side."
    )

    _names_a_group = field_validator("group_pattern")(_check_group_pattern)


class SuppliedSettings(BaseModel):
    """Output of other tools that stands in for a stage (docs/bring_your_own.md)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    boxes: str | None = Field(
        None,
        description="CSV, npz or HDF5 of the athlete's boxes in place of detection and tracking; relative to "
        "data_dir.",
    )
    keypoints: str | None = Field(
        None,
        description="npz, HDF5 or PySKL pickle in place of the teacher; relative to data_dir. Where there are no "
        "videos, boxes are taken from the keypoints too.",
    )
    joint_names: JointNames = Field("coco17", description="Order of the joints in `keypoints`.")
    features: dict[str, str] = Field(
        default_factory=dict,
        description="Feature set -> npz or HDF5 of descriptors in place of a student's; relative to data_dir.",
    )


PaperAdapter = FSJump6Adapter | Tennis7Adapter | FX35Adapter | Diving48Adapter
Adapter = Annotated[
    FolderAdapter
    | DemoAdapter
    | PosesAdapter
    | FSJump6Adapter
    | Tennis7Adapter
    | FX35Adapter
    | Diving48Adapter,
    Field(discriminator="kind"),
]


def parse_adapter(values: Mapping[str, Any]) -> Adapter:
    """The adapter that plain values describe, as a rule's params hold them."""
    adapter: Adapter = TypeAdapter(Adapter).validate_python(values)
    return adapter

"""Settings of one dataset: ``datasets/<name>.yaml``.

Each stage's section is defined beside that stage's code; here they are put together with what says
where the videos and labels are and what is to be reported.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from vpdlib.config.base import Id, Section
from vpdlib.crops.settings import CropSettings
from vpdlib.flow.settings import FlowSettings
from vpdlib.people.settings import PeopleSettings
from vpdlib.poses.settings import PoseSettings, WeakLabelSettings
from vpdlib.recognition.settings import RecognitionSettings
from vpdlib.students.settings import StudentSettings
from vpdlib.tracking.settings import TrackingSettings


class FolderAdapter(Section):
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
    group_pattern: str | None = Field(
        None,
        description="Regular expression with a group named 'group', searched in the video id where "
        "labels bring no group: videos of one group stay on one side of the split.",
    )
    test_fraction: float = Field(
        0.3, gt=0, lt=1, description="Share of actions for testing where no split is given."
    )
    val_fraction: float = Field(
        0.0, ge=0, lt=1, description="Share of actions for validation where no split is given."
    )
    max_videos_per_class: int | None = Field(
        None, ge=1, description="Take only so many videos of a class (label folders only)."
    )


class DemoAdapter(Section):
    """The synthetic acrobatics event, rendered by the workflow."""

    kind: Literal["demo"] = Field("demo", description="Rendered by vpdlib.demo.")
    num_train_videos: int = Field(24, ge=1, description="Training routines.")
    num_test_videos: int = Field(16, ge=1, description="Test routines.")
    actions_per_video: int = Field(4, ge=1, description="Actions of a routine.")
    width: int = Field(480, ge=64, description="Width of the picture, px.")
    height: int = Field(270, ge=64, description="Height of the picture, px.")
    seed: int = Field(0, ge=0, description="Seed of appearance, motion, background, camera.")


Adapter = Annotated[FolderAdapter | DemoAdapter, Field(discriminator="kind")]


class Truth(Section):
    """Ground truth for measuring; never used for training."""

    joints: str | None = Field(
        None, description="npz, video id -> (T, J, 2) joints in px; relative to data_dir."
    )
    boxes: str | None = Field(
        None, description="npz, video id -> (T, 4) athlete boxes xyxy in px; relative to data_dir."
    )
    joint_names: Literal["joints13", "jhmdb15"] = Field(
        "joints13", description="Order of the joints."
    )


class DatasetSettings(Section):
    """Everything about one dataset."""

    title: str = Field(description="Name to print; says so where the data are synthetic.")
    adapter: Adapter = Field(description="Where videos and labels come from.")
    classes: tuple[Id, ...] | None = Field(
        None,
        description="Class names in their order; a label outside is an error. Null: as found.",
    )
    num_shards: int = Field(
        8, ge=1, le=4096, description="Jobs a stage is cut into; a video's id decides its shard."
    )
    people: PeopleSettings = Field(PeopleSettings(), description="Person detection.")
    tracking: TrackingSettings = Field(TrackingSettings(), description="Following the athlete.")
    crops: CropSettings = Field(CropSettings(), description="Athlete crops.")
    flow: FlowSettings = Field(FlowSettings(), description="Optical flow between the crops.")
    poses: PoseSettings = Field(PoseSettings(), description="The teacher.")
    weak_labels: WeakLabelSettings = Field(
        WeakLabelSettings(), description="Frames whose pose the student may learn from."
    )
    students: dict[Id, StudentSettings] = Field(
        default_factory=lambda: {"vpd2d": StudentSettings()},
        description="Students by the name of the feature set that they make.",
    )
    recognition: RecognitionSettings = Field(
        RecognitionSettings(), description="Recognition heads."
    )
    methods: tuple[Id, ...] = Field(
        ("joints2d", "vpd2d"), min_length=1, description="Feature sets in the tables, in order."
    )
    heads: tuple[Literal["bigru", "nns"], ...] = Field(
        ("bigru", "nns"), min_length=1, description="Recognition heads in the tables."
    )
    shots: tuple[int, ...] = Field(
        (8, 16, 32, 64), description="k of the few-shot subsets, figure3."
    )
    trials: int = Field(5, ge=1, description="Few-shot subsets of each k, and seeds of a full run.")
    seed: int = Field(0, ge=0, description="Seed of splits, subsets and heads.")
    paper_column: Literal["FSJump6", "Tennis7", "FX35", "Diving48"] | None = Field(
        None, description="Column of the paper's tables to print beside ours."
    )
    truth: Truth | None = Field(None, description="Ground truth for measuring only.")

    @model_validator(mode="after")
    def _methods_exist(self) -> DatasetSettings:
        known = {"joints2d", *self.students}
        for name in self.methods:
            if name not in known:
                raise ValueError(
                    f"methods: {name!r} is neither joints2d nor a student; known: {sorted(known)}"
                )
        if "joints2d" in self.students:
            raise ValueError("students: joints2d is the teacher's own feature set; rename it")
        if any(k < 1 for k in self.shots) or len(set(self.shots)) != len(self.shots):
            raise ValueError("shots: give each number of examples once, 1 or more")
        return self

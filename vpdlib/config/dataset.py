"""Settings of one dataset: ``datasets/<name>.yaml``.

Each stage's section is defined beside that stage's code; here they are put together with what says
where the videos and labels are and what is to be reported.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from vpdlib.config.base import Id, Section
from vpdlib.crops.settings import CropSettings
from vpdlib.datasets.settings import (
    Adapter,
    DemoAdapter,
    FolderAdapter,
    FX35Adapter,
    PosesAdapter,
    SuppliedSettings,
)
from vpdlib.detection.settings import DetectionSettings
from vpdlib.flow.settings import FlowSettings
from vpdlib.people.settings import PeopleSettings
from vpdlib.poses.settings import PoseSettings, WeakLabelSettings
from vpdlib.recognition.settings import RecognitionSettings
from vpdlib.report.settings import Truth
from vpdlib.retrieval.settings import RetrievalSettings
from vpdlib.students.settings import StudentSettings
from vpdlib.tracking.settings import TrackingSettings


class DatasetSettings(Section):
    """Everything about one dataset."""

    title: str = Field(description="Name to print; says so where the data are synthetic.")
    adapter: Adapter = Field(description="Where videos and labels come from.")
    classes: tuple[Id, ...] | None = Field(
        None,
        description="Class names in their order; a label outside is an error. Null: as found.",
    )
    supplied: SuppliedSettings = Field(
        SuppliedSettings(), description="Output of other tools in place of a stage."
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
    detection: DetectionSettings = Field(
        DetectionSettings(), description="Temporal detection learnt from a few videos (Table 4)."
    )
    retrieval: RetrievalSettings = Field(RetrievalSettings(), description="Action retrieval.")
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
        for what in ("classes", "methods", "heads"):
            given = getattr(self, what) or ()
            if len(set(given)) != len(given):
                raise ValueError(f"{what}: name each once")
        known = {"joints2d", *self.students, *self.supplied.features}
        for name in self.methods:
            if name not in known:
                raise ValueError(
                    f"methods: {name!r} is neither joints2d nor a student nor supplied; known: "
                    f"{sorted(known)}"
                )
        for where in ("students", "supplied.features"):
            names = self.students if where == "students" else self.supplied.features
            if "joints2d" in names:
                raise ValueError(f"{where}: joints2d is the teacher's own feature set; rename it")
        if any(k < 1 for k in self.shots) or len(set(self.shots)) != len(self.shots):
            raise ValueError("shots: give each number of examples once, 1 or more")
        return self

    @model_validator(mode="after")
    def _pixels_or_keypoints(self) -> DatasetSettings:
        adapter = self.adapter
        if isinstance(adapter, PosesAdapter) and self.supplied.keypoints is not None:
            raise ValueError(
                "supplied.keypoints: the adapter's own keypoints serve already; remove one of them"
            )
        by_action = isinstance(adapter, FX35Adapter) and adapter.unit == "action"
        if by_action and (self.has_videos or self.supplied.keypoints is None):
            raise ValueError(
                "adapter.unit: 'action' is for supplied.keypoints and no videos; set the former, or "
                "unit: event"
            )
        return self

    @property
    def has_videos(self) -> bool:
        """Whether there are pixels; otherwise only what works on keypoints or supplied features can run."""
        if isinstance(self.adapter, FolderAdapter | DemoAdapter):
            return True
        if isinstance(self.adapter, PosesAdapter):
            return False
        return self.adapter.videos is not None or self.adapter.recordings is not None

    @property
    def keypoints(self) -> tuple[str, str] | None:
        """File and order of joints of keypoints that stand in for the teacher's, or None."""
        if isinstance(self.adapter, PosesAdapter):
            return self.adapter.keypoints, self.adapter.joint_names
        if self.supplied.keypoints is not None:
            return self.supplied.keypoints, self.supplied.joint_names
        return None

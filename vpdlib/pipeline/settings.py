"""What a shared model holds of its dataset's settings: those of every stage that runs on a new video.

Pure data, checked by pydantic; nothing heavy is imported here, since the workflow reads it at every start.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vpdlib.crops.settings import CropSettings
from vpdlib.datasets.settings import DeinterlaceSetting
from vpdlib.features.settings import FusedSettings, R3DSettings, VipeFeatures
from vpdlib.flow.settings import FlowSettings
from vpdlib.people.settings import PeopleSettings
from vpdlib.poses.settings import PoseSettings
from vpdlib.section import Section
from vpdlib.tracking.settings import TrackingSettings

#: Kinds of feature sets that a model can be shared with.
SharedKind = Literal["joints", "vipe", "student", "concat", "fused", "r3d"]
#: What students see beside RGB that the stages of a new video make.
SEEN_OF_NEW_VIDEOS = ("flow",)
#: Kinds that are made of crops, and of the teacher's poses.
_OF_CROPS, _OF_POSES = ("student", "r3d"), ("joints", "vipe", "fused")


class FeatureRecipe(Section):
    """How a feature set is made of a new video."""

    kind: SharedKind = Field(description="What makes it.")
    parts: tuple[str, ...] = Field(
        (),
        description="The sets that it is made of: those side by side, or a student's that mends joints.",
    )
    seen: tuple[str, ...] = Field((), description="What a student sees beside RGB.")
    vipe: VipeFeatures | None = Field(None, description="Of a VIPE*.")
    fused: FusedSettings | None = Field(None, description="Of mended joints.")
    r3d: R3DSettings | None = Field(None, description="Of R3D.")


class ModelSettings(Section):
    """The settings of a shared model."""

    title: str = Field(description="Name of the dataset that it learnt from.")
    method: str = Field(description="Feature set, or late fusion of several.")
    head: str = Field(description="Recognition head.")
    parts: tuple[str, ...] = Field(min_length=1, description="Feature sets of the method.")
    features: dict[str, FeatureRecipe] = Field(
        description="All feature sets that are made, each after those that it is made of."
    )
    deinterlace: DeinterlaceSetting = "auto"
    people: PeopleSettings
    tracking: TrackingSettings
    crops: CropSettings
    flow: FlowSettings
    poses: PoseSettings

    @property
    def needs_crops(self) -> bool:
        """Whether a feature set is made of crops."""
        return any(recipe.kind in _OF_CROPS for recipe in self.features.values())

    @property
    def needs_flow(self) -> bool:
        """Whether a student sees flow."""
        return any("flow" in recipe.seen for recipe in self.features.values())

    @property
    def needs_poses(self) -> bool:
        """Whether a feature set is made of the teacher's poses."""
        return any(recipe.kind in _OF_POSES for recipe in self.features.values())

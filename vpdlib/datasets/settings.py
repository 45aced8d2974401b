"""Settings that say where a dataset's videos and labels come from; nothing heavy is imported here."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class FolderAdapter(BaseModel):
    """A folder of videos and a table of labels: anyone's own sport."""

    model_config = ConfigDict(extra="forbid", frozen=True)

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

    @field_validator("group_pattern")
    @classmethod
    def _names_a_group(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                names = re.compile(pattern).groupindex
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from error
            if "group" not in names:
                raise ValueError("no group named 'group', as in '^(?P<group>[^_]+)_'")
        return pattern


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


Adapter = Annotated[FolderAdapter | DemoAdapter, Field(discriminator="kind")]

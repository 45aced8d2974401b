"""Settings that adapters and stages share; nothing heavy is imported here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from vpdlib.ranges import NonNegativeFloat, PositiveFloat
from vpdlib.section import Section
from vpdlib.skeleton import COCO17

#: Orders of joints that keypoint files may have; see :mod:`vpdlib.interchange.keypoints`.
JointNames = Literal["auto", "coco17", "joints13", "jhmdb15", "h36m17"]
Deinterlace = Literal["auto", "never", "always"]
DeinterlaceSetting = Annotated[
    Deinterlace,
    Field(
        description="Interlaced pictures (AVCHD, DV, broadcasts), of which one remains one: auto deinterlaces those "
        "that are marked so, always all, for files that do not say, never none, for progressive pictures that are "
        "marked wrongly."
    ),
]

#: Formats of labelled actions, see :mod:`vpdlib.interchange.label_registry` and docs/formats.md.
LabelFormatName = Literal[
    "table",
    "boris",
    "boris_events",
    "boris_aggregated",
    "elan",
    "label_studio",
    "via",
    "cvat",
    "datumaro",
    "sportscode",
    "datavyu",
    "anvil",
    "textgrid",
    "srt",
    "webvtt",
    "soccernet",
    "activitynet",
    "ava",
    "thumos",
]

#: Formats of pose tools' keypoints, see docs/formats.md.
KeypointFormatName = Literal[
    "deeplabcut",
    "sleap",
    "sleap_analysis",
    "lightning_pose",
    "nwb",
    "movement",
    "coco",
    "ultralytics",
    "openpose",
    "alphapose",
    "mmpose",
    "mediapipe",
    "trc",
    "pose_format",
]

#: What becomes of a video that cannot be used; see :mod:`vpdlib.datasets.bad_videos`.
OnBadVideo = Literal["refuse", "skip"]

#: What the athlete's tracks are made from: people detected, or boxes or keypoints of another tool.
TracksFrom = Literal["people", "boxes", "keypoints"]


class LabelSettings(Section):
    """What is taken of the files of labels that other tools write (docs/formats.md)."""

    tier: str | tuple[str, ...] | None = Field(
        None,
        description="The tier, track, column or layer whose labels are actions, or several of them. Null: the only "
        "one; a file that has more is refused.",
    )
    subject: str | tuple[str, ...] | None = Field(
        None, description="Take only the labels of these subjects (athletes, teams). Null: of all."
    )
    annotator: str | None = Field(
        None,
        description="Whose labels count where several people labelled one video in one file. Null: the only one's.",
    )
    map: dict[str, str | None] = Field(
        default_factory=dict,
        description="What a tool calls a class -> its name here, or null to leave it out; others stay as they are.",
    )
    point_window_s: tuple[NonNegativeFloat, NonNegativeFloat] | None = Field(
        None,
        description="Events without duration are actions from so many seconds before to so many after. Null: such "
        "events are refused.",
    )
    fps: PositiveFloat | None = Field(
        None,
        description="Frames a second by which a tool counts that numbers frames and does not say its rate. Null: the "
        "video's own.",
    )

    @field_validator("point_window_s")
    @classmethod
    def _is_long(cls, given: tuple[float, float] | None) -> tuple[float, float] | None:
        if given is not None and sum(given) <= 0:
            raise ValueError("no window: give seconds before and after, such as [0.5, 0.5]")
        return given

    @property
    def tiers(self) -> tuple[str, ...]:
        """The tiers taken; empty where none is named."""
        return names_of(self.tier)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects taken; empty where none is named."""
        return names_of(self.subject)


class KeypointSettings(Section):
    """How files of keypoints are read (docs/bring_your_own.md)."""

    keypoints_format: KeypointFormatName | None = Field(
        None,
        description="The pose tool's format that `keypoints` are of (docs/formats.md). Null: each file's is told by "
        "its content.",
    )
    joint_names: JointNames = Field(
        "auto",
        description="Order of the joints in `keypoints`. auto: by the names that the file gives them; of npz, HDF5 and "
        "PySKL files, which give none, coco17.",
    )
    joint_map: dict[str, str | None] = Field(
        default_factory=dict,
        description="What a pose tool's file calls a joint -> COCO's name of it, such as left_wrist, or null to leave "
        "it out; the usual spellings need no entry.",
    )
    individual: str | None = Field(
        None,
        description="Which individual or track of a file that names several people is the athlete. Null: whom the "
        "boxes follow.",
    )

    @field_validator("joint_map")
    @classmethod
    def _names_joints(cls, given: dict[str, str | None]) -> dict[str, str | None]:
        unknown = [name for name in given.values() if name is not None and name not in COCO17]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no joint; known: {', '.join(COCO17)}")
        return given

    @property
    def reading(self) -> KeypointSettings:
        """These settings alone, of a section that has more."""
        return KeypointSettings(
            **{name: getattr(self, name) for name in KeypointSettings.model_fields}
        )


def not_empty(given: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
    """A setting of one path, several or none, which names one where it is set.

    Raises
    ------
    ValueError
        If it is set and names none.
    """
    if given is not None and not given:
        raise ValueError("no file; name one, or set it to null")
    return given


def names_of(given: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Names, or paths, of a setting that has one, several or none."""
    return (given,) if isinstance(given, str) else given or ()


class SuppliedSettings(KeypointSettings):
    """Output of other tools that stands in for a stage (docs/bring_your_own.md)."""

    boxes: str | None = Field(
        None,
        description="CSV, npz or HDF5 of the athlete's boxes in place of detection and tracking; relative to "
        "data_dir.",
    )
    keypoints: str | tuple[str, ...] | None = Field(
        None,
        description="Keypoints in place of the teacher: npz, HDF5 or PySKL pickle, a pose tool's file, several files, "
        "or a folder of such; relative to data_dir. Where there are no videos, boxes are taken from the keypoints too.",
    )
    features: dict[str, str] = Field(
        default_factory=dict,
        description="Feature set -> npz or HDF5 of descriptors in place of a student's; relative to data_dir.",
    )

    @field_validator("keypoints")
    @classmethod
    def _names_files(cls, given: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        return not_empty(given)

"""Settings of one VIPE*: ``vipe/<name>.yaml``, the motions it is trained on and how.

Pure data, checked by pydantic; nothing heavy is imported here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from vpdlib.identifiers import ID_PATTERN
from vpdlib.ranges import Count, InnerFraction, NonNegativeInt, PositiveFloat
from vpdlib.section import Section
from vpdlib.vipe.settings import VipeSettings


class _Source(Section):
    path: str = Field(description="File or folder, relative to data_dir.")


class NpzMotions(_Source):
    """Many motions in one npz of 13 joints; the form is described in vpdlib/vipe/motions.py."""

    kind: Literal["npz"] = Field("npz", description="An npz of 13 joints, in metres, z up.")
    subject_pattern: str | None = Field(
        None,
        description="For a file without subjects: what this regular expression matches at the start of a motion's "
        "name is the subject.",
    )


class BvhMotions(_Source):
    """A folder of BVH files, such as CMU's."""

    kind: Literal["bvh"] = Field(
        "bvh", description="BVH files with CMU's joint names, in <subject>/<motion>.bvh."
    )
    source: str = Field("cmu", description="Name of the corpus, for source_share.")
    unit_m: PositiveFloat | None = Field(
        None, description="Metres to the files' unit; null: CMU's, 1/0.45 inches."
    )
    up: Literal["y", "z"] = Field("y", description="The files' axis that points up.")
    skip_frames: NonNegativeInt = Field(
        1, description="Frames to leave out at the start (rest pose)."
    )
    every: Count = Field(4, description="Take one frame in so many (CMU has 120 a second).")


class AmassMotions(_Source):
    """AMASS: <dataset>/<subject>/<clip>.npz, and a body model for its joints."""

    kind: Literal["amass"] = Field("amass", description="AMASS npz files.")
    body_models: str = Field(
        description="npz of the SMPL, SMPL-H or SMPL-X body model that the files ask for, or a folder of them; "
        "relative to data_dir. They need a licence of their own."
    )
    target_fps: PositiveFloat = Field(30.0, description="Thin faster motions to this rate.")


class Human36mMotions(_Source):
    """Human3.6M as one npz of joint positions."""

    kind: Literal["human36m"] = Field(
        "human36m", description="data_3d_h36m.npz of VideoPose3D, or plain arrays."
    )


class People3dMotions(_Source):
    """3DPeople's skeleton files."""

    kind: Literal["people3d"] = Field("people3d", description="Skeleton files of 3DPeople.")


class Nba2kMotions(_Source):
    """NBA2K's 3D joints."""

    kind: Literal["nba2k"] = Field("nba2k", description="3D joints of NBA2K.")


class _MarkerMotions(_Source):
    """Files of markers or joint centres."""

    source: str = Field("mocap", description="Name of the corpus, for source_share.")
    markers: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Joint, such as left_hip -> the files' markers whose mean stands for it. Joints that are not named "
        "here are found by the usual names of joints and joint centres.",
    )
    target_fps: PositiveFloat = Field(30.0, description="Thin faster motions to this rate.")


class C3dMotions(_MarkerMotions):
    """A folder of C3D files."""

    kind: Literal["c3d"] = Field(
        "c3d", description="C3D files, in <subject>/<motion>.c3d; needs requirements-formats.txt."
    )
    up: Literal["x", "y", "z"] = Field("z", description="The files' axis that points up.")


class TrcMotions(_MarkerMotions):
    """A folder of TRC files in metres or millimetres."""

    kind: Literal["trc"] = Field(
        "trc", description="TRC files of OpenSim or Pose2Sim, in <subject>/<motion>.trc."
    )
    up: Literal["x", "y", "z"] = Field("y", description="The files' axis that points up.")


class DemoMotions(Section):
    """The motions of a demo dataset's training routines."""

    kind: Literal["demo"] = Field("demo", description="A rendered dataset's training routines.")
    dataset: str = Field(
        "demo", pattern=f"^(?:{ID_PATTERN})$", description="Name of the dataset, of adapter demo."
    )


MotionSource = Annotated[
    NpzMotions
    | BvhMotions
    | AmassMotions
    | Human36mMotions
    | People3dMotions
    | Nba2kMotions
    | C3dMotions
    | TrcMotions
    | DemoMotions,
    Field(discriminator="kind"),
]


class VipeModelSettings(Section):
    """One VIPE*: what it learns from, who is held out, how it is trained."""

    title: str = Field(description="Name to print.")
    motions: tuple[MotionSource, ...] = Field(min_length=1, description="3D motions, one by one.")
    val_subjects: tuple[str, ...] = Field(
        (),
        description="People whose motions are held out for choosing the epoch, as subject or source:subject; * "
        "stands for anything. Empty: in each source with two people or more, those with the fewest frames.",
    )
    leave_out: tuple[str, ...] = Field(
        (),
        description="People who are neither learnt from nor validated on, written likewise: those that something "
        "will be tested on.",
    )
    val_fraction: InnerFraction = Field(
        0.1, description="Greatest fraction of frames held out where nobody is named."
    )
    training: VipeSettings = Field(
        VipeSettings(), description="Network, cameras, pairs and training."
    )

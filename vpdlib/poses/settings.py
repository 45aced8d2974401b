"""Settings of the teacher, and of its frames that a student may learn from.

Pure data, checked by pydantic; unknown keys are refused. Nothing heavy is imported here, so that
the configuration is read and validated before any job starts.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from vpdlib.ranges import Count, Digest, Fraction, PositiveFloat, PositiveFraction
from vpdlib.section import Section
from vpdlib.weights.settings import OpenMMLabSettings


class WeakLabelSettings(Section):
    """How weak labels are selected from a teacher's keypoints (docs/method.md sections 5 and 7)."""

    min_score: Fraction = Field(
        0.5,
        description="Keep a frame only where the mean score of its 13 joints is at least this (paper: 0.5, tennis "
        "0.7, for HRNet; MoveNet's scores run lower).",
    )
    previous_min_score: Fraction = Field(
        0.0,
        description="Keep a frame only where the previous frame's mean score is at least this (paper: not looked "
        "at). The motion to a frame in which the teacher was lost is large and wrong.",
    )
    max_extent: float = Field(
        5.0,
        gt=0.5,
        description="Keep a frame only where no normalised coordinate is larger than this (the torso is 0.5). Beyond "
        "the paper: a torso that collapsed to a point makes the limbs explode, and a squared loss would follow those "
        "few frames. Real bodies stay below about 3.",
    )


TeacherName = Literal["movenet_thunder", "mmpose", "onnx"]

Triple = tuple[float, float, float]
PositiveTriple = tuple[PositiveFloat, PositiveFloat, PositiveFloat]


class MMPoseSettings(OpenMMLabSettings):
    """A top-down pose network of OpenMMLab's mmpose 1, such as the paper's kind, HRNet."""

    config: str = Field(
        min_length=1,
        description="Path of an mmpose configuration (.py), or the bare name of one in the installed package's model "
        "zoo, such as td-hm_hrnet-w48_8xb32-210e_coco-384x288. Top-down, on one image; its first 17 keypoints must "
        "be COCO's (COCO, Halpe-26, COCO-WholeBody).",
    )
    flip_test: bool = Field(
        True,
        description="Show the network the flipped picture too and average: a little more accurate, at twice the "
        "cost. How the two are laid over each other is the configuration's.",
    )
    batch_size: Count = Field(
        32, description="Boxes a pass through the network; so many frames are held at a time."
    )


class OnnxPoseSettings(Section):
    """A top-down pose network exported to ONNX, such as mmdeploy's of HRNet and RTMPose."""

    file: str = Field(
        min_length=1,
        description="Path of the .onnx file: an input (N, 3, H, W), 17 COCO keypoints out (or 26 of Halpe, 133 of "
        "COCO-WholeBody, whose first 17 they are).",
    )
    sha256: Digest | None = Field(
        None, description="Expected sha256 of the file, or its beginning; null: not compared."
    )
    codec: Literal["heatmap", "simcc"] = Field(
        description="How the network states places: heatmap, one output (N, K, h, w), without UDP or DARK (HRNet); "
        "or simcc, outputs simcc_x (N, K, W r) and simcc_y (N, K, H r) (RTMPose)."
    )
    mean: Triple = Field(
        (123.675, 116.28, 103.53), description="Subtracted from red, green, blue of 0 to 255."
    )
    std: PositiveTriple = Field(
        (58.395, 57.12, 57.375), description="What red, green, blue are divided by then."
    )
    padding: float = Field(
        1.25, ge=1.0, le=3.0, description="Size of what the network is shown, over the box's."
    )
    simcc_split_ratio: PositiveFloat = Field(
        2.0, description="Bins of SimCC a pixel of the input; heatmap takes no notice of it."
    )
    flip_test: bool = Field(
        False, description="Average with the answer to the flipped picture, at twice the cost."
    )
    batch_size: Count = Field(
        32,
        description="Boxes a pass through the network; a file exported for one at a time gets one.",
    )


class PoseSettings(Section):
    """The teacher that estimates poses in the athlete's box (docs/method.md section 5)."""

    teacher: TeacherName = Field(
        "movenet_thunder",
        description="Pose network: movenet_thunder, embedded; mmpose or onnx, which take the section of their name. "
        "Sections of teachers not chosen may stand there: one setting moves between them.",
    )
    mmpose: MMPoseSettings | None = Field(
        None, description="The network of teacher mmpose; the paper's is HRNet."
    )
    onnx: OnnxPoseSettings | None = Field(None, description="The network of teacher onnx.")
    margin: float = Field(
        1.25,
        ge=1.0,
        le=3.0,
        description="Side of the square shown to MoveNet, over the box's longer side. The other teachers take their "
        "configuration's, or padding.",
    )
    look_first_at_every: Count = Field(
        4,
        description="Of the frames with a box every so many are shown to the teacher first, and more of them only "
        "where its answers do not tell the pose between; 1: all. Joints between two answers are interpolated, never "
        "over a cut. With the mmpose and onnx teachers on a GPU there is less to gain.",
    )
    agree_torso: PositiveFraction = Field(
        0.25,
        description="An answer confirms what is interpolated where the 13 joints are on average at most this many "
        "torso lengths off, for answers two frames from it; half of it for those four frames from it.",
    )
    angles_degrees: tuple[Annotated[float, Field(ge=-180.0, le=180.0)], ...] = Field(
        (0.0,),
        min_length=1,
        description="Angles at which the square is shown to the teacher, counter-clockwise; 0 is one of them and is "
        "tried first, the others in their order. The answer with the greatest mean score of its 13 joints is kept, "
        "the earlier one of equals. Beyond the paper: pose networks know people upright and lose those upside down, "
        "as in flips and handstands; [0, 90, 180, -90] finds them again, at four times the cost, and now and then "
        "takes a wrong answer for an upright person who is hard to see. Leave it at 0 for a sport of upright people.",
    )
    try_angles_below: Fraction | None = Field(
        None,
        description="Try the other angles only where the upright answer's mean score is below this. Null: always. "
        "Most frames show an athlete whom the teacher finds as they are: asking once more there costs time and can "
        "only change a good answer.",
    )

    @model_validator(mode="after")
    def _network_is_given(self) -> PoseSettings:
        if self.teacher in ("mmpose", "onnx") and getattr(self, self.teacher) is None:
            raise ValueError(
                f"teacher is {self.teacher} but the section {self.teacher} is missing: name the network there, "
                "or take movenet_thunder, which is embedded"
            )
        return self

    @model_validator(mode="after")
    def _angles_make_sense(self) -> PoseSettings:
        angles = self.angles_degrees
        if 0.0 not in angles:
            raise ValueError(
                f"angles_degrees {angles}: 0, the picture as it is, must be one of them"
            )
        if len({angle % 360 for angle in angles}) != len(angles):
            raise ValueError(f"angles_degrees {angles}: give each once; -180 and 180 are the same")
        if self.try_angles_below is not None and len(angles) == 1:
            raise ValueError(
                f"try_angles_below is {self.try_angles_below} but angles_degrees holds only 0: name "
                "the angles to try, for example [0, 90, 180, -90], or set try_angles_below to null"
            )
        return self


def checkpoint_references(settings: PoseSettings) -> list[tuple[str, str | None]]:
    """Return the weights that the chosen teacher needs, beside the embedded networks.

    Returns
    -------
    Pairs of a reference (``vpdlib.weights.checkpoints``) and the sha256 that the settings give for it, or
    None; for movenet_thunder, no pairs.
    """
    if settings.teacher == "mmpose" and settings.mmpose is not None:
        return [(settings.mmpose.checkpoint, settings.mmpose.checkpoint_sha256)]
    if settings.teacher == "onnx" and settings.onnx is not None:
        return [(settings.onnx.file, settings.onnx.sha256)]
    return []

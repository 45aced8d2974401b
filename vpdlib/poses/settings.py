"""Settings of the teacher, and of its frames that a student may learn from.

Pure data, checked by pydantic; unknown keys are refused. Nothing heavy is imported here, so that
the configuration is read and validated before any job starts.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class WeakLabelSettings(BaseModel):
    """How weak labels are selected from a teacher's keypoints (specification sections 5 and 7)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_score: float = Field(
        default=0.5,
        ge=0.0,
        le=1.0,
        description="Keep a frame only where the mean score of its 13 joints is at least this "
        "(paper: 0.5, tennis 0.7, for HRNet; MoveNet's scores run lower).",
    )
    previous_min_score: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="Keep a frame only where the previous frame's mean score is at least this (paper: "
        "not looked at). The motion to a frame in which the teacher was lost is large and wrong.",
    )
    max_extent: float = Field(
        default=5.0,
        gt=0.5,
        description="Keep a frame only where no normalised coordinate is larger than this (the "
        "torso "
        "is 0.5). Beyond the paper: a torso that collapsed to a point makes the limbs explode, and "
        "a squared loss would follow those few frames. Real bodies stay below about 3.",
    )


class PoseSettings(BaseModel):
    """The teacher that estimates poses in the athlete's box (specification section 5)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    teacher: Literal["movenet_thunder"] = Field(
        "movenet_thunder", description="Pose network: MoveNet Thunder, embedded, COCO-17."
    )
    margin: float = Field(
        1.25,
        ge=1.0,
        le=3.0,
        description="Side of the square shown to the teacher, over the box's longer side.",
    )
    angles_degrees: tuple[Annotated[float, Field(ge=-180.0, le=180.0)], ...] = Field(
        (0.0,),
        min_length=1,
        description="Angles at which the square is shown to the teacher, counter-clockwise; 0 is one of "
        "them and is tried first, the others in their order. The answer with the greatest mean score "
        "of its 13 joints is kept, the earlier one of equals. Beyond the paper: pose networks know "
        "people upright and lose those upside down, as in flips and handstands; [0, 90, 180, -90] "
        "finds them again, at four times the cost, and now and then takes a wrong answer for an "
        "upright person who is hard to see. Leave it at 0 for a sport of upright people.",
    )
    try_angles_below: float | None = Field(
        None,
        ge=0.0,
        le=1.0,
        description="Try the other angles only where the upright answer's mean score is below this. "
        "Null: always. Most frames show an athlete whom the teacher finds as they are: asking once "
        "more there costs time and can only change a good answer.",
    )

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

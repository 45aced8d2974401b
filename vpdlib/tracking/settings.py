"""Settings of the athlete's track."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from vpdlib.ranges import Fraction, InnerFraction, NonNegativeFloat, PositiveFloat, PositiveFraction
from vpdlib.section import Section


class TrackingSettings(Section):
    """How people are followed through a video and which of them is the athlete.

    The paper gives no thresholds (docs/method.md section 3); these defaults are our own. Distances
    are measured in body lengths: the longer side of a person's box.
    """

    # Association
    low_score: Fraction = Field(0.15, description="Detections below this score are not looked at.")
    high_score: Fraction = Field(
        0.35,
        description="Detections from this score on are matched first and may start a track; weaker ones only "
        "continue one.",
    )
    min_iou: Fraction = Field(
        0.1,
        description="A detection that overlaps a track's predicted box this much may continue it.",
    )
    max_distance: PositiveFloat = Field(
        0.6,
        description="So may one whose centre lies within this many body lengths of the prediction (a moment after "
        "the last detection), which catches fast athletes whose boxes no longer overlap.",
    )
    max_speed: NonNegativeFloat = Field(
        1.0,
        description="That distance grows by this many body lengths per second since the track's last detection, to "
        "twice max_distance at most.",
    )
    max_size_ratio: float = Field(
        3.0, gt=1, description="Largest ratio of body lengths that still counts as one person."
    )
    iou_weight: Fraction = Field(
        0.5, description="Fraction of overlap in the cost; the rest is distance."
    )
    coast_s: NonNegativeFloat = Field(
        0.4, description="A track without detections is predicted for this long, then ends."
    )
    max_gap_s: NonNegativeFloat = Field(
        1.0, description="Longest gap, in seconds, over which anyone's tracks are stitched."
    )

    # The athlete
    athlete_rule: Literal["largest_salient", "upside_down"] = Field(
        "largest_salient",
        description="largest_salient: the track with the greatest sum over time of area x score to the power "
        "score_power, near the centre. upside_down: the same with a bonus while the hips are above the shoulders.",
    )
    score_power: NonNegativeFloat = Field(
        2.0,
        description="Weight of the detector's score in the rule; above 1 it keeps large, unsure tracks on things "
        "that are no people from winning.",
    )
    central_fraction: PositiveFraction = Field(
        0.8,
        description="Fraction of the frame's width and height that counts as its central region.",
    )
    net_height: InnerFraction = Field(
        0.5,
        description="Where two athletes face each other over a net, the far one's feet are above this fraction of the "
        "frame's height and the near one's below.",
    )
    inverted_bonus: NonNegativeFloat = Field(
        2.0, description="Weight added per inverted detection by the rule upside_down."
    )
    travel_bonus: NonNegativeFloat = Field(
        1.0, description="Weight added, at most, to a track that moves by one body length or more."
    )
    shape_bonus: NonNegativeFloat = Field(
        2.0,
        description="Weight added, at most, to a track whose height changes by half a body length or more: athletes "
        "crouch, reach and tuck, and a moving camera does not imitate that.",
    )
    switch_s: NonNegativeFloat = Field(
        1.0,
        description="To turn to someone who was there before, or away from someone who is still there, costs as much "
        "as this many seconds of following them: an athlete beside a coach is worth it, a passer-by is not.",
    )
    min_share: Fraction = Field(
        0.3,
        description="Who is followed has at least this fraction of the greatest salience per second in the shot; 0 "
        "follows anyone while the athlete is away.",
    )
    look_bonus: NonNegativeFloat = Field(
        10.0,
        description="Weight of the appearance where several people could be the athlete: of colours, size and "
        "proportions that are seen again in other segments.",
    )
    min_length_s: NonNegativeFloat = Field(
        0.5, description="Tracks shorter than this (or than half a shorter shot) are no athlete."
    )
    bridge_s: NonNegativeFloat = Field(
        3.0,
        description="After a longer loss, up to this many seconds, the nearest fitting track is still taken for the "
        "athlete.",
    )

    # Boxes between detections
    fill_s: NonNegativeFloat = Field(
        2.0,
        description="Losses of the athlete up to this long are filled with boxes; longer ones only at their ends, by "
        "propagate_s.",
    )
    smooth_s: NonNegativeFloat = Field(
        0.3, description="Width of the centred smoothing window, in seconds; 0 turns it off."
    )
    propagate_s: NonNegativeFloat = Field(
        0.5,
        description="Boxes are extended this long before the first and after the last detection of a run.",
    )
    growth: NonNegativeFloat = Field(
        0.3,
        description="Boxes far from any detection are enlarged by this fraction, since detectors lose athletes who are "
        "inverted, tucked or blurred and so have changed shape.",
    )
    growth_s: PositiveFloat = Field(
        0.3, description="Time from the nearest detection at which the growth is complete."
    )

    @model_validator(mode="after")
    def _check_order(self) -> TrackingSettings:
        if self.low_score > self.high_score:
            raise ValueError(
                f"low_score {self.low_score} must not exceed high_score {self.high_score}"
            )
        if self.coast_s > self.max_gap_s:
            raise ValueError(f"coast_s {self.coast_s} must not exceed max_gap_s {self.max_gap_s}")
        return self

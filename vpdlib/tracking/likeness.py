"""How alike two tracks are, as people: by colours, size and proportions.

Colours are two histograms side by side, of the upper and the lower body (``vpdlib.people.appearance``), size is the
body length in px, and proportions are ratios of a skeleton's parts, which neither distance nor zoom change. Each is
in [0, 1]; the likeness is their mean, weighted by how much they tell (``WEIGHTS``), over those that are known of
both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vpdlib.geometry import centre_size
from vpdlib.skeleton import COCO17
from vpdlib.tracking.people import Track

#: How much colours, size and proportions count. A cut changes the distance, so size says little; keypoints of
#: detectors are rough, so do proportions.
WEIGHTS = {"colours": 0.7, "size": 0.15, "proportions": 0.15}
#: Keypoints below this score tell nothing of a part's length.
_MIN_KEYPOINT_SCORE = 0.3
#: Detections that must show a part, for its length to be known.
_MIN_SEEN = 3
_PARTS = (
    ("shoulder", "hip"),
    ("hip", "knee"),
    ("knee", "ankle"),
    ("shoulder", "elbow"),
    ("elbow", "wrist"),
)
#: Of proportions that differ by this factor on average nothing is left of the likeness.
_FACTOR = 2.0


@dataclass(frozen=True)
class Look:
    """What a track looks like.

    Attributes
    ----------
    colours : (A,) mean description, weighted by score; all zeros where nothing stands out.
    length_px : median body length.
    parts : (5,) logarithms of the lengths of torso, thigh, shank, upper arm and forearm over their mean; NaN
        where too few detections show one.
    """

    colours: np.ndarray
    length_px: float
    parts: np.ndarray


def look_of(track: Track) -> Look:
    """Sum up what a track looks like."""
    length = np.median(centre_size(np.stack(track.box_px))[:, 2:].max(axis=1))
    colours = np.average(np.stack(track.appearance), axis=0, weights=np.array(track.score) + 1e-9)
    return Look(colours, float(length), _parts(np.stack(track.keypoints_px)))


def likeness(a: Look, b: Look) -> float:
    """How alike two looks are, in [0, 1]; 0.5 of two of which nothing comparable is known."""
    known = {"size": min(a.length_px, b.length_px) / max(a.length_px, b.length_px, 1e-9)}
    colours = (
        likeness_of_colours(a.colours, b.colours) if len(a.colours) and len(b.colours) else None
    )
    if colours is not None:
        known["colours"] = colours
    off = np.abs(a.parts - b.parts)
    if np.isfinite(off).sum() >= 3:
        known["proportions"] = max(0.0, 1 - float(np.nanmean(off)) / np.log(_FACTOR))
    if set(known) == {"size"}:
        return 0.5
    weight = sum(WEIGHTS[cue] for cue in known)
    return sum(WEIGHTS[cue] * value for cue, value in known.items()) / weight


def likeness_of_colours(a: np.ndarray, b: np.ndarray) -> float | None:
    """How alike the colours of two people are.

    Parameters
    ----------
    a, b : (A,) two histograms side by side, of any scale.

    Returns
    -------
    The mean of what the histograms share, in [0, 1]; None where none of them is known of both.
    """
    shared = []
    for one, other in zip(np.split(a, 2), np.split(b, 2), strict=True):
        if one.sum() > 0 and other.sum() > 0:
            shared.append(float(np.minimum(one / one.sum(), other / other.sum()).sum()))
    return sum(shared) / len(shared) if shared else None


def _parts(keypoints_px: np.ndarray) -> np.ndarray:
    """Logarithms of the parts' lengths over their mean (5,): the longest seen, as rotated limbs look shorter."""
    lengths = np.full(len(_PARTS), np.nan)
    for place, (one, other) in enumerate(_PARTS):
        sides = []
        for side in ("left", "right"):
            ends = keypoints_px[:, [COCO17.index(f"{side}_{one}"), COCO17.index(f"{side}_{other}")]]
            # A comparison with NaN is false, which is the answer wanted for missing keypoints.
            sure = (ends[..., 2] >= _MIN_KEYPOINT_SCORE).all(axis=1)
            sides.append(np.linalg.norm(ends[sure, 0, :2] - ends[sure, 1, :2], axis=1))
        seen = np.concatenate(sides)
        if len(seen) >= _MIN_SEEN:
            lengths[place] = np.percentile(seen, 80)
    with np.errstate(divide="ignore"):
        logs = np.log(lengths)
    logs[~np.isfinite(logs)] = np.nan
    return logs - np.nanmean(logs) if np.isfinite(logs).any() else logs

"""How alike two tracks are, as people: by colours, size and proportions.

Colours are two histograms side by side, of the upper and the lower body (``vpdlib.people.appearance``), size is the
body length in px, and proportions are ratios of a skeleton's parts, which neither distance nor zoom change. Each is
in [0, 1]; the likeness is their mean, weighted by how much they tell (``WEIGHTS``), over those that are known of
both.
"""

from __future__ import annotations

from collections.abc import Sequence
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


class Looks:
    """Looks that are compared with each other, K of them: a recording of hours has thousands.

    Parameters
    ----------
    looks : in the order of the rows; all with descriptions of one length.
    """

    def __init__(self, looks: Sequence[Look]) -> None:
        colours = np.stack([look.colours for look in looks])
        self._length_px = np.array([look.length_px for look in looks])
        self._parts = np.stack([look.parts for look in looks])
        # Upper and lower body: two histograms, each scaled to a sum of 1 where it has any.
        self._histograms = []
        for half in np.split(colours, 2, axis=1):
            total = half.sum(axis=1)
            has_any = total > 0
            self._histograms.append((half / np.where(has_any, total, 1)[:, None], has_any))

    def likeness(self, row: int) -> np.ndarray:
        """How alike each look is to one of them: (K,) in [0, 1]; 0.5 where nothing comparable is known of both."""
        length = self._length_px[row]
        least, most = np.minimum(length, self._length_px), np.maximum(length, self._length_px)
        value = WEIGHTS["size"] * (least / np.maximum(most, 1e-9))
        weight = np.full(len(value), WEIGHTS["size"])
        shared, halves = self._shared_colours(row)
        off = np.abs(self._parts[row] - self._parts)
        known = np.isfinite(off)
        seen = known.sum(axis=1)
        mean = np.where(known, off, 0).sum(axis=1) / np.maximum(seen, 1)
        proportions = np.maximum(0.0, 1 - mean / np.log(_FACTOR))
        for name, cue, comparable in (
            ("colours", shared, halves > 0),
            ("proportions", proportions, seen >= 3),
        ):
            value = np.where(comparable, value + WEIGHTS[name] * cue, value)
            weight = np.where(comparable, weight + WEIGHTS[name], weight)
        return np.where((halves > 0) | (seen >= 3), value / weight, 0.5)

    def _shared_colours(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        """The mean of what the histograms share that are known of both (K,), and how many these are."""
        shared, halves = np.zeros(len(self._length_px)), np.zeros(len(self._length_px), int)
        for histogram, has_any in self._histograms:
            both = has_any & has_any[row]
            shared += np.where(both, np.minimum(histogram[row], histogram).sum(axis=1), 0)
            halves += both
        return shared / np.maximum(halves, 1), halves


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

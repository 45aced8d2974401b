"""Average precision of proposals at a temporal intersection over union (tIoU).

All videos' proposals are gone through by falling score. One is right if it reaches the tIoU with at least one event of
its video that no earlier one has matched; all such events are then matched, though the proposal counts once. Recall is
the number right over the number of events (overlapping ones joined beforehand), precision that over
the proposals so far, and the average precision the area under precision as a function of recall, each
precision replaced by the largest at the same or a higher recall (docs/method.md section 10). Segments are frames
[start, end).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vpdlib.action_detection.proposals import Proposal


def temporal_iou(a: tuple[int, int], b: tuple[int, int]) -> float:
    """Frames in both segments over frames from the first start to the last end; 0 if they do not meet."""
    common = min(a[1], b[1]) - max(a[0], b[0])
    return common / (max(a[1], b[1]) - min(a[0], b[0])) if common > 0 else 0.0


def rank_proposals(proposals: Sequence[Proposal]) -> list[Proposal]:
    """By falling score; equal scores by video, start and end."""
    return sorted(proposals, key=lambda p: (-p.score, p.video, p.start, p.end))


def match_proposals(
    ranked: Sequence[Proposal], truth: Mapping[str, Sequence[tuple[int, int]]], tiou: float
) -> NDArray[np.bool_]:
    """Which proposals are right, (P,), in the order given."""
    left = {video: list(segments) for video, segments in truth.items()}
    right = np.zeros(len(ranked), dtype=bool)
    for index, proposal in enumerate(ranked):
        events = left.get(proposal.video, [])
        unmatched = [
            event for event in events if temporal_iou((proposal.start, proposal.end), event) < tiou
        ]
        right[index] = len(unmatched) < len(events)
        if right[index]:
            left[proposal.video] = unmatched
    return right


def average_precision(
    proposals: Sequence[Proposal], truth: Mapping[str, Sequence[tuple[int, int]]], tiou: float
) -> float:
    """Average precision, a fraction of 1.

    Parameters
    ----------
    proposals : of all test videos, in any order.
    truth : video -> events, disjoint (see `merge_overlapping`); videos without events may be absent.
    tiou : above 0.

    Raises
    ------
    ValueError
        Without an event, where recall means nothing.
    """
    num_events = sum(len(segments) for segments in truth.values())
    if num_events == 0:
        raise ValueError("no event to be found in the test videos: average precision is undefined")
    right = match_proposals(rank_proposals(proposals), truth, tiou)
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    largest_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    # Recall rises by 1 / num_events at each right proposal and nowhere else.
    return float(largest_from_here[right].sum() / num_events)

"""Proposals by hand and against a loop over frames."""

import numpy as np
import pytest
from pydantic import ValidationError

from vpdlib.action_detection.proposals import Proposal, find_runs, propose
from vpdlib.action_detection.settings import DetectionSettings, ProposalSettings


def runs_by_loop(scores, threshold, merge_gap, min_frames):
    """Frames one by one, gaps closed first."""
    inside = [s >= threshold for s in scores]
    for start in range(len(inside)):
        for gap in range(1, merge_gap + 1):
            end = start + gap
            closed = start > 0 and end < len(inside) and inside[start - 1] and inside[end]
            if closed and not any(inside[start:end]):
                inside[start:end] = [True] * gap
    found, t = [], 0
    while t < len(inside):
        end = t
        while end < len(inside) and inside[end]:
            end += 1
        if end - t >= max(min_frames, 1):
            found.append((t, end))
        t = max(end, t + 1)
    return found


@pytest.mark.parametrize("merge_gap", [0, 1, 2])
@pytest.mark.parametrize("min_frames", [1, 3, 5])
def test_runs_against_a_loop(merge_gap, min_frames):
    rng = np.random.default_rng(0)
    seen = 0
    for length in [0, 1, 2, *rng.integers(3, 60, 60)]:
        scores = rng.random(length)
        expected = runs_by_loop(scores, 0.4, merge_gap, min_frames)
        assert find_runs(scores, 0.4, merge_gap, min_frames) == expected
        seen += len(expected)
    assert seen > 20


def test_runs_by_hand():
    # float32 has no 0.2, but the first frame is at the threshold all the same.
    scores = np.array([0.2, 0.9, 0.9, 0.1, 0.9, 0.0, 0.0, 0.9, 0.9], np.float32)
    assert find_runs(scores, 0.2, 0, 1) == [(0, 3), (4, 5), (7, 9)]
    assert find_runs(scores, 0.2, 1, 1) == [(0, 5), (7, 9)]
    assert find_runs(scores, 0.2, 1, 3) == [(0, 5)]
    assert find_runs(scores, 0.95, 1, 1) == []


def one(scores, mean_length, **changes):
    settings = ProposalSettings().model_copy(update=changes)
    (found,) = propose("v", np.asarray(scores, np.float64), 0.2, mean_length, settings)
    return found


def test_the_score_is_the_mean_of_the_run_before_its_length_changes():
    scores = np.zeros(40)
    scores[10:14] = [0.4, 0.8, 0.1, 0.9]
    found = one(scores, 4)
    assert found == Proposal("v", 10, 14, pytest.approx(0.55))
    longer = one(scores, 20)
    assert longer.score == pytest.approx(0.55)
    # 0.67 x 20 = 13.4: 13 frames around the middle at 12.
    assert (longer.start, longer.end) == (5, 18)


def test_lengths_are_bounded_and_cut_at_the_ends():
    scores = np.zeros(60)
    scores[20:40] = 1
    assert (one(scores, 20).start, one(scores, 20).end) == (20, 40)
    # 1.33 x 10 = 13.3: 13 frames around 30.
    assert (one(scores, 10).start, one(scores, 10).end) == (23, 36)
    edge = np.zeros(60)
    edge[:4] = edge[-4:] = 1
    first, last = propose("v", edge, 0.2, 20, ProposalSettings())
    assert (first.start, first.end) == (0, 8)
    assert (last.start, last.end) == (51, 60)
    # Never without a frame.
    assert one(scores, 0.5).end - one(scores, 0.5).start == 1


def test_short_runs_and_videos_without_frames_give_nothing():
    scores = np.zeros(20)
    scores[3:5] = 1
    assert propose("v", scores, 0.2, 10, ProposalSettings()) == []
    assert propose("v", np.empty(0, np.float32), 0.2, 10, ProposalSettings()) == []


def test_settings():
    assert ProposalSettings().thresholds == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    assert ProposalSettings(threshold=0.25, sweep=(0.5, 0.1)).thresholds == (0.1, 0.25, 0.5)
    with pytest.raises(ValidationError, match="swap them"):
        ProposalSettings(shortest=2)
    with pytest.raises(ValidationError, match="between 0 and 1"):
        ProposalSettings(sweep=(0.0, 0.5))
    with pytest.raises(ValidationError, match="above 0"):
        DetectionSettings(tious=(0.0,))

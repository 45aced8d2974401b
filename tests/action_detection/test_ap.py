"""Average precision by hand and against an oracle that works with sets of frames and exact fractions."""

from fractions import Fraction

import numpy as np
import pytest

from vpdlib.action_detection.ap import average_precision, match_proposals, temporal_iou
from vpdlib.action_detection.proposals import Proposal

TRUTH = {"a": [(10, 20), (40, 50)], "b": [(0, 10)]}


def perfect(score=0.9):
    return [Proposal(video, *event, score) for video, events in TRUTH.items() for event in events]


def oracle(proposals, truth, tiou):
    """Precision as a function of recall, integrated level by level."""
    tiou = Fraction(str(tiou))
    remaining = {(v, frozenset(range(*event))) for v, events in truth.items() for event in events}
    num_events = len(remaining)
    curve, right = [], 0
    ordered = sorted(proposals, key=lambda p: (p.video, p.start, p.end))
    ordered = sorted(ordered, key=lambda p: p.score, reverse=True)
    for count, proposal in enumerate(ordered, start=1):
        frames = set(range(proposal.start, proposal.end))
        matched = {
            (video, event)
            for video, event in remaining
            if video == proposal.video
            and Fraction(len(frames & event), len(frames | event)) >= tiou
        }
        remaining -= matched
        right += bool(matched)
        curve.append((Fraction(right, num_events), Fraction(right, count)))
    area = Fraction(0)
    for level in range(1, num_events + 1):
        recall = Fraction(level, num_events)
        area += max((p for r, p in curve if r >= recall), default=Fraction(0)) / num_events
    return float(area)


@pytest.mark.parametrize("seed", range(20))
def test_against_the_oracle(seed):
    rng = np.random.default_rng(seed)
    truth, proposals = {}, []
    for video in "abc":
        # Events of different length, some of them adjacent.
        edges = np.sort(rng.choice(80, 8, replace=False)).tolist()
        truth[video] = list(zip(edges[::2], edges[1::2], strict=True))
        for start, end in truth[video]:
            for _ in range(rng.integers(0, 3)):
                moved = start + int(rng.integers(-3, 4))
                proposals.append((video, moved, max(moved + 1, end + int(rng.integers(-3, 4)))))
        for start in rng.integers(0, 70, 3).tolist():
            proposals.append((video, start, start + int(rng.integers(1, 40))))
    proposals.append(("elsewhere", 0, 10))
    # Few different scores: many ties.
    proposals = [Proposal(*p, float(rng.integers(1, 6)) / 5) for p in proposals]
    values = []
    for tiou in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        found = average_precision(proposals, truth, tiou)
        assert found == pytest.approx(oracle(proposals, truth, tiou), abs=1e-12)
        shuffled = [proposals[i] for i in rng.permutation(len(proposals))]
        assert average_precision(shuffled, truth, tiou) == found
        values.append(found)
    assert values[0] > values[-1]


def test_none_and_perfect():
    assert average_precision([], TRUTH, 0.5) == 0.0
    assert average_precision([Proposal("c", 0, 9, 1.0)], TRUTH, 0.5) == 0.0
    assert average_precision(perfect(), TRUTH, 1.0) == 1.0


def test_duplicates_are_wrong():
    doubled = perfect(0.9) + perfect(0.9)
    ranked = [Proposal("b", 0, 10, 0.9)] * 2
    assert match_proposals(ranked, TRUTH, 0.5).tolist() == [True, False]
    # In the order of video and start: right, wrong, right, wrong, right, wrong.
    expected = (1 + 2 / 3 + 3 / 5) / 3
    assert average_precision(doubled, TRUTH, 0.5) == pytest.approx(expected)
    # Below every first one they do no harm.
    assert average_precision(perfect(0.9) + perfect(0.5), TRUTH, 0.5) == 1.0


def test_one_proposal_over_two_events_takes_both_and_counts_once():
    truth = {"a": [(0, 10), (10, 20)]}
    wide = Proposal("a", 0, 20, 0.9)
    later = [Proposal("a", 0, 10, 0.8), Proposal("a", 10, 20, 0.7)]
    assert match_proposals([wide, *later], truth, 0.5).tolist() == [True, False, False]
    # Recall ends at a half.
    assert average_precision([wide, *later], truth, 0.5) == pytest.approx(0.5)


def test_precision_is_the_largest_at_the_same_or_a_higher_recall():
    wrong = Proposal("a", 60, 70, 0.95)
    # Wrong, right, right, right: precision 1/2, 2/3, 3/4, of which 3/4 counts everywhere.
    assert average_precision([wrong, *perfect()], TRUTH, 0.5) == pytest.approx(0.75)


def test_the_overlap_is_of_half_open_segments():
    assert temporal_iou((0, 10), (10, 20)) == 0.0
    assert temporal_iou((0, 10), (5, 15)) == pytest.approx(1 / 3)
    assert temporal_iou((0, 3), (0, 10)) == 0.3
    assert match_proposals([Proposal("b", 0, 3, 1.0)], TRUTH, 0.3).tolist() == [True]


def test_without_an_event_there_is_no_average_precision():
    with pytest.raises(ValueError, match="undefined"):
        average_precision(perfect(), {"a": []}, 0.5)

"""What to label next in a dataset's footage: the rows of ``to_label.csv``, those that teach most first.

Candidates are what a finder found outside the labelled actions, sure or not, in videos that are not tested; how they
are chosen says :mod:`vpdlib.finding.to_label`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vpdlib.action_detection.sequences import DenseSequence
from vpdlib.datasets.tables import ActionRow, VideoRow
from vpdlib.finding.found_videos import FoundVideos
from vpdlib.finding.listing import found_row, labelled_by_video
from vpdlib.finding.recogniser import Recogniser
from vpdlib.finding.segments import Segment
from vpdlib.finding.settings import ToLabelSettings
from vpdlib.finding.table import FoundRow
from vpdlib.finding.to_label import pooled_distances, to_label
from vpdlib.progress import note

# What is less probable than this to be any action is no candidate.
_LEAST_PROBABILITY = 0.02


def rows_to_label(
    found: FoundVideos,
    recogniser: Recogniser,
    views: Mapping[str, DenseSequence],
    videos: Sequence[VideoRow],
    actions: Sequence[ActionRow],
    settings: ToLabelSettings,
) -> list[FoundRow]:
    """Choose the segments to label next.

    Parameters
    ----------
    found : what the finder said of every video.
    recogniser : of its first feature set, with the labelled examples that are kept.
    views : video -> descriptors in that feature set.
    videos : those to choose from; videos with a test action are left out.
    actions : labelled ones.
    settings : how many, and how they are chosen.

    Returns
    -------
    As rows of ``found.csv``, best first; fewer than asked for where nothing else differs from what is labelled.
    """
    tested = {action.video for action in actions if action.split == "test"}
    labels = labelled_by_video(actions)
    rows: list[FoundRow] = []
    probabilities: list[NDArray[np.float64]] = []
    sequences: list[NDArray[np.float32]] = []
    groups: list[str] = []
    for video in sorted(videos, key=lambda row: row.video):
        answers = found.videos[video.video].answers
        for index in range(len(answers)):
            row = found_row(found, video, index, labels.get(video.video, []))
            probability = answers.probability[index]
            if video.video in tested or row.labelled or probability.sum() < _LEAST_PROBABILITY:
                continue
            segment = Segment(
                video.video, float(answers.start_s[index]), float(answers.end_s[index])
            )
            sequence = recogniser.cut(views[video.video], segment)
            if len(sequence):
                rows.append(row)
                probabilities.append(probability)
                sequences.append(sequence)
                groups.append(_group(video))
    if not rows:
        note(
            "no segment outside the labelled and tested ones looks like an action: nothing is asked for"
        )
        return []
    kept = recogniser.examples.rows(np.flatnonzero([bool(a) for a in recogniser.examples.actions]))
    group_of = {video.video: _group(video) for video in videos}
    counts = Counter(action.label for action in actions if action.split != "test")
    num_classes = len(found.class_names)
    table = np.array(probabilities).reshape(-1, num_classes)
    # What is left of a segment that may be no action.
    rest = np.maximum(1 - table.sum(axis=1, keepdims=True), 0)
    table = np.concatenate([table, rest], axis=1)
    chosen = to_label(
        table / table.sum(axis=1, keepdims=True),
        pooled_distances(sequences, kept.sequences)(np.arange(len(kept.sequences))),
        pooled_distances(sequences),
        groups,
        [*(counts[name] for name in found.class_names), 0],
        [group_of.get(video, video) for video in kept.videos],
        settings,
        background=num_classes,
    )
    note(f"{len(chosen)} of {len(rows)} segments are asked for")
    return [rows[index] for index in chosen]


def _group(video: VideoRow) -> str:
    """What a choice is spread over: the video's group and athlete or, without a group, the video."""
    return f"{video.group or video.video} {video.athlete}".strip()

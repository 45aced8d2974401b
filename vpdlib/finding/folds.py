"""Which training videos each model of a recogniser or detector is held out from.

Recogniser and detector of one dataset have the same folds, since both follow from the training videos, their groups and
the seed alone: what one member of each says of a held-out video is what they would say of a new one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vpdlib.action_detection.sequences import make_folds
from vpdlib.datasets.tables import VideoRow
from vpdlib.progress import note

#: Per fold, the videos that its member did not learn from; one empty fold where nothing can be held out.
Folds = tuple[tuple[str, ...], ...]


def held_out_folds(
    videos: Sequence[str], rows: Mapping[str, VideoRow], num_folds: int, seed: int
) -> Folds:
    """Divide training videos into folds, whole groups at a time.

    Parameters
    ----------
    videos : that are learnt from.
    rows : id -> row, of theirs at least.
    num_folds : wanted; never more than groups, or than videos where they are of fewer than two groups.
    seed : of the draw.
    """
    group_of = {video: rows[video].group or f"video {video}" for video in videos}
    if len(set(group_of.values())) < 2:
        if len(videos) > 1:
            note(
                f"the {len(videos)} training videos are of one group: videos in place of groups are held out, and "
                "what is calibrated on them is too sure of itself for another group"
            )
        group_of = {}
    folds = tuple(make_folds(videos, group_of, num_folds, seed))
    if folds == ((),):
        note("there is one training video: nothing can be held out, and nothing is calibrated")
    return folds


def fold_of(folds: Folds, video: str) -> int | None:
    """The fold that a video is held out in; None of a video that no member learnt from."""
    return next((index for index, fold in enumerate(folds) if video in fold), None)

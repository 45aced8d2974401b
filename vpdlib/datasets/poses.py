"""Labels of keypoints that stand in for videos: a table, or what the keypoint file itself says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vpdlib.datasets.base import Action, DatasetError, Split, VideoSource
from vpdlib.datasets.folder import group_of
from vpdlib.datasets.keypoints import PoseClip
from vpdlib.datasets.labels import read_labels
from vpdlib.datasets.paths import DataPaths
from vpdlib.datasets.settings import PosesAdapter
from vpdlib.datasets.tables import ProblemRow


def pose_actions(
    adapter: PosesAdapter,
    path: Path,
    paths: DataPaths,
    clips: Mapping[str, PoseClip],
    durations_s: Mapping[str, float],
    problems: list[ProblemRow] | None = None,
) -> list[Action]:
    """The labelled actions, not yet checked.

    Parameters
    ----------
    adapter : where labels come from.
    path : the keypoint file, for messages.
    clips : video id -> keypoints, with the label and splits that the file gives.
    durations_s : video id -> length, seconds.
    problems : gets rows as from :func:`vpdlib.datasets.labels.read_labels`.

    Raises
    ------
    DatasetError
        If neither a table nor the file labels a clip, a number has no name, or the file has splits, but none that
        serves for testing.
    """
    if adapter.labels is not None:
        # A key is the clip's path in the file.
        sources = [VideoSource(name, path / clip.folder / name) for name, clip in clips.items()]
        return read_labels(
            paths.under_data(adapter.labels),
            sources,
            durations_s,
            adapter.group_pattern,
            path,
            problems,
        )
    _check_test_splits(adapter, path, clips)
    actions = []
    for video_id, clip in clips.items():
        where = f"{path}: {video_id}"
        split: Split | None = None
        if clip.splits:
            split = "train" if set(clip.splits).isdisjoint(adapter.test_splits) else "test"
        actions.append(
            Action(
                action_id=video_id,
                video_id=video_id,
                start_s=0.0,
                end_s=durations_s[video_id],
                label=_label(clip.label, adapter.label_names, where),
                split=split,
                group=group_of(video_id, adapter.group_pattern, where),
                where=where,
            )
        )
    return actions


def _check_test_splits(adapter: PosesAdapter, path: Path, clips: Mapping[str, PoseClip]) -> None:
    found = sorted({split for clip in clips.values() for split in clip.splits})
    if found and set(found).isdisjoint(adapter.test_splits):
        raise DatasetError(
            f"{path}: adapter.test_splits is {list(adapter.test_splits)}, but the file lists its clips in {found}. "
            "Name the split of them that serves for testing."
        )


def _label(label: str | int | None, names: tuple[str, ...] | None, where: str) -> str:
    if label is None:
        raise DatasetError(f"{where}: the file gives it no label. Set adapter.labels to a table.")
    if isinstance(label, str):
        return label
    if names is None:
        return str(label)
    if not 0 <= label < len(names):
        raise DatasetError(
            f"{where}: label {label}, but adapter.label_names has {len(names)} names. Add the others."
        )
    return names[label]

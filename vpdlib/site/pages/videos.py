"""Every video: what is known of it, where the athlete is followed, how sure the teacher is, problems, actions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.artifacts.weak_labels import WeakLabels
from vpdlib.poses.normalize import mean_joint_score
from vpdlib.site.followed import FollowedAction
from vpdlib.site.site import Page, Site
from vpdlib.site.video_files import source_url

#: Videos whose details make one shard.
_PER_SHARD = 200
#: Stretches of a video, of which each is a point of its curve.
_MOST_POINTS = 150


@dataclass
class _Followed:
    """What is known of one video's frames.

    Attributes
    ----------
    frames, with_athlete : how many; None where there is no track.
    kept : frames that students may learn from, or None.
    end_s : when the last frame begins.
    curve : the mean score of each stretch of time, per cent; None where nobody is followed.
    """

    frames: int | None = None
    with_athlete: int | None = None
    kept: int | None = None
    end_s: float = 0.0
    curve: list[int | None] | None = None


def build(site: Site) -> Page | None:
    """The page of videos, or None where the dataset has none."""
    if not site.videos:
        return None
    followed, score_of = _followed(site)
    pages = site.sources.results / "report" / "pages"
    actions: dict[str, list[list[Any]]] = defaultdict(list)
    problems: dict[str, list[list[Any]]] = defaultdict(list)
    partly: dict[str, int] = defaultdict(int)
    for place, action in enumerate(site.actions):
        whole = site.followed.get(action.action, FollowedAction(0, 0, ()))
        partly[action.video] += not whole.is_whole
        actions[action.video].append(
            [
                *(action.action, action.start, action.end, action.label, action.split),
                *(whole.with_athlete, whole.frames, place),
            ]
        )
    for problem in site.problems:
        problems[problem.video].append(
            [problem.stage, problem.start, problem.end, problem.problem, problem.remedy]
        )
    rows, details = [], []
    for place, video in enumerate(site.videos):
        known = followed.get(video.video, _Followed())
        rows.append(
            [
                video.video,
                video.split,
                video.group,
                round(video.duration_s, 2),
                round(video.fps, 3),
                f"{video.width} × {video.height}",
                known.frames,
                _percent(known.with_athlete, known.frames),
                _percent(known.kept, known.with_athlete),
                len(actions[video.video]),
                len(problems[video.video]),
                partly[video.video],
            ]
        )
        details.append(
            {
                "end": round(max(known.end_s, video.duration_s), 3),
                "curve": known.curve,
                "actions": sorted(actions[video.video], key=lambda action: action[1]),
                "problems": problems[video.video],
                "athlete": video.athlete,
                "source": source_url(video.path, pages),
            }
        )
        if len(details) == _PER_SHARD or place == len(site.videos) - 1:
            site.shard(f"videos_{place // _PER_SHARD}", details)
            details = []
    site.shard("videos", {"per_shard": _PER_SHARD, "rows": rows})
    context = {
        "num_videos": len(rows),
        "splits": sorted({video.split for video in site.videos if video.split}),
        "score_of": score_of,
        "has_tracks": bool(followed),
        "has_kept": any(one.kept is not None for one in followed.values()),
    }
    return Page("videos", "Videos", context)


def _followed(site: Site) -> tuple[dict[str, _Followed], str]:
    """What tracks, weak labels and poses say of each video, and whose scores the curves are, in words."""
    found: dict[str, _Followed] = defaultdict(_Followed)
    times: dict[str, np.ndarray] = {}
    score: dict[str, np.ndarray] = {}
    words = "the detector's score"
    for path in _paths(site, "tracks/"):
        with read_artifact(path, Tracks) as tracks:
            for video in tracks.videos():
                has_box = video.segment >= 0
                one = found[video.video_id]
                one.frames, one.with_athlete = len(has_box), int(has_box.sum())
                times[video.video_id] = video.time_s
                score[video.video_id] = np.where(has_box, video.score, np.nan)
    for path in _paths(site, "poses/"):
        words = "the teacher's mean joint score"
        with read_artifact(path, Poses) as poses:
            for pose in poses.videos():
                if pose.video_id in score:
                    of_frames = np.full(len(score[pose.video_id]), np.nan)
                    of_frames[pose.frame] = mean_joint_score(pose.keypoints_px)
                    score[pose.video_id] = of_frames
    for path in _paths(site, "weak_labels/pose2d/"):
        with read_artifact(path, WeakLabels) as labels:
            for label in labels.videos():
                found[label.video_id].kept = int(label.kept.sum())
    for name, time_s in times.items():
        if len(time_s):
            found[name].end_s = float(time_s[-1])
            found[name].curve = score_curve(time_s, score[name])
    return found, words


def _paths(site: Site, start: str) -> list[Any]:
    return [site.file(name) for name in site.files(start) if name.endswith(".h5")]


def score_curve(time_s: np.ndarray, score: np.ndarray) -> list[int | None]:
    """The mean score of each of up to `_MOST_POINTS` stretches of equal time, per cent; None where there is none.

    Parameters
    ----------
    time_s : (N,) of the frames, seconds, rising; N is 1 or more.
    score : (N,) 0 to 1, NaN where nobody is followed.
    """
    num = min(_MOST_POINTS, len(time_s))
    end_s = max(float(time_s[-1]), 1e-9)
    place = np.clip((np.asarray(time_s) / end_s * num).astype(int), 0, num - 1)
    known = np.isfinite(score)
    counts = np.bincount(place[known], minlength=num)
    sums = np.bincount(place[known], weights=np.clip(score[known], 0, 1), minlength=num)
    return [
        round(100 * total / count) if count else None
        for total, count in zip(sums.tolist(), counts.tolist(), strict=True)
    ]


def _percent(part: int | None, whole: int | None) -> float | None:
    return None if part is None or not whole else round(100 * part / whole, 1)

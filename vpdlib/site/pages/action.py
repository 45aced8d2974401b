"""One labelled action: its clip, what it was taken for, the nearest ones, and how their frames match.

One page shows all of them, by the id behind its address's ``#``; what it shows of an action is loaded then.
"""

from __future__ import annotations

from typing import Any

from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.recognition.settings import HEADS, NETWORK_HEADS
from vpdlib.site.answers import Answers, read_answers
from vpdlib.site.bare_clips import bare_clips
from vpdlib.site.clips import MAX_CLIPS, Clip, choose_actions, cut_actions
from vpdlib.site.followed import FollowedAction
from vpdlib.site.joints import TEACHER, joints_of_clips, students_of_joints
from vpdlib.site.nearest import MAX_CELLS, NUM_PATHS, nearest_actions
from vpdlib.site.site import Page, Site
from vpdlib.skeleton import BONES13, JOINTS13

#: Actions of one shard; those of one shard of poses, which are ten times as long.
PER_SHARD, PER_CLIP_SHARD = 200, 20


def build(site: Site) -> Page | None:
    """The page ``action.html``, its data and its clips, or None where nothing is labelled."""
    if not site.actions:
        return None
    shown = choose_actions(site.actions)
    reading = VideoReading(site.sources.settings.get("on_bad_video", "refuse"))
    videos = {video.video: video for video in site.videos}
    clips = cut_actions(shown, videos, site.out / "clips", reading, site.num_threads)
    clips |= bare_clips(site, shown, videos)
    answers = read_answers(site)
    students = students_of_joints(site)
    nearest = nearest_actions(site, shown)
    _write_index(site, clips)
    _write_clips(site, clips, joints_of_clips(site, shown, clips, students))
    _write_actions(site, answers, nearest)
    has_poses = bool(site.files("poses/") and site.files("tracks/"))
    site.shard(
        "action_about",
        {
            "classes": site.classes,
            "columns": [[one.features, one.head] for one in answers],
            # Heads that have no network search the nearest training action.
            "searching": [name for name in HEADS if name not in NETWORK_HEADS],
            "sets": list(nearest),
            "has_videos": bool(site.videos),
            "poses": [TEACHER] * has_poses + list(students) * bool(site.files("tracks/")),
            "bones": BONES13,
            "sides": ["lr".find(name[0]) if "_" in name else -1 for name in JOINTS13],
            "per_shard": PER_SHARD,
            "per_clip_shard": PER_CLIP_SHARD,
        },
    )
    return Page(
        "action",
        "Action",
        {
            "num_actions": len(site.actions),
            "num_clips": len(clips),
            "max_clips": MAX_CLIPS,
            "num_paths": NUM_PATHS,
            "max_cells": MAX_CELLS,
            "has_answers": bool(answers),
        },
        in_menu=False,
        part_of="actions",
    )


def _write_index(site: Site, clips: dict[str, Clip]) -> None:
    """All actions, for whichever page lists or links some; last whether one has a clip, and a file of it."""
    site.shard(
        "action_index",
        [
            [
                *(a.action, a.video, a.start, a.end, a.label, a.split),
                *(a.action in clips, a.action in clips and clips[a.action].has_file),
            ]
            for a in site.actions
        ],
    )


def _write_clips(site: Site, clips: dict[str, Clip], drawn: dict[str, dict[str, Any]]) -> None:
    """What is drawn over clips; a shard without a clip is not there, and no page asks for it."""
    for first in range(0, len(site.actions), PER_CLIP_SHARD):
        part = site.actions[first : first + PER_CLIP_SHARD]
        if any(a.action in clips for a in part):
            site.shard(
                f"action_clip_{first // PER_CLIP_SHARD}",
                [_clip(clips.get(a.action), drawn.get(a.action, {})) for a in part],
            )


def _clip(clip: Clip | None, drawn: dict[str, Any]) -> dict[str, Any] | None:
    if clip is None:
        return None
    return {
        "first": clip.first_frame,
        "ms": clip.times_ms,
        "size": [clip.width, clip.height],
        "file": clip.has_file,
        "poster": clip.poster,
        "boxes": drawn.get("boxes", []),
        "poses": drawn.get("poses", {}),
        "scores": drawn.get("scores", []),
    }


def _write_actions(
    site: Site,
    answers: list[Answers],
    nearest: dict[str, dict[str, dict[str, Any]]],
) -> None:
    for first in range(0, len(site.actions), PER_SHARD):
        site.shard(
            f"action_{first // PER_SHARD}",
            [
                {
                    "group": a.group,
                    "followed": _followed(site.followed.get(a.action)),
                    "probabilities": [_probabilities(a.action, one) for one in answers],
                    "nearest": {
                        name: found[a.action]
                        for name, found in nearest.items()
                        if a.action in found
                    },
                }
                for a in site.actions[first : first + PER_SHARD]
            ],
        )


def _followed(known: FollowedAction | None) -> list[Any] | None:
    """Frames, those with the athlete, and the stretches without, s; None where there is no track."""
    if known is None:
        return None
    gaps = [[round(start_s, 3), round(end_s, 3)] for start_s, end_s in known.gaps_s]
    return [known.frames, known.with_athlete, gaps]


def _probabilities(action: str, answers: Answers) -> list[float] | None:
    """Of every class; None where the head was not asked, an empty list where the athlete was not seen."""
    if action not in answers.place:
        return None
    place = answers.place[action]
    if answers.is_empty[place]:
        return []
    return [round(float(value), 3) for value in answers.probabilities[place]]

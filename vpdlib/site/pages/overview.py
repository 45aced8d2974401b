"""The first page: what was run, on what, counts, problems, time by stage."""

from __future__ import annotations

from collections import Counter

from vpdlib.site.site import Page, Site

_SPLITS = ("train", "val", "test")


def build(site: Site) -> Page:
    """The page ``index.html``."""
    splits = Counter(action.split for action in site.actions)
    counts = Counter((action.label, action.split) for action in site.actions)
    return Page(
        "index",
        "Overview",
        {
            "splits": {split: splits[split] for split in _SPLITS if splits[split]},
            "classes": {name: [counts[name, split] for split in _SPLITS] for name in site.classes},
            "num_videos": len(site.videos),
            "minutes": sum(video.duration_s for video in site.videos) / 60,
            "problems": site.problems,
        },
    )

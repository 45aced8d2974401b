"""Which clips a published dataset has, and which athletes a clip shows: what is known without any label."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vpdlib.datasets.paper.files import PaperName
from vpdlib.datasets.paper.protocol import ClipInfo, read_clip_info
from vpdlib.datasets.paper.tennis7 import PLAYERS

_FACTS: dict[PaperName, str] = {
    "fsjump6": "fs.video_meta.pkl",
    "tennis7": "tennis.video_meta.pkl",
    "fx35": "fx.video_meta.pkl",
    "diving48": "diving48.video_meta.pkl",
}


def published_clips(kind: PaperName, files: Mapping[str, Path]) -> dict[str, ClipInfo]:
    """Published facts by clip.

    Raises
    ------
    DatasetError
        If the file of facts is of another form.
    """
    return read_clip_info(files[_FACTS[kind]])


def athletes_of(kind: PaperName, clip: str) -> list[tuple[str, str]]:
    """Video id and place ("near", "far" or empty) of every athlete of a clip."""
    if kind == "tennis7":
        return [(f"{player}__{clip}", place) for player, place in PLAYERS.items()]
    return [(clip, "")]

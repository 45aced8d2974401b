"""The page of found actions: a timeline of every video, a queue of what to look at, and correction there.

What is found is set against what is labelled; what the user does about it is kept in the browser and downloaded as
``corrections.csv``, which the workflow takes beside the first file of labels (:mod:`vpdlib.interchange.later_files`).
The browser's side of it is ``static/corrections.js``, of what follows from the edits, and ``static/found*.js``.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from vpdlib.datasets.tables import ActionRow, VideoRow
from vpdlib.finding.table import FoundRow, read_found
from vpdlib.site.site import Page, Site
from vpdlib.site.video_files import source_url

#: A found and a labelled action that overlap so much (tIoU) are set against each other.
PAIRED = 0.3
_TIME_DIGITS = 3
_TABLES = ("found.csv", "to_label.csv", "dataset/actions.csv", "dataset/classes.csv")


@dataclass(frozen=True)
class Item:
    """An action that is labelled, found, or asked for.

    Attributes
    ----------
    kind : ``l`` labelled, ``f`` found, ``q`` asked for in ``to_label.csv`` alone.
    video : its id.
    start_s, end_s : on the video's clock.
    label : its class.
    group : of a labelled one.
    found : its row, of what is not labelled.
    asked : its place in ``to_label.csv``, from 1; 0 if it is not there.
    """

    kind: str
    video: str
    start_s: float
    end_s: float
    label: str
    group: str = ""
    found: FoundRow | None = None
    asked: int = 0


def build(site: Site) -> Page | None:
    """The page ``found.html``; none where nothing was looked for."""
    found_csv, asked_csv = (site.file(name) for name in ("found.csv", "to_label.csv"))
    if found_csv is None and asked_csv is None:
        return None
    found = [] if found_csv is None else read_found(found_csv)
    asked = [] if asked_csv is None else read_found(asked_csv)
    items = all_items(site.actions, found, asked)
    videos = {row.video: row for row in site.videos}
    shards = {name: f"found_{number:05d}" for number, name in enumerate(sorted(videos), start=1)}
    site.shard("found", _index(site, items, videos, shards))
    by_video: dict[str, dict[str, Any]] = defaultdict(dict)
    for number, item in enumerate(items):
        if item.found is not None:
            by_video[item.video][f"{item.kind}{number}"] = _details(item.found)
    for name, shard in shards.items():
        site.shard(shard, by_video.get(name, {}))
    counts = defaultdict[str, int](int)
    for item in items:
        counts[item.kind] += 1
    label_files = _label_files(site.sources.settings)
    return Page(
        "found",
        "Found",
        {
            "num_videos": len(videos),
            "num_found": counts["f"],
            "num_labelled": counts["l"],
            "num_asked": len(asked),
            "label_files": label_files,
            "corrections": _place_of_corrections(label_files),
        },
    )


def all_items(
    actions: Sequence[ActionRow], found: Sequence[FoundRow], asked: Sequence[FoundRow]
) -> list[Item]:
    """What is labelled, found and asked for, by video and start."""
    ranks = {_place(row): rank for rank, row in enumerate(asked, start=1)}
    items = [
        Item("l", one.video, one.start, one.end, one.label, group=one.group) for one in actions
    ]
    items += [
        Item(
            "f",
            row.video,
            row.start,
            row.end,
            row.label,
            found=row,
            asked=ranks.get(_place(row), 0),
        )
        for row in found
    ]
    known = {_place(row) for row in found}
    items += [
        Item("q", row.video, row.start, row.end, row.label, found=row, asked=ranks[_place(row)])
        for row in asked
        if _place(row) not in known
    ]
    return sorted(items, key=lambda item: (item.video, item.start_s, item.end_s, item.kind))


def pairs(items: Sequence[Item]) -> list[int]:
    """Of each item that is not labelled the place of the labelled one that it overlaps most; -1 without one."""
    labelled: dict[str, list[int]] = defaultdict(list)
    for number, item in enumerate(items):
        if item.kind == "l":
            labelled[item.video].append(number)
    found = []
    for item in items:
        best, most = -1, PAIRED
        for number in labelled[item.video] if item.kind != "l" else ():
            tiou = _tiou(item, items[number])
            if tiou > most or (tiou == most and best < 0):
                best, most = number, tiou
        found.append(best)
    return found


def _index(
    site: Site, items: Sequence[Item], videos: Mapping[str, VideoRow], shards: Mapping[str, str]
) -> dict[str, Any]:
    # A class of labels that have changed since may stand in what was found before.
    classes = list(dict.fromkeys([*site.classes, *sorted({item.label for item in items})]))
    number_of = {name: number for number, name in enumerate(classes)}
    places = {name: place for place, name in enumerate(shards)}
    unknown = sorted({item.video for item in items} - set(places))
    if unknown:
        raise ValueError(
            f"{site.sources.results}/found.csv: video {unknown[0]!r} is none of dataset/videos.csv. Make it anew."
        )
    groups = list(dict.fromkeys(["", *sorted({item.group for item in items})]))
    groups_of: dict[str, set[str]] = defaultdict(set)
    for item in items:
        groups_of[item.video].add(item.group)
    pages = site.sources.results / "report" / "pages"
    rows = [item.found for item in items]
    return {
        "dataset": site.sources.dataset,
        "digest": _digest(site),
        "classes": classes,
        "groups": groups,
        "labels": _label_files(site.sources.settings),
        "around": (site.sources.settings.get("clips") or {}).get("around_s", 0.5),
        "videos": [
            {
                "name": name,
                "shard": shard,
                "src": source_url(videos[name].path, pages),
                "file": Path(videos[name].path).name,
                "fps": videos[name].fps,
                "duration": videos[name].duration_s,
                "group": _only(groups_of[name]),
            }
            for name, shard in shards.items()
        ],
        "items": {
            "kind": "".join(item.kind for item in items),
            "video": [places[item.video] for item in items],
            "start": [round(item.start_s, 6) for item in items],
            "end": [round(item.end_s, 6) for item in items],
            "label": [number_of[item.label] for item in items],
            "group": [groups.index(item.group) for item in items],
            "probability": [None if row is None else row.probability for row in rows],
            "second": [None if row is None else row.second_probability for row in rows],
            "pair": pairs(items),
            "asked": [item.asked for item in items],
        },
    }


def _details(row: FoundRow) -> list[str]:
    """What is shown of a found action that is chosen: next class, probability, detection score, nearest, labelled."""
    second = f"{row.second_probability:.3f}" if row.second_label else ""
    return [row.second_label, second, row.detection_score, row.nearest_action, row.labelled]


def _digest(site: Site) -> str:
    """Of the data that edits are about: with other data they are others."""
    digest = hashlib.sha256()
    for name in _TABLES:
        path = site.sources.results / name if name.startswith("dataset/") else site.file(name)
        digest.update(name.encode() + b"\0")
        if path is not None:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _label_files(settings: Mapping[str, Any]) -> list[str]:
    """The files of labels that the dataset names; none where labels are no files."""
    labels = (settings.get("adapter") or {}).get("labels")
    if not labels:
        return []
    return [labels] if isinstance(labels, str) else list(labels)


def _place_of_corrections(label_files: Sequence[str]) -> str:
    """What the next file of corrections is to be named in the settings: beside the last file, and not one of them."""
    folder = PurePosixPath(label_files[-1] if label_files else "").parent
    path, number = folder / "corrections.csv", 1
    while str(path) in label_files:
        number += 1
        path = folder / f"corrections_{number}.csv"
    return str(path)


def _only(groups: set[str]) -> str:
    """The group of a video, if it is one."""
    found = groups - {""}
    return found.pop() if len(found) == 1 else ""


def _place(row: FoundRow) -> tuple[str, float, float]:
    return row.video, round(row.start, _TIME_DIGITS), round(row.end, _TIME_DIGITS)


def _tiou(one: Item, other: Item) -> float:
    shared = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    return max(shared, 0.0) / (max(one.end_s, other.end_s) - min(one.start_s, other.start_s))

"""The people of a whole video: one pass over its frames tells who is there, what they look like, and where cuts are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vpdlib.people.appearance import APPEARANCE_BINS, describe
from vpdlib.people.base import People, VideoDetector
from vpdlib.people.between import SeenPeople, agree, fill_between
from vpdlib.people.settings import PeopleSettings
from vpdlib.sparse import look_sparsely
from vpdlib.video.reader import Frame
from vpdlib.video.shots import ShotFinder

#: Frames whose people are put together at a time.
_PUT_TOGETHER = 1000


@dataclass(frozen=True)
class VideoPeople:
    """The people of one video.

    Attributes
    ----------
    datasets : those of the people artifact (:mod:`vpdlib.artifacts.people`).
    size : width and height of the frames, px; None of a video without frames.
    """

    datasets: dict[str, np.ndarray]
    size: tuple[int, int] | None


def detect_video(
    frames: Iterable[Frame], detector: VideoDetector, settings: PeopleSettings
) -> VideoPeople:
    """Look for people in every ``every_nth_frame``-th frame, and for cuts in all.

    Not all of these frames are shown to the detector: ``look_first_at_every`` and :mod:`vpdlib.sparse` say which.

    Parameters
    ----------
    frames : the video's frames, in order.
    detector : see :class:`vpdlib.people.base.VideoDetector`.
    settings : which frames, and when a change of the picture is a cut.
    """
    shots = ShotFinder(settings.cut_min_change, settings.cut_min_ratio)
    size = None
    time_s: list[float] = []
    frame: list[int] = []
    looked_at: list[bool] = []
    found = _Found(settings.has_masks)

    def sampled() -> Iterator[tuple[bool, Frame]]:
        nonlocal size
        may_begin = True
        for item in frames:
            time_s.append(item.time_s)
            shots.add(item)
            size = item.rgb.shape[1], item.rgb.shape[0]
            may_begin = may_begin or shots.may_begin
            if item.index % settings.every_nth_frame == 0:
                yield may_begin, item
                may_begin = False

    def look(items: Sequence[Frame], is_first: bool) -> list[SeenPeople]:
        detect = detector.detect_many if is_first else detector.detect_between
        seen = detect([item.rgb for item in items])
        return [SeenPeople(i.time_s, people) for i, people in zip(items, seen, strict=True)]

    def as_expected(before: SeenPeople, now: SeenPeople, after: SeenPeople, apart: int) -> bool:
        return agree(before, now, after, settings.agree_iou)

    step = settings.look_first_at_every
    for item, seen in look_sparsely(sampled(), look, as_expected, step, detector.batch_size):
        frame.append(item.index)
        looked_at.append(seen is not None)
        if seen is not None:
            found.add(seen.people, describe(item.rgb, seen.people.box_px))
    shot, at = shots.shots(), np.array(frame, np.int32)
    if not all(looked_at):
        columns, num_people = found.columns(), np.array(found.num_people)
        found = _Found(settings.has_masks)
        looks = np.array(looked_at)
        for rows in fill_between(columns, num_people, looks, np.array(time_s)[at], shot[at]):
            found.add_rows(rows)
    datasets = {
        "time_s": np.array(time_s, np.float64),
        "shot": shot,
        "frame": at,
        "looked_at": np.array(looked_at, np.uint8),
        "num_people": np.array(found.num_people, np.int32),
        **found.columns(),
    }
    return VideoPeople(datasets, size)


class _Found:
    """The people of a video as columns; of hours there would be too many objects, one a frame."""

    def __init__(self, with_masks: bool) -> None:
        self.num_people: list[int] = []
        self._parts: dict[str, list[np.ndarray]] = {}
        self._latest: list[dict[str, np.ndarray]] = []
        self._with_masks = with_masks
        # Where nobody is, the columns have their types all the same.
        self._latest.append(self._rows(People.empty(), np.zeros((0, APPEARANCE_BINS), np.uint8)))

    def add(self, people: People, appearance: np.ndarray) -> None:
        """Take the people of the next frame, K, and what they look like, (K, 20)."""
        self.add_rows(self._rows(people, appearance))

    def add_rows(self, rows: dict[str, np.ndarray]) -> None:
        """Take the people of the next frame as rows of the columns."""
        self.num_people.append(len(rows["score"]))
        self._latest.append(rows)
        if len(self._latest) >= _PUT_TOGETHER:
            self._put_together()

    def columns(self) -> dict[str, np.ndarray]:
        """Every column, all people of all frames."""
        self._put_together()
        return {name: np.concatenate(parts) for name, parts in self._parts.items()}

    def _rows(self, people: People, appearance: np.ndarray) -> dict[str, np.ndarray]:
        rows = {
            "box_px": people.box_px,
            "score": people.score,
            "source": people.source,
            "keypoints_px": people.keypoints_px,
            "appearance": appearance,
        }
        if self._with_masks:
            rows["mask"] = people.mask_rows
        return rows

    def _put_together(self) -> None:
        for name in self._latest[0] if self._latest else ():
            part = np.concatenate([rows[name] for rows in self._latest])
            self._parts.setdefault(name, []).append(part)
        self._latest.clear()

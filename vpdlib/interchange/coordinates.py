"""Whether coordinates of another tool can be pixels of their video, and what becomes of those that cannot.

Coordinates are joints or corners of boxes, (T, N, 2) x, y, NaN where there is none. In this order:

1. A point with x = y beyond the picture on both sides, such as (9999, 9999), stands for a missing one.
2. Where the file states the size of its picture (`width`, `height`), its coordinates are brought to the video's size,
   and that is said; another aspect than the video's is refused. Fractions of the picture are scaled likewise; without a
   stated size they are refused. An athlete has more than a few pixels: what is all near the origin is fractions. A
   picture of 1 x 1 (`vpdlib.interchange.formats.FRACTIONS`) states that they are.
3. What lies outside the picture is judged by two figures: the fraction of points outside it, and how many more are out
   at one side (left or right) than at the other. Bodies that the picture cuts off are mostly cut at the legs, or at
   both sides alike: of JHMDB's 609 clips, many of them close-ups with complete skeletons, none has more than 67 % of
   its joints outside, none more than 13 % more at one side, and all together 11 % and 0.1 %. Half as large again they
   have 40 % outside and 13 % more at one side; twice as large, 73 % and 43 %. A video beyond `IMPOSSIBLE` is refused,
   all of them together too; beyond `UNLIKELY` where they are `ENOUGH_VIDEOS`; what is `DOUBTFUL` is said.
4. A single point more than `FAR` pictures away is missing, and that is said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vpdlib.datasets.bad_videos import refuse_all
from vpdlib.datasets.tables import VideoRow
from vpdlib.progress import warn

#: Within so many px of the origin no athlete is, but everything that is a fraction of the picture.
_FRACTIONS_UP_TO = 5.0
#: In a small picture, within this part of its side; in one so small that this is less than a fraction, nothing is told.
_FRACTIONS_PART = 1 / 8
#: Of fractions, nearly all lie within the picture; numbers from -1 to 1 are something else.
_PLAIN_FRACTIONS = (-0.25, 1.25)
#: Sizes that differ by less than this fraction: rounded sides, padding to whole blocks.
_SAME_SIZE = 0.01
#: Points this far outside, in fractions of the picture, are within a tool's error.
_BORDER = 0.05
#: (fraction of points outside, fraction that is more at one side). Either pair serves.
IMPOSSIBLE = ((0.75, 0.0), (0.5, 0.25))
UNLIKELY = ((0.25, 0.08),)
DOUBTFUL = ((0.15, 0.0), (0.0, 0.08))
#: So many videos together say more than one, and so few frames say nothing.
ENOUGH_VIDEOS = 5
ENOUGH_FRAMES = 5
#: (part of the picture's sides from the upper left corner, fraction of points): of a smaller picture, or percent.
_CORNER = (0.55, 0.9)
#: In pictures.
FAR = 3.0
#: The picture of a file that states that its coordinates are fractions.
_UNIT = (1, 1)
_SCALED = "are fractions of the picture, scaled to pixels"
#: Frames of a video that are looked at for its figures, evenly spread.
_MAX_SAMPLED = 2000
#: Points on each side of the grid that stands for a box.
_GRID = 7
#: Rates that differ by more are said.
_SAME_RATE = 0.01


@dataclass(frozen=True)
class Given:
    """Coordinates of a video as the file has them.

    Attributes
    ----------
    points : (T, N, 2) x, y; NaN where there is none.
    facts : what the file states of ``fps``, ``width`` and ``height``.
    """

    points: np.ndarray
    facts: Mapping[str, float] = field(default_factory=dict)


def to_pixels(
    path: Path,
    noun: str,
    given: Mapping[str, Given],
    videos: Sequence[VideoRow],
    are_boxes: bool = False,
    may_state: bool = True,
) -> dict[str, np.ndarray]:
    """Bring coordinates to pixels of their videos, and refuse those that cannot be.

    Parameters
    ----------
    path : the file, for messages.
    noun : what the points belong to, for messages: "joints" or "boxes".
    given : video id -> coordinates. Others than those of ``videos`` are left out.
    videos : without a ``path``, the size that the file states is that of the picture; without either, only shares
        are found.
    are_boxes : the points are two corners of a box, of which the whole counts.
    may_state : such a file can state the size of its picture.

    Returns
    -------
    video id -> (T, N, 2) px, float32.

    Raises
    ------
    DatasetError
        Naming the file and every video whose coordinates cannot be its pixels, what was found, and the remedy.
    """
    videos = [video for video in videos if video.video in given]
    warn_of_rates(path, {name: one.facts for name, one in given.items()}, videos)
    job = _Job(path, noun, are_boxes)
    pixels = {video.video: job.convert(video, given[video.video]) for video in videos}
    job.judge_together()
    in_file = ", or state `width` and `height` of the picture they lie in, in the file"
    refuse_all(
        job.problems,
        f"{path}: {noun} that cannot be pixels of their video",
        f"Give pixels of the video as it is shown{in_file if may_state else ''}.",
    )
    job.say()
    return pixels


def warn_of_rates(
    path: Path, facts: Mapping[str, Mapping[str, float]], videos: Sequence[VideoRow]
) -> None:
    """Say where a file states another frame rate than its video has; its rows count as the video's frames."""
    other = [
        video
        for video in videos
        if abs(facts.get(video.video, {}).get("fps", video.fps) / video.fps - 1) > _SAME_RATE
    ]
    if other:
        first = other[0]
        warn(
            f"{path} states {facts[first.video]['fps']:g} frames a second, {_named(other)} {first.fps:g}; row n "
            "of it is taken for frame n of the video. Make it from the video at its own rate."
        )


@dataclass(frozen=True)
class _Figures:
    """How points lie to the picture: fractions of the points, and their range in words."""

    video: str
    frames: int
    outside: float
    to_the_right: float
    in_corner: float
    found: str
    stated: bool

    def passes(self, limits: Sequence[tuple[float, float]]) -> bool:
        return any(self.outside > o and abs(self.to_the_right) >= s for o, s in limits)


class _Job:
    """The coordinates of one file for one call, video by video, then together."""

    def __init__(self, path: Path, noun: str, are_boxes: bool) -> None:
        self.path, self.noun, self.are_boxes = path, noun, are_boxes
        self.problems: list[str] = []
        self.figures: list[_Figures] = []
        #: What is to be said -> the videos of which.
        self.said: dict[str, list[str]] = defaultdict(list)

    def convert(self, video: VideoRow, given: Given) -> np.ndarray:
        """The points of one video as pixels; problems and what is to be said are kept for later."""
        points = np.array(given.points, np.float32)
        stated = self._stated(video, given.facts)
        of_video = (
            (video.width, video.height)
            if video.path and min(video.width, video.height) > 0
            else stated
        )
        if stated == _UNIT:
            if of_video is None or of_video == _UNIT:
                self.problems.append(
                    f"{video.video}: fractions of a picture whose size is not known"
                )
                return points
            points *= np.array(of_video, np.float32)
            self.said[_SCALED].append(video.video)
            stated = None
        if stated is not None and of_video is not None and not self._fits(video, stated, of_video):
            return points
        picture = stated or of_video
        self._drop_placeholders(video, points, picture)
        there = points[np.isfinite(points).all(axis=2)]
        if len(there) < 2:
            return points
        if _are_fractions(there, picture):
            if stated is None or not _are_plain_fractions(there):
                self._refuse(
                    video,
                    there,
                    f"no athlete is so small; fractions of the picture{_of(of_video)}?",
                )
                return points
            points *= np.array(stated, np.float32)
            self.said[_SCALED].append(video.video)
        if of_video is None:
            return points
        if stated is not None and not _are_close(stated, of_video):
            points *= np.divide(of_video, stated, dtype=np.float32)
            self.said[
                f"lie in a picture of {_size(stated)} by the file, scaled to the video's {_size(of_video)}"
            ].append(video.video)
        figures = self._measure(
            video, points / np.array(of_video, np.float32), points, stated is not None
        )
        self.figures.append(figures)
        if figures.frames >= ENOUGH_FRAMES and figures.passes(IMPOSSIBLE):
            self.problems.append(f"{video.video}: {figures.found}{_of(of_video)}")
        self._drop_far(video, points, of_video)
        return points

    def judge_together(self) -> None:
        """The verdict on all videos: what one is too short for, and what many of them make certain."""
        if self.problems or not self.figures:
            return
        total = sum(one.frames for one in self.figures)
        worst = max(self.figures, key=lambda one: one.outside)
        together = _Figures(
            video="",
            frames=total,
            outside=self._average("outside"),
            to_the_right=self._average("to_the_right"),
            in_corner=self._average("in_corner"),
            found="",
            stated=all(one.stated for one in self.figures),
        )
        text = f"{together.outside:.0%} of all points lie outside the picture, most in {worst.video}: {worst.found}"
        many = len(self.figures) >= ENOUGH_VIDEOS
        if total >= ENOUGH_FRAMES and together.passes(
            (*IMPOSSIBLE, *UNLIKELY) if many else IMPOSSIBLE
        ):
            self.problems.append(text)
        # A file that states the size of its picture is believed.
        elif together.passes(DOUBTFUL) and not together.stated:
            warn(
                f"{self.path}: {self.noun}: {text}. Athletes whom the picture cuts off, or coordinates of a larger "
                "picture? Look at an overlay of the video."
            )
        elif together.in_corner > _CORNER[1] and not together.stated:
            warn(
                f"{self.path}: {together.in_corner:.0%} of all {self.noun} lie in the upper left part of the picture, "
                f"as in {worst.video}: {worst.found}. Coordinates of a smaller picture, or percent? Look at an overlay "
                "of the video."
            )

    def _average(self, figure: str) -> float:
        """Over all videos, by their frames."""
        frames = [one.frames for one in self.figures]
        return float(np.average([getattr(one, figure) for one in self.figures], weights=frames))

    def say(self) -> None:
        """Tell the user what was changed."""
        for text, names in self.said.items():
            some = f"{names[0]!r}" if len(names) == 1 else f"{len(names)} videos ({names[0]!r}, ..)"
            warn(f"{self.path}: {self.noun} of {some} {text}")

    def _stated(self, video: VideoRow, facts: Mapping[str, float]) -> tuple[int, int] | None:
        if "width" in facts and "height" in facts:
            return int(facts["width"]), int(facts["height"])
        known = {"width": video.width, "height": video.height} if video.path else {}
        for fact in ("width", "height"):
            if fact in facts and known and facts[fact] != known[fact]:
                self.problems.append(
                    f"{video.video}: the file states {fact} {facts[fact]:g}, the video has {known[fact]}, and the "
                    "other side is not stated"
                )
        return None

    def _fits(self, video: VideoRow, stated: tuple[int, int], of_video: tuple[int, int]) -> bool:
        """Whether both have one aspect, or nearly one size."""
        (w, h), (width, height) = stated, of_video
        # A rounded side is up to a pixel off.
        slack = _SAME_SIZE + 1 / min(stated)
        if _are_close(stated, of_video) or abs(w * height / (h * width) - 1) <= slack:
            return True
        rotated = (
            " (rotated: give coordinates of the picture as it is shown)"
            if abs(h * height / (w * width) - 1) <= slack
            else ""
        )
        self.problems.append(
            f"{video.video}: the file states a picture of {_size(stated)}, the video has {_size(of_video)}, "
            f"of another aspect{rotated}"
        )
        return False

    def _drop_placeholders(
        self, video: VideoRow, points: np.ndarray, picture: tuple[int, int] | None
    ) -> None:
        if picture is None or self.are_boxes:
            return
        with np.errstate(invalid="ignore"):
            beyond = (points[..., 0] == points[..., 1]) & (points[..., 0] > 1.2 * max(picture))
        if beyond.any():
            value = points[beyond][0, 0]
            points[beyond] = np.nan
            self.said[f"at ({value:g}, {value:g}) count as missing"].append(video.video)

    def _drop_far(self, video: VideoRow, points: np.ndarray, picture: tuple[int, int]) -> None:
        with np.errstate(invalid="ignore"):
            distance = np.abs(points / np.array(picture, np.float32) - 0.5)
            far: np.ndarray = np.any(distance > FAR + 0.5, axis=2)
        if self.are_boxes:
            far |= far.any(axis=1, keepdims=True)
        if far.any():
            points[far] = np.nan
            self.said[
                f"more than {FAR:g} pictures away count as missing ({far.any(axis=1).sum()} frames)"
            ].append(video.video)

    def _measure(
        self, video: VideoRow, fractions: np.ndarray, points: np.ndarray, stated: bool
    ) -> _Figures:
        fractions = _sample(fractions)
        if self.are_boxes:
            step = np.linspace(0, 1, _GRID, dtype=np.float32)[:, None]
            line = fractions[:, :1] * (1 - step) + fractions[:, 1:] * step
            fractions = np.stack(
                [
                    np.repeat(line[..., 0], _GRID, axis=1),
                    np.tile(line[..., 1], (1, _GRID)),
                ],
                axis=2,
            )
        there = np.isfinite(fractions).all(axis=2)
        x, y = fractions[there].T
        right, left = x > 1 + _BORDER, x < -_BORDER
        outside = (right | left | (y > 1 + _BORDER) | (y < -_BORDER)).mean()
        found = f"{_range(points[np.isfinite(points).all(axis=2)])}: {outside:.0%} of it outside the picture"
        return _Figures(
            video=video.video,
            frames=int(there.any(axis=1).sum()),
            outside=float(outside),
            to_the_right=float(right.mean() - left.mean()),
            in_corner=float(((x < _CORNER[0]) & (y < _CORNER[0])).mean()),
            found=found,
            stated=stated,
        )

    def _refuse(self, video: VideoRow, there: np.ndarray, what: str) -> None:
        self.problems.append(f"{video.video}: {_range(there)}: {what}")


def _sample(points: np.ndarray) -> np.ndarray:
    """Of the frames with any point, at most `_MAX_SAMPLED`."""
    seen = np.flatnonzero(np.isfinite(points).all(axis=2).any(axis=1))
    step = -(-len(seen) // _MAX_SAMPLED)
    return points[seen[:: max(step, 1)]]


def _are_fractions(there: np.ndarray, picture: tuple[int, int] | None) -> bool:
    """Whether points (M, 2) are too near to the origin, and to each other, for pixels."""
    limit = _FRACTIONS_UP_TO
    if picture is not None:
        limit = min(limit, _FRACTIONS_PART * min(picture))
    if limit < 1.5:
        return False
    near = np.abs(there - 0.5).max(axis=1)
    return bool((near <= limit - 0.5).all() or (near <= 1).mean() >= 0.9)


def _are_plain_fractions(there: np.ndarray) -> bool:
    low, high = _PLAIN_FRACTIONS
    # The middle of what goes from -1 to 1 is about 0.
    return bool(((there >= low) & (there <= high)).mean() >= 0.9 and (there < 0).mean() < 0.15)


def _are_close(size: tuple[int, int], other: tuple[int, int]) -> bool:
    return all(abs(a / b - 1) <= _SAME_SIZE for a, b in zip(size, other, strict=True))


def _range(there: np.ndarray) -> str:
    low, high = there.min(axis=0), there.max(axis=0)
    return f"x from {low[0]:.4g} to {high[0]:.4g}, y from {low[1]:.4g} to {high[1]:.4g}"


def _size(picture: tuple[int, int]) -> str:
    return f"{picture[0]} x {picture[1]} px"


def _of(picture: tuple[int, int] | None) -> str:
    return "" if picture is None else f" of {_size(picture)}"


def _named(videos: Sequence[VideoRow]) -> str:
    """One video with its verb, or several."""
    first = repr(videos[0].video)
    return f"{first} has" if len(videos) == 1 else f"{len(videos)} videos, such as {first}, have"

"""What tracking works on: people found on sampled frames, and the tracks made of them.

Boxes are xyxy in source pixels, keypoints COCO-17 rows of x px, y px, score. Only some frames are
looked at by the detector ("sampled"); the number of people differs from frame to frame, so they
come as lists. A shot is what lies between two cuts; no track reaches over one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vpdlib.geometry import centre_size


@dataclass(frozen=True)
class PeopleDetections:
    """All person detections of one video.

    Attributes
    ----------
    frames : (M,) sampled frame numbers, increasing.
    box_px : M arrays (K, 4) of boxes in source px.
    score : M arrays (K,).
    keypoints_px : M arrays (K, 17, 3); a row of NaN where a detection has no keypoints.
    num_frames : frames of the whole video, N.
    width, height : frame size, px.
    time_s : (N,) increasing time of every frame.
    athlete : "near" or "far" where two athletes share the picture, else empty.
    shot : (N,) number of the shot that every frame is of, never falling; None: all are of one.
    appearance : M arrays (K, A), what each person looks like (:mod:`vpdlib.people.appearance`); None
        where nothing is known of it.
    looked_at : (M,) bool, which of the sampled frames a detector looked at; the people of the others are
        interpolated. None: all.

    Raises
    ------
    ValueError
        If the lengths do not agree, frames do not increase or lie outside the video, or a box is
        not finite.
    """

    frames: np.ndarray
    box_px: Sequence[np.ndarray]
    score: Sequence[np.ndarray]
    keypoints_px: Sequence[np.ndarray]
    num_frames: int
    width: int
    height: int
    time_s: np.ndarray
    athlete: str = ""
    shot: np.ndarray | None = None
    appearance: Sequence[np.ndarray] | None = None
    looked_at: np.ndarray | None = None

    def __post_init__(self) -> None:
        num = len(self.frames)
        if not num == len(self.box_px) == len(self.score) == len(self.keypoints_px):
            raise ValueError(
                f"people: {num} sampled frames, but {len(self.box_px)} lists of boxes, "
                f"{len(self.score)} of scores, {len(self.keypoints_px)} of keypoints"
            )
        if len(self.time_s) != self.num_frames:
            raise ValueError(f"people: {len(self.time_s)} times for {self.num_frames} frames")
        if self.shot is not None and (
            np.shape(self.shot) != (self.num_frames,) or (np.diff(self.shot) < 0).any()
        ):
            raise ValueError(f"people: shots must be {self.num_frames} numbers that never fall")
        if self.looked_at is not None and len(self.looked_at) != num:
            raise ValueError(f"people: {num} sampled frames, {len(self.looked_at)} in looked_at")
        if self.appearance is not None and [len(a) for a in self.appearance] != [
            len(b) for b in self.box_px
        ]:
            raise ValueError("people: not as many appearances as boxes")
        if num and (
            (np.diff(self.frames) <= 0).any()
            or self.frames[0] < 0
            or self.frames[-1] >= self.num_frames
        ):
            raise ValueError(
                f"people: sampled frames must increase within 0..{self.num_frames - 1}"
            )
        for frame, box, score, keypoints in zip(
            self.frames, self.box_px, self.score, self.keypoints_px, strict=True
        ):
            count = len(box)
            if box.shape != (count, 4) or score.shape != (count,):
                raise ValueError(
                    f"people: frame {frame} has boxes {box.shape}, scores {score.shape}"
                )
            if keypoints.shape != (count, 17, 3):
                raise ValueError(f"people: frame {frame} has keypoints {keypoints.shape}")
            if not (np.isfinite(box).all() and np.isfinite(score).all()):
                raise ValueError(f"people: frame {frame} has a box or score that is not finite")

    @property
    def shots(self) -> np.ndarray:
        """(N,) the shot of every frame."""
        return np.zeros(self.num_frames, np.int32) if self.shot is None else self.shot

    @property
    def frames_not_looked_at(self) -> np.ndarray:
        """Sampled frames whose people are interpolated."""
        return self.frames[:0] if self.looked_at is None else self.frames[~self.looked_at]

    def appearance_of(self, row: int, item: int) -> np.ndarray:
        """What a person of a sampled frame looks like, (A,); empty where nothing is known."""
        return np.zeros(0) if self.appearance is None else self.appearance[row][item]


@dataclass
class Track:
    """Detections of one person, in order of time, within one shot.

    Every list has one entry per detection: frame number, time in s, box (4,), score, keypoints (17,
    3), appearance (A,).
    """

    shot: int = 0
    frames: list[int] = field(default_factory=list)
    time_s: list[float] = field(default_factory=list)
    box_px: list[np.ndarray] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    keypoints_px: list[np.ndarray] = field(default_factory=list)
    appearance: list[np.ndarray] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def start_s(self) -> float:
        """Time of the first detection."""
        return self.time_s[0]

    @property
    def end_s(self) -> float:
        """Time of the last detection."""
        return self.time_s[-1]

    def append(self, people: PeopleDetections, row: int, item: int) -> None:
        """Add a person of a later sampled frame.

        Parameters
        ----------
        people : the detections of the video.
        row, item : which sampled frame, and which of its people.
        """
        frame = int(people.frames[row])
        self.frames.append(frame)
        self.time_s.append(float(people.time_s[frame]))
        self.box_px.append(np.asarray(people.box_px[row][item], dtype=np.float64))
        self.score.append(float(people.score[row][item]))
        self.keypoints_px.append(people.keypoints_px[row][item])
        self.appearance.append(people.appearance_of(row, item))

    def joined(self, later: Track) -> Track:
        """Return this track followed by ``later``, which must start after it ends, in the same shot."""
        assert self.frames[-1] < later.frames[0]
        assert self.shot == later.shot
        return Track(
            self.shot,
            self.frames + later.frames,
            self.time_s + later.time_s,
            self.box_px + later.box_px,
            self.score + later.score,
            self.keypoints_px + later.keypoints_px,
            self.appearance + later.appearance,
        )

    def outside(self, start_s: float, end_s: float) -> list[Track]:
        """Return what is left of the track before and after a time, none to two tracks."""
        before = [row for row, now_s in enumerate(self.time_s) if now_s < start_s]
        after = [row for row, now_s in enumerate(self.time_s) if now_s > end_s]
        return [self._rows(rows) for rows in (before, after) if rows]

    def within(self, start_s: float, end_s: float) -> Track:
        """Return the part of the track in a time, both ends included."""
        return self._rows(
            [row for row, now_s in enumerate(self.time_s) if start_s <= now_s <= end_s]
        )

    def shifted(self, frames: int) -> Track:
        """Return the same track with frame numbers that are greater by ``frames``; times stay."""
        return replace(self, frames=[frame + frames for frame in self.frames])

    def _rows(self, rows: list[int]) -> Track:
        return Track(
            self.shot,
            [self.frames[row] for row in rows],
            [self.time_s[row] for row in rows],
            [self.box_px[row] for row in rows],
            [self.score[row] for row in rows],
            [self.keypoints_px[row] for row in rows],
            [self.appearance[row] for row in rows],
        )

    def motion(self, at_end: bool, window_s: float = 0.25) -> tuple[np.ndarray, np.ndarray]:
        """Estimate position and velocity at one end.

        Parameters
        ----------
        at_end : the last detection, else the first.
        window_s : detections within this time of the end are used.

        Returns
        -------
        centre x, y, width, height (4,) in px at that end (sizes are the medians of the window), and
        the centre's velocity (2,) in px/s by least squares, zero for a single detection.
        """
        rows = range(len(self) - 1, -1, -1) if at_end else range(len(self))
        end = self.end_s if at_end else self.start_s
        near: list[int] = []
        for row in rows:
            away_s = abs(self.time_s[row] - end)
            # At least three detections where there are so many: two give a noisy velocity.
            if away_s > (window_s if len(near) >= 3 else 4 * window_s):
                break
            near.append(row)
        values = centre_size(np.stack([self.box_px[row] for row in near]))
        times = np.array([self.time_s[row] for row in near]) - end
        velocity = np.zeros(2)
        if len(near) > 1:
            centred = times - times.mean()
            velocity = centred @ (values[:, :2] - values[:, :2].mean(axis=0)) / (centred @ centred)
        state = np.concatenate([values[0, :2], np.median(values[:, 2:], axis=0)])
        return state, velocity

"""Clips of labelled actions: small, with a picture to show before they play, and which frames they have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2

from vpdlib.datasets.bad_videos import VideoReading, named
from vpdlib.datasets.base import TIME_SLACK_S
from vpdlib.datasets.tables import ActionRow, VideoRow
from vpdlib.identifiers import check_id
from vpdlib.progress import note, track, warn
from vpdlib.video.clips import Segment, cut_clips
from vpdlib.video.reader import Frame

#: Actions that are shown in pictures; the others are in the lists alone, so that a site stays small.
MAX_CLIPS = 2000
#: Shown before and after an action, s.
AROUND_S = 0.2
#: A clip is at most so wide, px.
MAX_WIDTH = 320
#: Quality of x264: at this size worse than for clips that are kept.
_CRF = 26
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 80]
#: In this order splits get the clips that there may be.
_SPLITS = ("test", "val", "train")


@dataclass
class Clip:
    """What is known of a clip.

    Attributes
    ----------
    first_frame : number of its first frame in the video.
    width, height : of the clip, px.
    scale_x, scale_y : px of the clip per px of the video.
    poster : which of its frames is the picture that is shown before it plays.
    times_s : of its frames, in the video.
    left, top : where in the video's picture it begins, px of the video.
    has_file : whether there are pictures; without them skeletons are drawn alone.
    """

    first_frame: int
    width: int
    height: int
    scale_x: float
    scale_y: float
    poster: int = 0
    times_s: list[float] = field(default_factory=list)
    left: float = 0.0
    top: float = 0.0
    has_file: bool = True

    @property
    def times_ms(self) -> list[int]:
        """When each of its frames is shown, from 0."""
        return [round(1000 * (time_s - self.times_s[0])) for time_s in self.times_s]


def choose_actions(actions: Sequence[ActionRow], most: int = MAX_CLIPS) -> list[ActionRow]:
    """The actions that are shown in pictures: test actions first, then those to validate and to train on."""
    order = {split: place for place, split in enumerate(_SPLITS)}
    chosen = sorted(range(len(actions)), key=lambda at: (order[actions[at].split], at))[:most]
    return [actions[at] for at in sorted(chosen)]


def cut_actions(
    actions: Sequence[ActionRow],
    videos: Mapping[str, VideoRow],
    folder: Path,
    reading: VideoReading,
    num_threads: int = 1,
) -> dict[str, Clip]:
    """Cut actions out of their videos, as ``<action>.mp4`` with ``<action>.jpg``; each file is decoded once.

    Parameters
    ----------
    actions : to cut; those whose video has no file are passed over.
    videos : of the dataset, by id.
    folder : of the clips, which is there.
    reading : opens the videos; of one that breaks and that it passes over there are no clips.
    num_threads : files that are worked on at once.

    Returns
    -------
    The clips that are there, by action. An action in whose time its video has no frame has none, and is warned of.

    Raises
    ------
    ValueError
        If the id of an action cannot be the name of a file.
    VideoError
        If a video cannot be used, and ``reading`` refuses it.
    """
    # Two athletes of one file are two videos.
    by_file: dict[str, list[ActionRow]] = defaultdict(list)
    for action in actions:
        check_id(action.action, "action id", "actions.csv")
        if videos[action.video].path:
            by_file[videos[action.video].path].append(action)

    def cut(of_file: list[ActionRow]) -> dict[str, Clip]:
        return _cut_file(of_file, videos[of_file[0].video], folder, reading)

    clips: dict[str, Clip] = {}
    with ThreadPoolExecutor(num_threads) as pool:
        for found in track(pool.map(cut, by_file.values()), "cutting", len(by_file), "video"):
            clips |= found
    wanted = [a for of_file in by_file.values() for a in of_file]
    lacking = [
        f"{a.action}: {a.video} {a.start:g} to {a.end:g} s"
        for a in wanted
        if a.action not in clips and not reading.broken(videos[a.video])
    ]
    if lacking:
        warn(
            f"{len(lacking)} actions have no clip, since their video has no frame in their time:"
            + named(lacking, "log")
        )
    note(f"{len(clips)} clips of {len(by_file)} videos")
    return clips


def _cut_file(
    actions: Sequence[ActionRow], video: VideoRow, folder: Path, reading: VideoReading
) -> dict[str, Clip]:
    """Cut all actions of a file."""
    segments = [Segment(folder / f"{a.action}.mp4", a.start, a.end) for a in actions]
    clips: dict[Path, Clip] = {}
    frames = _reduced(reading.frames(video), segments, clips)
    cut_clips(frames, segments, video.fps, AROUND_S, TIME_SLACK_S, _CRF)
    if reading.broken(video):
        # Where it broke off, a clip has ended too early.
        for segment in segments:
            segment.path.unlink(missing_ok=True)
            segment.path.with_suffix(".jpg").unlink(missing_ok=True)
        return {}
    return {segment.path.stem: clips[segment.path] for segment in segments if segment.path in clips}


def _reduced(
    frames: Iterable[Frame], segments: Sequence[Segment], clips: dict[Path, Clip]
) -> Iterator[Frame]:
    """Frames as clips have them; what they are is gathered in ``clips`` on the way, and posters are written."""
    # The bounds are those of `cut_clips`, which takes the same frames.
    waiting = sorted(segments, key=lambda segment: segment.start_s, reverse=True)
    within: list[Segment] = []
    without_poster: dict[Path, Frame] = {}
    for frame in frames:
        while waiting and frame.time_s >= waiting[-1].start_s - AROUND_S - TIME_SLACK_S:
            within.append(waiting.pop())
        within = [one for one in within if frame.time_s < one.end_s + AROUND_S - TIME_SLACK_S]
        for path in without_poster.keys() - {one.path for one in within}:
            _write_poster(path, without_poster.pop(path), clips[path])
        if within:
            height, width = frame.rgb.shape[:2]
            frame = replace(frame, rgb=_small(frame))
        for segment in within:
            path = segment.path
            if path not in clips:
                size = frame.rgb.shape
                clips[path] = Clip(frame.index, size[1], size[0], size[1] / width, size[0] / height)
                without_poster[path] = frame
            clips[path].times_s.append(frame.time_s)
            if path in without_poster:
                # The one in the middle of the action shows more of it than its first.
                without_poster[path] = frame
                if frame.time_s >= 0.5 * (segment.start_s + segment.end_s):
                    _write_poster(path, without_poster.pop(path), clips[path])
        yield frame
    for path, last in without_poster.items():
        _write_poster(path, last, clips[path])


def _small(frame: Frame) -> cv2.typing.MatLike:
    """Reduced to the width of clips, with even sides."""
    height, width = frame.rgb.shape[:2]
    scale = min(1.0, MAX_WIDTH / width)
    size = (max(2, 2 * round(width * scale / 2)), max(2, 2 * round(height * scale / 2)))
    return cv2.resize(frame.rgb, size, interpolation=cv2.INTER_AREA)


def _write_poster(clip: Path, frame: Frame, known: Clip) -> None:
    known.poster = len(known.times_s) - 1
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR), _JPEG)
    clip.with_suffix(".jpg").write_bytes(encoded.tobytes())

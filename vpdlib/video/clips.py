"""Cutting segments of one video into clips to look at, by time and to the frame.

Frames come decoded, with times in seconds on whichever clock the segments are by (:mod:`vpdlib.video.reader`), and
every segment that wants a frame gets it, also where segments overlap. A clip keeps its frames' distances in time; its
first one is shown at 0. Nothing is held but what the encoders of the clips that are open hold: about 40 pictures each,
however long video and clips are. (:mod:`vpdlib.video.recut` cuts published clips, whose frames are known by number.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from vpdlib.video.reader import Frame
from vpdlib.video.writer import VideoWriter


@dataclass(frozen=True)
class Segment:
    """A part of a video, ``start_s <= t < end_s``, and the MP4 that it is to become."""

    path: Path
    start_s: float
    end_s: float


def cut_clips(
    frames: Iterable[Frame],
    segments: Sequence[Segment],
    fps: float,
    around_s: float = 0.5,
    slack_s: float = 0.0,
    crf: int = 20,
) -> list[int]:
    """Write segments of a video as H.264, without sound, in one pass over its frames.

    A clip has the frames with ``start_s - around_s <= t < end_s + around_s``, both less ``slack_s``. It is there whole
    or not at all. No frame is asked for after the first one that is later than every segment.

    Parameters
    ----------
    frames : of one video and one size, in order.
    segments : in any order; they may overlap, and reach beyond the video, which cuts them off.
    fps : of the video, nominal: how long the last frame of a clip is shown.
    around_s : shown before and after a segment, s.
    slack_s : for the rounding of time stamps, s, as elsewhere (``vpdlib.datasets.base.TIME_SLACK_S``).
    crf : quality of x264, 0 (lossless) to 51.

    Returns
    -------
    Number of frames of each clip, in the order of ``segments``; 0 where the video has none there, and no file is
    written.

    Raises
    ------
    ValueError
        If a segment does not end after it starts, or two have the same path; then nothing is written.
    VideoError
        Or whatever else ``frames`` raise: clips that ended before stay, the others leave nothing behind.
    """
    _check(segments)
    num_frames = [0] * len(segments)
    # The next one to begin is the last of the list.
    waiting = sorted(range(len(segments)), key=lambda at: segments[at].start_s, reverse=True)
    open_clips: dict[int, VideoWriter] = {}
    first_s: dict[int, float] = {}

    def begins(at: int) -> float:
        return segments[at].start_s - around_s - slack_s

    def ends(at: int) -> float:
        return segments[at].end_s + around_s - slack_s

    # Of an error, or where somebody stops the work, it takes back the clips that are not finished.
    with ExitStack() as stack:
        for frame in frames:
            for at in [at for at in open_clips if frame.time_s >= ends(at)]:
                open_clips.pop(at).finish()
            while waiting and frame.time_s >= begins(waiting[-1]):
                at = waiting.pop()
                # It may lie between two frames, or before the first.
                if frame.time_s < ends(at):
                    writer = _writer(segments[at].path, fps, frame, crf)
                    open_clips[at] = stack.enter_context(writer)
                    first_s[at] = frame.time_s
            if not waiting and not open_clips:
                break
            for at, writer in open_clips.items():
                writer.write(frame.rgb, frame.time_s - first_s[at])
                num_frames[at] += 1
        for writer in open_clips.values():
            writer.finish()
    return num_frames


def _writer(path: Path, fps: float, first: Frame, crf: int) -> VideoWriter:
    height, width = first.rgb.shape[:2]
    return VideoWriter(path, fps, width, height, crf, own_times=True, for_players=True)


def _check(segments: Sequence[Segment]) -> None:
    seen: set[Path] = set()
    for segment in segments:
        if not segment.start_s < segment.end_s:
            raise ValueError(
                f"{segment.path}: a segment from {segment.start_s:g} to {segment.end_s:g} s has no length; "
                "its end must be after its start"
            )
        if segment.path in seen:
            raise ValueError(
                f"{segment.path}: two segments are to become this clip; name each its own"
            )
        seen.add(segment.path)

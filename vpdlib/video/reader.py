"""Reading videos, frame after frame.

Frames come as RGB uint8 (H, W, 3), as a player shows them (:mod:`vpdlib.video.picture`), with times in seconds that
strictly increase. Decoding is always sequential: seeking by frame number is slow and, in files with variable frame rate
or damaged indices, wrong. What is damaged is counted in a :class:`DecodeReport`: a packet that cannot be decoded is
skipped, a frame that the decoder patched up is kept, and a time stamp that is missing or wrong is replaced
(:mod:`vpdlib.video.stamps`).

**The clock.** Times are those that a player shows: from the beginning of the file, which is not always that of its
pictures. MP4, Matroska, AVI and FLV have a zero of their own; in streams of broadcasts (MPEG-TS, MPEG-PS), whose stamps
begin anywhere, the earliest stamp is the beginning. Pictures that begin later than the sound, as after a cut without
encoding anew, therefore begin later than 0, and the edit list of an MP4 is followed.
"""

from __future__ import annotations

import heapq
import os
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray

from vpdlib.video.container import (
    DecodeReport,
    decode_pictures,
    open_container,
    video_stream,
)
from vpdlib.video.errors import VideoError, naming
from vpdlib.video.picture import Deinterlace, Filter, Presentation, presentation_of
from vpdlib.video.stamps import StampMender, mend
from vpdlib.video.survey import Survey, counts_chunks, read_stamps, survey, tick_of

__all__ = [
    "Clock",
    "DecodeReport",
    "Deinterlace",
    "Frame",
    "VideoError",
    "VideoInfo",
    "frame_times",
    "probe",
    "read_frames",
]

#: A probe gives up on a file whose first frame has not come after this time.
PROBE_LIMIT_S = 4.0
#: A file whose timeline has its own zero, but whose first stamp is later than this, is a piece of a longer recording
#: that kept its stamps; it begins with them.
LATE_START_S = 5.0
#: Containers without a zero of their own.
_STREAMS = frozenset({"mpegts", "mpeg", "mpegvideo", "m4v", "rtsp", "sdp"})

#: Where time begins: at the file's beginning, as a player shows it, or with the first picture, as frame numbers do.
Clock = Literal["file", "picture"]


@dataclass(frozen=True)
class VideoInfo:
    """What a file holds of pictures.

    ``width`` and ``height`` are those of the shown frames, in px. ``declared_frames`` is the number of pictures that
    are shown and ``duration_s`` the time, on the player's clock, at which the last of them ends: by index or packets,
    never by a header that says otherwise. ``declared_is_estimate`` is set where reading the packets met errors.
    ``rotation`` is the counter-clockwise quarter turn, in degrees (0, 90, 180, 270), that was applied, after flipping
    left to right where ``flipped``; ``angle_degrees`` a clockwise one that is no quarter turn. Stored pixels are
    scaled to ``pixel_aspect`` times their width. ``interlaced`` is what the first picture says of itself. ``origin_s``
    is the container's time at the player's 0.
    """

    path: Path
    width: int
    height: int
    fps: float
    declared_frames: int
    duration_s: float
    rotation: int
    declared_is_estimate: bool = False
    flipped: bool = False
    angle_degrees: float = 0.0
    pixel_aspect: float = 1.0
    interlaced: bool = False
    origin_s: float = 0.0


@dataclass(frozen=True)
class Frame:
    """One decoded frame: number, time in s, RGB uint8 (H, W, 3)."""

    index: int
    time_s: float
    rgb: np.ndarray


def probe(path: str | os.PathLike[str]) -> VideoInfo:
    """Open a video, decode its first frame, and say what it is.

    An MP4 or AVI with a sound index is not read further; other files are read to their end, without decoding.

    Parameters
    ----------
    path : the file.

    Returns
    -------
    Facts of its video stream, the one with the largest pictures of several (cover pictures do not count).

    Raises
    ------
    VideoError
        If the file is missing, unreadable, shorter than its index or header says (half downloaded),
        has no video stream, no frame rate, or no frame that decodes within ``PROBE_LIMIT_S`` seconds.
    """
    return _look(Path(path)).info


@dataclass(frozen=True)
class _Look:
    """A file's facts, how its pictures are shown, stamps of those that cannot be decoded, what index or packets say."""

    info: VideoInfo
    presentation: Presentation
    skipped: frozenset[int]
    survey: Survey


def _look(path: Path) -> _Look:
    with naming(path), open_container(path, PROBE_LIMIT_S) as container:
        stream = video_stream(container, path)
        _refuse_truncated(stream, path)
        first, skipped = _first_picture(container, stream, path)
        presentation = presentation_of(first, stream.sample_aspect_ratio)
        found = survey(container, stream, path, first, skipped)
        if found.stamps_s is not None and len(found.stamps_s):
            first_s = float(mend(found.stamps_s, 1 / found.fps)[0])
            stated_s = float(found.stamps_s[0])
        else:
            first_s = stated_s = float(first.time) if first.time is not None else 0.0
        origin_s = _origin(container, stream, first_s, stated_s, found.fps)
        info = VideoInfo(
            path=path,
            width=presentation.width,
            height=presentation.height,
            fps=found.fps,
            declared_frames=found.num_frames,
            duration_s=found.end_s - origin_s,
            rotation=90 * presentation.quarter_turns,
            declared_is_estimate=found.is_estimate,
            flipped=presentation.flipped,
            angle_degrees=presentation.angle_degrees,
            pixel_aspect=presentation.scaled_width / presentation.stored_width,
            interlaced=bool(first.interlaced_frame),
            origin_s=origin_s,
        )
        return _Look(info, presentation, skipped, found)


def _origin(
    container: av.container.InputContainer,
    stream: av.VideoStream,
    first_s: float,
    stated_s: float,
    fps: float,
) -> float:
    """The container's time at the player's 0, s; never after the first picture.

    ``first_s`` is the time of the first picture, ``stated_s`` what the file says of it, right or wrong.
    """
    starts = [
        float(other.start_time * other.time_base)
        for other in container.streams
        if other.type == "audio" and other.start_time is not None and other.time_base
    ]
    start_s = min([first_s, *starts])
    if str(container.format.name) not in _STREAMS and min(start_s, stated_s) <= LATE_START_S:
        # Without an edit list, reordered pictures begin a few pictures late, though nothing comes before them.
        reordered_s = (stream.codec_context.reorder_depth + 0.5) / fps
        if start_s < first_s or first_s > reordered_s:
            start_s = 0.0
    return min(start_s, first_s)


def read_frames(
    path: str | os.PathLike[str],
    num_threads: int = 1,
    report: DecodeReport | None = None,
    deinterlace: Deinterlace = "auto",
    clock: Clock = "file",
) -> Iterator[Frame]:
    """Decode a video from its first frame to its last.

    Parameters
    ----------
    path : the file.
    num_threads : threads of the decoder.
    report : filled while reading; look at it after the loop.
    deinterlace : ``auto``: frames that are marked as interlaced; ``never``; ``always``: all frames. One comes out for
        each that is stored, at its time.
    clock : ``file``: times are a player's, the first frame may come later than 0; ``picture``: from the first frame.

    Yields
    ------
    Frames in order of presentation.

    Raises
    ------
    VideoError
        As :func:`probe`, when the first frame is asked for; or if the file cannot be read on.
    """
    look = _look(Path(path))
    report = DecodeReport() if report is None else report
    report.declared = look.info.declared_frames
    report.declared_is_estimate = look.info.declared_is_estimate
    report.deinterlaced = deinterlace != "never"
    changed = Filter(look.presentation, deinterlace)
    times: deque[float] = deque()

    def frame(picture: av.VideoFrame) -> Frame:
        with naming(look.info.path):
            rgb = look.presentation.rgb(picture)
        return Frame(index=report.decoded, time_s=times.popleft(), rgb=rgb)

    for time_s, picture in _timed_pictures(look, num_threads, report, clock):
        times.append(time_s)
        report.interlaced += int(picture.interlaced_frame)
        for ready in changed.push(picture):
            yield frame(ready)
            report.decoded += 1
    for ready in changed.flush():
        yield frame(ready)
        report.decoded += 1


def frame_times(
    path: str | os.PathLike[str], clock: Clock = "file", num_threads: int = 1
) -> NDArray[np.float64]:
    """When the pictures of a video are shown: what :func:`read_frames` says, from the packets alone.

    Only a file with missing or wrong time stamps is decoded for it.

    Parameters
    ----------
    path : the file.
    clock : as in :func:`read_frames`.
    num_threads : threads of the decoder, where it is needed.

    Returns
    -------
    (N,) strictly increasing, s; N is the ``declared_frames`` of :func:`probe`.

    Raises
    ------
    VideoError
        As :func:`probe`.
    """
    look = _look(Path(path))
    stamps_s, is_regular = look.survey.stamps_s, look.survey.is_regular
    if stamps_s is None:
        read = read_stamps(look.info.path, look.skipped)
        stamps_s, is_regular = read.stamps_s, read.is_regular
    if not is_regular:
        pictures = _timed_pictures(look, num_threads, DecodeReport(), clock)
        return np.array([time_s for time_s, _ in pictures], np.float64)
    times = mend(stamps_s, 1 / look.info.fps)
    return times - _zero(look.info, float(times[0]), clock)


def _zero(info: VideoInfo, first_s: float, clock: Clock) -> float:
    """The container's time at 0 of a clock."""
    return first_s if clock == "picture" else min(info.origin_s, first_s)


def _timed_pictures(
    look: _Look, num_threads: int, report: DecodeReport, clock: Clock
) -> Iterator[tuple[float, av.VideoFrame]]:
    """Pictures as stored, with their times; the report is that of the pictures yielded so far."""
    info = look.info
    mender = StampMender(1 / info.fps)
    # What is held back for its time; the damage before it is told when its turn comes.
    waiting: deque[tuple[av.VideoFrame, DecodeReport]] = deque()
    zero_s: float | None = None
    size: tuple[int, int] | None = None

    def settled(times: list[float]) -> Iterator[tuple[float, av.VideoFrame]]:
        nonlocal zero_s
        report.nonmonotone = mender.replaced
        for time_s in times:
            if zero_s is None:
                zero_s = _zero(info, time_s, clock)
            picture, so_far = waiting.popleft()
            _take_counts(report, so_far)
            yield time_s - zero_s, picture

    # No time limit here: a slow network disk is no reason to lose frames.
    with naming(info.path), open_container(info.path, None) as container:
        stream = video_stream(container, info.path)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = num_threads
        read = DecodeReport()
        tick = tick_of(stream)
        chunks: list[int] | None = [] if counts_chunks(container, stream) else None

        def note_chunk(packet: av.Packet, taken: bool) -> None:
            if chunks is not None and taken and packet.size and packet.dts is not None:
                heapq.heappush(chunks, packet.dts)

        for picture in decode_pictures(container, stream, read, on_packet=note_chunk):
            read.concealed_frames += int(picture.is_corrupt)
            if size is None:
                size = picture.width, picture.height
            read.resized += int((picture.width, picture.height) != size)
            stamp: float | None = picture.time
            if chunks is not None:
                stamp = float(heapq.heappop(chunks) * tick) if chunks else None
            waiting.append((picture, replace(read)))
            yield from settled(mender.push(stamp))
    yield from settled(mender.flush())
    _take_counts(report, read)


def _take_counts(report: DecodeReport, read: DecodeReport) -> None:
    report.corrupt_packets = read.corrupt_packets
    report.concealed_frames = read.concealed_frames
    report.resized = read.resized


def _refuse_truncated(stream: av.VideoStream, path: Path) -> None:
    # The index at the head of an MP4 tells where its last packet lies, so a download that broke off
    # is known without decoding. Containers whose index comes last do not open, or report no
    # entries.
    entries = stream.index_entries
    if not len(entries):
        return
    last = entries[-1]
    needed, found = last.pos + last.size, path.stat().st_size
    if needed > found:
        raise VideoError(
            f"{path}: is truncated: its index needs {needed} bytes, the file has {found}; "
            "fetch it again or take it out of the list"
        )


def _first_picture(
    container: av.container.InputContainer, stream: av.VideoStream, path: Path
) -> tuple[av.VideoFrame, frozenset[int]]:
    """The first picture that decodes, and the stamps of those before it, which do not."""
    report = DecodeReport()
    deadline = time.monotonic() + PROBE_LIMIT_S
    seen: list[int] = []

    def note_packet(packet: av.Packet, taken: bool) -> None:
        if packet.pts is not None and packet.size and not packet.is_discard:
            seen.append(packet.pts)

    for picture in decode_pictures(container, stream, report, deadline, note_packet):
        if picture.pts is None or counts_chunks(container, stream):
            return picture, frozenset()
        return picture, frozenset(pts for pts in seen if pts < picture.pts)
    raise VideoError(
        f"{path}: no frame could be decoded ({report.corrupt_packets} corrupt packets, "
        f"{stream.frames} frames declared); fetch it again or take it out of the list"
    )

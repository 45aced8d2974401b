"""Reading videos, frame after frame.

Frames come as RGB uint8 (H, W, 3), turned upright by the rotation the file asks for, with time
stamps in seconds that start at 0 and strictly increase. Decoding is always sequential: seeking by
frame number is slow and, in files with variable frame rate or damaged indices, wrong. What is
damaged is counted in a :class:`DecodeReport`: a packet that cannot be decoded is skipped, a frame
that the decoder patched up is kept, and a time stamp that is missing or does not increase is
replaced by the previous one plus 1/fps.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition

#: A probe gives up on a file whose first frame has not come after this time.
PROBE_LIMIT_S = 4.0
#: Reading gives up after this many errors of the container in a row.
MAX_CONTAINER_ERRORS = 16
#: A file whose packets end this much before the end that its header states has lost its end.
#: Headers of live recordings, filled in afterwards, are off by less.
TRUNCATION_SLACK_S = 1.0


class VideoError(ValueError):
    """A video cannot be used; the message names the file and the reason."""


@dataclass(frozen=True)
class VideoInfo:
    """What a file says about its video stream.

    ``width`` and ``height`` are those of the upright frames, in px. ``declared_frames`` is the video
    stream's count and ``duration_s`` its length; what it does not state (Matroska, WebM) comes from
    its packets, never from the container, whose length may be that of a longer sound track.
    ``declared_is_estimate`` is set where reading the packets met errors, or they are of single fields.
    ``rotation`` is the counter-clockwise quarter turn, in degrees (0, 90, 180, 270), that was applied.
    """

    path: Path
    width: int
    height: int
    fps: float
    declared_frames: int
    duration_s: float
    rotation: int
    declared_is_estimate: bool = False


@dataclass(frozen=True)
class Frame:
    """One decoded frame: number, time in s since the first frame, RGB uint8 (H, W, 3)."""

    index: int
    time_s: float
    rgb: np.ndarray


@dataclass
class DecodeReport:
    """What happened while a video was read; complete once the iteration has ended.

    Attributes
    ----------
    decoded : frames that were handed out.
    declared : frames the file declares or, where it declares none, holds packets for.
    declared_is_estimate : the packets do not say for sure.
    corrupt_packets : packets (or reads of the container) that failed and were skipped.
    concealed_frames : frames the decoder marked as corrupt but answered; they are kept.
    nonmonotone : time stamps that were missing or did not increase and were replaced.
    resized : frames whose size differed from the first one's and were resized to it.
    """

    decoded: int = 0
    declared: int = 0
    declared_is_estimate: bool = False
    corrupt_packets: int = 0
    concealed_frames: int = 0
    nonmonotone: int = 0
    resized: int = 0

    @property
    def flags(self) -> tuple[str, ...]:
        """Short texts on everything that was not as it should be; empty for a sound video."""
        found = []
        slack = max(2, round(0.01 * self.declared)) if self.declared_is_estimate else 0
        if self.declared and abs(self.decoded - self.declared) > slack:
            found.append(f"decoded {self.decoded} of {self.declared} declared frames")
        for count, text in (
            (self.corrupt_packets, "corrupt packets skipped"),
            (self.concealed_frames, "damaged frames kept"),
            (self.nonmonotone, "time stamps replaced"),
            (self.resized, "frames resized"),
        ):
            if count:
                found.append(f"{count} {text}")
        return tuple(found)


def probe(path: str | os.PathLike[str]) -> VideoInfo:
    """Open a video, decode its first frame, and say what it is.

    A file whose video stream states no count of frames or no duration (Matroska, WebM) is read to its
    end, without decoding, to find them.

    Parameters
    ----------
    path : the file.

    Returns
    -------
    Facts of its first video stream (cover pictures do not count).

    Raises
    ------
    VideoError
        If the file is missing, unreadable, shorter than its index or header says (half downloaded),
        has no video stream, no frame rate, or no frame that decodes within ``PROBE_LIMIT_S`` seconds.
    """
    path = Path(path)
    with _open(path, PROBE_LIMIT_S) as container:
        stream = _video_stream(container, path)
        _refuse_truncated(stream, path)
        fps = _frame_rate(stream, path)
        first = _first_frame(container, stream, path)
        turns = _quarter_turns(first)
        declared, estimate = stream.frames, False
        duration_s = 0.0
        if stream.duration and stream.time_base:
            duration_s = float(stream.duration * stream.time_base)
        if not declared or not duration_s:
            found = _survey(path, fps)
            if not duration_s:
                _refuse_broken_off(container, found, path)
            duration_s = duration_s or found.duration_s
            if not declared:
                declared, estimate = _frames_of_packets(found, fps)
        width, height = first.width, first.height
        return VideoInfo(
            path=path,
            width=height if turns % 2 else width,
            height=width if turns % 2 else height,
            fps=fps,
            declared_frames=declared,
            duration_s=duration_s,
            rotation=90 * turns,
            declared_is_estimate=estimate,
        )


def read_frames(
    path: str | os.PathLike[str], num_threads: int = 1, report: DecodeReport | None = None
) -> Iterator[Frame]:
    """Decode a video from its first frame to its last.

    Parameters
    ----------
    path : the file.
    num_threads : threads of the decoder.
    report : filled while reading; look at it after the loop.

    Yields
    ------
    Frames in order of presentation.

    Raises
    ------
    VideoError
        As :func:`probe`, when the first frame is asked for.
    """
    info = probe(path)
    report = DecodeReport() if report is None else report
    report.declared, report.declared_is_estimate = info.declared_frames, info.declared_is_estimate
    size: tuple[int, int] | None = None
    origin_s: float | None = None
    last_s = -1.0
    # No time limit here: a slow network disk is no reason to lose frames.
    with _open(info.path, None) as container:
        stream = _video_stream(container, info.path)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = num_threads
        for picture in _decode(container, stream, report):
            report.concealed_frames += int(picture.is_corrupt)
            if size is None:
                size = picture.width, picture.height
            elif (picture.width, picture.height) != size:
                report.resized += 1
            stamp = picture.time
            if origin_s is None:
                origin_s = stamp if stamp is not None else 0.0
                report.nonmonotone += int(stamp is None)
                time_s = 0.0
            elif stamp is not None and stamp - origin_s > last_s:
                time_s = stamp - origin_s
            else:
                report.nonmonotone += 1
                time_s = last_s + 1 / info.fps
            rgb = picture.to_ndarray(format="rgb24", width=size[0], height=size[1])
            rgb = np.ascontiguousarray(np.rot90(rgb, info.rotation // 90))
            yield Frame(index=report.decoded, time_s=time_s, rgb=rgb)
            last_s = time_s
            report.decoded += 1


def previous_frame_index(time_s: np.ndarray, step_s: float = 1 / 25) -> np.ndarray:
    """Find for every frame the one that counts as its previous frame.

    It is the frame whose time is nearest to ``step_s`` earlier, always strictly earlier than the
    frame itself: round(fps / 25) frames back at constant rate (specification section 3).

    Parameters
    ----------
    time_s : (N,) strictly increasing times in s.
    step_s : the time step in s.

    Returns
    -------
    int32 (N,) frame numbers; -1 for the first frame.

    Raises
    ------
    ValueError
        If the times do not strictly increase or the step is not positive.
    """
    time_s = np.asarray(time_s, dtype=np.float64)
    if step_s <= 0:
        raise ValueError(f"previous_frame_index: step_s must be positive, not {step_s}")
    if (np.diff(time_s) <= 0).any():
        at = int(np.argmax(np.diff(time_s) <= 0)) + 1
        raise ValueError(f"previous_frame_index: time does not increase at frame {at}")
    wanted = time_s - step_s
    after = np.searchsorted(time_s, wanted)
    before = np.clip(after - 1, 0, None)
    after = np.minimum(after, len(time_s) - 1)
    nearest = np.where(wanted - time_s[before] < time_s[after] - wanted, before, after)
    return np.minimum(nearest, np.arange(len(time_s)) - 1).astype(np.int32)


def _open(path: Path, limit_s: float | None) -> av.container.InputContainer:
    if not path.is_file():
        raise VideoError(f"{path}: no such file")
    try:
        return av.open(str(path), timeout=limit_s)
    except (av.FFmpegError, OSError) as error:
        raise VideoError(
            f"{path}: cannot be opened as a video ({error.strerror}); it may be damaged or only "
            "partly downloaded: fetch it again or take it out of the list"
        ) from error


def _video_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    kinds = ", ".join(sorted({str(stream.type) for stream in container.streams})) or "nothing"
    raise VideoError(f"{path}: has no video stream (it holds {kinds})")


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


@dataclass(frozen=True)
class _Survey:
    """What the packets of a file tell.

    ``num_frames`` and ``duration_s`` (first frame to the end of the last) are the video stream's;
    ``end_s`` is where the last packet of any stream ends; ``num_errors`` counts failed reads.
    """

    num_frames: int
    duration_s: float
    end_s: float
    num_errors: int


def _survey(path: Path, fps: float) -> _Survey:
    """Read all packets of a file without decoding them."""
    report = DecodeReport()
    num_frames = 0
    first_s, last_s, end_s = math.inf, -math.inf, -math.inf
    # No time limit: a long file on a slow disk takes its time.
    with _open(path, None) as container:
        video = _video_stream(container, path)
        for packet in _packets(container, report):
            if packet.size == 0 or packet.is_discard:
                continue
            shown = packet.stream_index == video.index and not _is_hidden(packet, video)
            num_frames += int(shown)
            if packet.pts is None or packet.time_base is None:
                continue
            start_s = float(packet.pts * packet.time_base)
            length_s = float((packet.duration or 0) * packet.time_base)
            end_s = max(end_s, start_s + length_s)
            if shown:
                first_s = min(first_s, start_s)
                last_s = max(last_s, start_s + (length_s or 1 / fps))
    known = last_s > first_s
    return _Survey(
        num_frames=num_frames,
        duration_s=last_s - first_s if known else num_frames / fps,
        end_s=max(end_s, last_s),
        num_errors=report.corrupt_packets,
    )


def _frames_of_packets(found: _Survey, fps: float) -> tuple[int, bool]:
    """How many frames the packets are, and whether that is an estimate."""
    by_time = round(found.duration_s * fps)
    if found.num_frames > 1.5 * by_time + 1:
        # Interlaced broadcasts may have a packet for each of a frame's two fields.
        return by_time, True
    return found.num_frames, found.num_errors > 0


def _is_hidden(packet: av.Packet, stream: av.VideoStream) -> bool:
    """Whether a packet is one of VP8's that only serve for reference; other codecs have none."""
    # RFC 6386, section 9.1: bit 4 of a frame is show_frame.
    return stream.codec_context.name == "vp8" and not memoryview(packet)[0] & 0x10


def _refuse_broken_off(container: av.container.InputContainer, found: _Survey, path: Path) -> None:
    # What states no length of its streams states that of the longest of them.
    stated_s = (container.duration or 0) / 1e6
    if math.isfinite(found.end_s) and found.end_s < stated_s - TRUNCATION_SLACK_S:
        raise VideoError(
            f"{path}: is truncated: its header states {stated_s:g} s, its packets end after "
            f"{found.end_s:g} s; fetch it again or take it out of the list, or, if nothing is "
            "missing, have the header written anew (ffmpeg -i old.mkv -c copy new.mkv)"
        )


def _frame_rate(stream: av.VideoStream, path: Path) -> float:
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0 < rate <= 1000:
            return float(rate)
    raise VideoError(f"{path}: states no usable frame rate; re-encode it with one")


def _first_frame(
    container: av.container.InputContainer, stream: av.VideoStream, path: Path
) -> av.VideoFrame:
    report = DecodeReport()
    deadline = time.monotonic() + PROBE_LIMIT_S
    for frame in _decode(container, stream, report, deadline):
        return frame
    raise VideoError(
        f"{path}: no frame could be decoded ({report.corrupt_packets} corrupt packets, "
        f"{stream.frames} frames declared); fetch it again or take it out of the list"
    )


def _decode(
    container: av.container.InputContainer,
    stream: av.VideoStream,
    report: DecodeReport,
    deadline: float | None = None,
) -> Iterator[av.VideoFrame]:
    """Decode packet by packet, so that a corrupt one costs itself and not the rest of the file."""
    for packet in _packets(container, report, stream):
        if deadline is not None and time.monotonic() > deadline:
            return
        try:
            frames = packet.decode()
        except (av.FFmpegError, OSError):
            report.corrupt_packets += 1
            continue
        for frame in frames:
            assert isinstance(frame, av.VideoFrame)
            yield frame


def _packets(
    container: av.container.InputContainer, report: DecodeReport, *streams: av.VideoStream
) -> Iterator[av.Packet]:
    """The packets of some streams, or of all; a read that fails is counted and tried again."""
    for _ in range(MAX_CONTAINER_ERRORS):
        try:
            # Demuxing ends with an empty packet that flushes the decoder.
            yield from container.demux(*streams)
            return
        except (av.FFmpegError, OSError):
            report.corrupt_packets += 1


def _quarter_turns(frame: av.VideoFrame) -> int:
    return round(frame.rotation / 90) % 4

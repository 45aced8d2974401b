"""What a video file holds, told without decoding it: how many pictures are shown, when, and how many a second.

The index of an MP4 or AVI file tells it; of others every packet is read. Times are seconds on the container's own
clock; what a header states of counts and lengths is not believed.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from vpdlib.video.container import DecodeReport, open_container, packets_of, video_stream
from vpdlib.video.errors import VideoError, naming
from vpdlib.video.fields import FieldReader
from vpdlib.video.stamps import MAX_STRAY, choose_rate, go_on, mend

#: A file whose packets end this much before the end that its header states has lost its end.
#: Headers of live recordings, filled in afterwards, are off by less.
TRUNCATION_SLACK_S = 1.0
#: What DivX and Xvid say of themselves, with a p at its end where pictures are packed, and where it stands.
_PACKED = re.compile(rb"\x00\x00\x01\xb2DivX[0-9]+(?:b|Build)[0-9]+p")
_HEAD_BYTES = 4096
#: A picture is decoded at most so many places before it is shown (H.264, H.265).
MAX_REORDER = 16


@dataclass(frozen=True)
class Survey:
    """What index or packets tell of a video's pictures.

    Attributes
    ----------
    num_frames : pictures that are shown; ``is_estimate`` where they do not say for sure.
    fps : pictures a second.
    end_s : when the last shown picture ends.
    stamps_s : (M,) when pictures are shown, increasing, without stamps that are wrong for certain; None where
        the index told.
    is_regular : these are the stamps of all pictures, M is N.
    """

    num_frames: int
    is_estimate: bool
    fps: float
    end_s: float
    stamps_s: NDArray[np.float64] | None = None
    is_regular: bool = True


def counts_chunks(container: av.container.InputContainer, stream: av.VideoStream) -> bool:
    """Whether a stream has no stamps of presentation, but the numbers of its chunks, which come at a constant rate.

    AVI has none, and FFmpeg cannot make them up for H.264, whose pictures are reordered by more than one, nor for
    MPEG-4 of which two pictures share a chunk.
    """
    if str(container.format.name) != "avi":
        return False
    codec = stream.codec_context
    return codec.name in ("h264", "hevc") or (
        codec.name == "mpeg4" and codec.reorder_depth > 0 and _is_packed(Path(container.name))
    )


def _is_packed(path: Path) -> bool:
    """Whether MPEG-4 was packed by DivX or Xvid, as they write into the first chunk."""
    with naming(path), open_container(path, None) as container:
        stream = video_stream(container, path)
        for packet in packets_of(container, DecodeReport(), stream):
            if packet.size:
                return _PACKED.search(bytes(memoryview(packet)[:_HEAD_BYTES])) is not None
    return False


def survey(
    container: av.container.InputContainer,
    stream: av.VideoStream,
    path: Path,
    first: av.VideoFrame,
    skipped: Collection[int],
) -> Survey:
    """Find out what a video holds.

    Parameters
    ----------
    container, stream : of the file.
    path : the file; it is opened anew where its packets have to be read.
    first : the first picture that was decoded.
    skipped : stamps of pictures before that one, which cannot be decoded.

    Raises
    ------
    VideoError
        If the file ends before its header says so, or no rate can be told.
    """
    # The fields of a picture may have an entry each.
    if not (first.interlaced_frame and _is_h264(stream)):
        found = _from_index(container, stream, path, len(skipped))
        if found is not None:
            return found
    return _from_packets(container, stream, path, skipped)


def _rate(stream: av.VideoStream, stamps_s: NDArray[np.float64], path: Path) -> float:
    stated = stream.average_rate, stream.guessed_rate, stream.base_rate
    fps = choose_rate(stated, stamps_s, tick_of(stream))
    if fps is None or not 0 < fps <= 1000:
        raise VideoError(f"{path}: states no usable frame rate; re-encode it with one")
    return fps


def tick_of(stream: av.VideoStream) -> Fraction:
    """The unit of a stream's stamps, s."""
    return Fraction(stream.time_base or Fraction(1, 1000))


def _from_index(
    container: av.container.InputContainer, stream: av.VideoStream, path: Path, num_skipped: int
) -> Survey | None:
    """From an index that tells all; None where it does not (fragments, no index at the end)."""
    entries = stream.index_entries
    if not len(entries) or len(entries) != stream.frames:
        return None
    tick = tick_of(stream)
    kind = str(container.format.name)
    if kind == "avi" and not stream.codec_context.reorder_depth:
        # An empty chunk shows the picture before it for longer.
        shown = np.array([entry.timestamp for entry in entries if entry.size], np.float64)
        end = entries[-1].timestamp + 1
    elif "mp4" in kind:
        # Entries that an edit leaves out are decoded and not shown. Their stamps are of decoding, so that the end is
        # read from the last packets.
        shown = np.array([entry.timestamp for entry in entries if not entry.is_discard], np.float64)
        end = _end_of_last(container, stream, entries[-1].timestamp)
    else:
        return None
    if not len(shown) or shown.max() >= end:
        return None
    fps = _rate(stream, np.sort(shown) * float(tick), path)
    return Survey(len(shown) - num_skipped, False, fps, float(end * tick))


def _end_of_last(
    container: av.container.InputContainer, stream: av.VideoStream, last_dts: int
) -> int:
    """When the last picture ends, in ticks, by the packets from the last key frame on; far below 0 without any."""
    container.seek(last_dts, stream=stream)
    report = DecodeReport()
    shown = [
        (packet.pts, packet.duration or 0)
        for packet in packets_of(container, report, stream)
        if packet.size and not packet.is_discard and packet.pts is not None
    ]
    return sum(max(shown)) if shown and not report.corrupt_packets else -(1 << 62)


def _from_packets(
    container: av.container.InputContainer,
    stream: av.VideoStream,
    path: Path,
    skipped: Collection[int],
) -> Survey:
    read = read_stamps(path, skipped)
    fps = _rate(stream, read.stamps_s, path)
    if not len(read.stamps_s):
        # No stamps at all: a constant rate.
        return Survey(read.num_frames, True, fps, read.num_frames / fps, read.stamps_s, False)
    last_s = float(mend(read.stamps_s, 1 / fps)[-1])
    length_s = read.last_length_s if last_s == read.stamps_s[-1] else 0.0
    # Lengths are rounded, or missing.
    if length_s < 0.5 / fps or abs(length_s - 1 / fps) < 1.5e-3:
        length_s = 1 / fps
    end_s = last_s + length_s
    if not stream.duration:
        _refuse_broken_off(container, max(read.end_s, end_s), path)
    return Survey(read.num_frames, read.num_errors > 0, fps, end_s, read.stamps_s, read.is_regular)


@dataclass(frozen=True)
class Stamps:
    """What the packets of a file tell.

    Attributes
    ----------
    num_frames : pictures that are shown.
    stamps_s : (M,) increasing stamps, without those that are wrong for certain; a clock that is set anew goes on.
    is_regular : these are the stamps of all pictures, M is ``num_frames``.
    last_length_s : how long the last picture is shown; 0 where it is not stated.
    end_s : where the last packet of any stream ends.
    num_errors : failed reads.
    """

    num_frames: int
    stamps_s: NDArray[np.float64]
    is_regular: bool
    last_length_s: float
    end_s: float
    num_errors: int


def read_stamps(path: Path, skipped: Collection[int]) -> Stamps:
    """Read all packets of a file, without decoding them.

    Parameters
    ----------
    path : the file.
    skipped : stamps of pictures that cannot be decoded.
    """
    report = DecodeReport()
    pts: list[int | None] = []
    lengths: dict[int, int] = {}
    end_s = -math.inf
    # No time limit: a long file on a slow disk takes its time.
    with naming(path), open_container(path, None) as container:
        video = video_stream(container, path)
        by_chunk = counts_chunks(container, video)
        tick = tick_of(video)
        fields = FieldReader(video.codec_context.extradata) if _is_h264(video) else None
        for packet in packets_of(container, report):
            if packet.size == 0 or packet.is_discard:
                continue
            stamp = packet.dts if by_chunk else packet.pts
            if packet.pts is not None and packet.time_base is not None:
                end_s = max(end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
            if packet.stream_index != video.index or _is_hidden(packet, video):
                continue
            if fields is not None and fields.is_second(packet):
                # Both last as long as one picture, of which their packets may say half.
                lengths.clear()
                continue
            if stamp is not None:
                if not by_chunk and stamp in skipped:
                    continue
                lengths[stamp] = packet.duration or 0
            pts.append(stamp)
        reorder = video.codec_context.reorder_depth
    known = np.array([stamp for stamp in pts if stamp is not None], np.int64)
    runs = [np.unique(_in_place(run, reorder)) for run in _runs(known)]
    stamps_s = go_on([run.astype(np.float64) * float(tick) for run in runs])
    return Stamps(
        num_frames=len(pts),
        stamps_s=stamps_s,
        is_regular=len(stamps_s) == len(pts),
        last_length_s=float(lengths.get(int(runs[-1][-1]), 0) * tick) if len(stamps_s) else 0.0,
        end_s=end_s,
        num_errors=report.corrupt_packets,
    )


def _runs(pts: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The stamps, in the order of decoding, parted where the clock was set anew, as between recordings joined."""
    if len(pts) < 2:
        return [pts]
    width = MAX_REORDER + 1
    ends = np.iinfo(np.int64)
    before = np.concatenate([np.full(width, ends.max), pts[:-1]])
    after = np.concatenate([pts[1:], np.full(width, ends.min)])
    lowest = sliding_window_view(before, width).min(axis=1)[1:]
    highest = sliding_window_view(after, width).max(axis=1)[: len(pts) - 1]
    begins = np.flatnonzero(highest < lowest) + 1
    # A few pictures at either end are stamped wrongly.
    return np.split(pts, begins[(begins > MAX_STRAY) & (begins < len(pts) - MAX_STRAY)])


def _in_place(pts: NDArray[np.int64], reorder: int) -> NDArray[np.int64]:
    """The stamps, in the order of decoding, that fit the order of presentation; the others are wrong.

    A picture is shown at most ``reorder`` places after it was decoded; without reordering, in its place.
    """
    if not reorder:
        return pts[_longest_increasing(pts)]
    # One that is far too late moves all after it by a place, so those go first.
    for limit in (MAX_REORDER, len(pts)):
        while len(pts):
            rank = np.empty(len(pts), np.int64)
            rank[np.argsort(pts, kind="stable")] = np.arange(len(pts))
            ahead = rank - np.arange(len(pts))
            fits = ahead <= limit if limit == MAX_REORDER else ahead >= -MAX_REORDER
            if fits.all():
                break
            pts = pts[fits]
    return pts


def _longest_increasing(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indices of the longest strictly increasing run."""
    if (np.diff(values) > 0).all():
        return np.arange(len(values))
    ends: list[int] = []
    indices: list[int] = []
    before = np.full(len(values), -1, np.int64)
    for place, value in enumerate(values.tolist()):
        at = bisect_left(ends, value)
        before[place] = indices[at - 1] if at else -1
        ends[at : at + 1] = [value]
        indices[at : at + 1] = [place]
    run = []
    place = indices[-1] if indices else -1
    while place >= 0:
        run.append(place)
        place = int(before[place])
    return np.array(run[::-1], np.int64)


def _is_h264(stream: av.VideoStream) -> bool:
    return stream.codec_context.name == "h264"


def _is_hidden(packet: av.Packet, stream: av.VideoStream) -> bool:
    """Whether a packet is one of VP8's that only serve for reference; other codecs have none."""
    # RFC 6386, section 9.1: bit 4 of a frame is show_frame.
    return stream.codec_context.name == "vp8" and not memoryview(packet)[0] & 0x10


def _refuse_broken_off(container: av.container.InputContainer, end_s: float, path: Path) -> None:
    # What states no length of its streams states that of the longest of them.
    stated_s = (container.duration or 0) / 1e6
    if math.isfinite(end_s) and end_s < stated_s - TRUNCATION_SLACK_S:
        raise VideoError(
            f"{path}: is truncated: its header states {stated_s:g} s, its packets end after "
            f"{end_s:g} s; fetch it again or take it out of the list, or, if nothing is "
            "missing, have the header written anew (ffmpeg -i old.mkv -c copy new.mkv)"
        )

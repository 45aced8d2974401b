"""Opening containers, reading and decoding their packets, each error counted and none passed on unnamed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.stream import Disposition

from vpdlib.video.errors import FOREIGN_ERRORS, VideoError, naming
from vpdlib.video.links import link_to_nothing

#: Reading gives up after this many errors of the container in a row.
MAX_CONTAINER_ERRORS = 16
#: A picture of more pixels (16384 x 8704, the largest of H.265) is a slip of a damaged header.
MAX_PIXELS = 16384 * 8704
#: FFmpeg's names for pictures without a container, to which it gives 25 a second whatever they were taken at.
_WITHOUT_TIMES = frozenset({"h261", "h263", "h264", "hevc", "vvc", "mjpeg", "obu", "dirac", "vc1"})


@dataclass
class DecodeReport:
    """What happened while a video was read; complete once the iteration has ended.

    Attributes
    ----------
    decoded : frames that were handed out.
    declared : pictures that the file shows, by its index or packets.
    declared_is_estimate : they do not say for sure.
    corrupt_packets : packets (or reads of the container) that failed and were skipped.
    concealed_frames : frames the decoder marked as corrupt but answered; they are kept.
    nonmonotone : time stamps that were missing or wrong and were replaced.
    resized : frames whose size differed from the first one's and were resized to it.
    interlaced : frames that are marked as interlaced.
    deinterlaced : whether those were deinterlaced.
    """

    decoded: int = 0
    declared: int = 0
    declared_is_estimate: bool = False
    corrupt_packets: int = 0
    concealed_frames: int = 0
    nonmonotone: int = 0
    resized: int = 0
    interlaced: int = 0
    deinterlaced: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """Short texts on everything that was not as it should be; empty for a sound progressive video."""
        found = []
        slack = max(2, round(0.01 * self.declared)) if self.declared_is_estimate else 0
        if self.declared and abs(self.decoded - self.declared) > slack:
            found.append(f"decoded {self.decoded} of {self.declared} declared frames")
        for count, text in (
            (self.corrupt_packets, "corrupt packets skipped"),
            (self.concealed_frames, "damaged frames kept"),
            (self.nonmonotone, "time stamps replaced"),
            (self.resized, "frames resized"),
            (
                self.interlaced,
                f"interlaced frames{'' if self.deinterlaced else ' not'} deinterlaced",
            ),
        ):
            if count:
                found.append(f"{count} {text}")
        return tuple(found)


def open_container(path: Path, limit_s: float | None) -> av.container.InputContainer:
    """Open a video file.

    Parameters
    ----------
    path : the file.
    limit_s : seconds after which a read that does not answer fails; None for no limit.

    Raises
    ------
    VideoError
        If it is missing, a link to nothing or no container.
    """
    nowhere = link_to_nothing(path)
    if nowhere:
        raise VideoError(nowhere)
    if not path.is_file():
        raise VideoError(f"{path}: no such file")
    with naming(path, "cannot be opened as a video"):
        # Titles may be in any encoding; nothing here reads them. A playlist must not lead to other places.
        return av.open(
            str(path),
            timeout=limit_s,
            metadata_errors="replace",
            container_options={"protocol_whitelist": "file"},
        )


def video_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    """The video stream with the largest pictures, the first of equals; cover pictures do not count.

    Raises
    ------
    VideoError
        If there is none, its pictures are of an absurd size, or the file states no times.
    """
    kind = str(container.format.name)
    if kind in _WITHOUT_TIMES or kind.endswith("_pipe"):
        raise VideoError(
            f"{path}: is a bare stream of pictures ({kind}), which says neither times nor rate; put it into a "
            "container at the rate of the camera, as in: ffmpeg -r 50 -i old.mp4 -c copy new.mp4"
        )
    found: list[tuple[int, av.VideoStream]] = []
    for stream in container.streams.video:
        if stream.disposition & Disposition.attached_pic:
            continue
        if stream.codec_context is None:
            raise VideoError(f"{path}: its pictures are in a format that FFmpeg does not decode")
        width, height = stream.codec_context.width, stream.codec_context.height
        if width * height > MAX_PIXELS:
            raise VideoError(
                f"{path}: its header states pictures of {width} x {height} px, which no camera makes; it is "
                "damaged: fetch it again or take it out of the list"
            )
        found.append((width * height, stream))
    if found:
        # Cameras put a small preview beside the recording.
        return max(found, key=lambda one: one[0])[1]
    kinds = ", ".join(sorted({str(stream.type) for stream in container.streams})) or "nothing"
    raise VideoError(f"{path}: has no video stream (it holds {kinds})")


def packets_of(
    container: av.container.InputContainer, report: DecodeReport, *streams: av.VideoStream
) -> Iterator[av.Packet]:
    """The packets of some streams, or of all; a read that fails is counted and tried again."""
    for _ in range(MAX_CONTAINER_ERRORS):
        try:
            # Demuxing ends with an empty packet that flushes the decoder.
            yield from container.demux(*streams)
            return
        except FOREIGN_ERRORS:
            report.corrupt_packets += 1


def decode_pictures(
    container: av.container.InputContainer,
    stream: av.VideoStream,
    report: DecodeReport,
    deadline: float | None = None,
    on_packet: Callable[[av.Packet, bool], None] | None = None,
) -> Iterator[av.VideoFrame]:
    """Decode packet by packet, so that a corrupt one costs itself and not the rest of the file.

    Parameters
    ----------
    report : counts what fails.
    deadline : value of ``time.monotonic`` at which to give up.
    on_packet : told of every packet, and whether it was taken, before its pictures are yielded.
    """
    for packet in packets_of(container, report, stream):
        if deadline is not None and time.monotonic() > deadline:
            return
        try:
            pictures = packet.decode()
        except FOREIGN_ERRORS:
            report.corrupt_packets += 1
            pictures = None
        if on_packet is not None:
            on_packet(packet, pictures is not None)
        for picture in pictures or ():
            assert isinstance(picture, av.VideoFrame)
            yield picture

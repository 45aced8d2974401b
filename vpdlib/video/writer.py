"""Writing H.264 videos.

Frames are RGB uint8 (H, W, 3). The file is written under a temporary name beside the target and
moved there when it is complete, so a killed job leaves nothing at the final path. H.264 in yuv420p,
which every browser plays, needs even sides: an odd width or height is padded by repeating the last
column or row, so the video is one pixel larger there. The colours are coded by the matrix of BT.601, which is said in
the file only where asked for: players take that of BT.709 for large pictures that do not say.
"""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from vpdlib.atomic import discard, put_in_place, temporary_beside

#: What times of frames are rounded to, s: that of broadcasts.
_OWN_TICK = Fraction(1, 90000)
#: FFmpeg's numbers of the matrix of BT.601, by which RGB is coded here, and of its range of 16 to 235.
_BT601, _LIMITED = 6, 1
#: Endings that are not the name of their own container.
_FORMATS = {"mkv": "matroska", "mpg": "mpeg", "ts": "mpegts"}


class VideoWriter:
    """Context manager that writes frames to an H.264 file.

    Leaving the ``with`` block normally puts the file at ``path``; leaving it by an exception
    removes what was written and leaves ``path`` as it was.

    Parameters
    ----------
    path : target; the ending (``.mp4``, ``.mkv``, ...) chooses the container. Folders are created.
    fps : frames per second.
    width, height : size of the frames given to :meth:`write`, px; odd sizes are padded by one
        pixel.
    crf : quality of x264, 0 (lossless) to 51.
    own_times : every frame comes with its time; else they come at the constant rate.
    for_players : say how colours are coded and, in MP4, put the index at the head, so that a browser shows the
        colours that were given and begins before it has the whole file.

    Raises
    ------
    ValueError
        If a size, the rate or the quality makes no sense, or if no frame was written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        fps: float,
        width: int,
        height: int,
        crf: int = 20,
        own_times: bool = False,
        for_players: bool = False,
    ) -> None:
        if width < 1 or height < 1:
            raise ValueError(f"{path}: a video needs a positive size, not {width} x {height}")
        if not 0 < fps <= 1000:
            raise ValueError(f"{path}: frames per second must be in (0, 1000], not {fps}")
        if not 0 <= crf <= 51:
            raise ValueError(f"{path}: crf must be in 0..51, not {crf}")
        self.path = Path(path)
        self.fps = Fraction(fps).limit_denominator(1001)
        self.width, self.height = int(width), int(height)
        self.crf = int(crf)
        self._tick = _OWN_TICK if own_times else None
        self._for_players = for_players
        self._last_pts = -1
        self.num_frames = 0
        self._container: av.container.OutputContainer | None = None
        self._stream: av.VideoStream | None = None

    def __enter__(self) -> VideoWriter:
        ending = self.path.suffix.lower().removeprefix(".")
        self._temporary = temporary_beside(self.path)
        container_format = _FORMATS.get(ending, ending)
        # With it FFmpeg copies the file once more, within itself, when all is written.
        at_head = (
            {"movflags": "faststart"} if self._for_players and container_format == "mp4" else {}
        )
        self._container = av.open(
            str(self._temporary), "w", format=container_format, options=at_head
        )
        stream = self._container.add_stream("libx264", rate=self.fps)
        assert isinstance(stream, av.VideoStream)
        stream.width = self.width + self.width % 2
        stream.height = self.height + self.height % 2
        stream.pix_fmt = "yuv420p"
        # One thread: jobs share cores, and x264's output then does not depend on the machine.
        # Without macroblock trees x264 repeats itself to the byte; with them it does not, even on one thread.
        stream.options = {
            "crf": str(self.crf),
            "preset": "veryfast",
            "threads": "1",
            "x264-params": "mbtree=0",
        }
        if self._tick is not None:
            stream.codec_context.time_base = self._tick
        if self._for_players:
            stream.codec_context.colorspace = _BT601
            stream.codec_context.color_range = _LIMITED
        self._stream = stream
        return self

    def write(self, rgb: np.ndarray, time_s: float | None = None) -> None:
        """Append one frame.

        Parameters
        ----------
        rgb : (height, width, 3) uint8.
        time_s : when it is shown, s; given where, and only where, frames have times of their own.

        Raises
        ------
        ValueError
            If shape or dtype differ from what the writer was opened for, it is not open, or the time is missing, is
            superfluous, or does not increase.
        """
        if self._container is None or self._stream is None:
            raise ValueError(f"{self.path}: the writer is not open; use it in a `with` block")
        if rgb.shape != (self.height, self.width, 3) or rgb.dtype != np.uint8:
            raise ValueError(
                f"{self.path}: frame {self.num_frames} is {rgb.dtype} {rgb.shape}, "
                f"expected uint8 {(self.height, self.width, 3)}"
            )
        if self.height % 2 or self.width % 2:
            rgb = np.pad(rgb, ((0, self.height % 2), (0, self.width % 2), (0, 0)), mode="edge")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        frame.pts, frame.time_base = self._stamp(time_s)
        for packet in self._stream.encode(frame):
            self._container.mux(packet)
        self.num_frames += 1

    def _stamp(self, time_s: float | None) -> tuple[int, Fraction]:
        if self._tick is None:
            if time_s is not None:
                raise ValueError(f"{self.path}: frames come at a constant rate here, without times")
            return self.num_frames, 1 / self.fps
        if time_s is None:
            raise ValueError(f"{self.path}: frame {self.num_frames} has no time")
        pts = round(time_s / self._tick)
        if pts <= self._last_pts:
            raise ValueError(
                f"{self.path}: frame {self.num_frames} is to be shown at {time_s:g} s, not after the one before"
            )
        self._last_pts = pts
        return pts, self._tick

    def finish(self) -> None:
        """Put the file in place before the ``with`` block is left, which then changes nothing more.

        Raises
        ------
        ValueError
            If no frame was written.
        """
        self.__exit__(None)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        container, stream = self._container, self._stream
        self._container = self._stream = None
        if container is None or stream is None:
            return  # finished before
        try:
            if kind is None and self.num_frames:
                for packet in stream.encode(None):
                    container.mux(packet)
            container.close()
            if kind is None:
                if not self.num_frames:
                    raise ValueError(f"{self.path}: no frame was written")
                put_in_place(self._temporary, self.path)
        finally:
            discard(self._temporary)

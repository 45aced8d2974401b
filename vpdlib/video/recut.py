"""Cutting long recordings into clips, to the exact frame.

Labels of published datasets count frames of clips that were cut from broadcasts. A clip that starts
one frame late shifts all its labels, so nothing is sought here: a recording is decoded once from
its start, frames are counted from 0 in order of presentation, and every clip that wants a frame
gets it, also where clips overlap. The count can be trusted only where nothing was lost before it:
a corrupt packet, or a time stamp off the grid of a constant rate, ends the work, and only clips
that were complete before stay. Clips are MP4 with H.264 at the recording's own rate.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.stream import Disposition

from vpdlib.identifiers import check_id
from vpdlib.progress import note, track
from vpdlib.video.links import link_to_nothing
from vpdlib.video.reader import (
    DecodeReport,
    Deinterlace,
    Frame,
    VideoError,
    VideoInfo,
    probe,
    read_frames,
)
from vpdlib.video.writer import VideoWriter

#: Two rates that differ by less than this fraction count as the same.
RATE_TOLERANCE = 1e-3
#: A frame further than this from its place at constant rate, in frames, may have another's number.
MAX_DRIFT_FRAMES = 0.5


class RecutError(ValueError):
    """A recording cannot be cut as asked; the message names the file, the clips and the reason."""


@dataclass(frozen=True)
class Cut:
    """A clip to be cut: frames ``first_frame <= i < end_frame`` of the recording."""

    clip_id: str
    first_frame: int
    end_frame: int

    @property
    def num_frames(self) -> int:
        """Length of the clip in frames."""
        return self.end_frame - self.first_frame


@dataclass(frozen=True)
class CutReport:
    """What a clip's file says about itself; ``width`` and ``height`` in px, padding included."""

    clip_id: str
    path: Path
    num_frames: int
    fps: float
    width: int
    height: int


def recut(
    recording: Path,
    cuts: Sequence[Cut],
    out_dir: Path,
    expected_fps: float,
    crf: int = 18,
    skip_existing: bool = False,
    num_threads: int = 1,
    deinterlace: Deinterlace = "auto",
) -> list[CutReport]:
    """Cut clips out of a recording.

    Parameters
    ----------
    recording : the video that the frame numbers of ``cuts`` belong to.
    cuts : the clips, in any order; they may overlap.
    out_dir : folder of the clips, ``<clip_id>.mp4``; made where missing.
    expected_fps : frames per second for which the frame numbers were published.
    crf : quality of x264, 0 (lossless) to 51.
    skip_existing : keep clips that are there with the right length, rate and size. Their content is
        not looked at: a clip whose range moved but kept its length passes.
    num_threads : threads of the decoder.
    deinterlace : see :func:`vpdlib.video.reader.read_frames`; a frame stays one frame.

    Returns
    -------
    One report per cut, in the order of ``cuts``.

    Raises
    ------
    VideoError
        If the recording is missing or unreadable.
    RecutError
        If a cut makes no sense or the recording has another rate (then nothing is written); if the
        recording is damaged, has a variable frame rate, or ends before a clip does (then clips
        completed before that point stay and the others leave nothing behind); or if a clip that was
        written does not read back as asked (then it is removed).
    """
    recording, out_dir = Path(recording), Path(out_dir)
    _check_cuts(recording, cuts)
    info = probe(recording)
    _check_rate(info, expected_fps)
    paths = {cut.clip_id: out_dir / f"{cut.clip_id}.mp4" for cut in cuts}
    for path in paths.values():
        if path.resolve() == recording.resolve():
            raise RecutError(
                f"{recording}: a clip of this name would replace its own recording; give clips "
                "another folder or id"
            )
    fps = _clip_rate(info.fps)
    size = info.width + info.width % 2, info.height + info.height % 2

    wanted = [
        cut
        for cut in sorted(cuts, key=lambda cut: (cut.first_frame, cut.end_frame, cut.clip_id))
        if not (skip_existing and _is_there(paths[cut.clip_id], cut, fps, size))
    ]
    if len(wanted) < len(cuts):
        note(f"{recording}: {len(cuts) - len(wanted)} of {len(cuts)} clips are there already")
    if wanted:
        _cut_all(
            info, wanted, paths, _Grid(info, expected_fps, fps), fps, crf, num_threads, deinterlace
        )
    return [_report(cut, paths[cut.clip_id]) for cut in cuts]


def check_clip(
    path: Path,
    num_frames: int,
    fps: float,
    size: tuple[int, int] | None = None,
    count: bool = False,
    slack_frames: int = 0,
) -> str | None:
    """Compare a clip with what was published about it.

    Parameters
    ----------
    path : the clip.
    num_frames, fps : its published length and frames per second; rates agree to one in a thousand.
    size : published (width, height) in px; None does not look at it.
    count : count the frames in the file even where the container declares their number. A container
        that declares none (Matroska) is always counted.
    slack_frames : difference in length that is let pass.

    Returns
    -------
    None where the clip agrees, else one line on what was found, what was expected and what to do.
    """
    path = Path(path)
    expected = _facts(num_frames, fps, size)
    if nowhere := link_to_nothing(path):
        return nowhere
    if not path.is_file():
        return f"{path}: missing, expected {expected}; obtain it, or cut it from its recording"
    try:
        info = probe(path)
        found_frames = info.declared_frames
        if count or info.declared_is_estimate:
            found_frames = _count_frames(path)
    except VideoError as error:
        return str(error)
    remedies = []
    if abs(info.fps - fps) > RATE_TOLERANCE * fps:
        remedies.append("obtain the version with that rate and do not convert the rate")
    if abs(found_frames - num_frames) > slack_frames:
        remedies.append("fetch it again, or cut it from its recording to the frame")
    if size is not None and (info.width, info.height) != tuple(size):
        remedies.append("obtain the version with that size")
    if not remedies:
        return None
    # Like is shown with like: the size only where one was published.
    found = _facts(found_frames, info.fps, None if size is None else (info.width, info.height))
    return f"{path}: found {found}, expected {expected}; {'; '.join(remedies)}"


class _Grid:
    """The times at which a recording of constant rate shows its frames.

    The rate that a container states is often a mean that its last frame spoils (1 frame in 100 000
    is enough to be off by a frame at the end), so a recording is constant if it keeps to the stated
    rate, to the published one, or to the one clips are written at: any of them, but from the first
    frame used to the last.
    """

    def __init__(self, info: VideoInfo, *more_rates: float) -> None:
        self._path = info.path
        self._rates = list(dict.fromkeys((info.fps, *more_rates)))

    def check(self, frame: Frame) -> str | None:
        """What is wrong with the time of this frame, None where nothing is."""
        drift = {rate: frame.time_s * rate - frame.index for rate in self._rates}
        keeping = [rate for rate in self._rates if abs(drift[rate]) <= MAX_DRIFT_FRAMES]
        if keeping:
            self._rates = keeping
            return None
        rate = min(self._rates, key=lambda rate: abs(drift[rate]))
        late = "late" if drift[rate] > 0 else "early"
        return (
            f"frame {frame.index} comes {abs(drift[rate]):.2f} frames {late} (at "
            f"{frame.time_s:.3f} s, at constant {rate:g} frames per second it is due at "
            f"{frame.index / rate:.3f} s): frames were lost or repeated, or the frame rate varies, "
            "so frame numbers cannot be trusted; obtain the recording with constant frame rate "
            "(not a screen capture, not converted)"
        )


class _OpenClip:
    """A clip being written; leaving its ``with`` before :meth:`finish` takes it back."""

    def __init__(self, cut: Cut, writer: VideoWriter) -> None:
        self.cut = cut
        self._writer = writer
        self._finished = False

    def __enter__(self) -> _OpenClip:
        self._writer.__enter__()
        return self

    def write(self, frame: Frame) -> None:
        self._writer.write(frame.rgb)

    def finish(self) -> None:
        self._finished = True
        self._writer.__exit__(None, None, None)

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if not self._finished:
            self._writer.__exit__(kind or RecutError, *rest)


def _cut_all(
    info: VideoInfo,
    wanted: Sequence[Cut],
    paths: dict[str, Path],
    grid: _Grid,
    fps: float,
    crf: int,
    num_threads: int,
    deinterlace: Deinterlace,
) -> None:
    """Write the wanted clips, ordered by their first frames, in one pass."""
    last_end = max(cut.end_frame for cut in wanted)
    report = DecodeReport()
    # The slice stops after the last wanted frame without asking for one more.
    # Frame numbers count from the first picture, whenever it comes.
    frames = itertools.islice(
        read_frames(info.path, num_threads, report, deinterlace, "picture"), last_end
    )
    waiting = list(reversed(wanted))
    active: list[_OpenClip] = []
    with ExitStack() as stack:
        for frame in track(frames, f"cutting {info.path.name}", total=last_end, unit="frame"):
            # Damage so far moves the numbers of all frames from here on, used or not.
            problem = _damage(report)
            while waiting and waiting[-1].first_frame == frame.index:
                cut = waiting.pop()
                writer = VideoWriter(paths[cut.clip_id], fps, info.width, info.height, crf)
                active.append(stack.enter_context(_OpenClip(cut, writer)))
            if problem is None and active:
                problem = grid.check(frame)
            if problem is not None:
                raise _stopped(info, frame.index, problem, [clip.cut for clip in active] + waiting)
            for clip in active:
                clip.write(frame)
                if clip.cut.end_frame == frame.index + 1:
                    clip.finish()
                    _verify(info, clip.cut, paths[clip.cut.clip_id], fps)
            active = [clip for clip in active if clip.cut.end_frame > frame.index + 1]
        left = [clip.cut for clip in active] + waiting
        if left:
            problem = _damage(report)
            if problem is not None:
                raise _stopped(info, report.decoded, problem, left)
            raise _too_short(info, report.decoded, left)
    if report.concealed_frames:
        # They keep their numbers, so the clips are exact; what they show may be wrong.
        note(
            f"{info.path}: {report.concealed_frames} damaged frames before frame {last_end} were "
            "patched up by the decoder and kept; fetch the recording again if clips look broken"
        )


def _damage(report: DecodeReport) -> str | None:
    counts = (
        (report.corrupt_packets, "corrupt packets"),
        (report.nonmonotone, "time stamps that are missing or wrong"),
        (report.resized, "frames of another size"),
    )
    found = ", ".join(f"{count} {text}" for count, text in counts if count)
    if not found:
        return None
    return f"{found} up to here shift frame numbers; fetch the recording again"


def _stopped(info: VideoInfo, index: int, problem: str, left: Iterable[Cut]) -> RecutError:
    return RecutError(
        f"{info.path}: cutting stopped at frame {index}: {problem}. Not cut: {_names(left)}. Clips "
        "that ended before are kept."
    )


def _too_short(info: VideoInfo, num_frames: int, left: Iterable[Cut]) -> RecutError:
    declared = "estimated" if info.declared_is_estimate else "declared"
    return RecutError(
        f"{info.path}: ends after {num_frames} frames ({info.declared_frames} {declared}), too "
        f"early for {_names(left)}. Fetch the recording again in full, or the version that the "
        "frame numbers were published for. Clips that ended before are kept."
    )


def _names(cuts: Iterable[Cut]) -> str:
    ordered = sorted(cuts, key=lambda cut: (cut.first_frame, cut.end_frame, cut.clip_id))
    return ", ".join(
        f"{cut.clip_id} (frames {cut.first_frame} to {cut.end_frame - 1})" for cut in ordered
    )


def _verify(info: VideoInfo, cut: Cut, path: Path, fps: float) -> None:
    size = info.width + info.width % 2, info.height + info.height % 2
    problem = check_clip(path, cut.num_frames, fps, size)
    if problem is not None:
        path.unlink(missing_ok=True)
        raise RecutError(
            f"{info.path}: clip {cut.clip_id} does not read back as it was written and was "
            f"removed; check the disk and cut again. {problem}"
        )


def _is_there(path: Path, cut: Cut, fps: float, size: tuple[int, int]) -> bool:
    if not path.is_file():
        return False
    problem = check_clip(path, cut.num_frames, fps, size)
    if problem is not None:
        note(f"{problem} (cutting it anew)")
    return problem is None


def _report(cut: Cut, path: Path) -> CutReport:
    info = probe(path)
    return CutReport(
        clip_id=cut.clip_id,
        path=path,
        num_frames=info.declared_frames,
        fps=info.fps,
        width=info.width,
        height=info.height,
    )


def _check_cuts(recording: Path, cuts: Sequence[Cut]) -> None:
    seen: set[str] = set()
    for number, cut in enumerate(cuts):
        where = f"{recording}: cut {number}"
        try:
            check_id(cut.clip_id, "clip id", where)
        except ValueError as error:
            raise RecutError(str(error)) from error
        if cut.first_frame < 0 or cut.end_frame <= cut.first_frame:
            raise RecutError(
                f"{where} ({cut.clip_id}): frames {cut.first_frame} <= i < {cut.end_frame} are no "
                "range; frames count from 0 and the end must be above the start"
            )
        if cut.clip_id in seen:
            raise RecutError(
                f"{where}: the clip id {cut.clip_id} was given before; give every clip its own"
            )
        seen.add(cut.clip_id)


def _check_rate(info: VideoInfo, expected_fps: float) -> None:
    if not (math.isfinite(expected_fps) and expected_fps > 0):
        raise RecutError(
            f"{info.path}: the expected rate must be a positive number of frames per second, not "
            f"{expected_fps}; give the one that the frame numbers were published for"
        )
    if abs(info.fps - expected_fps) > RATE_TOLERANCE * expected_fps:
        raise RecutError(
            f"{info.path}: found {info.fps:g} frames per second, expected {expected_fps:g}; obtain "
            f"the version with that rate (such as the broadcast's {expected_fps:g} fps stream); do "
            "not convert the rate, which drops and repeats frames"
        )


def _clip_rate(fps: float) -> float:
    """The exact rate behind a stated one: 29.97 is how some containers write 30000/1001."""
    broadcast = Fraction(1000 * round(fps * 1.001), 1001)
    return float(broadcast) if abs(float(broadcast) - fps) <= 1e-5 * fps else fps


def _facts(num_frames: int, fps: float, size: tuple[int, int] | None) -> str:
    pixels = "" if size is None else f" ({size[0]}x{size[1]})"
    return f"{num_frames} frames at {fps:g} fps{pixels}"


def _count_frames(path: str | os.PathLike[str]) -> int:
    """Count the pictures of a file's first video stream without decoding them.

    Raises
    ------
    VideoError
        If the file cannot be read to its end.
    """
    try:
        with av.open(str(path)) as container:
            # A cover picture is a video stream to the container, but none that is shown.
            stream = next(
                stream
                for stream in container.streams.video
                if not stream.disposition & Disposition.attached_pic
            )
            # An empty packet flushes the decoder; a discarded one lies before the edit's start.
            return sum(1 for pack in container.demux(stream) if pack.size and not pack.is_discard)
    except (av.FFmpegError, OSError) as error:
        raise VideoError(
            f"{path}: cannot be read to its end ({error.strerror}); fetch it again or take it out "
            "of the list"
        ) from error

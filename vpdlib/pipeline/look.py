"""A first look at a video: whom the chain follows there, and what the teacher sees; ``python -m vpdlib look``.

People (in every second frame, as in datasets/template.yaml), track, crops, flow and poses by the embedded networks and
the settings' defaults, of the first seconds of a video, drawn into a video and one picture of it. No dataset, no
settings, no training; what lies between is removed.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from vpdlib.artifacts import Provenance, read_artifact
from vpdlib.artifacts.crops import Crops
from vpdlib.artifacts.flow import Flow
from vpdlib.artifacts.people import People
from vpdlib.artifacts.poses import Poses
from vpdlib.artifacts.tracks import Tracks
from vpdlib.atomic import replacing
from vpdlib.crops.settings import CropSettings
from vpdlib.crops.write import write_crops
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.base import VideoSource
from vpdlib.datasets.listing import list_file
from vpdlib.datasets.tables import VideoRow
from vpdlib.flow.build import make_flow_estimator
from vpdlib.flow.quantise import dequantise
from vpdlib.flow.settings import FlowSettings
from vpdlib.flow.write import write_flow
from vpdlib.people.build import build_detector
from vpdlib.people.settings import PeopleSettings
from vpdlib.people.write import write_people
from vpdlib.poses.build import build_teacher
from vpdlib.poses.settings import PoseSettings
from vpdlib.poses.write import write_poses
from vpdlib.progress import note, warn
from vpdlib.report.overlay import write_overlay
from vpdlib.skeleton import COCO17_TO_JOINTS13
from vpdlib.tracking.settings import TrackingSettings
from vpdlib.tracking.write import write_tracks
from vpdlib.video.reader import DecodeReport, Frame, VideoError, read_frames
from vpdlib.weights.fetch import fetch_embedded

#: The id of the one video: whatever its file is called.
_VIDEO = "video"
#: Artifacts of one look are of one run, and removed after it.
_MADE = Provenance("look", "", "", "")


@dataclass(frozen=True)
class LookOptions:
    """How a video is looked at.

    Attributes
    ----------
    out : folder of the results.
    networks_dir : where the embedded networks are; what is missing is fetched there.
    downloads_dir : a cache of downloads that may hold them, or None.
    seconds : so much of the video, from its beginning.
    threads : threads one call may use.
    """

    out: Path
    networks_dir: Path
    downloads_dir: Path | None = None
    seconds: float = 5.0
    threads: int = 1


@dataclass(frozen=True)
class Looked:
    """What a look gave.

    Attributes
    ----------
    overlay, picture : the video and the picture that were drawn.
    num_frames, with_athlete : frames, and those with the athlete.
    num_sampled, with_people : frames in which people were looked for, and those in which somebody is seen.
    score : mean score of the 13 joints over the frames with the athlete; NaN without one.
    """

    overlay: Path
    picture: Path
    num_frames: int
    with_athlete: int
    num_sampled: int
    with_people: int
    score: float


class _Beginning(VideoReading):
    """Reads a video's first seconds.

    Parameters
    ----------
    seconds : on the player's clock.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__("refuse")
        self._seconds = seconds

    def frames(
        self, video: VideoRow, report: DecodeReport | None = None, broken_before: str = ""
    ) -> Iterator[Frame]:
        first = None
        for frame in super().frames(video, report, broken_before):
            # Pictures may begin later than the file.
            first = frame.time_s if first is None else first
            if frame.time_s - first >= self._seconds:
                if report is not None:
                    # What comes after is not missed.
                    report.declared = report.decoded
                return
            yield frame


@dataclass(frozen=True)
class _Athlete:
    """What is drawn: of N frames box, origin, segment, keypoints, mean score."""

    box_px: np.ndarray
    origin: np.ndarray
    segment: np.ndarray
    keypoints_px: np.ndarray
    score: np.ndarray


def look_at(video: Path, options: LookOptions) -> Looked:
    """Follow the athlete through a video's first seconds, and draw what was seen.

    Parameters
    ----------
    video : a file.
    options : see `LookOptions`.

    Raises
    ------
    VideoError
        If the file is no video that can be read, or a result would replace it.
    WeightsError
        If the networks cannot be had.
    OSError
        If a folder cannot be written to.
    """
    overlay = options.out / f"{video.stem}_look.mp4"
    picture = overlay.with_suffix(".png")
    _check(video, overlay, options)
    row = list_file(VideoSource(_VIDEO, video))
    if row.duration_s > options.seconds:
        note(f"{video}: the first {options.seconds:g} of {row.duration_s:.0f} s (--seconds: more)")
        # For those who tell how far they are.
        row = replace(row, declared_frames=math.ceil(options.seconds * row.fps))
    options.out.mkdir(parents=True, exist_ok=True)
    fetch_embedded(options.networks_dir, options.downloads_dir)
    with tempfile.TemporaryDirectory(prefix="vpd-look-") as folder:
        work = Path(folder)
        _run(row, work, options)
        num_people, athlete = _read(work)
        _draw(row, work, overlay, athlete, options, video.stem)
    has_box = np.isfinite(athlete.box_px).all(axis=1)
    _save_frame(overlay, picture, _best_frame(athlete), row)
    with_score = athlete.score[np.isfinite(athlete.score)]
    return Looked(
        overlay,
        picture,
        len(has_box),
        int(has_box.sum()),
        len(num_people),
        int((num_people > 0).sum()),
        float(with_score.mean()) if len(with_score) else float("nan"),
    )


def _check(video: Path, overlay: Path, options: LookOptions) -> None:
    """Refuse before anything is fetched."""
    if not video.exists():
        raise VideoError(f"{video}: there is no such file; correct the name")
    if not video.is_file():
        raise VideoError(f"{video} is a folder; name one video in it")
    if overlay.exists() and overlay.samefile(video):
        raise VideoError(f"{video}: the result would replace it; name another folder by --out")
    if not options.seconds > 0:
        raise VideoError(f"--seconds {options.seconds:g}: give more than 0")


def _run(row: VideoRow, work: Path, options: LookOptions) -> None:
    """Every stage in turn, an artifact each."""
    threads, reading = options.threads, _Beginning(options.seconds)
    people, poses, flow = PeopleSettings(every_nth_frame=2), PoseSettings(), FlowSettings()
    note("looking for people")
    detector = build_detector(people, options.networks_dir, "cpu", threads)
    write_people(work / "people.h5", _MADE, [row], detector, people, reading)
    note("following the athlete")
    write_tracks(work / "tracks.h5", _MADE, work / "people.h5", TrackingSettings())
    note("cropping")
    write_crops(
        work / "crops.h5",
        _MADE,
        [row],
        work / "tracks.h5",
        CropSettings(),
        reading,
        None,
        threads,
    )
    note("estimating flow")
    estimator = make_flow_estimator(flow, options.networks_dir, "cpu", threads)
    write_flow(work / "flow.h5", _MADE, work / "crops.h5", estimator, flow, threads)
    note("estimating poses")
    teacher = build_teacher(poses, options.networks_dir, "cpu", threads)
    write_poses(
        work / "poses.h5", _MADE, [row], work / "tracks.h5", teacher, poses, reading, threads
    )


def _read(work: Path) -> tuple[np.ndarray, _Athlete]:
    """How many people are in each frame that was sampled, and the athlete."""
    with read_artifact(work / "people.h5", People) as people:
        num_people = np.asarray(people[_VIDEO].num_people)
    with (
        read_artifact(work / "tracks.h5", Tracks) as tracks,
        read_artifact(work / "poses.h5", Poses) as poses,
    ):
        track, pose = tracks[_VIDEO], poses[_VIDEO]
        keypoints = np.full((len(track.box_px), 17, 3), np.nan, np.float32)
        keypoints[pose.frame] = pose.keypoints_px
        score = keypoints[:, COCO17_TO_JOINTS13, 2].mean(axis=1)
        return num_people, _Athlete(track.box_px, track.origin, track.segment, keypoints, score)


def _draw(
    row: VideoRow, work: Path, overlay: Path, athlete: _Athlete, options: LookOptions, title: str
) -> None:
    note("drawing")
    with (
        read_artifact(work / "crops.h5", Crops) as crops,
        read_artifact(work / "flow.h5", Flow) as flows,
    ):
        crop, flow = crops[_VIDEO], flows[_VIDEO]
        max_px = float(flows.attributes["max_px"])
        # One at a time: the crops of a minute in large pictures are no small thing.
        crop_at = {int(frame): at for at, frame in enumerate(crop.frame)}
        flow_at = {int(frame): at for at, frame in enumerate(flow.frame)}

        def crop_of(frame: int) -> np.ndarray | None:
            at = crop_at.get(frame)
            return None if at is None else crop.crop[at]

        def flow_of(frame: int) -> np.ndarray | None:
            at = flow_at.get(frame)
            return None if at is None else dequantise(flow.flow[at], max_px)

        write_overlay(
            row.path,
            overlay,
            athlete.box_px,
            athlete.origin,
            athlete.keypoints_px,
            athlete.score,
            crop_of,
            flow_of,
            max_frames=len(athlete.box_px),
            title=title,
            num_threads=options.threads,
            segment=athlete.segment,
        )


def _best_frame(athlete: _Athlete) -> int:
    """The frame of which the teacher is surest; without any pose, the middle one."""
    if not np.isfinite(athlete.score).any():
        return len(athlete.score) // 2
    return int(np.nanargmax(athlete.score))


def _save_frame(overlay: Path, picture: Path, index: int, row: VideoRow) -> None:
    for frame in read_frames(overlay):
        if frame.index == index:
            written, content = cv2.imencode(".png", cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR))
            if not written:
                raise VideoError(f"{row.path}: frame {index} cannot be written as PNG")
            with replacing(picture) as temporary:
                temporary.write_bytes(content.tobytes())
            return
    raise VideoError(f"{overlay}: holds no frame {index}; give the same command again")


def summary(looked: Looked, seconds: float) -> str:
    """One line of what was seen; a warning besides where nobody was."""
    seen = f"{looked.num_frames} frames; people in {looked.with_people} of {looked.num_sampled} that were looked at"
    if not looked.with_athlete:
        warn(
            f"nobody is followed in the first {seconds:g} s: try more (--seconds), or a video in which people are "
            "larger; what is followed can be set, docs/own_sport.md"
        )
        return seen
    return (
        f"{seen}; the athlete in {looked.with_athlete}; mean score of the joints {looked.score:.2f}"
    )

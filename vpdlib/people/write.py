"""The people of videos as an artifact of kind "people": what rule `detect_people` makes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.artifacts.people import People
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import VideoRow
from vpdlib.people.base import VideoDetector
from vpdlib.people.detect import VideoPeople, detect_video
from vpdlib.people.settings import PeopleSettings
from vpdlib.progress import note
from vpdlib.video.reader import DecodeReport


def write_people(
    path: str | Path,
    provenance: Provenance,
    videos: Sequence[VideoRow],
    detector: VideoDetector,
    settings: PeopleSettings,
    reading: VideoReading,
) -> None:
    """Detect every person in every n-th frame of videos.

    Parameters
    ----------
    path, provenance : of the artifact.
    videos : to look through.
    detector, settings : see :func:`vpdlib.people.detect.detect_video`.
    reading : opens the videos.

    Raises
    ------
    VideoError
        If a video cannot be used, and ``reading`` refuses it.
    """
    done_path: str | None = None
    found: VideoPeople | None = None
    report = DecodeReport()
    with ArtifactWriter(path, People, provenance) as artifact:
        # Two athletes of one file are two videos of one shard: the file is looked through once.
        for video in sorted(videos, key=lambda video: video.path):
            if found is None or video.path != done_path:
                report = DecodeReport()
                found = detect_video(reading.tracked_frames(video, report), detector, settings)
                done_path = video.path
            for flag in report.flags:
                note(f"{video.video}: {flag}")
            if not len(found.datasets["box_px"]):
                note(f"{video.video}: nobody was found; it is carried on as empty")
            # Published facts may be those of another resolution than the file at hand.
            width, height = found.size or (video.width, video.height)
            artifact.add_video(
                video.video,
                found.datasets,
                {
                    "fps": video.fps,
                    "athlete": video.athlete,
                    "width": width,
                    "height": height,
                    "decoded_frames": report.decoded,
                    "declared_frames": report.declared,
                    "flags": "; ".join(report.flags),
                    "broken": reading.broken(video),
                },
            )

"""The athlete's crops of videos as an artifact of kind "crops": what rule `crop_athlete` makes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np

from vpdlib.artifacts import ArtifactWriter, Provenance, read_artifact
from vpdlib.artifacts.crops import Crops
from vpdlib.artifacts.people import People
from vpdlib.artifacts.tracks import Tracks
from vpdlib.crops.crop import crop_video, in_blocks
from vpdlib.crops.masks import FoundPeople, crop_masks
from vpdlib.crops.settings import CropSettings
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import VideoRow
from vpdlib.progress import track


def write_crops(
    path: str | Path,
    provenance: Provenance,
    videos: Sequence[VideoRow],
    tracks_path: str | Path,
    settings: CropSettings,
    reading: VideoReading,
    people_path: str | Path | None = None,
    threads: int = 1,
) -> None:
    """Cut the athlete out of every frame of videos, and the previous frame by the same rectangle.

    Parameters
    ----------
    path, provenance : of the artifact.
    videos : to read.
    tracks_path : of kind "tracks", of these videos.
    settings : of the crops.
    reading : opens the videos.
    people_path : of kind "people", where people come with masks.
    threads : of OpenCV.

    Raises
    ------
    ArtifactError
        If tracks or people are missing or damaged.
    VideoError
        If a video cannot be used, and ``reading`` refuses it.
    """
    cv2.setNumThreads(threads)
    side = settings.size
    with (
        read_artifact(tracks_path, Tracks) as tracks,
        ArtifactWriter(path, Crops, provenance) as artifact,
        ExitStack() as stack,
    ):
        artifact.set_attributes(crop_size=side)
        people = None
        if people_path is not None:
            people = stack.enter_context(read_artifact(people_path, People))
            artifact.set_attributes(masks=True)
        for video in videos:
            of_video = tracks[video.video]
            box_px = of_video.box_px
            previous_frame = of_video.previous_frame
            found = _people_of(people[video.video]) if people is not None else None
            frames = reading.frames(video, broken_before=of_video.attributes.get("broken", ""))
            records = crop_video(
                track(frames, video.video, total=len(box_px), unit="frame"),
                box_px,
                previous_frame,
                side,
                settings.pad_fraction,
                settings.pad_px,
            )
            numbers, rects_px = [], []
            # A video of hours does not fit into memory.
            for block in in_blocks(records, side):
                images = {"crop": block.crop, "previous": block.previous}
                if found is not None:
                    images["mask"] = crop_masks(
                        block.frame, block.rect_px, box_px[block.frame], found, side
                    )
                artifact.append_rows(video.video, images)
                numbers.append(block.frame)
                rects_px.append(block.rect_px)
            frame = np.concatenate(numbers)
            artifact.add_video(
                video.video,
                {
                    "frame": frame,
                    "previous_frame": previous_frame[frame],
                    "rect_px": np.concatenate(rects_px),
                },
                {**of_video.attributes, "broken": reading.broken(video)},
            )


def _people_of(video: People) -> FoundPeople:
    """The people of one video, with their masks."""
    return FoundPeople(video.frame, video.num_people, video.box_px, video.mask)

"""Cut the athlete out of every frame, and the previous frame by the same rectangle."""

from contextlib import ExitStack

import _job
import cv2
import numpy as np

from vpdlib.artifacts import ArtifactWriter, VideoGroup, read_artifact
from vpdlib.crops.crop import crop_video
from vpdlib.crops.masks import FoundPeople, crop_masks
from vpdlib.crops.settings import CropSettings
from vpdlib.datasets.tables import read_videos
from vpdlib.progress import track
from vpdlib.video.reader import read_frames


def people_of(video: VideoGroup) -> FoundPeople:
    """The people of one video, with their masks."""
    return FoundPeople(*(video.array(name) for name in ("frame", "num_people", "box_px", "mask")))


def main(snakemake):
    settings = CropSettings.model_validate(snakemake.params.settings)
    cv2.setNumThreads(snakemake.threads)
    side = settings.size
    videos = read_videos(snakemake.input.videos)
    with (
        read_artifact(snakemake.input.tracks, "tracks") as tracks,
        ArtifactWriter(snakemake.output[0], "crops", _job.origin(snakemake)) as artifact,
        ExitStack() as stack,
    ):
        artifact.set_attributes(crop_size=side)
        # An input only where people come with masks.
        people = None
        if snakemake.input.get("people"):
            people = stack.enter_context(read_artifact(snakemake.input.people, "people"))
            artifact.set_attributes(masks=True)
        for video in track(videos, "cropping", unit="video"):
            path = tracks[video.video]
            box_px = path.array("box_px")
            previous_frame = path.array("previous_frame")
            records = list(
                crop_video(
                    read_frames(video.path),
                    box_px,
                    previous_frame,
                    side,
                    settings.pad_fraction,
                    settings.pad_px,
                )
            )
            frame = np.array([r.frame for r in records], np.int32)
            image = (0, side, side, 3)
            rect_px = np.array([r.rect_px for r in records], np.int32).reshape(-1, 4)
            datasets = {
                "frame": frame,
                "previous_frame": previous_frame[frame],
                "rect_px": rect_px,
                "crop": np.stack([r.crop for r in records])
                if records
                else np.empty(image, np.uint8),
                "previous": (
                    np.stack([r.previous for r in records])
                    if records
                    else np.empty(image, np.uint8)
                ),
            }
            if people is not None:
                found = people_of(people[video.video])
                datasets["mask"] = crop_masks(frame, rect_px, box_px[frame], found, side)
            artifact.add_video(video.video, datasets, path.attributes)


if __name__ == "__main__":
    _job.run(main, snakemake)

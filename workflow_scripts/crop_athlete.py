"""Cut the athlete out of every frame, and the previous frame by the same rectangle."""

from contextlib import ExitStack

import _job
import cv2
import numpy as np

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.artifacts.crops import Crops
from vpdlib.artifacts.people import People
from vpdlib.artifacts.tracks import Tracks
from vpdlib.crops.crop import crop_video, in_blocks
from vpdlib.crops.masks import FoundPeople, crop_masks
from vpdlib.crops.settings import CropSettings
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.tables import read_videos
from vpdlib.progress import track


def people_of(video: People) -> FoundPeople:
    """The people of one video, with their masks."""
    return FoundPeople(video.frame, video.num_people, video.box_px, video.mask)


def main(snakemake):
    settings = CropSettings.model_validate(snakemake.params.settings)
    cv2.setNumThreads(snakemake.threads)
    side = settings.size
    videos = read_videos(snakemake.input.videos)
    reading = VideoReading(_job.on_bad_video(snakemake))
    with (
        read_artifact(snakemake.input.tracks, Tracks) as tracks,
        ArtifactWriter(snakemake.output[0], Crops, _job.provenance_of(snakemake)) as artifact,
        ExitStack() as stack,
    ):
        artifact.set_attributes(crop_size=side)
        # An input only where people come with masks.
        people = None
        if snakemake.input.get("people"):
            people = stack.enter_context(read_artifact(snakemake.input.people, People))
            artifact.set_attributes(masks=True)
        for video in track(videos, "cropping", unit="video"):
            path = tracks[video.video]
            box_px = path.box_px
            previous_frame = path.previous_frame
            found = people_of(people[video.video]) if people is not None else None
            records = crop_video(
                reading.frames(video, broken_before=path.attributes.get("broken", "")),
                box_px,
                previous_frame,
                side,
                settings.pad_fraction,
                settings.pad_px,
            )
            frames, rects_px = [], []
            # A video of hours does not fit into memory.
            for block in in_blocks(records, side):
                images = {"crop": block.crop, "previous": block.previous}
                if found is not None:
                    images["mask"] = crop_masks(
                        block.frame, block.rect_px, box_px[block.frame], found, side
                    )
                artifact.append_rows(video.video, images)
                frames.append(block.frame)
                rects_px.append(block.rect_px)
            frame = np.concatenate(frames)
            artifact.add_video(
                video.video,
                {
                    "frame": frame,
                    "previous_frame": previous_frame[frame],
                    "rect_px": np.concatenate(rects_px),
                },
                {**path.attributes, "broken": reading.broken(video)},
            )
    reading.write_broken(snakemake.output.broken, snakemake.rule, snakemake.output[0])


if __name__ == "__main__":
    _job.run(main)

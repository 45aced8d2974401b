"""Cut the athlete out of every frame, and the previous frame by the same rectangle."""

import _job
import cv2
import numpy as np

from vpdlib.artifacts import ArtifactWriter, read_artifact
from vpdlib.crops.crop import crop_video
from vpdlib.crops.settings import CropSettings
from vpdlib.datasets.tables import read_videos
from vpdlib.progress import track
from vpdlib.video.reader import read_frames


def main(snakemake):
    settings = CropSettings.model_validate(snakemake.params.settings)
    cv2.setNumThreads(snakemake.threads)
    side = settings.size
    videos = read_videos(snakemake.input.videos)
    with (
        read_artifact(snakemake.input.tracks, "tracks") as tracks,
        ArtifactWriter(snakemake.output[0], "crops", _job.origin(snakemake)) as artifact,
    ):
        artifact.set_attributes(crop_size=side)
        for video in track(videos, "cropping", unit="video"):
            path = tracks[video.video]
            previous_frame = path.array("previous_frame")
            records = list(
                crop_video(
                    read_frames(video.path),
                    path.array("box_px"),
                    previous_frame,
                    side,
                    settings.pad_fraction,
                    settings.pad_px,
                )
            )
            frame = np.array([r.frame for r in records], np.int32)
            image = (0, side, side, 3)
            artifact.add_video(
                video.video,
                {
                    "frame": frame,
                    "previous_frame": previous_frame[frame],
                    "rect_px": np.array([r.rect_px for r in records], np.int32).reshape(-1, 4),
                    "crop": np.stack([r.crop for r in records])
                    if records
                    else np.empty(image, np.uint8),
                    "previous": (
                        np.stack([r.previous for r in records])
                        if records
                        else np.empty(image, np.uint8)
                    ),
                },
                path.attributes,
            )


if __name__ == "__main__":
    _job.run(main, snakemake)

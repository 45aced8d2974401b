"""Keep the whole pictures of labelled actions, resized, for baselines that do without the athlete's crop."""

from collections import defaultdict

import _job
import cv2
import numpy as np

from vpdlib.artifacts import ArtifactWriter
from vpdlib.artifacts.frames import Frames
from vpdlib.baselines.kinds import WholeFrameSettings
from vpdlib.datasets.bad_videos import VideoReading
from vpdlib.datasets.base import frames_within
from vpdlib.datasets.tables import read_actions, read_videos
from vpdlib.progress import track


def shrink(rgb, side):
    """Resize a picture so that its shorter side is `side` px; smaller pictures stay."""
    factor = side / min(rgb.shape[:2])
    if factor >= 1:
        return rgb
    width, height = (round(length * factor) for length in (rgb.shape[1], rgb.shape[0]))
    return cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)


def main(snakemake):
    settings = WholeFrameSettings.model_validate(snakemake.params.settings)
    cv2.setNumThreads(snakemake.threads)
    actions = defaultdict(list)
    for action in read_actions(snakemake.input.actions):
        actions[action.video].append(action)
    videos = read_videos(snakemake.input.videos)
    reading = VideoReading(_job.on_bad_video(snakemake))
    with ArtifactWriter(snakemake.output[0], Frames, _job.provenance_of(snakemake)) as artifact:
        for video in track(videos, "resizing", unit="video"):
            frames, times, pictures = [], [], []
            # Frames of no action are not needed, and whole pictures are many bytes.
            for frame in reading.frames(video) if actions[video.video] else ():
                time_s = np.array([frame.time_s])
                if any(frames_within(time_s, a.start, a.end)[0] for a in actions[video.video]):
                    frames.append(frame.index)
                    times.append(frame.time_s)
                    pictures.append(shrink(frame.rgb, settings.side_px))
            artifact.add_video(
                video.video,
                {
                    "frame": np.array(frames, np.int32),
                    "time_s": np.array(times, np.float64),
                    "picture": np.stack(pictures) if pictures else np.empty((0, 1, 1, 3), np.uint8),
                },
                {"broken": reading.broken(video)},
            )
    reading.write_broken(snakemake.output.broken, snakemake.rule, snakemake.output[0])


if __name__ == "__main__":
    _job.run(main)
